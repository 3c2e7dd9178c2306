"""The numbers at the desk: charts, the tables beneath them, and the sentence that a press release quotes."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from ..accounts.rules import ORGANISER, OWNER
from ..accounts.sessions import organiser
from ..audit.operations import record
from ..clock import utc_now
from ..extensions import db
from ..languages import current_language
from ..petitions.models import Petition
from ..tally.queries import statement
from .numbers import SHOWN, TABLES, Numbers, csv_of, event_names, numbers_of, titles_of
from .period import ALL, DAYS, LENGTHS, NotAPeriod
from .sentences import sentences

blueprint = Blueprint("numbers", __name__, url_prefix="/numbers")
SEE_GROUPS = frozenset({OWNER, ORGANISER})


@blueprint.get("/")
def petitions() -> ResponseReturnValue:
    """List the petitions with their numbers."""
    now, lang = utc_now(), current_language()
    rows = db.session.scalars(select(Petition).order_by(Petition.id)).all()
    listed = [(row.slug, row.state, titles_of(row)[lang], statement(row.id, now=now)) for row in rows]
    return render_template("desk/numbers_list.html", petitions=listed, now=now)


@blueprint.get("/<slug>")
def petition(slug: str) -> ResponseReturnValue:
    """Show the numbers of one petition in the period that was asked for."""
    try:
        return _page(slug, request.args)
    except NotAPeriod as problem:
        words = _("Type two days, the first not after the last, such as 2027-03-12.")
        return _page(slug, {}, [(f"period-{problem.field}", words)]), 422


@blueprint.post("/<slug>/<table>.csv")
def table(slug: str, table: str) -> ResponseReturnValue:
    """Give one table as a file, and put on record who took it."""
    if table not in TABLES:
        abort(404)
    now, me = utc_now(), organiser()
    try:
        found = _numbers(slug, request.form)
    except NotAPeriod:
        abort(400)
    made = csv_of(found, table)
    if made is None:
        abort(404)
    body, rows = made
    span = found.period.span
    details = {"table": table, "from": span.first_day, "to": span.last_day, "rows": rows}
    record(action="numbers.csv", by=me.audit_name, subject=slug, details=details, now=now)
    db.session.commit()
    name = f"{slug}-{table}-{span.first_day}-{span.last_day}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype="text/csv", headers=headers)


def _numbers(slug: str, asked: object) -> Numbers:
    """Return the numbers of a petition, or answer that there is none."""
    found = numbers_of(
        slug,
        asked,  # type: ignore[arg-type] # form and query are mappings of text
        lang=current_language(),
        sees_groups=bool(SEE_GROUPS & organiser().role_names),
        now=utc_now(),
    )
    if found is None:
        abort(404)
    return found


def _page(slug: str, asked: object, errors: list[tuple[str, str]] | None = None) -> str:
    found = _numbers(slug, asked)
    countries = found.countries[0] if found.countries else None
    return render_template(
        "desk/numbers.html",
        found=found,
        errors=errors or [],
        title=found.titles[current_language()],
        periods=[ALL, *LENGTHS, DAYS],
        typed=request.args,
        events=[(event, event_names()[event]) for event in SHOWN],
        sentences=sentences(
            slug,
            found.titles,
            found.statement.people,
            countries,
            now=found.statement.as_of or utc_now(),
        ),
    )
