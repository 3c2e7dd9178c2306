"""A letter as plain text, for the body of a mail: the same words in the same order, without annexes.

Mail programs turn each line by its first letter. A mark of direction stands only where that letter would mislead, and
never in a web address or on its line, so that it can be opened and copied.
"""

from collections.abc import Iterator

from .characters import BREAK
from .directions import direction_of
from .writing import Runs, Value

RIGHT_TO_LEFT, LEFT_TO_RIGHT = "\u200f", "\u200e"
BULLET = "•"
INDENT = "   "
_ENDS = frozenset(".،؛:)")


def text(paper: Value) -> str:
    """Return a letter's paper, as papers.py makes it, as lines of plain text."""
    paragraphs = [
        *([paper["specimen"], paper["specimen_note"]] if paper["specimen"] else []),
        *paper["marks"],
        "\n".join([paper["campaign"], *(_line(each, paper) for each in paper["meta"])]),
        "\n".join(_line(each, paper) for each in paper["address"]),
        _line(paper["subject"], paper),
        _line(paper["corrects"], paper),
        paper["salutation"],
        *_blocks(paper["blocks"], paper),
        _line(paper["statement"], paper),
        paper["close"],
        "\n".join(_line(each, paper) for each in paper["signatory"]),
        *("\n".join(_ending(part, paper)) for part in paper["ending"]),
        *([_line(paper["check"]["line"], paper)] if paper["check"] else []),
    ]
    return _joined(paragraphs)


def sheet_text(paper: Value) -> str:
    """Return a numbers sheet's paper, as sheets.py makes it, as lines of plain text."""
    tables = [
        {"title": "", "head": [], "rows": paper["stated"], "notes": []},
        *paper["tables"],
        *paper["beside"],
    ]
    paragraphs = [
        *([paper["specimen"], paper["specimen_note"]] if paper["specimen"] else []),
        "\n".join([paper["campaign"], *(_line(each, paper) for each in paper["meta"])]),
        paper["kind"],
        _line(paper["subject"], paper),
        _line(paper["corrects"], paper),
        *_blocks(paper["blocks"], paper),
        _line(paper["statement"], paper),
        *("\n".join(_table(table, paper)) for table in tables),
        *("\n".join(_blocks(each, paper)) for each in paper["proofs"]),
        "\n".join(
            [paper["sources_label"], *(_line(each, paper) for each in paper["sources"])]
            if paper["sources"]
            else []
        ),
        *([_line(paper["check"]["line"], paper)] if paper["check"] else []),
    ]
    return _joined(paragraphs)


def _joined(paragraphs: list[str]) -> str:
    return "\n\n".join(each for each in paragraphs if each).strip().replace(BREAK, "") + "\n"


def _table(table: Value, paper: Value) -> list[str]:
    head = [table["title"]] if table["title"] else table["head"][:1]
    rows = [f"{_line(row['label'], paper)}: {row['value']}" for row in table["rows"]]
    return [*head, *rows, *(_line(note, paper) for note in table["notes"])]


def _ending(part: Value, paper: Value) -> list[str]:
    return [*([part["label"]] if part["label"] else []), *(_line(each, paper) for each in part["lines"])]


def _blocks(blocks: list[Value], paper: Value) -> Iterator[str]:
    for block in blocks:
        if "items" not in block:
            yield _line(block["runs"], paper)
            continue
        marks = (f"{number}." for number in range(block["start"], block["start"] + len(block["items"])))
        items = []
        for item, mark in zip(block["items"], marks, strict=True):
            first, *rest = "\n".join(_blocks(item, paper)).split("\n") or [""]
            own = mark if block["kind"] == "ordered" else BULLET
            items.append("\n".join([f"{own} {first}", *(f"{INDENT}{line}" for line in rest)]))
        yield "\n".join(items)


def _line(runs: Runs, paper: Value) -> str:
    """Return runs as words. From right to left an address gets a line of its own, so that nothing turns it around."""
    written = "".join(_part(run, paper) for run in runs)
    lines = [_pointed(line.strip(" "), paper) for line in written.split("\n")]
    # The mark that ended a sentence with an address would stand alone.
    return "\n".join(line for place, line in enumerate(lines) if line and not (place and line in _ENDS))


def _pointed(line: str, paper: Value) -> str:
    is_misleading = paper["rtl"] and "://" not in line.split(" ")[0] and direction_of(line) == "ltr"
    return RIGHT_TO_LEFT + line if is_misleading else line


def _part(run: Value, paper: Value) -> str:
    words: str = run["t"]
    url: str = run.get("url", "")
    if "://" in url:
        named = "" if words == url else f"{words} "
        return f"{named}\n{url}\n" if paper["rtl"] else f"{named}{url}"
    if run.get("ltr") and paper["rtl"] and not (words[:1].isalpha() and words[-1:].isalnum()):
        return f"{LEFT_TO_RIGHT}{words}{LEFT_TO_RIGHT}"
    return words
