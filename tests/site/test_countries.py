"""The countries of a form: sent by the name that a person chose, in any language of pages, or by their code."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.languages import LANGUAGES, countries, country_code
from campaign_app.signing.models import Pending
from tests.every_page import OPEN, PERSON, Visitor

COUNTRIES = 249


@pytest.mark.usefixtures("context")
def test_no_name_stands_for_two_countries_and_each_arrives_as_a_browser_sends_it():
    for lang in LANGUAGES:
        for code, name in countries(lang):
            as_sent = re.sub(r"[ \t\n\f\r]+", " ", name).strip(
                " "
            )  # HTML: "strip and collapse ASCII whitespace"
            assert country_code(as_sent) == country_code(code) == code


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("typed", [None, "", "XX", "sy", " SY", "Syria ", "Atlantis", "سور", "x" * 10_000])
def test_what_is_neither_a_name_nor_a_code_is_no_country(typed):
    assert country_code(typed) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whoever_chose_a_country_by_name_is_stored_by_its_code_and_shown_it_again(
    app, client, mail_dir, monkeypatch, lang
):
    visitor = Visitor(client, mail_dir, lang, monkeypatch)
    form = visitor.get("petition", f"/petitions/{OPEN}").answer.text
    offered = [unescape(name) for name in re.findall(r"<option>([^<]+)", form)]
    name = {"ar": "سوريا", "en": "Syria"}[lang]

    again = visitor.post("mistake", f"/petitions/{OPEN}/sign", name="", email="x", country=name).answer.text
    visitor.sign(**{**PERSON, "country": name})

    assert len(offered) == COUNTRIES
    assert f'<option value="SY" selected>{name}' in again
    with app.app_context():
        assert db.session.scalars(select(Pending.country)).all() == ["SY"]
