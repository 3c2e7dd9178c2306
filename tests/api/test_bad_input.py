"""What nobody should ask of the API, and the clear no that it gets: a status, a code, and nothing of what was asked."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from campaign_app import finished_pages
from campaign_app.clock import utc_day, utc_now
from tests.api.situations import SLUG

PETITION = f"/api/v1/petitions/{SLUG}"
LONG = "9" * 5_000
TODAY = utc_day(utc_now())
INVALID = ("parameter-invalid", 400)
REFUSED = {
    "/api/v1/petitions?page=": {
        "0": INVALID,
        "-1": INVALID,
        "01": INVALID,
        "1.0": INVALID,
        "١": INVALID,
        "10000": INVALID,
        "": INVALID,
        "%00": INVALID,
        "1%0a": INVALID,
        LONG: INVALID,
        "x&page=1": ("parameter-repeated", 400),
        "9999": ("page-beyond-the-end", 404),
    },
    f"{PETITION}/statement?on=": {
        "": INVALID,
        "2026-02-30": INVALID,
        "2026-2-3": INVALID,
        "20261201": INVALID,
        "2026-W10-1": INVALID,
        "٢٠٢٦-٠١-٠١": INVALID,
        "2026-01-01%00": INVALID,
        "2026-01-01T00:00": INVALID,
        "'%20or%201=1--": INVALID,
        "0001-01-01": ("no-numbers-for-that-day", 404),
        "9999-12-31": ("no-numbers-for-that-day", 404),
        TODAY.isoformat(): ("no-numbers-for-that-day", 404),
        (TODAY + timedelta(days=1)).isoformat(): ("no-numbers-for-that-day", 404),
        "2026-01-01&on=2026-01-01": ("parameter-repeated", 400),
    },
    f"{PETITION}/breakdown?by=": {
        "": INVALID,
        "name": INVALID,
        "Country": INVALID,
        "country,path": INVALID,
        "country&by=path": ("parameter-repeated", 400),
        "{{7*7}}": INVALID,
    },
    f"{PETITION}/breakdown?x=": {"1": ("parameter-missing", 400)},
    **{
        f"{address}?{name}=": {"1": ("parameter-not-here", 400), "": ("parameter-not-here", 400)}
        for address, name in {
            "/api/v1/petitions": "lang",
            PETITION: "page",
            f"{PETITION}/texts": "petition",
            f"{PETITION}/statement": "by",
            "/api/v1/letters": "on",
            "/api/osdi/": "page",
            "/api/openapi.json": "lang",
        }.items()
    },
    "/api/v1/letters?petition=": {
        "": ("petition-unknown", 404),
        "nothing": ("petition-unknown", 404),
        "%00": ("petition-unknown", 404),
        "../../etc": ("petition-unknown", 404),
    },
    "/api/osdi/petitions?lang=": {
        "": INVALID,
        "fr": INVALID,
        "AR": INVALID,
        "ar&lang=en": ("parameter-repeated", 400),
    },
    "/api/v1/petitions/": {"nothing": ("petition-unknown", 404), "%00": ("petition-unknown", 404)},
    "/api/v1/letters/": {
        "nothing": ("letter-unknown", 404),
        "%00": ("letter-unknown", 404),
        "NID-2026-0001%0a": ("letter-unknown", 404),
        "NID-٢٠٢٦-٠٠٠١": ("letter-unknown", 404),
        "NID-2026-" + LONG: ("letter-unknown", 404),
    },
    "/api/": {"nothing": ("not-found", 404), "v2/petitions": ("not-found", 404), "%ff": ("not-found", 404)},
    "/api/osdi/people": {"": ("not-found", 404)},
    f"/api/osdi/petitions/{SLUG}/signatures": {"": ("not-found", 404)},
}


@pytest.mark.parametrize("place", REFUSED)
def test_what_cannot_be_is_refused_clearly(client, place):
    for given, (code, status) in REFUSED[place].items():
        answer = client.get(place + given)

        assert (answer.status_code, answer.json["code"], answer.json["status"]) == (status, code, status), (
            given
        )
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"
        parameter = place.rpartition("?")[2].removesuffix("=")
        if code.startswith("parameter") and parameter != "x":
            assert answer.json["parameter"] == parameter
        if len(given) > 4 and given not in ("country&by=path",):
            assert given[:20] not in answer.text


def test_what_is_not_ours_in_a_query_is_ignored_and_not_repeated(client):
    answer = client.get("/api/v1/petitions?fbclid=%3Cimg%3E&s=wa&shared=1&per_page=1&page=1")

    assert (answer.status_code, len(answer.json["items"])) == (200, 2)
    assert "img>" not in answer.text + str(answer.headers)


def test_one_answer_is_not_kept_under_any_number_of_addresses(client):
    kept = client.application.extensions[finished_pages.STORE].kept
    for nth in range(3):
        for name in finished_pages.RELEVANT_BELOW["/api/"]:
            for address in ("/api/v1/petitions", "/api/v1/letters", f"{PETITION}/texts", "/api/openapi.json"):
                client.get(f"{address}?{name}=made-up-{nth}&fbclid={nth}")
                client.get(f"{address}?fbclid={nth}")

    assert len(kept) == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_through_the_api(client, method):
    for address in ("/api/v1/petitions", f"/api/osdi/petitions/{SLUG}", "/api/openapi.json"):
        answer = client.open(address, method=method, json={"person": {"given_name": "Test"}})

        assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    helper = client.open(f"/api/osdi/petitions/{SLUG}/record_signature_helper", method=method)
    assert helper.status_code == 404


def test_a_database_that_is_away_is_said_with_the_time_to_wait(client, monkeypatch):
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("away", None, Exception())

    monkeypatch.setattr("campaign_app.api.petitions.statement", gone)

    answer = client.get("/api/v1/petitions")

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_defect_is_said_as_one_and_tells_nothing(client, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret-place")

    monkeypatch.setattr("campaign_app.api.petitions.statement", broken)
    monkeypatch.setattr(client.application, "testing", False)
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", False)

    answer = client.get("/api/v1/petitions")

    assert (answer.status_code, answer.json["code"]) == (500, "defect")
    assert "secret-place" not in answer.text
