"""The blueprint of the petition editor, for desk_views.py, text_views.py, part_views.py and news_views.py."""

from flask import Blueprint

blueprint = Blueprint("editor", __name__, url_prefix="/petitions")
