"""Typst, and nothing else: a paper's values in, PDF or PNG out. Imports no other file of the house.

Run as a program it reads one paper from its input and writes one PDF to its output: a long annex takes memory that
Typst keeps, so it is made in a process that ends.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "typst"
ROOT = HERE.parents[1]  # above the templates of every room: theirs draw on look.typ here
FONTS = HERE / "fonts"
ACCESSIBLE = ["ua-1"]  # ISO 14289-1: tagged, titled, its language told, every picture described; else refused
PIXELS_PER_INCH = 144
LONGEST_SECONDS = 120
TOO_LONG = "longer than one page"  # as sheet.typ says it


class NotMade(Exception):
    """Typst refused to make the document: a defect of ours, since its words are cleaned before. Quotes none of them."""


class TooLong(NotMade):
    """What has to stand on one page does not fit there in the smallest letters."""


def pdf(paper: Mapping[str, Any], *, templates: Path = TEMPLATES) -> bytes:
    """Return a paper as PDF/UA-1. The same paper gives the same bytes.

    paper: values as papers.py writes them; "template" names the file, "date" is what the file says it was made.
    templates: the folder of that file, another room's perhaps. Raises NotMade.
    """
    return _made(
        paper, templates, {"format": "pdf", "pdf_standards": ACCESSIBLE, "timestamp": _moment(paper)}
    )


def png(
    paper: Mapping[str, Any], *, templates: Path = TEMPLATES, pixels_per_inch: int = PIXELS_PER_INCH
) -> bytes:
    """Return a paper of one page as a picture. Raises NotMade."""
    return _made(paper, templates, {"format": "png", "ppi": pixels_per_inch})


def pdf_apart(paper: Mapping[str, Any]) -> bytes:
    """Return what `pdf` returns, made in a process that ends with it. Raises NotMade."""
    command = [sys.executable, "-I", __file__]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(paper).encode(),
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
            env={name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise NotMade(f"not made within {LONGEST_SECONDS} seconds") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() if done.returncode == 1 else ""
        raise NotMade(reason or f"the process that makes it ended with {done.returncode}")
    return done.stdout


def _made(paper: Mapping[str, Any], templates: Path, wanted: dict[str, Any]) -> bytes:
    # A compiler is of one thread, and one made for a letter costs nothing that can be measured beside it.
    compiler = typst.Compiler(templates / paper["template"], root=ROOT, font_paths=_fonts())
    try:
        made = compiler.compile(sys_inputs={"data": json.dumps(paper)}, **wanted)
    except typst.TypstError as problem:
        raise _refusal(problem.message) from None
    if not isinstance(made, bytes):
        raise NotMade("a picture has one page")
    return made


def _refusal(message: str) -> NotMade:
    """Return Typst's reason without what it quotes: that is somebody's name or a letter's words."""
    kind = TooLong if TOO_LONG in message else NotMade
    return kind(re.sub(r"[\"“`'].*[\"”`']", "…", message, flags=re.DOTALL))


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _moment(paper: Mapping[str, Any]) -> datetime:
    year, month, day, hour, minute, second = paper["date"]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


if __name__ == "__main__":
    try:
        made = pdf(json.load(sys.stdin))
    except NotMade as refusal:
        sys.exit(str(refusal))
    sys.stdout.buffer.write(made)
