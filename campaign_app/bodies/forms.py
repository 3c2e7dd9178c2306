"""What an organiser may type of a body, and the words that say what to correct.

The form has a field for each part of a body and each language; rows of channels, refusals and terms are numbered, and
an empty row is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from ..languages import fold_digits
from ..typed import Typed, check_text, clean, is_https, read_address, read_day
from .rules import (
    CHANNEL_KINDS,
    CONFIDENCES,
    EVERYTHING_IN,
    FIRST_YEAR,
    FORMS,
    KINDS,
    LANGUAGE,
    LANGUAGES,
    LAST_YEAR,
    VISIBILITIES,
)

LETTER_WORDS = ("names", "short_names", "addressed_to", "salutation", "close")
ABOUT_WORDS = ("mandate", "notes")
DAYS = ("as_of", "holder_from", "holder_until")
ADDRESSES = ("source_url", "holder_source_url")
LONGEST_WORDS = 600
LONGEST_LINE = 200
MOST_ROWS = 12
MOST_BLANK = 2

Post = Mapping[str, str]


def typed_of(said: Mapping[str, Any]) -> Typed:
    """Return a body, as queries.said_of says it, as its form shows it."""
    values: dict[str, Any] = {name: str(said.get(name) or "") for name in (*DAYS, *ADDRESSES)}
    values |= {
        name: said.get(name, "") for name in ("kind", "confidence", "default_visibility", "holder_name")
    }
    values |= {name: bool(said.get(name)) for name in ("is_reply_customary", "is_vacant")}
    for name in (*LETTER_WORDS, *ABOUT_WORDS):
        values |= {f"{name}-{code}": text for code, text in said.get(name, {}).items()}
    values["accepts"] = list(said.get("accepts", ()))
    values["languages"] = ", ".join(said.get("languages", ()))
    for number, (form, words) in enumerate(said.get("refusals", {}).items()):
        values[f"refusal{number}-form"] = form
        values |= {f"refusal{number}-{code}": text for code, text in words.items()}
    for number, channel in enumerate(said.get("channels", ())):
        values |= {f"channel{number}-{name}": text for name, text in channel.items()}
    for number, term in enumerate(said.get("terms", ())):
        values |= {f"term{number}-{name}": str(value or "") for name, value in term.items()}
    return Typed(values)


def rows_shown(typed: Typed, row: str) -> int:
    """Return how many rows of a kind a form shows: those that hold something, and blank ones after them."""
    used = [
        int(name.removeprefix(row).split("-")[0])
        for name, value in typed.values.items()
        if name.startswith(row) and value and name.partition("-")[0].removeprefix(row).isdigit()
    ]
    return min(MOST_ROWS, max(used, default=-1) + 1 + MOST_BLANK)


def read_body(post: Post, accepts: Sequence[str]) -> tuple[Typed, dict[str, Any]]:
    """Read a whole body; return what was typed, and its values by column, with "channels" and "terms".

    accepts: the ticked forms. The values mean something only where there are no errors.
    """
    typed = Typed(dict(post))
    typed.values["accepts"] = [form for form in FORMS if form in accepts]
    values: dict[str, Any] = {"accepts": typed.values["accepts"]}
    for name, codes in (
        *((each, LANGUAGES) for each in LETTER_WORDS),
        *((each, EVERYTHING_IN) for each in ABOUT_WORDS),
    ):
        values[name] = _words(typed, post, name, codes)
    for code in ("ar", "en"):
        if not values["names"].get(code):
            typed.refuse(f"names-{code}", _("Write the name in Arabic and in English at least."))
    for name, allowed in (("kind", KINDS), ("confidence", CONFIDENCES), ("default_visibility", VISIBILITIES)):
        values[name] = post.get(name, "")
        if values[name] not in allowed:
            typed.refuse(name, _("Choose one of these."))
    for name in ("is_reply_customary", "is_vacant"):
        values[name] = typed.values[name] = post.get(name) == "y"
    values["holder_name"] = " ".join(post.get("holder_name", "").split())
    check_text(typed, "holder_name", values["holder_name"], LONGEST_LINE)
    values |= {name: read_day(typed, post, name) for name in DAYS}
    values |= {name: read_address(typed, post, name, LONGEST_WORDS) for name in ADDRESSES}
    _check_holder(typed, values)
    values["languages"] = _languages(typed, post)
    values["refusals"] = _refusals(typed, post, values["accepts"])
    values["channels"] = _channels(typed, post)
    values["terms"] = _terms(typed, post)
    return typed, values


def _words(typed: Typed, post: Post, name: str, codes: Sequence[str]) -> dict[str, str]:
    found = {}
    for code in codes:
        place = f"{name}-{code}"
        text = typed.values[place] = clean(post.get(place, ""))
        check_text(typed, place, text, LONGEST_WORDS)
        if "{of}" in text:
            typed.refuse(place, _("Write the State's name in place of {of}."))
        if text:
            found[code] = text
    return found


def _check_holder(typed: Typed, values: Mapping[str, Any]) -> None:
    if values["as_of"] is None and not typed.wrong("as_of"):
        typed.refuse("as_of", _("Say of which day these details are."))
    first, last = values["holder_from"], values["holder_until"]
    if first and last and last < first:
        typed.refuse("holder_until", _("The term would end before it begins."))
    if values["holder_name"] and not values["holder_source_url"]:
        typed.refuse("holder_source_url", _("Say where this name was read."))


def _languages(typed: Typed, post: Post) -> list[str]:
    written = post.get("languages", "").replace("،", ",").replace(",", " ").lower().split()
    if wrong := [code for code in written if not LANGUAGE.fullmatch(code)]:
        typed.refuse(
            "languages",
            _("Write codes of two or three letters, such as en, fr. Not one: %(code)s", code=wrong[0]),
        )
    return list(dict.fromkeys(written))


def _refusals(typed: Typed, post: Post, accepts: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for number in range(MOST_ROWS):
        row = f"refusal{number}"
        words = _words(typed, post, row, EVERYTHING_IN)
        form = post.get(f"{row}-form", "")
        if not words:
            continue
        if form not in FORMS or form in found:
            typed.refuse(f"{row}-form", _("Choose what is not accepted, each once."))
        elif form in accepts:
            typed.refuse(f"{row}-form", _("This is ticked as accepted above."))
        if not words.get("en") or not words.get("ar"):
            typed.refuse(
                f"{row}-ar", _("Say why, and which form is right, in Arabic and in English at least.")
            )
        found[form] = words
    return found


def _channels(typed: Typed, post: Post) -> list[dict[str, str]]:
    found = []
    for number in range(MOST_ROWS):
        row = f"channel{number}"
        kind, value = post.get(f"{row}-kind", ""), clean(post.get(f"{row}-value", ""))
        source = read_address(typed, post, f"{row}-source_url", LONGEST_WORDS)
        if not value:
            continue
        check_text(typed, f"{row}-value", value, LONGEST_WORDS)
        if kind not in CHANNEL_KINDS:
            typed.refuse(f"{row}-kind", _("Choose one of these."))
        elif message := _wrong_channel(kind, value):
            typed.refuse(f"{row}-value", message)
        if not source and not typed.wrong(f"{row}-source_url"):
            typed.refuse(
                f"{row}-source_url", _("Say where this stands: the https address of the body's own page.")
            )
        channel = {"kind": kind, "value": value, "source_url": source}
        if channel not in found:
            found.append(channel)
    return found


def _wrong_channel(kind: str, value: str) -> str:
    """Return what is wrong with the value of a channel; empty where it can be used."""
    if kind == "mail":
        try:
            validate_email(value, check_deliverability=False, allow_smtputf8=True)
        except EmailNotValidError:
            return str(_("This is no e-mail address."))
    if kind == "form" and not is_https(value):
        return str(_("Write the form's https address."))
    return ""


def _terms(typed: Typed, post: Post) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for number in range(MOST_ROWS):
        row = f"term{number}"
        first, last = (
            fold_digits(post.get(f"{row}-{name}", "")).strip() for name in ("first_year", "last_year")
        )
        state = " ".join(post.get(f"{row}-state", "").split())
        if not first and not last:
            continue
        years = [_year(first), _year(last) if last else None]
        if years[0] is None or (last and years[1] is None) or (years[1] and years[1] < years[0]):
            typed.refuse(
                f"{row}-first_year", _("Write two years, such as 2027 and 2028; no last year: permanent.")
            )
            continue
        check_text(typed, f"{row}-state", state, 100)
        if not state:
            typed.refuse(
                f"{row}-state", _("Write the State's English name, as the Council's alphabet has it.")
            )
        if years[0] in found:
            typed.refuse(f"{row}-first_year", _("This year stands here twice."))
        found[years[0]] = {"state": state, "first_year": years[0], "last_year": years[1]}
    return [found[year] for year in sorted(found)]


def _year(text: str) -> int | None:
    year = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else 0
    return year if FIRST_YEAR - 100 <= year <= LAST_YEAR else None
