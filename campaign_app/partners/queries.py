"""Partners and endorsements as pages need them: plain records, asked at most once a second in each process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from ..clock import utc_day
from ..extensions import db
from ..finished_pages import lately
from ..sealing.tokens import token_hash
from .models import Endorsement, Partner
from .rules import ACTIVE, CODE, ENDED


@dataclass(frozen=True)
class PartnerRecord:
    """An active partner without its session. origins: exact. consent_lines: language → its own sentence."""

    code: str
    name: str
    origins: tuple[str, ...]
    language: str
    consent_lines: Mapping[str, str]

    def consent_line(self, language: str) -> str:
        """Return its own sentence in a language; "" where it has none."""
        return self.consent_lines.get(language, "")


@dataclass(frozen=True)
class EndorsementRecord:
    """An organisation that supports a petition, as everybody may read. country: its code. site: https, or ""."""

    name: str
    country: str
    site: str

    @property
    def shown_site(self) -> str:
        """Return the site as it is read."""
        return self.site.removeprefix("https://").rstrip("/")


@dataclass(frozen=True)
class _Dated:
    record: EndorsementRecord
    first_day: date
    end_day: date | None


def partner_of(code: str) -> PartnerRecord | None:
    """Return the active partner with a code, at most a second old; None for any other text."""
    return active_partners().get(code)


def origins_of(code: str) -> tuple[str, ...] | None:
    """Return the exact sites of an active partner, maybe none; None where no active partner has this code."""
    found = partner_of(code)
    return found.origins if found else None


def source_codes() -> frozenset[str]:
    """Return the codes under which people are counted as a partner's: those of the active ones."""
    return frozenset(active_partners())


def active_partners() -> Mapping[str, PartnerRecord]:
    """Return the active partners by code, at most a second old."""
    return lately("partners", _active)


def endorsements(petition_id: int, *, on: date) -> Sequence[EndorsementRecord]:
    """Return who supported a petition at the end of a UTC day, by name; at most a second old.

    As many as `tally.queries.statement` says of that day.
    """
    return _standing(lately(("endorsements", petition_id), lambda: _dated(petition_id)), on)


def endorsements_as_stored(petition_id: int, *, on: date) -> Sequence[EndorsementRecord]:
    """Return the same as it stands in the database this moment: for a letter, whose every number is of one moment."""
    return _standing(_dated(petition_id), on)


def partners() -> Sequence[Partner]:
    """Return every partner, those that ended last."""
    return db.session.scalars(
        select(Partner).order_by(Partner.state == ENDED, Partner.name, Partner.id)
    ).all()


def partner_by_code(code: str) -> Partner | None:
    """Return a partner in whatever state."""
    return db.session.scalar(select(Partner).filter_by(code=code)) if CODE.fullmatch(code) else None


def partner_by_link(token: str) -> Partner | None:
    """Return whose private page a token opens; None for any other text."""
    found = db.session.scalar(select(Partner).filter_by(link_hash=token_hash(token)))
    return None if found is None or found.state == ENDED else found


def names_by_code() -> Mapping[str, str]:
    """Return the name of every partner by its code: whoever works here reads names."""
    return {code: name for code, name in db.session.execute(select(Partner.code, Partner.name))}


def endorsements_of(petition_id: int) -> Sequence[Endorsement]:
    """Return all that was recorded of a petition, the newest first."""
    return db.session.scalars(
        select(Endorsement).filter_by(petition_id=petition_id).order_by(Endorsement.id.desc())
    ).all()


def endorsements_to_check() -> Mapping[int, int]:
    """Return how many endorsements wait for a second person, by petition."""
    rows = db.session.execute(
        select(Endorsement.petition_id, func.count())
        .where(Endorsement.checked_at.is_(None), Endorsement.withdrawn_at.is_(None))
        .group_by(Endorsement.petition_id)
        .order_by(Endorsement.petition_id)
    )
    return {petition_id: count for petition_id, count in rows}


def _active() -> Mapping[str, PartnerRecord]:
    rows = db.session.execute(
        select(Partner.code, Partner.name, Partner.origins, Partner.language, Partner.consent_lines)
        .filter_by(state=ACTIVE)
        .order_by(Partner.code)
    )
    return {
        code: PartnerRecord(code, name, tuple(origins), language, lines)
        for code, name, origins, language, lines in rows
    }


def _standing(dated: Sequence[_Dated], on: date) -> Sequence[EndorsementRecord]:
    """Return those that stood on a petition at the end of a day."""
    return [
        each.record for each in dated if each.first_day <= on and (each.end_day is None or each.end_day > on)
    ]


def _dated(petition_id: int) -> Sequence[_Dated]:
    rows = db.session.scalars(
        select(Endorsement)
        .where(Endorsement.petition_id == petition_id, Endorsement.checked_at.is_not(None))
        .order_by(Endorsement.name, Endorsement.id)
    )
    return [
        _Dated(
            EndorsementRecord(row.name, row.country, row.site),
            utc_day(row.checked_at),
            utc_day(row.withdrawn_at) if row.withdrawn_at else None,
        )
        for row in rows
        if row.checked_at is not None
    ]
