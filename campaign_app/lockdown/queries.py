"""Reads of what is shut. Pages read it with the petitions, at most a second old: petitions/queries.py."""

from collections.abc import Mapping

from sqlalchemy import select

from ..extensions import db
from .models import LockdownOrder


def orders() -> Mapping[str, LockdownOrder]:
    """Return what is in force or still to be done, by part."""
    return {row.part: row for row in db.session.scalars(select(LockdownOrder))}


def parts_in_force() -> frozenset[str]:
    """Return the names of the parts alone: one column of at most four rows."""
    return frozenset(db.session.scalars(select(LockdownOrder.part)))
