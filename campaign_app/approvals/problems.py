"""Why something is not approved or not released, drawn once.

ApprovalRefused
├── NotAsked          nothing was asked, or it was declined, cancelled or replaced
│   └── ReleasedBefore    it left once already
├── Changed           what is to leave is not what was asked for
├── NotReleasedYet    a second person has not approved, or the wait is not over
└── MayNot
    ├── SamePerson        whoever asked never approves
    ├── NotAnApprover     no role that may approve this
    └── NotYours          only whoever asked, or an owner, may cancel
"""

from datetime import datetime

from ..errors import Refusal


class ApprovalRefused(Refusal):
    """An expected no about something that needs two people."""


class NotAsked(ApprovalRefused):
    """Nobody asked for it, or it was declined, cancelled or replaced since."""


class ReleasedBefore(NotAsked):
    """A release is used once; what is to leave again must be asked for again."""


class Changed(ApprovalRefused):
    """What is to leave differs from what was asked for."""


class NotReleasedYet(ApprovalRefused):
    """Neither has a second person approved nor is the wait of a team of one over.

    releasable_at: the end of that wait; None where a second person must approve.
    """

    def __init__(self, releasable_at: datetime | None) -> None:
        """Say what is missing."""
        self.releasable_at = releasable_at
        super().__init__(
            "a second person must approve it first"
            if releasable_at is None
            else f"it may be released by one person from {releasable_at:%Y-%m-%d %H:%M} UTC on"
        )


class MayNot(ApprovalRefused):
    """Whoever tries is not somebody who may."""


class SamePerson(MayNot):
    """Whoever asked never approves, whatever roles they have."""


class NotAnApprover(MayNot):
    """Approving this takes another role, and a second factor."""


class NotYours(MayNot):
    """Only whoever asked, or an owner, may cancel."""
