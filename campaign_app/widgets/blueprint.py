"""The blueprint of what is no page in a frame: files, numbers and pictures that other sites load."""

from typing import Any

from flask import Blueprint, g, request

from ..languages import FIRST_LANGUAGE, LANGUAGES

blueprint = Blueprint("widgets", __name__)


@blueprint.url_value_preprocessor
def _read_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Take the language from the query where the address has none; what the browser prefers changes nothing here."""
    if "lang" not in (values or {}):
        g.lang = language_asked()


def language_asked() -> str:
    """Return the language that ?lang= names, or the campaign's first: every reader of an address gets the same."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else FIRST_LANGUAGE
