"""OSDI: the petitions with the field names of its documents, and nothing that writes or tells of a person."""

from typing import Any

import pytest

from campaign_app.api import osdi
from tests.api.situations import SLUG

PETITIONS = "/api/osdi/petitions"
# opensupporter.github.io/osdi-docs: "Petition Fields", "Common Fields" and the two scenarios (GET).
# modified_date is not given (docs/api.md); created_date where a petition has opened.
FIELDS: dict[str, type] = {
    "identifiers": list,
    "origin_system": str,
    "name": str,
    "title": str,
    "description": str,
    "summary": str,
    "petition_text": str,
    "browser_url": str,
    "total_signatures": int,
    "target": list,
}
OF_A_LIST = {"total_pages": int, "per_page": int, "page": int, "total_records": int}
NEVER = ("osdi:signatures", "osdi:creator", "osdi:modified_by", "osdi:person", "helper")


def hold(found: dict[str, Any], fields: dict[str, type]) -> None:
    """Hold an object to the documented fields: each there, and of its type."""
    assert {name: type(found[name]) for name in fields} == fields


def hold_petition(found: dict[str, Any]) -> None:
    """Hold a petition to the documents."""
    hold(found, FIELDS)
    assert set(found) - set(FIELDS) <= {"_links", "created_date"}
    for identifier in found["identifiers"]:
        system, _, name = identifier.partition(":")
        assert (system.isidentifier(), name) == (True, found["name"])
    for target in found["target"]:
        assert set(target) == {"name"}
    assert found["_links"]["self"]["href"].endswith(f"{PETITIONS}/{found['name']}")


def test_the_entry_point_leads_to_the_petitions(reader):
    answer = reader.get("/api/osdi/")

    assert answer.mimetype == "application/hal+json"
    hold(answer.json, {"motd": str, "max_pagesize": int})
    links = answer.json["_links"]
    assert set(links) == {"self", "curies", "osdi:petitions", "docs"}
    [curie] = links["curies"]
    assert (curie["name"], curie["templated"], "{rel}" in curie["href"]) == ("osdi", True, True)
    assert reader.get(links["osdi:petitions"]["href"]).json["total_records"] == 2


def test_petitions_come_as_a_hal_collection(reader, monkeypatch):
    monkeypatch.setattr(osdi.rules, "ON_A_PAGE_OF_OSDI", 1)

    first = reader.get(PETITIONS).json
    second = reader.get(first["_links"]["next"]["href"]).json

    for page in (first, second):
        hold(page, OF_A_LIST)
        embedded = page["_embedded"]["osdi:petitions"]
        assert [each["href"] for each in page["_links"]["osdi:petitions"]] == [
            each["_links"]["self"]["href"] for each in embedded
        ]
        hold_petition(embedded[0])
    assert (first["total_pages"], first["total_records"], second["page"]) == (2, 2, 2)
    assert "previous" not in first["_links"]
    assert "next" not in second["_links"]
    assert reader.get(f"{PETITIONS}?page=3").json["code"] == "page-beyond-the-end"


@pytest.mark.parametrize(("asked", "lang"), [("", "ar"), ("?lang=ar", "ar"), ("?lang=en", "en")])
def test_one_petition_comes_in_its_own_language_or_in_the_asked_one(reader, asked, lang):
    words = reader.get(f"/api/v1/petitions/{SLUG}").json

    found = reader.get(f"{PETITIONS}/{SLUG}{asked}").json

    hold_petition(found)
    assert found["title"] == words["titles"][lang]
    assert found["browser_url"] == words["pages"][lang]
    assert found["total_signatures"] == words["people"]
    assert [each["name"] for each in found["target"]] == [each[lang] for each in words["addressees"]]


def test_nothing_leads_to_a_person_a_signature_or_a_way_to_write(reader):
    read = "".join(reader.get(each).text for each in ("/api/osdi/", PETITIONS, f"{PETITIONS}/{SLUG}"))

    assert [word for word in NEVER if word in read] == []
