"""What every template and style sheet keeps to, read from the files alone: no application, no browser."""

import gzip
import hashlib
import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from campaign_app.widgets.rules import ACCENTS, THEMES, look_of

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "campaign_app" / "templates"
STATIC = ROOT / "static"
PAGES = sorted(
    path
    for folder in ("signing", "errors", "widgets")
    for path in (TEMPLATES / folder).glob("*.html")
    if not path.name.startswith("_")
)
OURS = (
    sorted(  # a mail is another medium with rules of its own, and so is the page that shows one to developers
        path
        for path in TEMPLATES.rglob("*.html")
        if path.name != "mail.html" and path.relative_to(TEMPLATES).parts[0] not in ("email", "mail")
    )
)
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
STYLES = [*sorted((STATIC / "css").glob("*.css")), STATIC / "widget" / "frame.css"]

KB = 1024
CRITICAL_LIMIT = 3.5 * KB
FONT_LIMIT = 44 * KB

# experience.md, "Look": least contrast of each token on the paper and on the sheets that lie on it.
LEAST_CONTRAST = {
    "ink": 7,
    "muted": 4.5,
    "primary": 4.5,
    "accent": 4.5,
    "error": 4.5,
    "success": 4.5,
    "control": 3,
}
PHYSICAL = re.compile(
    r"(?:^|[\s{;])((?:margin|padding|border)-(?:left|right|top|bottom)\b[^:]*|left|right|top|bottom|width|height"
    r"|(?:min|max)-(?:width|height)|text-align:\s*(?:left|right)|float)\s*:",
    re.MULTILINE,
)
# Not in Chrome 88, Firefox 115 and Safari 15 together; without it a whole rule would be dropped.
TOO_NEW = (":has(", "color-mix(", "oklch(", "@layer", "@container", "light-dark(", "dvh", "&", "@property")


COUNTRIES = (("DE", "Germany"), ("SY", "Syria"))


@pytest.fixture(scope="module")
def jinja() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    options = Markup().join(Markup("<option>{}").format(name) for _, name in COUNTRIES)
    environment.globals["country_options"] = lambda: options
    return environment


def control(name: str, value: object = "", *errors: str) -> SimpleNamespace:
    return SimpleNamespace(id=name, name=name, data=value, errors=list(errors))


def macro(jinja: Environment, name: str):
    return getattr(jinja.get_template(f"components/{name}.html").module, name)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- Templates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_is_one_macro_named_like_its_file(path):
    assert re.findall(r"{%-? macro (\w+)\(", path.read_text()) == [path.stem]


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_template_can_be_compiled(path, jinja):
    jinja.get_template(path.relative_to(TEMPLATES).as_posix())


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_template_holds_nothing_that_the_content_security_policy_forbids(path):
    text = path.read_text()

    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=\"", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_template_loads_nothing_from_elsewhere(path):
    loaded = re.findall(
        r"<(?:script|link|img|iframe|source|form)[^>]*\s(?:src|href|action)=\"([^\"]*)", path.read_text()
    )

    assert [address for address in loaded if not address.startswith(("{{", "data:"))] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_has_one_heading_and_a_title_of_its_own(path):
    text = path.read_text()
    headings = len(re.findall(r"<h1\b", text)) + text.count("{{ petition_header(")

    assert text.startswith(('{% extends "layout/', "{% extends layout %}"))  # the latter also inside a frame
    assert headings == 1
    assert "{% block title %}" in text


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_every_word_of_a_template_can_be_translated(path):
    text = path.read_text()
    for kept in (r"{#.*?#}", r"{% trans.*?{% endtrans %}", r"<code.*?</code>", r"{[{%].*?[}%]}", r"<[^>]*>"):
        text = re.sub(kept, " ", text, flags=re.DOTALL)

    # The name of a sum is the same in every language.
    assert re.findall(r"[^\W\d_]{2,}", text.replace("SHA-256", "")) == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_translated_sentence_names_its_placeholders_and_takes_no_logic(path):
    for sentence in re.findall(r"{% trans[^%]*%}(.*?){% endtrans %}", path.read_text(), flags=re.DOTALL):
        assert all(re.fullmatch(r"\w+", name.strip()) for name in re.findall(r"{{(.*?)}}", sentence))
        assert "\n" not in sentence


# -- Components -----------------------------------------------------------------------------------------


def test_a_field_keeps_what_was_typed_and_says_its_error_where_it_is(jinja):
    drawn = macro(jinja, "field")(control("name", '"><b>', "Enter your full name"), "Full name", "A hint")

    assert 'value="&#34;&gt;&lt;b&gt;"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="name-hint name-error"' in drawn
    assert '<span class="wrong" id="name-error">Enter your full name</span>' in drawn


def test_a_field_without_an_error_is_not_marked(jinja):
    drawn = macro(jinja, "field")(control("email"), "E-mail", type="email", write="ltr", autocomplete="email")

    assert "aria-" not in drawn
    assert 'dir="ltr"' in drawn
    assert '<label for="email">E-mail</label>' in drawn


def test_a_choice_is_never_ticked_in_advance(jinja):
    checkbox = macro(jinja, "checkbox")

    assert "checked" not in checkbox(control("show_name", False), "Show my name")
    assert "checked" in checkbox(control("show_name", True), "Show my name")


def test_the_chosen_country_is_chosen_again(jinja):
    drawn = macro(jinja, "country_select")(control("country", "SY"), COUNTRIES, "Country")

    assert re.findall(r"<option( value=\"SY\" selected)?>(\w+)", drawn) == [
        (' value="SY" selected', "Syria"),
        ("", "Germany"),
        ("", "Syria"),
    ]


