"""Static files under names that carry their own hash, compressed once, served with a year's cache.

`static_url("css/register.css")` gives `/static/css/register.3f9c01ab.css`. The hashed and compressed copies
are made in the data folder at start; nothing is built by hand and nothing generated is committed.
"""

import gzip
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from wsgiref.headers import Headers

import brotli
from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise

PREFIX = "/static/"
HASH_DIGITS = 8
ONE_YEAR = 31_536_000
COMPRESSED = frozenset({".css", ".js", ".svg", ".html", ".txt", ".json"})
SERVED = COMPRESSED | {".woff2", ".png", ".webp", ".avif", ".ico", ".ttf"}
RELATIVE_URL = re.compile(r"""url\(["']?\.\./([^"')]+)["']?\)""")
PUBLISHED = ("css", "fonts", "images", "js", "widget", "opener/opener.html")  # the rest are sources
CRITICAL = "css/critical.css"
# What pages of other sites load, and frames whose origin a sandbox takes away.
FOR_EVERY_SITE = PREFIX + "widget/"
FOR_EVERY_SITE_SAYS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class StaticFiles:
    """The hashed copies of one static folder. `urls`: file name → address."""

    def __init__(self, source: Path, target: Path) -> None:
        """Make the copies that are missing. target: a folder that only this class writes to."""
        self.source = source
        self.target = target
        self.urls: dict[str, str] = {}
        roots = [source / name for name in PUBLISHED]
        found = [path for root in roots for path in ([root] if root.is_file() else sorted(root.rglob("*")))]
        paths = [path for path in found if path.is_file() and path.suffix in SERVED]
        # Style sheets last: they name fonts and images, whose hashed names must be known by then.
        for path in sorted(paths, key=lambda path: path.suffix == ".css"):
            self._publish(path)
        self.critical_style = self._read(CRITICAL)

    def url(self, name: str) -> str:
        """Return the address of a static file. Raises KeyError for a file that does not exist."""
        return self.urls[name]

    def _publish(self, path: Path) -> None:
        name = path.relative_to(self.source)
        content = path.read_bytes()
        if path.suffix == ".css":
            content = self._with_hashed_names(content.decode()).encode()
        digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
        hashed = name.with_name(f"{name.stem}.{digest}{name.suffix}")
        self.urls[name.as_posix()] = PREFIX + hashed.as_posix()
        copy = self.target / hashed
        if copy.exists():
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in COMPRESSED:
            _write(copy.with_name(f"{copy.name}.br"), brotli.compress(content))
            _write(copy.with_name(f"{copy.name}.gz"), gzip.compress(content, mtime=0))
        _write(copy, content)

    def _with_hashed_names(self, style: str) -> str:
        """Replace `url(../fonts/a.woff2)` by the hashed address; a file that does not exist is a KeyError."""
        return RELATIVE_URL.sub(lambda match: f"url({self.urls[match[1]]})", style)

    def _read(self, name: str) -> str:
        path = self.source / name
        return self._with_hashed_names(path.read_text(encoding="utf-8").strip())


def register(app: Flask, *, source: Path, target: Path, headers: Mapping[str, str]) -> StaticFiles:
    """Serve the folder and give templates `static_url` and `critical_css`. headers: what each answer says besides."""
    files = StaticFiles(source, target)

    def _say(answer: Headers, path: str, url: str) -> None:
        for name, value in {
            **headers,
            **(FOR_EVERY_SITE_SAYS if url.startswith(FOR_EVERY_SITE) else {}),
        }.items():
            answer[name] = value

    served = WhiteNoise(
        app.wsgi_app,
        root=str(target),
        prefix=PREFIX,
        max_age=ONE_YEAR,
        immutable_file_test=lambda path, url: True,
        allow_all_origins=False,
        add_headers_function=_say,
    )
    app.wsgi_app = served  # type: ignore[method-assign]
    app.jinja_env.globals["static_url"] = files.url
    app.jinja_env.globals["critical_css"] = lambda: Markup("<style>{}</style>").format(
        Markup(files.critical_style)  # noqa: S704 - our own file
    )
    return files


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: several processes may start at once."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    shutil.move(part, path)
