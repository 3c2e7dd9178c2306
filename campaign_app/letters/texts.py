"""A letter's Markdown as blocks of plain words, with every mark filled in. What is typed is text, never code.

A mark is {{kind}} or {{kind:key}}. Whoever calls says what each stands for; one that nobody can fill is told with its
reason, and stays readable in the text, so that a preview shows where it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from markdown_it.token import Token

from ..rich_text import MARK, read_markdown
from .frozen import BULLETS, HEADING, ORDERED, PARAGRAPH, Block, Run

PART_LINE = re.compile(r"^[ \t]*\{\{part:([a-z0-9_-]+)\}\}[ \t]*$", re.MULTILINE)
BRACES = re.compile(r"\{\{[^{}]*\}\}|\{\{|\}\}")
MISTYPED = "mistyped"
HIGHEST_HEADING = 2
LOWEST_HEADING = 4


class Unfilled(Exception):
    """A mark that nothing stands for. reason: a word that obstacles.py knows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Unresolved:
    """One mark of a text that cannot be filled, as it was typed, and why."""

    mark: str
    reason: str


@dataclass(frozen=True)
class Resolved:
    """A text with its marks filled in, as far as they can be."""

    subject: str
    blocks: tuple[Block, ...]
    unresolved: tuple[Unresolved, ...]


Fill = Callable[[str, str], str]  # kind, key → words; raises Unfilled


def with_parts(body: str, parts: Mapping[str, str]) -> str:
    """Return Markdown in which each {{part:key}} on a line of its own is that paragraph, or gone where it is left out.

    parts: key → Markdown, of those that are in; an empty text for one that is left out.
    """
    return PART_LINE.sub(lambda found: parts.get(found[1], found[0]), body)


def resolve(subject: str, body: str, fill: Fill) -> Resolved:
    """Return a text as blocks. A mark in code, in an address or mistyped is unresolved like any other.

    subject: one line, in which only marks are read. body: Markdown.
    """
    reader = _Reader(fill)
    line = reader.line(subject)
    blocks = tuple(reader.blocks(iter(read_markdown(body))))
    return Resolved(line, blocks, tuple(dict.fromkeys(reader.unresolved)))


def plain(blocks: tuple[Block, ...]) -> str:
    """Return the words of blocks, a line for each paragraph, heading and item."""
    lines = []
    for block in blocks:
        if block.runs:
            lines.append("".join(run.text for run in block.runs))
        lines += [plain(item) for item in block.items]
    return "\n".join(lines)


class _Reader:
    """Turns the parser's tokens into blocks, and notes what could not be filled."""

    def __init__(self, fill: Fill) -> None:
        self.unresolved: list[Unresolved] = []
        self._fill = fill

    def line(self, text: str) -> str:
        """Return a line with its marks filled in."""
        words, place = [], 0
        for mark in MARK.finditer(text):
            words += [self._typed(text[place : mark.start()]), self._filled(mark[1], mark[2] or "", mark[0])]
            place = mark.end()
        return " ".join("".join([*words, self._typed(text[place:])]).split())

    def blocks(self, tokens: Iterator[Token], end: str = "") -> Iterator[Block]:
        """Yield the blocks up to the token that ends the present item or quotation."""
        for token in tokens:
            if token.type == end:
                return
            if token.type in ("paragraph_open", "heading_open"):
                runs = tuple(self.runs(next(tokens).children or []))
                next(tokens)
                is_heading = token.type == "heading_open"
                level = int(token.tag[1]) if is_heading else HIGHEST_HEADING
                yield Block(
                    HEADING if is_heading else PARAGRAPH,
                    runs,
                    level=min(max(level, HIGHEST_HEADING), LOWEST_HEADING),
                )
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                yield self._list(token, tokens)
            elif token.type == "blockquote_open":
                yield from self.blocks(tokens, "blockquote_close")
            elif token.type in ("fence", "code_block"):
                yield Block(PARAGRAPH, (Run(self._typed(token.content.rstrip("\n"))),))

    def runs(self, children: list[Token]) -> Iterator[Run]:
        """Yield the words of one paragraph or line."""
        look = Run("")
        for child in children:
            if child.type in ("strong_open", "strong_close"):
                look = replace(look, strong=child.nesting > 0)
            elif child.type in ("em_open", "em_close"):
                look = replace(look, emphasis=child.nesting > 0)
            elif child.type in ("link_open", "link_close"):
                look = replace(look, url=self._typed(str(child.attrGet("href") or "")))
            elif text := self._words(child):
                yield replace(look, text=text)

    def _list(self, opening: Token, tokens: Iterator[Token]) -> Block:
        items = []
        while next(tokens).type == "list_item_open":
            items.append(tuple(self.blocks(tokens, "list_item_close")))
        if opening.type == "bullet_list_open":
            return Block(BULLETS, items=tuple(items))
        return Block(ORDERED, items=tuple(items), start=int(opening.attrGet("start") or 1))

    def _words(self, child: Token) -> str:
        if child.type == "mark":
            return self._filled(child.meta["kind"], child.meta["key"], child.content)
        return {"softbreak": " ", "hardbreak": "\n"}.get(child.type) or self._typed(child.content)

    def _filled(self, kind: str, key: str, mark: str) -> str:
        try:
            return self._fill(kind, key)
        except Unfilled as problem:
            self.unresolved.append(Unresolved(mark, problem.reason))
            return mark

    def _typed(self, text: str) -> str:
        """Return what stands in no mark, and note braces in it: half a mark, or one where none can be filled."""
        readable = text.replace("%7B", "{").replace("%7D", "}")
        self.unresolved += [Unresolved(found, MISTYPED) for found in BRACES.findall(readable)]
        return text
