"""What an address of the API is: how it is asked, what it answers, why it may not. Said once, for view and document.

The view is registered by its declaration, which reads the query for it; openapi.py writes the same declaration down.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from .. import finished_pages
from ..clock import utc_now
from ..languages import LANGUAGES
from . import rules
from .json_schema import Schema
from .problems import PLACE, Code, Problem

JSON = "application/json"
HAL = "application/hal+json"


@dataclass(frozen=True)
class Parameter:
    """A part of an address, or of its query. read: makes a value of the text; raises ValueError.

    default: what holds where it is not given; one that is_required has none.
    """

    name: str
    says: str
    schema: Schema
    read: Callable[[str], Any] = str
    default: Any = None
    is_required: bool = False
    is_in_path: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One address. path: with {parameters}. answer: a TypedDict of shapes.py. problems: why it may not be answered."""

    name: str
    path: str
    summary: str
    answer: Any
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[Code, ...] = ()
    media_type: str = JSON
    tag: str = "petitions"
    rule: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out the address as Flask writes it."""
        object.__setattr__(self, "rule", self.path.replace("{", "<").replace("}", ">"))

    @property
    def asked(self) -> tuple[Parameter, ...]:
        """Return what may stand in its query."""
        return tuple(each for each in self.parameters if not each.is_in_path)


def read_query(parameters: Sequence[Parameter], query: "MultiDict[str, str]") -> dict[str, Any]:
    """Return the value of each parameter; what is not ours is ignored. Raises Problem naming the one at fault.

    One that only other addresses of the API have is at fault too: answers are kept under it, and whoever made up values
    for it would fill the store with one and the same answer.
    """
    declared = {each.name for each in parameters}
    for name in finished_pages.RELEVANT_BELOW[PLACE]:
        if name in query and name not in declared:
            raise Problem("parameter-not-here", parameter=name)
    found: dict[str, Any] = {}
    for each in parameters:
        given = query.getlist(each.name)
        if len(given) > 1:
            raise Problem("parameter-repeated", parameter=each.name)
        if not given:
            if each.is_required:
                raise Problem("parameter-missing", parameter=each.name)
            found[each.name] = each.default
            continue
        try:
            found[each.name] = each.read(given[0])
        except ValueError:
            raise Problem("parameter-invalid", parameter=each.name) from None
    return found


def offers(
    blueprint: Blueprint, endpoint: Endpoint
) -> Callable[[Callable[..., Mapping[str, Any]]], Callable[..., Mapping[str, Any]]]:
    """Let a view answer at a declared address.

    It is called with the parts of the address, the values of the query and `now`, and returns what endpoint.answer
    says. The answer is the same for everyone, kept for a few seconds, and has an ETag by all of it but the moment.
    """

    def _register(view: Callable[..., Mapping[str, Any]]) -> Callable[..., Mapping[str, Any]]:
        def _answer(**in_path: str) -> ResponseReturnValue:
            now = utc_now().replace(microsecond=0)
            found = view(**in_path, **read_query(endpoint.asked, request.args), now=now)
            return answer(found, media_type=endpoint.media_type, now=now)

        blueprint.add_url_rule(endpoint.rule, endpoint.name, _answer, methods=["GET"])
        return view

    return _register


def answer(found: Mapping[str, Any], *, media_type: str, now: datetime) -> Response:
    """Return an answer that is the same for everyone until what it says changes."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n"
    finished_pages.keep(says=text.replace(now.isoformat(), ""))
    return Response(text, content_type=media_type)


def choice(*allowed: str) -> Callable[[str], str]:
    """Return what reads one of a few words."""

    def _read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return _read


PAGE = Parameter(
    "page",
    "Which page of the list, from 1.",
    {"type": "integer", "minimum": 1, "maximum": rules.LAST_PAGE, "default": 1},
    rules.page_number,
    default=1,
)
SLUG = Parameter(
    "slug",
    "The petition's name in addresses.",
    {"type": "string", "pattern": rules.SLUG, "maxLength": rules.LONGEST_SLUG},
    is_required=True,
    is_in_path=True,
)
REFERENCE = Parameter(
    "reference",
    "The letter's reference, as it is printed on it.",
    {"type": "string", "pattern": rules.REFERENCE},
    is_required=True,
    is_in_path=True,
)
ON = Parameter("on", "A past UTC day, YYYY-MM-DD.", {"type": "string", "format": "date"}, rules.day)
BY = Parameter(
    "by",
    "By what people are told apart; one dimension at a time.",
    {"type": "string", "enum": list(rules.DIMENSIONS)},
    choice(*rules.DIMENSIONS),
    is_required=True,
)
PETITION_NAME = Parameter(
    "petition",
    "Only letters with this petition's numbers.",
    {"type": "string", "pattern": rules.SLUG, "maxLength": rules.LONGEST_SLUG},
)
LANG = Parameter(
    "lang",
    "The language of the words; the petition's own where this is not given, or where it is not translated.",
    {"type": "string", "enum": list(LANGUAGES)},
    choice(*LANGUAGES),
)
