"""Look for words in every byte of files, however they may have been written down."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from quopri import encodestring
from urllib.parse import quote

LINE_ENDS = (b"=\r\n", b"=\n", b"\\n", b"\r\n", b"\n")  # where quoted-printable, JSON and base64 break a line


def ways_to_write(word: str) -> dict[bytes, str]:
    """Return a word's bytes in each way that somebody might store it, with the name of the way."""
    plain, wide = word.encode(), word.encode("utf-16-le")
    ways = {
        "UTF-8": plain,
        "lower case": word.lower().encode(),
        "upper case": word.upper().encode(),
        "UTF-16, little end first": wide,
        "UTF-16, big end first": word.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "upper-case hex": plain.hex().upper().encode(),
        "quoted-printable": encodestring(plain),
        "percent-encoding": quote(plain).encode(),
        "lower-case percent-encoding": quote(plain).lower().encode(),
        "JSON": json.dumps(word)[1:-1].encode(),
        "HTML": word.encode("ascii", "xmlcharrefreplace"),
        "Python": repr(plain)[2:-1].encode(),
        "UTF-16 in Python": repr(wide)[2:-1].encode(),
        "octal": "".join(chr(byte) if byte < 128 else f"\\{byte:o}" for byte in plain).encode(),
    }
    for shift in range(3):
        inner = _base64_inside(plain, shift)
        ways[f"base64, shifted by {shift}"] = inner
        ways[f"base64 for addresses, shifted by {shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    # Of two ways that come to the same bytes, the one named first.
    return {written: way for way, written in reversed(ways.items())}


def found_in(content: bytes, words: Iterable[str]) -> set[tuple[str, str]]:
    """Return (word, way) of everything that the bytes hold, also across the ends of lines."""
    joined = content
    for end in LINE_ENDS:
        joined = joined.replace(end, b"")
    return {
        (word, way)
        for word in words
        for written, way in ways_to_write(word).items()
        if written in content or written in joined
    }


def found_in_files(folders: Sequence[Path], words: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
    """Return what each file below the folders holds, its own name included, by its name; only those that hold any."""
    found = {}
    for path in files_below(folders):
        held = found_in(str(path).encode(errors="surrogateescape"), words) | found_in(
            path.read_bytes(), words
        )
        if held:
            found[path.name] = held
    return found


def files_below(folders: Sequence[Path]) -> Iterator[Path]:
    """Return every file below the folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


def _base64_inside(content: bytes, shift: int) -> bytes:
    """Return the base64 of bytes that stand `shift` bytes into a longer text: what does not depend on the rest."""
    whole = base64.b64encode(bytes(shift) + content)
    first = -(-shift * 8 // 6)
    last = (shift + len(content)) * 8 // 6
    return whole[first:last]
