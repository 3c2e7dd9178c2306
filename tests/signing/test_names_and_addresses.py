"""What may be typed as a name and an address, and what is refused at its field with the text kept.

The rows of safety.md's "Bad input" about text: the other rows are in tests/site/test_bad_input.py.
"""

from io import BytesIO

import html5lib
import pytest
from sqlalchemy import select

from campaign_app.clock import utc_now
from campaign_app.exports.opening import Opening, csv_of
from campaign_app.exports.operations import write_sealed_sheet
from campaign_app.exports.rules import header_of
from campaign_app.extensions import db
from campaign_app.sealing import tags
from campaign_app.sealing.keys import keyring
from campaign_app.signing.models import Pending, Signature
from tests.supporters import (
    PAGE,
    SIGN,
    confirm,
    document,
    mails,
    newest_token,
    ready_form,
    send_mail,
    sign,
    sign_and_confirm,
    stored,
    typed_again,
    words,
)

pytestmark = pytest.mark.usefixtures("context")

UNSUPPORTED = "unsupported characters"


def message_at(answer, field: str) -> str:
    """Return the words at a field that is wrong."""
    found = document(answer).find(f".//*[@id='{field}-error']")
    return "" if found is None else "".join(found.itertext())


def assert_refused_at(answer, field: str, message: str, **typed: str) -> None:
    """Hold an answer to: 422, the message at its field and in the summary, everything typed still there."""
    assert answer.status_code == 422
    assert message in message_at(answer, field)
    assert f'href="#{field}"' in answer.text
    assert document(answer).find(".//title").text.startswith("Error:")
    again = typed_again(answer)
    assert {name: again.get(name) for name in typed} == typed
    assert stored() == 0


# -- Addresses ------------------------------------------------------------------------------------------

MALFORMED = [
    "signer",
    "signer@",
    "@example.org",
    "signer@example",
    "signer@localhost",
    "signer@@example.org",
    "signer@example.org@example.net",
    "signer@example..org",
    "signer@-example.org",
    "signer@example.org-",
    ".signer@example.org",
    "signer.@example.org",
    "sig..ner@example.org",
    "sig ner@example.org",
    "signer@exam ple.org",
    "signer@[192.0.2.1]",
    '"signer"@example.org',
    "Test Signer <signer@example.org>",
    "signer@example.org, other@example.org",
    "signer@example.org;other@example.org",
    "mailto:signer@example.org?cc=x",
    f"signer@{'a' * 64}.org",
    f"signer@{'.'.join(['a' * 60] * 5)}.org",
]


def test_a_missing_address_is_asked_for_and_the_rest_is_kept(client):
    for blank in ("", "   "):
        answer = sign(client, email=blank)

        assert_refused_at(answer, "email", "Enter your e-mail address", name="Test Signer")


@pytest.mark.parametrize("email", MALFORMED)
def test_a_malformed_address_is_refused_at_its_field_with_the_text_kept(client, email):
    answer = sign(client, email=email)

    assert_refused_at(answer, "email", "correct form, like name@example.com", email=email, name="Test Signer")


