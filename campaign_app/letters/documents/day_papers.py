"""Papers for the day of delivery as values: what its Markdown says, and on a receipt lines to write on."""

import re
from collections.abc import Sequence

from ..frozen import PARAGRAPH, Block
from ..words import word
from .papers import moment, page_words
from .writing import Value, Writer, digits, language, words_of

_TO_FILL = re.compile(r"\s*[….]{6,}\s*$")
_LABEL_ENDS = (":", "：")


def day_paper(
    title: str,
    blocks: Sequence[Block],
    writer: Writer,
    *,
    campaign: str,
    reference: str,
    made_at: str,
    specimen: bool = False,
) -> Value:
    """Return a paper. A paragraph that ends in dots becomes a line to write on; a label alone, room for a stamp."""
    campaign = writer.line(campaign)
    apart = writer.apart(reference) if reference else []
    before, between, after = page_words(writer.lang)
    return {
        **language(writer.lang),
        "template": "paper.typ",
        "title": " – ".join(part for part in (reference, writer.cleaner.line(title)) if part) or campaign,
        "author": campaign,
        "campaign": campaign,
        "marks": [],
        "meta": [writer.sentence("reference", reference=apart)] if reference else [],
        "date": moment(made_at),
        "digits": digits(writer.lang),
        "page": [before, between, after],
        "head": writer.runs(campaign),
        "foot": apart or writer.runs(campaign),
        "specimen": word("specimen", writer.lang) if specimen else "",
        "specimen_note": word("specimen-paper", writer.lang) if specimen else "",
        "subject": writer.runs(title),
        "blocks": list(_with_room(writer.blocks(blocks))),
    }


def _with_room(blocks: list[Value]) -> list[Value]:
    following = [*(block["kind"] for block in blocks[1:]), PARAGRAPH]
    return [_room(block, after) for block, after in zip(blocks, following, strict=True)]


def _room(block: Value, after: str) -> Value:
    if block["kind"] != PARAGRAPH or not block["runs"]:
        return block
    last = block["runs"][-1]
    if _TO_FILL.search(last["t"]):
        return {
            **block,
            "kind": "line",
            "runs": [*block["runs"][:-1], {**last, "t": _TO_FILL.sub("", last["t"])}],
        }
    is_label = words_of(block["runs"]).rstrip().endswith(_LABEL_ENDS) and after == PARAGRAPH
    return {**block, "kind": "stamp"} if is_label else block
