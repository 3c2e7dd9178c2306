"""Every page of the desk in the states that an organiser meets, answered by the application itself.

A group is a function from a visitor to pages; together they show every template of the desk (a test holds them to it).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from campaign_app.accounts.queries import organiser_by_email
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.integrity import arrivals
from campaign_app.letters import queries, rules
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.signing.models import Signature
from tests.bodies.situations import fill_bodies
from tests.desk_client import EMAIL, DeskClient, first_link, new_client, signed_in, token_of
from tests.every_page import Page
from tests.integrity.campaigns import BAD, GOOD, let_sign
from tests.letters import delivered
from tests.letters.situations import agreed, issue_one, load_directory
from tests.partners.situations import an_endorsement, fill_partners
from tests.updates.situations import TEXTS

SLUG = "lists-and-graves"
PETITION = f"/desk/petitions/{SLUG}"
LOOKED_AT = f"/desk/integrity/petitions/{SLUG}"


@dataclass
class AtTheDesk:
    """An owner with everything, who reads one language, and the pages they meet."""

    app: Flask
    lang: str

    def __post_init__(self) -> None:
        self.owner: DeskClient = signed_in(self.app).language(self.lang)

    def got(self, name: str, path: str) -> Page:
        """Return a page that is opened."""
        return Page(name, path.partition("?")[0], self.owner.get(path))

    def posted(self, name: str, path: str, **fields: object) -> Page:
        """Return what answers a form."""
        return Page(name, path, self.post(path, **fields))

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form."""
        token = token_of(self.owner.get("/desk/sign-in"))
        return self.owner.post(path, data={"csrf_token": token, **fields})


Group = Callable[[Flask, str], Iterator[Page]]


def accounts(app: Flask, lang: str) -> Iterator[Page]:
    """Yield the way in, one's own sign-in, the team and the home."""

    def got(name: str, path: str) -> Page:
        return Page(name, path.partition("?")[0], owner.get(path))

    owner = new_client(app)
    link = f"/desk/invitation/{first_link(app)}"
    owner.send("/desk/language", language=lang)
    yield got("sign in", "/desk/login")
    yield Page("sign in, wrong", "/desk/login", owner.give_password(EMAIL, "not the password"))
    yield got("invitation over", "/desk/invitation/unknown")
    yield got("join", link)
    yield Page("join, with mistakes", link, owner.send(link, page=link, name=""))
    owner.join(link.rpartition("/")[2])
    yield got("my sign-in, one step left", "/desk/sign-in")
    owner.set_up_codes()
    for name, path in (
        ("today", "/desk/"),
        ("team", "/desk/team/"),
        ("my sign-in", "/desk/sign-in"),
        ("passkeys", "/desk/wan-register"),
        ("codes", "/desk/tf-setup"),
        ("recovery codes", "/desk/mf-recovery-codes"),
        ("change password", "/desk/change"),
        ("prove", "/desk/prove"),
        ("no such page", "/desk/nowhere"),
    ):
        yield got(name, path)
    with app.app_context():
        found = organiser_by_email(EMAIL)
        assert found is not None
        number = found.id
    yield got("close an account", f"/desk/team/{number}/deactivate")
    token = token_of(owner.get("/desk/team/"))
    wrong = owner.post("/desk/team/invite", data={"csrf_token": token, "email": "x"})
    yield Page("invite, with mistakes", "/desk/team/invite", wrong)
    owner.post("/desk/team/invite", data={"csrf_token": token, "email": "v@example.org", "roles": "viewer"})
    yield got("team, somebody invited", "/desk/team/")
    codes = owner.send("/desk/mf-recovery-codes", page="/desk/sign-in", generate_new_codes="1")
    yield Page("recovery codes, shown", "/desk/mf-recovery-codes", codes)
    key = owner.send("/desk/tf-setup", page="/desk/sign-in", setup="authenticator")
    yield Page("codes, key shown", "/desk/tf-setup", key)
    owner.sign_out()
    owner.give_password()
    yield got("one-time code", "/desk/tf-validate")
    yield got("recovery code", "/desk/mf-recovery")


