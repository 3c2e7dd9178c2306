"""The addresses of the API. Each is declared once, in endpoints.py; here stands only who answers."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ..clock import utc_now
from ..letters.public import public_letter
from ..petitions.queries import public_petition
from ..petitions.rules import PetitionUnknown
from . import endpoints, letters, openapi, osdi, petitions, problems, rules, shapes
from .declared import JSON, answer, offers, read_query

blueprint = Blueprint("api", __name__)


@offers(blueprint, endpoints.PETITIONS)
def list_petitions(*, page: int, now: datetime) -> shapes.PetitionList:
    """List the petitions."""
    return petitions.petition_list(page, now=now)


@offers(blueprint, endpoints.PETITION)
def petition(slug: str, *, now: datetime) -> shapes.Petition:
    """Tell of one petition."""
    return petitions.petition(public_petition(slug), now=now)


@offers(blueprint, endpoints.TEXTS)
def texts(slug: str, *, now: datetime) -> shapes.Texts:
    """Give the words that people sign."""
    return petitions.texts(public_petition(slug))


@offers(blueprint, endpoints.STATEMENT)
def statement(slug: str, *, on: date | None, now: datetime) -> shapes.Statement:
    """Give the statement of numbers, of now or of a past day."""
    return petitions.numbers(public_petition(slug), on, now=now)


@offers(blueprint, endpoints.BREAKDOWN)
def breakdown(slug: str, *, by: str, now: datetime) -> shapes.Breakdown:
    """Give what is published by one dimension."""
    return petitions.breakdown(public_petition(slug), by, now=now)


@offers(blueprint, endpoints.LETTERS)
def list_letters(*, petition: str | None, page: int, now: datetime) -> shapes.LetterList:
    """List the public letters."""
    return letters.letter_list(public_petition(petition) if petition is not None else None, page, now=now)


@offers(blueprint, endpoints.LETTER)
def letter(reference: str, *, now: datetime) -> shapes.Letter:
    """Tell of one public letter. Whatever may not be shown is answered like a reference that was never given."""
    found = public_letter(reference, now=now) if re.fullmatch(rules.REFERENCE, reference) else None
    if found is None:
        raise problems.Problem("letter-unknown")
    return letters.letter(found, now=now)


@offers(blueprint, endpoints.OSDI)
def osdi_entry(*, now: datetime) -> Mapping[str, Any]:
    """Say where OSDI's resources lie, and that they are only read."""
    return osdi.entry_point()


@offers(blueprint, endpoints.OSDI_PETITIONS)
def osdi_petitions(*, lang: str | None, page: int, now: datetime) -> Mapping[str, Any]:
    """List the petitions as OSDI has it."""
    return osdi.collection(lang, page, now=now)


@offers(blueprint, endpoints.OSDI_PETITION)
def osdi_petition(slug: str, *, lang: str | None, now: datetime) -> Mapping[str, Any]:
    """Tell of one petition as OSDI has it."""
    return osdi.petition(public_petition(slug), lang, now=now)


@blueprint.get("/api/openapi.json")
def document() -> ResponseReturnValue:
    """Describe all of this for machines."""
    read_query((), request.args)
    return answer(openapi.document(), media_type=JSON, now=utc_now())


@blueprint.errorhandler(problems.Problem)
def _problem(problem: problems.Problem) -> Response:
    return problems.answer(problems.STATUSES[problem.code], problem.code, parameter=problem.parameter)


@blueprint.errorhandler(PetitionUnknown)
def _unknown(problem: PetitionUnknown) -> Response:
    return problems.answer(404, "petition-unknown")


@blueprint.after_request
def _open_to_all(response: Response) -> Response:
    """Let the scripts of every site read it: it is public, and no answer depends on who asks."""
    response.headers.set(*problems.OPEN_TO_ALL)
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    if "Allow" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
