"""At the desk an issued letter is sent by mail, or recorded as brought; refusals; what is typed comes out as text."""

import html
import re
from datetime import timedelta

import pytest

from campaign_app.accounts.queries import organiser_by_email
from campaign_app.bodies import queries as directory
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import delivering, queries, rules
from campaign_app.letters.models import Letter
from campaign_app.letters.outcome import TROUBLES
from campaign_app.mail.troubles import MEANINGS
from tests.desk_client import EMAIL, signed_in
from tests.letters.at_desk import MARKUP, colleague, people_of, post
from tests.letters.deliveries import handed_over, issued, keep_documents, newest, sent, worked
from tests.letters.situations import begin, ensure_office
from tests.mail.relays import FakeRelay

pytestmark = pytest.mark.usefixtures("campaign_that_may_write")
SECRETARIAT = "sc-secretariat"
REAL, INVENTED = "real", "invented"
SHOWN_MARKUP = "&lt;script&gt;alert(1)&lt;/script&gt; #set page(fill: red)"

# What is wrong with the form of a delivery: field, what is typed, where that is told.
WRONG = [
    ("office", "icrc", "office"),
    ("way", "mail", "way-post"),
    ("way", "pigeon", "way-post"),
    ("sent_to", " ", "sent_to"),
    ("sent_to", "x" * (rules.LONGEST_PLACE + 1), "sent_to"),
    ("sent_to", "turned \u202e around", "sent_to"),
    ("left_at", "", "left_at"),
    ("left_at", "yesterday", "left_at"),
    ("left_at", "2026-13-01T10:00", "left_at"),
    ("left_at", "2019-01-01T10:00", "left_at"),  # before it was issued
    ("left_at", "2999-01-01T10:00", "left_at"),
    ("note", "x" * (rules.LONGEST_NOTE + 1), "note"),
]


@pytest.fixture
def owner(app):
    return signed_in(app).language("en")


@pytest.fixture
def approver(app, owner):
    return colleague(app, owner, "approver")


@pytest.fixture
def issue(app, owner):
    """What issues a letter and returns the address of its page."""

    def _issue(template="council-president", *, documents=INVENTED, **changes):
        with app.app_context():
            now = utc_now()
            ensure_office(SECRETARIAT, kind="secretariat", today=now.date())
            letter = begin(template, **{"month": now.date(), **changes})
            db.session.commit()
            issued(letter, people_of(now), now=now, with_documents=documents == REAL)
            if documents == INVENTED:
                keep_documents(letter)
                db.session.commit()
            return f"/desk/letters/{letter.reference}"

    return _issue


@pytest.fixture
def page(issue):
    """The page of a letter to this month's President, with a copy to the Secretariat."""
    return issue()


def letter_of(page: str) -> Letter:
    return queries.letter(page.rsplit("/", 1)[1])


def attempts(app, page: str) -> list[tuple[str, str]]:
    """Return (office, state) of each attempt, the first first."""
    with app.app_context():
        found = delivering.deliveries_of(letter_of(page))
        return [(each.body_key, each.state) for each in reversed(found)]


def recipient(app, page: str) -> str:
    with app.app_context():
        return letter_of(page).body_key


def state(app, page: str) -> str:
    with app.app_context():
        return letter_of(page).state


def seen(client, page: str) -> str:
    return re.search(r'name="seen" value="(-?\d+)"', client.get(page).text)[1]


def send(client, page: str, *to: str, seen_was: str | None = None):
    return post(
        client,
        f"{page}/send",
        to=list(to),
        seen=seen(client, f"{page}/send") if seen_was is None else seen_was,
    )


def ticks(text: str) -> dict[str, str]:
    """Return what stands in the tag of each office's tick: "checked", "disabled", or nothing."""
    found = re.findall(r'<input type="checkbox" id="to-([a-z0-9-]+)"([^>]*)>', text)
    return {key: " ".join(re.findall(r"checked|disabled", tag)) for key, tag in found}


def recorded(client, page: str, **fields):
    """Record a delivery by hand."""
    form = {
        "office": re.search(r'<option value="([^"]+)" selected', client.get(f"{page}/delivered").text)[1],
        "way": "hand",
        "sent_to": "Mail room, third floor",
        "left_at": f"{utc_now():%Y-%m-%dT%H:%M}",
        "seen": seen(client, f"{page}/delivered"),
    }
    return post(client, f"{page}/delivered", **{**form, **fields})


def deliveries_on(text: str, page: str) -> list[str]:
    return sorted(set(re.findall(rf'href="({page}/deliveries/\d+)"', text)))


# -- By mail -----------------------------------------------------------------------------------------------------------


