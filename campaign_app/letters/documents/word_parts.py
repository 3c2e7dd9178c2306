"""The pieces of WordprocessingML that python-docx has no words for: direction, lists, links, fields, whole columns.

ISO/IEC 29500-1. Each element goes where the schema wants it: Word refuses a file with one out of order.
"""

from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph

from .characters import BREAK
from .writing import Runs, Value

PETROL = RGBColor(0x14, 0x50, 0x5C)
INDENT_TWIPS = 425  # 7.5 mm a level
LEVELS = 6
LEFT_TO_RIGHT = "\u200e"
BULLETS = "•◦▪"
# What stands after an element in the order of the schema; only those that are written here or by python-docx.
_AFTER_BIDI = ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr")
_AFTER_BIDI_VISUAL = (
    "w:tblW",
    "w:jc",
    "w:tblInd",
    "w:tblBorders",
    "w:tblLayout",
    "w:tblCellMar",
    "w:tblLook",
)
_AFTER_SIZE = (
    "w:highlight",
    "w:u",
    "w:effect",
    "w:bdr",
    "w:shd",
    "w:vertAlign",
    "w:rtl",
    "w:cs",
    "w:em",
    "w:lang",
)
_AFTER_RTL = ("w:cs", "w:em", "w:lang")


def element(name: str, **attributes: str) -> Any:
    """Return an element of the w: namespace with attributes of it."""
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def turn_paragraph(paragraph: Any, *, rtl: bool) -> None:
    """Have a paragraph (or a paragraph style) run in a direction, whatever its style says."""
    properties = paragraph._element.get_or_add_pPr()
    if properties.find(qn("w:bidi")) is None:
        properties.insert_element_before(element("bidi", **({} if rtl else {"val": "0"})), *_AFTER_BIDI)


def turn_table(table: Any) -> None:
    """Have a table's first column stand at the right."""
    table._tbl.tblPr.insert_element_before(element("bidiVisual"), *_AFTER_BIDI_VISUAL)


@dataclass(frozen=True)
class Direction:
    """rtl: of the words that are being written. is_told: whether a run has to say so: its style or text may differ."""

    rtl: bool
    is_told: bool


def write_runs(paragraph: Paragraph, runs: Runs, direction: Direction, *, strong: bool = False) -> None:
    """Add runs to a paragraph."""
    for run in runs:
        parent = _link(paragraph, run["url"]) if run.get("url") else paragraph._p
        parent.append(_run(run, direction, strong=strong))


def _run(value: Value, direction: Direction, *, strong: bool = False) -> Any:
    run, properties = element("r"), element("rPr")
    is_apart = direction.rtl and bool(value.get("ltr"))
    if strong or value.get("strong"):
        properties.extend((element("b"), element("bCs")))
    if value.get("emphasis"):
        properties.extend((element("i"), element("iCs")))
    if value.get("url"):
        properties.extend((element("color", val=str(PETROL)), element("u", val="single")))
    if direction.is_told:
        properties.append(element("rtl", val="1" if direction.rtl and not is_apart else "0"))
    if len(properties):
        run.append(properties)
    words = value["t"].replace(BREAK, "")
    # Not every word processor keeps to the direction of a run: the marks hold digits and dots at its ends too.
    for place, line in enumerate(
        (f"{LEFT_TO_RIGHT}{words}{LEFT_TO_RIGHT}" if is_apart else words).split("\n")
    ):
        if place:
            run.append(element("br"))
        run.append(_words(line))
    return run


def _words(line: str) -> Any:
    words = element("t")
    words.text = line
    words.set(qn("xml:space"), "preserve")
    return words


