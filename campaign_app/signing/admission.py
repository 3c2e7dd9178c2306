"""Whether a post may go on: where it came from, how fresh its form is, and what it paid.

Puts the shield's pieces together for the forms of this room; writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import request

from ..clock import utc_now
from ..config import settings
from ..errors import Refusal
from ..sealing.keys import Keyring, keyring, signing_is_allowed
from ..shield import ceilings, check_token, form_token, held, work
from ..shield.operations import NonceSpent, body_mac
from ..shield.origin import is_same_origin
from ..shield.rules import client_address, work_level
from ..shield.state import current_shield
from .forms import SupporterForm
from .operations import MailPlan

__all__ = [
    "CrossSite",
    "Entry",
    "NonceSpent",
    "SigningUnavailable",
    "enter",
    "new_check_token",
    "new_form_token",
    "refuse_cross_site",
    "seconds_to_wait",
    "signing_keyring",
]


class CrossSite(Refusal):
    """The post came from another site's page."""


class SigningUnavailable(Refusal):
    """Nobody may sign now: a campaign key is missing, swapped, a demo key in production, or not read back."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of a post's tokens.

    notice: "" or why the form must be shown again ("expired", "work").
    is_admitted: a single-use token is at hand, so the transaction may run.
    is_checked: it came through the "check your details" step.
    is_too_soon: the button of that step was pressed before anyone reads; its token serves in a moment.
    """

    notice: str = ""
    is_admitted: bool = False
    is_checked: bool = False
    is_too_soon: bool = False
    nonce: bytes = b""
    body_mac: bytes = b""
    received_at: datetime

    @property
    def is_stale(self) -> bool:
        """Whether the form must be shown again, fresh, with everything typed."""
        return bool(self.notice)

    @property
    def path(self) -> str:
        """Return how the person came: with JavaScript's proof of work, or through the check step."""
        return "nojs" if self.is_checked else "js"

    def plan_mail(self, tag: bytes, domain: str) -> MailPlan:
        """Decide when the mail goes; never changes what the person sees."""
        mail = held.MailToCome(
            tag=tag,
            domain=domain,
            has_script=not self.is_checked,
            now=self.received_at,
            nonce=self.nonce,
        )
        plan = mail.plan(take=False)
        return MailPlan(not_before=plan.not_before, is_held=plan.is_held, take=partial(mail.plan, take=True))


def refuse_cross_site() -> None:
    """Refuse a post that another site's page sent. Raises CrossSite."""
    if not is_same_origin(request):
        raise CrossSite


def seconds_to_wait() -> int:
    """Count this post against the hard ceiling of its network; return 0, or when to try again."""
    return ceilings.seconds_over(ceilings.POSTS)


def enter(form: SupporterForm, *, petition_id: int, now: datetime) -> Entry:
    """Check the form token, then the proof of work or the one-use token, whichever came."""
    try:
        form_token.check(form.form_token.data or "", petition_id, now)
    except form_token.FormRefused:
        return Entry(notice="expired", received_at=now)
    shield = current_shield()
    level = work_level(shield.networks.count(client_address(request.environ, shield.trusted)))
    if form.check_token.data:
        try:
            nonce = check_token.check(form.check_token.data, petition_id, now)
        except check_token.CheckRefused as refusal:
            return Entry(is_too_soon=isinstance(refusal, check_token.CheckTooSoon), received_at=now)
        return _admitted(form, nonce, is_checked=True, now=now)
    if form.altcha.data:
        try:
            nonce = work.verify(form.altcha.data, petition_id, level, now)
        except work.WorkMissing:
            return Entry(received_at=now)
        except Refusal:
            return Entry(notice="work", received_at=now)
        return _admitted(form, nonce, is_checked=False, now=now)
    return Entry(received_at=now)


def _admitted(form: SupporterForm, nonce: bytes, *, is_checked: bool, now: datetime) -> Entry:
    typed = [part for pair in form.typed() for part in pair]
    return Entry(
        is_admitted=True,
        is_checked=is_checked,
        nonce=nonce,
        body_mac=body_mac(nonce=nonce, body=typed),
        received_at=now,
    )


def new_form_token(petition_id: int, now: datetime) -> str:
    """Return a token that proves a form's freshness for twenty minutes."""
    return form_token.issue(petition_id, now)


def new_check_token(petition_id: int, now: datetime | None = None) -> str:
    """Return the one-use token of the "check your details" step."""
    return check_token.issue(petition_id, now or utc_now())


def signing_keyring() -> Keyring:
    """Return the keys that contacts and mails are sealed to. Raises SigningUnavailable or a key problem."""
    keys = keyring()
    if not signing_is_allowed(keys, settings().environment):
        raise SigningUnavailable
    return keys
