"""Every page of the site in every state that a reader can meet, answered by the application itself.

For what must hold on each page. A group is a function from a visitor to pages; together they show every template
(test_languages.py holds them to that). Rows that a group needs are its own: it begins with the shipped petitions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import abort
from limits import parse
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from campaign_app import finished_pages
from campaign_app.bodies.models import BodyChannel
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.languages import LANGUAGES
from campaign_app.letters.frozen import NUMBERS_SHEET
from campaign_app.letters.public import ON_A_PAGE
from campaign_app.letters.rules import ANSWERED, VERIFY_ONLY, reference
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown.rules import SIGNING
from campaign_app.partners import operations as partners
from campaign_app.partners.queries import partner_by_link
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import forget_kept, public_petition
from campaign_app.shield import ceilings, check_token, form_token
from campaign_app.shield.ceilings import Ceiling
from campaign_app.shield.rules import CHECK_LEAST_AGE, FORM_LIFETIME
from campaign_app.signing import operations, retention
from campaign_app.signing.link_views import DONE
from campaign_app.signing.models import Signature
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from campaign_app.tally.models import RATES, TallySnapshot
from campaign_app.tally.queries import SETTLED

from .letters import sent
from .letters.situations import load_directory
from .pages import AuditingClient
from .partners.situations import a_partner, an_endorsement
from .supporters import newest_token, send_mail
from .widgets.frames import frame_pages

OPEN, OTHER = "lists-and-graves", "fate-of-the-disappeared"
PERSON = {"name": "Test Signer", "email": "signer@example.org", "country": "DE"}
NAMES = (
    "موقّع تجريبي",
    "Test Signer",
    "موقّعة تجريبية ذات اسم طويل جداً يكفي لأن يلتفّ السطر",
    "Test-Person O'Example",
)
ERRORS = (400, 403, 404, 405, 410, 413, 422, 429, 500, 503)
ERROR = "error"


@dataclass(frozen=True)
class Page:
    """One page as it was answered. name: of the state it shows."""

    name: str
    address: str
    answer: TestResponse


@dataclass(frozen=True)
class Visitor:
    """A reader of one language. The methods named after steps return what the step leads to."""

    client: AuditingClient
    mail_dir: Path
    lang: str
    monkeypatch: pytest.MonkeyPatch

    def get(self, name: str, path: str, /, **sent: Any) -> Page:
        """Open a page; the path goes after the language."""
        address = f"/{self.lang}{path}"
        return Page(name, address, self.client.get(address, **sent))

    def post(self, name: str, path: str, /, **fields: Any) -> Page:
        """Send a form."""
        address = f"/{self.lang}{path}"
        return Page(name, address, self.client.post(address, data=fields))

    def at(self, name: str, address: str, /, **fields: Any) -> Page:
        """Open a page whose address does not begin with a language, or send a form to it."""
        address += f"{'&' if '?' in address else '?'}lang={self.lang}"
        send = self.client.post if fields else self.client.get
        return Page(name, address, send(address, **({"data": fields} if fields else {})))

    def tokens(self, *, age: timedelta = timedelta(0)) -> dict[str, str]:
        """Return the tokens of a form that was drawn some time ago, the one-use token old enough to pass."""
        with self.client.application.app_context():
            petition, now = public_petition(OPEN), utc_now()
            return {
                "form_token": form_token.issue(petition.id, now - age),
                "check_token": check_token.issue(petition.id, now - CHECK_LEAST_AGE),
            }

    def sign(self, **changes: Any) -> str:
        """Sign, and return the token of the mail."""
        page = self.post("signed", f"/petitions/{OPEN}/sign", **{**PERSON, **changes}, **self.tokens())
        assert page.answer.status_code == 303, page.answer.text
        send_mail(self.client.application)
        return newest_token(self.mail_dir)

    def ask_for_link(self) -> str:
        """Ask for the link that was lost, and return the token of the mail."""
        page = self.post("asked", f"/petitions/{OPEN}/lost-link", email=PERSON["email"], **self.tokens())
        assert page.answer.status_code == 303, page.answer.text
        send_mail(self.client.application)
        return newest_token(self.mail_dir)

    def confirm(self, token: str) -> None:
        """Press the one button."""
        assert self.post("confirmed", f"/confirm/{token}").answer.status_code == 303

    def change(self, work: Callable[[], Any]) -> None:
        """Change rows behind the application's back, and let no process remember them."""
        app = self.client.application
        with app.app_context():
            work()
            db.session.commit()
            forget_kept()
            app.extensions.pop(SETTLED, None)
            app.extensions[finished_pages.STORE].forget()


