"""Popular public answers kept as finished bytes for a few seconds, answered before Flask runs; and what they show.

A view that calls `keep()` says: this answer depends on nothing but the path and the few query
parameters named here, and it is the same for everyone. Kept per process, at most KEPT_AT_MOST answers.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import brotli
from flask import Flask, Response, current_app, g, request
from werkzeug.http import parse_etags

KEPT_SECONDS = 5
KEPT_AT_MOST = 512
ASKED_AGAIN_SECONDS = 1
WORTH_COMPRESSING = 700  # bytes; below it the answer fits the first packet anyway
BROTLI_QUALITY = (
    4  # 5 takes twice as long, as long as rendering half the page, to save a twelfth of the bytes
)
# What may change a public page; every other parameter (such as fbclid) is ignored and never echoed.
RELEVANT_PARAMETERS = ("s", "shared", "on")
# Below these addresses these instead, and nowhere else: or one page could be asked for under any number of addresses.
# It is kept under all that was given, one given twice with both, in their order.
RELEVANT_BELOW = {
    "/api/": ("by", "lang", "on", "page", "petition"),
    "/badge/": ("lang",),
    "/embed/": ("accent", "lang", "s", "shared", "theme"),
    "/oembed": ("format", "maxheight", "maxwidth", "url"),
}
COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/atom+xml",
    "application/feed+json",
    "application/hal+json",
    "image/svg+xml",
    "application/javascript",
)
ETAG_LETTERS = 32
OF_A_BODY = ("content-type", "content-length", "content-encoding")
STORE = "nidaa_finished_pages"

Answer = TypeVar("Answer")
Headers = list[tuple[str, str]]
Key = tuple[str, tuple[tuple[str, str], ...], str, str]


class FinishedPages:
    """WSGI middleware in front of the application. Thread-safe; knows no page."""

    def __init__(self, application: Any) -> None:
        """Wrap a WSGI application."""
        self.application = application
        self.kept: dict[Key, tuple[float, str, Headers, bytes]] = {}
        self.asked: dict[Hashable, tuple[float, Any]] = {}
        self.lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer from the kept bytes where they are fresh, else let the application answer."""
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            found = self.kept.get(key_of(environ))
            if found is not None and found[0] > time.monotonic():
                if is_known(environ, found[2]):
                    start_response("304 NOT MODIFIED", without_body(found[2]))
                    return []
                start_response(found[1], found[2])
                return [] if environ["REQUEST_METHOD"] == "HEAD" else [found[3]]
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer

    def store(self, key: Key, status: str, headers: Headers, body: bytes, seconds: float) -> None:
        """Keep an answer; when too many are kept, start again."""
        with self.lock:
            if len(self.kept) >= KEPT_AT_MOST:
                self.kept.clear()
            self.kept[key] = (time.monotonic() + seconds, status, headers, body)

    def forget(self) -> None:
        """Drop everything: the next reader gets a fresh page."""
        with self.lock:
            self.kept.clear()
            self.asked.clear()


