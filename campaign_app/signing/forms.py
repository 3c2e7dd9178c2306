"""What a supporter may send: fields, their limits and the words shown at a field that is wrong.

Choices are checked against sets and drawn by the template: WTForms' own select of 250 countries costs
more than everything else in a request.
"""

import difflib
import re
import unicodedata
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.exceptions import BadRequest
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from ..languages import country_code, format_number
from ..petitions.queries import TextRecord
from ..shield.providers import familiar_domains, is_familiar
from .consents import Consents
from .requests import Signer
from .rules import (
    LONGEST_LOCAL_PART,
    LONGEST_NAME,
    SOURCE,
    domain_of,
    has_link,
    has_unsupported_characters,
    one_line,
    without_unsupported_characters,
)

NOT_TYPED = ("website", "form_token", "check_token", "altcha", "correct")
# What stands before the @ of nearly every address at a big provider; whatever else may, email-validator knows.
ORDINARY_LOCAL_PART = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*\Z")
CLOSE_ENOUGH = 0.82  # similarity at which a mistyped mail domain is suggested


# The attributes of each field as it is before any form holds it, by its place in a form class.
_FIELDS_MADE: dict[Any, dict[str, Any]] = {}


def _typed(text: str | None) -> str:
    return one_line(text or "")


def _made_by_us(text: str | None) -> str:
    """Return the value of a field that no person types; whatever could not have come from our page is nothing."""
    return text if text and text.isascii() and text.isprintable() else ""


class SupporterForm(FlaskForm):
    """A form without a cookie: freshness and origin are the shield's business, and every message is ours."""

    class Meta:
        """No session, no CSRF cookie, no second catalogue of messages."""

        csrf = False
        locales = False

        def get_translations(self, form: Any) -> None:
            """Use our own messages; WTForms would parse its catalogue on every request."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Copy a field that was made once: making eleven for each post takes longer than their validation."""
            made = _FIELDS_MADE.get(unbound_field)
            if made is None:
                # Without this first form, which holds what somebody typed.
                made = {**vars(unbound_field.bind(form=form, **options)), "_form": None, "meta": None}
                _FIELDS_MADE[unbound_field] = made
            field = object.__new__(unbound_field.field_class)
            vars(field).update(made, _form=form, meta=self)
            return field

    form_token = StringField(filters=[_made_by_us])
    check_token = StringField(filters=[_made_by_us])
    altcha = StringField(filters=[_made_by_us])
    website = StringField()  # the honeypot: hidden from people, tempting to bots

    @property
    def is_honeypot_filled(self) -> bool:
        """Whether the field that people cannot see holds anything."""
        return bool(self.website.data)

    def error_list(self) -> list[tuple[str, str]]:
        """Return (field id, message) in the order of the page, for the summary."""
        return [(name, str(messages[0])) for name, messages in self.errors.items() if name and messages]

    def typed(self) -> list[tuple[str, str]]:
        """Return (field name, value) of everything a person typed or chose, to be offered again."""
        kept: list[tuple[str, str]] = []
        for field in self:
            if field.name in NOT_TYPED:
                continue
            if isinstance(field, BooleanField):
                kept += [(field.name, "y")] if field.data else []
            elif field.data:
                kept.append((field.name, field.data))
        return kept


def check_name(form: SupporterForm, field: StringField) -> None:
    """Hold a name to: present, at most 100 characters, no control or bidirectional characters, no link."""
    name = field.data
    if not name:
        raise ValidationError(_("Enter your full name"))
    if has_unsupported_characters(name):
        field.data = without_unsupported_characters(name)
        raise ValidationError(
            _(
                "The name contained unsupported characters, such as invisible ones. "
                "They are taken out: check the name and send it again"
            )
        )
    if len(name) > LONGEST_NAME:
        raise ValidationError(
            _("The name must be %(limit)s characters or fewer", limit=format_number(LONGEST_NAME))
        )
    if has_link(name):
        raise ValidationError(_("The name must not contain a web address"))
    if not any(character.isalpha() for character in name):
        raise ValidationError(_("Enter the full name, in letters"))


def check_email(form: SupporterForm, field: StringField) -> None:
    """Hold an address to the form of one mailbox; its delivery is proved by the mail itself."""
    typed = field.data
    if not typed:
        raise ValidationError(_("Enter your e-mail address"))
    if has_unsupported_characters(typed):
        field.data = without_unsupported_characters(typed)
        raise ValidationError(
            _(
                "The e-mail address contained unsupported characters, such as invisible ones. "
                "They are taken out: check the address and send it again"
            )
        )
    address = typed if typed.isascii() else unicodedata.normalize("NFKC", typed)
    if len(address.rpartition("@")[0]) > LONGEST_LOCAL_PART:
        raise ValidationError(
            ngettext(
                "The part before @ must be %(num)s character or shorter",
                "The part before @ must be %(num)s characters or shorter",
                LONGEST_LOCAL_PART,
            )
        )
    if ordinary := ordinary_address(address):
        field.data = ordinary
        return
    try:
        field.data = validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValidationError(
            _("Enter an e-mail address in the correct form, like name@example.com")
        ) from None