Group = Callable[[Visitor], Iterator[Page]]


def petition_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield the petition: new, grown, and with every reason for which its form comes back."""
    page, sign = f"/petitions/{OPEN}", f"/petitions/{OPEN}/sign"
    yield visitor.get("petition, new", page)
    visitor.change(_grow)
    yield visitor.get("petition, grown", page)
    yield visitor.get("petition, on a phone that others use", f"{page}?shared=1")
    yield visitor.post("petition, nothing typed", sign)
    mistakes = {"name": "www.example.org", "email": "signer@gmial.com", "country": "SY", "wants_updates": "y"}
    yield visitor.post("petition, with mistakes", sign, **mistakes)
    old = visitor.tokens(age=FORM_LIFETIME + timedelta(minutes=1))
    yield visitor.post("petition, form expired", sign, **PERSON, **old)
    yield visitor.post(
        "petition, proof damaged", sign, **PERSON, form_token=visitor.tokens()["form_token"], altcha="x"
    )
    spent = visitor.tokens()
    visitor.post("signed", sign, **PERSON, **spent)
    yield visitor.post("petition, form used", sign, **{**PERSON, "name": "Another Signer"}, **spent)
    visitor.change(lambda: _forget_text(visitor.lang))
    yield visitor.get("petition, not translated", page)


def form_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield what lies between the form and the inbox, and the two requests that take an address."""
    base = f"/petitions/{OPEN}"
    fresh = {"form_token": visitor.tokens()["form_token"]}
    yield visitor.post("check your details", f"{base}/sign", **PERSON, show_name="y", **fresh)
    suspicious = {**PERSON, "email": "signer@gmial.com"}
    yield visitor.post("check your details, address suspicious", f"{base}/sign", **suspicious, **fresh)
    yield visitor.get("check your inbox", f"{base}/check-your-inbox")
    yield visitor.post(
        "check the address, to send again", f"{base}/send-again", email=PERSON["email"], **fresh
    )
    yield visitor.post("send again, with a mistake", f"{base}/send-again", email="signer", **fresh)
    yield visitor.get("lost link", f"{base}/lost-link")
    yield visitor.post("lost link, with a mistake", f"{base}/lost-link", email="signer", **fresh)
    yield visitor.post(
        "check the address, to get a link", f"{base}/lost-link", email=PERSON["email"], **fresh
    )
    yield visitor.post("petition, to be corrected", f"{base}/sign", **PERSON, correct="y", **fresh)
    yield visitor.get("request accepted, for a link", f"{base}/request-accepted")
    yield visitor.get("request accepted, to send again", f"{base}/send-again-accepted")
    with visitor.monkeypatch.context() as patch:
        patch.setattr(ceilings, "POSTS", Ceiling("posts", parse("1/10 minutes")))
        visitor.post("counted", f"{base}/sign", **PERSON, **visitor.tokens())
        yield visitor.post("try again, network busy", f"{base}/sign", **PERSON, **visitor.tokens())
    yield from _paused_pages(visitor)
    with visitor.monkeypatch.context() as patch:
        patch.setattr(operations, "sign", _database_gone)
        yield visitor.post("try again, records away", f"{base}/sign", **PERSON, **visitor.tokens())