def petitions(app: Flask, lang: str) -> Iterator[Page]:
    """Yield the editor: a petition that is open, and a draft that lacks everything."""
    desk = AtTheDesk(app, lang)
    yield desk.got("petitions", "/desk/petitions/")
    yield desk.got("new petition", "/desk/petitions/new")
    yield desk.posted("new petition, with mistakes", "/desk/petitions/new", slug="A b")
    for part in ("", "addressees", "goals", "settings", "history/en", "history/en/1", "news/new"):
        yield desk.got(f"petition: {part}", f"{PETITION}/{part}")
    yield desk.got("words", f"{PETITION}/texts?show=ar&show=en")
    yield desk.got("words to avoid", "/desk/petitions/words")
    yield desk.got("figures", "/desk/petitions/figures")
    yield desk.got("closing it", f"{PETITION}/steps/closed")
    yield desk.got("to print", f"{PETITION}/print/")
    yield desk.posted("to print, with mistakes", f"{PETITION}/print/sheets")
    news = {f"{code}-{name}": "Test" for code in ("ar", "en") for name in ("title", "body")}
    draft = desk.post(f"{PETITION}/news/new", began_from="", **news)
    assert draft.status_code == 303, draft.status_code
    yield desk.got("news, previewed", draft.location)
    form = {"home_language": "ar", "required_languages": ["ar", "en"], "people_per_mailbox": "1"}
    desk.post("/desk/petitions/new", slug="test-draft", **form)
    yield desk.got("draft", "/desk/petitions/test-draft/")
    yield desk.got("draft, nothing to print", "/desk/petitions/test-draft/print/")
    yield desk.got("draft, refused to open", "/desk/petitions/test-draft/steps/open")


def figures(app: Flask, lang: str) -> Iterator[Page]:
    """Yield numbers, what stands out, what is taken out, and the record, with people in them."""
    people_sign(app)
    desk = AtTheDesk(app, lang)
    yield desk.got("today, with lines", "/desk/")
    yield desk.got("numbers", "/desk/numbers/")
    yield desk.got("numbers of a petition", f"/desk/numbers/{SLUG}")
    yield desk.got("numbers, a wrong day", f"/desk/numbers/{SLUG}?period=days&from=x&to=y")
    yield desk.got("integrity", "/desk/integrity/")
    yield desk.got("what stands out", LOOKED_AT)
    yield desk.got("rule", f"{LOOKED_AT}/rule")
    yield desk.got("rule, with mistakes", f"{LOOKED_AT}/preview")
    yield desk.got("who would be taken out", f"{LOOKED_AT}/preview?country=SY")
    run = desk.post(f"{LOOKED_AT}/runs", country="SY", expected="60", reason="automated", note="Test")
    yield desk.got("a rule that runs", run.location)
    yield desk.got("held mail", "/desk/integrity/held")
    yield desk.got("from elsewhere", f"{LOOKED_AT}/elsewhere/")
    yield desk.posted("from elsewhere, with mistakes", f"{LOOKED_AT}/elsewhere/record")
    yield from _partners(desk)
    yield desk.got("record", "/desk/record/")
    yield desk.got("record, verified", "/desk/record/verify")


def _partners(desk: AtTheDesk) -> Iterator[Page]:
    """Yield the partners, and who supports a petition: none, with mistakes, waiting, withdrawn."""
    yield desk.got("partners, none", "/desk/partners/")
    yield desk.got("a new partner", "/desk/partners/new")
    yield desk.posted("a new partner, with mistakes", "/desk/partners/new", origins="example.org", code="A b")
    with desk.app.app_context():
        let_sign(petition_by_slug(SLUG).id, 12, on=utc_now().date(), source="example")
        fill_partners(petition_by_slug(SLUG).id)
        waiting = an_endorsement(
            petition_by_slug(SLUG).id, is_checked=False, now=utc_now(), name="Waiting", site=""
        )
        number = waiting.id
        db.session.commit()
    yield desk.got("partners", "/desk/partners/")
    yield desk.got("a partner", "/desk/partners/example/")
    yield desk.posted("a partner, with a private link", "/desk/partners/example/link")
    yield desk.got("a partner, changed", "/desk/partners/example/edit")
    yield desk.got("a partnership, before its end", "/desk/partners/example/end")
    place = f"/desk/endorsements/{SLUG}"
    yield desk.got("endorsements", f"{place}/")
    yield desk.posted("endorsements, with mistakes", f"{place}/record", country="XX", site="x")
    yield desk.posted("endorsements, withdrawn without a reason", f"{place}/{number}/withdraw")
    desk.post(f"{place}/{number}/withdraw", **{f"reason-{number}": "Test"})
    yield desk.got("endorsements, one withdrawn", f"{place}/")


