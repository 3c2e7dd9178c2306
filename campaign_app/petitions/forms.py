"""What an organiser may type of a petition, and the words that say what to correct.

A form here has as many fields as a petition has languages, addressees and goals: each is read from the post itself and
kept as it was typed, so that a page with errors shows it again.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from ..facts.queries import fact, render_figures
from ..facts.rules import KEY, PLACEHOLDER, FigureUnresolved
from ..languages import LANGUAGES, fold_digits, format_number
from ..typed import Typed as Typed
from ..typed import check_text
from ..typed import clean as clean
from .avoiding import Avoided
from .rules import (
    ADDRESSEE_KINDS,
    LARGEST_GOAL,
    LONGEST,
    LONGEST_MEANING,
    LONGEST_NAME,
    LONGEST_NEWS,
    LONGEST_NEWS_TITLE,
    MARKDOWN_FIELDS,
    MOST_ADDRESSEES,
    MOST_GOALS,
    MOST_PEOPLE_PER_MAILBOX,
    TEXT_FIELDS,
)

COMMAS = re.compile("[,،\n]")
LONGEST_WORDS = 400  # letters
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::00)?")
Post = Mapping[str, str]


def read_texts(post: Post, languages: Collection[str], *, must_be_whole: bool) -> Typed:
    """Read the five fields of each language. must_be_whole: the petition is public, so nothing may be empty."""
    typed = Typed()
    for language in languages:
        for name in TEXT_FIELDS:
            place = f"{language}-{name}"
            text = typed.values[place] = clean(post.get(place, ""))
            if must_be_whole and not text:
                typed.refuse(place, _("Readers see this petition now: nothing of its words can be empty."))
            check_text(typed, place, text, LONGEST[name])
            if name not in MARKDOWN_FIELDS:
                _check_line(typed, place, text)
            elif len(text) <= LONGEST[name] and (trouble := figure_trouble(text, language)):
                typed.refuse(place, trouble)
    return typed


def figure_trouble(text: str, language: str) -> str:
    """Return what is wrong with the figures that a text names; empty where all can be shown."""
    try:
        render_figures(text, language)
    except FigureUnresolved:
        return _trouble(text)
    return ""


def read_news(post: Post, languages: Collection[str]) -> Typed:
    """Read title and body of a piece of news in each language."""
    typed = Typed()
    for language in languages:
        title = typed.values[f"{language}-title"] = " ".join(post.get(f"{language}-title", "").split())
        body = typed.values[f"{language}-body"] = clean(post.get(f"{language}-body", ""))
        check_text(typed, f"{language}-title", title, LONGEST_NEWS_TITLE)
        check_text(typed, f"{language}-body", body, LONGEST_NEWS)
        for place, text in ((f"{language}-title", title), (f"{language}-body", body)):
            if "{{" in text or "}}" in text:
                typed.refuse(place, _("Figures cannot stand here: write news without double braces."))
    return typed


def read_addressees(post: Post, *, home_language: str, count: int) -> Typed:
    """Read addressees, row by row; values["rows"] are those that have a name, in the order of their numbers."""
    typed, rows = Typed(), []
    for number in range(min(count, MOST_ADDRESSEES)):
        names = _per_language(typed, post, f"row{number}", LONGEST_NAME)
        order = typed.values[f"row{number}-order"] = post.get(f"row{number}-order", "")
        kind = typed.values[f"row{number}-kind"] = post.get(f"row{number}-kind", ADDRESSEE_KINDS[0])
        if not any(names.values()):
            continue
        if not names.get(home_language):
            typed.refuse(f"row{number}-{home_language}", _("Write the name in the petition's own language."))
        if kind not in ADDRESSEE_KINDS:
            typed.refuse(f"row{number}-kind", _("Choose one of the two."))
        rows.append((_number(order) or number + 1, number, {"kind": kind, "names": _written(names)}))
    typed.values["rows"] = [row for _order, _number, row in sorted(rows, key=lambda each: each[:2])]
    return typed


def read_goals(post: Post, *, home_language: str, count: int) -> Typed:
    """Read goals, row by row; values["rows"] are those that have a number or a meaning."""
    typed, rows = Typed(), dict[int, Any]()
    for number in range(min(count, MOST_GOALS)):
        meanings = _per_language(typed, post, f"row{number}", LONGEST_MEANING)
        written = typed.values[f"row{number}-threshold"] = post.get(f"row{number}-threshold", "").strip()
        if not written and not any(meanings.values()):
            continue
        threshold, place = _number(written), f"row{number}-threshold"
        if not threshold or threshold > LARGEST_GOAL:
            typed.refuse(place, _("Enter a whole number of people, such as 5000."))
            continue
        if threshold in rows:
            typed.refuse(place, _("This number stands here twice."))
        if not meanings.get(home_language):
            message = _("Say what happens at this number, in the petition's own language.")
            typed.refuse(f"row{number}-{home_language}", message)
        rows[threshold] = {"threshold": threshold, "meanings": _written(meanings)}
    typed.values["rows"] = list(rows.values())
    return typed


def read_settings(post: Post, ticked: Sequence[str], *, now: datetime) -> Typed:
    """Read the schedule, the required languages and how many people of one mailbox may sign."""
    typed = Typed()
    typed.values["required_languages"] = [code for code in LANGUAGES if code in ticked]
    opens_at = _moment(typed, post, "opens_at")
    closes_at = _moment(typed, post, "closes_at")
    if closes_at and closes_at <= now:
        typed.refuse("closes_at", _("This moment has passed. To close the petition now, take that step."))
    if opens_at and closes_at and closes_at <= opens_at:
        typed.refuse("closes_at", _("It would close before it opens."))
    written = typed.values["people_per_mailbox"] = post.get("people_per_mailbox", "").strip()
    people = _number(written)
    if not 1 <= people <= MOST_PEOPLE_PER_MAILBOX:
        most = format_number(MOST_PEOPLE_PER_MAILBOX)
        typed.refuse("people_per_mailbox", _("Enter a number from 1 to %(most)s.", most=most))
    typed.values["moments"] = (opens_at, closes_at)
    typed.values["people"] = people
    return typed


def read_avoided(post: Post, *, count: int) -> tuple[list[Avoided], list[tuple[str, str]]]:
    """Read the words to avoid, row by row, a row's words between commas; return the entries, and what is wrong."""
    entries: list[Avoided] = []
    errors: list[tuple[str, str]] = []
    for number in range(count):
        words = [" ".join(word.split()) for word in COMMAS.split(post.get(f"words{number}", ""))]
        instead, reason = (
            " ".join(post.get(f"{name}{number}", "").split()) for name in ("instead", "reason")
        )
        entry = Avoided(tuple(word for word in words if word), instead, reason)
        if not (entry.words or instead or reason):
            continue
        place = f"words{len(entries)}"
        if not entry.words:
            errors.append((place, _("Write the word itself, not only what to write instead.")))
        if len(",".join(entry.words)) > LONGEST_WORDS or max(len(instead), len(reason)) > LONGEST_WORDS:
            errors.append((place, _("This is too long: keep it to one sentence.")))
        if any(ord(letter) < 32 for letter in "".join(entry.words) + instead + reason):
            errors.append((place, _("There are unsupported characters in this text: invisible ones.")))
        entries.append(entry)
    return entries, errors


