"""What an organiser may type of a letter, and the words that say what to correct."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ..languages import LETTER_LANGUAGES, fold_digits
from ..petitions.forms import MOMENT
from ..typed import Typed, check_text, clean
from .drafting import Edit
from .models import Letter
from .rules import (
    LONGEST_BODY,
    LONGEST_FIELD,
    LONGEST_REASON,
    LONGEST_SIGNATORY,
    LONGEST_SUBJECT,
    VISIBILITIES,
    WAYS,
)
from .templates import Template

Post = MultiDict[str, str]
SIGNATORY = ("name", "role")


def read_beginning(posted: Post, made_from: Template, *, petitions: Collection[str]) -> Typed:
    """Read what a new letter begins from. petitions: slugs that may be chosen."""
    typed = Typed({name: posted.get(name, "") for name in ("petition", "way")})
    languages = typed.values["languages"] = [
        code for code in LETTER_LANGUAGES if code in posted.getlist("languages") and code in made_from.texts
    ]
    if not languages:
        typed.refuse("languages", _("Choose at least one language."))
    if typed.values["petition"] and typed.values["petition"] not in petitions:
        typed.refuse("petition", _("Choose a petition."))
    if typed.values["way"] not in ("", *WAYS):
        typed.refuse("way", _("Choose how the letter is delivered."))
    return typed


def written(letter: Letter, made_from: Template) -> Typed:
    """Return a letter's words and settings as the fields of the composer show them."""
    values: dict[str, object] = {
        "signatory-name": letter.signatory.get("name", ""),
        "signatory-role": letter.signatory.get("role", ""),
        "visibility": letter.visibility,
        "way": letter.way or "",
        "parts": list(letter.parts),
        "has_names": letter.has_names,
        "has_endorsements": letter.has_endorsements,
        "month": month_text(letter.body_month),
        "embargo": moment_text(letter.embargo_until) if letter.embargo_until else "",
    }
    for lang in letter.languages:
        values |= {f"{name}-{lang}": letter.texts.get(lang, {}).get(name, "") for name in ("subject", "body")}
        values |= {
            f"field-{each.name}-{lang}": letter.typed.get(each.name, {}).get(lang, "")
            for each in made_from.fields
        }
    return Typed(values)


def read_words(posted: Post, letter: Letter, made_from: Template, typed: Typed) -> None:
    """Read subject, text and the template's own fields in each language of a letter."""
    for lang in letter.languages:
        subject = " ".join(clean(posted.get(f"subject-{lang}", "")).split())
        _keep(typed, f"subject-{lang}", subject, LONGEST_SUBJECT)
        _keep(typed, f"body-{lang}", clean(posted.get(f"body-{lang}", "")), LONGEST_BODY)
        for each in made_from.fields:
            place = f"field-{each.name}-{lang}"
            _keep(typed, place, clean(posted.get(place, "")), LONGEST_FIELD)


def read_settings(posted: Post, made_from: Template, typed: Typed) -> None:
    """Read who signs, how open the letter is, its way, its month, its embargo, what is annexed."""
    for name in SIGNATORY:
        text = " ".join(posted.get(f"signatory-{name}", "").split())
        _keep(typed, f"signatory-{name}", text, LONGEST_SIGNATORY)
    typed.values["visibility"] = posted.get("visibility", "")
    if typed.values["visibility"] not in visibilities(made_from):
        typed.refuse("visibility", _("Choose who may look the letter up."))
    typed.values["way"] = posted.get("way", "")
    if typed.values["way"] not in ("", *WAYS):
        typed.refuse("way", _("Choose how the letter is delivered."))
    typed.values["parts"] = [key for key in made_from.parts if key in posted.getlist("parts")]
    for name in ("has_names", "has_endorsements"):
        typed.values[name] = name in posted
    typed.values["month"] = posted.get("month", "")
    if typed.values["month"] and month_of(typed.values["month"]) is None:
        typed.refuse("month", _("Choose a month."))
    typed.values["embargo"] = posted.get("embargo", "").strip()
    if typed.values["embargo"] and moment_of(typed.values["embargo"]) is None:
        typed.refuse("embargo", _("Write the moment as 2027-03-05 12:00."))


def edit_of(typed: Typed, letter: Letter, made_from: Template) -> Edit:
    """Return what was typed as a change of a letter."""
    values = typed.values
    return Edit(
        texts={
            lang: {name: values[f"{name}-{lang}"] for name in ("subject", "body")}
            for lang in letter.languages
        },
        typed={
            each.name: {lang: values[f"field-{each.name}-{lang}"] for lang in letter.languages}
            for each in made_from.fields
        },
        parts=values["parts"],
        signatory={name: values[f"signatory-{name}"] for name in SIGNATORY},
        visibility=values["visibility"],
        way=values["way"] or None,
        month=month_of(values["month"]),
        embargo_until=moment_of(values["embargo"]),
        has_names=values["has_names"],
        has_endorsements=values["has_endorsements"],
    )


def read_reason(posted: Mapping[str, str]) -> Typed:
    """Read why a letter is taken back: the record says it for good."""
    typed = Typed()
    _keep(typed, "reason", " ".join(posted.get("reason", "").split()), LONGEST_REASON)
    if not typed.values["reason"]:
        typed.refuse("reason", _("Say why: the record keeps it."))
    return typed


def visibilities(made_from: Template) -> Sequence[str]:
    """Return how open a letter of a template may be, the most open first."""
    floor = VISIBILITIES.index(made_from.visibility) if made_from.visibility else 0
    return VISIBILITIES[floor:]


def month_of(text: str) -> date | None:
    """Return the first day of a month such as "2026-12"; None for anything else."""
    try:
        return datetime.strptime(fold_digits(text).strip(), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def moment_text(at: datetime) -> str:
    """Return a moment as a field shows it, to the minute in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def month_text(day: date | None) -> str:
    """Return a month as a choice of it is posted."""
    return day.strftime("%Y-%m") if day else ""


def moment_of(text: str) -> datetime | None:
    """Return a moment in UTC, such as 2027-03-05T12:00; None for anything else."""
    found = MOMENT.fullmatch(fold_digits(text))
    try:
        return datetime.fromisoformat(" ".join(found.groups())).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _keep(typed: Typed, place: str, text: str, longest: int) -> None:
    typed.values[place] = text
    check_text(typed, place, text, longest)
