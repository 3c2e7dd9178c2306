"""A raw copy of a mail tells what happened to it on its way."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.mail.commands import expected_mail
from campaign_app.mail.messages import compose
from campaign_app.mail.received_copy import check_copy

PASSED = (
    "Authentication-Results: mx.example.net; dkim=pass (2048-bit key) header.d=example.org header.s=one;\r\n"
    " spf=pass smtp.mailfrom=post@example.org; dmarc=pass (p=REJECT) header.from=example.org\r\n"
)


@pytest.fixture
def check(mail_app):
    """Return a function that checks a copy and returns what it found, by what it is about."""
    expected = expected_mail()

    def run(raw):
        found = {}
        for finding in check_copy(raw.encode() if isinstance(raw, str) else raw, expected):
            found.setdefault(finding.about, []).append((finding.level, finding.says))
        return found

    return run


def sent(kind="operator-check", lang="en"):
    """Return a mail of ours as text with CRLF line ends, its bodies readable in it."""
    message = compose(
        kind=kind,
        parameters={
            "to": "operator@example.org",
            "language": lang,
            "token": "TOKEN-1",
            "title": "T",
            "name": "N",
        },
        expires_on=date(2026, 3, 12),
        now=datetime(2026, 3, 5, tzinfo=UTC),
    )
    for part in message.iter_parts():
        part.set_content(part.get_content(), subtype=part.get_content_subtype(), cte="8bit")
    return PASSED + message.as_bytes(policy=message.policy.clone(cte_type="8bit")).decode()


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("kind", ["operator-check", "confirm", "remind", "private-link"])
def test_a_mail_that_arrived_as_it_left_is_found_good(check, kind, lang):
    found = check(sent(kind, lang))

    assert {level for findings in found.values() for level, _ in findings} == {"good"}
    assert {"subject", "sender", "links", "pixel", "SPF", "DKIM", "DMARC"} <= set(found)


def test_a_test_mail_that_arrived_word_for_word_is_said_to_have(check):
    assert check(sent())["text"] == [("good", "every word of the test mail arrived as we sent it")]


def test_leading_blank_lines_of_a_paste_do_not_matter(check):
    assert check("\r\n\n  " + sent())["subject"][0][0] == "good"


def test_what_is_no_raw_mail_is_said_to_be_none(check):
    assert check("Please confirm your e-mail address") == {
        "copy": [("bad", "this is not a raw mail with its headers")]
    }


def test_a_rewritten_link_is_found_and_its_host_named(check):
    rewritten = sent().replace(
        'href="https://sign.example.org/en/confirm/TOKEN-1"',
        'href="https://click.relay.example.net/ls?u=https%3A%2F%2Fsign.example.org%2Fen%2Fconfirm%2FTOKEN-1"',
    )

    links = check(rewritten)["links"]

    [html] = [says for level, says in links if level == "bad"]
    assert [level for level, _ in links].count("good") == 1  # the text part was left alone
    assert "the HTML part leads to click.relay.example.net" in html
    assert "TOKEN" not in html


def test_a_link_rewritten_in_the_text_part_is_found_too(check):
    rewritten = sent().replace(
        "\r\nhttps://sign.example.org/en/confirm/TOKEN-1\r\n", "\r\nhttps://click.example.net/x\r\n"
    )

    assert any("the text part leads to click.example.net" in says for _, says in check(rewritten)["links"])


@pytest.mark.parametrize("addition", ["?utm_source=mail", "#x", "/", "&amp;id=1"])
def test_something_added_to_our_own_link_is_found(check, addition):
    changed = sent().replace('confirm/TOKEN-1"', f'confirm/TOKEN-1{addition}"')

    assert ("bad", "something was added to the link in the HTML part") in check(changed)["links"]


def test_two_parts_that_lead_to_different_pages_are_found(check):
    changed = sent().replace('confirm/TOKEN-1"', 'confirm/TOKEN-2"')

    assert ("bad", "the text and the HTML part lead to different pages") in check(changed)["links"]


def test_a_lookalike_of_our_address_is_not_ours(check):
    changed = sent().replace('href="https://sign.example.org/', 'href="https://sign.example.org.example.net/')

    assert any("leads to sign.example.org.example.net" in says for _, says in check(changed)["links"])


@pytest.mark.parametrize(
    ("pixel", "says"),
    [
        (
            '<img src="https://open.example.net/1.gif" width="1" height="1">',
            "an invisible picture from open.example.net",
        ),
        (
            '<img src="//open.example.net/1.gif" style="display: none">',
            "an invisible picture from open.example.net",
        ),
        ('<img src="cid:logo" width="200">', "something that loads (<img>, from the mail itself)"),
        ('<img srcset="https://open.example.net/1.gif 2x">', "something that loads (<img>"),
        ('<table background="https://open.example.net/b.png"></table>', "something that loads (<table>"),
        ('<p style="background:url(https://open.example.net/b.png)"></p>', "something that loads (<p>"),
        ("<style>p{background:url('https://open.example.net/b')}</style>", "something that loads (<style>"),
        ('<link rel="stylesheet" href="https://open.example.net/s.css">', "something that loads (<link>"),
        ('<iframe src="https://open.example.net"></iframe>', "something that loads (<iframe>"),
        ('<IMG SRC="HTTPS://open.example.net/1.gif" WIDTH=1>', "an invisible picture from open.example.net"),
    ],
)
def test_a_pixel_or_anything_else_that_loads_is_found(check, pixel, says):
    [(level, found)] = check(sent().replace("</body>", f"{pixel}</body>"))["pixel"]

    assert level == "bad"
    assert found.startswith(says)


def test_a_changed_subject_is_found_and_shown(check):
    changed = sent().replace("Subject: Test message", "Subject: [EXTERNAL] Test message")

    assert check(changed)["subject"] == [
        ("bad", "was changed on the way: it reads '[EXTERNAL] Test message'")
    ]


def test_a_changed_sender_is_found(check):
    other_domain = sent().replace("<post@example.org>", "<post@relay.example.net>")
    other_name = sent().replace("From: Confirmation mail", "From: Save the Detainees")

    assert check(other_domain)["sender"][0][0] == "bad"
    assert check(other_name)["sender"][0] == ("bad", "the name of the sender was changed")


def test_words_added_at_the_end_are_found_and_shown(check):
    changed = sent().replace("/en/privacy\r\n", "/en/privacy\r\n\r\nSent with Example Mailer\r\n", 1)

    assert check(changed)["text"] == [
        ("bad", "words were added or changed on the way: 'Sent with Example Mailer'")
    ]


def test_added_headers_and_a_replaced_message_id_are_found(check):
    changed = "List-Unsubscribe: <https://relay.example.net/u>\r\n" + sent().replace(
        "Message-ID: <", "X-Was: <"
    )
    changed = "Message-ID: <1@relay.example.net>\r\n" + changed

    found = check(changed)

    assert [level for level, _ in found["headers"]] == ["warning"]
    assert any("replaced our Message-ID" in says for _, says in found["sender"])


def test_an_added_part_is_found(check):
    raw = sent()
    boundary = raw.partition('boundary="')[2].partition('"')[0]
    part = f"--{boundary}\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlh\r\n"
    changed = raw.replace(f"--{boundary}--", f"{part}--{boundary}--")

    assert check(changed)["parts"] == [("bad", "a part that we did not send was added (image/gif)")]


def test_only_the_topmost_authentication_results_count(check):
    failed = "Authentication-Results: mx.example.com; spf=fail smtp.mailfrom=post@example.org; dkim=none\r\n"

    found = check(failed + sent())

    assert found["SPF"] == [("bad", "mx.example.com says fail")]
    assert found["DKIM"] == [("bad", "mx.example.com says none")]
    assert found["DMARC"] == [("warning", "mx.example.com says nothing about it")]


def test_a_signature_of_the_relays_own_domain_is_not_ours(check):
    changed = sent().replace("header.d=example.org", "header.d=relay.example.net")

    assert check(changed)["DKIM"] == [
        ("warning", "mx.example.net says pass, but for relay.example.net and not for our own")
    ]


def test_one_of_two_signatures_being_ours_is_enough(check):
    changed = sent().replace("dkim=pass", "dkim=pass header.d=relay.example.net; dkim=pass", 1)

    assert check(changed)["DKIM"] == [("good", "mx.example.net says pass")]


def test_without_authentication_results_nothing_is_claimed(check):
    assert check(sent().removeprefix(PASSED))["authentication"][0][0] == "unknown"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_copy_however_broken_ends_the_check(check, data):
    raw = sent().encode()
    at = data.draw(st.integers(0, len(raw)))
    junk = data.draw(
        st.binary(max_size=40) | st.sampled_from([b"\r\n\r\n", b'"<', b"<[x]>", b"=?utf-8?b?*?=", b"\0"])
    )

    check(raw[:at] + junk + raw[at + data.draw(st.integers(0, 30)) :])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300))
def test_any_bytes_at_all_are_answered(check, raw):
    check(b"From: " + raw + b"\nMessage-ID: " + raw + b"\nDate: x\nContent-Type: " + raw + b"\n\n" + raw)
