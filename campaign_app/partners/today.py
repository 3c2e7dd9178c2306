"""What needs somebody today: endorsements that wait for a second person."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import ngettext

from ..accounts.today import Line
from ..languages import format_number
from . import queries


def endorsement_lines(now: datetime) -> Iterable[Line]:
    """Say how many wait."""
    if waiting := sum(queries.endorsements_to_check().values()):
        says = ngettext(
            "%(count)s endorsement by an organisation waits for a second person to check it.",
            "%(count)s endorsements by organisations wait for a second person to check them.",
            waiting,
            count=format_number(waiting),
        )
        yield Line(urgency="soon", says=says, endpoint="partners.overview")
