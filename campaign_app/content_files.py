"""Reads the TOML files of CONTENT_DIR. Knows no file by name."""

import tomllib
from pathlib import Path
from typing import Any

from .errors import ConfigurationError


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