def check_country(form: SupporterForm, field: StringField) -> None:
    """Hold a country to the list."""
    if not field.data:
        raise ValidationError(_("Choose the country where you live"))


class SignerForm(SupporterForm):
    """What is asked of everyone who signs: name, address, country, and whether the name may be shown."""

    name = StringField(filters=[_typed], validators=[check_name])
    email = StringField(filters=[_typed], validators=[check_email])
    country = StringField(filters=[country_code], validators=[check_country])
    show_name = BooleanField()

    def signer(
        self, *, lang: str, path: str, text: TextRecord, source: str, consents: Consents, wants_updates: bool
    ) -> Signer:
        """Return the validated person as the operations take them, bound to the words they read."""
        return Signer(
            name=self.name.data or "",
            email=self.email.data or "",
            country=self.country.data or "",
            language=lang,
            source=source,
            path=path,
            text_language=text.language,
            text_version=text.version,
            consent_version=consents.signing,
            updates_version=consents.updates if wants_updates else None,
            is_shown=self.show_name.data,
        )


class SignForm(SignerForm):
    """The form of a petition: three required fields, two choices, none ticked for you."""

    wants_updates = BooleanField()
    source = StringField(filters=[_made_by_us])
    shared = StringField(filters=[_made_by_us])
    correct = StringField(filters=[_made_by_us])

    @property
    def source_code(self) -> str:
        """Return the source as typed in the address, or nothing where it is malformed."""
        text = self.source.data or ""
        return text if SOURCE.match(text) else ""

    @property
    def suggested_email(self) -> str:
        """Return the address with the mail domain that was probably meant, or nothing."""
        return suggested_address(self.email.data or "")


class MailboxForm(SupporterForm):
    """One address: to have the mail sent again, or to be sent a new private link."""

    email = StringField(filters=[_typed], validators=[check_email])
    shared = StringField(filters=[_made_by_us])
    correct = StringField(filters=[_made_by_us])


def check_name_of_another(form: SupporterForm, field: StringField) -> None:
    """Hold a name to the same, in words for whoever types it of somebody else."""
    if not field.data:
        raise ValidationError(_("Enter the person's full name"))
    check_name(form, field)


def check_email_of_mailbox(form: SupporterForm, field: StringField) -> None:
    """Hold an address to the same, in words for whoever has a mailbox's page open."""
    if not field.data:
        raise ValidationError(_("Enter the address of this mailbox"))
    check_email(form, field)


def check_country_of_another(form: SupporterForm, field: StringField) -> None:
    """Hold a country to the list, in words for whoever chooses it for somebody else."""
    if not field.data:
        raise ValidationError(_("Choose the country where the person lives"))


class PersonForm(SignerForm):
    """Another person of the same mailbox. The address is typed again: we hold it only sealed."""

    name = StringField(filters=[_typed], validators=[check_name_of_another])
    email = StringField(filters=[_typed], validators=[check_email_of_mailbox])
    country = StringField(filters=[country_code], validators=[check_country_of_another])
    asked_me = BooleanField()

    def validate_asked_me(self, field: BooleanField) -> None:
        """Nobody is added without having asked."""
        if not field.data:
            raise ValidationError(_("Confirm that this person asked you to add them"))


class ChoiceForm(SupporterForm):
    """One button about one person of the mailbox."""

    nth = StringField()

    @property
    def place(self) -> int:
        """Return the person's place. Raises BadRequest for anything but a small number."""
        text = self.nth.data or ""
        if not (text.isascii() and text.isdecimal() and len(text) < 3):
            raise BadRequest
        return int(text)


class ShowNameForm(ChoiceForm):
    """The name to show and the address that signed, both typed again: we hold neither readable."""

    name = StringField(filters=[_typed], validators=[check_name_of_another])
    email = StringField(filters=[_typed], validators=[check_email_of_mailbox])


def ordinary_address(address: str) -> str:
    """Return an address of the most ordinary form at a big provider as it is kept, or nothing for any other."""
    local_part, _at, domain = address.rpartition("@")
    domain = domain.lower()
    is_ordinary = is_familiar(domain) and ORDINARY_LOCAL_PART.match(local_part)
    return f"{local_part}@{domain}" if is_ordinary else ""


def suggested_address(address: str) -> str:
    """Return the address with a familiar domain close to the typed one, or nothing; never blocks."""
    domain = domain_of(address.lower())
    if not domain or is_familiar(domain):
        return ""
    close = difflib.get_close_matches(domain, familiar_domains(), n=1, cutoff=CLOSE_ENOUGH)
    return f"{address.rpartition('@')[0]}@{close[0]}" if close else ""
