"""Reads the form that a supporter's request carries, strictly: what a library would take in part, or pass over in
silence, is refused. forms.py says what each field may hold.
"""

import re
from typing import TypeVar
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from .forms import SupporterForm

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
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
    sent = _fields_sent()
    form = kind(formdata=sent)
    for name, values in sent.lists():
        if name not in form or len(values) > 1:
            raise UnknownField(_named(name))
    for name in request.files if request.mimetype == MULTIPART else ():
        raise UnknownField(_named(name))
    return form


def _fields_sent() -> MultiDict[str, str]:
    """Return the fields of the body. Raises BadRequest where Werkzeug would read it in part, or guess."""
    body = request.get_data()
    sent: MultiDict[str, str] = MultiDict()
    if not body:
        return sent
    try:
        if request.mimetype == URLENCODED and not BROKEN_ESCAPE.search(body):
            sent = MultiDict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
        elif request.mimetype == MULTIPART:
            body.decode()
            sent = request.form
    except UnicodeDecodeError:
        raise BadRequest from None
    if not sent and not (request.mimetype == MULTIPART and request.files):
        raise BadRequest
    return sent


def _named(field: str) -> str:
    """Return as much of a field's name as a page can repeat."""
    return "".join(filter(str.isprintable, field))[:LONGEST_FIELD_NAMED]
