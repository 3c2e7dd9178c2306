"""At the desk a reply is filed, with consent shown, and hidden again; silence is told; a letter is closed."""

import io
import re
from datetime import timedelta

import pytest
from flask_babel import force_locale

from campaign_app import finished_pages
from campaign_app.bodies import queries as directory
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import delivering, queries, replying, rules
from campaign_app.letters.models import LetterReply
from campaign_app.letters.today import letter_lines
from tests.desk_client import signed_in, token_of
from tests.letters.at_desk import MARKUP, colleague, people_of, post
from tests.letters.deliveries import handed_over, issued, keep_documents
from tests.letters.situations import begin, ensure_office

pytestmark = pytest.mark.usefixtures("campaign_that_may_write")
SECRETARIAT = "sc-secretariat"
PDF = b"%PDF-1.7 invented"
WEEK = timedelta(weeks=1)

# What is wrong with the form of a reply, and where that is told.
WRONG = [
    ({"kind": ""}, "kind-acknowledgement"),
    ({"kind": "praise"}, "kind-acknowledgement"),
    ({"office": "icrc"}, "office"),
    ({"language": "xx"}, "language"),
    ({"received_on": ""}, "received_on"),
    ({"received_on": "some day"}, "received_on"),
    ({"received_on": "2999-01-01"}, "received_on"),
    ({"received_on": "2019-01-01"}, "received_on"),
    ({"consent": "x" * (rules.LONGEST_NOTE + 1)}, "consent"),
    ({"scan": (b"<html>", "reply.pdf")}, "scan"),
    ({"scan": (PDF + bytes(replying.LARGEST_SCAN_BYTES), "reply.pdf")}, "scan"),
    ({"text": " "}, "text"),
    ({"text": "turned \u202e around"}, "text"),
    ({"text": "x" * (rules.LONGEST_REPLY + 1)}, "text"),
]


@pytest.fixture
def owner(app):
    return signed_in(app).language("en")


@pytest.fixture
def approver(app, owner):
    return colleague(app, owner, "approver")


@pytest.fixture
def sent_letter(app, owner):
    """What issues a letter and brings it to its office; returns the address of its page."""

    def _sent(*, is_customary=False, **changes):
        with app.app_context():
            now = utc_now()
            ensure_office(SECRETARIAT, kind="secretariat", today=now.date())
            by, agrees = people_of(now)
            letter = begin(month=now.date(), **changes)
            directory.body(letter.body_key).is_reply_customary = is_customary
            db.session.commit()
            issued(letter, (by, agrees), now=now, with_documents=False)
            keep_documents(letter)
            handed_over(letter, by, at=utc_now())
            return f"/desk/letters/{letter.reference}"

    return _sent


@pytest.fixture
def page(sent_letter):
    return sent_letter()


def letter_of(page):
    return queries.letter(page.rsplit("/", 1)[1])


def shown_to_all(client, page):
    """Return what everybody reads of a letter a few seconds later."""
    client.application.extensions[finished_pages.STORE].forget()
    return client.get(f"/en/letters/{page.rsplit('/', 1)[1]}").text


def state(app, page):
    with app.app_context():
        return letter_of(page).state


def replies(app, page):
    with app.app_context():
        return list(replying.replies_of(letter_of(page)))