def _paused_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield what stands in place of the form and of the button while signing is stopped."""
    token = visitor.sign(email="waiting-for-later@example.org")
    visitor.change(lambda: lockdown.order(part=SIGNING, by="command", now=utc_now()))
    yield visitor.get("petition, signing paused", f"/petitions/{OPEN}")
    yield visitor.post("try again, signing paused", f"/petitions/{OPEN}/sign", **PERSON, **visitor.tokens())
    yield visitor.get("confirm, signing paused", f"/confirm/{token}")
    visitor.change(lambda: lockdown.lift(part=SIGNING, by="command", now=utc_now()))


def private_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield what a mailed link opens, from the button to the last word."""
    token = visitor.sign(show_name="y", wants_updates="y")
    yield visitor.get("confirm", f"/confirm/{token}")
    visitor.confirm(token)
    mine = f"/my-signature/{token}"
    yield visitor.get("confirmed", f"{mine}/counted")
    yield visitor.get("my signature", mine)
    asked = {"email": PERSON["email"], "country": "SY", "asked_me": "y"}
    for name in NAMES[2:]:
        assert visitor.post("added", f"{mine}/people", name=name, **asked).answer.status_code == 303
    visitor.post("withdrawn", f"{mine}/withdraw", nth="2")
    yield visitor.get("my signature, several people", mine)
    for done in DONE:
        yield visitor.get(f"my signature, {done}", f"{mine}?done={done}")
    yield visitor.post("my signature, person without a name", f"{mine}/people", email="signer")
    other = {**asked, "email": "other@example.org"}
    yield visitor.post("my signature, not this mailbox", f"{mine}/people", name="Another Signer", **other)
    yield visitor.post("my signature, counted before", f"{mine}/people", name=NAMES[2], **asked)
    yield visitor.post(
        "my signature, name with a mistake", f"{mine}/name", nth="1", name="Test", email="signer"
    )
    wrong = {"name": "Another Signer", "email": PERSON["email"]}
    yield visitor.post("my signature, not the name", f"{mine}/name", nth="1", **wrong)
    yield visitor.get("open your private page", f"/confirm/{visitor.ask_for_link()}")
    visitor.change(lambda: _move(OPEN, "closed"))
    yield visitor.get("my signature, petition closed", mine)
    yield visitor.post("my signature, too late to add", f"{mine}/people", name="Another Signer", **asked)
    yield visitor.get("everything is erased", "/erased")
    yield visitor.get("link expired", f"/my-signature/{'x' * 32}")


def public_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield home, numbers, the legal pages, and a petition through the end of its life."""
    yield visitor.get("home", "/")
    yield visitor.get("numbers, none yet", f"/petitions/{OPEN}/numbers")
    visitor.change(_grow)
    visitor.change(_publish_groups)
    yesterday = utc_day(utc_now()) - timedelta(days=1)
    yield visitor.get("numbers, with breakdowns", f"/petitions/{OPEN}/numbers")
    yield visitor.get("numbers of a day", f"/petitions/{OPEN}/numbers/{yesterday.isoformat()}")
    tomorrow = utc_day(utc_now()) + timedelta(days=1)
    yield visitor.get("no numbers of a day to come", f"/petitions/{OPEN}/numbers/{tomorrow.isoformat()}")
    yield from _partner_pages(visitor)
    yield visitor.get("pass it on", f"/petitions/{OPEN}/share")
    yield visitor.get("privacy", "/privacy")
    yield visitor.get("imprint", "/imprint")
    yield visitor.get("partner kit", "/partner-kit")
    page = f"/petitions/{OTHER}"
    for state in ("closed", "delivered", "answered"):
        visitor.change(lambda to=state: _move(OTHER, to))
        yield visitor.get(f"petition, {state}", page)
        if state != "answered":
            yield visitor.get(f"home, a petition {state}", "/")
    yield visitor.post("petition, signed too late", f"{page}/sign", **PERSON)
    visitor.change(lambda: _move(OPEN, "withdrawn"))
    yield visitor.get("petition, withdrawn", f"/petitions/{OPEN}")
    yield visitor.get("home, nothing open", "/")
    yield visitor.get("partner kit, nothing open", "/partner-kit")
    visitor.change(lambda: _shred(OPEN))
    yield visitor.get("petition, marks destroyed", f"/petitions/{OPEN}")
    yield visitor.get("lost link, marks destroyed", f"/petitions/{OPEN}/lost-link")
    visitor.change(lambda: _postpone(OTHER))
    yield visitor.get("petition, not yet open", page)


def _partner_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield a partner's private page, active and paused, and the card that everybody may pick."""
    tokens: list[str] = []

    def _add() -> None:
        partner = a_partner("many-through-us", name="منظمة مثال للشراكة", language=visitor.lang)
        tokens.append(partners.make_link(partner=partner, by="organiser:1", now=utc_now()))

    def _pause() -> None:
        found = partner_by_link(tokens[0])
        assert found is not None
        partners.move(partner=found, to="paused", by="organiser:1", now=utc_now())

    visitor.change(_add)
    page = f"/partners/{tokens[0]}"
    yield visitor.get("partner", page)
    yield visitor.get("partner, a card in the dark", f"{page}?size=card&theme=dark&accent=ochre")
    visitor.change(_pause)
    yield visitor.get("partner, paused", page)
    yield visitor.get("partner, link taken back", f"/partners/{'x' * 32}")
    yield visitor.get("embed this", f"/embed-this/{OPEN}")


