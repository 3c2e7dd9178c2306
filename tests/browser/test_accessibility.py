"""Every page, as everybody must be able to use it: axe-core, and what axe-core does not see.

axe takes joined Arabic letters for an icon font and then passes any contrast, so letters are replaced while it
measures. It takes a placeholder for a label, so visible labels are looked for here. The canaries at the end show
that each of these checks can fail.
"""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.every_page import GROUPS, OPEN, Visitor
from tests.every_page import Page as Answered

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).resolve().parent / "vendor" / "axe-core"
AXE = (FOLDER / "axe.min.js").read_text(encoding="utf-8")
ROOT = Path(__file__).resolve().parents[2]
OPENER = (ROOT / "static" / "opener" / "opener.html").as_uri()
FOR_A_LANGUAGE = re.compile(r"(?::lang\(|:dir\(|\[lang\b|\[dir\b)[^{}();]*\)?[^{}();]*\{([^{}]*)\}")
COLOURS = re.compile(r"color|background|border|opacity|filter|fill|stroke|shadow|--")
VENDORED = re.findall(
    r"^\| `(\S+)` \| `([0-9a-f]{64})` \|$", (FOLDER / "README.md").read_text(), re.MULTILINE
)

SCHEMES = ("light", "dark")
PHONE, DESK = 360, 1280
EVERY_WAY = tuple(product((PHONE, DESK), SCHEMES))
# A page has the same style in both languages, so what each width and scheme does to it is seen in one of them; in
# each language both widths and both schemes are seen. That the style knows no language is held below.
SEEN_IN = {"ar": ((PHONE, "light"), (DESK, "dark")), "en": ((PHONE, "dark"), (DESK, "light"))}
NARROWEST = 320
HEIGHT = 740
LEAST_TARGET = 44
USUAL_TEXT, TWICE = 16, 32  # pixels, as a reader sets them in the browser

SEE_ARABIC = r"""(() => {
  const canvas = CanvasRenderingContext2D.prototype, joined = /[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufeff]/g;
  for (const name of ["measureText", "fillText"]) {
    const original = canvas[name];
    canvas[name] = function (text, ...more) { return original.call(this, String(text).replace(joined, "x"), ...more) };
  }
})()"""
# A list of 250 countries is 250 times the same thing to look at.
UNFOLD = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const select of document.querySelectorAll("select")) select.options.length = Math.min(select.options.length, 4);
}"""
RUN_AXE = """async (rules) => {
  const only = rules && { type: "rule", values: rules };
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) });
  return violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map((node) => node.target.join(" "))].join(": "));
}"""
# Whether names, roles and order are right does not depend on the colours and the width.
SEEN_ONLY = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
IS_SHOWN = """const isShown = (e) =>
    e.checkVisibility({ visibilityProperty: true }) && !e.closest(".trap") && e.getBoundingClientRect().width > 1;"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
