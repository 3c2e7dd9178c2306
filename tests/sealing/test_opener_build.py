"""The committed opener.html is what its sources make, of files that are what their makers released."""

import hashlib
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "static" / "opener"
PAGE = (FOLDER / "opener.html").read_text(encoding="utf-8")
TEXTS = (FOLDER / "src" / "texts.js").read_text(encoding="utf-8")
VENDORED = re.findall(r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)


def test_the_committed_page_is_a_fresh_build():
    assert runpy.run_path(str(ROOT / "tools" / "build_opener.py"))["build"]() == PAGE


def test_the_published_checksum_is_that_of_the_page():
    checksum, name = (FOLDER / "SHA256SUMS").read_text().split()

    assert name == "opener.html"
    assert hashlib.sha256(PAGE.encode()).hexdigest() == checksum


@pytest.mark.parametrize(("name", "checksum"), VENDORED)
def test_a_vendored_file_is_the_released_one_and_has_its_licence(name, checksum):
    path = FOLDER / "vendor" / name

    assert hashlib.sha256(path.read_bytes()).hexdigest() == checksum
    assert (path.parent / "LICENSE").is_file()


def test_every_vendored_file_is_listed():
    found = {
        path.name for path in (FOLDER / "vendor").rglob("*") if path.is_file() and path.name != "LICENSE"
    }

    assert found == {Path(name).name for name, _ in VENDORED}


def test_the_policy_allows_nothing_from_anywhere():
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', PAGE)[1]

    allowed = {word for word in policy.split() if ":" in word or "*" in word or "unsafe" in word}

    assert "default-src 'none'" in policy
    assert allowed == {"blob:;"}


@pytest.mark.parametrize(
    "way_out", ["RTCPeerConnection", "window.open(", ".submit(", "location.href", "location ="]
)
def test_no_script_of_the_page_uses_a_way_out_that_a_policy_cannot_shut(way_out):
    assert way_out not in PAGE


def test_the_page_names_no_address_outside_itself_in_its_own_sources():
    sources = [path.read_text(encoding="utf-8") for path in (FOLDER / "src").iterdir()]

    found = {address for text in sources for address in re.findall(r"https?://[^\s\"'`]+", text)}

    assert found == {"http://www.w3.org/2000/svg"}


def test_every_sentence_is_there_in_both_languages():
    english, arabic = TEXTS.split("\n  ar: {")
    keys = [set(re.findall(r'^    "?([\w-]+)"?: ', part, re.MULTILINE)) for part in (english, arabic)]

    assert keys[0] == keys[1]
    assert len(keys[0]) > 80


def test_the_placeholders_are_the_same_in_both_languages():
    english, arabic = (
        {
            key: set(re.findall(r"\{(\w+)\}", text))
            for key, text in re.findall(r'^    "?([\w-]+)"?: (.*)$', part, re.MULTILINE)
        }
        for part in TEXTS.split("\n  ar: {")
    )

    assert english == arabic
