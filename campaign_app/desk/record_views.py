"""The record at the desk: pages of it in plain words, the filter as a file, and whether it is one unbroken chain."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date

from flask import Blueprint, Response, abort, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ..accounts.queries import organisers
from ..accounts.sessions import organiser
from ..audit import queries
from ..audit.operations import record
from ..audit.queries import ENTRIES_A_PAGE, Filter
from ..audit.rules import BY_COMMAND, BY_SYSTEM, HASH, LONGEST_ACTION, LONGEST_BY, Entry
from ..clock import utc_day, utc_now
from ..database import reading
from ..exports.rules import BYTE_ORDER_MARK, csv_line
from ..extensions import db
from .record_details import details_of
from .record_words import choices, sentence_of

blueprint = Blueprint("record", __name__, url_prefix="/record")
ENTRIES_A_STEP = 20_000  # are checked in less than a second
LARGEST_NUMBER = 2**31 - 1
COLUMNS = ("id", "at", "by", "action", "subject", "details", "previous_hash", "hash")


@blueprint.get("/")
def entries() -> ResponseReturnValue:
    """Show a page of entries, newest first."""
    wanted, errors = _filter(request.args)
    before = _number("before")
    found = queries.entries(wanted, before=before, limit=ENTRIES_A_PAGE + 1)
    page = render_template(
        "desk/record.html",
        entries=[(each, sentence_of(each.action), details_of(each)) for each in found[:ENTRIES_A_PAGE]],
        older=found[ENTRIES_A_PAGE - 1].id if len(found) > ENTRIES_A_PAGE else None,
        is_first=before is None,
        asked={name: request.args[name] for name in FIELDS if request.args.get(name)},
        errors=errors,
        choices=choices(),
        names=_names(),
    )
    return page, 422 if errors else 200


@blueprint.post("/export")
def export() -> ResponseReturnValue:
    """Give the entries of a filter as a file, oldest first, as they stood before this look at them."""
    wanted, errors = _filter(request.form)
    write = WRITERS.get(request.form.get("as", ""))
    if errors or write is None:
        abort(400)
    kind, head, line_of = write
    last, now = queries.newest(), utc_now()
    through = last.id if last else 0
    details = {name: value for name, value in asdict(wanted).items() if value} | {
        "through": through,
        "as": kind,
    }
    record(action="audit.export", by=organiser().audit_name, details=details, now=now)
    db.session.commit()
    lines = _lines(wanted, through, line_of)
    answer = Response(stream_with_context(_after(head, lines)), mimetype=MIME[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="record-{utc_day(now)}.{kind}"'
    return answer


@blueprint.get("/verify")
def verify() -> ResponseReturnValue:
    """Check the chain a part at a time; each page goes on to the next until all is read or something does not fit."""
    after, head = _number("after") or 0, request.args.get("head", "").strip().lower()
    if head and not HASH.fullmatch(head):
        words = _("A digest is 64 digits and letters from a to f, as this page shows it.")
        return _verify_page(errors=[("head", words)], head=head), 422
    if "after" not in request.args:
        return _verify_page(head=head)
    try:
        found = queries.verify_part(after, limit=ENTRIES_A_STEP)
    except LookupError:
        abort(404)
    last = queries.newest()
    total = last.id if last else 0
    is_over = found.broken_at is not None or found.entries >= total
    return _verify_page(
        found=found,
        head=head,
        total=total,
        goes_on=None if is_over else url_for(".verify", after=found.entries, head=head or None),
        has_head=queries.has_head(head) if head and is_over else None,
    )


FIELDS = ("action", "by", "from", "to")


def _number(name: str) -> int | None:
    """Return the number of an entry that an address names; None for what is none."""
    found = request.args.get(name, type=int)
    return None if found is None else max(0, min(found, LARGEST_NUMBER))


def _verify_page(errors: list[tuple[str, str]] | None = None, **shown: object) -> str:
    return render_template("desk/record_verify.html", errors=errors or [], checked_at=utc_now(), **shown)


def _filter(asked: "MultiDict[str, str]") -> tuple[Filter, list[tuple[str, str]]]:
    """Return the filter that was asked for, and what is wrong with it: then it lets everything through."""
    errors: list[tuple[str, str]] = []
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        try:
            days[name] = date.fromisoformat(asked[name].strip()) if asked.get(name) else None
        except ValueError:
            errors.append((f"record-{name}", _("Type a day such as 2027-03-12.")))
    if errors:
        return queries.EVERYTHING, errors
    wanted = Filter(
        action=asked.get("action", "")[:LONGEST_ACTION],
        by=asked.get("by", "")[:LONGEST_BY],
        first_day=days["from"],
        last_day=days["to"],
    )
    return wanted, []


def _names() -> dict[str, str]:
    """Return who may stand on the record, by the name that it has for them."""
    people = {each.audit_name: each.name for each in organisers()}
    return people | {BY_COMMAND: _("somebody at the server's terminal"), BY_SYSTEM: _("the system itself")}


def _after(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _lines(wanted: Filter, through: int, line_of: Callable[[Entry], str]) -> Iterator[str]:
    """Yield the lines of a file. No transaction is open while a slow reader takes them."""
    number = 0
    while number < through:
        with reading():
            found = queries.entries_after(number, wanted=wanted, through=through)
        if not found:
            return
        yield "".join(map(line_of, found))
        number = found[-1].id


def _csv_line(entry: Entry) -> str:
    return csv_line(str(getattr(entry, name)) for name in COLUMNS)


def _json_line(entry: Entry) -> str:
    """Return an entry as `campaign audit export` writes it, which `campaign verify audit --file` reads."""
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


MIME = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
WRITERS: dict[str, tuple[str, str, Callable[[Entry], str]]] = {
    "csv": ("csv", BYTE_ORDER_MARK + csv_line(COLUMNS), _csv_line),
    "jsonl": ("jsonl", "", _json_line),
}
