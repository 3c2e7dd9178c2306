"""A letter as DOCX, for a secretariat that edits or quotes: the same paper as the PDF, in the programs' own fonts."""

import io
import zipfile
from datetime import datetime
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from . import codes
from .word_parts import (
    PETROL,
    Direction,
    Lists,
    element,
    set_fonts,
    set_language,
    turn_paragraph,
    turn_style,
    turn_table,
    write_field,
    write_runs,
)
from .writing import Runs, Value

# Every office has these. What none of them draws, the word processor takes from another font.
LATIN, ARABIC, CHINESE = "Times New Roman", "Times New Roman", "SimSun"
WARNING = RGBColor(0xA3, 0x26, 0x1B)
MUTED = RGBColor(0x4F, 0x5B, 0x60)
SIZES = {
    "Normal": 22,
    "Heading 1": 28,
    "Heading 2": 25,
    "Heading 3": 23,
    "Header": 17,
    "Footer": 17,
}  # half points
LONGEST_PROPERTY = 255  # what Office keeps of one
LOWEST_HEADING = 3  # with a style here
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a file in a ZIP; all have it, so that the same letter is the same file


def docx_of(paper: Value) -> bytes:
    """Return a letter's paper, as papers.py makes it, as DOCX. The same paper gives the same bytes."""
    letter = _Letter(paper)
    letter.write()
    return letter.content()


