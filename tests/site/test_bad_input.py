"""What a script, a stale page or a foreign site may send, and what it gets: safety.md, "Bad input", row by row.

Safety goal 25 for the pages of a signature: never a crash, always a page that says what happened and what to do.
The rows about names and addresses are in tests/signing/test_names_and_addresses.py.
"""

from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest
from limits import parse
from sqlalchemy.exc import OperationalError

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.models import Petition
from campaign_app.petitions.queries import forget_kept
from campaign_app.shield import ceilings, check_token, form_token
from campaign_app.shield.ceilings import Ceiling
from campaign_app.signing import operations
from tests import supporters
from tests.supporters import (
    PAGE,
    SIGN,
    document,
    newest_token,
    ready_form,
    send_mail,
    sign,
    sign_and_confirm,
    stored,
    typed_again,
    words,
)

pytestmark = pytest.mark.usefixtures("context")

INBOX = f"{PAGE}/check-your-inbox"
URLENCODED = "application/x-www-form-urlencoded"
FORM_PARTS = "multipart/form-data"
# What a page says when nothing happened: one of these stands on every page that refuses.
REASSURING = (
    "Nothing was stored",
    "Nothing was changed",
    "was neither stored nor counted",
    "confirmed before is safe",
    "confirmed before are safe",
    "you are still counted",
    "nothing was stored",
)


def assert_helpful(answer) -> None:
    """Hold a refusal to: it says what is safe, and a way on leads to a page of ours or names the time to wait."""
    said = words(answer)
    assert any(phrase in said for phrase in REASSURING), said
    links = [link.attrib["href"] for link in document(answer).find(".//main").iter("a")]
    assert [link for link in links if link.startswith("/")] or "try again in" in said


# -- Bodies, fields, methods, origins -------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [URLENCODED, "multipart/form-data; boundary=edge"])
def test_a_body_over_16_kilobytes_is_refused_with_the_limit(client, content_type):
    answer = client.post(SIGN, data=b"name=" + b"a" * 16_384, content_type=content_type)

    assert answer.status_code == 413
    assert "16 KB" in words(answer)
    assert_helpful(answer)


BROKEN_BODIES = {
    "bytes that are not UTF-8": (b"name=\xff\xfe", URLENCODED),
    "escapes that are not UTF-8": (b"name=%FF%FE", URLENCODED),
    "half a surrogate pair": (b"name=%ED%A0%80", URLENCODED),
    "an overlong form": (b"name=%C0%AF", URLENCODED),
    "an escape cut short": (b"name=Test%2", URLENCODED),
    "an escape without digits": (b"name=100%", URLENCODED),
    "an escape of other letters": (b"name=%zz", URLENCODED),
    "parts that are not UTF-8": (
        b'--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--edge--\r\n',
        f"{FORM_PARTS}; boundary=edge",
    ),
    "parts that never end": (
        b'--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\nTest',
        "multipart/form-data",
    ),
    "JSON": (b'{"name": {"a": 1}}', "application/json"),
    "a JSON list": (b"[1, 2]", "application/json"),
    "plain text": (b"name=Test", "text/plain"),
    "nothing that says what it is": (b"name=Test", ""),
}


@pytest.mark.parametrize(("body", "content_type"), BROKEN_BODIES.values(), ids=BROKEN_BODIES)
def test_a_body_that_is_not_a_whole_form_in_utf8_is_refused(client, body, content_type):
    answer = client.post(SIGN, data=body, content_type=content_type)

    assert answer.status_code == 400
    assert stored() == 0
    assert_helpful(answer)


def test_a_file_in_place_of_text_is_refused_by_its_field(client):
    answer = client.post(SIGN, data={**ready_form(client), "name": (BytesIO(b"Test"), "name.txt")})

    assert answer.status_code == 400
    assert "name" in words(answer)
    assert stored() == 0


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("phone", "phone"),
        ("csrf_token", "csrf_token"),
        ("a" * 500, "a" * 32),
        ("<b>x</b>", "<b>x</b>"),
        ("", ""),
    ],
)
def test_an_unknown_field_is_refused_by_its_name(client, field, named):
    answer = client.post(SIGN, data={**ready_form(client), field: "anything"})

    assert answer.status_code == 400
    assert named in words(answer)
    assert "a" * 33 not in answer.text
    assert "<b>x" not in answer.text
    assert "anything" not in answer.text
    assert stored() == 0
    assert_helpful(answer)


