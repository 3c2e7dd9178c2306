"""What a supporter chooses and types for a letter of their own, and the words that say what to correct."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from ..languages import LETTER_LANGUAGES, format_number
from ..signing.forms import SupporterForm
from ..typed import DIRECTION_MARKS, clean
from .own_letter import LONGEST_WORDS, Office

GROUPS = ("points", "asks")


def _chosen(text: str | None) -> str:
    """Return a choice; whatever could not have come from our page is none."""
    return text if text and text.isascii() and text.isprintable() else ""


def _cleaned(text: str | None) -> str:
    return clean(text or "")


def _is_unsupported(letter: str) -> bool:
    """Whether a character turns the text around it, or is a control or no character of Unicode at all."""
    is_no_character = (ord(letter) & 0xFFFE) == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF
    is_control = unicodedata.category(letter) == "Cc" and letter not in "\n\t"
    return letter in DIRECTION_MARKS or is_control or is_no_character


class OwnLetterForm(SupporterForm):
    """An office, a language, and words of one's own; with one field for each sentence, which `form_of` adds.

    offices: those that may be chosen, set before it is validated.
    """

    offices: Sequence[Office] = ()
    places: Sequence[str] = ()

    body = StringField(filters=[_chosen])
    language = StringField(filters=[_chosen])
    own_words = StringField(filters=[_cleaned])
    correct = StringField(filters=[_chosen])

    @property
    def office(self) -> Office | None:
        """Return the office that was chosen; None for none of ours."""
        return next((each for each in self.offices if each.key == self.body.data), None)

    def ticked(self, group: str) -> list[int]:
        """Return the places of the sentences of a group that were ticked, from 0."""
        return [
            int(name.partition("_")[2]) - 1
            for name in self.places
            if name.startswith(group) and self[name].data
        ]

    def validate_body(self, field: StringField) -> None:
        """Hold it to the offices of the page."""
        if self.office is None:
            raise ValidationError(_("Choose to whom you write"))

    def validate_language(self, field: StringField) -> None:
        """Hold it to the languages that the office reads."""
        office = self.office
        known = office.languages if office else tuple(LETTER_LANGUAGES)
        if field.data in known:
            return
        if office and field.data in LETTER_LANGUAGES:
            names = " · ".join(LETTER_LANGUAGES[each].name for each in known)
            raise ValidationError(_("This office reads letters in: %(languages)s", languages=names))
        raise ValidationError(_("Choose the language of the letter"))

    def validate_own_words(self, field: StringField) -> None:
        """Hold them to their length, and to characters that turn nothing around."""
        text = field.data or ""
        if any(map(_is_unsupported, text)):
            field.data = "".join(letter for letter in text if not _is_unsupported(letter))
            raise ValidationError(
                _(
                    "The text contained unsupported characters, such as invisible ones. "
                    "They are taken out: check the text and send it again"
                )
            )
        if len(text) > LONGEST_WORDS:
            raise ValidationError(
                _(
                    "This has %(count)s letters; at most %(longest)s fit here.",
                    count=format_number(len(text)),
                    longest=format_number(LONGEST_WORDS),
                )
            )


@cache
def form_of(points: int, asks: int) -> type[OwnLetterForm]:
    """Return the form for so many sentences of each group: their fields are "points_1" to "asks_5"."""
    places = [
        f"{group}_{nth + 1}"
        for group, count in zip(GROUPS, (points, asks), strict=True)
        for nth in range(count)
    ]
    fields: dict[str, Any] = {name: BooleanField() for name in places}
    return type("OwnLetterFormOfContent", (OwnLetterForm,), {**fields, "places": tuple(places)})
