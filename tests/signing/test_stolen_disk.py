"""A stolen disk without the key file cannot test an address (safety goal 2).

The thief knows our source, every byte of the database and its journal, and ten thousand addresses among which
are all signers. Whatever can be read is tried as a key.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from campaign_app.config import settings
from campaign_app.extensions import db
from campaign_app.sealing import tags
from campaign_app.sealing.models import PetitionKey
from campaign_app.signing.rules import folded_name
from tests.supporters import confirm, link_in, mails, send_mail, sign

SIGNERS = [(f"Signer {number}", f"signer{number}@example.org") for number in range(24)]
CANDIDATES = [f"candidate{number}@example.org" for number in range(10_000 - len(SIGNERS))]
LONG_ENOUGH_FOR_A_KEY = 16
WINDOW = 8  # bytes of a digest that are looked for: a million digests in a megabyte meet by chance once in 10^7 runs


@pytest.fixture
def signed(client, petition, mail_dir):
    """Let everybody sign; half of them confirm, one of those withdraws."""
    for name, email in SIGNERS:
        assert sign(client, name=name, email=email).status_code == 303
    send_mail(client.application)
    tokens = [link_in(message) for message in mails(mail_dir)]
    for token in tokens[: len(tokens) // 2]:
        confirm(client, token)
    client.post(f"/en/my-signature/{tokens[0]}/withdraw", data={"nth": "0"})
    return petition


def stored_values() -> Iterator[bytes]:
    """Yield every value of every column of every table."""
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            for value in row:
                if value is not None:
                    yield value if isinstance(value, bytes) else str(value).encode()
    db.session.rollback()


def stolen_files() -> Iterator[bytes]:
    """Yield the bytes of the database's own files, where they are files, and of what lies beside them."""
    home: Path = settings().home
    for path in home.iterdir():
        if path.is_file():
            yield path.read_bytes()


def windows(stolen: Iterable[bytes]) -> set[int]:
    """Return every run of eight bytes that was stolen, as a number."""
    everything = b"\0".join(stolen)
    found: set[int] = set()
    for start in range(WINDOW):
        whole = (len(everything) - start) // WINDOW * WINDOW
        found.update(memoryview(everything)[start : start + whole].cast("Q"))
    return found


def is_among(digest: bytes, stolen: set[int]) -> bool:
    """Whether a digest, by its first bytes, is anywhere in what was stolen."""
    return int.from_bytes(digest[:WINDOW], "little") in stolen


def unkeyed(email: str) -> Iterator[bytes]:
    """Yield what a careless program would have stored of an address."""
    for text in (email, email.upper(), f"mailto:{email}"):
        for algorithm in ("sha256", "sha1", "md5", "sha512", "blake2b"):
            yield hashlib.new(algorithm, text.encode()).digest()


def keyed(key: bytes, email: str, name: str) -> Iterator[bytes]:
    """Yield what our own source, or a likely variation of it, makes of an address under a key."""
    yield tags.tag(key, email)
    yield tags.person_tag(key, email, folded_name(name))
    yield hmac.digest(key, email.encode(), "sha256")
    yield hashlib.sha256(key + email.encode()).digest()
    yield hashlib.sha256(email.encode() + key).digest()


def typed_form(name: str, email: str) -> bytes:
    """Return a form as its double submit is recognised, written out here as a thief would."""
    return json.dumps(["name", name, "email", email, "country", "DE"], separators=(",", ":")).encode()


def readable_keys() -> list[bytes]:
    """Return what the database shows of a petition's key, whole and in pieces, and other things it might be."""
    rows = db.session.query(PetitionKey).all()
    cuts = (slice(None), slice(12), slice(12, None), slice(12, 44), slice(-32, None), slice(-16, None))
    pieces = [row.wrapped[cut] for row in rows for cut in cuts]
    named = [text.encode() for row in rows for text in (row.master_id, str(row.petition_id))]
    db.session.rollback()
    return [*pieces, *named, b"", b"lists-and-graves", bytes(32)]


def test_no_candidate_is_found_in_a_stolen_database(signed):
    stolen = windows([*stored_values(), *stolen_files()])
    keys = readable_keys()

    found = [
        email
        for email in [*(email for _, email in SIGNERS), *CANDIDATES]
        if any(is_among(digest, stolen) for digest in unkeyed(email))
        or any(is_among(tags.tag(key, email), stolen) for key in keys)
    ]

    assert found == []


def test_no_signer_is_found_by_trying_every_stored_value_as_a_key(signed):
    values = {value for value in stored_values() if len(value) >= LONG_ENOUGH_FOR_A_KEY}
    stolen = windows([*stored_values(), *stolen_files()])

    found = [
        (email, key)
        for name, email in SIGNERS
        for key in [*values, *readable_keys()]
        for digest in [
            *keyed(key, email, name),
            hmac.digest(key, typed_form(name, email), "sha256"),
        ]
        if is_among(digest, stolen)
    ]

    assert found == []


def test_with_the_key_file_every_signer_is_found_and_nobody_else(signed):
    """The search would find what is there, and what the key file protects is said plainly."""
    stolen = windows([*stored_values(), *stolen_files()])
    key = tags.petition_tag_key(signed.id, session=db.session)
    db.session.rollback()

    found = [
        email
        for email in [*(email for _, email in SIGNERS), *CANDIDATES]
        if is_among(tags.tag(key, email), stolen)
    ]

    assert found == [email for _, email in SIGNERS]


def test_no_stored_or_shipped_file_holds_the_key_itself(signed):
    key = tags.petition_tag_key(signed.id, session=db.session)
    db.session.rollback()

    assert not [stolen for stolen in [*stored_values(), *stolen_files()] if key in stolen]
