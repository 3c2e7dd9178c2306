"""The privacy notice and the imprint: content, filled with who is responsible for this installation."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask_babel import gettext as _
from markupsafe import Markup

from ..campaign import campaign
from ..config import settings
from ..content_files import read_toml
from ..rich_text import render_markdown


@dataclass(frozen=True)
class LegalText:
    """A text ready to show."""

    title: str
    html: Markup


def legal_text(kind: str, lang: str) -> LegalText:
    """Return the privacy notice ("privacy") or imprint ("imprint"); empty fields are said to be empty."""
    found = _load(settings().content_dir, lang)[kind]
    body = found["body"]
    for name in _placeholders(body):
        body = body.replace("{{" + name + "}}", getattr(campaign(), name) or _("(not yet filled in)"))
    return LegalText(found["title"], render_markdown(body))


def _placeholders(body: str) -> list[str]:
    return [part.partition("}}")[0] for part in body.split("{{")[1:]]


@cache
def _load(content_dir: Path, lang: str) -> dict[str, dict[str, str]]:
    return read_toml(content_dir / "legal" / f"{lang}.toml")