def releases(app: Flask, lang: str) -> Iterator[Page]:
    """Yield what needs a second person: sheets, updates; and the lockdown."""
    people_sign(app)
    desk = AtTheDesk(app, lang)
    yield desk.got("approvals, none", "/desk/approvals/")
    yield desk.posted("exports, with mistakes", "/desk/exports/")
    asked = desk.post("/desk/exports/", petition=SLUG, kind="delivery", purpose="Test")
    yield desk.got("exports", "/desk/exports/")
    yield desk.got("a sheet that waits", asked.location)
    yield desk.got("updates, none", "/desk/updates/")
    yield desk.posted("an update, with mistakes", "/desk/updates/write")
    words = {f"{name}-{code}": text for code, texts in TEXTS.items() for name, text in texts.items()}
    with app.app_context():
        number = petition_by_slug(SLUG).id
        db.session.rollback()
    draft = desk.post("/desk/updates/write", petition_id=str(number), pace="1200", **words).location
    with app.app_context():
        db.session.execute(update(Signature).values(wants_updates=True))
        db.session.commit()
    yield desk.got("updates", "/desk/updates/")
    yield desk.got("an update", draft)
    yield desk.got("an update, previewed", f"{draft}/preview/{lang}")
    assert desk.post(f"{draft}/ask").status_code == 303
    yield desk.got("an update that waits", draft)
    yield desk.got("a mail came back", "/desk/updates/returned")
    yield desk.got("approvals", "/desk/approvals/")
    yield desk.got("lockdown", "/desk/lockdown/")
    desk.post("/desk/lockdown/", parts=["signing", "names"])
    yield desk.got("lockdown, in force", "/desk/lockdown/")


def directory(app: Flask, lang: str) -> Iterator[Page]:
    """Yield the directory of recipients: as it is shipped, with something entered, and with mistakes."""
    with app.app_context():
        fill_bodies()
        db.session.commit()
    desk = AtTheDesk(app, lang)
    yield desk.got("recipients", "/desk/bodies/")
    yield desk.got("recipients of a kind", "/desk/bodies/?kind=ngo")
    for key in ("mission-latvia", "iiim", "unsg", "ngo-massar"):
        yield desk.got(f"a body: {key}", f"/desk/bodies/{key}")
    yield desk.got("a body, changed", "/desk/bodies/mission-latvia/edit")
    yield desk.posted("a body, with mistakes", "/desk/bodies/iiim/edit", languages="?", as_of="x")
    yield desk.got("a new body", "/desk/bodies/new")
    yield desk.got("a new mission", "/desk/bodies/new?kind=mission")
    yield desk.posted("a new body, with mistakes", "/desk/bodies/new", key="A b")
    yield desk.got("the Council", "/desk/bodies/council?month=2026-12")
    yield desk.got("the Council, nobody presides", "/desk/bodies/council?month=2028-03")


def letters(app: Flask, lang: str) -> Iterator[Page]:
    """Yield letters: none, a new one, a draft with mistakes, one that waits, issued ones, a correction."""
    with app.app_context():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, 3, on=utc_now().date())
        db.session.commit()
    desk = AtTheDesk(app, lang)
    yield desk.got("letters, none", "/desk/letters/")
    yield desk.got("a letter: which", "/desk/letters/new")
    yield desk.got("a letter: to whom", "/desk/letters/new?template=cover-note")
    yield desk.got("a letter: which month", "/desk/letters/new?template=council-president")
    yield desk.got("a letter: the rest", "/desk/letters/new?template=council-member&to=mission-latvia")
    month = f"{utc_now():%Y-%m}"
    beginning = {"template": "council-president", "month": month, "petition": SLUG, "way": "mail"}
    yield desk.posted("a new letter, with mistakes", "/desk/letters/new", **beginning)
    draft = desk.post("/desk/letters/new", **beginning, languages=["en", "ar"]).location
    page = draft.removesuffix("/edit")
    yield desk.got("a letter, written", draft)
    yield desk.posted("a letter, with mistakes", draft, visibility="", body_en="x", embargo="x")
    yield desk.got("a draft of a letter", page)
    yield desk.got("versions of a letter", f"{page}/versions")
    yield desk.posted("a letter, taken back without a reason", f"{page}/withdraw")
    with app.app_context():
        issued = issue_one(petition_by_slug(SLUG).id)
        owner = organiser_by_email(EMAIL)
        assert owner is not None
        waiting = agreed(owner, now=utc_now())
        db.session.commit()
    yield desk.got("letters", "/desk/letters/")
    yield desk.got("an issued letter", f"/desk/letters/{issued}")
    yield desk.got("a letter that may be issued", f"/desk/letters/{waiting}/issue")
    yield desk.got("what it would freeze", f"/desk/letters/{waiting}")
    yield from _letters_of_a_month(desk, waiting)


