"""The desk's page of printed matter: posters, and numbered sheets for signatures on paper.

Sheets are made here only: whoever hands one out has to know its number, who keeps it and when it is destroyed. None of
that is stored but the numbers, which go on record.
"""

import json
from datetime import timedelta

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..accounts.sessions import organiser
from ..audit.models import AuditEntry
from ..audit.operations import record
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import LANGUAGES
from ..petitions.desk_views import petition_of, title_of
from ..petitions.models import Petition
from ..petitions.queries import PetitionRecord, public_petitions
from . import printed
from .forms import SheetsForm

PRINTED = "sheets.print"  # as the record has it
USUALLY_KEPT = timedelta(days=90)
USUAL_COUNT = 10

blueprint = Blueprint("printed", __name__, url_prefix="/petitions/<slug>/print")


@blueprint.get("/")
def matter(slug: str) -> ResponseReturnValue:
    """Show what can be printed; the form proposes the numbers that come next."""
    found = petition_of(slug)
    form = SheetsForm(formdata=None)
    form.language.data = found.home_language
    form.first.data = str(_last_printed(slug) + 1)
    form.count.data = str(USUAL_COUNT)
    form.destroy_by.data = (utc_day(utc_now()) + USUALLY_KEPT).isoformat()
    return _page(found, form)


@blueprint.post("/sheets")
def sheets(slug: str) -> ResponseReturnValue:
    """Give numbered sheets as one PDF, and put their numbers on record."""
    found, form = petition_of(slug), SheetsForm()
    petition = _public(slug)
    form.languages = tuple(petition.texts) if petition else ()
    if petition is None or not form.validate():
        return _page(found, form, form.error_list), 422
    wanted, language = form.wanted, form.language.data or ""
    answer = make_response(printed.sheets(petition, language, wanted))
    answer.mimetype = "application/pdf"
    name = f"{slug}-{language}-sheets-{wanted.first}-{wanted.last}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    numbers = {"first": wanted.first, "last": wanted.last, "language": language}
    told = numbers | {"destroy_by": wanted.destroy_by}
    record(action=PRINTED, by=organiser().audit_name, subject=slug, details=told, now=utc_now())
    db.session.commit()
    return answer


def _page(found: Petition, form: SheetsForm, errors: list[tuple[str, str]] | None = None) -> str:
    petition = _public(found.slug)
    return render_template(
        "widgets/print.html",
        petition=found,
        title=title_of(found),
        printable=[(code, LANGUAGES[code].name) for code in petition.texts] if petition else [],
        form=form,
        errors=errors or [],
    )


def _public(slug: str) -> PetitionRecord | None:
    """Return a petition that has a page to lead to; None for a draft."""
    return next((each for each in public_petitions() if each.slug == slug), None)


def _last_printed(slug: str) -> int:
    """Return the highest number of a sheet that was printed last; 0 before the first."""
    newest = (
        select(AuditEntry.details)
        .where(AuditEntry.action == PRINTED, AuditEntry.subject == slug)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    details = db.session.scalar(newest)
    return int(json.loads(details)["last"]) if details else 0
