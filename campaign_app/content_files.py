"""Finds and reads the files of CONTENT_DIR. Knows no file by name."""

import tomllib
from pathlib import Path
from typing import Any

from .errors import ConfigurationError

SHIPPED = Path(__file__).resolve().parent.parent / "content"


def place_of(content_dir: Path, *parts: str) -> Path:
    """Return where a file or a folder of a content folder is: as shipped, where the content folder has none.

    An installation's own folder may have been copied before this part of the content was first shipped.
    """
    own = content_dir.joinpath(*parts)
    return own if own.exists() else SHIPPED.joinpath(*parts)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file holds. Raises ConfigurationError with its path, and the line where it goes wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be read: {(problem.strerror or '').lower()}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"{path} is not TOML: {problem}") from None
