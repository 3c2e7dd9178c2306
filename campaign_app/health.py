"""Whether this process lives, and whether people can sign here now."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .clock import utc_now
from .config import settings
from .extensions import db
from .mail.queries import outbox_state
from .sealing.keys import KeyProblem, keyring, signing_obstacles

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer as long as the process does."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Tell whether a signature can be taken: database, keys; and how the mail stands."""
    obstacles: list[str] = []
    mail: dict[str, object] = {}
    try:
        db.session.execute(text("SELECT 1"))
        state = outbox_state(now=utc_now())
        mail = {"is_going_out": state.relay_trouble is None, "has_undeliverable": state.dead > 0}
    except SQLAlchemyError:
        db.session.rollback()
        obstacles.append("the database does not answer")
    try:
        obstacles += signing_obstacles(keyring(), settings().environment)
    except KeyProblem as problem:
        obstacles.append(str(problem))
    return jsonify(ready=not obstacles, obstacles=obstacles, mail=mail), 503 if obstacles else 200
