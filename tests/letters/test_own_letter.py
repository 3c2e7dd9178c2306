"""A supporter's own letter: put together of what was chosen and typed, answered once, kept nowhere."""

import logging
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from limits import parse
from lxml import html
from sqlalchemy import select

from campaign_app.bodies.models import Body, BodyChannel
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.facts.queries import figure_as_text
from campaign_app.languages import LETTER_LANGUAGES
from campaign_app.letters import own_letter
from campaign_app.letters.own_letter import LONGEST_MAIL_ADDRESS, LONGEST_WORDS
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import ceilings, form_token
from campaign_app.shield.ceilings import Ceiling
from campaign_app.shield.rules import FORM_LIFETIME
from tests.letters.situations import ensure_office, load_directory

SLUG = "lists-and-graves"
MINE = f"/en/petitions/{SLUG}/your-letter"
TODAY = utc_now().date()
LATVIA = "mission-latvia"
EVERYTHING = {f"{group}_{nth}": "y" for group in ("points", "asks") for nth in range(1, 6)}


@pytest.fixture(autouse=True)
def directory(context):
    """The shipped directory as it is shipped: no way to any office."""
    load_directory(today=TODAY)
    db.session.query(BodyChannel).delete()
    db.session.commit()


@pytest.fixture
def post(client, context):
    """Send the form, fresh, as our page would."""

    def _post(path=MINE, *, age=timedelta(0), headers=None, **fields):
        token = form_token.issue(public_petition(SLUG).id, utc_now() - age)
        typed = {"body": LATVIA, "language": "en", "form_token": token, **fields}
        return client.post(path, data=typed, content_type="multipart/form-data", headers=headers)

    return _post


def letter_of(answer) -> list[str]:
    """Return the paragraphs of the letter on a page."""
    found = html.fromstring(answer.text).xpath('//article[contains(@class, "own-letter")]/p')
    return [each.text_content() for each in found]


def links_to_mail(answer) -> list[str]:
    return [href for href in html.fromstring(answer.text).xpath("//a/@href") if href.startswith("mailto:")]


def listed(client, lang="en") -> dict[str, str]:
    """Return the offices that the page offers: key → name."""
    page = html.fromstring(client.get(f"/{lang}/petitions/{SLUG}/your-letter").text)
    return {
        each.get("value"): each.text
        for each in page.xpath('//select[@id="body"]//option')
        if each.get("value")
    }


def rows_of_everything() -> dict[str, list[str]]:
    return {
        table.name: sorted(map(repr, db.session.execute(select(table)).all()))
        for table in db.metadata.sorted_tables
    }


def enter_channel(key: str, kind: str, value: str, **changes) -> None:
    body = db.session.scalar(select(Body).filter_by(key=key))
    told = {"source_url": "https://example.org/list", "verified_on": TODAY, "verified_by": "test", **changes}
    db.session.add(BodyChannel(body_id=body.id, kind=kind, value=value, **told))
    db.session.commit()


# -- The letter --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_the_letter_says_all_that_was_chosen_in_its_language_with_every_figure_sourced(post, context, lang):
    answer = post(language=lang, own_words="First of mine.\n\nSecond of mine.", **EVERYTHING)

    said, paragraphs = own_letter.sentences(lang), letter_of(answer)
    body = db.session.scalar(select(Body).filter_by(key=LATVIA))
    assert answer.status_code == 200
    assert paragraphs[0] == body.addressed_to[lang]
    assert said.subject in paragraphs[1]
    assert paragraphs[2] == body.salutation[lang]
    assert paragraphs[3:8] == list(said.points)
    assert paragraphs[8:10] == ["First of mine.", "Second of mine."]
    assert paragraphs[10].splitlines() == [f"{nth}. {ask}" for nth, ask in enumerate(said.asks, 1)]
    assert paragraphs[11:] == [body.close[lang]]
    for key in ("still-missing-after-prisons-opened", "names-sent-to-registries", "sc-2474", "ga-77-301"):
        assert figure_as_text(key, lang) in "\n".join(paragraphs)
    assert "{{" not in answer.text


def test_only_what_was_ticked_stands_in_it_and_requests_are_numbered_anew(post, context):
    said = own_letter.sentences("en")

    paragraphs = letter_of(post(points_2="y", asks_3="y", asks_5="y"))

    assert paragraphs[3:-1] == [said.points[1], f"1. {said.asks[2]}\n2. {said.asks[4]}"]


