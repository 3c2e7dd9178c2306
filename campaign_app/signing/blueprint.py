"""The blueprint that every page of this room hangs on."""

from flask import Blueprint

blueprint = Blueprint("signing", __name__)
