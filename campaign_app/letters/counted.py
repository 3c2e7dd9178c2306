"""In which letters somebody was counted, for their private page: as much of it as the public may see."""

from collections.abc import Sequence
from datetime import date, datetime

from flask import Flask

from ..clock import utc_day
from ..signing.hooks import Counted, LetterOfMine, hooks
from ..tally.queries import events_by_day
from ..templating import link
from . import public, rules
from .frozen import from_json


def register(app: Flask) -> None:
    """Let private pages tell of letters."""
    hooks(app).letters_of = letters_of


def letters_of(petition_id: int, people: Sequence[Counted], lang: str, now: datetime) -> list[LetterOfMine]:
    """Return the letters whose frozen number holds, or may hold, one of these people; the latest first."""
    put_back_on = max(
        (each.day for each in events_by_day(petition_id, now=now) if each.total.event == "restored"),
        default=None,
    )
    found = []
    for letter, listed in public.letters_with_petition(petition_id, lang, now=now):
        said = from_json(letter.frozen or "").statement
        if said is None:
            continue
        issued_on = utc_day(datetime.fromisoformat(said.as_of))
        held = [_holds(each, issued_on, put_back_on) for each in people]
        if any(each is not None for each in held):
            is_public = letter.visibility == rules.PUBLIC
            to = listed.recipient if is_public else None
            found.append(
                LetterOfMine(
                    reference=listed.reference,
                    address=link("letters.letter", reference=listed.reference) if is_public else "",
                    sent_on=listed.sent_on,
                    recipient=to.text if to else "",
                    recipient_lang=to.lang if to else lang,
                    standing=listed.standing if is_public else "",
                    certain=held.count(True),
                    possible=held.count(False),
                )
            )
    return found


def _holds(person: Counted, issued_on: date, put_back_on: date | None) -> bool | None:
    """Whether a number of some day holds a person: True, False where it may, None where it does not.

    Of the day they signed the hour is not kept, nor is it of one who left when that was. And whoever was taken out and
    put back later was not in it: of whom that holds is not known here, so after that nobody's is sure.
    """
    if person.signed_on > issued_on:
        return None
    may_have_been_out = put_back_on is not None and put_back_on >= issued_on
    return person.signed_on < issued_on and person.is_counted and not may_have_been_out