def _link(paragraph: Paragraph, url: str) -> Any:
    link = element("hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    paragraph._p.append(link)
    return link


def write_field(paragraph: Paragraph, name: str, direction: Direction) -> None:
    """Add a number that the word processor works out: PAGE or NUMPAGES."""
    field = element("fldSimple", instr=name)
    field.append(_run({"t": "1"}, direction))
    paragraph._p.append(field)


class Lists:
    """The numbered and bulleted lists of a document: each numbered one begins by itself."""

    def __init__(self, document: Document) -> None:
        self._numbering = document.part.numbering_part.element
        # Before the first w:num: python-docx's own template has its abstract ones there already.
        self._first = self._numbering.find(qn("w:num"))
        self._kinds = {kind: self._abstract(kind) for kind in ("ordered", "bullets")}
        self._last = max(int(num.get(qn("w:numId"))) for num in self._numbering.findall(qn("w:num")))

    def begin(self, kind: str, start: int) -> int:
        """Return the number by which the paragraphs of a new list name it. start: its first number."""
        self._last += 1
        made = element("num", numId=str(self._last))
        made.append(element("abstractNumId", val=str(self._kinds[kind])))
        if kind == "ordered":
            for level in range(LEVELS):
                override = element("lvlOverride", ilvl=str(level))
                override.append(element("startOverride", val=str(start if level == 0 else 1)))
                made.append(override)
        self._numbering.append(made)
        return self._last

    def join(self, paragraph: Paragraph, *, number: int, level: int) -> None:
        """Make a paragraph the next item of a list."""
        properties = element("numPr")
        properties.append(element("ilvl", val=str(min(level, LEVELS - 1))))
        properties.append(element("numId", val=str(number)))
        paragraph._p.get_or_add_pPr()._insert_numPr(properties)

    def _abstract(self, kind: str) -> int:
        known = [
            int(each.get(qn("w:abstractNumId"))) for each in self._numbering.findall(qn("w:abstractNum"))
        ]
        number = max(known, default=0) + 1
        made = element("abstractNum", abstractNumId=str(number))
        made.append(element("multiLevelType", val="multilevel"))
        for level in range(LEVELS):
            made.append(_level(kind, level))
        self._first.addprevious(made)
        return number


def _level(kind: str, level: int) -> Any:
    made = element("lvl", ilvl=str(level))
    made.append(element("start", val="1"))
    made.append(element("numFmt", val="decimal" if kind == "ordered" else "bullet"))
    mark = f"%{level + 1}." if kind == "ordered" else BULLETS[level % len(BULLETS)]
    made.append(element("lvlText", val=mark))
    made.append(element("lvlJc", val="start" if kind == "ordered" else "left"))
    properties = element("pPr")
    # "left" is where a paragraph begins: at the right of one that runs from right to left.
    properties.append(element("ind", left=str(INDENT_TWIPS * (level + 1)), hanging=str(INDENT_TWIPS)))
    made.append(properties)
    return made


def set_language(style: Any, *, latin: str, rtl: bool) -> None:
    """Have a style's words checked and read as a language. latin: tag such as "en-GB" or "ar-SY"."""
    properties = style._element.get_or_add_rPr()
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    own = {"bidi": latin} if rtl else {"eastAsia" if latin.startswith("zh") else "val": latin}
    properties.append(element("lang", **own))


def set_fonts(style: Any, *, latin: str, arabic: str, chinese: str, half_points: int) -> None:
    """Give a style its fonts for each script, its theme's put aside, and its size in both directions."""
    properties = style._element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    if fonts is not None:
        properties.remove(fonts)
    properties.insert(0, element("rFonts", ascii=latin, hAnsi=latin, cs=arabic, eastAsia=chinese))
    for name in ("w:sz", "w:szCs"):
        for old in properties.findall(qn(name)):
            properties.remove(old)
    size = element("sz", val=str(half_points))
    properties.insert_element_before(size, *_AFTER_SIZE)
    size.addnext(element("szCs", val=str(half_points)))


def turn_style(style: Any) -> None:
    """Have the words of a style run from right to left."""
    properties = style._element.get_or_add_rPr()
    properties.insert_element_before(element("rtl"), *_AFTER_RTL)
