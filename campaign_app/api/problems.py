"""What the API says where it cannot answer: problem details (RFC 9457), in English, with a code for machines.

Nothing that was asked is repeated in them, but the name of a parameter of ours.
"""

import json
from typing import Literal

from flask import Response, g
from werkzeug.http import HTTP_STATUS_CODES

PLACE = "/api/"
MEDIA_TYPE = "application/problem+json"
OPEN_TO_ALL = ("Access-Control-Allow-Origin", "*")

Code = Literal[
    "parameter-missing",
    "parameter-invalid",
    "parameter-repeated",
    "parameter-not-here",
    "petition-unknown",
    "letter-unknown",
    "no-numbers-for-that-day",
    "page-beyond-the-end",
    "not-found",
    "method-not-allowed",
    "refused",
    "unavailable",
    "defect",
]
STATUSES: dict[Code, int] = {
    "parameter-missing": 400,
    "parameter-invalid": 400,
    "parameter-repeated": 400,
    "parameter-not-here": 400,
    "petition-unknown": 404,
    "letter-unknown": 404,
    "no-numbers-for-that-day": 404,
    "page-beyond-the-end": 404,
    "not-found": 404,
    "method-not-allowed": 405,
    "unavailable": 503,
}
DETAILS: dict[Code, str] = {
    "parameter-missing": "A parameter that this address needs was not given.",
    "parameter-invalid": "A parameter has a value that it cannot have; the OpenAPI document says which it can.",
    "parameter-repeated": "A parameter was given more than once.",
    "parameter-not-here": "Other addresses have this parameter, this one has not.",
    "petition-unknown": "No petition that the public may see has this name.",
    "letter-unknown": "No letter that the public may read has this reference.",
    "no-numbers-for-that-day": "There are numbers from the petition's first day through yesterday, by UTC.",
    "page-beyond-the-end": "The list has fewer pages.",
    "not-found": "Nothing is at this address. /api/openapi.json lists what there is.",
    "method-not-allowed": "This address is only read: GET, HEAD or OPTIONS.",
    "refused": "The request is not one that can be answered.",
    "unavailable": "This cannot be answered just now. Try again after the seconds in Retry-After.",
    "defect": "Something went wrong on our side. It is not due to the request.",
}
_OF_STATUS: dict[int, Code] = {
    404: "not-found",
    405: "method-not-allowed",
    429: "unavailable",
    500: "defect",
    503: "unavailable",
}


class Problem(Exception):
    """The API cannot answer. code: why. parameter: which of ours is at fault, or ""."""

    def __init__(self, code: Code, *, parameter: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.parameter = parameter


def code_of(status: int) -> Code:
    """Return the code of a status that no view of the API chose."""
    return _OF_STATUS.get(status, "refused")


def answer(
    status: int, code: Code, *, parameter: str = "", headers: dict[str, str] | None = None
) -> Response:
    """Return the answer that says a problem; every site's scripts may read it."""
    said: dict[str, object] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Unknown"),
        "status": status,
        "detail": DETAILS[code],
        "code": code,
    }
    if parameter:
        said["parameter"] = parameter
    found = Response(json.dumps(said) + "\n", status, headers, content_type=MEDIA_TYPE)
    found.headers.set(*OPEN_TO_ALL)
    g.is_personal = True  # no copy of a refusal is kept: what was missing may be there in a second
    return found
