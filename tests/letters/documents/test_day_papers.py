"""The papers of content/letters/pack as they are printed for the day of delivery."""

import pytest

from campaign_app.config import settings
from campaign_app.letters import texts
from campaign_app.letters.documents import making

from .reading import bare, pages_of, tags_of, words

pytestmark = pytest.mark.usefixtures("context")
PAPERS = ("talking-points", "photograph-rules", "checklist", "receipt")


def made(key: str, lang: str):
    markdown = (settings().content_dir / "letters" / "pack" / key / f"{lang}.md").read_text(encoding="utf-8")
    title, body = markdown.split("\n", 1)
    resolved = texts.resolve(
        title.removeprefix("# "), body, lambda kind, key: f"[{kind} {key}]".replace(" ]", "]")
    )
    pdf = making.day_paper(
        resolved.subject,
        resolved.blocks,
        lang,
        campaign="Invented Campaign",
        made_at="2026-12-01T08:00:00+00:00",
        reference="NID-2026-0007",
    )
    return resolved, pdf


@pytest.mark.parametrize("lang", ["ar", "en", "fr"])
@pytest.mark.parametrize("key", PAPERS)
def test_each_paper_is_a_page_or_two_with_its_title_and_reference(key, lang):
    resolved, pdf = made(key, lang)

    pages = pages_of(pdf.content)

    assert len(pages) <= (1 if key in ("talking-points", "receipt") else 2)
    assert set(words(resolved.subject)) <= set(words(pages[0]))
    assert all("NID-2026-0007" in page for page in pages)
    assert pdf.replaced == []
    assert tags_of(pdf.content).count("H1") == 1


def test_a_receipt_has_lines_to_write_on_instead_of_dots():
    _, pdf = made("receipt", "en")

    [page] = pages_of(pdf.content)

    assert "Received by (name):" in page
    assert "Stamp:" in page
    assert "……" not in page
    assert bare(page).endswith("NID20260007Page1of1")


def test_the_same_paper_is_the_same_file():
    assert made("checklist", "ar")[1].content == made("checklist", "ar")[1].content
