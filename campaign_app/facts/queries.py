"""The facts of this installation, and texts filled with them.

Facts are content (content/figures.toml, content/references.toml), read once per process. A fact is shown with
its value, source and as-of date together or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from ..config import settings
from ..content_files import read_toml
from ..languages import LANGUAGES, format_day, format_month, format_number, format_share, format_year
from ..rich_text import render_markdown
from . import rules
from .entries import read_figure, read_reference
from .rules import AsOf, Fact, Figure, FigureUnresolved, Reference


@dataclass(frozen=True)
class Facts:
    """Every fact by key, and the words that go around one: words[group][name][language]."""

    by_key: Mapping[str, Fact]
    words: Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class SourceLine:
    """One line of the sources under a text, ready to show.

    url: the source's own page, or None where only the sites in `hosts` are known.
    hosts: empty where we read of the source elsewhere; `confidence` then names where.
    scope, status, note: empty where there is nothing to say; without a full stop, since more follows.
    """

    key: str
    statement: str
    source: str
    url: str | None
    hosts: tuple[str, ...]
    as_of: str
    scope: str
    status: str
    confidence: Markup
    note: str


def figure(key: str) -> Figure:
    """Return a figure. Raises FigureUnresolved naming a key that is no figure's."""
    found = fact(key)
    if not isinstance(found, Figure):
        raise FigureUnresolved(f"{key} is a reference, not a figure")
    return found


def fact(key: str) -> Fact:
    """Return a figure or a reference. Raises FigureUnresolved naming an unknown key."""
    try:
        return _facts().by_key[key]
    except KeyError:
        raise FigureUnresolved(f"there is no fact {key!r} in figures.toml or references.toml") from None


def all_facts() -> tuple[Fact, ...]:
    """Return every fact in the order of the files, figures first."""
    return tuple(_facts().by_key.values())


def figures_used(*texts: str) -> tuple[Fact, ...]:
    """Return the facts that texts name, each once, as a reader meets them. Raises FigureUnresolved."""
    keys = dict.fromkeys(key for text in texts for key in rules.keys_in(text))
    return tuple(fact(key) for key in keys)


def render_figures(text: str, lang: str, *, top_heading: int = 2) -> Markup:
    """Return Markdown as safe HTML with every {{fact:key}} written out: value, source and as-of date.

    This is the whole way from Markdown to HTML; do not call render_markdown around it.

    Raises FigureUnresolved for an unknown key, a fact without words in the language, a mistyped mark, or a mark inside
    code or an address.
    """
    expected = rules.keys_in(text)
    filled = []

    def fill(kind: str, key: str) -> Markup:
        filled.append(key)
        return _inline_html(fact(key), lang)

    html = render_markdown(text, top_heading=top_heading, fill=fill)
    if sorted(filled) != sorted(expected):
        missed = next(key for key in expected if filled.count(key) < expected.count(key))
        raise FigureUnresolved(
            f"{missed} stands where no fact can: in code, in an address or after a backslash"
        )
    return html


def figure_as_text(key: str, lang: str) -> str:
    """Return a fact as plain words with source and as-of date, for mails, letters and plain-text pages.

    Raises FigureUnresolved for an unknown key or a fact without words in the language.
    """
    found = fact(key)
    statement = _statement(found, lang)
    if isinstance(found, Reference) and found.is_instrument:
        return statement
    said = {"fact": statement, "source": _comma(lang).join(_attribution(found, lang))}
    return rules.fill_slots(_word("punctuation", "attributed", lang), said)


def sources(*texts: str, lang: str) -> tuple[SourceLine, ...]:
    """Return the sources of every fact that texts name, in the order a reader meets them.

    Raises FigureUnresolved for an unknown key or a fact without words in the language.
    """
    return tuple(_source_line(found, lang) for found in figures_used(*texts))


def sources_as_text(*texts: str, lang: str) -> tuple[str, ...]:
    """Return where the facts that texts name were read, each place once: "Test Network, as of March 2026, https://…".

    For letters, whose texts say each fact with its source already: this adds the address, or whose report it was.
    Raises FigureUnresolved for an unknown key or a fact without words in the language.
    """
    return tuple(dict.fromkeys(_place(found, lang) for found in figures_used(*texts)))


def facts_to_mend(today: date) -> dict[str, tuple[str, ...]]:
    """Return, by key, what an organiser should check or complete: see rules.warnings."""
    found = {each.key: rules.warnings(each, today) for each in all_facts()}
    return {key: names for key, names in found.items() if names}


def load_facts(content_dir: Path) -> Facts:
    """Read the facts of a content folder. Raises FigureIncomplete for the first that may not be shown."""
    figures = read_toml(content_dir / "figures.toml")
    references = read_toml(content_dir / "references.toml")
    by_key: dict[str, Fact] = {
        key: read_figure(key, entry, LANGUAGES) for key, entry in figures.get("figure", {}).items()
    }
    for key, entry in references.get("reference", {}).items():
        if key in by_key:
            raise rules.FigureIncomplete(f"{key}: a figure has this key already")
        by_key[key] = read_reference(key, entry, LANGUAGES)
    return Facts(by_key=by_key, words=figures["words"])


_loaded = cache(load_facts)


def _facts() -> Facts:
    return _loaded(settings().content_dir)


