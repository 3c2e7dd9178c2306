"""Where a page fetches its proof-of-work challenge."""

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from ..clock import utc_now
from . import ceilings, form_token, work
from .rules import client_address, work_level
from .state import current_shield

blueprint = Blueprint("shield", __name__, url_prefix="/shield")

MOST_PETITIONS = 2**31


@blueprint.get("/challenge")
def challenge() -> ResponseReturnValue:
    """Answer a challenge of the level this network is at, and a fresh form token with it.

    ?petition= is the petition's number; whether there is such a petition, only the form's own view knows.
    """
    ceilings.check(ceilings.CHALLENGES)
    petition_id = request.args.get("petition", type=int)
    if petition_id is None or not 0 < petition_id < MOST_PETITIONS:
        abort(400)
    shield = current_shield()
    now = utc_now()
    demand = shield.networks.count_challenge(client_address(request.environ, shield.trusted))
    answer = work.challenge(petition_id, work_level(demand), now)
    answer["formToken"] = form_token.issue(petition_id, now)
    response = jsonify(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