def test_before_sending_the_page_shows_each_office_the_mail_s_own_words_and_what_is_attached(
    app, owner, page
):
    text = html.unescape(owner.get(f"{page}/send").text)

    with app.app_context():
        letter = letter_of(page)
        files = {each.name: each for each in queries.files_of(letter)}
        words = next(each.content.decode() for name, each in files.items() if name.endswith("-en.txt"))
        names = [directory.body(key).names["en"] for key in (letter.body_key, SECRETARIAT)]
        attached = {each.name: each.size_bytes for each in delivering.attachments_of(letter)}
    assert ticks(text) == {letter.body_key: "checked", SECRETARIAT: "checked"}
    assert text.count("mission@example.org") == 2
    for line in [*names, *words.split("\n"), f"({letter.reference})"]:
        assert line.strip() in text
    for name, size in attached.items():
        assert name in text
        assert f"{size:,} bytes" in text
    assert attempts(app, page) == []


def test_only_who_is_ticked_gets_a_mail_which_waits_and_can_be_stopped_once(app, owner, page):
    to = recipient(app, page)

    answer = send(owner, page, to)
    shown = owner.get(page).text
    (place,) = deliveries_on(shown, page)
    stopped = post(owner, f"{place}/stop")
    again = post(owner, f"{place}/stop")

    assert (answer.status_code, answer.location) == (303, page)
    assert "waits to be sent" in shown
    assert f'action="{place}/stop"' in shown
    assert stopped.status_code == 303
    assert again.status_code == 409
    assert "moved on meanwhile" in again.text
    assert attempts(app, page) == [(to, rules.FAILED)]
    after = owner.get(page).text
    assert "It was stopped before it left." in after
    assert "/stop" not in after
    assert ticks(owner.get(f"{page}/send").text)[to] == "checked"
    assert "did not arrive" not in owner.get("/desk/").text  # it was meant


def test_a_double_click_sends_once_and_what_was_ticked_stays_ticked(app, owner, page):
    before = seen(owner, f"{page}/send")
    send(owner, page, recipient(app, page), seen_was=before)

    again = send(owner, page, recipient(app, page), SECRETARIAT, seen_was=before)

    assert again.status_code == 409
    assert "since you opened the page" in again.text
    assert ticks(again.text) == {recipient(app, page): "disabled", SECRETARIAT: "checked"}
    assert len(attempts(app, page)) == 1
    assert send(owner, page, SECRETARIAT, seen_was="x").status_code == 409
    fewer = send(owner, page, recipient(app, page), seen_was=before)
    assert "checked" not in ticks(fewer.text).values()  # nobody ticks it again for whoever did not


def test_nothing_is_sent_to_nobody_nor_to_whom_the_letter_is_not_for(app, owner, page):
    for to in ((), ("icrc",)):
        answer = send(owner, page, *to)

        assert answer.status_code == 409
        assert "choose at least one office" in answer.text
    assert attempts(app, page) == []


def test_without_its_documents_a_letter_goes_nowhere(app, owner, issue):
    page = issue(documents="")

    shown, answer = owner.get(f"{page}/send").text, send(owner, page, SECRETARIAT)
    by_hand = recorded(owner, page, sent_to="Typed words")

    assert "The documents are being made" in shown
    assert "Send it now" not in shown
    assert (answer.status_code, by_hand.status_code) == (409, 409)
    for text in (answer.text, by_hand.text):
        assert "are not made yet" in text
    assert ">\nTyped words</textarea>" in by_hand.text
    assert attempts(app, page) == []


def test_what_stands_against_an_office_is_said_and_it_cannot_be_ticked(app, owner, page):
    with app.app_context():
        for each in directory.channels_of(directory.body(SECRETARIAT)):
            each.verified_on -= timedelta(days=91)
        db.session.commit()

    text = owner.get(f"{page}/send").text

    assert ticks(text)[SECRETARIAT] == "disabled"
    assert 'href="/desk/bodies/sc-secretariat"' in text
    assert "No address is entered that was checked within 90 days." in text
    assert send(owner, page, SECRETARIAT).status_code == 409


def test_a_real_relay_takes_one_mail_and_refuses_the_other_and_the_desk_tells_both(app, owner, page):
    with app.app_context():
        for each in directory.channels_of(directory.body(SECRETARIAT)):
            each.value = "copies@example.org" if each.kind == rules.MAIL else each.value
        db.session.commit()
    send(owner, page, recipient(app, page), SECRETARIAT)
    with FakeRelay() as relay, app.app_context():
        relay.wishes.refuse_recipients = {"copies@example.org": "550 5.1.1 no"}
        worked(app, relay, now=utc_now())
        (mail,) = relay.received

    text = owner.get(page).text
    assert mail.to == "mission@example.org"
    assert attempts(app, page) == [(recipient(app, page), rules.LEFT), (SECRETARIAT, rules.FAILED)]
    assert state(app, page) == rules.SENT
    assert "There is no such mailbox." in text
    assert "(550 5.1.1)" in text
    assert "1 letter did not arrive everywhere" in owner.get("/desk/").text
    assert "Did not arrive everywhere" in owner.get("/desk/letters/").text
    going = owner.get(f"{page}/send").text
    assert ticks(going) == {recipient(app, page): "", SECRETARIAT: "checked"}
    assert "The last mail there" in going


