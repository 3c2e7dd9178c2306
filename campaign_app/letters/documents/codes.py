"""The QR code of an address, made once for all documents of a letter: it takes longer than their words."""

import io
from functools import lru_cache

import segno

INK = "#1B2326"
QUIET_ZONE = 2  # modules; the paper around it is white as well
PIXELS_A_MODULE = 6


@lru_cache(maxsize=32)
def as_svg(url: str) -> str:
    """Return the code of an address as SVG."""
    picture = io.BytesIO()
    _code(url).save(
        picture,
        kind="svg",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        dark=INK,
        light="#FFFFFF",
        border=QUIET_ZONE,
    )
    return picture.getvalue().decode("ascii")


@lru_cache(maxsize=32)
def as_png(url: str) -> bytes:
    """Return the code of an address as PNG."""
    picture = io.BytesIO()
    _code(url).save(picture, kind="png", scale=PIXELS_A_MODULE, border=QUIET_ZONE)
    return picture.getvalue()


@lru_cache(maxsize=32)
def _code(url: str) -> segno.QRCode:
    return segno.make(url, error="m", micro=False)
