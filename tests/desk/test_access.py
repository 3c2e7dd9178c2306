"""Who may open what: the table is whole, and every endpoint is asked for as every role and as nobody."""

import io

import pytest
from werkzeug.routing import IntegerConverter, Rule

from campaign_app.accounts import open_sessions
from campaign_app.accounts.models import Organiser
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.accounts.rules import ROLES
from campaign_app.clock import utc_now
from campaign_app.desk import access, bodies
from campaign_app.desk.access import ACCESS
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from tests.desk_client import EMAIL, desk_of, first_link, give_roles, signed_in, token_of

# What takes the session itself away, or what one role can ask for only once: asked for elsewhere.
ENDS_THE_SESSION = {"accounts.leave", "accounts.accept", "accounts.end_other_sessions"}


def rules_of(app) -> list[tuple[Rule, str]]:
    """Return every rule of the desk with each method that does something."""
    found = []
    for rule in desk_of(app).url_map.iter_rules():
        found += [(rule, method) for method in sorted(rule.methods & {"GET", "POST"})]
    return found


def address(rule: Rule) -> str:
    """Return an address of a rule, of somebody or something that does not exist."""
    values = {name: "unknown" if name == "token" else 9_999 for name in rule.arguments}
    return "/desk" + rule.build(values)[1]


def ask(client, rule, method, token):
    data = {"csrf_token": token} if method == "POST" else None
    return client.open(address(rule), method=method, data=data)


def went_past(answer) -> bool:
    """Whether the gate let a request through to its view."""
    is_sent_to_sign_in = answer.status_code == 303 and answer.location.startswith("/desk/login")
    is_sent_to_second_factor = answer.status_code == 303 and answer.location == "/desk/sign-in"
    return answer.status_code not in (403, 405) and not is_sent_to_sign_in and not is_sent_to_second_factor


def is_missing(answer) -> bool:
    return answer.status_code == 404


def test_the_desk_does_not_start_while_the_table_lacks_a_page(app):
    endpoints = set(desk_of(app).view_functions)
    access.refuse_unlisted(endpoints)

    with pytest.raises(ConfigurationError, match=r"who may open letters\.approve"):
        access.refuse_unlisted(endpoints | {"letters.approve"})
    with pytest.raises(ConfigurationError, match=r"does not exist: team\.people"):
        access.refuse_unlisted(endpoints - {"team.people"})


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_open_to_the_roles_of_the_table_and_to_no_other(app, role):
    client = signed_in(app, [role])
    token = token_of(client.get("/desk/sign-in"))
    wrong = []
    for rule, method in rules_of(app):
        if rule.endpoint in ENDS_THE_SESSION:
            continue
        listed = ACCESS[rule.endpoint]
        answer = ask(client, rule, method, token)
        assert answer.status_code < 500, (rule.endpoint, method)
        may = bool(listed.roles & {role}) or listed.is_open
        if listed == access.CLOSED:
            fits = is_missing(answer)
        elif may:
            fits = went_past(answer)
        else:
            fits = answer.status_code == 403
        if not fits:
            wrong.append((rule.endpoint, method, answer.status_code, answer.location))
        assert client.get("/desk/sign-in").status_code == 200, (rule.endpoint, method)
    assert wrong == []


def test_whoever_is_not_signed_in_is_led_to_sign_in_from_every_page_but_the_open_ones(app, desk):
    token = token_of(desk.get("/desk/login"))

    for rule, method in rules_of(app):
        listed = ACCESS[rule.endpoint]
        answer = ask(desk, rule, method, token)
        if listed.is_open:
            assert answer.status_code < 500, rule.endpoint
        elif listed == access.CLOSED:
            assert answer.status_code == 404, rule.endpoint
        else:
            assert answer.status_code == 303, (rule.endpoint, method)
            assert answer.location.startswith("/desk/login"), (rule.endpoint, method)


def test_whoever_has_no_second_factor_yet_reaches_only_what_sets_one_up(app, desk):
    desk.join(first_link(app))
    token = token_of(desk.get("/desk/sign-in"))

    for rule, method in rules_of(app):
        listed = ACCESS[rule.endpoint]
        if listed.is_open or listed.before_factor or listed == access.CLOSED:
            continue
        answer = ask(desk, rule, method, token)
        assert (answer.status_code, answer.location) == (303, "/desk/sign-in"), (rule.endpoint, method)


