"""Absolute addresses of our own pages, from BASE_URL: never from a Host header that a visitor may choose."""

from typing import Any

from flask import url_for

from .config import settings


def public_url(endpoint: str, **values: Any) -> str:
    """Return the absolute address of a page, as it may be shared, mailed or printed."""
    return settings().base_url + url_for(endpoint, **values)
