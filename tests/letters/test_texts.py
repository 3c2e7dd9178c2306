"""A letter's Markdown becomes blocks of plain words; every mark is filled, or told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.letters.frozen import BULLETS, HEADING, ORDERED, PARAGRAPH
from campaign_app.letters.texts import Unfilled, Unresolved, plain, resolve, with_parts

HOSTILE = [
    "#panic()",
    "<script>alert(1)</script>",
    "{% raw %}",
    "=1+1",
    "</w:t>",
    "$x$",
    "![x](https://e.org/x)",
]


def fill(kind: str, key: str) -> str:
    if kind == "fact" and key == "graves":
        return "mass graves {{statement}}"
    raise Unfilled("unknown")


def test_paragraphs_headings_and_lists_keep_their_order_and_look():
    found = resolve("Lists", "## Why\n\nWe *ask* **now**.\n\n3. one\n4. two\n\n- a", fill).blocks

    assert [block.kind for block in found] == [HEADING, PARAGRAPH, ORDERED, BULLETS]
    assert [(run.text, run.emphasis, run.strong) for run in found[1].runs] == [
        ("We ", False, False),
        ("ask", True, False),
        (" ", False, False),
        ("now", False, True),
        (".", False, False),
    ]
    assert found[2].start == 3
    assert plain(found) == "Why\nWe ask now.\none\ntwo\na"


def test_a_mark_is_filled_and_what_fills_it_is_never_looked_into():
    found = resolve("About {{fact:graves}}", "There are {{fact:graves}}.", fill)

    assert found.subject == "About mass graves {{statement}}"
    assert plain(found.blocks) == "There are mass graves {{statement}}."
    assert found.unresolved == ()


@pytest.mark.parametrize(
    ("body", "mark", "reason"),
    [
        ("{{fact:nothing}}", "{{fact:nothing}}", "unknown"),
        ("{{ statement }}", "{{ statement }}", "mistyped"),
        ("`{{fact:graves}}`", "{{fact:graves}}", "mistyped"),
        ("[x](https://example.org/{{fact:graves}})", "{{fact:graves}}", "mistyped"),
        ("half {{fact:graves", "{{", "mistyped"),
        ("    {{fact:graves}}", "{{fact:graves}}", "mistyped"),
        ("{{part:left}}", "{{part:left}}", "unknown"),
    ],
)
def test_a_mark_that_nothing_stands_for_is_told_and_stays_readable(body, mark, reason):
    found = resolve("Lists", body, fill)

    assert found.unresolved == (Unresolved(mark, reason),)
    assert mark in plain(found.blocks) or "%7B" in found.blocks[0].runs[0].url


def test_a_mark_in_the_subject_is_told_too():
    assert resolve("{{fact:nothing}}", "", fill).unresolved == (Unresolved("{{fact:nothing}}", "unknown"),)


def test_a_part_is_its_paragraphs_or_gone():
    body = "First.\n\n{{part:children}}\n\nLast."

    assert (
        with_parts(body, {"children": "About {{fact:graves}}."})
        == "First.\n\nAbout {{fact:graves}}.\n\nLast."
    )
    assert with_parts(body, {"children": ""}) == "First.\n\n\n\nLast."
    assert with_parts(body, {}) == body


@pytest.mark.parametrize("markup", HOSTILE)
def test_markup_of_other_languages_is_text(markup):
    found = resolve(markup, markup, fill)

    assert found.subject == markup
    assert plain(found.blocks).replace("x", "") in markup.replace("x", "")
    assert found.unresolved == ()


def test_a_link_leads_to_https_or_mail_only():
    (paragraph,) = resolve("", "[a](https://example.org/) [b](javascript:alert(1))", fill).blocks

    assert [run.url for run in paragraph.runs if run.url] == ["https://example.org/"]


@given(st.text(max_size=300))
def test_any_text_at_all_is_read(text):
    resolve(text, text, fill)
