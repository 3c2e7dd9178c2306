"""Any text, in any field, as any bytes, at any address: an answer, never a crash (safety goal 25).

The audited client also holds each answer to HTML that a page can hold: no control character is echoed.
"""

from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.supporters import SIGN, ready_form, sign_and_confirm

pytestmark = pytest.mark.usefixtures("context")

ANYTHING = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = some.text(max_size=120)
REFUSED = {400, 413, 422}
SIGN_FIELDS = [
    "name",
    "email",
    "country",
    "source",
    "shared",
    "altcha",
    "check_token",
    "show_name",
    "wants_updates",
    "website",
]
STEPS = {
    "name": ("nth", "name", "email"),
    "people": ("name", "email", "country", "asked_me", "show_name"),
    "updates": ("nth",),
    "withdraw": ("nth",),
}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "text/html")
PAGES = (
    "/{}",
    "/{}/",
    "/en/petitions/{}",
    "/en/petitions/lists-and-graves/numbers/{}",
    "/en/petitions/lists-and-graves/numbers.json?on={}",
    "/en/confirm/{}",
    "/static/{}",
)


def some_of(fields):
    """Return a strategy of forms that have any of the fields, with any text."""
    return some.fixed_dictionaries({}, optional=dict.fromkeys(fields, TEXT))


@pytest.fixture
def private_link(client, petition, mail_dir) -> str:
    """Return the token of a private page."""
    return sign_and_confirm(client, mail_dir)


@ANYTHING
@given(typed=some_of(SIGN_FIELDS))
def test_any_text_in_any_field_of_the_sign_form_gets_an_answer(client, typed):
    answer = client.post(SIGN, data={**ready_form(client), **typed})

    assert answer.status_code in REFUSED | {200, 303}


@ANYTHING
@given(name=TEXT, email=TEXT)
def test_any_name_and_address_can_be_offered_again(client, name, email):
    answer = client.post(SIGN, data={**ready_form(client), "name": name, "email": email, "form_token": ""})

    assert answer.status_code == 422


@ANYTHING
@given(body=some.binary(max_size=200), content_type=some.sampled_from(FORMS))
def test_any_bytes_get_an_answer(client, body, content_type):
    assert client.post(SIGN, data=body, content_type=content_type).status_code in REFUSED


@ANYTHING
@given(part=TEXT, page=some.sampled_from(PAGES))
def test_any_address_gets_an_answer(client, part, page):
    answer = client.get(page.format(quote_plus(part)))

    assert answer.status_code in {200, 301, 302, 303, 308, 400, 404, 405, 410}


@ANYTHING
@given(
    typed=some.sampled_from(list(STEPS)).flatmap(
        lambda step: some.tuples(some.just(step), some_of(STEPS[step]))
    )
)
def test_any_text_on_the_private_page_gets_an_answer(client, private_link, typed):
    step, fields = typed

    answer = client.post(f"/en/my-signature/{private_link}/{step}", data=fields)

    assert answer.status_code in {303, 400, 422}
