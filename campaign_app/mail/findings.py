"""What a check of mail found: one sentence each, and how much it matters."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "unknown", "warning", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. about: what, in a word or two; says: a sentence for an operator."""

    level: Level
    about: str
    says: str

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should do something."""
        return self.level in ("warning", "bad")