def _word(group: str, name: str, lang: str) -> str:
    return _facts().words[group][name][lang]


def _statement(found: Fact, lang: str) -> str:
    """Return what a fact says, without its source: "112,414 people still missing after…"."""
    if lang not in found.languages:
        raise FigureUnresolved(f"{found.key} has no text in {lang}")
    if isinstance(found, Reference):
        return rules.fill_slots(found.text[lang], {"on": _as_of_words(found.as_of, lang)})
    counted = {"quantity": _quantity(found, lang), "unit": found.unit[lang], "counts": found.counts[lang]}
    said = rules.fill_slots(_word("punctuation", "said", lang), counted)
    if not found.breakdown:
        return said
    numbers = {name: format_number(part, lang) for name, part in found.parts.items()}
    numbers |= {name: format_share(share, lang) for name, share in found.shares.items()}
    return said + _comma(lang) + rules.fill_slots(found.breakdown[lang], numbers)


def _quantity(found: Figure, lang: str) -> str:
    low = format_number(found.value, lang)
    if found.value_to is None:
        return rules.fill_slots(_word("bounds", found.bound, lang), {"number": low})
    high = format_number(found.value_to, lang)
    return rules.fill_slots(_word("bounds", "between", lang), {"low": low, "high": high})


def _as_of_words(as_of: AsOf, lang: str) -> str:
    write = {"day": format_day, "month": format_month, "year": format_year}[as_of.precision]
    shown = write(as_of.day, lang)
    if not as_of.is_approximate:
        return shown
    return rules.fill_slots(_word("dates", "about", lang), {"date": shown})


def _dated(found: Figure, lang: str) -> str:
    on = {"date": _as_of_words(found.as_of, lang)}
    return rules.fill_slots(_word("dates", f"as_of_{found.as_of.precision}", lang), on)


def _comma(lang: str) -> str:
    return _word("punctuation", "comma", lang)


def _attribution(found: Fact, lang: str) -> list[str]:
    """Return what the bracket after a fact holds: source, then as-of date and a mark where they are due."""
    parts = [found.source.names[lang]]
    if isinstance(found, Figure):
        parts += [
            _dated(found, lang),
            _word("marks", found.status, lang),
            _word("marks", "secondary", lang) if _is_reported(found) else "",
        ]
    if found.confidence == "unverified":
        parts.append(_word("marks", "unverified", lang))
    return [part for part in parts if part]


def _place(found: Fact, lang: str) -> str:
    """Return a fact's source with its date and address on one line; of a document its own name with its address."""
    page = found.source.page or _comma(lang).join(found.source.hosts)
    if isinstance(found, Reference) and found.is_instrument:
        return _comma(lang).join([_statement(found, lang), page])
    said = [found.source.names[lang]]
    if isinstance(found, Figure):
        said.append(_dated(found, lang))
    if _is_reported(found):
        page = rules.fill_slots(_word("confidence", "secondary", lang), {"sites": page})
    return _comma(lang).join([*said, page])


def _inline_html(found: Fact, lang: str) -> Markup:
    statement = _statement(found, lang)
    if isinstance(found, Reference) and found.is_instrument:
        return _linked(statement, found.source.page)
    source, *rest = _attribution(found, lang)
    if isinstance(found, Figure) and _is_reported(found):
        # The page is the report's: its link stands under "as reported", not under the source's name.
        said = [_linked(source, None), *rest[:-1], _linked(rest[-1], found.source.page)]
    else:
        said = [_linked(source, found.source.page), *rest]
    bracket = escape(_comma(lang)).join(said)
    return Markup("{} <small>({})</small>").format(statement, bracket)


def _linked(words: str, url: str | None) -> Markup:
    """Return words isolated from the direction around them, as a link where the page is known."""
    isolated = Markup("<bdi>{}</bdi>").format(words)
    return Markup('<a href="{}">{}</a>').format(url, isolated) if url else isolated


def _is_reported(found: Fact) -> bool:
    """Whether we know what the source says from somebody else's report."""
    return found.confidence == "secondary"


def _confidence(found: Fact, lang: str) -> Markup:
    """Return how sure a fact is, and where it was read if not at the source: "as reported by example.org"."""
    pages = {found.source.hosts[0]: found.source.page} if found.source.page else {}
    sites = [
        Markup('<a href="{}" rel="noopener noreferrer" dir="ltr">{}</a>').format(pages[host], host)
        if host in pages
        else Markup('<bdi dir="ltr">{}</bdi>').format(host)
        for host in found.source.hosts
    ]
    words = escape(_word("confidence", found.confidence, lang))
    return words.format(sites=escape(_comma(lang)).join(sites))


def _source_line(found: Fact, lang: str) -> SourceLine:
    return SourceLine(
        key=found.key,
        statement=_statement(found, lang),
        source=found.source.names[lang],
        url=None if _is_reported(found) else found.source.page,
        hosts=() if _is_reported(found) else found.source.hosts,
        as_of=_as_of_words(found.as_of, lang),
        scope=found.scope[lang].rstrip(".") if isinstance(found, Figure) else "",
        status=_word("status", found.status, lang) if isinstance(found, Figure) else "",
        confidence=_confidence(found, lang),
        note=found.note.get(lang, "").rstrip("."),
    )
