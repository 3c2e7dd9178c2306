"""The tables as tests find them: rows that thousands of tests begin with are made once, and then only copied."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, CompoundSelect, Table, exists, literal, or_, select, union_all

from campaign_app.config import Settings
from campaign_app.extensions import Model, db
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.content import shipped_petitions
from campaign_app.petitions.models import Addressee, Goal, Petition, PetitionText
from campaign_app.sealing import tags
from campaign_app.sealing.models import PetitionKey

from .record import empty_record

COPIES = "tests_copies_of_rows"
SHIPPED = (Petition, PetitionKey, PetitionText, Addressee, Goal)


def fill_tables(app: Flask) -> None:
    """Leave nothing but the shipped petitions, open, in the application's database; commit."""
    settings: Settings = app.extensions["nidaa_settings"]
    empty_tables()
    # A test may have shredded a petition: the master that wraps the copied keys is then no more.
    masters = ", ".join(sorted(path.name for path in settings.keys_dir.iterdir()))
    rows_once(f"petitions under {masters}", SHIPPED, lambda: _load(settings))
    db.session.commit()
    # Such a test leaves a new master beside the old one.
    tags.destroy_old_masters(keys_dir=settings.keys_dir, session=db.session)


def empty_tables() -> None:
    """Delete every row, children first; the caller commits."""
    empty_record()
    filled = set(db.session.scalars(_names_of_filled()))
    for table in reversed(db.metadata.sorted_tables):
        if table.name in filled:
            db.session.execute(table.delete())


def rows_once(what: str, models: Sequence[type[Model]], make: Callable[[], Any]) -> None:
    """Make rows, or copy those that were made in this database for the same before; where there are others, make.

    what: names the rows. models: of each table that is written to, parents first. The caller commits.
    """
    tables = [db.metadata.tables[model.__tablename__] for model in models]
    copies: dict[str, list[tuple[Table, Any]]] = current_app.extensions.setdefault(COPIES, {})
    if db.session.scalar(select(or_(*map(_is_filled, tables)))):
        make()
    elif what not in copies:
        make()
        db.session.flush()
        rows = ((table, db.session.execute(select(table)).mappings()) for table in tables)
        copies[what] = [(table, made) for table, found in rows if (made := [dict(row) for row in found])]
    else:
        for table, made in copies[what]:
            db.session.execute(table.insert(), made)


def _load(settings: Settings) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    petitions.load_shipped(petitions=shipped_petitions(settings.content_dir), open_at_once=True, now=now)


def _is_filled(table: Table) -> ColumnElement[bool]:
    return exists(select(literal(1)).select_from(table))


@cache
def _names_of_filled() -> CompoundSelect[Any]:
    """Return one question for the names of all tables that have rows: there are sixty, and a test fills a few."""
    names = (select(literal(table.name)).where(_is_filled(table)) for table in db.metadata.sorted_tables)
    return union_all(*names)
