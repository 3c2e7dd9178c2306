"""A small content folder of facts that tests may bend, and the shipped one."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaign_app.config import EXTENSION, Settings

CONTENT = Path(__file__).resolve().parents[2] / "content"


@pytest.fixture
def complete_figure() -> dict[str, Any]:
    """Return an entry of figures.toml with nothing missing; a test takes away what it is about."""
    return {
        "value": 112_414,
        "unit": {"ar": "شخصاً", "en": "people"},
        "counts": {"ar": "مفقودون", "en": "missing"},
        "scope": {"ar": "طرف واحد", "en": "one party"},
        "source": {"ar": "شبكة", "en": "Test Network"},
        "source_urls": ["https://www.example.org/report"],
        "as_of": "2024-12-28",
        "status": "current",
        "confidence": "verified",
        "checked_on": date(2026, 11, 23),
    }


@pytest.fixture
def content_of(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Return a function that makes a content folder of TOML text the current application's."""
    contexts = []

    def make(figures: str = "", references: str = "") -> None:
        words = (CONTENT / "figures.toml").read_text(encoding="utf-8").partition("# -- Deaths")[0]
        (tmp_path / "figures.toml").write_text(words + figures, encoding="utf-8")
        (tmp_path / "references.toml").write_text(references, encoding="utf-8")
        context = _application(tmp_path).app_context()
        context.push()
        contexts.append(context)

    yield make
    for context in contexts:
        context.pop()


@pytest.fixture
def shipped_facts() -> Iterator[None]:
    """Make the shipped content the current application's."""
    with _application(CONTENT).app_context():
        yield


def _application(content_dir: Path) -> Flask:
    app = Flask("facts")
    app.extensions[EXTENSION] = Settings(content_dir=content_dir)
    return app