def test_what_weighs_much_asks_for_the_second_factor_again_once_it_is_old(app):
    client = signed_in(app)
    make_factor_old(client)
    token = token_of(client.get("/desk/sign-in"))

    for rule, method in rules_of(app):
        if not ACCESS[rule.endpoint].fresh:
            continue
        answer = ask(client, rule, method, token)
        assert answer.status_code == 303, (rule.endpoint, method)
        assert answer.location.startswith("/desk/prove?next="), (rule.endpoint, method)


def test_what_weighs_much_asks_for_a_fresh_factor():
    asking = {endpoint for endpoint, access in ACCESS.items() if access.fresh}

    assert asking == {
        "approvals.approve",
        "exports.download",
        "exports.make",
        "accounts.end_other_sessions",
        "accounts.end_session",
        "letter_desk.approve_batch",
        "letter_desk.close",
        "letter_desk.issue",
        "letter_desk.issue_batch",
        "letter_desk.publish_reply",
        "letter_desk.publishing",
        "letter_desk.send",
        "letter_desk.withdraw",
        "letter_desk.withdraw_batch",
        "lockdown.lift",
        "lockdown.lock",
        "lockdown.page",
        "editor.publish_news",
        "elsewhere.check",
        "endorsements.check",
        "endorsements.withdraw",
        "integrity.invalidate",
        "integrity.undo",
        "mailings.release",
        "mailings.start",
        "mailings.stop",
        "partners.create",
        "partners.end",
        "partners.make_link",
        "partners.resume",
        "partners.save",
        "security.change_password",
        "security.mf_recovery_codes",
        "security.wan_delete",
        "steps.ask",
        "steps.take",
        "team.ask_to_deactivate",
        "team.begin_anew",
        "team.change_roles",
        "team.deactivate",
        "team.invite",
        "team.sign_out_everywhere",
    }


def test_whoever_neither_owns_nor_organises_looks_at_these_and_changes_no_more_than_these():
    """Said once more, apart from the table: every other test of roles would believe a wrong line of it."""
    own = {endpoint for endpoint in ACCESS if endpoint.startswith(("accounts.", "security."))}

    def _reaches(role: str) -> set[str]:
        return {endpoint for endpoint, listed in ACCESS.items() if role in listed.roles} - own

    parts = (
        "addressees",
        "figures",
        "goals",
        "history",
        "news",
        "petition",
        "petitions",
        "settings",
        "texts",
    )
    looks = {"desk.home", "numbers.petition", "numbers.petitions"}
    looks |= {"bodies.council", "bodies.directory", "bodies.show"}
    looks |= {f"editor.{part}" for part in (*parts, "version", "words")}
    written = ("begin_news", "edit_news", "new_news", "preview", "save_addressees", "save_goals", "save_news")
    approves = {f"approvals.{act}" for act in ("approve", "cancel", "decline", "waiting")}
    approves.add("letter_desk.approve_batch")
    looks |= {f"letter_desk.{part}" for part in ("batch_list", "file", "overview", "show", "show_batch")}
    read = ("delivery", "rehearse_batch", "reply", "scan", "specimen", "versions")
    reads = {f"letter_desk.{part}" for part in read}
    writes = {f"editor.{part}" for part in (*written, "save_texts")}
    writes |= {f"letter_desk.{part}" for part in ("edit", "preview", "save")}
    assert _reaches("viewer") == looks
    assert _reaches("translator") == looks | reads | writes
    assert _reaches("approver") == looks | reads | approves
    assert {endpoint.partition(".")[0] for endpoint in _reaches("owner") - _reaches("organiser")} == {
        "lockdown",
        "record",
        "team",
    }
    assert not {endpoint for endpoint in _reaches("organiser") if endpoint.startswith(("lockdown.", "team."))}
    assert "record.export" not in _reaches("organiser")


