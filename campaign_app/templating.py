"""How templates run: what Jinja and Flask-Babel would work out again at every word is worked out once.

A page has some forty translated phrases, twenty links and nine imports. As they come, finding the catalogue for each
phrase, the rule for each link and the globals for each import takes longer than everything that differs between two
readers.
"""

from collections.abc import Callable, MutableMapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import flask
from babel.support import NullTranslations, Translations
from flask import Flask
from flask.templating import Environment
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from .config import settings
from .languages import LANGUAGES, countries, current_language

# HTML lets the end tag of an option be left out: a hundredth of a page.
NAMED, CODED = Markup("<option>{1}"), Markup('<option value="{0}">{1}')


class PageEnvironment(Environment):
    """Jinja's environment where no template is loaded with globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals themselves: a chain of two mappings is copied slowly by every import and include."""
        return super().make_globals(d) if d else self.globals


def register(app: Flask) -> None:
    """Give templates their translations by language, in place of Flask-Babel's, their links, and all countries.

    Call it after Flask-Babel was bound to the application.
    """
    folder = app.config["BABEL_TRANSLATION_DIRECTORIES"]
    catalogues = {code: Translations.load(folder, [code]) for code in LANGUAGES}
    phrases = {code: _Phrases(catalogue) for code, catalogue in catalogues.items()}

    def catalogue() -> NullTranslations:
        return catalogues[current_language()]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda message: catalogue().gettext(message),
        ngettext=lambda one, many, number: catalogue().ngettext(one, many, number),
        pgettext=lambda context, message: catalogue().pgettext(context, message),
        npgettext=lambda context, one, many, number: catalogue().npgettext(context, one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = _gettext(phrases)
    app.jinja_env.globals["url_for"] = _url_for(app)
    app.jinja_env.globals["country_options"] = country_options
    app.jinja_env.globals["country_code_options"] = country_code_options


def link(endpoint: str, **values: Any) -> str:
    """Return a link as templates write it, in the reader's language: for a redirect that many are sent to."""
    write: Any = flask.current_app.jinja_env.globals["url_for"]
    found: str = write(endpoint, **values)
    return found


class _Phrases(dict[str, Markup]):
    """What a catalogue says, by the English words: trusted, so that only what is put into it is escaped."""

    def __init__(self, catalogue: NullTranslations) -> None:
        self._catalogue = catalogue

    def __missing__(self, message: str) -> Markup:
        # Our own words: what people typed comes in through a placeholder, and is escaped there.
        found = self[message] = Markup(self._catalogue.gettext(message))  # noqa: S704
        return found


def _gettext(phrases: dict[str, _Phrases]) -> Callable[..., str]:
    """Return the `gettext` of templates. As Jinja's own, it fills in every placeholder and escapes what it fills in."""

    @pass_eval_context
    def gettext(template: EvalContext, message: str, /, **values: Any) -> str:
        phrase = phrases[current_language()][message]
        said = phrase if template.autoescape else str(phrase)
        return said % values if values or "%" in said else said

    return gettext


def _url_for(app: Flask) -> Callable[..., str]:
    """Return the `url_for` of templates, which remembers links; never one that is a secret."""

    @lru_cache(maxsize=1_000)
    def _known(lang: str, root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return app.url_for(endpoint, **dict(values))

    def url_for(endpoint: str, **values: Any) -> str:
        if "token" in values or endpoint.startswith(".") or not flask.has_request_context():
            return app.url_for(endpoint, **values)
        return _known(current_language(), flask.request.root_path, endpoint, tuple(values.items()))

    return url_for


def country_options() -> Markup:
    """Return an <option> for every country, in the order of the reader's language; drawn once a process.

    What a form then sends is the name that the reader chose: `languages.country_code` knows them all. Codes beside the
    names would be a fourteenth of a petition's page.
    """
    return _drawn(NAMED, settings().content_dir, current_language())


def country_code_options() -> Markup:
    """Return an <option> for every country with its code, for a form that asks for codes."""
    return _drawn(CODED, settings().content_dir, current_language())


@cache
def _drawn(option: Markup, content_dir: Path, lang: str) -> Markup:
    return Markup().join(option.format(code, name) for code, name in countries(lang))
