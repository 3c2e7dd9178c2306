"""What changes the directory: loading the shipped bodies, editing one, marking it as checked, the presidency."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from ..accounts.models import Organiser
from ..audit.operations import record
from ..extensions import db
from .content import FIELDS, ShippedBody
from .models import Body, BodyChannel, CouncilTerm, PresidencyOverride
from .queries import channels_of, override_of, terms, terms_of
from .rules import NotSeated, month_text, seated

CHANNEL_FIELDS = ("kind", "value", "source_url")
TERM_FIELDS = ("state", "first_year", "last_year")


@dataclass
class LoadReport:
    """What `load_shipped` did. `differences`: unified diffs of shipped bodies against edited ones, left alone."""

    created: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def load_shipped(*, bodies: Sequence[ShippedBody]) -> LoadReport:
    """Store what is missing and refresh what nobody edited; never touch a body edited here.

    What was marked as checked stays so where it says the same. Safe to repeat. Flushes; never commits.
    """
    report = LoadReport()
    stored = {each.key: each for each in db.session.scalars(select(Body))}
    for shipped in bodies:
        found = stored.get(shipped.key)
        if found is None:
            _write(Body(key=shipped.key), shipped)
            report.created.append(shipped.key)
        elif shipped.digest == found.shipped_digest:
            continue
        elif found.is_edited:
            if difference := _difference(found, shipped):
                report.differences.append(difference)
        else:
            _write(found, shipped)
            report.rewritten.append(shipped.key)
    db.session.flush()
    return report


def override_presidency(
    *, year: int, month: int, body: Body | None, source: str, by: Organiser, now: datetime
) -> None:
    """Say who presides in one month, whatever the order says; body None: the order holds again.

    Raises NotSeated for a body whose State does not sit in the Council that year. Flushes; never commits.
    """
    if body is not None and body.key not in {term.key for term in seated(year, terms())}:
        raise NotSeated(month_text(date(year, month, 1)))
    found = override_of(year, month)
    if body is None:
        if found is not None:
            db.session.delete(found)
    else:
        override = found or PresidencyOverride(year=year, month=month)
        override.body_id, override.source = body.id, source
        override.noted_by, override.noted_at = by.audit_name, now
        db.session.add(override)
    db.session.flush()
    details = {"month": month_text(date(year, month, 1)), "body": body.key if body else "", "source": source}
    record(action="presidency.override", by=by.audit_name, subject=details["month"], details=details, now=now)


def _write(found: Body, shipped: ShippedBody) -> None:
    """Make a body say what is shipped. A checked day stays where what was checked did not change."""
    _set_values(found, shipped.values)
    found.shipped_digest = shipped.digest
    db.session.add(found)
    db.session.flush()
    _set_channels(found, shipped.channels)
    _set_terms(found, shipped.terms)


def _set_values(found: Body, values: Mapping[str, Any]) -> bool:
    """Set what differs; return whether anything did. A new holder was checked by nobody, nor was a changed body."""
    changed = {name for name, value in values.items() if getattr(found, name, None) != value}
    for name in changed:
        setattr(found, name, values[name])
    if changed & {"holder_name", "holder_from", "holder_until"}:
        found.holder_verified_on, found.holder_verified_by = None, ""
    return bool(changed)


def _set_channels(found: Body, channels: Sequence[Mapping[str, Any]]) -> bool:
    """Make these the ways in; one that stays keeps its day of checking. Return whether anything changed."""
    wanted = [(each["kind"], each["value"]) for each in channels]
    stored = {(each.kind, each.value): each for each in channels_of(found)}
    gone = [each for pair, each in stored.items() if pair not in wanted]
    for each in gone:
        db.session.delete(each)
    is_changed = bool(gone)
    for channel in channels:
        kept = stored.get((channel["kind"], channel["value"]))
        if kept is None:
            kept = BodyChannel(body_id=found.id, kind=channel["kind"], value=channel["value"], source_url="")
            stored[channel["kind"], channel["value"]] = kept
            db.session.add(kept)
            is_changed = True
        if kept.source_url != channel["source_url"]:
            kept.source_url, is_changed = channel["source_url"], True
    db.session.flush()
    return is_changed


def _set_terms(found: Body, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Make these the terms in the Council; return whether anything changed."""
    if [{name: getattr(each, name) for name in TERM_FIELDS} for each in terms_of(found)] == list(wanted):
        return False
    db.session.execute(delete(CouncilTerm).filter_by(body_id=found.id))
    db.session.add_all(CouncilTerm(body_id=found.id, **each) for each in wanted)
    db.session.flush()
    return True


def _difference(found: Body, shipped: ShippedBody) -> str:
    here = {
        **{name: getattr(found, name) for name in FIELDS},
        "channels": [{name: getattr(each, name) for name in CHANNEL_FIELDS} for each in channels_of(found)],
    }
    there = {**shipped.values, "channels": list(shipped.channels)}
    before, after = (
        json.dumps(each, indent=1, sort_keys=True, ensure_ascii=False, default=str).splitlines()
        for each in (here, there)
    )
    names = (f"{found.key} here", f"{found.key} shipped")
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm="", n=1))
