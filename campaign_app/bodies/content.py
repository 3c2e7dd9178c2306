"""The directory as it is shipped: content/bodies/*.toml, read and checked before anything is stored.

missions.toml has the States of the Council and the words that all missions share; every other file has bodies, a table
each; what stands above the tables holds for all of a file. Every fault of a body is named at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..content_files import place_of, read_toml
from ..errors import ConfigurationError
from .rules import (
    CHANNEL_KINDS,
    CONFIDENCES,
    EVERYTHING_IN,
    FORMS,
    KEY,
    KINDS,
    LANGUAGE,
    LANGUAGES,
    VISIBILITIES,
    Words,
)

MISSIONS = "missions.toml"
# What stands on a letter, and therefore in every language that one may be written in.
LETTER_WORDS = ("names", "addressed_to", "salutation", "close")
WORDS = (*LETTER_WORDS, "short_names", "mandate", "notes")
LISTS = ("accepts", "languages")
PLAIN = ("kind", "default_visibility", "confidence", "source_url", "holder_name", "holder_source_url")
DAYS = ("as_of", "holder_from", "holder_until")
FLAGS = ("is_reply_customary", "is_vacant")
FIELDS = (*WORDS, *LISTS, *PLAIN, *DAYS, *FLAGS, "refusals")


@dataclass(frozen=True)
class ShippedBody:
    """One body. values: column → value, for each of FIELDS. channels: kind, value, source_url. terms: of a mission."""

    key: str
    values: dict[str, Any]
    channels: tuple[dict[str, str], ...] = ()
    terms: tuple[dict[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that is shipped of it, to tell whether it changed."""
        text = json.dumps(
            [self.key, self.values, self.channels, self.terms],
            sort_keys=True,
            ensure_ascii=False,
            default=str,
        )
        return hashlib.sha256(text.encode()).hexdigest()


def shipped_bodies(content_dir: Path) -> list[ShippedBody]:
    """Return every body, those of the Council first. Raises ConfigurationError naming what is wrong."""
    folder = place_of(content_dir, "bodies")
    shared = read_toml(folder / MISSIONS)
    found = [_mission(key, entry, shared) for key, entry in dict(shared.get("mission", {})).items()]
    for path in sorted(folder.glob("*.toml")):
        if path.name != MISSIONS:
            held = read_toml(path)
            entries = held.pop("body", {})
            found += [_Reader(path.name, key, held | entry).body() for key, entry in entries.items()]
    keys = [each.key for each in found]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ConfigurationError(f"content/bodies has {', '.join(twice)} twice")
    return found


def president_words(content_dir: Path) -> dict[str, str]:
    """Return how the Council's President is addressed, per language, with {month} and {office}."""
    return dict(_shared(content_dir)["president"]["addressed_to"])


def office_words(content_dir: Path, key: str) -> dict[str, str]:
    """Return the line of a mission under that of the President, per language; empty where none is shipped."""
    shared = _shared(content_dir)
    entry = shared["mission"].get(key.removeprefix("mission-"))
    return _filled(shared["words"]["office"], entry["of"]) if entry else {}


def mission_words(content_dir: Path) -> dict[str, dict[str, str]]:
    """Return the words that all missions share, with {of} in them, for a mission that is added here."""
    return {name: dict(words) for name, words in _shared(content_dir)["words"].items() if name != "refusals"}


def mission_refusals(content_dir: Path) -> dict[str, dict[str, str]]:
    """Return what no mission accepts, and why."""
    return {form: dict(words) for form, words in _shared(content_dir)["words"]["refusals"].items()}


@cache
def _shared(content_dir: Path) -> dict[str, Any]:
    return read_toml(place_of(content_dir, "bodies") / MISSIONS)


def _mission(key: str, entry: Mapping[str, Any], shared: Mapping[str, Any]) -> ShippedBody:
    """Return the body of a State's mission: its own words, within those that all missions share."""
    words = shared["words"]
    of = entry.get("of", {})
    filled = {name: _filled(words[name], of) for name in LETTER_WORDS}
    common = {
        name: shared[name] for name in ("as_of", "source_url", "languages", "accepts", "default_visibility")
    }
    given = {
        **common,
        **filled,
        "kind": "mission",
        "short_names": entry.get("state", {}),
        "mandate": words["mandate"],
        "notes": entry.get("notes", words["notes"]),
        "refusals": words["refusals"],
        "confidence": entry.get("confidence", ""),
    }
    terms = [
        {"state": entry["state"]["en"], "first_year": first, "last_year": last or None}
        for first, last in entry.get("terms", [])
    ]
    body = _Reader(MISSIONS, f"mission-{key}", given).body()
    return ShippedBody(body.key, body.values, (), tuple(terms))