def lately(name: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` returned at most a second ago in this process: for what every reader is shown alike.

    name: one of few, such as a petition's number and a language; never anything a reader may choose freely.
    """
    pages: FinishedPages = current_app.extensions[STORE]
    known = pages.asked.get(name)
    if known is not None and known[0] > time.monotonic():
        found: Answer = known[1]
        return found
    found = ask()
    pages.asked[name] = (time.monotonic() + ASKED_AGAIN_SECONDS, found)
    return found


def forget_all() -> None:
    """Drop every kept page of this process: after a change that readers must see at once."""
    pages: FinishedPages = current_app.extensions[STORE]
    pages.forget()


def keep(seconds: float = KEPT_SECONDS, *, says: str | None = None) -> None:
    """Let the answer being made be kept and given to others. Only for pages that are the same for everyone.

    says: what it says, without the moment it was made at. The answer then gets an ETag, and whoever knows it already
    is told so (304).
    """
    g.keep_seconds = seconds
    g.says = says


def is_known(environ: dict[str, Any], headers: Headers) -> bool:
    """Whether a reader says that they hold what an answer with these headers says (RFC 9110, If-None-Match)."""
    held = environ.get("HTTP_IF_NONE_MATCH")
    if not held:
        return False
    tag = next((value for name, value in headers if name.lower() == "etag"), "")
    return bool(tag) and parse_etags(held).contains_raw(tag)


def without_body(headers: Headers) -> Headers:
    """Return the headers of an answer that sends no body again."""
    return [(name, value) for name, value in headers if name.lower() not in OF_A_BODY]


def relevant_query(query: str, path: str = "") -> tuple[tuple[str, str], ...]:
    """Return the parameters of a query string that may change the answer at a path, in a fixed order.

    Of one given twice the first, as Flask reads it: or one address could be answered with the page of another.
    """
    if not query:
        return ()
    pairs = parse_qsl(query, keep_blank_values=True)
    for place, names in RELEVANT_BELOW.items():
        if path.startswith(place):
            return tuple(sorted((pair for pair in pairs if pair[0] in names), key=lambda pair: pair[0]))
    given = dict(reversed(pairs))
    return tuple((name, given[name]) for name in RELEVANT_PARAMETERS if name in given)


def key_of(environ: dict[str, Any]) -> Key:
    """Return what an answer depends on: address, relevant query, compression, whether the reader saves data."""
    return (
        environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
        relevant_query(environ.get("QUERY_STRING", ""), environ.get("PATH_INFO", "")),
        encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")),
        "on" if saves_data(environ) else "",
    )


def saves_data(environ: Mapping[str, Any]) -> bool:
    """Whether a reader asks for fewer bytes. Any other value means nothing, so that it takes no place of its own."""
    found: str = environ.get("HTTP_SAVE_DATA", "")
    return found.lower() == "on"


def encoding_for(accepted: str) -> str:
    """Return "br", "gzip" or "" by what the browser accepts."""
    if "br" in accepted:
        return "br"
    return "gzip" if "gzip" in accepted else ""


def register(app: Flask) -> FinishedPages:
    """Put the middleware before the application and compress what its pages answer."""
    pages = FinishedPages(app.wsgi_app)
    app.wsgi_app = pages  # type: ignore[method-assign]
    app.extensions[STORE] = pages

    # Registered first, so it runs after every other hook has had its say on the headers.
    @app.after_request
    def _finish(response: Response) -> Response:
        seconds = g.get("keep_seconds", 0)
        is_kept = bool(seconds) and response.status_code == 200 and request.method in ("GET", "HEAD")
        if is_kept:
            response.headers["Cache-Control"] = f"public, max-age={int(seconds)}"
            if g.get("says") is not None:
                # Weak: the same words, whatever packs them and whenever they were said.
                response.set_etag(hashlib.sha256(g.says.encode()).hexdigest()[:ETAG_LETTERS], weak=True)
        _compress(response)
        if is_kept:
            response.headers.add("Vary", "Accept-Encoding, Save-Data")
            headers = [(name, value) for name, value in response.headers.items() if name != "Date"]
            if request.method == "GET":
                pages.store(key_of(request.environ), response.status, headers, response.get_data(), seconds)
            if is_known(request.environ, headers):
                return Response(status=304, headers=without_body(headers))
        return response

    return pages


def _compress(response: Response) -> None:
    if response.direct_passthrough or response.is_streamed or g.get("token_in_address", False):
        return
    if not (response.mimetype or "").startswith(COMPRESSIBLE) or "Content-Encoding" in response.headers:
        return
    body = response.get_data()
    encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
    if not encoding or len(body) < WORTH_COMPRESSING:
        return
    if encoding == "br":
        response.set_data(brotli.compress(body, quality=BROTLI_QUALITY))
    else:
        packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        response.set_data(packer.compress(body) + packer.flush())
    response.headers["Content-Encoding"] = encoding
    if not g.get("keep_seconds", 0):
        response.headers.add("Vary", "Accept-Encoding")
