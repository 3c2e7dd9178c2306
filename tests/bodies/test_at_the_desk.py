"""An organiser keeps the directory: looks, changes, compares, adds, and says who presides."""

from datetime import date, timedelta
from html import escape

import html5lib
import pytest
from sqlalchemy import select

from campaign_app.audit.models import AuditEntry
from campaign_app.bodies import queries
from campaign_app.bodies.models import Body, BodyChannel
from campaign_app.bodies.today import recipient_lines
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from tests.bodies.situations import enter_channel, load_directory
from tests.desk_client import signed_in, token_of

MISSION = "/desk/bodies/mission-latvia"
MARKUP = "<script>alert(1)</script> {{ 7*7 }} #set page() *bold* =1+1 &amp; [x](javascript:y)"
# What a browser sends of a mission's form when nothing is changed; filled from the page itself below.


@pytest.fixture(autouse=True)
def directory(app):
    """The shipped directory."""
    with app.app_context():
        load_directory()
        db.session.commit()


@pytest.fixture
def owner(app):
    """An owner at the desk, in English."""
    return signed_in(app).language("en")


def parsed(page: str):
    """Return a page's elements."""
    return html5lib.parse(page, namespaceHTMLElements=False)


def form_of(client, path: str) -> dict[str, object]:
    """Return every field of the page's long form, as a browser would send it."""
    page = parsed(client.get(path).text)
    fields: dict[str, object] = {}
    forms = [each for each in page.iter("form") if each.get("action") == path]
    for each in forms[0].iter():
        tag, name = each.tag, each.get("name")
        if not name:
            continue
        if tag == "textarea":
            fields[name] = (each.text or "").removeprefix("\n")
        elif tag == "select":
            options = list(each.iter("option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            fields[name] = chosen[0].get("value") or ""
        elif each.get("type") == "checkbox":
            if each.get("checked") is not None:
                fields.setdefault(name, [])
                fields[name].append(each.get("value"))
        else:
            fields[name] = each.get("value") or ""
    return fields


def stored(app, key: str) -> Body:
    with app.app_context():
        found = queries.body(key)
        db.session.expunge_all()
    return found


def actions(app) -> list[str]:
    with app.app_context():
        return [
            each
            for each in db.session.scalars(select(AuditEntry.action))
            if each.startswith(("body.", "presid"))
        ]


def test_a_form_that_is_saved_as_it_was_shown_changes_nothing(app, owner):
    for key in ("mission-latvia", "iiim", "unsg", "ngo-massar", "ohchr"):
        path = f"/desk/bodies/{key}/edit"
        assert owner.post(path, data=form_of(owner, path)).status_code == 303
        assert not stored(app, key).is_edited, key
    assert actions(app) == []


def test_a_way_to_reach_a_mission_is_entered_and_counts_once_compared(app, owner):
    path = f"{MISSION}/edit"
    fields = form_of(owner, path) | {
        "channel0-kind": "mail",
        "channel0-value": "mission@example.org",
        "channel0-source_url": "https://example.org/blue-book",
    }
    assert owner.post(path, data=fields).location == MISSION
    page = owner.get(MISSION)
    assert "mission@example.org" in page.text
    with app.app_context():
        found = queries.body("mission-latvia")
        asked = {"form": "letter", "channel_kind": "mail", "lang": "en", "today": utc_day(utc_now())}
        assert [each.code for each in queries.obstacles(found, **asked)] == ["channel-unverified"]
        began_from = queries.fingerprint(found)

    token = token_of(page)
    owner.post(f"{MISSION}/check", data={"csrf_token": token, "began_from": began_from})

    with app.app_context():
        found = queries.body("mission-latvia")
        assert queries.obstacles(found, **asked) == []
        assert found.verified_on == utc_day(utc_now())
    assert actions(app) == ["body.edit", "body.check"]


def test_what_changed_since_somebody_looked_is_neither_saved_over_nor_noted_as_compared(app, owner):
    path = f"{MISSION}/edit"
    fields = form_of(owner, path)
    token, seen = fields["csrf_token"], fields["began_from"]
    with app.app_context():
        enter_channel("mission-latvia", "mail", "other@example.org")
        db.session.commit()

    conflict = owner.post(path, data=fields | {"holder_name": ""})
    checked = owner.post(
        f"{MISSION}/check", data={"csrf_token": token, "began_from": seen}, follow_redirects=True
    )

    assert conflict.status_code == 409
    assert "Somebody else changed this" in conflict.text
    assert "Nothing was noted" in checked.text
    assert stored(app, "mission-latvia").verified_on is None


def test_a_changed_channel_loses_its_day_of_comparing_and_an_unchanged_one_keeps_it(app, owner):
    with app.app_context():
        enter_channel("mission-latvia", "mail", "kept@example.org")
        enter_channel("mission-latvia", "post", "Test Street 1")
        db.session.commit()
    path = f"{MISSION}/edit"

    owner.post(path, data=form_of(owner, path) | {"channel1-value": "Test Street 2"})

    with app.app_context():
        kept, changed = queries.channels_of(queries.body("mission-latvia"))
        assert (kept.value, kept.verified_on) == ("kept@example.org", utc_day(utc_now()))
        assert (changed.value, changed.verified_on) == ("Test Street 2", None)


def test_a_new_holder_was_compared_by_nobody(app, owner):
    with app.app_context():
        found = queries.body("unsg")
        found.holder_verified_on = utc_day(utc_now())
        db.session.commit()
    path = "/desk/bodies/unsg/edit"

    owner.post(path, data=form_of(owner, path) | {"holder_name": "Test Holder", "holder_until": ""})

    found = stored(app, "unsg")
    assert (found.holder_name, found.holder_verified_on) == ("Test Holder", None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"names-en": ""}, "names-en"),
        ({"names-en": "x" * 700}, "names-en"),
        ({"salutation-fr": "a\u202eb"}, "salutation-fr"),
        ({"languages": "english"}, "languages"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"source_url": "https://[x"}, "source_url"),
        ({"confidence": "certain"}, "confidence"),
        ({"holder_name": "Test", "holder_source_url": ""}, "holder_source_url"),
        ({"holder_from": "2027-01-02", "holder_until": "2027-01-01"}, "holder_until"),
        ({"channel0-value": "nobody", "channel0-source_url": "https://example.org"}, "channel0-value"),
        ({"channel0-value": "a@example.org"}, "channel0-source_url"),
        ({"refusal0-form": "letter"}, "refusal0-form"),
        ({"term0-first_year": "soon"}, "term0-first_year"),
        ({"term0-first_year": "2027", "term0-last_year": "2026"}, "term0-first_year"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_stored(app, owner, change, place):
    path = f"{MISSION}/edit"

    page = owner.post(path, data=form_of(owner, path) | change)

    assert page.status_code == 422
    assert f'href="#{place}"' in page.text
    assert f'id="{place}-error"' in page.text
    assert not stored(app, "mission-latvia").is_edited


def test_markup_in_any_name_comes_out_as_text(app, owner):
    path = f"{MISSION}/edit"
    texts = {
        name: MARKUP
        for name in form_of(owner, path)
        if name.startswith(("names-", "short_names-", "notes-", "mandate-"))
    }
    fields = (
        form_of(owner, path) | texts | {"holder_name": MARKUP, "holder_source_url": "https://example.org"}
    )

    assert owner.post(path, data=fields).status_code == 303

    for page in (MISSION, path, "/desk/bodies/", "/desk/bodies/council?month=2026-12"):
        text = owner.get(page).text
        assert "<script>alert" not in text, page
        assert str(escape(MARKUP, quote=False)) in text.replace("&#39;", "'"), page
    with app.app_context():
        today = utc_day(utc_now())
        found = queries.recipient(queries.body("mission-latvia"), form="letter", lang="en", today=today)
    assert found.name == MARKUP


def test_a_government_is_added_and_takes_letters(app, owner):
    form = form_of(owner, "/desk/bodies/new") | {
        "key": "parliament-of-examples",
        "names-ar": "برلمان الأمثلة",
        "names-en": "Parliament of Examples",
        "addressed_to-en": "The Speaker of the Parliament of Examples",
        "salutation-en": "Dear Speaker,",
        "close-en": "Yours faithfully,",
    }

    assert owner.post("/desk/bodies/new", data=form).location == "/desk/bodies/parliament-of-examples"
    again = owner.post("/desk/bodies/new", data=form)

    assert again.status_code == 422
    assert "already" in again.text
    with app.app_context():
        asked = {"channel_kind": None, "lang": "en", "today": utc_day(utc_now())}
        found = queries.body("parliament-of-examples")
        assert queries.obstacles(found, form="open-letter", **asked) == []
        assert [each.code for each in queries.obstacles(found, form="petition", **asked)] == ["form-refused"]
    assert actions(app) == ["body.add"]


@pytest.mark.parametrize("key", ["council", "new", "A b", "", "x" * 65, "mission-latvia"])
def test_a_name_that_the_desk_or_another_body_has_is_refused(owner, key):
    form = form_of(owner, "/desk/bodies/new") | {"key": key, "names-ar": "اسم", "names-en": "Name"}

    page = owner.post("/desk/bodies/new", data=form)

    assert page.status_code == 422
    assert 'id="key-error"' in page.text


def test_a_mission_that_is_added_sits_in_the_council(app, owner):
    new = form_of(owner, "/desk/bodies/new?kind=mission".partition("?")[0])
    page = owner.get("/desk/bodies/new?kind=mission").text
    assert "{of}" in page  # the words that all missions share
    form = new | {
        "key": "mission-examples",
        "kind": "mission",
        "names-ar": "بعثة",
        "names-en": "Permanent Mission of Examples",
        "short_names-en": "Examples",
        "term0-state": "Examples",
        "term0-first_year": "2028",
        "term0-last_year": "2029",
    }

    assert owner.post("/desk/bodies/new", data=form).status_code == 303

    with app.app_context():
        assert "mission-examples" in [each.key for each in queries.members(date(2028, 5, 1))]


def test_who_presides_is_entered_for_a_month_and_taken_back(app, owner):
    first = utc_day(utc_now()).replace(day=1)
    month = f"{first.year}-{first.month:02}"
    token = token_of(owner.get("/desk/bodies/council"))
    with app.app_context():
        usual = queries.president(first.year, first.month)
        usual_key = usual.key if usual else None
        other = next(each.key for each in queries.members(first) if each.key != usual_key)

    def _say(**fields):
        data = {
            "csrf_token": token,
            "month": month,
            "body": other,
            "source": "Journal, <b>page</b> 1",
        } | fields
        page = owner.post("/desk/bodies/council/presidency", data=data, follow_redirects=True)
        with app.app_context():
            found = queries.president(first.year, first.month)
            return page.text, found.key if found else None

    assert _say(source=" ")[1] == usual_key
    assert _say(body="iiim")[1] == usual_key
    page, key = _say()
    assert key == other
    assert "Journal, &lt;b&gt;page&lt;/b&gt; 1" in page
    assert _say(body="")[1] == usual_key
    assert actions(app) == ["presidency.override", "presidency.override"]


def test_the_council_s_page_says_what_is_missing_of_each_mission(app, owner):
    with app.app_context():
        for channel in ("mail", "post"):
            enter_channel("mission-latvia", channel, f"{channel}@example.org")
        queries.body("mission-latvia").verified_on = utc_day(utc_now())
        db.session.commit()

    rows = parsed(owner.get("/desk/bodies/council?month=2026-12").text)

    table = next(each for each in rows.iter("table") if each.get("class") == "recipients")
    said = {" ".join("".join(row.itertext()).split()) for row in table.iter("tr")}
    (latvia,) = [row for row in said if row.startswith("Latvia")]
    (liberia,) = [row for row in said if row.startswith("Liberia")]
    assert "Nothing" in latvia
    assert "No way to reach it is entered." in liberia
    assert "presides" in liberia
    assert len(said) == 16


@pytest.mark.parametrize("month", ["2026-13", "x", "", "26-12", "2026-12-01"])
def test_a_month_that_is_none_is_no_page(owner, month):
    assert owner.get(f"/desk/bodies/council?month={month}").status_code == 404


def test_a_viewer_looks_and_changes_nothing(app):
    viewer = signed_in(app, ["viewer"]).language("en")

    page = viewer.get(MISSION)

    assert page.status_code == 200
    assert "Compared today" not in page.text
    assert viewer.get(f"{MISSION}/edit").status_code == 403
    assert "Enter it for one month" not in viewer.get("/desk/bodies/council").text


def test_the_home_says_what_the_directory_needs(app):
    now = utc_now()
    with app.test_request_context(method="POST"):
        lines = [each.says for each in recipient_lines(now)]
        following = (now.replace(day=1) + timedelta(days=32)).date()
        presides = queries.president(following.year, following.month)
        assert len(lines) == 2
        if presides:
            enter_channel(presides.key, "mail", "president@example.org")
            for each in queries.bodies():
                each.verified_on = utc_day(now)
            assert list(recipient_lines(now)) == []
        db.session.query(BodyChannel).delete()
        db.session.rollback()


def test_an_empty_directory_needs_nothing(app):
    with app.test_request_context(method="POST"):
        for table in (BodyChannel, Body):
            db.session.query(table).delete()
        assert list(recipient_lines(utc_now())) == []
        db.session.rollback()
