"""`campaign letters`: draft, preview, status. Nothing here approves or issues."""

import json

import pytest
from sqlalchemy import func, select

from campaign_app import cli
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.letters import queries, rules
from campaign_app.letters.commands import letters
from campaign_app.mail.models import OutboxMail
from tests.integrity.campaigns import let_sign
from tests.letters.documents.reading import text_of

pytestmark = pytest.mark.usefixtures("ready")
MONTH = ("--month", f"{utc_now():%Y-%m}")
PRESIDENT = ("draft", "--template", "council-president", "--petition", "lists-and-graves", *MONTH)


@pytest.fixture
def run(app, petition):
    """Run `campaign letters …` where three people have signed; return what it said."""
    let_sign(petition.id, 3, on=utc_day(utc_now()))
    db.session.commit()
    db.session.remove()

    def _run(*arguments):
        return app.test_cli_runner().invoke(letters, arguments)

    return _run


def test_a_draft_is_made_and_what_stands_against_it_is_said(run):
    done = run(*PRESIDENT, "--lang", "en", "--lang", "fr", "--json")

    said = json.loads(done.stdout)
    letter = queries.letter(said["name"])
    assert done.exit_code == 0
    assert (said["state"], said["languages"], said["to"]) == (rules.DRAFT, ["en", "fr"], letter.body_key)
    assert {"signatory-missing", "way-missing"} <= {each["code"] for each in said["obstacles"]}
    assert letter.written_by == "command"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("draft", "--template", "nothing", "--lang", "en"), "there is no template nothing"),
        ((*PRESIDENT[:4], "nothing", *MONTH, "--lang", "en"), "there is no petition nothing"),
        ((*PRESIDENT[:5], "--lang", "en"), "the month of delivery is missing"),
        ((*PRESIDENT[:5], "--month", "soon", "--lang", "en"), "a month is written as 2026-12"),
        (("draft", "--template", "open-letter", "--to", "nobody", "--lang", "en"), "there is no body nobody"),
        (("status", "nothing"), "there is no letter nothing"),
        (("preview", "nothing", "--out", "nowhere"), "there is no letter nothing"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(run, arguments, says):
    done = run(*arguments)

    assert done.exit_code == 1
    assert says in done.stderr


def test_a_preview_is_marked_on_every_page(run, tmp_path):
    name = json.loads(run(*PRESIDENT, "--lang", "en", "--json").stdout)["name"]

    done = run("preview", name, "--out", str(tmp_path / "out"))

    assert done.exit_code == 0, done.stderr
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".docx", ".pdf", ".txt"]
    pdf = (tmp_path / "out" / f"specimen-{name}-en.pdf").read_bytes()
    assert text_of(pdf).count("SPECIMEN") >= 2
    assert queries.letter(name).state == rules.DRAFT


def test_the_list_names_every_letter(run):
    name = json.loads(run(*PRESIDENT, "--lang", "en", "--json").stdout)["name"]

    assert [row["name"] for row in json.loads(run("status", "--json").stdout)] == [name]
    assert name in run("status").stdout


def test_no_command_approves_issues_or_sends_without_the_desk():
    assert {"approve", "issue", "release"} & set(letters.commands) == set()
    assert cli.campaign.commands["letters"] is letters


BATCH = ("batch", "--petition", "lists-and-graves", "--template", "council-member", *MONTH, "--lang", "en")


def test_a_batch_drafts_a_letter_for_every_member_and_not_a_second_time(run):
    first, second = run(*BATCH, "--lang", "fr", "--json"), run(*BATCH)

    said = json.loads(first.stdout)
    assert len(said["letters"]) == len({each["to"] for each in said["letters"]}) == 15
    assert [each["template"] for each in said["letters"]].count("council-president") == 1
    assert second.exit_code == 1
    assert f"there is a batch already: {said['batch']}" in second.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("send", "nothing"), "letters are sent at the desk"),
        (("send", "nothing", "--dry-run"), "there is no letter nothing"),
        ((*BATCH[:2], "nothing", *BATCH[3:]), "there is no petition nothing"),
        ((*BATCH[:4], "open-letter", *BATCH[5:]), "that template is not to members"),
    ],
)
def test_a_batch_or_a_dry_run_of_nothing_is_refused_in_a_sentence(run, arguments, says):
    done = run(*arguments)

    assert done.exit_code == 1
    assert says in done.stderr


def test_a_dry_run_of_a_draft_is_refused_and_of_an_issued_letter_says_what_would_go_where(run):
    name = json.loads(run(*PRESIDENT, "--lang", "en", "--json").stdout)["name"]
    assert "only a letter that is issued" in run("send", name, "--dry-run").stderr

    letter = queries.letter(name)
    letter.state, letter.issued_at, letter.reference = rules.ISSUED, utc_now(), "NID-2026-0001"
    db.session.commit()
    said = json.loads(run("send", "NID-2026-0001", "--dry-run", "--json").stdout)

    office = said["offices"][0]
    assert (said["documents_missing"], office["to"]) == (["en"], letter.body_key)
    assert not office["would_go"]
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0
