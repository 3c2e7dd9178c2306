"""What the public sees of letters that were sent, and that what it may not see is as if it were not there."""

import itertools
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import brotli
import pytest

from campaign_app import finished_pages
from campaign_app.bodies.models import Body
from campaign_app.extensions import db
from campaign_app.letters import public, rules
from campaign_app.letters.frozen import NUMBERS_SHEET
from campaign_app.letters.now import numbers_now
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.tally import operations as tally
from tests.integrity.campaigns import let_sign
from tests.letters import sent
from tests.letters.samples import frozen_letter
from tests.letters.situations import NOW, load_directory

HIDDEN = {
    "confidential": {"visibility": rules.CONFIDENTIAL},
    "not yet sent": {"state": rules.ISSUED},
    "taken back": {"state": rules.WITHDRAWN},
    "under embargo": {"embargo_until": NOW + timedelta(seconds=1)},
}
LANGUAGES = ("ar", "en")
OFFICE = "mission-latvia"
SLUG = "lists-and-graves"
EMBARGOES = (None, timedelta(-1), timedelta(0), timedelta(seconds=1))


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The middle of a month, whatever the day."""
    monkeypatch.setattr("campaign_app.letters.views.utc_now", lambda: NOW)


@pytest.fixture
def send(app):
    """Store letters, in a transaction of their own."""

    def store(number: int, *, at: datetime = NOW, **columns: Any) -> None:
        with app.app_context():
            sent.send(number, at=at, **columns)
            db.session.commit()

    return store


@pytest.fixture
def letter(send):
    """A public letter that was sent three days ago."""
    send(7, at=NOW - timedelta(days=3))


@pytest.fixture
def office(app):
    """Load the directory, and say whether an office of it customarily replies."""

    def store(*, is_reply_customary: bool) -> None:
        with app.app_context():
            load_directory(today=NOW.date())
            db.session.query(Body).filter_by(key=OFFICE).one().is_reply_customary = is_reply_customary
            db.session.commit()

    return store


def address(number: int, lang: str = "en", code: str | None = None) -> str:
    """Return where a letter is shown."""
    base = f"/{lang}/letters/{rules.reference(NOW.year, number)}"
    return f"{base}/{code}" if code else base


# -- The list -----------------------------------------------------------------------------------------------------


def test_before_any_letter_the_list_says_so(client):
    page = client.get("/en/letters/")

    assert page.status_code == 200
    assert "None so far." in page.text


def test_a_letter_is_listed_with_recipient_day_reference_and_petition(client, letter):
    page = client.get("/en/letters/").text

    for said in ("NID-2026-0007", "December 2026", "Nowhere", "Sent on 7 December 2026.", "lists-and-graves"):
        assert said in page


def test_letters_of_one_petition_are_listed_apart(client, letter, send):
    send(8, slug=None)

    of_all, of_one = client.get("/en/letters/").text, client.get(f"/en/petitions/{SLUG}/letters").text

    assert ("NID-2026-0008" in of_all, "NID-2026-0008" in of_one) == (True, False)
    assert "NID-2026-0007" in of_one


def test_many_letters_are_listed_a_page_at_a_time_the_latest_first(client, send):
    for number in range(1, public.ON_A_PAGE + 3):
        send(number, slug=None, at=NOW - timedelta(days=100 - number), contents={})

    first, second = client.get("/en/letters/").text, client.get("/en/letters/older/2").text

    assert "/en/letters/older/2" in first
    assert (first.count("NID-2026-"), second.count("NID-2026-")) == (public.ON_A_PAGE * 2, 2 * 2)
    assert "NID-2026-0001" in second
    assert client.get("/en/letters/older/3").status_code == 404


@pytest.mark.parametrize(
    ("state", "days", "is_customary", "replied", "said"),
    [
        (rules.SENT, 43, True, None, "No reply, 43 days."),
        (rules.SENT, 1, True, None, "No reply, 1 day."),
        (rules.SENT, 0, True, None, "No reply yet."),
        (rules.OVERDUE, 50, True, None, "No reply, 50 days."),
        (rules.SENT, 43, False, None, "No reply expected."),
        (rules.ACKNOWLEDGED, 43, True, rules.ACKNOWLEDGEMENT, "Receipt acknowledged; no reply, 43 days."),
        (rules.ACKNOWLEDGED, 43, False, rules.ACKNOWLEDGEMENT, "Receipt acknowledged; no reply expected."),
        (rules.ANSWERED, 43, True, rules.ANSWER, "Answered."),
        (rules.DECLINED, 43, True, rules.REFUSAL, "Declined."),
        (rules.CLOSED, 43, True, rules.ACKNOWLEDGEMENT, "Closed without a reply."),
        (rules.CLOSED, 43, True, rules.ANSWER, "Closed after a reply."),
    ],
)
def test_silence_is_told_as_plainly_as_an_answer(
    client, send, office, state, days, is_customary, replied, said
):
    office(is_reply_customary=is_customary)
    replies = [{"kind": replied, "text": "Not to be read."}] if replied else []
    send(1, at=NOW - timedelta(days=days), state=state, body_key=OFFICE, replies=replies)

    listed, shown = client.get("/en/letters/").text, client.get(address(1)).text

    assert said in listed
    assert said in shown
    assert "Not to be read." not in shown


def test_a_sheet_of_numbers_is_to_nobody(client, send):
    send(1, says={"kind": NUMBERS_SHEET, "addressed": None})

    for page in (client.get("/en/letters/").text, client.get(address(1)).text):
        assert "Numbers for the press" in page
        assert "Given to the press." in page


# -- Who sees what ------------------------------------------------------------------------------------------------


def test_the_database_leaves_out_what_the_rule_hides(context):
    cases = list(itertools.product(rules.STORED_STATES, rules.VISIBILITIES, EMBARGOES))
    listed = set()
    for number, (state, visibility, embargo) in enumerate(cases, start=1):
        until = None if embargo is None else NOW + embargo
        found = sent.send(
            number, at=NOW, state=state, visibility=visibility, embargo_until=until, contents={}
        )
        is_shown = rules.is_shown(state=state, visibility=visibility, embargo_until=until, now=NOW)
        is_open = public.public_letter(found.reference, now=NOW) is not None
        can_be_checked = public.letter_behind(found.reference, found.code, now=NOW) is not None

        assert is_open == (is_shown and visibility == rules.PUBLIC), (state, visibility, embargo)
        assert can_be_checked == is_shown, (state, visibility, embargo)
        listed |= {found.reference} if is_open else set()

    assert len(listed) > len(rules.HAS_LEFT)
    assert {each.reference for each in public.letters_sent("en", now=NOW)[0]} == listed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_hidden_is_answered_like_what_never_was(client, send, lang):
    for number, columns in enumerate(HIDDEN.values(), start=1):
        send(number, at=NOW - timedelta(days=1), **columns)
    send(5, visibility=rules.VERIFY_ONLY)
    send(6)

    def told(number: int, code: str = "", *, file: str = "") -> tuple[int, str, str]:
        path = address(number, lang, code) + (f"/files/{file}" if file else "")
        answer = client.get(path)
        headers = str([pair for pair in answer.headers if pair[0] not in ("Date", "Content-Length")])
        return answer.status_code, headers, answer.text.replace(path.partition("/letters/")[2], "(asked)")

    unknown = told(999)
    unknown_with_code = told(999, sent.code_of(999))
    unknown_file = told(999, file="x.pdf")

    assert unknown[0] == unknown_with_code[0] == unknown_file[0] == 404
    for number in (1, 2, 3, 4):
        assert told(number) == unknown
        assert told(number, sent.code_of(number)) == unknown_with_code
        assert told(number, file=f"{rules.reference(NOW.year, number)}-en.pdf") == unknown_file
    assert told(5) == unknown
    assert told(5, file=f"{rules.reference(NOW.year, 5)}-en.pdf") == unknown_file
    for number in (5, 6):
        assert told(number, sent.code_of(999)) == unknown_with_code
        assert told(number, "%D9%80") == unknown_with_code
    assert told(6, file="x.pdf") == unknown_file


def test_a_letter_that_can_only_be_checked_shows_figures_and_sums_and_nothing_else(client, send):
    replies = [{"text": "A reply to be read.", "is_published": True}]
    send(1, visibility=rules.VERIFY_ONLY, state=rules.ANSWERED, replies=replies)

    page = client.get(address(1, code=sent.code_of(1))).text

    for said in ("NID-2026-0001", "10 December 2026", "12,345", "12,001", sent.sum_of(1, "en", "pdf")):
        assert said in page
    frozen = frozen_letter("en")
    for unsaid in ("Nowhere", frozen.texts["en"].subject, "Answered", "A reply", "Download", "/files/"):
        assert unsaid not in page
    assert 'name="robots" content="noindex"' in page
    assert "NID-2026-0001" not in client.get("/en/letters/").text


def test_an_embargo_ends_on_every_page_within_the_life_of_a_kept_page(client, send, monkeypatch):
    send(1, at=NOW - timedelta(days=1), embargo_until=NOW)
    now = [NOW - timedelta(seconds=1)]
    monkeypatch.setattr("campaign_app.letters.views.utc_now", lambda: now[0])
    assert "NID-2026-0001" not in client.get("/en/letters/").text
    assert client.get(address(1)).status_code == 404

    now[0] = NOW

    assert client.get(address(1)).status_code == 200  # that it is not there was never kept
    assert finished_pages.KEPT_SECONDS <= 5
    client.application.extensions[finished_pages.STORE].forget()  # what five seconds do
    assert "NID-2026-0001" in client.get("/en/letters/").text


def test_pages_of_a_public_letter_are_kept_a_moment_and_the_printed_address_never(client, letter):
    by_reference, by_code = client.get(address(7)), client.get(address(7, code=sent.code_of(7)))

    assert by_reference.headers["Cache-Control"] == "public, max-age=5"
    assert by_code.headers["Cache-Control"] == "no-store"
    assert by_code.headers["Referrer-Policy"] == "strict-origin"
    assert client.get(address(8)).headers["Cache-Control"] == "no-store"


# -- The page of a letter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_begins_with_what_the_number_proves_and_what_not(client, letter, lang):
    page = client.get(address(7, lang, sent.code_of(7))).text

    doubts, figures, text = (page.index(f'id="{name}"') for name in ("doubts", "figures", "text"))
    assert doubts < figures < text
    for number in ("12,345", "12,001", "2,310", "4,200"):
        assert number in page[doubts:figures]


def test_frozen_numbers_stay_and_todays_stand_beside_them(app, client, send):
    with app.app_context():
        let_sign(petition_by_slug(SLUG).id, 20, on=(NOW - timedelta(days=2)).date())
        db.session.commit()
    send(1)

    page = client.get(address(1)).text

    row = page[page.index('<th scope="row">People</th>') :]
    row = row[: row.index("</tr>")]
    assert row.count("<td") == 2
    assert row.index("12,345") < row.index(">20<")


def test_of_those_in_the_letter_never_more_are_said_to_be_counted_than_are(petition):
    where = {"country": "DE", "language": "en", "source": "direct", "path": "js"}
    day = NOW.date() - timedelta(days=5)
    for event, people, on, reason in (
        ("confirmed", 100, day, ""),
        ("withdrawn", 5, day, ""),
        ("invalidated", 20, day, "trial"),
        ("restored", 20, day, "trial"),
        ("withdrawn", 7, day + timedelta(days=3), ""),
    ):
        tally.add(petition_id=petition.id, day=on, event=event, people=people, reason=reason, **where)
    db.session.flush()
    then = replace(
        frozen_letter("en").statement,
        people=95,
        withdrawn=5,
        erased=0,
        taken_out={},
        as_of=(NOW - timedelta(days=4)).isoformat(),
    )

    found = numbers_now(then, petition.id, now=NOW)

    assert found.statement.people == 88
    assert found.still_counted == 88  # from itself alone only 68 would be sure: twenty were put back


def test_a_letter_of_a_petition_that_is_gone_has_no_numbers_of_today(client, send):
    send(1, slug=None)

    page = client.get(address(1)).text

    assert "The petition is not shown any more" in page
    assert "12,345" in page


@pytest.mark.parametrize(("lang", "shown"), [("en", "en"), ("ar", "fr")])
def test_the_words_of_a_letter_are_shown_in_the_reader_s_language_or_in_one_of_its_own(
    client, send, lang, shown
):
    send(1, languages=("fr", "en"))

    page = client.get(address(1, lang)).text

    assert f'<div lang="{shown}" dir="ltr">' in page
    assert frozen_letter(shown).texts[shown].subject.replace("'", "&#39;") in page


def test_only_a_reply_whose_writer_agreed_is_shown_and_as_text(client, send):
    told = {"text": "<b>Noted</b> {{ 7*7 }}\n\nSecond line", "is_published": True}
    send(7, replies=[told, {"text": "For us alone."}])

    page = client.get(address(7)).text

    assert "<p>&lt;b&gt;Noted&lt;/b&gt; {{ 7*7 }}</p><p>Second line</p>" in page
    assert "For us alone." not in page


def test_a_correction_and_what_it_corrects_name_each_other(client, letter, send):
    send(8, corrects=7)
    send(9, corrects=7, visibility=rules.VERIFY_ONLY)
    send(10, corrects=7, visibility=rules.CONFIDENTIAL)
    send(11, corrects=7, state=rules.ISSUED)

    old, new = client.get(address(7)).text, client.get(address(8)).text

    assert 'href="/en/letters/NID-2026-0008"' in old
    assert 'href="/en/letters/NID-2026-0007"' in new
    for hidden in ("0009", "0010", "0011"):
        assert f"NID-2026-{hidden}" not in old


# -- Documents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["", "br", "gzip"])
@pytest.mark.parametrize("kind", ["pdf", "txt"])
def test_a_document_is_given_out_byte_for_byte(client, letter, kind, encoding):
    answer = client.get(f"{address(7)}/files/NID-2026-0007-ar.{kind}", headers={"Accept-Encoding": encoding})

    assert answer.status_code == 200
    assert unpacked(answer) == sent.document(7, "ar", kind)
    assert answer.mimetype == sent.MEDIA[kind]
    assert answer.headers["Content-Disposition"] == f"attachment; filename=NID-2026-0007-ar.{kind}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def unpacked(answer) -> bytes:
    """Return a body as a browser has it."""
    found = answer.headers.get("Content-Encoding")
    if found == "br":
        return brotli.decompress(answer.data)
    return zlib.decompress(answer.data, zlib.MAX_WBITS | 16) if found else answer.data


def test_documents_with_the_names_of_signers_are_not_given_out_but_can_be_checked(client, send):
    send(1, has_names=True)

    page = client.get(address(1)).text

    assert client.get(f"{address(1)}/files/NID-2026-0001-en.pdf").status_code == 404
    assert "/files/" not in page
    assert sent.sum_of(1, "en", "pdf") in page


def test_a_page_lists_the_sum_of_each_document_with_what_to_say_of_it(client, letter):
    page = client.get(address(7)).text

    for lang, named in (("en", "English"), ("ar", "العربية")):
        assert f'data-sum="{sent.sum_of(7, lang, "pdf")}"' in page
        assert f"issued: PDF, {named}." in page
    assert "sha256sum" in page  # how to compare without a script


def test_how_old_a_page_says_the_silence_is_follows_the_clock(client, send, office, monkeypatch):
    office(is_reply_customary=True)
    send(1, body_key=OFFICE)
    later = datetime(2027, 1, 1, 12, tzinfo=UTC)
    monkeypatch.setattr("campaign_app.letters.views.utc_now", lambda: later)

    assert "No reply, 22 days." in client.get("/en/letters/").text
