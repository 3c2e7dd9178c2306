"""Reads the form that a supporter's request carries, strictly: what a library would take in part, or pass over in
silence, is refused. forms.py says what each field may hold.
"""

import re
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.exceptions import BadRequest

from .forms import SupporterForm

URLENCODED = "application/x-www-form-urlencoded"
FORM_TYPES = (URLENCODED, "multipart/form-data")
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
LONGEST_FIELD_NAMED = 32  # characters of an unknown field's name that its refusal repeats

AnyForm = TypeVar("AnyForm", bound=SupporterForm)


class UnknownField(BadRequest):
    """A field that the form does not have, or one sent twice. `description` names it."""


def read_form(kind: type[AnyForm]) -> AnyForm:
    """Return the form that the request at hand carries.

    Raises BadRequest for a body that is not a form in UTF-8, and UnknownField for a field that the form does not
    have, a file, or a field sent twice.
    """
    _refuse_unreadable()
    form = kind(formdata=request.form)
    for name, values in request.form.lists():
        if name not in form or len(values) > 1:
            raise UnknownField(_named(name))
    for name in request.files:
        raise UnknownField(_named(name))
    return form


def _refuse_unreadable() -> None:
    """Refuse a body that Werkzeug would read in part, or not at all, without a word."""
    body = request.get_data()
    if not body:
        return
    try:
        (unquote_to_bytes(body) if request.mimetype == URLENCODED else body).decode()
    except UnicodeDecodeError:
        raise BadRequest from None
    is_broken = request.mimetype == URLENCODED and BROKEN_ESCAPE.search(body)
    if request.mimetype not in FORM_TYPES or is_broken or not (request.form or request.files):
        raise BadRequest


def _named(field: str) -> str:
    """Return as much of a field's name as a page can repeat."""
    return "".join(filter(str.isprintable, field))[:LONGEST_FIELD_NAMED]
