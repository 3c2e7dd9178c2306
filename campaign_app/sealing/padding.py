"""Padding that hides how long a name or an address is."""

import json
from collections.abc import Mapping
from typing import Any

from .problems import NotSealed

BLOCK_BYTES = 256
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
LENGTH_BYTES = 4


def padded_json(value: Mapping[str, Any], *, at_least: int = BLOCK_BYTES) -> bytes:
    """Return compact UTF-8 JSON behind its length, filled with zeros to a multiple of 256 bytes.

    at_least: what nearly every value of its kind fits in, so that the number of blocks tells nothing.
    """
    text = _COMPACT.encode(value).encode()
    framed = len(text).to_bytes(LENGTH_BYTES, "big") + text
    size = max(at_least, len(framed))
    return framed.ljust(size + -size % BLOCK_BYTES, b"\0")


def unpadded_json(padded: bytes) -> dict[str, Any]:
    """Return what `padded_json` was given. Raises NotSealed for anything else."""
    end = LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES], "big")
    try:
        if end > len(padded):
            raise ValueError("the length is greater than what follows")
        value = json.loads(padded[LENGTH_BYTES:end])
        if not isinstance(value, dict):
            raise TypeError("not an object")
    except (ValueError, TypeError) as problem:
        raise NotSealed("what was sealed is not of a format this version knows") from problem
    return value
