"""The blueprint of the directory at the desk, for desk_views.py and council_views.py."""

from flask import Blueprint

blueprint = Blueprint("bodies", __name__, url_prefix="/bodies")
