"""The OpenAPI document is sound, true of every address, and schemathesis finds nothing that answers otherwise."""

import os
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.api import endpoints, rules
from campaign_app.api.json_schema import components_of, schema_of
from campaign_app.api.problems import DETAILS, STATUSES
from tests.api.situations import PUBLIC, SLUG, WITH_NAMES, reference

DOCUMENT = "/api/openapi.json"
# Of each kind, for each address. They are drawn alike whatever the database, which is asked for little in them.
EXAMPLES = 4 if os.environ.get("TEST_DATABASE") == "postgresql" else 12
KNOWN = {"slug": [SLUG, "fate-of-the-disappeared"], "reference": [reference(PUBLIC), reference(WITH_NAMES)]}


@pytest.fixture
def described(reader: Any) -> Any:
    """The document as schemathesis reads it from the running application, which it then asks itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis  # here, or every test process would wait a second for it
    return schemathesis.openapi.from_wsgi(DOCUMENT, reader.application)


def ask(cases: Any, check: Callable[[Any], None]) -> None:
    """Let Hypothesis draw some cases, always the same."""
    drawn = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    drawn(given(cases)(check))()


def test_the_document_is_valid_openapi(described):
    described.validate()

    assert described.specification.version.startswith("3.1")


def test_schemathesis_finds_nothing_where_it_asks_as_the_document_says(described):
    from schemathesis import GenerationMode

    answered: dict[str, set[int]] = {}
    for operation in operations_of(described):
        statuses = answered[operation.label] = set()
        cases = operation.as_strategy(GenerationMode.POSITIVE)
        ask(cases, noting(statuses))
        asked = endpoint_at(operation.path).parameters
        known = {each.name: st.sampled_from(KNOWN[each.name]) for each in asked if each.name in KNOWN}
        if known:  # or every answer would be that there is nothing of that name
            ask(st.tuples(cases, st.fixed_dictionaries(known)).map(_with_names), noting(statuses))

    assert set(answered) == {f"GET {each.path}" for each in endpoints.ALL}
    assert [label for label, statuses in answered.items() if 200 not in statuses] == []


def test_schemathesis_finds_nothing_where_it_asks_for_what_the_document_forbids(described):
    from schemathesis import GenerationMode

    answered: dict[str, set[int]] = {}
    for operation in operations_of(described):
        if endpoint_at(operation.path).parameters:
            statuses = answered[operation.label] = set()
            ask(operation.as_strategy(GenerationMode.NEGATIVE), noting(statuses))

    assert len(answered) == len(endpoints.ALL) - 1
    statuses = {status for found in answered.values() for status in found}
    assert {400, 404} <= statuses <= {200, 400, 404}  # 200: a parameter that is not ours is ignored


def operations_of(described: Any) -> list[Any]:
    """Return what can be asked of the API."""
    return [found.ok() for found in described.get_all_operations()]


def noting(statuses: set[int]) -> Callable[[Any], None]:
    """Return what asks one case, holds the answer to all that schemathesis knows, and notes its status."""

    def check(case: Any) -> None:
        statuses.add(case.call_and_validate(headers={"Accept-Encoding": "identity"}).status_code)

    return check


def _with_names(drawn: tuple[Any, dict[str, str]]) -> Any:
    case, names = drawn
    case.path_parameters.update(names)
    return case


def endpoint_at(path: str) -> endpoints.Endpoint:
    """Return the declaration of an address."""
    return next(each for each in endpoints.ALL if each.path == path)


def test_every_address_of_the_api_is_described_and_nothing_else_is(app, client):
    described = set(client.get(DOCUMENT).json["paths"])

    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert described == served - {DOCUMENT}


def test_every_code_of_a_problem_has_its_words_and_those_of_views_their_status():
    declared = {code for each in endpoints.ALL for code in each.problems}

    assert declared <= set(STATUSES) <= set(DETAILS)


def test_types_become_schemas_and_what_is_no_json_is_refused():
    assert schema_of(list[int] | None) == {
        "anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]
    }
    for kind in (bytes, set[str], object):
        with pytest.raises(TypeError):
            schema_of(kind)
    schemas = components_of(*(each.answer for each in endpoints.ALL))
    assert {"PetitionList", "PetitionSummary", "Statement", "Letter", "OsdiPetition"} <= set(schemas)
    for schema in schemas.values():
        assert schema["additionalProperties"] is False
    assert schemas["Statement"]["description"].startswith("The statement of numbers")


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (60, 1), (61, 2)])
def test_a_list_is_cut_into_as_many_pages_as_it_needs(total, pages):
    assert rules.pages_of(total, 60) == pages
