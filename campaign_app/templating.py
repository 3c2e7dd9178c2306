"""How templates run: what Jinja and Flask-Babel would work out again at every word is worked out once.

A page has some forty translated phrases and nine imports. As they come, finding the catalogue for each phrase and
the globals for each import takes longer than everything that differs between two readers.
"""

from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask
from flask.templating import Environment
from markupsafe import Markup

from .config import settings
from .languages import LANGUAGES, countries, current_language


class PageEnvironment(Environment):
    """Jinja's environment where no template is loaded with globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals themselves: a chain of two mappings is copied slowly by every import and include."""
        return super().make_globals(d) if d else self.globals


def register(app: Flask) -> None:
    """Give templates their translations by language, in place of Flask-Babel's, and the options of all countries.

    Call it after Flask-Babel was bound to the application.
    """
    folder = app.config["BABEL_TRANSLATION_DIRECTORIES"]
    catalogues = {code: Translations.load(folder, [code]) for code in LANGUAGES}

    def catalogue() -> NullTranslations:
        return catalogues[current_language()]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda message: catalogue().gettext(message),
        ngettext=lambda one, many, number: catalogue().ngettext(one, many, number),
        pgettext=lambda context, message: catalogue().pgettext(context, message),
        npgettext=lambda context, one, many, number: catalogue().npgettext(context, one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["country_options"] = country_options


def country_options() -> Markup:
    """Return an <option> for every country, in the order of the reader's language; drawn once a process."""
    return _drawn(settings().content_dir, current_language())


@cache
def _drawn(content_dir: Path, lang: str) -> Markup:
    option = Markup('<option value="{}">{}</option>')
    return Markup().join(option.format(code, name) for code, name in countries(lang))
