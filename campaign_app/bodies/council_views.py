"""The Council at the desk: who sits, what is missing of each mission, and who presides in the months to come."""

import re
from dataclasses import dataclass
from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import format_month
from . import operations, queries
from .blueprint import blueprint
from .models import Body, BodyChannel, PresidencyOverride
from .names import CHANNEL_NAMES
from .queries import members
from .rules import BodyUnknown, NotSeated, in_language, is_stale, month_text, months_from, president_of

MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")
MONTHS_SHOWN = 14
LONGEST_SOURCE = 300


@dataclass(frozen=True)
class Row:
    """One mission of a month. channels: with whether each is to be compared again; missing: in words."""

    body: Body
    channels: list[tuple[BodyChannel, bool]]
    missing: list[str]
    began_from: str
    presides: bool


@dataclass(frozen=True)
class Month:
    """One month of the presidency. expected: by the order; president: as it is used."""

    first: date
    president: Body | None
    expected: Body | None
    override: PresidencyOverride | None


@blueprint.get("/council")
def council() -> ResponseReturnValue:
    """Show the missions of a month, a row each, and who presides in the coming months."""
    today = utc_day(utc_now())
    month = month_of(request.args.get("month", month_text(today)))
    presides = queries.president(month.year, month.month)
    return render_template(
        "bodies/council.html",
        month=month,
        month_text=month_text(month),
        rows=[_row(each, presides, today) for each in members(month)],
        presides=presides,
        months=_months(today),
        missions=queries.bodies("mission"),
        choices=[(month_text(each), format_month(each)) for each in months_from(today, MONTHS_SHOWN)],
        channel_names=CHANNEL_NAMES,
        in_language=in_language,
        format_month=format_month,
    )


@blueprint.post("/council/presidency")
def override() -> ResponseReturnValue:
    """Say who presides in one month, or let the order hold again."""
    month = month_of(request.form.get("month", ""))
    source = " ".join(request.form.get("source", "").split())
    key = request.form.get("body", "")
    if key and not 0 < len(source) <= LONGEST_SOURCE:
        flash(_("Nothing was changed: say where it was read, in a line."), "error")
        return _back(month)
    try:
        found = queries.body(key) if key else None
        operations.override_presidency(
            year=month.year, month=month.month, body=found, source=source, by=organiser(), now=utc_now()
        )
    except BodyUnknown:
        abort(400)
    except NotSeated:
        db.session.rollback()
        flash(_("Nothing was changed: that State does not sit in the Council in that year."), "error")
    else:
        db.session.commit()
        flash(_("Saved."), "success")
    return _back(month)


def month_of(text: str) -> date:
    """Return the first day of a month such as "2026-12", or answer that there is none."""
    found = MONTH.fullmatch(text)
    if found is None:
        abort(404)
    return date(int(found[1]), int(found[2]), 1)


def _back(month: date) -> ResponseReturnValue:
    return redirect(url_for(".council", month=month_text(month), _anchor="presidency"), 303)


def _row(body: Body, presides: Body | None, today: date) -> Row:
    channels = [(each, is_stale(each.verified_on, today)) for each in queries.channels_of(body)]
    missing = []
    if not channels:
        missing.append(_("No way to reach it is entered."))
    elif all(stale for _channel, stale in channels):
        missing.append(_("No way to reach it was compared with its source within 90 days."))
    if is_stale(body.verified_on, today):
        missing.append(_("Its details were not compared with their source within 90 days."))
    if body.is_vacant:
        missing.append(_("The office is vacant."))
    if body.confidence == "low":
        missing.append(_("That it sits in the Council then is unverified."))
    return Row(
        body, channels, missing, queries.fingerprint(body), presides is not None and presides.id == body.id
    )


def _months(today: date) -> list[Month]:
    """Return the presidency of the coming months, the overridden ones with what the order says."""
    terms = queries.terms()
    by_key = {each.key: each for each in queries.bodies("mission")}
    found = []
    for first in months_from(today, MONTHS_SHOWN):
        key = president_of(first.year, first.month, terms)
        expected = by_key.get(key) if key else None
        said = queries.override_of(first.year, first.month)
        presides = db.session.get(Body, said.body_id) if said else expected
        found.append(Month(first, presides, expected, said))
    return found
