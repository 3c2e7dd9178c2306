"""Builds static/opener/opener.html: one file that needs nothing but a browser.

Run it after a change under static/opener/src: python3 tools/build_opener.py
A test fails while the committed page differs from a fresh build.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "static" / "opener"
SOURCE = FOLDER / "src"
VENDOR = FOLDER / "vendor"

IN_WORKERS = ("bytes", "sha256", "p256", "secret", "contacts", "sheet", "mailing", "worker")
IN_PAGE = (
    "bytes",
    "sha256",
    "p256",
    "secret",
    "contacts",
    "sheet",
    "mailing",
    "crew",
    "opening",
    "resealing",
    "texts",
    "dom",
    "backup",
    "secret-field",
    "sheet-view",
    "open-view",
    "mailing-view",
    "page",
)


def build() -> str:
    """Return the page, with a policy that allows the scripts and the style in it and nothing else at all."""
    style = _text(SOURCE / "opener.css")
    scripts = {
        "@QRCODE@": _text(VENDOR / "qrcode-generator" / "qrcode.js"),
        "@JSQR@": _text(VENDOR / "jsqr" / "jsQR.js"),
        "@SCRIPT@": _page_script(),
    }
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_hash(script) for script in scripts.values())}",
            f"style-src {_hash(style)}",
            "worker-src blob:",
            "img-src 'none'",
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
        )
    )
    page = _text(SOURCE / "opener.html")
    for place, text in {"@CSP@": policy, "@STYLE@": style, **scripts}.items():
        if page.count(place) != 1 or "</script" in text or "</style" in text:
            raise ValueError(f"{place} cannot be filled in")
        page = page.replace(place, text)
    return page


def _page_script() -> str:
    words = json.loads(_text(VENDOR / "bip39" / "english.json"))
    return "".join(
        (
            '"use strict";\n',
            f"const WORD_LIST = {json.dumps(' '.join(words))}.split(' ');\n",
            f"const WORKER_SOURCE = {json.dumps(_joined(IN_WORKERS))};\n",
            _joined(IN_PAGE),
        )
    )


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join(_text(SOURCE / f"{name}.js") for name in names)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def main() -> None:
    """Write the page and the checksum that is published beside it."""
    page = build().encode()
    (FOLDER / "opener.html").write_bytes(page)
    checksum = f"{hashlib.sha256(page).hexdigest()}  opener.html\n"
    (FOLDER / "SHA256SUMS").write_text(checksum, encoding="ascii")
    sys.stderr.write(f"{len(page)} bytes, {checksum}")


if __name__ == "__main__":
    main()