def test_each_trouble_that_we_know_has_words_in_the_reader_s_language():
    assert set(MEANINGS.values()) <= set(TROUBLES)


def test_nobody_sends_to_the_press_by_mail_nor_a_draft(app, owner, issue):
    sheet = issue("numbers-sheet", month=None, signatory={}, way=None)
    with app.app_context():
        draft = begin(month=utc_now().date()).key
        db.session.commit()

    assert owner.get(f"{sheet}/send").status_code == 404
    assert send(owner, sheet, "icrc", seen_was="0").status_code == 404
    assert owner.get(f"/desk/letters/{draft}/send").status_code == 404
    assert owner.get(f"/desk/letters/{draft}/delivered").status_code == 404


# -- As somebody brought it --------------------------------------------------------------------------------------------


def test_a_delivery_by_hand_is_recorded_with_its_moment_and_the_letter_is_sent(app, owner, page):
    form = owner.get(f"{page}/delivered").text
    at = utc_now().replace(second=0, microsecond=0)

    answer = recorded(
        owner, page, left_at=f"{at:%Y-%m-%d %H:%M}", is_received="y", note="Stamped, in the safe"
    )

    assert "The clock of UTC says now" in form
    assert "1 Invented Street" in form  # what the directory says
    assert answer.status_code == 303
    assert attempts(app, page) == [(recipient(app, page), rules.RECEIVED)]
    assert state(app, page) == rules.SENT
    shown = owner.get(page).text
    for words in ("by hand", "received", "Mail room, third floor", "Stamped, in the safe"):
        assert words in shown
    with app.app_context():
        (made,) = delivering.deliveries_of(letter_of(page))
        assert made.made_at == at


def test_a_copy_that_was_posted_does_not_make_the_letter_sent(app, owner, page):
    recorded(owner, page, office=SECRETARIAT, way="post")

    assert attempts(app, page) == [(SECRETARIAT, rules.LEFT)]
    assert state(app, page) == rules.ISSUED


def test_what_cannot_be_recorded_is_told_at_its_field_and_nothing_typed_is_lost(app, owner, page):
    for field, typed, at in WRONG:
        kept = {"note": "Kept words", "sent_to": "Kept place", field: typed}

        answer = recorded(owner, page, **kept)

        assert answer.status_code == 422, (field, typed)
        assert f'href="#{at}"' in answer.text, (field, typed)
        assert f'id="{at}"' in answer.text, (field, typed)
        assert ">\nKept words</textarea>" in answer.text or field == "note"
        assert ">\nKept place</textarea>" in answer.text or field == "sent_to"
    assert attempts(app, page) == []


def test_a_delivery_is_recorded_once_and_what_was_typed_stays(app, owner, page):
    before = seen(owner, f"{page}/delivered")
    recorded(owner, page, seen=before)

    again = recorded(owner, page, seen=before, note="Typed once more")

    assert again.status_code == 409
    assert "since you opened the page" in again.text
    assert ">\nTyped once more</textarea>" in again.text
    assert len(attempts(app, page)) == 1


def test_a_sheet_of_numbers_is_given_to_the_press_and_may_be_looked_up_then(app, owner, issue, client):
    page = issue("numbers-sheet", month=None, signatory={}, way=None)
    place = f"/en/letters/{page.rsplit('/', 1)[1]}"
    before = client.get(place).status_code
    form = owner.get(f"{page}/delivered").text

    answer = post(
        owner,
        f"{page}/delivered",
        sent_to="Invented Agency",
        left_at=f"{utc_now():%Y-%m-%dT%H:%M}",
        seen="0",
    )

    assert "To whom of the press" in form
    assert 'name="office"' not in form
    assert answer.status_code == 303
    assert (before, client.get(place).status_code) == (404, 200)
    assert state(app, page) == rules.SENT
    shown = owner.get(page).text
    assert "Given to the press" in shown
    assert "Invented Agency" in shown
    assert "/replies/new" not in shown


# -- What became of an attempt -----------------------------------------------------------------------------------------


@pytest.fixture
def left(app, owner, page):
    """The page of an attempt that left."""
    recorded(owner, page)
    (place,) = deliveries_on(owner.get(page).text, page)
    return place