@pytest.mark.parametrize(
    "field", ["name", "email", "country", "form_token", "check_token", "show_name", "website"]
)
def test_a_field_sent_twice_is_refused_by_its_name(client, field):
    form = {"show_name": "y", "website": "", **ready_form(client)}
    twice = urlencode([*form.items(), (field, form[field])])

    answer = client.post(SIGN, data=twice, content_type=URLENCODED)

    assert answer.status_code == 400
    assert field in words(answer)
    assert stored() == 0


@pytest.mark.parametrize(
    "query", ["fbclid=canary-7f3", "utm_source=canary-7f3&utm_medium=x", "s=canary%207f3", "canary-7f3"]
)
def test_query_strings_are_ignored_and_never_echoed(client, query):
    pages = [
        client.get(f"{path}?{query}")
        for path in ("/en/", PAGE, f"{PAGE}/numbers", INBOX, f"{PAGE}/lost-link")
    ]
    taken = client.post(f"{SIGN}?{query}", data=ready_form(client))

    assert [page.status_code for page in pages] == [200] * 5
    assert (taken.status_code, taken.location) == (303, INBOX)
    assert not [page for page in [*pages, taken] if "canary" in page.text or "canary" in str(page.headers)]


def test_a_filled_honeypot_gets_the_ordinary_page_and_nothing_is_stored(client):
    caught = client.post(SIGN, data={**ready_form(client), "website": "https://example.org"})
    ordinary = client.post(SIGN, data=ready_form(client, email="other@example.org"))

    assert (caught.status_code, caught.location, caught.data) == (
        ordinary.status_code,
        ordinary.location,
        ordinary.data,
    )
    assert stored() == 2  # one request and one mail: the ordinary one's


POSTS = [
    SIGN,
    f"{PAGE}/send-again",
    "/en/my-signature/unknown/name",
    "/en/my-signature/unknown/people",
    "/en/my-signature/unknown/withdraw",
    "/en/my-signature/unknown/erase",
    "/en/my-signature/unknown/updates",
]


@pytest.mark.parametrize("path", POSTS)
def test_a_form_s_address_cannot_be_opened_by_itself(client, path):
    answer = client.get(path)

    assert answer.status_code == 405
    assert answer.allow == {"POST", "OPTIONS"}
    assert_helpful(answer)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [PAGE, SIGN, "/en/confirm/unknown", "/en/"])
