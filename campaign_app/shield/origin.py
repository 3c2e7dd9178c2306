"""Was this form sent from our own page? No cookie is needed to know."""

from urllib.parse import urlsplit

from flask import Request

from .state import current_shield


def origin_of(url: str) -> str:
    """Return scheme, host and port as browsers write an Origin: lower case, no default port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    is_default = parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme))
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{parts.port}"


def is_same_origin(request: Request) -> bool:
    """Whether a POST came from a page of ours, as far as the browser says.

    Sec-Fetch-Site, which no page can set, decides alone where it is sent (Chrome 76, Firefox 90,
    Safari 16.4).
    Older browsers may send Origin. One that sends neither is left to the form token, which every caller
    checks as well.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return origin == current_shield().own_origin or _names_host(origin, request.host)


def _names_host(origin: str, host: str) -> bool:
    """Whether an Origin names the host that was asked.

    The scheme is left out, since a proxy that ends TLS hides it from us; and a foreign page
    cannot choose the Host header of the browser it runs in.
    """
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(named) and named == host
