"""The search that proves absence must find what is there: each way, each place, each end of a line."""

import base64
import json
from quopri import encodestring
from urllib.parse import quote

import pytest

from .searching import found_in, found_in_files

WORDS = ("Kanarienvogel", "كناريالأصفر", "canary.mailbox")
WRITTEN = {
    "UTF-8": lambda text: text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(text.encode() * 9),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "quoted-printable": lambda text: encodestring(text.encode() * 9),
    "percent-encoding": lambda text: quote(text).encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "Python": lambda text: repr(text.encode()).encode(),
    "UTF-16 in Python": lambda text: repr(text.encode("utf-16")).encode(),
}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_found_however_it_was_written(word, write, before):
    content = write(f"{before}{word} and more")

    assert {found for found, _way in found_in(content, WORDS)} == {word}


def test_a_word_is_found_in_a_file_and_in_the_name_of_a_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_bytes(b"\0signed by KANARIENVOGEL\0")
    (tmp_path / "canary.mailbox.tmp").write_bytes(b"")
    (tmp_path / "clean").write_bytes(b"Kanarien vogel")

    assert found_in_files([tmp_path], WORDS) == {
        "log": {("Kanarienvogel", "upper case")},
        "canary.mailbox.tmp": found_in(b"canary.mailbox", WORDS),
    }