def test_other_methods_are_refused(client, path, method):
    answer = client.open(path, method=method)

    assert answer.status_code == 405
    assert answer.allow
    assert method not in answer.allow
    assert_helpful(answer)


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://example.org"},
    {"Origin": "null"},
    {"Origin": "http://localhost.example.org"},
    {"Origin": "http://[broken"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_post_from_another_site_is_refused_with_a_link_to_our_page(client, headers):
    answer = client.post(SIGN, data=ready_form(client), headers=headers)

    assert answer.status_code == 403
    assert f'href="{PAGE}"' in answer.text
    assert stored() == 0
    assert_helpful(answer)


def test_no_step_of_a_signature_can_be_taken_from_another_site(client, petition, mail_dir):
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    sign(client)
    send_mail(client.application)
    token = newest_token(mail_dir)
    refused = [client.post(f"/en/confirm/{token}", headers=elsewhere)]
    supporters.confirm(client, token)
    refused += [
        client.post(f"/en/my-signature/{token}/{step}", data={"nth": "0"}, headers=elsewhere)
        for step in ("name", "people", "updates", "withdraw", "erase")
    ]
    refused += [
        client.post(f"{PAGE}/{step}", data=ready_form(client), headers=elsewhere)
        for step in ("send-again", "lost-link")
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert supporters.people() == 1


# -- Tokens and time ------------------------------------------------------------------------------------


def test_an_expired_form_comes_back_fresh_with_everything_typed(client, petition):
    form = ready_form(client, show_name="y", wants_updates="y")
    old = utc_now() - timedelta(minutes=21)

    answer = client.post(SIGN, data={**form, "form_token": form_token.issue(petition.id, old)})

    assert answer.status_code == 422
    assert "had expired" in words(answer)
    again = typed_again(answer)
    assert (again["name"], again["email"]) == ("Test Signer", "signer@example.org")
    assert 'value="DE" selected' in answer.text
    assert answer.text.count(" checked") == 2
    form_token.check(again["form_token"], petition.id, utc_now())
    assert stored() == 0


@pytest.mark.parametrize("token", ["", "forged", "\0", "A" * 28, "ا" * 28])
def test_a_forged_form_token_brings_the_form_back(client, token):
    answer = client.post(SIGN, data={**ready_form(client), "form_token": token})

    assert answer.status_code == 422
    assert typed_again(answer)["name"] == "Test Signer"
    assert stored() == 0


def test_a_form_token_of_another_petition_brings_the_form_back(client, petition):
    elsewhere = form_token.issue(petition.id + 1, utc_now())

    answer = client.post(SIGN, data={**ready_form(client), "form_token": elsewhere})

    assert answer.status_code == 422
    assert stored() == 0


@pytest.mark.parametrize("proof", ["forged", "e30=", "A" * 3000, "bnVsbA==", "W10=", "ا"])
def test_a_bad_proof_of_work_brings_the_form_back_with_everything_typed(client, proof):
    answer = client.post(SIGN, data={**ready_form(client), "check_token": "", "altcha": proof})

    assert answer.status_code in (200, 422)
    assert (typed_again(answer)["name"], typed_again(answer)["email"]) == (
        "Test Signer",
        "signer@example.org",
    )
    assert stored() == 0


@pytest.mark.parametrize(
    "make_token",
    [
        lambda petition_id: check_token.issue(petition_id, utc_now() - timedelta(minutes=21)),
        lambda petition_id: check_token.issue(petition_id + 1, utc_now() - timedelta(seconds=5)),
        lambda petition_id: "forged",
    ],
    ids=["expired", "of another petition", "forged"],
)
def test_a_refused_check_token_brings_the_step_back_with_a_fresh_one(client, petition, make_token):
    token = make_token(petition.id)

    answer = client.post(SIGN, data={**ready_form(client), "check_token": token})

    assert answer.status_code == 200
    again = typed_again(answer)
    assert (again["name"], again["email"], again["country"]) == ("Test Signer", "signer@example.org", "DE")
    assert again["check_token"] != token
    assert stored() == 0


def test_a_check_token_that_came_too_soon_is_kept_and_serves_in_a_moment(client, petition):
    token = check_token.issue(petition.id, utc_now())

    answer = client.post(SIGN, data={**ready_form(client), "check_token": token})

    assert answer.status_code == 200
    assert typed_again(answer)["check_token"] == token
    assert stored() == 0


TOKENS = ["unknown", "A" * 32, "A" * 2000, "%00", "%FF", "..", "ا", "'--", "%3Cb%3E", "~" * 31]


@pytest.mark.parametrize("token", TOKENS)
def test_an_unknown_link_says_that_it_does_not_work_and_how_to_get_another(client, token):
    answers = [
        client.get(f"/en/confirm/{token}"),
        client.post(f"/en/confirm/{token}"),
        client.get(f"/en/my-signature/{token}"),
        client.get(f"/en/my-signature/{token}/counted"),
        *(
            client.post(f"/en/my-signature/{token}/{step}", data={"nth": "0"})
            for step in ("name", "people", "updates", "withdraw")
        ),
    ]

    assert {answer.status_code for answer in answers} == {410}
    for answer in answers:
        assert "ask for a new link to your private page" in words(answer)
        assert_helpful(answer)
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("nth", ["-1", "4", "99", "100", "0x1", "٣", "", "nobody", "\0"])
def test_nobody_is_changed_at_a_place_that_holds_nobody(client, petition, mail_dir, nth):
    token = sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person")

    answers = [
        client.post(f"/en/my-signature/{token}/{step}", data={"nth": nth})
        for step in ("name", "updates", "withdraw", "erase")
    ]

    assert {answer.status_code for answer in answers} <= {303, 400}
    assert supporters.people() == 2


def become(petition_id: int, state: str = "closed", **more: object) -> None:
    """Give a petition another state, in every cache too."""
    for name, value in {"state": state, **more}.items():
        setattr(db.session.get(Petition, petition_id), name, value)
    db.session.commit()
    forget_kept()


def test_a_closed_petition_answers_with_its_result(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    form = ready_form(client)
    become(petition.id)

    answer = client.post(SIGN, data=form)

    assert answer.status_code == 410
    assert "1 person has signed" in words(answer)
    assert "takes no more signatures" in words(answer)
    assert stored() == 1
    assert_helpful(answer)


def test_nobody_is_added_to_a_closed_petition(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    become(petition.id)

    answer = client.post(
        f"/en/my-signature/{token}/people",
        data={"name": "Second Person", "email": "signer@example.org", "country": "LB", "asked_me": "y"},
    )

    assert answer.status_code == 410
    assert "takes no more signatures" in words(answer)
    assert supporters.people() == 1


def test_a_request_made_before_the_close_counts_for_its_seven_days(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)
    become(petition.id)

    assert supporters.confirm(client, newest_token(mail_dir)).status_code == 303
    assert supporters.people() == 1


def test_nobody_is_counted_for_a_petition_that_was_withdrawn(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)
    become(petition.id, "withdrawn")

    answer = supporters.confirm(client, newest_token(mail_dir))

    assert answer.status_code == 410
    assert supporters.people() == 0
    assert_helpful(answer)


@pytest.mark.parametrize("change", [{"opens_at": utc_now() + timedelta(days=1)}, {"closes_at": utc_now()}])
def test_outside_its_times_a_petition_takes_nothing_and_says_when_it_would(client, petition, change):
    become(petition.id, "open", **change)

    answer = sign(client)

    assert answer.status_code == 410
    assert "it was neither stored nor counted" in words(answer)
    assert ("Signing begins on" in words(answer)) == ("opens_at" in change)
    assert "<form" not in answer.text
    assert stored() == 0


# -- Overload, redirects --------------------------------------------------------------------------------


@pytest.fixture
def one_post_allowed(monkeypatch):
    """Let a network send one post in ten minutes."""
    monkeypatch.setattr(ceilings, "POSTS", Ceiling("few posts", parse("1 per 10 minutes")))


@pytest.mark.parametrize("path", [SIGN, f"{PAGE}/lost-link", f"{PAGE}/send-again"])
def test_over_the_hard_ceiling_the_typed_text_is_kept_and_the_time_to_wait_is_said(
    client, one_post_allowed, path
):
    form = ready_form(client, email="typed@example.org")
    post = form if path == SIGN else {name: form[name] for name in ("email", "form_token", "check_token")}
    client.post(path, data={**post, "email": ""})

    answer = client.post(path, data=post)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert "try again in" in words(answer)
    assert {name: typed_again(answer)[name] for name in post} == post
    assert f'action="{path}"' in answer.text
    assert stored() == 0


def test_a_database_that_does_not_answer_loses_no_typed_text_and_never_says_thank_you(client, monkeypatch):
    """Safety goal 18, inside one process; tests/endurance takes a real server away."""

    def unreachable(**_):
        raise OperationalError("INSERT", None, TimeoutError("gone"))

    form = ready_form(client, email="typed@example.org")
    with monkeypatch.context() as patched:
        patched.setattr(operations, "sign", unreachable)
        answer = client.post(SIGN, data=form)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    again = typed_again(answer)
    assert {name: again[name] for name in form} == form
    assert "thank" not in words(answer).lower()
    assert client.post(SIGN, data=again).location == INBOX


ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_redirects_elsewhere(client, petition, mail_dir, target):
    query = urlencode({"next": target, "url": target, "return_to": target})
    token = sign_and_confirm(client, mail_dir)
    answers = [
        client.get(f"/?{query}"),
        client.post(f"{SIGN}?{query}", data=ready_form(client)),
        client.post(f"/en/confirm/{token}?{query}"),
        client.get(f"/en/confirm/{token}?{query}"),
        client.post(f"/en/my-signature/{token}/withdraw?{query}", data={"nth": "0"}),
        client.post(f"/en/my-signature/{token}/erase?{query}", data={"nth": "0"}),
        *(
            client.get("/", environ_overrides={"PATH_INFO": path})
            for path in (
                target,
                f"/{target}",
                f"/en/{target}",
                f"//evil.example//{target}",
                "//evil.example/..",
            )
        ),
    ]

    for answer in answers:
        location = answer.headers.get("Location", "/")
        assert location.startswith("/") or location.startswith("http://localhost/"), location
        assert not location.startswith(("//", "/\\"))
