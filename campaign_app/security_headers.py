"""The headers that every answer carries, and the few that a page may change.

A view says what its page needs with `allow(...)`; nothing else sets these headers.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface

from .config import EXTENSION

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"


def allow(
    *,
    frame_ancestors: str = "'none'",
    token_in_address: bool = False,
    is_personal: bool = False,
    shows_frames: bool = False,
) -> None:
    """State what the page being answered needs beyond the ordinary.

    frame_ancestors: CSP sources that may frame it.
    token_in_address: the address is a secret, so no path leaves in a Referer. Set for every <token> of a route.
    is_personal: nothing may keep a copy (no-store).
    shows_frames: it shows frames of our own site, as a preview does.
    """
    g.frame_ancestors = frame_ancestors
    g.token_in_address = token_in_address
    g.is_personal = is_personal or token_in_address
    g.shows_frames = shows_frames


class NoSession(SessionInterface):
    """Supporter pages load no session and save none: no cookie, no Vary, nothing to parse. The desk brings its own."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Load nothing; Flask then refuses whoever writes to the session."""


@cache
def style_hash(style: str) -> str:
    """Return the CSP source that admits one inline <style> by its SHA-256."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() + "'"


@cache
def content_security_policy(*, frame_ancestors: str, inline_style: str, shows_frames: bool = False) -> str:
    """Return the policy: ourselves only, no inline script, forms go home."""
    sources = {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": f"'self' {inline_style}".strip(),
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        **({"frame-src": "'self'"} if shows_frames else {}),
        "frame-ancestors": frame_ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def of_static_files(app: Flask) -> dict[str, str]:
    """Return what answers say that no view makes: no guessing, no frame, no use by another site."""
    return {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        **dict(_encrypted(app)),
    }


def register(app: Flask, *, inline_style: str) -> None:
    """Put the headers on every answer of the application.

    inline_style: the critical CSS as it stands between <style> tags.
    """
    app.session_interface = NoSession()
    admitted = style_hash(inline_style)
    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("Permissions-Policy", PERMISSIONS),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        *_encrypted(app),
    ]

    @app.url_value_preprocessor
    def _keep_secrets(endpoint: str | None, values: dict[str, Any] | None) -> None:
        """Hold every address with a token for a secret, whatever its view says."""
        if values and "token" in values:
            allow(token_in_address=True)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault(
            "Content-Security-Policy",
            content_security_policy(
                frame_ancestors=g.get("frame_ancestors", "'none'"),
                inline_style=admitted,
                shows_frames=g.get("shows_frames", False),
            ),
        )
        has_token = g.get("token_in_address", False)
        headers["Referrer-Policy"] = "strict-origin" if has_token else "same-origin"
        headers.extend(always)
        if g.get("is_personal", False) or request.method not in ("GET", "HEAD"):
            headers["Cache-Control"] = "no-store"
        else:
            headers.setdefault("Cache-Control", "no-cache")
        return response


def _encrypted(app: Flask) -> list[tuple[str, str]]:
    is_production = app.extensions[EXTENSION].is_production
    return [("Strict-Transport-Security", STRICT_TRANSPORT)] if is_production else []
