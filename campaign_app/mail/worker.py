"""The worker's batch: claim due mails, open, write and send each, record what became of it.

The only part of mail that commits, and it commits after every mail: a crash can repeat the one mail that
was on its way, and no other. No transaction is open while the relay is spoken to.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from secrets import SystemRandom
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from ..anonymous_logs import place_of
from ..database import write_once_more
from ..extensions import db
from ..sealing.keys import KeyProblem, MailSecret, keyring
from ..sealing.mail import open_mail
from ..sealing.problems import CannotOpen
from . import operations, relay_pause, rules
from .hooks import Outcome, hooks
from .messages import compose
from .operations import Claim
from .transport import Transport, for_app
from .troubles import ConnectionBroke, DeliveryPostponed, DeliveryRefused, RelayUnavailable

logger = logging.getLogger(__name__)

BROKEN_IN_A_ROW = 3  # connections that break under that many mails are the relay's fault, not the mails'
DATABASE_GONE = (OperationalError, InterfaceError)
_random = SystemRandom().random


@dataclass
class Report:
    """What one batch did. trouble: why the relay, or our key, let no mail go."""

    sent: int = 0
    settled: int = 0
    postponed: int = 0
    refused: int = 0
    trouble: str | None = None

    @property
    def did_anything(self) -> bool:
        """Whether there may be more to do at once."""
        return self.trouble is None and bool(self.sent + self.settled + self.postponed + self.refused)


def run_batch(
    *,
    now: datetime,
    limit: int = 50,
    transport: Transport | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Send up to `limit` due mails and return what became of them. Commits.

    stop: once set, the mail in hand is finished and the others are given back. transport: for tests.
    """
    pause = relay_pause.current()
    if pause is not None and now < pause.until:
        db.session.rollback()
        return Report()
    held_until = now + rules.CLAIM_FOR
    claims = operations.claim(now=now, until=held_until, limit=limit)
    db.session.commit()
    if not claims:
        return Report()
    batch = _Batch(now, held_until, claims, stop or threading.Event(), is_after_pause=pause is not None)
    try:
        with transport or for_app() as open_transport:
            batch.run(open_transport)
    finally:
        batch.let_go_of_the_rest()
    report = batch.report
    if report.postponed or report.refused:
        # Only trouble: on a quiet site a line for every mail sent would be the time of day of a signature.
        logger.warning("mail: %d postponed, %d refused", report.postponed, report.refused)
    return report


