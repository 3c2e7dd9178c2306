"""Markdown written by organisers never becomes anything but plain, safe HTML."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from campaign_app.rich_text import ATTRIBUTES, TAGS, render_markdown

HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a script inside a paragraph": "before <script src='https://example.org/x.js'></script> after",
    "an event handler": '<img src=x onerror="alert(1)">',
    "a frame": "<iframe src='https://example.org'></iframe>",
    "a style": "<style>body{display:none}</style>",
    "a form": "<form action='https://example.org'><input name=email></form>",
    "a comment that opens HTML": "<!--><script>alert(1)</script>-->",
    "a javascript link": "[press](javascript:alert(1))",
    "a javascript link in disguise": "[press](JaVaScRiPt&colon;alert(1))",
    "a javascript link with a tab": "[press](java&#9;script:alert(1))",
    "a javascript autolink": "<javascript:alert(1)>",
    "a vbscript link": "[press](vbscript:msgbox)",
    "a data link": "[press](data:text/html;base64,PHNjcmlwdD4=)",
    "a data picture link": "[press](data:image/png;base64,iVBORw0KGgo=)",
    "a link in the clear": "[press](http://example.org/)",
    "a link without a scheme": "[press](//example.org/)",
    "a link to a path of this site": "[press](/desk/)",
    "a picture": "![a face](https://example.org/face.png)",
    "a data picture": "![a face](data:image/png;base64,iVBORw0KGgo=)",
    "a javascript reference": "[press][x]\n\n[x]: javascript:alert(1)",
    "a quote that leaves an attribute": '[press](https://example.org/"onmouseover="alert(1))',
    "a title that leaves an attribute": "[press](https://example.org/ '\"><script>alert(1)</script>')",
    "a code language that leaves an attribute": '```"><script>alert(1)</script>\ncode\n```',
    "a template": "{{ config }} {% raw %}",
}


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """Return every element of a fragment with its attributes, as a browser would build them."""
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return [
        (node.tag, dict(node.attrib))
        for node in tree.iter()
        if node is not tree and isinstance(node.tag, str)
    ]


def assert_harmless(html: str) -> None:
    for tag, attributes in elements(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        assert attributes.get("href", "https:").startswith(("https:", "mailto:"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_makes_no_harmful_element(text):
    html = render_markdown(text)

    assert_harmless(html)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[press](javascript:alert(1))",
        "[press](data:image/png;base64,iVBORw0KGgo=)",
        "[press](http://example.org/)",
        "<javascript:alert(1)>",
    ],
)
def test_what_is_refused_stays_readable_as_it_was_typed(text):
    html = render_markdown(text)

    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    assert "".join(tree.itertext()).strip() == text


def test_a_picture_becomes_its_description():
    assert render_markdown("![A *calm* sea](https://example.org/sea.png)") == "<p>A *calm* sea</p>\n"


def test_a_link_reveals_neither_the_reader_nor_the_page():
    html = render_markdown("[source](https://example.org/page)")

    assert elements(html)[1] == ("a", {"href": "https://example.org/page", "rel": "noopener noreferrer"})


def test_a_mail_address_can_be_linked():
    html = render_markdown("<desk@example.org>")

    assert elements(html)[1][1]["href"] == "mailto:desk@example.org"


@pytest.mark.parametrize(
    ("text", "top_heading", "tags"),
    [
        ("# One\n## Two", 2, ["h2", "h3"]),
        ("## One\n### Two\n## Three", 2, ["h2", "h3", "h2"]),
        ("### One\n## Two", 3, ["h4", "h3"]),
        ("# One\n###### Six", 2, ["h2", "h6"]),
    ],
)
def test_headings_begin_where_the_page_says_and_never_at_one(text, top_heading, tags):
    html = render_markdown(text, top_heading=top_heading)

    assert [tag for tag, _ in elements(html)] == tags


def test_ordinary_writing_keeps_its_shape():
    html = render_markdown("**Hand over** the lists.\n\n3. first\n4. second\n\n> quoted")

    assert [tag for tag, _ in elements(html)] == ["p", "strong", "ol", "li", "li", "blockquote", "p"]
    assert '<ol start="3">' in html


def test_marks_are_filled_in_running_text_with_markdown_around_them():
    html = render_markdown(
        "**{{fact:lists}}** and {{fact:graves}}.", fill=lambda kind, key: Markup("<bdi>{}</bdi>").format(key)
    )

    assert html == "<p><strong><bdi>lists</bdi></strong> and <bdi>graves</bdi>.</p>\n"


def test_marks_stay_text_where_nobody_fills_them():
    assert render_markdown("{{fact:lists}}") == "<p>{{fact:lists}}</p>\n"


@pytest.mark.parametrize(
    "text", ["`{{fact:lists}}`", "[x](https://example.org/{{fact:lists}})", r"\{{fact:lists}}"]
)
def test_marks_are_not_filled_in_code_or_addresses(text):
    filled = []

    render_markdown(text, fill=lambda kind, key: filled.append(key) or Markup())

    assert filled == []


def test_what_fills_a_mark_passes_the_same_cleaning():
    html = render_markdown(
        "{{fact:x}}", fill=lambda kind, key: Markup("<script>alert(1)</script><bdi onclick=x>7</bdi>")
    )

    assert html == "<p><bdi>7</bdi></p>\n"


def test_what_fills_a_mark_cannot_link_into_this_site():
    html = render_markdown("{{fact:x}}", fill=lambda kind, key: Markup('<a href="/desk/">7</a>'))

    assert html == '<p><a rel="noopener noreferrer">7</a></p>\n'


def test_a_fill_that_is_not_markup_is_escaped():
    html = render_markdown("{{fact:x}}", fill=lambda kind, key: "<b>bold</b>")

    assert html == "<p>&lt;b&gt;bold&lt;/b&gt;</p>\n"


def test_html_is_refused_rather_than_rendered_twice():
    with pytest.raises(TypeError, match="already"):
        render_markdown(Markup("<p>done</p>"))


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=200)
    | st.text("<>![]()`*_#\"'&;:/-=\n javscriptdh", max_size=80)
)
def test_no_text_at_all_makes_a_harmful_element(text):
    assert_harmless(render_markdown(text))