def test_what_speaks_to_a_state_is_left_out_of_a_letter_to_another_office_and_that_is_said(post, context):
    said = own_letter.sentences("en")

    answer = post(body="unsg", **EVERYTHING)

    paragraphs = letter_of(answer)
    assert paragraphs[3:7] == list(said.points[1:])
    assert paragraphs[7].splitlines() == [
        f"{nth}. {said.asks[place]}" for nth, place in enumerate((0, 2, 4), 1)
    ]
    notice = html.fromstring(answer.text).xpath('//div[@class="notice"]//li/text()')
    assert notice == [said.points[0], said.asks[1], said.asks[3]]


def test_a_letter_in_which_nothing_would_stand_is_not_made(post):
    for fields in ({}, {"body": "unsg", "points_1": "y", "asks_2": "y"}, {"own_words": " \n "}):
        answer = post(**fields)

        assert answer.status_code == 422
        assert "Nothing would stand in this letter" in answer.text
        assert letter_of(answer) == []


# -- Whom it may go to -------------------------------------------------------------------------------------------------


def test_offices_that_take_letters_are_offered_and_none_that_works_in_confidence(client):
    offered = listed(client)

    assert offered[LATVIA] == "Latvia"
    assert {"unsg", "eu-hrvp", "arab-league"} <= set(offered)
    assert not {"icrc", "iimp", "iiim", "wgeid", "ced", "ncmp", "sc-secretariat", "ngo-snhr"} & set(offered)


def test_a_government_that_an_organiser_entered_is_offered_where_it_takes_letters(client, context):
    only_french = {"fr": "Gouvernement inventé"}
    ensure_office("government-nowhere", kind="government", today=TODAY, names=only_french)
    ensure_office("government-silent", kind="government", today=TODAY, accepts=["petition"])
    db.session.commit()

    offered = listed(client)
    assert offered["government-nowhere"] == "Gouvernement inventé"
    assert "government-silent" not in offered


def test_an_office_is_written_to_in_a_language_that_it_reads(post):
    answer = post(body="eu-hrvp", language="zh", points_2="y")

    assert answer.status_code == 422
    assert "This office reads letters in: English · Français · Español" in unescape(answer.text)
    assert letter_of(answer) == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"body": ""}, "body"),
        ({"body": "icrc"}, "body"),
        ({"body": "no-such-body"}, "body"),
        ({"language": "de"}, "language"),
        ({"language": ""}, "language"),
        ({"own_words": "x" * (LONGEST_WORDS + 1)}, "own_words"),
        ({"own_words": "Mine, to be\u202e kept."}, "own_words"),
        ({"own_words": "Mine,\x00 to be\x07\x85\uffff kept."}, "own_words"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_everything_typed_is_kept(post, fields, place):
    answer = post(points_2="y", asks_3="y", **{"own_words": "Mine, to be kept.", **fields})

    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.xpath(f'//*[@id="{place}"]/@aria-invalid') == ["true"]
    assert page.xpath(f'//a[@href="#{place}"]')
    assert page.xpath("//input[@checked]/@name") == ["points_2", "asks_3"]
    typed = page.xpath("//textarea")[0].text.strip()
    assert typed == (fields["own_words"] if "xxx" in fields.get("own_words", "") else "Mine, to be kept.")


def test_two_thousand_letters_fit_in_every_script_and_none_is_cut(post):
    for letter in ("x", "ش", "愿", "🕊"):
        own = letter * LONGEST_WORDS

        answer = post(own_words=own)

        assert answer.status_code == 200
        assert own in letter_of(answer)
        assert "have 2,000 letters of at most 2,000" in answer.text


# -- How it leaves -----------------------------------------------------------------------------------------------------


def test_a_short_letter_opens_whole_in_a_mail_program_and_a_long_one_says_to_copy(post, context):
    short, long = post(own_words="Please ask for the lists."), post(language="ar", **EVERYTHING)

    (whole,) = links_to_mail(short)
    query = parse_qs(urlsplit(whole).query)
    assert len(whole) <= LONGEST_MAIL_ADDRESS
    assert query["subject"] == [own_letter.sentences("en").subject]
    assert query["body"] == ["\r\n\r\n".join(letter_of(short))]
    (empty,) = links_to_mail(long)
    assert set(parse_qs(urlsplit(empty).query)) == {"subject"}
    assert "too long for mail programs" in long.text
    assert "too long for mail programs" not in short.text


def test_where_no_address_is_known_that_is_said_with_where_to_look(post):
    answer = post(own_words="Please ask.")

    assert "We do not know an address of this office" in answer.text
    assert 'href="https://ask.un.org/faq/14410"' in answer.text
    assert links_to_mail(answer)[0].startswith("mailto:?subject=")


def test_an_address_is_shown_that_was_checked_lately_and_that_a_public_source_gives(post, context):
    enter_channel(LATVIA, "mail", "mission@example.org")
    enter_channel(LATVIA, "post", "1 Invented Street\nNowhere")

    answer = post(own_words="Please ask.")

    assert unquote(links_to_mail(answer)[0]).startswith("mailto:mission@example.org?subject=")
    assert "1 Invented Street\nNowhere" in answer.text
    assert "We do not know an address" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [{"source_url": ""}, {"verified_on": None}, {"verified_on": TODAY - timedelta(days=91)}],
    ids=["given-in-private", "never-checked", "checked-long-ago"],
)
def test_an_address_is_not_shown_that_was_not_checked_or_was_given_in_private(post, context, changes):
    enter_channel(LATVIA, "mail", "private@example.org", **changes)

    answer = post(own_words="Please ask.")

    assert "private@example.org" not in unquote(answer.text)
    assert "We do not know an address" in answer.text