class _Letter:
    """One document while it is written, from its head to its last annex."""

    def __init__(self, paper: Value) -> None:
        self.paper = paper
        self.rtl: bool = paper["rtl"]  # of what is being written
        self.document: Document = docx.Document()
        self._set_styles()
        self._set_page()
        self.lists = Lists(self.document)

    def write(self) -> None:
        """Write the letter and its annexes."""
        paper = self.paper
        self._head()
        self._lines(paper["address"])
        self._heading(paper["subject"], 1)
        for runs in (paper["corrects"], self._plain(paper["salutation"])):
            self._paragraph(runs)
        self._blocks(paper["blocks"])
        for runs in (paper["statement"], self._plain(paper["close"])):
            self._paragraph(runs)
        self._lines(paper["signatory"], before=Pt(36))
        for part in paper["ending"]:
            self._paragraph(self._plain(part["label"]), color=MUTED, keep=True)
            self._lines(part["lines"])
        if paper["check"]:
            self._check(paper["check"])
        for annex in paper["annexes"]:
            self._annex(annex)

    def content(self) -> bytes:
        """Return the file, its parts in one order and of one date."""
        written, packed = io.BytesIO(), io.BytesIO()
        self.document.save(written)
        with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = zipfile.ZipInfo(name, EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(entry, source.read(name))
        return packed.getvalue()

    def _set_styles(self) -> None:
        tag = "-".join(part for part in (self.paper["lang"], self.paper["region"]) if part)
        for name, size in SIZES.items():
            style: Any = self.document.styles[name]
            set_fonts(style, latin=LATIN, arabic=ARABIC, chinese=CHINESE, half_points=size)
            set_language(style, latin=tag, rtl=self.rtl)
            if self.rtl:
                turn_style(style)
                turn_paragraph(style, rtl=True)
            if name.startswith("Heading"):
                style.font.color.rgb = PETROL
        normal: Any = self.document.styles["Normal"]
        normal.paragraph_format.space_after = Pt(7)

    def _set_page(self) -> None:
        about = self.document.core_properties
        about.title, about.author = (self.paper[key][:LONGEST_PROPERTY] for key in ("title", "author"))
        about.language = self.paper["lang"]
        about.comments, about.last_modified_by, about.revision = "", about.author, 1
        year, month, day, hour, minute, second = self.paper["date"]
        about.created = about.modified = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - UTC by its format
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(26)
        section.top_margin = section.bottom_margin = Mm(24)
        if self.rtl:
            section._sectPr.append(element("bidi"))
        head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
        self._put(head, self.paper["head"], color=MUTED)
        if self.paper["specimen"]:
            self._put(
                section.header.add_paragraph(),
                self._plain(self.paper["specimen"]),
                color=WARNING,
                strong=True,
            )
        self._foot(foot)

    def _foot(self, foot: Paragraph) -> None:
        before, between, after = self.paper["page"]
        for words, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
            self._put(foot, self._plain(words))
            if field:
                write_field(foot, field, self._direction)

    def _head(self) -> None:
        paper = self.paper
        self._paragraph(self._plain(paper["campaign"]), color=PETROL, strong=True)
        for mark in (*paper["marks"], *([paper["specimen_note"]] if paper["specimen"] else [])):
            self._paragraph(self._plain(mark), color=WARNING, strong=True)
        self._lines(paper["meta"])

    @property
    def _direction(self) -> Direction:
        return Direction(self.rtl, self.rtl or self.paper["rtl"])

    def _plain(self, words: str) -> Runs:
        return [{"t": words}] if words else []

    def _put(
        self, paragraph: Paragraph, runs: Runs, *, color: RGBColor | None = None, strong: bool = False
    ) -> Paragraph:
        if self._direction.is_told:
            turn_paragraph(paragraph, rtl=self.rtl)
        write_runs(paragraph, runs, self._direction, strong=strong)
        for run in paragraph.runs if color else ():
            run.font.color.rgb = color
        return paragraph

    def _paragraph(
        self, runs: Runs, *, color: RGBColor | None = None, strong: bool = False, keep: bool = False
    ) -> None:
        if not runs:
            return
        paragraph = self._put(self.document.add_paragraph(), runs, color=color, strong=strong)
        paragraph.paragraph_format.keep_with_next = keep or None

    def _lines(self, lines: list[Runs], *, before: Pt | None = None) -> None:
        """Write lines that belong together: an address, a signatory."""
        for place, line in enumerate(lines):
            paragraph = self._put(self.document.add_paragraph(), line)
            paragraph.paragraph_format.space_before = before if place == 0 else None
            if place < len(lines) - 1:
                paragraph.paragraph_format.space_after = Pt(0)
                paragraph.paragraph_format.keep_with_next = True

    def _heading(self, runs: Runs, level: int, *, on_new_page: bool = False) -> None:
        if not any(run["t"].strip() for run in runs):
            return
        paragraph = self._put(self._styled(f"Heading{min(level, LOWEST_HEADING)}"), runs)
        paragraph.paragraph_format.page_break_before = on_new_page or None

    def _styled(self, style: str) -> Paragraph:
        """Add a paragraph of a style, named as the file names it: python-docx looks up a name among all of them."""
        paragraph = self.document.add_paragraph()
        paragraph._p.style = style
        return paragraph

    def _blocks(self, blocks: list[Value], *, number: int = 0, level: int = -1) -> None:
        """Write blocks. number, level: of the list that the first of them is an item of."""
        for place, block in enumerate(blocks):
            if "items" in block:
                own = self.lists.begin(block["kind"], block["start"])
                for item in block["items"]:
                    self._blocks(item, number=own, level=level + 1)
            elif block["kind"] == "heading":
                self._heading(block["runs"], block["level"])
            else:
                paragraph = self._put(self.document.add_paragraph(), block["runs"])
                if level >= 0 and place == 0:
                    self.lists.join(paragraph, number=number, level=level)
                elif level >= 0:
                    paragraph.paragraph_format.left_indent = Mm(7.5 * (level + 1))

    def _check(self, check: Value) -> None:
        paragraph = self.document.add_paragraph()
        shape = paragraph.add_run().add_picture(io.BytesIO(codes.as_png(check["url"])), width=Mm(24))
        shape._inline.docPr.set("descr", check["alt"])
        paragraph.paragraph_format.keep_with_next = True
        self._paragraph(check["line"])
        self._paragraph(self._plain(check["note"]), color=MUTED)

    def _annex(self, annex: Value) -> None:
        self._heading(self._plain(annex["title"]), 1, on_new_page=True)
        {
            "numbers": self._numbers,
            "text": self._signed,
            "endorsements": self._endorsements,
            "names": self._names,
        }[annex["kind"]](annex)

    def _numbers(self, annex: Value) -> None:
        for table in annex["tables"]:
            if table["title"]:
                self._heading(self._plain(table["title"]), 2)
            self._table(table["head"], table["rows"])
            for note in table["notes"]:
                self._paragraph(note, color=MUTED)
        self._blocks(annex["after"])

    def _table(self, head: list[str], rows: list[Value]) -> None:
        table = self.document.add_table(rows=1 + len(rows), cols=2)
        table._tbl.tblStyle_val = "LightShading"
        if self.rtl:
            turn_table(table)
        look = table._tbl.tblPr.find(qn("w:tblLook"))
        look.set(qn("w:firstColumn"), "0")
        look.set(qn("w:val"), "0420")  # the same in the older way: a first row, no bands of columns
        first, *others = table._tbl.tr_lst
        first.get_or_add_trPr().append(element("tblHeader"))
        self._row(first, [self._plain(words) for words in (*head, "")], strong=True)
        for line, row in zip(others, rows, strict=True):
            self._row(line, [row["label"], self._plain(row["value"])])

    def _row(self, line: Any, cells: list[Runs], *, strong: bool = False) -> None:
        for cell, runs in zip(line.tc_lst, cells, strict=False):
            self._put(Paragraph(cell.p_lst[0], self.document._body), runs, strong=strong)

    def _signed(self, annex: Value) -> None:
        self._paragraph(self._plain(annex["note"]), color=MUTED)
        own = self.rtl
        for text in annex["texts"]:
            # Each text runs in the direction of its own language.
            self.rtl = text["rtl"]
            self._heading(text["title"], 2)
            self.rtl = own
            self._paragraph(self._plain(text["note"]), color=MUTED)
            self.rtl = text["rtl"]
            self._blocks(text["blocks"])
            self.rtl = own

    def _endorsements(self, annex: Value) -> None:
        for group in annex["groups"]:
            self._heading(self._plain(group["title"]), 2)
            number = self.lists.begin("bullets", 1)
            for name in group["names"]:
                self.lists.join(self._put(self.document.add_paragraph(), name), number=number, level=0)

    def _names(self, annex: Value) -> None:
        """Write the names as one numbered list in two columns of their own section."""
        self._paragraph(self._plain(annex["note"]))
        section = self.document.add_section(WD_SECTION.CONTINUOUS)
        section._sectPr.find(qn("w:cols")).set(qn("w:num"), "2")
        number = self.lists.begin("ordered", 1)
        last = self.document.element.body[-1]
        for name in annex["names"]:
            place = f"{annex['comma']}{name['c']}" if name["c"] else ""
            runs = [{"t": name["t"], "ltr": name.get("d") == "ltr"}, *self._plain(place)]
            last.addprevious(self._name(runs, number))

    def _name(self, runs: Runs, number: int) -> Any:
        """Return a name's paragraph; python-docx's own way is too slow for ten thousand."""
        paragraph = Paragraph(element("p"), self.document._body)
        self._put(paragraph, runs)
        self.lists.join(paragraph, number=number, level=0)
        paragraph.paragraph_format.space_after = Pt(0)
        return paragraph._p
