"""What another system reads: the petitions, their words and their numbers, as the pages tell them."""

import json
from datetime import timedelta

from campaign_app import finished_pages
from campaign_app.api import endpoints, rules
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.tally.models import BREAKDOWNS, TallySnapshot
from tests.api.situations import PUBLIC, SLUG, change, reference

PETITION = f"/api/v1/petitions/{SLUG}"
PEOPLE = 400 + 230 + 120 + 7 - 5
LANGUAGES = {"ar", "en"}


def test_petitions_are_listed_with_their_words_in_each_language_and_the_people_of_the_statement(reader):
    answer = reader.get("/api/v1/petitions").json

    found = {each["slug"]: each for each in answer["items"]}
    assert (answer["page"], answer["pages"], answer["total"], answer["next"]) == (1, 1, 2, None)
    assert found[SLUG]["people"] == PEOPLE
    assert found[SLUG]["state"] == "open"
    assert found[SLUG]["is_accepting"] is True
    for names in ("titles", "summaries", "pages"):
        assert set(found[SLUG][names]) == LANGUAGES
    assert found[SLUG]["titles"]["en"] in reader.get(found[SLUG]["pages"]["en"]).text


def test_every_address_that_an_answer_names_leads_somewhere(reader):
    waiting, read = ["/api/v1/petitions", "/api/v1/letters", "/api/osdi/"], set()
    while waiting:
        address = waiting.pop()
        if address in read:
            continue
        read.add(address)
        answer = reader.get(address)
        assert answer.status_code == 200, address
        if "json" in answer.mimetype:
            waiting += [each.partition("#")[0] for each in addresses_in(answer.json)]
        answer.close()

    assert len([each for each in read if "/api/" in each]) > 15
    assert [each for each in read if each.endswith(".pdf")] != []


