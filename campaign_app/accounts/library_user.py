"""What Flask-Security asks of a user, written out.

Its own mixin would do, but importing it loads the whole library, 9 MB in every process that never serves the
desk. So the few methods that its views call stand here, and what needs the library imports it when it is called.
"""

from typing import Any


class LibraryUser:
    """The methods of a user as Flask-Login and Flask-Security call them."""

    email: str
    active: bool
    fs_uniquifier: str
    roles: Any
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether this organiser may sign in."""
        return self.active

    def get_id(self) -> str:
        """Return what a session knows an organiser by: it changes with the password, and ends every session."""
        return self.fs_uniquifier

    def has_role(self, role: str) -> bool:
        """Whether the organiser has a role of this name."""
        return any(each.name == role for each in self.roles)

    def calc_username(self) -> str:
        """Return the name that an authenticator shows beside its codes."""
        return self.email

    def get_redirect_qparams(self, existing: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add nothing to an address: an address is no place for a person's."""
        return existing or {}

    def get_security_payload(self) -> dict[str, Any]:
        """Tell nothing of an organiser in JSON."""
        return {}

    def check_tf_required(
        self, methods: list[tuple[str, str]], is_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Ask for a second factor whenever there is one; who has none gets no further than to set one up."""
        return bool(methods), methods

    def check_tf_required_setup(self) -> bool:
        """Say that a second factor cannot be switched off."""
        return True

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Say that no account is ever locked: a limit delays, and whoever could lock would lock others out."""
        return False

    def verify_and_update_password(self, password: str) -> bool:
        """Whether the password is right; one hashed with older settings is hashed anew."""
        from flask_security.utils import verify_and_update_password

        return bool(verify_and_update_password(password, self))  # type: ignore[arg-type] # our model stands in for the library's

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Tell whoever listens that a password, a code or a passkey was wrong."""
        from flask import current_app
        from flask_security.signals import user_failed_authn

        user_failed_authn.send(
            current_app._get_current_object(),  # type: ignore[attr-defined] # typed as what it stands for
            user=self,
            auth_type=auth_type,
            tfa=tfa,
        )
