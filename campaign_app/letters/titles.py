"""What a petition is called in a letter whose language its page does not exist in: content/letters/petitions/."""

from functools import cache
from pathlib import Path
from typing import Any

from ..config import settings
from ..content_files import place_of, read_toml


def translated_title(slug: str, lang: str, english: str) -> str | None:
    """Return a petition's title in a language of letters; None where nobody translated the one that it has now.

    english: its present title in English. Where it was edited since, the translation no longer says the same.
    """
    found = _titles(settings().content_dir, slug)
    if found is None or found["translates"] != english:
        return None
    title: str | None = found["title"].get(lang)
    return title


@cache
def _titles(content_dir: Path, slug: str) -> dict[str, Any] | None:
    path = place_of(content_dir, "letters", "petitions", f"{slug}.toml")
    return read_toml(path) if path.exists() else None