def addresses_in(found):
    """Return every address of ours in an answer."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        return [address for each in found for address in addresses_in(each)]
    return [found] if isinstance(found, str) and found.startswith("http://localhost/") else []


def test_one_petition_tells_its_addressees_goals_and_news(reader):
    answer = reader.get(PETITION).json

    assert len(answer["addressees"]) > 1
    assert answer["goals"][0]["threshold"] > 0
    [news] = answer["news"]
    assert news["titles"] == {"en": "A letter & a list", "ar": "رسالة وقائمة"}
    assert "<strong>handed over</strong> &lt;today&gt;" in news["bodies_html"]["en"]


def test_texts_are_the_words_that_people_sign_with_each_figure_and_its_source(reader):
    texts = {each["language"]: each for each in reader.get(f"{PETITION}/texts").json["texts"]}

    assert set(texts) == LANGUAGES
    for text in texts.values():
        assert text["version"] == 1
        assert "{{" not in json.dumps(text)
        assert text["demand_html"].startswith("<")
        assert text["sources"][0]["source"]


def test_the_statement_says_what_the_numbers_page_says(reader):
    there = reader.get(f"/en/petitions/{SLUG}/numbers.json").json

    here = reader.get(f"{PETITION}/statement").json

    moments = ("as_of", "method")
    shared = {name: value for name, value in there.items() if name not in moments}
    assert {name: here[name] for name in shared} == shared
    assert (here["people"], here["withdrawn"], here["paper"]) == (PEOPLE, 5, 60)
    assert here["mailboxes"] == PEOPLE - 4
    assert here["on"] is None


def test_the_statement_of_a_past_day_stands_as_it_stood(reader):
    on = (utc_day(utc_now()) - timedelta(days=3)).isoformat()
    there = reader.get(f"/en/petitions/{SLUG}/numbers.json?on={on}").json

    here = reader.get(f"{PETITION}/statement?on={on}").json

    assert (here["on"], here["people"]) == (on, 400 + 230 + 120)
    for name in ("people", "left_since", "still_counted_at_least", "as_of"):
        assert here[name] == there[name]
    assert here["elsewhere"] is None


def test_a_breakdown_has_the_groups_of_the_numbers_page_and_no_others(reader):
    page = reader.get(f"/en/petitions/{SLUG}/numbers").text

    found = reader.get(f"{PETITION}/breakdown?by=country").json

    assert found["standing"] == "published"
    people = {group["code"]: group["people"] for group in found["groups"]}
    assert people
    assert all(count % 10 == 0 and count >= 10 for count in people.values())
    for group in found["groups"]:
        assert set(group["names"]) == LANGUAGES
        assert group["names"]["en"] in page
        assert f"{group['people']:,}" in page
    assert set(reader.get(f"{PETITION}/breakdown?by=path").json) == set(found)


def test_a_breakdown_that_is_withheld_or_was_never_published_names_nobody(reader):
    empty = reader.get("/api/v1/petitions/fate-of-the-disappeared/breakdown?by=country").json

    def withhold():
        petition = petition_by_slug(SLUG)
        row = db.session.query(TallySnapshot).filter_by(petition_id=petition.id, kind=BREAKDOWNS).one()
        row.body = {**row.body, "country": None}

    change(reader.application, withhold)
    withheld = reader.get(f"{PETITION}/breakdown?by=country").json

    assert [each["standing"] for each in (empty, withheld)] == ["too-few", "withheld"]
    for each in (empty, withheld):
        assert (each["groups"], each["others"]) == ([], None)


def test_a_list_is_cut_into_pages_that_lead_to_each_other(reader, monkeypatch):
    monkeypatch.setattr(rules.cut, "__kwdefaults__", {"on_a_page": 1})

    first = reader.get("/api/v1/petitions").json
    second = reader.get(first["next"]).json
    beyond = reader.get("/api/v1/petitions?page=3")

    assert (first["pages"], first["previous"], second["next"]) == (2, None, None)
    assert reader.get(second["previous"]).json["items"][0]["slug"] == first["items"][0]["slug"]
    assert first["items"][0]["slug"] != second["items"][0]["slug"]
    assert (beyond.status_code, beyond.json["code"]) == (404, "page-beyond-the-end")


def test_whoever_read_an_answer_is_told_when_nothing_changed_though_time_passed(reader, monkeypatch):
    addresses = [f"{PETITION}/statement", PETITION, "/api/v1/letters", f"/api/v1/letters/{reference(PUBLIC)}"]
    tags = {each: reader.get(each).headers["ETag"] for each in addresses}
    later = utc_now() + timedelta(seconds=2)
    monkeypatch.setattr("campaign_app.api.declared.utc_now", lambda: later)
    reader.application.extensions[finished_pages.STORE].forget()

    for address, tag in tags.items():
        answer = reader.get(address, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.data) == (304, b""), address
        assert answer.headers["Access-Control-Allow-Origin"] == "*"

    change(reader.application, lambda: petition_by_slug(SLUG).__setattr__("state", "closed"))
    assert reader.get(PETITION, headers={"If-None-Match": tags[PETITION]}).status_code == 200


def test_an_answer_is_the_same_for_everyone(reader):
    named = {"{slug}": SLUG, "{reference}": reference(PUBLIC)}
    for endpoint in endpoints.ALL:
        address = endpoint.path + ("?by=country" if endpoint is endpoints.BREAKDOWN else "")
        for mark, name in named.items():
            address = address.replace(mark, name)
        tags = set()
        for headers in ({"Accept-Language": "ar"}, {"Accept-Language": "en", "Cookie": "session=x"}):
            reader.application.extensions[finished_pages.STORE].forget()
            answer = reader.get(address, headers=headers)
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            tags.add(answer.headers["ETag"])
        assert len(tags) == 1, address


def test_a_page_is_not_given_in_the_place_of_another(reader):
    decoys = ("by=country&by=path", "by=path&by=country", "by=x", "by=country%26by=path", "x=1&by=path")
    for decoy in decoys:
        reader.get(f"{PETITION}/breakdown?{decoy}")

    assert reader.get(f"{PETITION}/breakdown?by=country").json["by"] == "country"
    assert reader.get(f"{PETITION}/breakdown?by=path").json["by"] == "path"
    assert reader.get(f"{PETITION}/breakdown?by=country&by=path").status_code == 400


def test_a_script_of_any_site_may_ask_and_is_told_how(reader):
    asked = {"Origin": "https://partner.example", "Access-Control-Request-Method": "GET"}

    answer = reader.options(PETITION, headers={**asked, "Access-Control-Request-Headers": "if-none-match"})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "ETag" in reader.get(PETITION).headers["Access-Control-Expose-Headers"]
