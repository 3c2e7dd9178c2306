"""People who work at the desk, without its pages: they join, with a second factor or without."""

from collections.abc import Sequence
from datetime import datetime

from campaign_app.accounts import operations
from campaign_app.accounts.models import Organiser


def join(
    email: str, roles: Sequence[str], by: Organiser | None = None, *, now: datetime, has_factor: bool = True
) -> Organiser:
    """Let somebody join, with one-time codes; the first owner by the server's own link. Never commits."""
    token = (
        operations.invite(email=email, roles=roles, by=by, now=now)
        if by
        else operations.invite_first_owner(email=email, by="command", now=now)
    )
    who = operations.accept(token=token, name="Test Organiser", password_hash="-", locale="en", now=now)
    if has_factor:
        who.tf_primary_method, who.tf_totp_secret = "authenticator", "-"
        operations.note_change(organiser=who, what="codes", now=now)
    return who
