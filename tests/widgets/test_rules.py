"""What a widget may be asked for, and that every preset can be read."""

import re
from itertools import product

import pytest

from campaign_app.config import ROOT
from campaign_app.widgets.rules import (
    ACCENTS,
    THEMES,
    Look,
    NotASide,
    anybody,
    frame_ancestors,
    look_of,
    side,
    source_of,
)
from tests.site.test_templates import contrast

CRITICAL = (ROOT / "static" / "css" / "critical.css").read_text(encoding="utf-8")
FRAME = (ROOT / "static" / "widget" / "frame.css").read_text(encoding="utf-8")
TOKEN = re.compile(r"--([a-z]+):\s*(#[0-9a-f]{3,6})")


@pytest.mark.parametrize("wrong", ["", "DARK", "dark ", "dark;", "x" * 5_000, "auto\0", "ذهبي"])
def test_a_look_that_is_no_preset_is_the_usual_one(wrong):
    assert look_of(wrong, wrong) == Look("auto", "petrol")
    assert look_of("dark", wrong).classes == "theme-dark"
    assert look_of(wrong, "ink").classes == "accent-ink"


@pytest.mark.parametrize("text", ["a", "solidarity_2-b", "x" * 32])
def test_a_source_is_taken_as_it_is(text):
    assert source_of(text) == text


@pytest.mark.parametrize(
    "text", ["", "A", "a b", "a\n", "x" * 33, "é", "a;b", "'none'", "https://example.org"]
)
def test_what_is_no_source_becomes_none(text):
    assert source_of(text) == ""


def test_a_frame_of_nobody_may_be_framed_by_nobody():
    assert frame_ancestors(()) == "'none'"
    assert frame_ancestors(("https://a.example.org", "https://b.example.org:8443")) == (
        "https://a.example.org https://b.example.org:8443"
    )
    assert (anybody(may_be_http=False), anybody(may_be_http=True)) == ("https:", "https: http:")


@pytest.mark.parametrize(
    ("text", "is_wide"), [("", 600), ("600", 600), ("10000", 600), ("599", 599), ("1", 1)]
)
def test_a_side_is_never_larger_than_asked(text, is_wide):
    assert side(text, 600) == is_wide


@pytest.mark.parametrize(
    "text", ["0", "-1", "+5", "1.5", "1e3", "10001", "99999999999999999999", "٥٠٠", " 5", "5px", "5\0"]
)
def test_what_is_no_side_is_refused(text):
    with pytest.raises(NotASide):
        side(text, 600)


@pytest.mark.parametrize(("scheme", "accent"), [*product(("light", "dark"), ACCENTS)])
def test_every_accent_can_be_read_on_every_ground(scheme, accent):
    grounds = _tokens(rf"\.theme-{scheme} ")
    colours = [grounds["primary"]] if accent == "petrol" else _colours_of(accent, scheme)

    assert len(set(colours)) == 1  # whether the page chose the scheme or the device did
    for ground in ("paper", "sheet"):
        assert contrast(colours[0], grounds[ground]) >= 4.5, ground


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_theme_that_was_chosen_has_the_colours_of_its_scheme(scheme):
    here = re.search(
        r":root\{color-scheme[^}]*\}" if scheme == "light" else r"dark\)\{:root\{[^}]*\}", CRITICAL
    )
    assert here is not None
    expected = dict(TOKEN.findall(here[0]))

    assert len(expected) == 8
    assert expected.items() <= _tokens(rf"\.theme-{scheme} ").items()
    assert THEMES == ("auto", "light", "dark")


def _tokens(selector: str) -> dict[str, str]:
    found = re.search(selector + r"\{([^}]*)\}", FRAME)
    assert found is not None, selector
    return dict(TOKEN.findall(found[1]))


def _colours_of(accent: str, scheme: str) -> list[str]:
    """Return the colour of an accent in each rule that can give it in a scheme."""
    if scheme == "light":
        return [_tokens(rf"\n\.accent-{accent} ")["primary"]]
    chosen, preferred = rf"\.theme-dark\.accent-{accent} ", rf"\.accent-{accent}:not\(\.theme-light\) "
    return [_tokens(chosen)["primary"], _tokens(preferred)["primary"]]