# A link in a sentence is as tall as its line (WCAG 2.2, 2.5.8); the target of a box to tick is its row.
SMALL_TARGETS = f"""(least) => {{
  {IS_SHOWN}
  return [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")].filter((e) => {{
    if (!isShown(e) || (e.matches("a") && getComputedStyle(e).display === "inline")) return false;
    const row = e.matches("[type=checkbox], [type=radio]") ? e.parentElement : e;
    return row.getBoundingClientRect().height < least - 0.5 || e.getBoundingClientRect().width < 24;
  }}).map((e) => e.outerHTML.slice(0, 90));
}}"""
UNLABELLED = f"""() => {{
  {IS_SHOWN}
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(isShown);
  return fields.filter((e) => ![...e.labels].some((label) => isShown(label) && label.innerText.trim()))
    .map((e) => e.outerHTML.slice(0, 90));
}}"""
FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const box = focused.getBoundingClientRect();
  const at = (x, y) => document.elementFromPoint(x, y);
  const isSeen = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5]].some(([x, y]) => {
    const found = at(box.left + box.width * x, box.top + box.height * y);
    return found && (focused.contains(found) || found.contains(focused));
  });
  return { name: (focused.innerText || focused.name || focused.href || focused.tagName).slice(0, 40), isSeen };
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a phone."""
    context = browser.new_context(viewport={"width": PHONE, "height": HEIGHT}, reduced_motion="reduce")
    page = context.new_page()
    yield page
    context.close()


def show(page: Page, site: str, answered: Answered) -> None:
    """Show a page as it was answered, with its headers, at its address."""
    address = site + answered.address
    answer = answered.answer
    page.route(
        address,
        lambda route: route.fulfill(
            status=answer.status_code, headers=dict(answer.headers), body=answer.get_data()
        ),
    )
    page.goto(address)
    page.unroute(address)


def faults(page: Page, seen: Iterable[tuple[int, str]] = EVERY_WAY) -> list[str]:
    """Return everything that is wrong with the page shown. seen: the widths and schemes in which it is looked at."""
    page.evaluate(UNFOLD)
    page.evaluate(SEE_ARABIC)
    page.evaluate(AXE)
    found = [f"no visible label: {field}" for field in page.evaluate(UNLABELLED)]
    rules = None
    for width, scheme in seen:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        found += [f"{width}: small target: {target}" for target in page.evaluate(SMALL_TARGETS, LEAST_TARGET)]
        found += [f"{width}, {scheme}: {violation}" for violation in page.evaluate(RUN_AXE, rules)]
        rules = SEEN_ONLY
    return found + squeezed(page)


def squeezed(page: Page) -> list[str]:
    """Return what sticks out at 320 pixels, and on a phone whose text is set to twice its size."""
    found = []
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    if page.evaluate(TOO_WIDE):
        found.append(f"{NARROWEST}: wider than the screen")
    reader = page.context.new_cdp_session(page)
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    reader.send("Page.setFontSizes", {"fontSizes": {"standard": TWICE}})
    if page.evaluate(TOO_WIDE):
        found.append("text at 200 %: wider than the screen")
    reader.send("Page.setFontSizes", {"fontSizes": {"standard": USUAL_TEXT}})
    reader.detach()
    return found


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("group", GROUPS)
def test_no_page_keeps_anybody_out(page, serve, client, mail_dir, monkeypatch, group, lang):
    site = serve(client.application)
    found = {}

    for answered in GROUPS[group](Visitor(client, mail_dir, lang, monkeypatch)):
        show(page, site, answered)
        found[answered.name] = faults(page, SEEN_IN[lang])

    assert len(found) > 5
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_the_opener_keeps_nobody_out(page, lang):
    page.goto(OPENER)
    page.get_by_role("button", name={"ar": "العربية", "en": "English"}[lang]).click()
    found = {}

    for view in ("home", "make", "read", "open"):
        page.evaluate("(view) => go(view)", view)
        found[view] = faults(page, SEEN_IN[lang])

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_style_has_no_colours_of_one_language():
    """So it is enough to see each width and scheme in one of them."""
    sources = [*(ROOT / "static" / "css").glob("*.css"), ROOT / "static" / "opener" / "opener.html"]
    style = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    of_a_language = FOR_A_LANGUAGE.findall(style)

    assert len(of_a_language) > 5
    assert [rule for rule in of_a_language if COLOURS.search(rule)] == []


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("height", [640, 360])
def test_nothing_lies_over_what_has_the_focus(page, serve, client, key, height):
    page.set_viewport_size({"width": PHONE, "height": height})
    page.goto(f"{serve(client.application)}/ar/petitions/{OPEN}")
    seen: dict[str, bool] = {}

    for _ in range(80):
        page.keyboard.press(key)
        if (focused := page.evaluate(FOCUS)) is None:
            break
        seen[focused["name"]] = focused["isSeen"]

    assert len(seen) > 15
    assert [name for name, is_seen in seen.items() if not is_seen] == []


# -- The checks themselves ------------------------------------------------------------------------------

SOUND = (
    '<!doctype html><html lang="ar" dir="rtl"><title>صفحة</title><style>body {{ font: 1rem sans-serif; '
    "background: #fff; color: #1b2326 }} label, button {{ display: block; min-height: 44px }} "
    "input {{ display: block; height: 44px; max-width: 100% }}</style><main><h1>صفحة</h1>{}</main></html>"
)
CANARIES = {
    "pale Arabic": ('<p style="color: #bbb">نص عربي باهت لا يُقرأ</p>', "color-contrast"),
    "a placeholder for a label": ('<input placeholder="الاسم الكامل">', "no visible label"),
    "a label that nobody sees": (
        '<label for="a" style="display: none">الاسم</label><input id="a" title="الاسم">',
        "no visible label",
    ),
    "a small button": ('<button style="min-height: 30px; height: 30px">وقّع</button>', "small target"),
    "a wide table": ('<div style="width: 340px">x</div>', "320: wider"),
    "text in a box of fixed width": ('<p style="white-space: nowrap">' + "كلمة " * 6 + "</p>", "200 %"),
}


def test_a_sound_page_has_no_fault(page):
    page.set_content(SOUND.format('<p>نص</p><label for="a">الاسم</label><input id="a"><button>وقّع</button>'))

    assert faults(page) == []


@pytest.mark.parametrize("canary", CANARIES)
def test_each_check_finds_what_it_is_for(page, canary):
    body, fault = CANARIES[canary]
    page.set_content(SOUND.format(body))

    assert any(fault in found for found in faults(page)), json.dumps(faults(page), ensure_ascii=False)


def test_axe_alone_would_not_see_pale_arabic(browser):
    """When this fails, axe has learned to read Arabic, and SEE_ARABIC can go."""
    page = browser.new_page()
    page.set_content(SOUND.format(CANARIES["pale Arabic"][0]))
    page.evaluate(AXE)

    found: list[Any] = page.evaluate(RUN_AXE)
    page.close()

    assert found == []


@pytest.mark.parametrize(("name", "checksum"), VENDORED)
def test_axe_is_the_released_one_and_has_its_licence(name, checksum):
    assert sha256((FOLDER / name).read_bytes()).hexdigest() == checksum
    assert {path.name for path in FOLDER.iterdir()} == {name for name, _ in VENDORED} | {"README.md"}