def letter_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield the letters that were sent: none, of each kind and in each state, public and only to be checked."""
    yield visitor.get("letters, none yet", "/letters/")
    visitor.change(_grow)
    visitor.change(_send_letters)
    yield visitor.get("letters, many", "/letters/")
    yield visitor.get("letters, older ones", "/letters/older/2")
    yield visitor.get("letters with a petition", f"/petitions/{OPEN}/letters")
    year = utc_now().year
    yield visitor.get("letter, public", f"/letters/{reference(year, 1)}")
    yield visitor.get("letter, public, with replies and a correction", f"/letters/{reference(year, 2)}")
    yield visitor.get("letter, with names", f"/letters/{reference(year, 3)}")
    yield visitor.get("letter, numbers for the press", f"/letters/{reference(year, 4)}")
    yield visitor.get("letter, without a petition", f"/letters/{reference(year, 5)}")
    yield visitor.get("letter, only to be checked", f"/letters/{reference(year, 6)}/{sent.code_of(6)}")


def own_letter_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield a supporter's own letter: its form, why that comes back, and the letter in several languages."""
    visitor.change(lambda: load_directory(today=utc_day(utc_now()), source_url="https://example.org/list"))
    page, fresh = f"/petitions/{OPEN}/your-letter", {"form_token": visitor.tokens()["form_token"]}
    latvia = {
        "body": "mission-latvia",
        **{f"{group}_{nth}": "y" for group in ("points", "asks") for nth in (2, 3)},
    }
    yield visitor.get("own letter", page)
    yield visitor.post("own letter, with mistakes", page, own_words="x" * 2_001, **fresh)
    yield visitor.post("own letter, form expired", page, **latvia)
    yield visitor.post("own letter, nothing said", page, body="mission-latvia", language="en", **fresh)
    yield visitor.post(
        "own letter, short", page, body="unsg", language="en", own_words="Please ask.", **fresh
    )
    for lang in ("ar", "zh"):
        yield visitor.post(
            f"own letter, in {lang}", page, language=lang, own_words=NAMES[0], **latvia, **fresh
        )
    visitor.change(_forget_addresses)
    everything = {f"{group}_{nth}": "y" for group in ("points", "asks") for nth in range(1, 6)}
    yield visitor.post(
        "own letter, to no State and no address", page, body="unsg", language="fr", **everything, **fresh
    )
    with visitor.monkeypatch.context() as patch:
        patch.setattr(ceilings, "POSTS", Ceiling("posts", parse("1/10 minutes")))
        visitor.post("made", page, **latvia, language="en", **fresh)
        yield visitor.post("own letter, network busy", page, **latvia, language="en", **fresh)


def error_pages(visitor: Visitor) -> Iterator[Page]:
    """Yield each error page, with a petition at hand and without one."""
    views = visitor.client.application.view_functions
    for code in ERRORS:
        yield _refused(visitor, views, code, "signing.lost_link", f"/petitions/{OPEN}/lost-link")
    for code in ERRORS[:3]:
        yield _refused(visitor, views, code, "signing.erased", "/erased")


def _refused(visitor: Visitor, views: dict[str, Any], code: int, endpoint: str, path: str) -> Page:
    """Return the page of an address that answers with an error."""
    with visitor.monkeypatch.context() as patch:
        patch.setitem(views, endpoint, lambda **address: abort(code))
        return visitor.get(f"{ERROR} {code} at {path}", path)


GROUPS: dict[str, Group] = {
    group.__name__.removesuffix("_pages"): group
    for group in (
        petition_pages,
        form_pages,
        private_pages,
        public_pages,
        letter_pages,
        own_letter_pages,
        frame_pages,
        error_pages,
    )
}


# Whoever left was there before: groups with fewer people than nobody have no secret that hides them.
FROM_THE_MOST = {"country": "DE", "language": "ar", "source": "wa", "path": "js"}


def _forget_addresses() -> None:
    db.session.execute(delete(BodyChannel))


