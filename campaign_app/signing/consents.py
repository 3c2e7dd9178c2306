"""The wordings a signer agrees to, each with a version; a signature stores the version it agreed to."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..config import settings
from ..content_files import read_toml
from ..languages import current_language


@dataclass(frozen=True)
class Consents:
    """The present versions and their words per language."""

    signing: int
    updates: int
    words: dict[str, dict[str, str]]

    def signing_text(self) -> str:
        """Return the first consent in the reader's language."""
        return self.words["signing"][current_language()]

    def updates_text(self) -> str:
        """Return the second consent in the reader's language."""
        return self.words["updates"][current_language()]


def current_consents() -> Consents:
    """Return the wordings in force."""
    return _load(settings().content_dir)


@cache
def _load(content_dir: Path) -> Consents:
    listed = read_toml(content_dir / "consents.toml")["consents"]
    newest = {entry["kind"]: entry for entry in sorted(listed, key=lambda entry: int(entry["version"]))}
    return Consents(
        signing=newest["signing"]["version"],
        updates=newest["updates"]["version"],
        words={kind: entry["text"] for kind, entry in newest.items()},
    )
