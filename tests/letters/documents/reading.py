"""Reads documents back with programs that know nothing of how they were made."""

import io
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest

PAGE_END = "\f"
POPPLER = shutil.which("pdftotext")


def pages_of(pdf: bytes) -> list[str]:
    """Return the words of each page as poppler's pdftotext gives them, without the marks of direction it adds."""
    if POPPLER is None:
        pytest.skip("no pdftotext here")
    done = subprocess.run([POPPLER, "-", "-"], input=pdf, capture_output=True, check=True)
    return [shown(page) for page in done.stdout.decode().split(PAGE_END)[:-1]]


def text_of(pdf: bytes) -> str:
    """Return the words of all pages, spaces and line ends as one space."""
    return shown(" ".join(pages_of(pdf)))


def shown(text: str) -> str:
    """Return text without marks of direction, with every stretch of space as one."""
    visible = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return " ".join(visible.split())


def bare(text: str) -> str:
    """Return the letters and digits alone, without the small vowels: a reader gives those of a PDF apart."""
    return "".join(one for one in unicodedata.normalize("NFC", text) if one.isalnum())


def words(text: str) -> list[str]:
    """Return the words of a text whose letters carry no mark; a mark comes out of a PDF beside its word."""
    return [word for word in re.findall(r"\w+", text) if bare(word) == word]


def opened(pdf: bytes) -> pikepdf.Pdf:
    """Return the PDF's own objects."""
    return pikepdf.open(io.BytesIO(pdf))


def fonts_of(pdf: bytes) -> Iterator[tuple[str, bool]]:
    """Yield (name, whether its shapes are in the file) of every font on every page."""
    document = opened(pdf)
    for page in document.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            yield str(font.BaseFont), any(key in descriptor for key in ("/FontFile2", "/FontFile3"))


def tags_of(pdf: bytes) -> list[str]:
    """Return the kinds of the structure tree in reading order: H1, P, Table …"""

    def walk(element: Any) -> Iterator[str]:
        if isinstance(element, pikepdf.Array):
            for each in element:
                yield from walk(each)
        elif isinstance(element, pikepdf.Dictionary):
            if "/S" in element:
                yield str(element.S).lstrip("/")
            if "/K" in element:
                yield from walk(element.K)

    document = opened(pdf)
    return list(walk(document.Root.StructTreeRoot.K))


def links_of(pdf: bytes) -> set[str]:
    """Return where the links of a PDF lead."""
    document = opened(pdf)
    return {
        str(note.A.URI)
        for page in document.pages
        for note in page.get("/Annots", pikepdf.Array())
        if "/A" in note
    }