def test_a_receipt_is_noted_with_who_took_it(app, owner, page, left):
    empty = post(owner, f"{left}/receipt", receipt=" ")
    answer = post(owner, f"{left}/receipt", receipt="The registry, under number 12")

    assert empty.status_code == 422
    assert 'href="#receipt"' in empty.text
    assert answer.status_code == 303
    assert [each for _, each in attempts(app, page)] == [rules.RECEIVED]
    assert "The registry, under number 12" in owner.get(page).text


def test_what_came_back_is_told_and_can_be_delivered_again(app, owner, page, left):
    empty = post(owner, f"{left}/returned", why="")
    answer = post(owner, f"{left}/returned", why="Moved away")
    again = post(owner, f"{left}/returned", why="Typed again")

    assert (empty.status_code, answer.status_code, again.status_code) == (422, 303, 409)
    assert 'href="#why"' in empty.text
    assert "moved on meanwhile" in again.text
    assert [each for _, each in attempts(app, page)] == [rules.BOUNCED]
    shown = owner.get(left).text
    assert "Moved away" in shown
    assert f'href="{page}/delivered"' in shown
    assert "1 letter did not arrive everywhere" in owner.get("/desk/").text
    recorded(owner, page)
    assert "did not arrive" not in owner.get("/desk/").text


def test_a_refused_receipt_keeps_what_was_typed(app, owner, page, left):
    post(owner, f"{left}/returned", why="Moved away")

    answer = post(owner, f"{left}/receipt", receipt="Words that took a while")

    assert answer.status_code == 409
    assert [each for _, each in attempts(app, page)] == [rules.BOUNCED]


def test_the_attempt_of_another_letter_is_no_page_of_this_one(owner, issue, left):
    other = issue()
    number = left.rsplit("/", 1)[1]

    assert owner.get(f"{other}/deliveries/{number}").status_code == 404
    assert post(owner, f"{other}/deliveries/{number}/receipt", receipt="x").status_code == 404


# -- Who may, and what is typed ----------------------------------------------------------------------------------------


def test_whoever_approves_looks_and_does_nothing_and_a_viewer_sees_nothing_confidential(
    app, owner, approver, page, left
):
    viewer = colleague(app, owner, "viewer")
    looked, detail, seen_by_viewer = approver.get(page).text, approver.get(left), viewer.get(page).text
    with app.app_context():
        letter_of(page).visibility = rules.CONFIDENTIAL
        db.session.commit()

    assert "Mail room, third floor" in looked
    assert "/send" not in looked
    assert "/close" not in looked
    assert f"{page}/close" in owner.get(page).text
    assert detail.status_code == 200
    assert "<textarea" not in detail.text
    assert "Mail room" in seen_by_viewer
    assert "Mail room" not in viewer.get(page).text
    for client in (approver, viewer):
        assert client.get(f"{page}/send").status_code == 403
        assert post(client, f"{page}/send", to=SECRETARIAT, seen="1").status_code == 403
        assert post(client, f"{page}/delivered", seen="1").status_code == 403
        assert post(client, f"{left}/receipt", receipt="x").status_code == 403
    assert viewer.get(left).status_code == 403


def test_markup_in_any_field_of_a_delivery_comes_out_as_text(app, owner, page):
    with app.app_context():
        for each in directory.channels_of(directory.body(SECRETARIAT)):
            each.value = MARKUP
        db.session.commit()
    wrong = recorded(owner, page, sent_to=MARKUP, note=MARKUP, left_at=MARKUP, office=MARKUP, way=MARKUP)
    recorded(owner, page, sent_to=MARKUP, note=MARKUP)
    (place,) = deliveries_on(owner.get(page).text, page)
    shown = [
        wrong.text,
        owner.get(page).text,
        owner.get(f"{page}/send").text,
        owner.get(f"{page}/delivered").text,
    ]
    post(owner, f"{place}/receipt", receipt=MARKUP)
    shown.append(owner.get(place).text)
    recorded(owner, page)
    *_, other = deliveries_on(owner.get(page).text, page)
    post(owner, f"{other}/returned", why=MARKUP)
    shown += [owner.get(other).text, owner.get(page).text]

    for text in shown:
        assert "<script>alert" not in text
        assert SHOWN_MARKUP in text
        assert "{{ 7*7 }}" in text


def test_the_worker_s_and_an_organiser_s_words_stand_in_order(app, owner, page):
    with app.app_context():
        by = organiser_by_email(EMAIL)
        letter = letter_of(page)
        handed_over(letter, by, at=utc_now())
        sent(letter, by, to=[SECRETARIAT], seen=newest(letter), now=utc_now())

    text = owner.get(page).text

    assert text.index("Mail room") < text.index("waits to be sent")
