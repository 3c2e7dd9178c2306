"""Whether this process lives, and whether people can sign here now."""

from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from .config import ROOT, settings
from .extensions import db
from .mail.queries import has_dead_mails, relay_trouble
from .petitions.models import Petition
from .sealing.keys import KeyProblem, keyring, signing_obstacles
from .sealing.problems import SealingProblem
from .sealing.tags import petition_tag_key

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer as long as the process does."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Tell whether a signature can be taken: database, keys; and how the mail stands.

    Anyone may ask: so it costs little, and why not is said by `campaign check`, and here in development only.
    """
    obstacles: list[str] = []
    mail: dict[str, object] = {}
    try:
        mail = {"is_going_out": relay_trouble() is None, "has_undeliverable": has_dead_mails()}
        obstacles += tag_key_obstacles()
    except SQLAlchemyError:
        db.session.rollback()
        obstacles.append("the database does not answer")
    obstacles += key_obstacles()
    told: dict[str, object] = {"ready": not obstacles, "mail": mail}
    if not settings().is_production:
        told["obstacles"] = obstacles
    return jsonify(told), 503 if obstacles else 200


def key_obstacles(*, fresh: bool = False) -> list[str]:
    """Return why the keys let nobody sign, a line each."""
    try:
        return signing_obstacles(keyring(fresh=fresh), settings().environment)
    except KeyProblem as problem:
        return [str(problem)]


def tag_key_obstacles() -> list[str]:
    """Return the open petitions that nobody can sign for want of their tag key, a line each.

    Its master may lie on another host only. Nothing is said where there are no keys at all.
    Raises SQLAlchemyError when the database does not answer.
    """
    try:
        keyring()
    except KeyProblem:
        return []
    found = []
    for petition_id, slug in db.session.execute(
        select(Petition.id, Petition.slug).where(Petition.state == "open").order_by(Petition.id)
    ).all():
        try:
            petition_tag_key(petition_id, session=db.session)
        except SealingProblem as problem:
            found.append(f"{slug} is open, but {problem}")
    return found


def is_behind() -> bool:
    """Whether the database has an older form than this version needs. A newer one is another version's affair.

    Raises SQLAlchemyError when the database does not answer.
    """
    with db.engine.connect() as connection:
        has = MigrationContext.configure(connection).get_current_revision()
    older, newest = _forms()
    return has != newest and (has is None or has in older)


@cache
def _forms() -> tuple[frozenset[str], str | None]:
    """Return every revision of the tables that this version knows, and the newest of them."""
    script = ScriptDirectory(str(ROOT / "migrations"))
    return frozenset(each.revision for each in script.walk_revisions()), script.get_current_head()