def test_a_role_is_changed_only_with_a_fresh_factor_and_the_page_comes_back(app):
    client = signed_in(app)
    make_factor_old(client)
    with app.app_context():
        me = organiser_by_email(EMAIL).id
    place = f"/desk/team/{me}/roles"
    referrer = {"Referer": "http://localhost/desk/team/"}

    token = token_of(client.get("/desk/team/"))
    asked = client.post(place, data={"csrf_token": token, "roles": ["owner", "viewer"]}, headers=referrer)
    assert asked.location == "/desk/prove?next=/desk/team/"
    assert roles_of(app) == {"owner"}

    assert client.send(asked.location, page=asked.location, code=client.code()).location == "/desk/team/"
    token = token_of(client.get("/desk/team/"))
    client.post(place, data={"csrf_token": token, "roles": ["owner", "viewer"]})
    assert roles_of(app) == {"owner", "viewer"}


def test_a_wrong_code_makes_nothing_fresh_and_is_on_record(app):
    client = signed_in(app)
    make_factor_old(client)

    page = client.send("/desk/prove", page="/desk/prove", code="000000")

    assert page.status_code == 422
    assert client.get("/desk/change").location.startswith("/desk/prove")


def test_a_role_that_is_taken_away_ends_what_is_open(app):
    client = signed_in(app)
    assert client.get("/desk/team/").status_code == 200

    give_roles(app, ["viewer"])

    assert client.get("/desk/team/").status_code == 403


def make_factor_old(client) -> None:
    """Let more than five minutes have passed since the second factor was given."""
    desk = desk_of(client.application)
    signed = desk.session_interface.get_signing_serializer(desk)
    marks = signed.loads(client.get_cookie("nidaa-desk", path="/desk").value)
    marks["fs_paa"] -= 301
    client.set_cookie("nidaa-desk", signed.dumps(marks), path="/desk")


def roles_of(app) -> frozenset[str]:
    with app.app_context():
        found: Organiser = db.session.query(Organiser).filter_by(email=EMAIL).one()
        return found.role_names


def test_only_whoever_may_write_there_sends_more_than_other_forms_hold(app, desk):
    owner = signed_in(app)
    long = "x" * 20_000
    places = [
        rule
        for rule, method in rules_of(app)
        if method == "POST" and (ACCESS[rule.endpoint].body_bytes or rule.endpoint in bodies.FILES)
    ]
    assert len(places) > 8

    def _refused(client, **fields):
        answers = {
            rule.endpoint: client.post(address(rule), data={"long": long, **fields}) for rule in places
        }
        return {name for name, answer in answers.items() if is_refused(name, answer)}

    def is_refused(endpoint, answer):
        if endpoint in bodies.FILES:  # told who they must be, and nothing of it is read
            return answer.status_code == 403 or answer.location in ("/desk/login", "/desk/sign-in")
        return answer.status_code == 413

    everywhere = {rule.endpoint for rule in places}
    assert _refused(owner, csrf_token=token_of(owner.get("/desk/sign-in"))) == set()
    assert _refused(desk) == everywhere
    give_roles(app, ["viewer"])
    assert _refused(owner) == everywhere
    give_roles(app, ["owner"])
    with app.app_context():  # the browser keeps its cookie
        open_sessions.end_other_sessions(organiser=organiser_by_email(EMAIL), but=None, now=utc_now())
        db.session.commit()
    assert _refused(owner) == everywhere


def test_a_file_of_many_recipients_is_read_to_its_end(app):
    owner = signed_in(app)
    file = (io.BytesIO(b"x" * 300_000), "x.nidaa-mailing")
    fields = {"csrf_token": token_of(owner.get("/desk/sign-in")), "recipients": file}

    answer = owner.post("/desk/updates/0a1b/recipients", data=fields, content_type="multipart/form-data")

    assert answer.status_code == 404, "there is no such mailing, and that is all that stands against it"


def test_a_number_that_no_row_can_have_is_no_page_and_no_defect(app, desk):
    with_numbers = [
        (rule, method)
        for rule, method in rules_of(app)
        if any(isinstance(each, IntegerConverter) for each in rule._converters.values())
    ]
    assert len(with_numbers) > 15

    for rule, method in with_numbers:
        values = {name: 2**31 for name in rule.arguments}
        assert desk.open("/desk" + rule.build(values)[1], method=method).status_code in (404, 405), rule
