"""The OpenAPI 3.1 document, written from the same declarations that the views are registered by."""

from http import HTTPStatus
from typing import Any

from ..campaign import campaign
from ..config import settings
from . import endpoints, problems, shapes
from .declared import Endpoint, Parameter
from .json_schema import COMPONENT, Schema, components_of, schema_of

VERSION = "1.0.0"
ABOUT = """\
What this campaign says in public, for other systems: its petitions, their numbers, its letters and what became of them.

It is only read, without a key, from any site, as often as you like: answers are the same for everyone, are kept for a
few seconds, and have an ETag that stays while nothing but the moment changes. Nothing about a signer is in it. Every
number comes from the statement that the pages show; kinds are told apart and never added up. Groups are published from
a hundred people upward, rounded down to ten. Days are UTC. Parameters that the API does not know are ignored. Fields
may be added within v1; none goes and none changes its meaning."""
TAGS = {
    "petitions": "Petitions, texts and numbers.",
    "letters": "Public letters, and replies that were published with the consent of the office that wrote them.",
    "osdi": "The Open Supporter Data Interface, read only: a signature needs the notice, the consent and the mailbox.",
}
REFUSED_QUERY: tuple[problems.Code, ...] = ("parameter-invalid", "parameter-repeated")


def document() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": campaign().name("en"), "version": VERSION, "description": ABOUT},
        "servers": [{"url": settings().base_url}],
        "tags": [{"name": name, "description": says} for name, says in TAGS.items()],
        "paths": {each.path: {"get": _operation(each)} for each in endpoints.ALL},
        "components": {
            "schemas": components_of(shapes.Problem, *(each.answer for each in endpoints.ALL)),
            "responses": {
                "NotModified": {"description": "You hold what it says: see If-None-Match.", "headers": _ETAG}
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "responses": {
            "200": {
                "description": endpoint.summary,
                "headers": _ETAG,
                "content": {endpoint.media_type: {"schema": schema_of(endpoint.answer)}},
            },
            "304": {"$ref": "#/components/responses/NotModified"},
            **{str(status): _problem(status, codes) for status, codes in _problems(endpoint).items()},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path" if parameter.is_in_path else "query",
        "required": parameter.is_required,
        "description": parameter.says,
        "schema": parameter.schema,
    }


def _problems(endpoint: Endpoint) -> dict[int, list[problems.Code]]:
    """Return why an address may not be answered, by status."""
    found: dict[int, list[problems.Code]] = {}
    codes = [*endpoint.problems, "parameter-not-here", "not-found", "unavailable"]
    if endpoint.asked:
        codes += REFUSED_QUERY
    if any(each.is_required for each in endpoint.asked):
        codes.append("parameter-missing")
    for code in codes:
        found.setdefault(problems.STATUSES[code], []).append(code)
    return dict(sorted(found.items()))


def _problem(status: int, codes: list[problems.Code]) -> dict[str, Any]:
    schema: Schema = {
        "allOf": [{"$ref": COMPONENT + "Problem"}, {"properties": {"code": {"enum": sorted(codes)}}}]
    }
    return {
        "description": HTTPStatus(status).phrase,
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


_ETAG: dict[str, Any] = {
    "ETag": {
        "description": "Stays while nothing but the moment changes.",
        "required": True,
        "schema": {"type": "string"},
    }
}