@dataclass
class _Batch:
    began_at: datetime
    held_until: datetime
    rest: list[Claim]
    stop: threading.Event
    is_after_pause: bool
    report: Report = field(default_factory=Report)
    broken_in_a_row: int = 0
    in_hand: Mapping[str, Any] | None = None  # what a mail that another room writes was sealed with
    _started: float = field(default_factory=lambda: time.monotonic())

    def now(self) -> datetime:
        """Return the time: the caller's, and what passed since."""
        return self.began_at + timedelta(seconds=time.monotonic() - self._started)

    def run(self, transport: Transport) -> None:
        """Work through the claimed mails until they are done, the relay is in trouble or we are to stop."""
        try:
            secret = keyring().mail_secret
        except KeyProblem as problem:
            self._trouble(f"the keys cannot be used ({type(problem).__name__})")
            return
        if secret is None:
            self._trouble("the key that opens waiting mails is not on this host")
            return
        while self.rest and not self.stop.is_set():
            claim = self.rest[0]
            if self._is_ours(claim):
                try:
                    self._take(claim, secret, transport)
                except RelayUnavailable as trouble:
                    self._trouble(trouble.reason)
                    return
            self.rest.pop(0)
            if self.broken_in_a_row >= BROKEN_IN_A_ROW:
                self._trouble("the relay breaks connections while mails are on their way")
                return
            if self.rest and transport.pause_seconds:
                self.stop.wait(transport.pause_seconds)

    def let_go_of_the_rest(self) -> None:
        """Give back what was not sent, for this or another worker to claim."""
        db.session.rollback()
        if self.rest:
            operations.let_go(ids=_ids(self.rest), held_until=self.held_until)
            db.session.commit()

    def _is_ours(self, claim: Claim) -> bool:
        """Whether the mail may be sent now; the claims are renewed in good time before they end."""
        now = self.now()
        if self.held_until - now < rules.RENEW_BELOW:
            until = now + rules.CLAIM_FOR
            operations.renew(ids=_ids(self.rest), held_until=self.held_until, until=until)
            db.session.commit()
            self.held_until = until
        found = operations.is_held(mail_id=claim.id, held_until=self.held_until)
        db.session.rollback()
        return found

    def _take(self, claim: Claim, secret: MailSecret, transport: Transport) -> None:
        """Bring one mail a step further. Raises RelayUnavailable, the mail untouched."""
        try:
            self.in_hand = None
            message = self._written(claim, secret)
        except DeliveryRefused as refusal:
            self._dead(claim, refusal.reason)
        except DeliveryPostponed as trouble:
            self._postponed(claim, trouble.reason)
        else:
            if message is not None:
                self._send(message, claim, transport)

    def _send(self, message: EmailMessage, claim: Claim, transport: Transport) -> None:
        """Hand one mail over and record what the relay said. Raises RelayUnavailable, the mail untouched."""
        self.broken_in_a_row += 1  # until the relay has said something
        try:
            transport.send(message)
        except RelayUnavailable:
            raise
        except ConnectionBroke as trouble:
            self._postponed(claim, trouble.reason)
            return
        except DeliveryRefused as refusal:
            self._dead(claim, refusal.reason)
        except DeliveryPostponed as trouble:
            self._postponed(claim, trouble.reason)
        except Exception as problem:  # one unsendable mail must not stop the others
            self._postponed(claim, self._defect("could not be sent", claim, problem))
        else:
            self._sent(claim)
        self.broken_in_a_row = 0
        if self.is_after_pause:
            relay_pause.end()
            db.session.commit()
            self.is_after_pause = False

    def _written(self, claim: Claim, secret: MailSecret) -> EmailMessage | None:
        """Return the finished mail; None where nothing is to be sent.

        Raises DeliveryRefused for a mail that cannot be opened or written, DeliveryPostponed for a
        request that could not be settled. Neither says more than the kind of error: its text could
        hold what the mail holds.
        """
        try:
            parameters = open_mail(claim.sealed, secret=secret)
        except CannotOpen as problem:
            raise DeliveryRefused(f"the mail could not be opened ({type(problem).__name__})") from None
        if claim.kind in (rules.RESEND, rules.PRIVATE_LINK):
            settled = self._settled(claim, parameters)
            if settled is None:
                return None
            parameters = settled
        if claim.kind in rules.WRITTEN_ABOVE:
            self.in_hand = parameters
            return self._written_above(claim, parameters)
        try:
            return compose(
                kind=claim.kind, parameters=parameters, expires_on=claim.expires_on, now=self.now()
            )
        except DeliveryRefused:
            raise
        except Exception as problem:  # one unwritable mail must not stop the others
            reason = self._defect("could not be written", claim, problem)
        raise DeliveryRefused(reason)

    def _written_above(self, claim: Claim, parameters: Mapping[str, Any]) -> EmailMessage | None:
        """Have a mail written by its room; None, and forgotten, where it is not wanted any more."""
        try:
            message = hooks().writer(claim.kind).written(parameters, self.now())
            db.session.rollback()
            if message is None:
                self._forget(claim, "unwanted")
                self.report.settled += 1
            return message
        except (DeliveryRefused, DeliveryPostponed, *DATABASE_GONE):
            db.session.rollback()
            raise
        except Exception as problem:
            reason = self._defect("could not be written", claim, problem)
        db.session.rollback()
        raise DeliveryRefused(reason)

    def _forget(self, claim: Claim, outcome: Outcome, reason: str = "") -> None:
        """Delete a mail that another room wrote, whose address must not lie here any longer, and have it counted.

        Unless another worker has it by now, or it was stopped: then it was counted there, or is of no account.
        """
        if self.in_hand is not None:
            hooks().writer(claim.kind).ended(self.in_hand, outcome, reason, self.now())
        if operations.note_settled(claim=claim, held_until=self.held_until):
            db.session.commit()
        else:
            db.session.rollback()

    def _settled(self, claim: Claim, parameters: dict[str, object]) -> dict[str, object] | None:
        """Ask the rooms above what a request comes to; return the parameters of a mail, or None."""
        try:
            if claim.kind == rules.PRIVATE_LINK:
                link = hooks().private_link(parameters, self.now())
                if link is not None:
                    db.session.commit()
                    return dict(link)
            else:
                about = hooks().pendings_of(parameters, self.now())
                operations.send_again(about=about, now=self.began_at)
            operations.note_settled(claim=claim, held_until=self.held_until)
            db.session.commit()
            self.report.settled += 1
            return None
        except DATABASE_GONE:
            raise
        except Exception as problem:  # a defect in one request must not stop the other mails
            reason = self._defect("could not be settled", claim, problem)
        db.session.rollback()
        raise DeliveryPostponed(reason)

    def _defect(self, what: str, claim: Claim, problem: Exception) -> str:
        """Log an error of ours by kind and place, since its text could hold an address; return a reason."""
        logger.error("mail: a %s mail %s: %s", claim.kind, what, place_of(problem))
        return f"it {what} ({type(problem).__name__})"

    def _sent(self, claim: Claim) -> None:
        """Record that a mail left; twice if need be, since it would leave again."""
        write_once_more(lambda: self._note_sent(claim))
        self.report.sent += 1

    def _note_sent(self, claim: Claim) -> None:
        """Record that a mail left, unless another worker has it by now.

        The rooms above first: who opens the link at this moment takes their rows before the mail's, too, and in
        another order the two would wait for each other.
        """
        if claim.kind == rules.CONFIRM and claim.about is not None:
            self._first_sent(claim.about)
        if self.in_hand is not None:
            hooks().writer(claim.kind).ended(self.in_hand, "sent", "", self.now())
        if operations.note_sent(claim=claim, held_until=self.held_until, now=self.now()):
            db.session.commit()
        else:
            db.session.rollback()

    def _first_sent(self, about: bytes) -> None:
        """Tell the rooms above. What fails there must not undo that the mail left: it would leave again."""
        for hook in hooks().on_first_sent:
            try:
                with db.session.begin_nested():
                    hook([about], self.now())
            except DATABASE_GONE:
                raise
            except Exception as problem:
                logger.error("mail: on_first_sent failed: %s", place_of(problem))

    def _postponed(self, claim: Claim, reason: str) -> None:
        rest = rules.retry_after(claim.attempts + 1, spread=_random())
        operations.note_postponed(
            claim=claim, held_until=self.held_until, retry_at=self.now() + rest, reason=reason
        )
        db.session.commit()
        self.report.postponed += 1

    def _dead(self, claim: Claim, reason: str) -> None:
        if claim.kind in rules.WRITTEN_ABOVE:
            self._forget(claim, "refused", reason)
        else:
            operations.note_dead(claim=claim, held_until=self.held_until, reason=reason)
            db.session.commit()
        self.report.refused += 1
        logger.warning("mail: a %s mail is dead: %s", claim.kind, reason)

    def _trouble(self, reason: str) -> None:
        pause = relay_pause.begin(now=self.now(), reason=reason, spread=_random())
        db.session.commit()
        self.report.trouble = reason
        logger.warning("mail: %s; the next attempt is in %d s", reason, pause.length.total_seconds())


def _ids(claims: Sequence[Claim]) -> list[bytes]:
    return [claim.id for claim in claims]
