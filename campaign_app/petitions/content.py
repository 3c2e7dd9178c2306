"""The petitions as they are shipped: files under content/petitions, read and checked before anything is stored."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from ..content_files import read_toml
from ..errors import ConfigurationError
from .rules import TEXT_FIELDS


@dataclass(frozen=True)
class ShippedPetition:
    """One petition folder. `texts`: language code → the five text fields."""

    slug: str
    home_language: str
    required_languages: tuple[str, ...]
    people_per_mailbox: int
    closes_at: datetime | None
    addressees: tuple[dict[str, Any], ...]
    goals: tuple[dict[str, Any], ...]
    texts: dict[str, dict[str, str]]


def shipped_petitions(content_dir: Path) -> list[ShippedPetition]:
    """Return every petition folder. Raises ConfigurationError naming the file that lacks something."""
    folders = sorted(path.parent for path in (content_dir / "petitions").glob("*/petition.toml"))
    return [_read(folder) for folder in folders]


def digest(text: Mapping[str, str]) -> str:
    """Return the SHA-256 of a text's fields, to tell a shipped text from an edited one."""
    fields = json.dumps([text[name] for name in TEXT_FIELDS], ensure_ascii=False)
    return hashlib.sha256(fields.encode()).hexdigest()


def read_text(path: Path) -> dict[str, str]:
    """Return the five fields of one language's file. Raises ConfigurationError naming what is wrong or missing."""
    fields = read_toml(path)
    missing = [name for name in TEXT_FIELDS if not str(fields.get(name, "")).strip()]
    if missing:
        raise ConfigurationError(f"{path.name} of {path.parent.name} lacks {', '.join(missing)}")
    return {name: str(fields[name]).strip() for name in TEXT_FIELDS}


def _read(folder: Path) -> ShippedPetition:
    about = read_toml(folder / "petition.toml")
    languages = tuple(about["required_languages"])
    missing = [code for code in languages if not (folder / f"{code}.toml").exists()]
    if missing:
        raise ConfigurationError(f"petition {folder.name} lacks its text in {', '.join(missing)}")
    return ShippedPetition(
        slug=about["slug"],
        home_language=about["home_language"],
        required_languages=languages,
        people_per_mailbox=about["people_per_mailbox"],
        closes_at=_end_of(about.get("closes_on")),
        addressees=tuple(about["addressees"]),
        goals=tuple(sorted(about["goals"], key=lambda goal: int(goal["threshold"]))),
        texts={
            path.stem: read_text(path) for path in sorted(folder.glob("*.toml")) if path.stem != "petition"
        },
    )


def _end_of(day: Any) -> datetime | None:
    return None if not day else datetime.combine(day, time(23, 59, 59), UTC)