@pytest.mark.parametrize(
    ("email", "canonical"),
    [
        ("signer+petition@example.org", "signer@example.org"),
        ("SIGNER@EXAMPLE.ORG", "signer@example.org"),
        ("ｓｉｇｎｅｒ＠ｅｘａｍｐｌｅ．ｏｒｇ", "signer@example.org"),
        ("موقع@example.org", "موقع@example.org"),
        ("signer@مثال.example.org", "signer@xn--mgbh0fb.example.org"),
        ("signer@xn--mgbh0fb.example.org", "signer@xn--mgbh0fb.example.org"),
        ("signer@BÜCHER.example.org", "signer@xn--bcher-kva.example.org"),
        ("ｓｉｇｎｅｒ＋ｔａｇ@example.org", "signer@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_an_unusual_address_is_accepted_and_folded_for_the_tag(client, petition, email, canonical):
    answer = sign(client, email=email)

    assert answer.status_code == 303
    key = tags.petition_tag_key(petition.id, session=db.session)
    assert db.session.scalars(select(Pending.tag)).one() == tags.tag(key, canonical)


def test_a_local_part_over_64_characters_is_refused_with_the_limit(client):
    email = f"{'a' * 65}@example.org"

    assert_refused_at(sign(client, email=email), "email", "64 characters", email=email)


# -- Names ----------------------------------------------------------------------------------------------

UNSEEN = {
    "carriage return and line feed": "Test\r\nBcc: Signer",
    "line feed": "Test\nSigner",
    "line feed at the end": "Test Signer\n",
    "tabulator": "Test\tSigner",
    "NUL": "Test\0Signer",
    "escape": "Test \x1b[31mSigner",
    "delete": "Test\x7fSigner",
    "next line": "Test\x85Signer",
    "line separator": "Test\u2028Signer",
    "paragraph separator": "Test\u2029Signer",
    "right-to-left override": "Test \u202eringiS",
    "left-to-right isolate": "Test \u2066Signer\u2069",
    "right-to-left mark": "Test\u200fSigner",
    "Arabic letter mark": "Test\u061cSigner",
    "zero-width space": "Te\u200bst Signer",
    "word joiner": "Te\u2060st Signer",
    "byte order mark": "\ufeffTest Signer",
    "soft hyphen": "Te\u00adst Signer",
    "combining grapheme joiner": "Te\u034fst Signer",
    "nothing but a Hangul filler": "\u3164\u3164",
    "Braille blank": "Test\u2800Signer",
    "tag characters": "Test Signer\U000e0041\U000e0042",
    "zero-width joiner between words": "Test \u200dSigner",
    "many joiners": "Te\u200d\u200d\u200dst",
    "non-character": "Test\uffffSigner",
    "replacement character": "Test\ufffdSigner",
}


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_a_name_with_controls_or_invisible_characters_is_refused(client, name):
    answer = sign(client, name=name)

    assert_refused_at(answer, "name", UNSUPPORTED, email="signer@example.org")
    offered = typed_again(answer)["name"]
    assert set(offered) <= set(name) | {" "}
    assert sign(client, name=offered).status_code == (303 if offered else 422)


@pytest.mark.parametrize(
    "email",
    [
        "signer@example.org\r\nBcc: x@example.org",
        "sig\0ner@example.org",
        "signer\u202e@example.org",
        "si\u200bgner@example.org",
    ],
)
def test_an_address_with_controls_or_invisible_characters_is_refused(client, email):
    assert_refused_at(sign(client, email=email), "email", UNSUPPORTED, name="Test Signer")


@pytest.mark.parametrize(
    "name",
    [
        "موقّعة تجريبيّة",
        "می\u200cخواهم آزمون",  # the non-joiner that Persian needs
        "ශ්\u200dරී ආ",  # the joiner that Sinhala needs, after a mark
        "O’Brien-Test",
        "Ｔｅｓｔ Ｓｉｇｎｅｒ",
        "测试",
        "Tëst Sïgner",
        "Te\u0301st",
        "Test Signer 3rd",
        "T.",
        "=Test Signer",
        "+Test",
        "-Test",
        "@Test",
        "a" * 100,
    ],
)
def test_a_name_of_any_script_is_accepted(client, name):
    assert sign(client, name=name).status_code == 303


def test_spaces_around_and_between_the_words_of_a_name_do_not_count(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir, name="  Test \u00a0  Signer ", show_name="y")

    assert db.session.scalars(select(Signature.public_name)).one() == "Test Signer"


@pytest.mark.parametrize("name", ["", "   ", "\u00a0"])
def test_a_name_left_empty_is_asked_for(client, name):
    assert_refused_at(sign(client, name=name), "name", "Enter your full name", email="signer@example.org")


@pytest.mark.parametrize("name", ["12345", "!!!", "…"])
def test_a_name_without_a_letter_is_asked_for(client, name):
    said = "Enter the full name, in letters"
    assert_refused_at(sign(client, name=name), "name", said, email="signer@example.org")


def test_a_name_over_a_hundred_characters_is_refused_with_the_limit(client):
    assert_refused_at(sign(client, name="a" * 101), "name", "100 characters", name="a" * 101)


@pytest.mark.parametrize(
    "name",
    [
        "https://example.org",
        "http://x",
        "ftp://example.org Test",
        "www.example.org",
        "Test example.com",
        "Buy at EXAMPLE.NET now",
        "t.me/test",
        "bit.ly/test",
        "Win at example.app",
        "Test example.museum/x",
        "Test example．com",
    ],
)
def test_a_web_address_in_a_name_is_refused(client, name):
    assert_refused_at(sign(client, name=name), "name", "must not contain a web address", name=name)


@pytest.mark.parametrize("country", ["", "XX", "de", "DEU", "ZZ", "EU", "D\0", "🇩🇪"])
def test_a_country_outside_the_list_is_refused(client, country):
    assert_refused_at(sign(client, country=country), "country", "Choose the country", name="Test Signer")


MARKUP = [
    "<b>Test</b> <script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} {% raw %} Test",
    "%(name)s {0} %s Test",
    "**Test** [a](b) `c`",
    '#strong[Test] #import "x"',
    "=1+1 Test",
    "@SUM(1) Test",
    "<w:p>Test</w:p> &amp; &lt;",
    "\\LaTeX{} $Test$",
]


@pytest.mark.parametrize("name", MARKUP)
def test_markup_in_a_name_is_text_on_every_page_and_in_the_mail(client, petition, mail_dir, name):
    checked = client.post(SIGN, data={**ready_form(client, name=name, show_name="y"), "check_token": ""})
    sign(client, name=name, show_name="y")
    send_mail(client.application)
    token = newest_token(mail_dir)
    asked = client.get(f"/en/confirm/{token}")
    confirm(client, token)
    private = client.get(f"/en/my-signature/{token}")
    client.application.extensions["nidaa_finished_pages"].forget()
    public = client.get(PAGE)

    for page in (checked, asked, private, public):
        assert name in words(page)
        assert not [tag for tag in ("<b>Test", "<script>al", "<img src=x", "<w:p>") if tag in page.text]
    assert typed_again(checked)["name"] == name
    message = mails(mail_dir)[-1]
    assert name in message.get_body(("plain",)).get_content()
    html = html5lib.parse(message.get_body(("html",)).get_content(), namespaceHTMLElements=False)
    assert name in " ".join("".join(html.itertext()).split())


@pytest.mark.parametrize("name", ["=1+1 Test", "+1 Test", "-1 Test", "@SUM(1) Test"])
def test_a_name_that_looks_like_a_formula_is_inert_in_the_opened_sheet(client, petition, mail_dir, name):
    sign_and_confirm(client, mail_dir, name=name)
    sheet = BytesIO()
    write_sealed_sheet(
        petition_id=petition.id,
        kind="delivery",
        purpose="a test",
        release="two-people",
        out=sheet,
        now=utc_now(),
    )
    head, *lines = sheet.getvalue().decode().splitlines()

    opening = Opening(header_of(head))
    rows = list(csv_of(lines, opening=opening, secret=keyring().demo_secrets[0]))

    assert opening.is_whole
    assert f"'{name}" in rows[1]
    assert not [cell for cell in rows[1].split(",") if cell.strip('"')[:1] in tuple("=+-@")]
