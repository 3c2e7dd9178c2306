"""What an organiser may type about sheets to print, and the words that say what to correct."""

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField, ValidationError

from ..accounts.forms import DeskForm
from ..clock import utc_day, utc_now
from ..languages import fold_digits
from .printed import Sheets

LONGEST_NAME = 100
MOST_SHEETS = 50
HIGHEST_NUMBER = 99_999
LONGEST_KEPT = timedelta(days=366)


class SheetsForm(DeskForm):
    """Which numbered sheets are wanted. languages: those that the petition has words in."""

    languages: tuple[str, ...] = ()
    language = StringField()
    first = StringField()
    count = StringField()
    held_by = StringField()
    destroy_by = StringField()

    @property
    def wanted(self) -> Sheets:
        """Return what was asked for, of a form that was found right."""
        return Sheets(
            first=int(self.first.data or 0),
            count=int(self.count.data or 0),
            held_by=self.held_by.data or "",
            destroy_by=date.fromisoformat(self.destroy_by.data or ""),
        )

    def validate_language(self, field: StringField) -> None:
        """Accept a language that the petition has words in."""
        if field.data not in self.languages:
            raise ValidationError(_l("Choose a language that the petition has words in."))

    def validate_first(self, field: StringField) -> None:
        """Ask for the number of the first sheet."""
        _hold_to_number(field, HIGHEST_NUMBER - MOST_SHEETS, _l("Enter a whole number above 0, such as 41."))

    def validate_count(self, field: StringField) -> None:
        """Ask how many sheets."""
        _hold_to_number(field, MOST_SHEETS, _l("Enter how many sheets, from 1 to 50."))

    def validate_held_by(self, field: StringField) -> None:
        """Accept a name, or nothing: it is then written in by hand."""
        field.data = " ".join((field.data or "").split())
        if len(field.data) > LONGEST_NAME or not field.data.isprintable():
            raise ValidationError(_l("Enter a name of at most 100 letters, or leave it empty."))

    def validate_destroy_by(self, field: StringField) -> None:
        """Ask for a day to come, within a year: until then, and no longer, somebody keeps names on paper."""
        field.data = fold_digits(field.data or "").strip()
        today = utc_day(utc_now())
        try:
            is_right = today < date.fromisoformat(field.data) <= today + LONGEST_KEPT
        except ValueError:
            is_right = False
        if not is_right:
            raise ValidationError(_l("Type a day within the next twelve months, such as 2027-03-12."))


def _hold_to_number(field: StringField, most: int, message: Any) -> None:
    field.data = fold_digits(field.data or "").strip()
    is_number = field.data.isascii() and field.data.isdecimal() and len(field.data) <= len(str(most))
    if not is_number or not 1 <= int(field.data) <= most:
        raise ValidationError(message)