def written_moment(moment: datetime | None) -> str:
    """Return a moment as a field for one shows it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _check_line(typed: Typed, place: str, text: str) -> None:
    if "\n" in text:
        typed.refuse(place, _("This is one line; it cannot have paragraphs."))
    if "{{" in text or "}}" in text:
        typed.refuse(
            place,
            _("Figures cannot stand here: write them into the demand, the background or the next steps."),
        )


def _trouble(text: str) -> str:
    for content in PLACEHOLDER.findall(text):
        kind, _colon, key = content.partition(":")
        mark = "{{" + content + "}}"
        if kind != "fact" or not KEY.fullmatch(key):
            return str(_("%(mark)s is not a figure's mark. Write it as {{fact:key}}.", mark=mark))
        try:
            fact(key)
        except FigureUnresolved:
            return str(
                _("There is no figure called %(mark)s. Those at hand are listed on this page.", mark=mark)
            )
    if PLACEHOLDER.search(text):
        return str(_("A figure stands where none can: in code, in an address or after a backslash."))
    return str(_("There are double braces without their partner. A figure is written as {{fact:key}}."))


def _per_language(typed: Typed, post: Post, row: str, longest: int) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        place = f"{row}-{language}"
        found[language] = typed.values[place] = " ".join(post.get(place, "").split())
        check_text(typed, place, found[language], longest)
    return found


def _written(words: Mapping[str, str]) -> dict[str, str]:
    return {language: text for language, text in words.items() if text}


def _number(text: str) -> int:
    """Return a whole number, written with any digits and with or without separators; 0 for anything else."""
    digits = fold_digits(text).translate(str.maketrans("", "", " ,.\u066c\u00a0\u202f"))
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 12 else 0


def _moment(typed: Typed, post: Post, name: str) -> datetime | None:
    """Read a moment in UTC, such as 2027-03-05T12:00 or with :00 behind it; none where nothing was typed.

    Nothing else may follow: a zone that was left unread would move the moment by hours.
    """
    written = typed.values[name] = post.get(name, "").strip()
    if not written:
        return None
    found = MOMENT.fullmatch(fold_digits(written))
    try:
        return datetime.fromisoformat(" ".join(found.groups()) if found else "").replace(tzinfo=UTC)
    except ValueError:
        typed.refuse(name, _("Write the moment as 2027-03-05 12:00."))
        return None
