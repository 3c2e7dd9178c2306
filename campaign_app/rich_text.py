"""Markdown that organisers write, made into HTML that can do no harm.

Two walls: Markdown is read with HTML off, and what it made is cleaned by an explicit list of tags. Knows
nothing of what a text says. A room may fill marks such as `{{fact:key}}` with its own HTML; that HTML
passes the second wall too.
"""

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

MARK = re.compile(r"\{\{([a-z]+)(?::([a-z0-9_-]+))?\}\}")

# No img: a picture needs recorded consent, and one from elsewhere would tell a third party who reads.
TAGS = {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"}
TAGS |= {"a", "em", "strong", "small", "bdi", "time"}
# "*" is given empty because nh3 else keeps `title` and `lang` everywhere.
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}, "time": {"datetime"}}
SCHEMES = ("https", "mailto")
LOWEST_HEADING = 6

Fill = Callable[[str, str], Markup]

_CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel="noopener noreferrer",
)


def render_markdown(text: str, *, top_heading: int = 2, fill: Fill | None = None) -> Markup:
    """Return Markdown as safe HTML.

    HTML in the text, pictures and links to anything but https and mailto stay readable as text.

    top_heading: the level that the text's highest heading gets, 2 to 6; the others keep their distance.
    fill: called with kind and key of every {{kind:key}} in running text ("" of a {{kind}}); without it marks stay text.
    Raises TypeError for a text that is HTML already.
    """
    if isinstance(text, Markup):
        raise TypeError("render_markdown was given HTML: the text has been rendered once already")
    env: dict[str, Any] = {"fill": fill}
    tokens = _MARKDOWN.parse(text, env)
    _shift_headings(tokens, top_heading)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)
    return Markup(_CLEANER.clean(html))  # noqa: S704 - cleaned on this line


def read_markdown(text: str) -> list[Token]:
    """Return what Markdown says as the parser's own tokens, for whatever is not a page; marks are tokens "mark".

    A mark's meta holds its "kind" and "key". HTML is text, and a link leads to https or mailto only.
    """
    return _MARKDOWN.parse(text, {"fill": True})


def _shift_headings(tokens: Sequence[Token], top_heading: int) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if not headings:
        return
    distance = top_heading - min(int(token.tag[1]) for token in headings)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) + distance, LOWEST_HEADING)}"


def _read_mark(state: StateInline, silent: bool) -> bool:
    """Inline rule: recognise {{kind:key}} where somebody fills marks."""
    if state.env["fill"] is None:
        return False
    found = MARK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("mark", "", 0)
        token.content = found.group()
        token.meta = {"kind": found[1], "key": found[2] or ""}
    state.pos = found.end()
    return True


def _write_mark(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    meta = tokens[index].meta
    return str(escape(env["fill"](meta["kind"], meta["key"])))


def _write_picture_as_text(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    return str(escape(tokens[index].content))


def _is_allowed_link(url: str) -> bool:
    return url.lower().startswith(tuple(f"{scheme}:" for scheme in SCHEMES))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = _is_allowed_link  # type: ignore[method-assign]
    parser.inline.ruler.before("link", "mark", _read_mark)
    parser.add_render_rule("mark", _write_mark)
    parser.add_render_rule("image", _write_picture_as_text)
    return parser


_MARKDOWN = _parser()
