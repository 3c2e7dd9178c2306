"""Cut the fonts of letters from the published Noto families; the results are committed, so nobody else runs this.

npm pack @expo-google-fonts/{noto-serif@0.4.2,noto-sans-sc@0.4.3} @fontsource/noto-sans-sc@5.3.0, each unpacked as
FOLDER/noto-serif/package, …/noto-sans-sc/package, …/noto-sans-sc-web/package;
apt-get download fonts-noto-core (20201225-1), unpacked as FOLDER/fonts-noto-core; then
.venv/bin/python tools/letter_fonts.py FOLDER

Typst reads whole TTF files and no woff2; a family cut by script hides its own other half. Noto Naskh Arabic is version
2.004, not 2.021, which puts letters together of a body and dots: no program gets the words out of a PDF of it again.
Writes the fonts, their licences and their checksums to campaign_app/letters/documents/fonts.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "campaign_app" / "letters" / "documents" / "fonts"

# Every Latin, Greek and Cyrillic letter that a name is written with, Vietnamese and African ones among them;
# punctuation, currency, arrows, fractions; the sign for what could not be shown.
EUROPEAN = [
    *range(0x0020, 0x007F),
    *range(0x00A0, 0x0530),
    *range(0x1E00, 0x2070),
    *range(0x2070, 0x2200),
    *range(0x2212, 0x2213),
    *(0x25A1, 0x25CC, 0x25CF, 0xFFFD),
    *range(0xFB00, 0xFB07),
]
DEBIAN = "fonts-noto-core/usr/share/fonts"
CUT = {
    "NotoNaskhArabic-Regular.ttf": (f"{DEBIAN}/truetype/noto/NotoNaskhArabic-Regular.ttf", "own"),
    "NotoNaskhArabic-Bold.ttf": (f"{DEBIAN}/truetype/noto/NotoNaskhArabic-Bold.ttf", "own"),
    "NotoSerif-Regular.ttf": ("noto-serif/package/400Regular/NotoSerif_400Regular.ttf", "european"),
    "NotoSerif-Bold.ttf": ("noto-serif/package/700Bold/NotoSerif_700Bold.ttf", "european"),
    "NotoSerif-Italic.ttf": (
        "noto-serif/package/400Regular_Italic/NotoSerif_400Regular_Italic.ttf",
        "european",
    ),
    "NotoSansSC-Regular.ttf": ("noto-sans-sc/package/400Regular/NotoSansSC_400Regular.ttf", "chinese"),
}
COMMON_CHINESE = "noto-sans-sc-web/package/files/noto-sans-sc-chinese-simplified-400-normal.woff2"
LICENCES = ("noto-serif", "noto-sans-sc")


def gb2312() -> set[int]:
    """Return the characters of GB 2312, whose 6,763 Chinese ones stood for a general text for decades."""
    found = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def characters(choice: str, source: Path, folder: Path) -> list[int]:
    """Return what stays of a font.

    choice: "own" (all that it has), "european", or "chinese": GB 2312 and what the web's own cut calls common, which
    has newer characters of names; with European letters only as far as ASCII, since a Chinese text holds those.
    """
    if choice == "own":
        return sorted(TTFont(source).getBestCmap())
    if choice == "european":
        return EUROPEAN
    common = set(TTFont(folder / COMMON_CHINESE).getBestCmap())
    return sorted(one for one in gb2312() | common | set(range(0x20, 0x7F)) if not 0x0180 <= one < 0x2000)


def cut(source: Path, kept: list[int], target: Path) -> None:
    """Write one TTF of these characters with its joining, marks and kerning. What it lacks is left out silently."""
    options = Options()
    options.hinting = False  # paper and PDF readers ignore it
    options.layout_features = (
        ["*"] if "Arabic" in target.name else ["kern", "mark", "mkmk", "ccmp", "locl", "liga"]
    )
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.notdef_outline = True
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=kept)
    subsetter.subset(font)
    font.save(target)


def licence_of(font: Path) -> str:
    """Return the licence under the font's own line of copyright: its package has no file with both."""
    _, text = (FONTS / "OFL-noto-serif.txt").read_text(encoding="utf-8").split("\n", 1)
    return f"{TTFont(font)['name'].getDebugName(0)}\n{text}"


def write_coverage() -> None:
    """Write which characters each family has, as ranges: a document must not hold one that none of them can show."""
    lines = []
    for family in ("NotoNaskhArabic", "NotoSerif", "NotoSansSC"):
        files = sorted(FONTS.glob(f"{family}-*.ttf"))
        have = sorted(set.intersection(*(set(TTFont(file).getBestCmap()) for file in files)))
        name = TTFont(files[0])["name"].getDebugName(1)
        lines.append(f"{name}: {' '.join(ranges(have))}\n")
    (FONTS / "coverage.txt").write_text("".join(lines), encoding="ascii")


def ranges(numbers: list[int]) -> list[str]:
    """Return sorted code points as "41-5A" and "A9"."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in found]


def main() -> None:
    """Cut each, copy the licences, and write the checksums beside them."""
    folder = Path(sys.argv[1])
    FONTS.mkdir(parents=True, exist_ok=True)
    made = []
    for name, (source, choice) in CUT.items():
        target = FONTS / name
        cut(folder / source, characters(choice, folder / source, folder), target)
        made.append(target)
    for name in LICENCES:
        made.append(FONTS / f"OFL-{name}.txt")
        shutil.copyfile(folder / name / "package" / "LICENSE_FONT", made[-1])
    made.append(FONTS / "OFL-noto-naskh-arabic.txt")
    made[-1].write_text(licence_of(FONTS / "NotoNaskhArabic-Regular.ttf"), encoding="utf-8")
    write_coverage()
    made.append(FONTS / "coverage.txt")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (FONTS / "SHA256SUMS").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
