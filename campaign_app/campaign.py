"""The one campaign of this installation, as content/campaign.toml describes it.

Knows names, who is responsible and which lines mails carry; knows no petition.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .config import settings
from .content_files import SHIPPED, read_toml

# Neutral words, one for each kind of mail: what a newer version sends has them before anybody writes some.
MAIL_WORDS = ("mail_subject_", "mail_sender_")
RESPONSIBLE_FIELDS = ("responsible_body", "responsible_address", "contact_email")


@dataclass(frozen=True)
class Campaign:
    """What campaign.toml holds. Text per language is reached by language code."""

    path: Path
    names: dict[str, str]
    short_names: dict[str, str]
    details: dict[str, Any] = field(repr=False)

    def name(self, lang: str) -> str:
        """Return the full name of the campaign."""
        return self.names[lang]

    def short_name(self, lang: str) -> str:
        """Return the name that fits in a header."""
        return self.short_names[lang]

    def text(self, key: str, lang: str) -> str:
        """Return a text per language, such as the neutral sender name. Raises KeyError when it is missing."""
        found: str = self.details[key][lang]
        return found

    def __getattr__(self, name: str) -> str:
        """Return a plain field, empty where an organiser has not filled it in."""
        if name.startswith("_"):
            raise AttributeError(name)
        return str(self.details.get(name, ""))

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the fields of the responsible body that are still empty; production then opens no petition."""
        return tuple(name for name in RESPONSIBLE_FIELDS if not str(self.details.get(name, "")).strip())


def campaign() -> Campaign:
    """Return the campaign of this installation."""
    return load(settings().content_dir)


@cache
def load(content_dir: Path) -> Campaign:
    """Read content/campaign.toml once. An installation's own copy may be of an older version."""
    path = content_dir / "campaign.toml"
    shipped = read_toml(SHIPPED / "campaign.toml")
    mail_words = {key: shipped[key] for key in shipped if key.startswith(MAIL_WORDS)}
    details = mail_words | read_toml(path)
    return Campaign(path=path, names=details["name"], short_names=details["short_name"], details=details)
