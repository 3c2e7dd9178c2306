"""What we wrote is what arrives: subjects, names and addresses survive the wire."""

import traceback
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign_app.mail.troubles import DeliveryRefused
from campaign_app.mail.wire import MESSAGE_POLICY, as_sent, carried_address

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي ،.:abcXYZ019 "


def wire(subject, sender_name="Confirmation mail", to="signer@example.org"):
    message = EmailMessage(policy=MESSAGE_POLICY)
    message["From"] = Address(sender_name, addr_spec="post@example.org")
    message["To"] = to
    message["Subject"] = subject
    message.set_content("One line.")
    return as_sent(message)


@pytest.mark.parametrize("to", ["signer@example.org", "موقّع@example.org"])
@given(words=st.text(LETTERS, min_size=1, max_size=200))
@example(words="تذكير: يرجى تأكيد عنوان بريدك الإلكتروني")
def test_a_subject_of_any_length_arrives_letter_by_letter(to, words):
    subject = " ".join(words.split()) or "x"

    arrived = message_from_bytes(wire(subject, to=to), policy=policy.default)
    assert str(arrived["Subject"]) == subject


@given(words=st.text(LETTERS.replace(",", ""), min_size=1, max_size=80))
def test_a_senders_name_of_any_length_arrives_letter_by_letter(words):
    name = " ".join(words.split()) or "x"

    message = message_from_bytes(wire("Hello", sender_name=name))  # the newer parser misreads long names

    display_name, address = parseaddr(str(message["From"]))
    assert (str(make_header(decode_header(display_name))), address) == (name, "post@example.org")


def test_no_encoded_line_is_longer_than_the_standard_allows():
    long = wire("يرجى تأكيد عنوان بريدك الإلكتروني " * 5, sender_name="بريد التأكيد " * 5)

    assert max(len(line) for line in long.split(b"\r\n")) <= 78


def test_what_is_no_address_is_refused_without_being_repeated():
    typed = "موقّع@@example.org"

    with pytest.raises(DeliveryRefused) as caught:
        carried_address(typed)

    assert "@@" not in "".join(traceback.format_exception(caught.value))
