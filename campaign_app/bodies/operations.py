"""What changes the directory: loading the shipped bodies, editing one, marking it as checked, the presidency."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ..accounts.models import Organiser
from ..audit.operations import record
from ..clock import utc_day
from ..extensions import db
from .content import ShippedBody
from .models import Body, BodyChannel, CouncilTerm, PresidencyOverride
from .queries import channels_of, fingerprint, override_of, said_of, terms_of
from .queries import terms as all_terms
from .rules import (
    KEY,
    LONGEST_KEY,
    PLACES,
    TERM_FIELDS,
    BodyRefused,
    ChangedMeanwhile,
    NotSeated,
    month_text,
    seated,
)


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


def add(*, key: str, values: Mapping[str, Any], by: Organiser, now: datetime) -> Body:
    """Add a body that is not shipped: a government, a parliament, an organisation, a State's mission.

    values: column → value, for each of content.FIELDS. Raises BodyRefused. Flushes; never commits.
    """
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key) or key in PLACES:
        raise BodyRefused("key")
    found = Body(key=key, is_edited=True, **values)
    try:
        with db.session.begin_nested():
            db.session.add(found)
    except IntegrityError:
        raise BodyRefused("taken") from None
    record(action="body.add", by=by.audit_name, subject=key, details={"kind": found.kind}, now=now)
    return found


def save(
    *,
    body: Body,
    values: Mapping[str, Any],
    channels: Sequence[Mapping[str, str]],
    terms: Sequence[Mapping[str, Any]],
    began_from: str,
    by: Organiser,
    now: datetime,
) -> bool:
    """Change a body, its ways in and its terms; return whether anything changed.

    What was checked and stays keeps its day; a new way in and a new holder were checked by nobody. began_from: the
    `fingerprint` that the form showed. Raises ChangedMeanwhile. Flushes; never commits.
    """
    hold(body, began_from)
    before = {name: getattr(body, name) for name in values}
    changed = {
        *(name for name, value in before.items() if value != values[name]),
        *(["channels"] if _set_channels(body, channels) else []),
        *(["terms"] if body.kind == "mission" and _set_terms(body, terms) else []),
    }
    _set_values(body, values)
    if not changed:
        return False
    body.is_edited = True
    db.session.flush()
    details = {"fields": sorted(changed)}
    record(action="body.edit", by=by.audit_name, subject=body.key, details=details, now=now)
    return True


def set_ways(
    *, body: Body, channels: Sequence[Mapping[str, str]], terms: Sequence[Mapping[str, Any]]
) -> None:
    """Enter the ways to reach a body that was just added, and its terms if it is a mission. Flushes."""
    _set_channels(body, channels)
    if body.kind == "mission":
        _set_terms(body, terms)


def check(*, body: Body, began_from: str, by: Organiser, now: datetime) -> None:
    """Note that somebody compared the body, its ways in and its holder with their sources today.

    began_from: the `fingerprint` of what they looked at. Raises ChangedMeanwhile. Flushes; never commits.
    """
    hold(body, began_from)
    today = utc_day(now)
    body.verified_on, body.verified_by = today, by.audit_name
    if body.holder_name:
        body.holder_verified_on, body.holder_verified_by = today, by.audit_name
    channels = channels_of(body)
    for channel in channels:
        channel.verified_on, channel.verified_by = today, by.audit_name
    db.session.flush()
    details = {"channels": len(channels), "holder": bool(body.holder_name)}
    record(action="body.check", by=by.audit_name, subject=body.key, details=details, now=now)


def hold(body: Body, began_from: str) -> None:
    """Keep a body until the transaction ends. Raises ChangedMeanwhile if it is no longer what was looked at."""
    db.session.refresh(body, with_for_update={"key_share": True})
    if fingerprint(body) != began_from:
        raise ChangedMeanwhile


def override_presidency(
    *, year: int, month: int, body: Body | None, source: str, by: Organiser, now: datetime
) -> None:
    """Say who presides in one month, whatever the order says; body None: the order holds again.

    Raises NotSeated for a body whose State does not sit in the Council that year. Flushes; never commits.
    """
    if body is not None and body.key not in {term.key for term in seated(year, all_terms())}:
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
    here = said_of(found)
    there = {**shipped.values, "channels": list(shipped.channels), "terms": list(shipped.terms)}
    before, after = (
        json.dumps(each, indent=1, sort_keys=True, ensure_ascii=False, default=str).splitlines()
        for each in (here, there)
    )
    names = (f"{found.key} here", f"{found.key} shipped")
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm="", n=1))
