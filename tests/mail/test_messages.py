"""What a mail says, and what its envelope keeps to itself."""

import re
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser

import html5lib
import pytest

from campaign_app.campaign import campaign
from campaign_app.languages import LANGUAGES
from campaign_app.mail import rules
from campaign_app.mail.messages import compose, sender_name, subject, unsubscribe_headers
from campaign_app.mail.preview import inbox_lines
from campaign_app.mail.troubles import DeliveryRefused

NOW = datetime(2026, 3, 5, 12, 20, 30, tzinfo=UTC)
LAST_DAY = date(2026, 3, 12)
# An update says what an organiser wrote: tests/updates holds it to these promises.
SENT_KINDS = [kind for kind in rules.KINDS if kind not in (rules.RESEND, *rules.WRITTEN_ABOVE)]
TITLE = "Reveal the fate of the disappeared"
HOST = "https://sign.example.org"
every_mail = pytest.mark.parametrize("kind", SENT_KINDS)
every_language = pytest.mark.parametrize("lang", list(LANGUAGES))


def mail(kind="confirm", lang="en", **changes):
    parameters = {
        "to": "signer@example.org",
        "language": lang,
        "token": "token-1",
        "title": TITLE,
        "name": "Test Signer",
    }
    return compose(kind=kind, parameters=parameters | changes, expires_on=LAST_DAY, now=NOW)


def link_of(kind, lang):
    if kind == rules.APPROVAL_NOTICE:
        return f"{HOST}/desk/approvals/"
    place = "desk/invitation" if kind == rules.INVITATION else f"{lang}/confirm"
    return f"{HOST}/{place}/token-1"


def as_received(message):
    return message_from_bytes(message.as_bytes(), policy=policy.default)


