"""`campaign letters`: draft, preview, status. Nothing here approves or issues."""

import json

import pytest

from campaign_app import cli
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.letters import queries, rules
from campaign_app.letters.commands import letters
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
