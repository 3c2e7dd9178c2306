"""Frames on other sites: who may frame what (safety goal 13), and signing in one with the same checks as anywhere."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign_app import finished_pages
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.partners import operations as partners
from campaign_app.partners.queries import partner_by_code
from campaign_app.signing import operations
from campaign_app.signing.models import Pending
from campaign_app.signing.rules import LONGEST_BODY_BYTES
from campaign_app.tally.models import TallyCell
from campaign_app.widgets import frames
from tests.every_page import Visitor
from tests.supporters import confirm, newest_token, ready_form, send_mail, typed

from .frames import CODE, LINE, ORIGINS, SLUG, add_partner

FORM, SIGN, INBOX = f"/embed/{SLUG}", f"/embed/{SLUG}/sign", f"/embed/{SLUG}/inbox"
CARD, PREVIEW = f"/embed/{SLUG}/card", f"/embed/{SLUG}/preview"
NOBODY, LISTED, ANYBODY = "'none'", " ".join(ORIGINS), "https: http:"
HOSTILE = (
    "nobody",
    "SOLIDARITY",
    "solidarity%20https://evil.example.org",
    "*",
    "'self'",
    "a;frame-ancestors *",
    "",
)


@pytest.fixture
def visitor(client, mail_dir, monkeypatch) -> Visitor:
    found = Visitor(client, mail_dir, "en", monkeypatch)
    found.change(add_partner)
    return found


def who_may_frame(answer) -> str:
    """Return the sources of the one policy of an answer that says who may frame it."""
    policies = answer.headers.getlist("Content-Security-Policy")
    found = re.findall(r"frame-ancestors ([^;]*)", " ; ".join(policies))
    assert len(found) == 1
    return found[0]


# -- Who may frame what ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [FORM, INBOX])
def test_only_the_listed_partners_exact_sites_frame_the_form(client, visitor, path):
    visitor.change(lambda: add_partner("another", ("https://other.example.org",)))

    assert who_may_frame(client.get(f"{path}?s={CODE}")) == LISTED
    assert who_may_frame(client.get(f"{path}?s=another")) == "https://other.example.org"
    assert who_may_frame(client.get(f"{path}?s={CODE}&s=another")) == LISTED
    assert who_may_frame(client.get(f"{path}?s=another&s={CODE}")) == "https://other.example.org"
    assert who_may_frame(client.get(path)) == NOBODY
    for source in HOSTILE:
        assert who_may_frame(client.get(path, query_string={"s": source})) == NOBODY, source


@pytest.mark.parametrize("state", ["paused", "ended"])
def test_a_partner_whose_time_is_over_frames_nothing(client, visitor, state):
    assert who_may_frame(client.get(f"{FORM}?s={CODE}")) == LISTED

    visitor.change(
        lambda: partners.move(partner=partner_by_code(CODE), to=state, by="command", now=utc_now())
    )

    assert who_may_frame(client.get(f"{FORM}?s={CODE}")) == NOBODY


def test_any_site_frames_the_card_and_only_we_the_preview(client, visitor):
    for source in (CODE, *HOSTILE):
        assert who_may_frame(client.get(CARD, query_string={"s": source})) == ANYBODY
        assert who_may_frame(client.get(PREVIEW, query_string={"s": source})) == "'self'"


def test_what_becomes_of_a_form_may_be_framed_by_the_same_sites_alone(client, visitor):
    """Or a person whose form has a mistake would see nothing at all."""
    too_long = typed(name="x" * LONGEST_BODY_BYTES)
    for fields in (typed(name=""), typed(), {"nothing": "known"}, too_long, ready_form(client)):
        answer = client.post(f"{SIGN}?s={CODE}", data=fields)
        assert who_may_frame(answer) == LISTED, answer.status
        assert who_may_frame(client.post(f"{SIGN}?s=nobody", data=fields)) == NOBODY
    assert who_may_frame(client.get(f"/embed/nothing?s={CODE}")) == LISTED


def test_nothing_of_a_card_can_be_typed_or_sent(client, visitor):
    page = client.get(CARD).text

    assert not re.search(r"<(form|input|select|textarea|button)\b", page)


# -- What an address may choose ------------------------------------------------------------------------------


def test_a_frame_speaks_the_language_that_is_asked_for_or_its_partners(client, visitor):
    visitor.change(lambda: add_partner("arabic", language="ar"))

    assert '<html lang="ar"' in client.get(f"{FORM}?s={CODE}&lang=ar").text
    for asked in ("", "&lang=", "&lang=xx", "&lang=EN", "&lang=../en"):
        assert '<html lang="en"' in client.get(f"{FORM}?s={CODE}{asked}").text
        assert (
            '<html lang="ar"' in client.get(f"{FORM}?s=arabic{asked}", headers={"Accept-Language": "en"}).text
        )
        assert (
            '<html lang="ar"' in client.get(f"{CARD}?s=nobody{asked}", headers={"Accept-Language": "en"}).text
        )


def test_a_frame_keeps_its_look_from_page_to_page_and_takes_no_other(client, visitor):
    page = client.get(f"{FORM}?s={CODE}&theme=dark&accent=violet&lang=ar").text

    assert 'class="plain framed theme-dark accent-violet"' in page
    onward = f"{SIGN}?s={CODE}&amp;lang=ar&amp;theme=dark&amp;accent=violet"
    assert f'action="{onward}"' in page
    answer = client.post(onward.replace("&amp;", "&"), data=ready_form(client))
    assert answer.location == f"{INBOX}?s={CODE}&lang=ar&theme=dark&accent=violet"
    hostile = client.get(FORM, query_string={"s": CODE, "theme": '"><script>', "accent": "x" * 4_000}).text
    assert 'class="plain framed"' in hostile


def test_pages_that_are_kept_are_never_those_of_another_frame(client, visitor):
    asked = ("", "?lang=en", "?theme=dark", "?accent=ink", f"?s={CODE}", "?shared=1")

    pages = {query: client.get(FORM + query).text for query in asked}
    again = {query: client.get(FORM + query).text for query in asked}

    assert len(set(pages.values())) == len(asked)
    assert again == pages


def test_a_frame_says_whose_it_is_and_what_the_site_around_it_can_see(client, visitor):
    page = client.get(f"{FORM}?s={CODE}&lang=ar").text

    assert f"<bdi>Solidarity Society</bdi>: {LINE['ar']}" in page
    assert "Solidarity Society" not in client.get(FORM).text
    assert '<base target="_blank">' in page
    assert re.findall(r'<form [^>]*target="([^"]*)"', page) == ["_self"]
    assert 'target="_top"' in page  # the way out


# -- Signing in a frame ------------------------------------------------------------------------------------------


def test_who_signs_in_a_frame_is_counted_as_from_there(client, visitor, mail_dir):
    page = client.get(f"{FORM}?s={CODE}")
    assert f'name="source" value="{CODE}"' in page.text

    answer = client.post(f"{SIGN}?s={CODE}&lang=en", data=ready_form(client, source=CODE))
    assert (answer.status_code, answer.location) == (303, f"{INBOX}?s={CODE}&lang=en")
    assert "Check your inbox" in client.get(answer.location).text
    send_mail(client.application)
    assert confirm(client, newest_token(mail_dir)).status_code == 303

    with client.application.app_context():
        cell = db.session.scalars(select(TallyCell).filter_by(event="confirmed")).one()
        assert (cell.source, cell.path, cell.people) == (CODE, "embed", 1)


def test_a_form_goes_through_the_same_step_without_javascript(client, visitor):
    token = re.search(r'name="form_token" value="([^"]*)"', client.get(f"{FORM}?s={CODE}").text)[1]

    step = client.post(f"{SIGN}?s={CODE}", data=typed(form_token=token))

    assert "Check your details" in step.text
    assert f'action="{SIGN}?s={CODE}&amp;lang=en" target="_self"' in step.text
    assert '<header class="strip">' in step.text  # of the frame's layout, which has no menu and no footer
    assert "<footer" not in step.text


def test_the_site_around_a_frame_cannot_send_its_form(client, visitor):
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGINS[0]},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": ORIGINS[0]},
        {"Origin": "null"},
    ):
        answer = client.post(f"{SIGN}?s={CODE}", data=ready_form(client), headers=headers)
        assert answer.status_code == 403, headers
    with client.application.app_context():
        assert db.session.scalars(select(Pending)).all() == []


def test_a_forged_token_a_filled_honeypot_and_a_token_twice_get_what_they_get_on_our_own_page(
    client, visitor
):
    forged = client.post(f"{SIGN}?s={CODE}", data=ready_form(client) | {"form_token": "x"})
    trapped = client.post(f"{SIGN}?s={CODE}", data=ready_form(client, website="https://spam.example.org"))
    spent = ready_form(client)
    client.post(f"{SIGN}?s={CODE}", data=spent)
    used = client.post(f"{SIGN}?s={CODE}", data={**spent, "name": "Another Signer"})

    assert (forged.status_code, trapped.status_code, used.status_code) == (422, 303, 422)
    with client.application.app_context():
        assert len(db.session.scalars(select(Pending)).all()) == 1


def test_what_was_typed_comes_back_into_the_frame_while_the_database_is_away(client, visitor):
    client.get(f"{FORM}?s={CODE}")  # this process has known the partner

    def _away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", None, TimeoutError("away"))

    fields = ready_form(client, name="Kept Name")
    with visitor.monkeypatch.context() as patch:
        patch.setattr(frames, "active_partners", _away)
        patch.setattr(operations, "sign", _away)
        client.application.extensions[finished_pages.STORE].forget()
        answer = client.post(f"{SIGN}?s={CODE}", data=fields)

    assert answer.status_code == 503
    assert 'value="Kept Name"' in answer.text
    assert who_may_frame(answer) == LISTED
    assert f'action="{SIGN}?s={CODE}&amp;lang=en" target="_self"' in answer.text
