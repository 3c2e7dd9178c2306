"""Cut the web fonts from the published Vazirmatn; the results are committed, so nobody else needs to run this.

npm pack vazirmatn@33.0.3 && tar xzf vazirmatn-33.0.3.tgz
.venv/bin/python tools/subset_fonts.py package

Keeps the two weights the pages use and all between them, and every joining rule. Writes static/fonts/*.woff2 and their
checksums. Letters left out fall back to a font of the reader's own device, letter by letter.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
VERSION = "33.003"
WEIGHTS = (400, 400, 600)  # least, default, most

JOINING = ["calt", "ccmp", "fina", "init", "isol", "kern", "liga", "locl", "mark", "medi", "mkmk", "rlig"]

# Arabic, Persian, Urdu and Sorani letters; marks; both families of Arabic digits; joiners; direction marks.
ARABIC = [
    *range(0x0609, 0x060E),
    *range(0x061B, 0x0620),
    *range(0x0621, 0x063B),
    *range(0x0640, 0x0656),
    *range(0x0660, 0x0672),
    *map(ord, "ٹپچڈڑڕژڤکگڵںھۀہۂۃۆۇیێېےۓ۔ە"),
    *range(0x06F0, 0x06FA),
    *range(0x200C, 0x2010),
    0xFDF2,  # the ligature of the name of God, as typed by some keyboards
]

# Western European languages, Turkish, Kurmanji and the common marks of each.
LATIN = [
    *range(0x0020, 0x007F),
    *map(ord, "\u00a0£§©«°·»¿"),
    *range(0x00C0, 0x0100),
    *map(ord, "ĞğİıŞşŒœ–—‘’“”„•…€−"),
]


def cut(source: Path, characters: list[int], target: Path) -> None:
    """Write one woff2 of these characters.

    source: the full variable TTF. Characters that it lacks are left out silently.
    """
    options = Options()
    options.hinting = False  # variable hints weigh more than the letters and phones ignore them
    options.layout_features = JOINING
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.flavor = "woff2"
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
    font.flavor = "woff2"
    font.save(target)


def main() -> None:
    """Cut both subsets, copy the licence, and write the checksums beside them."""
    package = Path(sys.argv[1])
    source = package / "fonts" / "variable" / "Vazirmatn[wght].ttf"
    shutil.copyfile(package / "OFL.txt", FONTS / "OFL.txt")
    made = []
    for script, characters in (("arabic", ARABIC), ("latin", LATIN)):
        target = FONTS / f"vazirmatn-{script}-{VERSION}.woff2"
        cut(source, characters, target)
        made.append(target)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in [*made, FONTS / "OFL.txt"]
    ]
    (FONTS / "SHA256SUMS").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
