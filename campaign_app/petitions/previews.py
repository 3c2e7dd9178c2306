"""How words will look on a petition's page, and which of them the campaign avoids; stores nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from ..facts.queries import all_facts, figure_as_text, render_figures
from ..facts.rules import FigureUnresolved
from ..rich_text import render_markdown
from .avoiding import Avoided, Found, found_in, marked
from .rules import LONGEST, MARKDOWN_FIELDS, TEXT_FIELDS

LOWEST_OF_PAGE = 5  # below the headings of the desk's own page


@dataclass(frozen=True)
class Preview:
    """Words in one language as HTML, by field, with what is to be avoided marked. found: by field."""

    language: str
    html: Mapping[str, Markup]
    found: Mapping[str, Sequence[Found]] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureAtHand:
    """A figure that a text may name, and what it then says."""

    key: str
    says: str


def preview_text(language: str, words: Mapping[str, str], entries: Sequence[Avoided]) -> Preview:
    """Return the five fields of a petition, each as far as it may go: a million letters would be read for a minute.

    A figure that cannot be shown stays as it is written.
    """
    words = {name: words[name][: LONGEST[name]] for name in TEXT_FIELDS}
    html = {
        name: _with_figures(words[name], language) if name in MARKDOWN_FIELDS else escape(words[name])
        for name in TEXT_FIELDS
    }
    return _preview(language, words, html, entries)


def preview_news(language: str, words: Mapping[str, str], entries: Sequence[Avoided]) -> Preview:
    """Return title and body of a piece of news."""
    title, body = words.get("title", ""), words.get("body", "")
    html = {"title": escape(title), "body": render_markdown(body, top_heading=LOWEST_OF_PAGE)}
    return _preview(language, {"title": title, "body": body}, html, entries)


def figures_at_hand(language: str) -> list[FigureAtHand]:
    """Return every figure that can be named, with its words in a language."""
    return [FigureAtHand(each.key, figure_as_text(each.key, language)) for each in all_facts()]


def _preview(
    language: str, words: Mapping[str, str], html: Mapping[str, Markup], entries: Sequence[Avoided]
) -> Preview:
    return Preview(
        language=language,
        html={name: marked(part, entries) for name, part in html.items()},
        found={name: found_in(text, entries) for name, text in words.items()},
    )


def _with_figures(text: str, language: str) -> Markup:
    try:
        return render_figures(text, language, top_heading=LOWEST_OF_PAGE)
    except FigureUnresolved:
        return render_markdown(text, top_heading=LOWEST_OF_PAGE)