def test_the_letter_can_be_changed_with_everything_as_it_was(post, client):
    made = post(points_2="y", asks_3="y", own_words="Mine & <b>only</b> mine.")
    hidden = html.fromstring(made.text).xpath("//form//input[@type='hidden']")

    back = client.post(
        MINE,
        data={**{each.get("name"): each.get("value") for each in hidden}, "correct": "y"},
        content_type="multipart/form-data",
    )

    page = html.fromstring(back.text)
    assert back.status_code == 200
    assert page.xpath("//textarea")[0].text.strip() == "Mine & <b>only</b> mine."
    assert page.xpath("//input[@checked]/@name") == ["points_2", "asks_3"]
    assert page.xpath("//option[@selected]/@value") == [LATVIA, "en"]


# -- Nothing is kept, nothing is passed on -----------------------------------------------------------------------------


def test_nothing_is_stored_sent_logged_or_left_to_a_cache(post, client, context, mail_dir, caplog):
    caplog.set_level(logging.DEBUG)
    before = rows_of_everything()

    answer = post(own_words="a-canary-of-mine", **EVERYTHING)

    assert "a-canary-of-mine" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert rows_of_everything() == before
    assert list(mail_dir.iterdir()) == []
    assert "a-canary-of-mine" not in caplog.text
    assert "a-canary-of-mine" not in client.get(MINE).text


def test_typed_markup_comes_out_as_text(post):
    own = "<script>alert(1)</script> \"'> {{ 7 * 7 }} {{fact:sc-2474}} </textarea> **not bold**"

    answer = post(own_words=own)

    assert own in letter_of(answer)
    assert "<script>alert" not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    copied = html.fromstring(answer.text).xpath("//button/@data-copy")
    assert own in copied[0]


def test_another_site_s_page_cannot_show_words_here(post):
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}

    answer = post(own_words="Words of somebody else.", headers=foreign)

    assert answer.status_code == 403
    assert "Words of somebody else." not in answer.text


def test_a_form_that_is_old_or_not_ours_comes_back_fresh_with_everything_typed(post):
    for fields in (
        {"age": FORM_LIFETIME + timedelta(minutes=1)},
        {"form_token": "forged"},
        {"form_token": ""},
    ):
        answer = post(own_words="Mine, to be kept.", points_2="y", **fields)

        page = html.fromstring(answer.text)
        assert answer.status_code == 422
        assert letter_of(answer) == []
        assert page.xpath("//textarea")[0].text.strip() == "Mine, to be kept."
        assert page.xpath("//input[@checked]/@name") == ["points_2"]


def test_a_flood_is_told_when_to_try_again_and_loses_nothing(post, monkeypatch):
    monkeypatch.setattr(ceilings, "POSTS", Ceiling("posts", parse("1/10 minutes")))
    post(own_words="The first.")

    answer = post(own_words="Mine, to be kept.")

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Mine, to be kept." in answer.text
    assert letter_of(answer) == []


def test_fields_that_the_form_does_not_have_are_refused_by_name(post):
    answer = post(own_words="Mine.", to="office@example.org")

    assert answer.status_code == 400
    assert "“to”" in answer.text or ">to<" in answer.text


def test_what_fills_the_hidden_field_gets_no_letter(post):
    answer = post(own_words="Words of a machine.", website="https://example.org")

    assert letter_of(answer) == []


def test_the_page_of_a_petition_leads_to_it_and_it_is_the_same_for_everyone(client):
    assert f'href="{MINE}"' in client.get(f"/en/petitions/{SLUG}").text

    page = client.get(MINE)

    assert page.headers["Cache-Control"].startswith("public")
    assert client.get("/en/petitions/no-such/your-letter").status_code == 404


def test_a_content_folder_without_such_letters_has_no_such_page(client, monkeypatch):
    monkeypatch.setattr(own_letter, "offered", lambda: None)

    assert client.get(MINE).status_code == 404