def _grow() -> None:
    """Let a petition have weeks behind it: people, goals reached, news, names shown."""
    petition = petitions.petition_by_slug(OPEN)
    today = utc_day(utc_now())
    for back, people in ((40, 9_000), (12, 2_700), (3, 640), (1, 505)):
        day = today - timedelta(days=back)
        for country, language, source, path, share in (
            ("DE", "ar", "wa", "js", 0.5),
            ("SY", "ar", "direct", "nojs", 0.3),
            ("TR", "en", "fb", "js", 0.15),
            ("FR", "en", "many-through-us", "embed", 0.05),
        ):
            count = int(people * share)
            where = {"country": country, "language": language, "source": source, "path": path}
            tally.add(
                petition_id=petition.id, day=day, event="confirmed", people=count, mailboxes=count, **where
            )
    for event, reason, people in (
        ("requested", "", 14_000),
        ("withdrawn", "", 31),
        ("erased", "", 7),
        ("invalidated", "bulk", 42),
        ("restored", "", 3),
        ("paper", "", 1_200),
    ):
        tally.add(
            petition_id=petition.id,
            day=today - timedelta(days=1),
            event=event,
            reason=reason,
            people=people,
            mailboxes=people,
            **FROM_THE_MOST,
        )
    yesterday = utc_now() - timedelta(days=1)
    for name, country, site in (
        ("منظمة مثال للعدالة", "DE", "https://justice.example"),
        ("Example Association of Families", "SY", ""),
        ("Union d'exemple pour les droits humains", "FR", "https://droits.example/soutien"),
    ):
        an_endorsement(petition.id, now=yesterday, name=name, country=country, site=site)
    words = {"title": "رسالة سُلّمت", "body": "سُلّمت الرسالة **اليوم**، ومعها [البيان](https://example.org/)."}
    english = {
        "title": "A letter was handed over",
        "body": "It was handed over **today**, with [the statement](https://example.org/).",
    }
    petitions.publish_update(petition=petition, texts={"ar": words, "en": english}, now=utc_now())
    _show_names(petition)


def _publish_groups() -> None:
    """Let a midnight and a week have passed, after which groups and rates are published."""
    snapshots.take(now=utc_now())
    rates = {"rows": [("gmail", 90), ("other", 70)]}
    last_on = utc_day(utc_now()) - timedelta(days=1)
    petition_id = petitions.petition_by_slug(OPEN).id
    db.session.add(TallySnapshot(petition_id=petition_id, kind=RATES, day=last_on, body=rates, basis={}))


def _show_names(petition: Petition) -> None:
    """Let some people have signed who show their names."""
    day = utc_day(utc_now())
    for nth, name in enumerate(NAMES):
        cell = tally.add(
            petition_id=petition.id,
            day=day,
            event="confirmed",
            mailboxes=1,
            country=("SY", "DE", "LB", "GB")[nth],
            language="ar",
            source="direct",
            path="js",
        )
        db.session.add(
            Signature(
                petition_id=petition.id,
                nth=nth,
                tag=bytes([nth]) * 32,
                tally_cell_id=cell,
                signed_on=day,
                text_language="ar",
                text_version=1,
                consent_version=1,
                path="js",
                public_name=name,
                link_hash=bytes([nth]) * 32,
            )
        )


def _send_letters() -> None:
    """Let letters have been sent: enough for two pages of them."""
    today = utc_now()
    said = [
        {"text": "سنردّ عليكم.\n\nمع الاحترام.", "language": "ar", "is_published": True},
        {"text": "We shall write to you.\n\nWith our compliments.", "is_published": True},
    ]
    sent.send(1, at=today - timedelta(days=43), languages=("ar", "en", "fr", "ru", "zh"))
    sent.send(2, at=today - timedelta(days=20), state=ANSWERED, replies=said, languages=("fr", "en"))
    sent.send(3, at=today - timedelta(days=10), has_names=True, corrects=2, languages=("en",))
    sent.send(4, at=today - timedelta(days=9), says={"kind": NUMBERS_SHEET, "addressed": None})
    sent.send(5, at=today - timedelta(days=8), slug=None, says={"statement": None, "petition": ""})
    sent.send(6, at=today - timedelta(days=7), visibility=VERIFY_ONLY, corrects=1)
    for number in range(7, ON_A_PAGE + 4):
        sent.send(number, at=today - timedelta(days=number), contents={})


def _move(slug: str, to: str) -> None:
    petitions.move(petition=petitions.petition_by_slug(slug), to=to, obstacles=[], now=utc_now())


def _shred(slug: str) -> None:
    retention.shred(petition_id=petitions.petition_by_slug(slug).id, now=utc_now())


def _postpone(slug: str) -> None:
    petition = petitions.petition_by_slug(slug)
    petition.state, petition.opens_at = "open", datetime(2100, 1, 1, tzinfo=UTC)


def _forget_text(language: str) -> None:
    """Let a petition never have been translated into a language."""
    petition = petitions.petition_by_slug(OPEN)
    petition.home_language = next(code for code in LANGUAGES if code != language)
    db.session.execute(delete(PetitionText).filter_by(petition_id=petition.id, language=language))


def _database_gone(**signer: Any) -> None:
    raise OperationalError("INSERT", None, TimeoutError("away"))