def _filled(words: Words, of: Words) -> dict[str, str]:
    return {language: text.replace("{of}", of.get(language, "")) for language, text in words.items()}


@dataclass
class _Reader:
    """Reads one body and collects every fault, so that an organiser mends them in one go."""

    file: str
    key: str
    entry: Mapping[str, Any]
    faults: list[str] = field(default_factory=list)

    def body(self) -> ShippedBody:
        """Return it. Raises ConfigurationError."""
        if not KEY.fullmatch(self.key):
            self.faults.append("the key is not made of small letters, digits and single hyphens")
        self.faults += [f"{name} is not known" for name in sorted(set(self.entry) - {*FIELDS, "channels"})]
        values: dict[str, Any] = {name: self._words(name) for name in WORDS}
        values |= {name: str(self.entry.get(name, "")) for name in PLAIN}
        values |= {name: bool(self.entry.get(name, False)) for name in FLAGS}
        values |= {name: self._day(name) for name in DAYS}
        values |= {
            "accepts": self._listed("accepts", lambda each: each in FORMS),
            "languages": self._listed("languages", lambda each: bool(LANGUAGE.fullmatch(each))),
            "refusals": self._refusals(),
        }
        self._check_plain(values)
        channels = tuple(self._channel(each) for each in self.entry.get("channels", []))
        if self.faults:
            raise ConfigurationError(f"{self.file}: {self.key}: {'; '.join(self.faults)}")
        return ShippedBody(self.key, values, channels)

    def _check_plain(self, values: Mapping[str, Any]) -> None:
        sets = {"kind": KINDS, "default_visibility": VISIBILITIES, "confidence": CONFIDENCES}
        self.faults += [
            f"{name} is not one of {', '.join(allowed)}"
            for name, allowed in sets.items()
            if values[name] not in allowed
        ]
        if values["as_of"] is None:
            self.faults.append("as_of is not a day")
        for name in ("source_url", "holder_source_url"):
            if values[name]:
                self._check_address(name, values[name])
        if values["holder_name"] and not values["holder_source_url"]:
            self.faults.append("holder_name has no holder_source_url")
        if not values["source_url"] and values["confidence"] != "low":
            self.faults.append("source_url is missing, and only what is unchecked has none")

    def _words(self, name: str) -> dict[str, str]:
        found = self.entry.get(name, {})
        if not isinstance(found, Mapping):
            self.faults.append(f"{name} is not a table of languages")
            return {}
        needed = set(EVERYTHING_IN) if found or name in ("names", "mandate") else set()
        if name in LETTER_WORDS and self.entry.get("accepts"):
            needed |= {code for code in self.entry.get("languages", []) if code in LANGUAGES}
        self.faults += [
            f"{name}.{code} is missing" for code in sorted(needed) if not str(found.get(code, "")).strip()
        ]
        self.faults += [f"{name}.{code} is no language of letters" for code in found if code not in LANGUAGES]
        return {code: str(text).strip() for code, text in found.items()}

    def _refusals(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for form, words in self.entry.get("refusals", {}).items():
            if form not in FORMS or form in self.entry.get("accepts", []):
                self.faults.append(f"refusals.{form} is no form, or is one that is accepted")
            self.faults += [
                f"refusals.{form}.{code} is missing" for code in EVERYTHING_IN if not words.get(code)
            ]
            found[form] = {code: str(text).strip() for code, text in words.items()}
        return found

    def _listed(self, name: str, fits: Any) -> list[str]:
        found = [str(each) for each in self.entry.get(name, [])]
        self.faults += [f"{name} holds {each!r}" for each in found if not fits(each)]
        return found

    def _day(self, name: str) -> date | None:
        value = self.entry.get(name)
        if value is not None and type(value) is not date:
            self.faults.append(f"{name} is not a day")
            return None
        return value

    def _channel(self, given: Mapping[str, Any]) -> dict[str, str]:
        channel = {name: str(given.get(name, "")) for name in ("kind", "value", "source_url")}
        if channel["kind"] not in CHANNEL_KINDS or not channel["value"]:
            self.faults.append("a channel has no kind or no value")
        self._check_address("a channel's source_url", channel["source_url"])
        return channel

    def _check_address(self, name: str, address: str) -> None:
        found = urlsplit(address)
        if found.scheme != "https" or not found.hostname:
            self.faults.append(f"{name} is not an https address")