def filed(client, page, *, scan=None, **fields):
    """File a reply through its form."""
    form = client.get(f"{page}/replies/new").text
    typed = {
        "csrf_token": token_of(client.get("/desk/sign-in")),
        "seen": re.search(r'name="seen" value="(\d+)"', form)[1],
        "office": re.search(r'<option value="([^"]+)" selected', form)[1],
        "kind": rules.ANSWER,
        "received_on": f"{utc_now():%Y-%m-%d}",
        "language": "en",
        "text": "We have read your letter.",
        "consent": "",
        **fields,
    }
    if scan is not None:
        typed["scan"] = (io.BytesIO(scan[0]), scan[1])
    answer = client.post(f"{page}/replies", data=typed, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # of a large file it lies on the disk
    return answer


def reply_page(client, page):
    return re.search(rf'href="({page}/replies/\d+)"', client.get(page).text)[1]


def sent_ago(app, page, ago):
    """Let it have been sent a while ago."""
    with app.app_context():
        letter_of(page).sent_at = utc_now() - ago - timedelta(minutes=1)
        db.session.commit()


# -- Filing ------------------------------------------------------------------------------------------------------------


def test_a_reply_is_filed_with_its_day_its_office_its_words_and_a_scan(app, owner, page):
    for kind, becomes, says in (
        (rules.ACKNOWLEDGEMENT, rules.ACKNOWLEDGED, "Acknowledgement of receipt"),
        (rules.REFUSAL, rules.DECLINED, "Refusal"),
        (rules.ANSWER, rules.ANSWERED, "Answer"),
    ):
        answer = filed(
            owner, page, kind=kind, scan=(PDF, 'a "scan"; عربي.pdf'), consent="By mail, the First Secretary"
        )

        assert (answer.status_code, answer.location) == (303, page)
        assert state(app, page) == becomes
        place = reply_page(owner, page)
        text = owner.get(place).text
        for words in (says, "We have read your letter.", "By mail, the First Secretary", "The desk only"):
            assert words in text
    saved = owner.get(f"{place}/scan")
    assert saved.data == PDF
    assert saved.headers["Content-Type"] == "application/pdf"
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_the_words_of_whoever_got_a_copy_do_not_speak_for_the_recipient(app, owner, page, client):
    filed(owner, page, office=SECRETARIAT, kind=rules.ACKNOWLEDGEMENT, consent="The registry")
    post(owner, f"{reply_page(owner, page)}/publish", consent="The registry")

    with app.app_context():
        name = directory.body(SECRETARIAT).names["en"]
    assert state(app, page) == rules.SENT
    assert name in owner.get(page).text
    assert name in shown_to_all(client, page)


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(app, owner, page):
    for fields, at in WRONG:
        answer = filed(owner, page, **{"text": "Kept words", "consent": "Kept consent", **fields})

        assert answer.status_code == 422, at
        assert f'href="#{at}"' in answer.text, at
        assert f'id="{at}"' in answer.text, at
        assert ">\nKept words</textarea>" in answer.text or "text" in fields
        assert 'value="Kept consent"' in answer.text or "consent" in fields
        assert ("Choose the file once more" in answer.text) == ("scan" in fields)
    assert replies(app, page) == []


def test_a_scan_alone_is_a_reply_and_has_no_words_to_publish(app, owner, page):
    filed(owner, page, text="", scan=(PDF, "reply.pdf"))

    place = reply_page(owner, page)
    text = owner.get(place).text

    assert "Only a scan of it was filed." in text
    assert "/publish" not in text
    assert owner.get(f"{place}/publish").status_code == 404


def test_a_double_click_files_one_reply_and_loses_no_word(app, owner, page):
    filed(owner, page, seen="0")

    again = filed(owner, page, seen="0", text="Typed for a while", scan=(PDF, "reply.pdf"))

    assert again.status_code == 409
    assert "a reply was filed" in again.text
    assert ">\nTyped for a while</textarea>" in again.text
    assert "Choose the file once more" in again.text
    assert len(replies(app, page)) == 1


def test_nothing_is_filed_of_a_letter_that_is_with_nobody(app, owner, page):
    with app.app_context():
        letter = letter_of(page)
        letter.state, letter.sent_at = rules.ISSUED, None
        db.session.commit()

    assert owner.get(f"{page}/replies/new").status_code == 404
    assert post(owner, f"{page}/replies", text="x").status_code == 404


# -- Showing -----------------------------------------------------------------------------------------------------------


def test_a_reply_is_shown_with_consent_alone_and_hidden_again(app, owner, page, client):
    filed(owner, page)
    place = reply_page(owner, page)

    without = post(owner, f"{place}/publish", consent=" ")
    before = shown_to_all(client, page)
    published = post(owner, f"{place}/publish", consent="By mail of today, from the mission")
    during = shown_to_all(client, page)
    shown = owner.get(place).text
    hidden = post(owner, f"{place}/hide")
    after = shown_to_all(client, page)

    assert without.status_code == 422
    assert "Say who agreed" in without.text
    assert (published.status_code, hidden.status_code) == (303, 303)
    assert [words.count("We have read your letter.") for words in (before, during, after)] == [0, 1, 0]
    assert "By mail of today" not in during
    assert "By mail of today" in shown
    assert "/hide" in shown


def test_a_reply_to_what_is_not_public_is_not_published(app, owner, page):
    filed(owner, page, consent="Everybody")
    place = reply_page(owner, page)
    with app.app_context():
        letter_of(page).visibility = rules.VERIFY_ONLY
        db.session.commit()

    assert "no reply to it is shown" in owner.get(place).text
    assert owner.get(f"{place}/publish").status_code == 404
    assert post(owner, f"{place}/publish", consent="Everybody").status_code == 404
    assert not replies(app, page)[0].is_published


def test_the_reply_to_another_letter_is_no_page_of_this_one(owner, page, sent_letter):
    filed(owner, page)
    number = reply_page(owner, page).rsplit("/", 1)[1]
    other = sent_letter()

    for part in ("", "/scan", "/publish"):
        assert owner.get(f"{other}/replies/{number}{part}").status_code == 404
    assert post(owner, f"{other}/replies/{number}/hide").status_code == 404


# -- Silence, and the end ----------------------------------------------------------------------------------------------


def test_silence_is_told_plainly_where_a_reply_is_customary(app, owner, sent_letter):
    awaited, other = sent_letter(is_customary=True), sent_letter(is_customary=True)
    for page in (awaited, other):
        sent_ago(app, page, timedelta(days=43))
    with app.app_context():
        delivering.watch(now=utc_now())
        db.session.commit()

    text = owner.get(awaited).text

    assert "No reply, 43 days." in text
    assert "the reply is overdue" in text
    assert "2 letters have had no reply for 43 days or longer" in owner.get("/desk/").text
    assert "no reply, 43 days" in owner.get("/desk/letters/").text


def test_where_no_reply_is_customary_none_is_said_to_be_missing(app, owner, page):
    sent_ago(app, page, timedelta(days=3))

    text = owner.get(page).text

    assert "Sent 3 days ago. No reply is expected" in text
    assert "No reply, 3 days" not in text


def test_the_office_is_asked_again_after_two_weeks_and_that_is_noted_once(app, owner, page):
    assert "/follow-up" not in owner.get(page).text
    assert post(owner, f"{page}/follow-up").status_code == 409
    sent_ago(app, page, 2 * WEEK)
    assert f'action="{page}/follow-up"' in owner.get(page).text
    assert "To be asked after" in owner.get("/desk/letters/").text

    answers = [post(owner, f"{page}/follow-up").status_code for _ in range(2)]

    assert answers == [303, 409]
    assert "/follow-up" not in owner.get(page).text
    assert "To be asked after" not in owner.get("/desk/letters/").text


@pytest.mark.parametrize(
    ("after", "is_customary", "says"),
    [
        (timedelta(), False, []),
        (timedelta(), True, ["1 letter awaits a reply."]),
        (2 * WEEK, False, ["1 letter is to be asked after"]),
        (4 * WEEK, True, ["1 letter is to be asked after"]),
        (7 * WEEK, True, ["1 letter has had no reply for 49 days"]),
    ],
)
def test_the_home_says_who_has_not_answered_in_one_line_each(app, sent_letter, after, is_customary, says):
    page = sent_letter(is_customary=is_customary)
    with app.app_context(), force_locale("en"):
        now = letter_of(page).sent_at + after
        delivering.watch(now=now)
        lines = [str(line.says) for line in letter_lines(now)]
        db.session.rollback()

    assert len(lines) == len(says)
    for line, words in zip(lines, says, strict=True):
        assert words in line


def test_the_home_says_that_a_reply_may_be_published_as_long_as_it_may(app, owner, page):
    filed(owner, page, consent="The mission, by mail")
    before = owner.get("/desk/").text
    post(owner, f"{reply_page(owner, page)}/publish", consent="The mission, by mail")

    assert "1 letter has a reply that may be published" in before
    assert "may be published" not in owner.get("/desk/").text


def test_a_closed_letter_awaits_nothing_and_is_delivered_no_more(app, owner, page):
    answer = post(owner, f"{page}/close")
    again = post(owner, f"{page}/close")

    text = owner.get(page).text
    assert (answer.status_code, again.status_code) == (303, 409)
    assert state(app, page) == rules.CLOSED
    assert "Closed on" in text
    for part in ("/send", "/delivered", "/close", "/follow-up"):
        assert f'{page}{part}"' not in text
    assert "it is sent no more" in owner.get(f"{page}/send").text
    assert post(owner, f"{page}/send", to=SECRETARIAT, seen="1").status_code == 409
    assert filed(owner, page).status_code == 303  # what comes late is filed all the same
    assert state(app, page) == rules.CLOSED


# -- Who may, and what is typed ----------------------------------------------------------------------------------------


def test_whoever_approves_reads_a_reply_and_does_nothing_and_a_viewer_does_not_read_it(
    app, owner, approver, page
):
    filed(owner, page, scan=(PDF, "reply.pdf"))
    place = reply_page(owner, page)
    viewer = colleague(app, owner, "viewer")

    text = approver.get(place).text

    assert "We have read your letter." in text
    assert "/publish" not in text
    assert approver.get(f"{place}/scan").data == PDF
    assert "We have read" not in viewer.get(page).text
    assert [viewer.get(each).status_code for each in (place, f"{place}/scan")] == [403, 403]
    for client in (approver, viewer):
        for act in (
            f"{place}/publish",
            f"{place}/hide",
            f"{page}/replies",
            f"{page}/follow-up",
            f"{page}/close",
        ):
            assert post(client, act, consent="x").status_code == 403, act


def test_markup_in_any_field_of_a_reply_comes_out_as_text(app, owner, page, client):
    wrong = filed(
        owner, page, text=MARKUP, consent=MARKUP, office=MARKUP, language=MARKUP, received_on=MARKUP
    )
    assert filed(owner, page, text=MARKUP, consent=MARKUP, scan=(PDF, f"{MARKUP}.pdf")).status_code == 303
    place = reply_page(owner, page)
    shown = [wrong.text, owner.get(place).text, owner.get(f"{place}/publish").text]
    post(owner, f"{place}/publish", consent=MARKUP)
    shown += [owner.get(place).text, shown_to_all(client, page)]

    for text in shown:
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; #set page(fill: red)" in text
        assert "{{ 7*7 }}" in text
    with app.app_context():
        assert "/" not in db.session.query(LetterReply.file_name).scalar()
