"""The private page says what it did, and about whom."""

import pytest

from tests.supporters import PAGE, document, newest_token, ready_form, send_mail, sign_and_confirm, words

MAILBOX = "signer@example.org"
SAID = {
    "hidden": "The name is hidden.",
    "shown": "The name is shown.",
    "stopped": "The e-mails are stopped.",
    "withdrawn": "The signature is withdrawn. If you wish to come back, sign on the petition's page.",
    "erased": "The signature is erased.",
    "added": "The person is added and counted.",
}
CHANGES = {
    "hidden": ("name", {"nth": "0"}),
    "shown": ("name", {"nth": "1", "name": "Second Person", "email": MAILBOX}),
    "stopped": ("updates", {"nth": "0"}),
    "withdrawn": ("withdraw", {"nth": "0"}),
    "erased": ("erase", {"nth": "0"}),
    "added": ("people", {"name": "Third Person", "email": MAILBOX, "country": "LB", "asked_me": "y"}),
}


@pytest.fixture
def mine(client, mail_dir):
    """The private page of two people, of whom the first shows a name and asked for news."""
    token = sign_and_confirm(client, mail_dir, show_name="y", wants_updates="y")
    sign_and_confirm(client, mail_dir, name="Second Person")
    return f"/en/my-signature/{token}"


def status(answer):
    """Return what the page tells whoever just pressed a button."""
    return ["".join(box.itertext()).strip() for box in document(answer).iterfind(".//div[@role='status']")]


def people_on(answer):
    return [heading.text for heading in document(answer).iterfind(".//section/h2")]


@pytest.mark.parametrize("done", CHANGES)
def test_every_change_says_what_it_did(client, mine, done):
    step, fields = CHANGES[done]

    changed = client.post(f"{mine}/{step}", data=fields)

    assert (changed.status_code, changed.location) == (303, f"{mine}?done={done}")
    assert status(client.get(changed.location)) == [SAID[done]]


def test_a_person_keeps_their_number_when_another_is_erased(client, mine):
    erased = client.post(f"{mine}/erase", data={"nth": "0"})

    page = client.get(erased.location)

    assert people_on(page) == ["Person 2, name sealed"]


def test_erasing_the_same_person_twice_erases_nobody_else(client, mine):
    for _ in range(2):
        erased = client.post(f"{mine}/erase", data={"nth": "0"})

    page = client.get(erased.location)

    assert status(page) == [SAID["erased"]]
    assert people_on(page) == ["Person 2, name sealed"]


def test_the_name_of_someone_who_withdrew_is_not_called_sealed(client, mine):
    withdrawn = client.post(f"{mine}/withdraw", data={"nth": "1"})

    page = client.get(withdrawn.location)

    assert people_on(page)[1] == "Person 2, name deleted"


@pytest.mark.parametrize("word", ["", "unknown", "<b>", "erased%00", "ERASED"])
def test_a_word_of_somebody_else_says_nothing(client, mine, word):
    page = client.get(f"{mine}?done={word}")

    assert status(page) == []
    assert not document(page).findall(".//div[@role='alert']")


def test_a_link_that_was_asked_for_again_opens_without_speaking_of_a_repeat(client, mine, mail_dir):
    form = ready_form(client)
    client.post(
        f"{PAGE}/lost-link", data={name: form[name] for name in ("email", "form_token", "check_token")}
    )
    send_mail(client.application)

    opened = client.post(f"/en/confirm/{newest_token(mail_dir)}")

    assert "?" not in opened.location


def test_what_is_wrong_with_an_added_person_is_said_of_that_person(client, mine):
    answer = client.post(f"{mine}/people", data={"asked_me": "y"})

    said = words(answer)
    assert answer.status_code == 422
    for sentence in (
        "Enter the person's full name",
        "Enter the address of this mailbox",
        "Choose the country where the person lives",
    ):
        assert said.count(sentence) == 2  # in the summary and at the field
    assert "you live" not in said
