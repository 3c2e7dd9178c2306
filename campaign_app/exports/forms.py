"""What an organiser may ask to be exported, and the words that say what to correct."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, ValidationError

from ..accounts.forms import DeskForm
from .rules import LONGEST_PURPOSE, SHEET_KINDS


class SheetForm(DeskForm):
    """Whose sealed sheet, and what for. The choices are drawn by the template and checked here."""

    petition = StringField()
    kind = StringField()
    purpose = StringField()
    slugs: frozenset[str] = frozenset()

    def validate_petition(self, field: StringField) -> None:
        """Accept a petition that is there."""
        if field.data not in self.slugs:
            raise ValidationError(_l("Choose a petition."))

    def validate_kind(self, field: StringField) -> None:
        """Accept a kind of sheet."""
        if field.data not in SHEET_KINDS:
            raise ValidationError(_l("Choose what the sheet is for: the delivery, or writing to people."))

    def validate_purpose(self, field: StringField) -> None:
        """Accept one line of words."""
        field.data = " ".join((field.data or "").split())
        if not field.data or not field.data.isprintable():
            raise ValidationError(_l("Say in a few words what the sheet is for."))
        if len(field.data) > LONGEST_PURPOSE:
            raise ValidationError(_l("Say it in at most 200 characters."))
