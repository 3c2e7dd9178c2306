"""The templates that letters begin from: files under content/letters, read and checked once in each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..config import settings
from ..content_files import place_of, read_toml
from ..errors import ConfigurationError, Refusal
from .rules import CONFIDENTIAL, LONGEST_BODY, LONGEST_SUBJECT, VISIBILITIES

COUNCIL_PRESIDENT = "council-president"
COUNCIL_MEMBER = "council-member"
BODY = "body"
NOBODY = "none"
RECIPIENTS = (COUNCIL_PRESIDENT, COUNCIL_MEMBER, BODY, NOBODY)
GENERAL = "general"  # the requests of a petition that has none of its own
REQUESTS_MARK = "{{requests}}"


class TemplateUnknown(Refusal):
    """There is no template of this key."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Something that an organiser types for a template. labels, helps: by language of the desk."""

    name: str
    labels: Mapping[str, str]
    helps: Mapping[str, str]
    is_required: bool


@dataclass(frozen=True)
class Written:
    """A text as it is written: body is Markdown with marks."""

    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """One template.

    form: what kind of letter it is, in the words of the directory. recipient: one of RECIPIENTS. bodies, kinds: of
    those it is meant for; empty for any that takes the form. visibility: at the least so closed; "" for the body's own.
    texts: by language. requests: petition's slug or GENERAL → language → Markdown of what is asked. parts: key →
    language → Markdown of paragraphs that may be left out. copies: keys of bodies that get a copy.
    """

    key: str
    version: int
    form: str
    recipient: str
    bodies: tuple[str, ...]
    kinds: tuple[str, ...]
    visibility: str
    titles: Mapping[str, str]
    abouts: Mapping[str, str]
    fields: tuple[Field, ...]
    parts: Mapping[str, Mapping[str, str]]
    copies: tuple[str, ...]
    texts: Mapping[str, Written]
    requests: Mapping[str, Mapping[str, str]]

    @property
    def is_confidential(self) -> bool:
        """Whether a letter made from it never has a page."""
        return self.visibility == CONFIDENTIAL

    def written(self, lang: str, petition: str) -> Written:
        """Return the text to begin from in a language, with the requests of a petition in their place."""
        text = self.texts[lang]
        asked = self.requests.get(petition, {}).get(lang) or self.requests.get(GENERAL, {}).get(lang, "")
        return Written(text.subject, text.body.replace(REQUESTS_MARK, asked))

    def chosen_parts(self, chosen: list[str], lang: str) -> dict[str, str]:
        """Return each part's Markdown in a language, empty for one that is left out."""
        return {key: by_lang.get(lang, "") if key in chosen else "" for key, by_lang in self.parts.items()}


def templates() -> Mapping[str, Template]:
    """Return every template by key, in alphabetical order."""
    return _loaded(settings().content_dir)


def template(key: str) -> Template:
    """Return a template. Raises TemplateUnknown."""
    try:
        return templates()[key]
    except KeyError:
        raise TemplateUnknown(f"there is no template {key}") from None


def load(content_dir: Path) -> dict[str, Template]:
    """Read the templates of a content folder. Raises ConfigurationError naming the file that lacks something."""
    found = sorted(place_of(content_dir, "letters", "templates").glob("*/template.toml"))
    requests = _requests(place_of(content_dir, "letters", "requests"))
    parts_folder = place_of(content_dir, "letters", "parts")
    return {path.parent.name: _read(path.parent, parts_folder, requests) for path in found}


_loaded = cache(load)


def _read(folder: Path, parts_folder: Path, requests: Mapping[str, Mapping[str, str]]) -> Template:
    path = folder / "template.toml"
    about = read_toml(path)
    try:
        made = Template(
            key=folder.name,
            version=about["version"],
            form=about["form"],
            recipient=about["recipient"],
            bodies=tuple(about.get("bodies", ())),
            kinds=tuple(about.get("kinds", ())),
            visibility=about.get("visibility", ""),
            titles=about["title"],
            abouts=about["about"],
            fields=tuple(_field(name, about) for name in about.get("fields", ())),
            parts={key: _by_language(parts_folder / key) for key in about.get("parts", ())},
            copies=tuple(about.get("copies", ())),
            texts={path.stem: read_written(path) for path in sorted(folder.glob("*.md"))},
            requests=requests,
        )
    except KeyError as problem:
        raise ConfigurationError(f"{path} lacks {problem}") from None
    _require_valid(made, path)
    return made


def _require_valid(made: Template, path: Path) -> None:
    if made.recipient not in RECIPIENTS:
        raise ConfigurationError(f"{path}: recipient is none of {', '.join(RECIPIENTS)}")
    if made.visibility and made.visibility not in VISIBILITIES:
        raise ConfigurationError(f"{path}: visibility is none of {', '.join(VISIBILITIES)}")
    if not made.texts:
        raise ConfigurationError(f"{path.parent} has no text in any language")


def _field(name: str, about: Mapping[str, Any]) -> Field:
    entry = about["field"][name]
    return Field(
        name=name,
        labels=entry["label"],
        helps=entry.get("help", {}),
        is_required=entry.get("required", True),
    )


def read_written(path: Path) -> Written:
    """Read a text in one language: the subject stands after "# " on the first line. Raises ConfigurationError."""
    first, _, rest = _text(path).partition("\n")
    if not first.startswith("# "):
        raise ConfigurationError(f"{path} does not begin with its subject, as in “# Subject”")
    subject, body = first[2:].strip(), rest.strip()
    if not 0 < len(subject) <= LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        raise ConfigurationError(
            f"{path}: a subject has at most {LONGEST_SUBJECT} characters, a text {LONGEST_BODY}"
        )
    return Written(subject, body)


def _requests(folder: Path) -> dict[str, dict[str, str]]:
    """Read the files named by petition and language: "lists-and-graves.en.md"."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.*.md")):
        petition, lang, _ = path.name.split(".")
        found.setdefault(petition, {})[lang] = _text(path).strip()
    return found


def _by_language(folder: Path) -> dict[str, str]:
    found = {path.stem: _text(path).strip() for path in sorted(folder.glob("*.md"))}
    if not found:
        raise ConfigurationError(f"{folder} has no text in any language")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{path} is not UTF-8 text that can be read") from None
