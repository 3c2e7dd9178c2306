"""What changed between two versions of a text, word by word: pure, standard library only."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["same", "gone", "new"]
TOKENS = re.compile(r"\S+\s*|\s+")


class Piece(NamedTuple):
    """Words that stayed, went or came."""

    kind: Kind
    words: str


def differences(before: str, after: str) -> list[Piece]:
    """Return both texts as one run of pieces, in reading order.

    Line by line first: what differs inside a changed block is then looked for among few words. In a long block the
    commonest are no places to begin from, or each would be held against all its likes (difflib calls them junk).
    """
    return _joined(_by_lines(before.splitlines(keepends=True), after.splitlines(keepends=True)))


def _by_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        gone, new = "".join(before[first:last]), "".join(after[new_first:new_last])
        if tag == "equal":
            yield Piece("same", gone)
        else:
            yield from _by_words(TOKENS.findall(gone), TOKENS.findall(new))


def _by_words(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        gone, new = "".join(before[first:last]), "".join(after[new_first:new_last])
        if tag == "equal":
            yield Piece("same", gone)
            continue
        if gone:
            yield Piece("gone", gone)
        if new:
            yield Piece("new", new)


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """Join neighbours of one kind."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].words + piece.words)
        else:
            joined.append(piece)
    return joined
