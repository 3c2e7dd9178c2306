"""What templates work out once says the same each time, and keeps no secret."""

import pytest
from flask import render_template_string, url_for

from campaign_app.languages import LANGUAGES

SIGN = "{{ url_for('signing.sign', slug='lists-and-graves') }}"
CONFIRM = "{{ url_for('signing.confirm_now', token=token) }}"
PLACEHOLDER = (
    '{% trans address=address %}Did you mean <bdi dir="ltr">{{ address }}</bdi>? '
    "If your address is right as it is, leave it.{% endtrans %}"
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_is_the_one_of_the_reader_s_language_each_time(app, lang):
    with app.test_request_context(f"/{lang}/privacy"):
        app.preprocess_request()

        first, second = render_template_string(SIGN), render_template_string(SIGN)

        assert first == second == url_for("signing.sign", lang=lang, slug="lists-and-graves")


def test_a_link_keeps_to_the_place_where_the_application_is_mounted(app):
    links = []
    for root in ("", "/mounted"):
        with app.test_request_context("/en/privacy", environ_overrides={"SCRIPT_NAME": root}):
            app.preprocess_request()
            links.append(render_template_string(SIGN))

    assert links == ["/en/petitions/lists-and-graves/sign", "/mounted/en/petitions/lists-and-graves/sign"]


def test_a_link_that_is_a_secret_is_not_remembered(app):
    with app.test_request_context("/en/privacy"):
        app.preprocess_request()
        known = app.jinja_env.globals["url_for"].__closure__
        before = [
            cell.cell_contents.cache_info() for cell in known if hasattr(cell.cell_contents, "cache_info")
        ]

        page = render_template_string(CONFIRM, token="t" * 32)

        after = [
            cell.cell_contents.cache_info() for cell in known if hasattr(cell.cell_contents, "cache_info")
        ]
    assert page == "/en/confirm/" + "t" * 32
    assert len(before) == 1
    assert before == after


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_put_into_a_sentence_is_escaped_on_a_page_each_time(app, lang):
    with app.test_request_context(f"/{lang}/privacy"):
        app.preprocess_request()
        for _ in range(2):
            page = render_template_string(PLACEHOLDER, address="<b>&")

            assert "&lt;b&gt;&amp;</bdi>" in page
            assert '<bdi dir="ltr">' in page


def test_what_is_put_into_a_sentence_of_a_plain_text_stays_as_it_is(app):
    with app.test_request_context("/en/privacy"):
        app.preprocess_request()
        text = app.jinja_env.overlay(autoescape=False).from_string(PLACEHOLDER).render(address="<b>&")

    assert "<b>&</bdi>" in text


def test_a_percent_sign_is_said_once(app):
    with app.test_request_context("/en/privacy"):
        app.preprocess_request()

        assert render_template_string("{% trans %}100 %{% endtrans %}") == "100 %"
