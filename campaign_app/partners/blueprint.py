"""The blueprints of partners and of endorsements at the desk, for desk_views.py and endorsement_views.py."""

from flask import Blueprint

blueprint = Blueprint("partners", __name__, url_prefix="/partners")
endorsements = Blueprint("endorsements", __name__, url_prefix="/endorsements")
