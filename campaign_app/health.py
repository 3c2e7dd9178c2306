"""Whether this process lives, and whether people can sign here now."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from .config import settings
from .extensions import db
from .mail.queries import has_dead_mails, relay_trouble
from .sealing.keys import KeyProblem, keyring, signing_obstacles

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
    except SQLAlchemyError:
        db.session.rollback()
        obstacles.append("the database does not answer")
    try:
        obstacles += signing_obstacles(keyring(), settings().environment)
    except KeyProblem as problem:
        obstacles.append(str(problem))
    told: dict[str, object] = {"ready": not obstacles, "mail": mail}
    if not settings().is_production:
        told["obstacles"] = obstacles
    return jsonify(told), 503 if obstacles else 200