def text_of(message):
    return as_received(message).get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(message):
    return as_received(message).get_body(("html",)).get_content()


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.seen = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def named(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


# -- What a stranger sees on a lock screen --


@every_mail
@every_language
def test_sender_and_subject_say_nothing_about_the_campaign(mail_app, kind, lang):
    message = mail(kind, lang)

    outside = f"{message['Subject']} {message['From']}".lower()
    heart = campaign()
    telling = [*heart.name(lang).split(), *heart.short_name(lang).split(), TITLE]
    telling += ["petition", "sign", "syria", "detain", "disappear", "عريضة", "توقيع", "سوريا", "معتقل"]
    telling = [word.lower() for word in telling if len(word) > 3]
    assert [word for word in telling if word in outside] == []


@every_mail
@every_language
def test_the_first_lines_say_nothing_about_the_campaign_either(mail_app, kind, lang):
    first_lines = text_of(mail(kind, lang))[:200]

    assert TITLE not in first_lines
    assert campaign().name(lang) not in first_lines


@every_mail
@every_language
def test_every_subject_arrives_letter_by_letter(mail_app, kind, lang):
    assert str(as_received(mail(kind, lang))["Subject"]) == subject(kind, lang)


@every_language
def test_the_inbox_page_announces_exactly_what_arrives(mail_app, lang):
    announced = inbox_lines(lang)

    arrived = as_received(mail("confirm", lang))
    assert announced.sender == arrived["From"].addresses[0].display_name
    assert announced.subject == arrived["Subject"]


@every_language
def test_only_what_is_to_be_confirmed_comes_from_the_mail_of_confirmations(mail_app, lang):
    usual = campaign().details["mail_sender"][lang]

    for kind in ("confirm", "remind", "private-link", "operator-check"):
        assert sender_name(kind, lang) == usual
    for kind in ("invitation", "approval-notice", "update"):
        assert (
            sender_name(kind, lang) == campaign().text(f"mail_sender_{kind.replace('-', '_')}", lang) != usual
        )


# -- What it says inside --


@every_mail
@every_language
def test_the_link_stands_alone_on_a_line_of_the_text(mail_app, kind, lang):
    lines = text_of(mail(kind, lang)).splitlines()

    position = lines.index(link_of(kind, lang))
    assert (lines[position - 1], lines[position + 1]) == ("", "")


@pytest.mark.parametrize("kind", [rules.CONFIRM, rules.REMIND])
@pytest.mark.parametrize("part", [text_of, html_of])
def test_a_confirmation_says_what_was_signed_who_asked_and_what_comes_of_doing_nothing(mail_app, kind, part):
    words = part(mail(kind))

    for said in (
        TITLE,
        "Test Signer",
        campaign().name("en"),
        "until the end of 12 March 2026",
        "what was entered is deleted and nothing is counted",
        "Without this step your signature is not counted",
        "do nothing",
        "can read your address, the subject and this text",
    ):
        assert said in words


def test_a_first_mail_announces_one_reminder_and_a_reminder_announces_none(mail_app):
    assert "One reminder follows" in text_of(mail("confirm"))
    assert "We send no further reminder" in text_of(mail("remind"))


def test_a_mail_with_a_private_link_does_not_say_whether_anyone_signed(mail_app):
    words = text_of(mail("private-link", name=""))

    assert "If nobody has signed with this e-mail address, the page says so" in words
    assert "Name entered" not in words


def test_what_a_signer_typed_is_text_and_nothing_else(mail_app):
    typed = "<b>Eve</b> {{ 7*7 }} %(link)s & co"

    message = mail(name=typed, title="1 < 2")

    assert typed in text_of(message)
    assert "&lt;b&gt;Eve&lt;/b&gt; {{ 7*7 }} %(link)s &amp; co" in html_of(message)
    assert "1 &lt; 2" in html_of(message)


def test_line_breaks_in_what_was_typed_stay_on_its_line(mail_app):
    words = text_of(mail(name="Test\r\n\r\nhttps://elsewhere.example"))

    assert "\nTest https://elsewhere.example\n" in words


def test_no_empty_lines_pile_up_in_the_text(mail_app):
    for kind in SENT_KINDS:
        assert "\n\n\n" not in text_of(mail(kind))


# -- The HTML part --


@every_mail
@every_language
def test_nothing_remote_is_loaded_and_nothing_counts_readers(mail_app, kind, lang):
    html = html_of(mail(kind, lang))

    tags = Tags(html)
    assert {name for name, _ in tags.seen} <= set(
        ["html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "a", "bdi"]
    ) | {"tbody"}
    assert not re.search(r"url\(|src=|@import|background=", html)
    assert {a["href"] for a in tags.named("a")} == {
        link_of(kind, lang),
        f"https://sign.example.org/{lang}/privacy",
    }


@every_mail
@every_language
def test_the_html_is_whole_and_reads_in_its_direction(mail_app, kind, lang):
    html = html_of(mail(kind, lang))

    html5lib.HTMLParser(strict=True).parse(html)
    tags = Tags(html)
    direction = LANGUAGES[lang].direction
    outer, inner = tags.named("html")[0], tags.named("div")[0]
    assert (outer["lang"], outer["dir"]) == (inner["lang"], inner["dir"]) == (lang, direction)
    assert len(tags.named("h1")) == 1
    assert {table["role"] for table in tags.named("table")} == {"presentation"}


@every_language
def test_the_button_is_a_plain_link_that_a_finger_hits(mail_app, lang):
    button = next(
        a for a in Tags(html_of(mail("confirm", lang))).named("a") if a.get("class") == "button-text"
    )

    assert button["href"] == link_of("confirm", lang)
    height = 2 * int(re.search(r"padding: (\d+)px", button["style"])[1]) + int(
        re.search(r"line-height: (\d+)px", button["style"])[1]
    )
    assert height >= 44


def test_dark_mode_is_offered_and_not_forced(mail_app):
    html = html_of(mail())

    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html


# -- The envelope --


@every_mail
@every_language
def test_the_headers_are_those_of_a_machine_that_minds_its_manners(mail_app, kind, lang):
    message = as_received(mail(kind, lang))

    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == lang
    assert message["From"].addresses[0].addr_spec == "post@example.org"
    assert message["To"] == "signer@example.org"
    assert re.fullmatch(r"<[0-9a-f]{40}@example\.org>", message["Message-ID"])
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for absent in ("X-Mailer", "User-Agent", "List-Unsubscribe", "Received", "Reply-To"):
        assert message[absent] is None


def test_a_mail_that_is_tried_again_keeps_its_id_and_another_has_another(mail_app):
    first, again = mail(), mail()
    others = [mail("remind"), mail(token="token-2")]

    assert first["Message-ID"] == again["Message-ID"]
    assert len({message["Message-ID"] for message in [first, *others]}) == 3
    assert "token" not in first["Message-ID"]


@every_language
def test_every_byte_on_the_wire_is_ascii_and_no_line_is_long(mail_app, lang):
    wire = mail("confirm", lang, name="موقّعة للتجربة").as_bytes()

    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")


def test_an_impossible_address_is_refused(mail_app):
    with pytest.raises(DeliveryRefused):
        mail(to="موقّع@@example.org")


# -- One-click unsubscribe, for mailings --


def test_a_mailing_can_be_left_with_one_click():
    headers = unsubscribe_headers("https://sign.example.org/en/unsubscribe/token-1")

    assert headers == {
        "List-Unsubscribe": "<https://sign.example.org/en/unsubscribe/token-1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://sign.example.org/x",
        "https://",
        "https://a b",
        "https://a>b",
        "https://a\r\nBcc: b",
        "mailto:a@b",
    ],
)
def test_an_address_that_mail_programs_would_not_call_is_refused(url):
    with pytest.raises(ValueError, match="https"):
        unsubscribe_headers(url)