def _letters_of_a_month(desk: AtTheDesk, letter: str) -> Iterator[Page]:
    """Yield the letters to all members of the Council, and the papers for the day of delivery."""
    batches = "/desk/letters/batches/"
    yield desk.got("a month's letters, none", batches)
    yield desk.got("a month's letters, begun", f"{batches}new")
    yield desk.posted("a month's letters, with mistakes", f"{batches}new", month="soon")
    plan = {
        "template": "council-member",
        "month": f"{utc_now():%Y-%m}",
        "petition": SLUG,
        "languages": ["en"],
    }
    signed = {"signatory-name": "A. Signatory", "signatory-role": "Coordinator"}
    place = desk.post(f"{batches}new", **plan, **signed).location
    yield desk.got("a month's letters, to be mended", place)
    yield desk.got("every month's letters", batches)
    yield desk.got("the day of delivery of a month's letters, rehearsed", f"{place}/pack")
    yield desk.got("the day of delivery, rehearsed", f"/desk/letters/{letter}/pack")
    yield desk.posted("the day of delivery, with mistakes", f"/desk/letters/{letter}/pack", hour="25:00")
    with desk.app.app_context():
        for number, each in enumerate(queries.letters(batch=place.rpartition("/")[2])):
            each.way = rules.HAND
            each.state = rules.ISSUED if number < 5 else rules.DRAFT
            each.reference = rules.reference(utc_now().year, 100 + number) if number < 5 else None
        db.session.commit()
    yield desk.got("a month's letters, some issued", f"{place}?watch=no")


def delivery(app: Flask, lang: str) -> Iterator[Page]:
    """Yield the delivery of letters: before, queued, recorded, come back, replied to, published, silent, closed."""
    with app.app_context():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, 3, on=utc_now().date())
        db.session.commit()
    desk = AtTheDesk(app, lang)
    with app.app_context():
        at = delivered.places(now=utc_now())
        db.session.commit()
    yield desk.got("a letter, not sent", at.unsent)
    yield desk.got("a letter, before sending", f"{at.unsent}/send")
    yield desk.posted("a letter, sent to nobody", f"{at.unsent}/send", seen="0")
    yield desk.got("a delivery, to be recorded", f"{at.unsent}/delivered")
    yield desk.posted("a delivery, with mistakes", f"{at.unsent}/delivered", seen="0")
    yield desk.got("a letter without an answer", at.silent)
    yield desk.got("a sheet of numbers", at.sheet)
    yield desk.got("given to the press", f"{at.sheet}/delivered")
    yield desk.got("a mail that failed", at.failed)
    yield desk.got("a delivery that left", at.left)
    yield desk.posted("a receipt, with mistakes", f"{at.left}/receipt")
    yield desk.got("a reply, to be filed", f"{at.silent}/replies/new")
    yield desk.posted("a reply, with mistakes", f"{at.silent}/replies")
    yield desk.got("letters, and what became of them", "/desk/letters/")
    yield desk.got("today, with letters", "/desk/")
    yield desk.got("a reply", at.reply)
    yield desk.got("a reply, to be published", f"{at.reply}/publish")
    yield desk.posted("a reply, without consent", f"{at.reply}/publish", consent="")
    desk.post(f"{at.reply}/publish", consent="Test")
    yield desk.got("a reply, published", at.reply)
    desk.post(f"{at.silent}/close")
    yield desk.got("a letter, closed", at.silent)


def people_sign(app: Flask) -> None:
    """Let 150 people sign today, of whom 60 came from one domain and one country, and some on the days before."""
    with app.app_context():
        number, today = petition_by_slug(SLUG).id, utc_now().date()
        let_sign(number, 60, domain=BAD, on=today, country="SY")
        for back in range(1, 10):
            let_sign(number, 20, on=today - timedelta(days=back))
        let_sign(number, 90, domain=GOOD, on=today)
        db.session.commit()
        arrivals.look(now=utc_now())
        db.session.commit()


GROUPS: dict[str, Group] = {
    "accounts": accounts,
    "petitions": petitions,
    "figures": figures,
    "releases": releases,
    "directory": directory,
    "letters": letters,
    "delivery": delivery,
}
