"""What an attacker may try on the pages of a signature, and what comes of it: each test was once an attack that worked."""

from io import BytesIO

import pytest

from campaign_app import server
from campaign_app.extensions import db
from campaign_app.petitions.queries import forget_kept
from tests.supporters import PAGE, sign_and_confirm

pytestmark = pytest.mark.usefixtures("context")

URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("decoy", ["shared=&shared=1", "s=x%26shared%3D1&shared=", "shared=%00&shared=1&s="])
def test_a_query_written_oddly_does_not_put_its_page_in_the_place_of_another(client, decoy):
    client.get(f"{PAGE}?{decoy}")

    page = client.get(f"{PAGE}?shared=1").text

    assert "does not let the browser fill in" in page


def test_of_a_source_given_twice_the_page_and_its_place_go_by_the_same_one(client):
    client.get(f"{PAGE}?s=qr&s=wa")

    assert 'value="wa"' in client.get(f"{PAGE}?s=wa").text


def test_a_page_asked_for_under_another_prefix_is_not_given_to_others(client):
    client.get(PAGE, environ_overrides={"SCRIPT_NAME": "//evil.example"})

    assert "evil.example" not in client.get(PAGE).text
    assert server.forwarder_headers == ""


class Trickle(BytesIO):
    """A body that notes whether a transaction is open while we wait for the rest of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.held_transactions: list[bool] = []

    def readinto(self, buffer: memoryview) -> int:
        self.held_transactions.append(db.session().in_transaction())
        return super().readinto(buffer)


def test_a_body_that_trickles_in_keeps_no_writer_waiting(client, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    for path in (f"{PAGE}/sign", f"{PAGE}/lost-link", f"{PAGE}/send-again", f"/en/my-signature/{token}/withdraw"):
        body = Trickle(b"nth=7")
        forget_kept()
        client.post(path, input_stream=body, content_type=URLENCODED, content_length=5)

        assert body.held_transactions
        assert not any(body.held_transactions), path
