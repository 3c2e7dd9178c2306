"""What an organiser may type about a rule and about a total from elsewhere, and the words that say what to correct."""

import re
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField, ValidationError

from ..accounts.forms import DeskForm
from ..clock import utc_day, utc_now
from ..languages import fold_digits
from ..tally.rules import INVALIDATION_REASONS, OUTSIDE_KINDS
from .outside import Told
from .rules import LONGEST_NOTE, Rule

LONGEST_EVIDENCE = 500
LONGEST_LABEL = 100
EAST_OF_US = timedelta(days=1)  # where a day begins before it does in UTC
LONGEST_KEPT = timedelta(days=366)  # of sheets on which people stand by name
MOST = 100_000_000
LONGEST_NUMBER = 12  # digits, with such as stand before a number for nothing
CODE = re.compile(r"[A-Za-z0-9_-]{0,32}\Z")
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
RULE_FIELDS = ("domain", "source", "path", "country", "language", "first_on", "last_on")


class RuleForm(DeskForm):
    """Whom to take out. It is part of the address: nothing in it is secret, and a page can be opened again."""

    class Meta(DeskForm.Meta):
        """A form that only asks: no token."""

        csrf = False

    domain = StringField()
    source = StringField()
    path = StringField()
    country = StringField()
    language = StringField()
    first_on = StringField()
    last_on = StringField()

    def rule(self, domain_tag: bytes | None) -> Rule:
        """Return the rule of a form that was found right. domain_tag: of the label that was chosen."""
        return Rule(
            domain_tag=domain_tag,
            source=self.source.data or "",
            path=self.path.data or "",
            country=self.country.data or "",
            language=self.language.data or "",
            first_on=_day(self.first_on.data),
            last_on=_day(self.last_on.data),
        )

    @property
    def stated(self) -> dict[str, str]:
        """Return the fields that say something, by name."""
        return {field.name: field.data for field in self if field.data}

    def validate_first_on(self, field: StringField) -> None:
        """Accept a day, or nothing."""
        _hold_to_day(field, is_needed=False)

    def validate_last_on(self, field: StringField) -> None:
        """Accept a day, or nothing; not before the first."""
        _hold_to_day(field, is_needed=False)
        first, last = _day(self.first_on.data), _day(field.data)
        if first and last and last < first:
            raise ValidationError(_l("The last day lies before the first."))

    def validate_source(self, field: StringField) -> None:
        """Accept a code, or nothing."""
        if not CODE.match(field.data or ""):
            raise ValidationError(_l("This is a short code of letters, digits, - and _."))

    validate_path = validate_country = validate_language = validate_source


class InvalidateForm(RuleForm):
    """A rule that was looked at, and why it is applied."""

    class Meta(DeskForm.Meta):
        """With a token again: it changes something."""

    reason = StringField()
    note = StringField()
    expected = StringField()

    def validate_reason(self, field: StringField) -> None:
        """Accept a reason of the list."""
        if field.data not in INVALIDATION_REASONS:
            raise ValidationError(_l("Choose the reason that is published."))

    def validate_note(self, field: StringField) -> None:
        """Ask for what the team will want to know in a year."""
        field.data = " ".join((field.data or "").split())
        if not field.data or len(field.data) > LONGEST_NOTE or not field.data.isprintable():
            raise ValidationError(
                _l("Write in a sentence or two, at most 1,000 letters, what you have seen.")
            )

    def validate_expected(self, field: StringField) -> None:
        """Accept the number that the preview put there."""
        if not (field.data or "").isdecimal() or len(field.data or "") > 9:
            raise ValidationError(_l("Look at the preview once more."))


class TotalForm(DeskForm):
    """A total from elsewhere, or of paper, with its evidence."""

    kind = StringField()
    name = StringField()
    number = StringField()
    as_of = StringField()
    evidence = StringField()
    sha256 = StringField()
    sheets = StringField()
    held_by = StringField()
    destroy_by = StringField()

    @property
    def told(self) -> Told:
        """Return what was typed, of a form that was found right."""
        is_paper = self.kind.data == "paper"
        return Told(
            kind=self.kind.data or "",
            name=self.name.data or "",
            number=int(self.number.data or 0),
            as_of=date.fromisoformat(self.as_of.data or ""),
            evidence=self.evidence.data or "",
            sha256=self.sha256.data or "",
            sheets=int(self.sheets.data or 0) if is_paper else None,
            held_by=self.held_by.data or "" if is_paper else "",
            destroy_by=_day(self.destroy_by.data) if is_paper else None,
        )

    def validate_kind(self, field: StringField) -> None:
        """Accept one of the two."""
        if field.data not in OUTSIDE_KINDS:
            raise ValidationError(_l("Choose what was counted."))

    def validate_name(self, field: StringField) -> None:
        """Ask for a name."""
        _hold_to_text(field, LONGEST_LABEL, _l("Enter a name of at most 100 letters."))

    def validate_number(self, field: StringField) -> None:
        """Ask for a whole number."""
        _hold_to_number(field, MOST, _l("Enter a whole number above 0, such as 1200."))

    def validate_as_of(self, field: StringField) -> None:
        """Ask for the day on which it was counted."""
        _hold_to_day(field, is_needed=True)
        if (day := _day(field.data)) and day > utc_day(utc_now()) + EAST_OF_US:
            raise ValidationError(_l("This day is still to come."))

    def validate_evidence(self, field: StringField) -> None:
        """Ask where it can be looked up."""
        _hold_to_text(field, LONGEST_EVIDENCE, _l("Enter the page's address, or where the copy lies."))

    def validate_sha256(self, field: StringField) -> None:
        """Ask for the fingerprint of the copy."""
        field.data = "".join((field.data or "").split()).lower()
        if not SHA256.match(field.data):
            raise ValidationError(_l("Enter the 64 digits of the copy's SHA-256 fingerprint."))

    def validate_sheets(self, field: StringField) -> None:
        """Ask of paper how many sheets there are."""
        if self.kind.data == "paper":
            _hold_to_number(field, MOST, _l("Enter how many sheets there are."))

    def validate_held_by(self, field: StringField) -> None:
        """Ask of paper who keeps it."""
        if self.kind.data == "paper":
            _hold_to_text(field, LONGEST_LABEL, _l("Enter who keeps the sheets."))

    def validate_destroy_by(self, field: StringField) -> None:
        """Ask of paper when it is destroyed."""
        if self.kind.data == "paper":
            _hold_to_day(field, is_needed=True)
            today, day = utc_day(utc_now()), _day(field.data)
            if day and not today <= day <= today + LONGEST_KEPT:
                raise ValidationError(_l("Sheets are destroyed within twelve months: type such a day."))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _hold_to_day(field: Any, *, is_needed: bool) -> None:
    field.data = fold_digits(field.data or "").strip()
    if (field.data or is_needed) and _day(field.data) is None:
        raise ValidationError(_l("Type a day such as 2027-03-12."))


def _hold_to_text(field: Any, longest: int, message: Any) -> None:
    field.data = " ".join((field.data or "").split())
    if not field.data or len(field.data) > longest or not field.data.isprintable():
        raise ValidationError(message)


def _hold_to_number(field: Any, most: int, message: Any) -> None:
    field.data = "".join(fold_digits(field.data or "").split())
    is_number = field.data.isascii() and field.data.isdecimal() and len(field.data) <= LONGEST_NUMBER
    if not is_number or not 0 < int(field.data) <= most:
        raise ValidationError(message)