def test_the_error_summary_links_each_error_to_its_field(jinja):
    drawn = macro(jinja, "error_summary")([("name", "Enter your full name"), ("country", "Choose a country")])

    assert re.findall(r'href="#(\w+)" target="_self">([^<]*)', drawn) == [
        ("name", "Enter your full name"),
        ("country", "Choose a country"),
    ]
    assert "autofocus" in drawn


def test_a_name_in_any_script_cannot_disturb_the_line_around_it(jinja):
    imported = '{% from "components/signer_list.html" import signer_list with context %}'
    template = jinja.from_string(imported + "{{ signer_list(signers) }}")
    day = SimpleNamespace(isoformat=lambda: "2026-11-24")

    drawn = template.render(
        signers=[SimpleNamespace(name="<i>موقّع", country_name="Syria", on=day)],
        format_day=lambda day: "24 November",
    )

    assert "<bdi>&lt;i&gt;موقّع</bdi>" in drawn


def test_a_bar_is_as_long_as_its_number_and_the_number_stands_beside_it(jinja):
    rows = [("1 May", 30, "30"), ("2 May", 120, "120")]

    drawn = macro(jinja, "bar_chart")("People a day", "Day", "People", rows, 120)

    assert re.findall(r'viewBox="0 0 (\d+) 1".*?<rect width="(\d+)"', drawn) == [
        ("120", "30"),
        ("120", "120"),
    ]
    assert '<td class="figure">30</td>' in drawn


def test_sharing_contacts_nobody_before_a_tap(jinja):
    share = SimpleNamespace(
        url="https://example.org/en/petitions/a",
        text="A",
        qr_svg="",
        links=[("x", "X", "https://x.example/?u=1")],
    )

    drawn = macro(jinja, "share_set")(share)

    assert not re.search(r"<(?:img|script|iframe|link)", drawn)
    assert '<a class="button quiet" href="https://x.example/?u=1" rel="noopener noreferrer">X</a>' in drawn


# -- Style sheets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_a_style_sheet_knows_no_left_and_no_right(path):
    rules = re.sub(r"@media[^{]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)

    assert [found[1].strip() for found in PHYSICAL.finditer(rules)] == []


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_a_style_sheet_stays_within_what_the_oldest_browsers_know(path):
    text = path.read_text()

    assert [word for word in TOO_NEW if word in text] == []


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_a_style_sheet_never_spaces_arabic_letters_and_casts_no_shadow_but_the_focus(path):
    text = path.read_text()

    assert "letter-spacing" not in text
    assert re.findall(r"box-shadow:\s*([^;}]*)", text) in ([], ["0 0 0 3px var(--focus)"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_the_paper_and_on_a_sheet(scheme):
    tokens = colours(scheme)

    for name, least in LEAST_CONTRAST.items():
        for ground in ("paper", "sheet"):
            assert contrast(tokens[name], tokens[ground]) >= least, (name, ground)
    assert contrast(tokens["paper"], tokens["primary"]) >= 4.5  # the words on a button
    assert contrast(tokens["paper"], tokens["accent"]) >= 4.5  # the words on the demonstration strip
    assert max(contrast(tokens[ring], tokens["paper"]) for ring in ("focus", "ring")) >= 3


def test_the_critical_style_is_small_enough_to_come_with_every_page():
    assert len(gzip.compress((STATIC / "css" / "critical.css").read_bytes(), 9)) <= CRITICAL_LIMIT


def test_every_class_that_a_template_names_has_a_style_and_the_other_way_round():
    styled = set(re.findall(r"\.([a-z][a-z-]*)", " ".join(map(selectors, STYLES))))
    named = {
        word
        for path in OURS
        for value in re.findall(r'class="([^"]*)"', path.read_text())
        for word in re.sub(r"{{.*?}}|{%.*?%}", " ", value).split()
    }
    named |= {"good", "error"}  # tones of a notice, given by its caller
    for theme, accent in product(THEMES, ACCENTS):  # of a frame
        named |= set(look_of(theme, accent).classes.split())

    assert named ^ styled == set()


# -- Fonts ----------------------------------------------------------------------------------------------


def test_the_fonts_are_the_ones_that_were_checked_in_with_their_licence():
    for line in (STATIC / "fonts" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((STATIC / "fonts" / name).read_bytes()).hexdigest() == digest
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text()


def test_both_fonts_together_keep_to_the_budget():
    assert sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")) <= FONT_LIMIT


def test_who_saves_data_is_given_no_font():
    plain = re.search(r"\.plain body{([^}]*)}", (STATIC / "css" / "critical.css").read_text())
    layout = (TEMPLATES / "layout" / "public.html").read_text()

    assert plain is not None
    assert "Vazirmatn" not in plain[1]
    assert '{% if saves_data %} class="plain"{% endif %}>' in layout


def test_every_font_that_is_named_is_there():
    named = re.findall(r"url\(\"\.\./([^\"]+)\"\)", (STATIC / "css" / "register.css").read_text())

    assert len(named) == 2
    assert all((STATIC / name).is_file() for name in named)


def selectors(path: Path) -> str:
    """Return what stands before the braces of a style sheet."""
    return " ".join(
        re.findall(r"([^{};]*){", re.sub(r"/\*.*?\*/|@[^{]*", "", path.read_text(), flags=re.DOTALL))
    )


def colours(scheme: str) -> dict[str, str]:
    """Return the colour tokens of both style sheets. scheme: "light" or "dark"."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for path in STYLES:
        blocks = re.findall(r":root\s*{([^}]*)}", path.read_text().partition("@media print")[0])
        for found, block in zip((light, dark), blocks or ("", ""), strict=True):
            found |= re.findall(r"--(\w+):\s*(#\w+)", block)
    return light if scheme == "light" else light | dark


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rgb" or "#rrggbb" (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
