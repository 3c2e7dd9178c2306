"""A sealed backup opens whole and unchanged with its own key, or it does not open."""

from io import BytesIO
from pathlib import Path

import pytest

from campaign_app.backup.envelope import CHUNK_BYTES, HEAD_BYTES, TAG_BYTES, Sealer, opened
from campaign_app.backup.keys import new_secret_key, public_key, secret_key
from campaign_app.backup.problems import NotABackup, NotABackupKey, SealedToAnotherKey

GOLDEN = Path(__file__).parent / "golden"
PIECE = CHUNK_BYTES + TAG_BYTES
SECRET = new_secret_key()


def sealed(content: bytes) -> bytes:
    out = BytesIO()
    sealer = Sealer(out, SECRET.public)
    for start in range(0, len(content), 1_000):
        sealer.write(content[start : start + 1_000])
    sealer.finish()
    return out.getvalue()


def read(content: bytes, secret=SECRET) -> bytes:
    return b"".join(opened(BytesIO(content), secret))


def text(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_was_sealed_is_what_opens(size):
    assert read(sealed(text(size))) == text(size)


@pytest.mark.parametrize(
    "size",
    [0, 3, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1, HEAD_BYTES + PIECE, HEAD_BYTES + 2 * PIECE, -1],
)
def test_a_file_that_is_cut_short_does_not_open(size):
    whole = sealed(text(2 * CHUNK_BYTES + 9))

    with pytest.raises(NotABackup):
        read(whole[:size])


def test_a_cut_between_two_pieces_is_called_what_it_is():
    with pytest.raises(NotABackup, match="its end is missing"):
        read(sealed(text(2 * CHUNK_BYTES + 9))[: HEAD_BYTES + PIECE])


@pytest.mark.parametrize("place", [0, 3, 12, 60, HEAD_BYTES, HEAD_BYTES + PIECE, -1])
def test_a_changed_bit_anywhere_is_found(place):
    changed = bytearray(sealed(text(2 * CHUNK_BYTES)))
    changed[place] ^= 1

    with pytest.raises((NotABackup, SealedToAnotherKey) if place == 12 else NotABackup):
        read(bytes(changed))


def test_pieces_that_changed_places_or_were_added_are_found():
    whole = sealed(text(3 * CHUNK_BYTES))
    head, first, second, third = (
        whole[:HEAD_BYTES],
        *(whole[HEAD_BYTES + PIECE * number : HEAD_BYTES + PIECE * (number + 1)] for number in range(3)),
    )

    assert read(head + first + second + third) == text(3 * CHUNK_BYTES)
    for pieces in (
        (second, first, third),
        (first, third),
        (first, first, second, third),
        (first, second, third, b"x"),
    ):
        with pytest.raises(NotABackup):
            read(head + b"".join(pieces))


def test_another_key_opens_nothing_and_both_are_named():
    other = new_secret_key()

    with pytest.raises(
        SealedToAnotherKey, match=f"{SECRET.public.id.hex()}; yours is {other.public.id.hex()}"
    ):
        read(sealed(b"rows"), other)


def test_the_key_lines_can_be_typed():
    assert secret_key(f" {SECRET.line[:40].lower()}\n {SECRET.line[40:].lower()} ") == SECRET
    assert public_key(SECRET.public.line) == SECRET.public


def test_a_mistyped_line_and_the_wrong_half_are_told_apart():
    wrong = SECRET.line[:30] + ("0" if SECRET.line[30] != "0" else "1") + SECRET.line[31:]

    with pytest.raises(NotABackupKey, match="a character"):
        secret_key(wrong)
    with pytest.raises(NotABackupKey, match="the other half"):
        secret_key(SECRET.public.line)
    with pytest.raises(NotABackupKey, match="is not the line"):
        public_key("NIDAA-SECRET-1:00")


def test_a_secret_key_never_shows_itself_by_accident():
    assert SECRET.raw.hex() not in repr(SECRET).lower()
    assert str(list(SECRET.raw)) not in repr(SECRET)


def test_the_format_is_the_one_that_was_written_down():
    """If this fails, backups that people keep no longer open: make a version 2 instead."""
    secret = secret_key((GOLDEN / "secret-line").read_text(encoding="ascii"))
    content = read((GOLDEN / "backup-v1.nidaa-backup").read_bytes(), secret)

    assert content == (GOLDEN / "backup-v1.jsonl").read_bytes()
