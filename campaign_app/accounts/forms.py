"""What an organiser may type, and the words that say what to correct."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField, ValidationError

from ..languages import fold_digits
from .passwords import normalized, objection, words_about
from .rules import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, ROLES, SHORTEST_PASSWORD


class DeskForm(FlaskForm):
    """A form of the desk: its CSRF token is checked for every post before a view runs, and by the form again."""

    class Meta:
        """Our own messages only."""

        locales = False

        def get_translations(self, form: Any) -> None:
            """Use no catalogue of WTForms'."""

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """Return (field id, message) of each error, in the order of the page."""
        return [(field.id, str(message)) for field in self for message in field.errors]


class JoinForm(DeskForm):
    """Who joins, and with which password. email: where the invitation went, so that the password is not made of it."""

    email = ""
    name = StringField()
    password = PasswordField()
    password_again = PasswordField()

    def validate_name(self, field: StringField) -> None:
        """Accept a name that others can read."""
        field.data = " ".join((field.data or "").split())
        if not field.data:
            raise ValidationError(_l("Enter your name, as the others here shall see it."))
        if len(field.data) > LONGEST_NAME or not field.data.isprintable():
            raise ValidationError(_l("Enter a name of at most 100 letters, without unusual characters."))

    def validate_password(self, field: PasswordField) -> None:
        """Accept a long one; nothing else makes a password strong."""
        if len(field.data or "") < SHORTEST_PASSWORD:
            raise ValidationError(_l("Choose a password of at least 12 characters; several words are best."))
        if len(field.data or "") > LONGEST_PASSWORD:
            raise ValidationError(_l("Choose a password of at most 128 characters."))
        if wrong := objection(normalized(field.data or ""), words_about(self.name.data or "", self.email)):
            raise ValidationError(wrong)

    def validate_password_again(self, field: PasswordField) -> None:
        """Accept the same again."""
        if field.data != self.password.data:
            raise ValidationError(_l("The two passwords differ. Type the same one twice."))


class CodeForm(DeskForm):
    """A one-time code."""

    code = StringField()

    def validate_code(self, field: StringField) -> None:
        """Accept six digits of any family, with or without spaces."""
        field.data = "".join(fold_digits(field.data or "").split())
        if not (field.data.isdecimal() and field.data.isascii() and len(field.data) == 6):
            raise ValidationError(_l("Enter the six digits that your app shows now."))


class RolesForm(DeskForm):
    """Which roles somebody has. Drawn by the template, so what was ticked is read from the post itself."""

    roles: list[str]

    def read_roles(self, ticked: list[str]) -> bool:
        """Keep the roles that exist; whether there is one."""
        self.roles = [role for role in ROLES if role in ticked]
        return bool(self.roles)


class InviteForm(RolesForm):
    """Whom to invite."""

    email = EmailField()

    def validate_email(self, field: EmailField) -> None:
        """Accept one address that mail can be sent to."""
        try:
            found = validate_email(
                (field.data or "").strip(), check_deliverability=False, test_environment=True
            )
        except EmailNotValidError:
            raise ValidationError(_l("Enter one mail address, such as name@example.org.")) from None
        field.data = found.normalized.lower()
        if len(field.data) > LONGEST_EMAIL:
            raise ValidationError(_l("This mail address is too long."))
