"""`campaign petition show` and `move`: what a step leads to is said in numbers before it is taken."""

import json
from datetime import timedelta

import pytest

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.petitions import operations
from campaign_app.signing import commands
from campaign_app.signing.commands import petition_group
from tests.supporters import PAGE, SLUG, send_mail, sign, sign_and_confirm, words

DAY = timedelta(days=1)


@pytest.fixture
def run(app, context):
    """A function that runs one `campaign petition` command."""

    def invoke(*arguments: str, typed: str | None = None):
        db.session.rollback()
        return app.test_cli_runner().invoke(petition_group, arguments, input=typed)

    return invoke


@pytest.fixture
def news(run, tmp_path):
    """A function that publishes a piece of news."""
    file = tmp_path / "news.toml"
    file.write_text('[ar]\ntitle = "خبر"\nbody = "نص"\n[en]\ntitle = "Some news"\nbody = "What happened"\n')
    return lambda: run("update", SLUG, str(file))


@pytest.fixture
def signers(app, client, petition, mail_dir):
    """Two who are counted, one of whom asked for news, and one who has not answered."""
    sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, email="told@example.org", wants_updates="y")
    sign(client, email="waiting@example.org")
    send_mail(app)


def state() -> str:
    db.session.rollback()
    return operations.petition_by_slug(SLUG).state


def test_a_petition_is_taken_through_its_life_and_no_further(run, news, client):
    steps = [run("move", SLUG, step, "--yes") for step in ("close", "open", "close")]
    for step in ("deliver", "answer"):
        news()
        steps.append(run("move", SLUG, step, "--yes"))
    refused = run("move", SLUG, "open")

    assert [step.exit_code for step in steps] == [0] * 5
    assert refused.exit_code == 1
    assert "a petition that is answered can become nothing" in refused.stderr
    assert state() == "answered"
    assert "Handed over on" in words(client.get(PAGE))


@pytest.mark.parametrize("has_news_from_before", [False, True])
def test_nothing_is_handed_over_or_answered_without_news_that_tells_of_it(run, news, has_news_from_before):
    if has_news_from_before:
        news()
    run("move", SLUG, "close", "--yes")

    refused = run("move", SLUG, "deliver", "--yes")
    news()
    delivered = run("move", SLUG, "deliver")
    refused_again = run("move", SLUG, "answer", "--yes")

    assert (refused.exit_code, delivered.exit_code, refused_again.exit_code) == (1, 0, 1)
    assert f"publish first what happened, with `campaign petition update {SLUG} FILE`" in refused.stderr
    assert state() == "delivered"


@pytest.mark.parametrize("step", ["close", "withdraw"])
@pytest.mark.usefixtures("signers")
def test_a_step_that_destroys_is_not_taken_where_nobody_can_be_asked(run, step):
    today = utc_day(utc_now())

    refused = run("move", SLUG, step)

    assert refused.exit_code == 1
    assert "People counted: 2." in refused.stderr
    assert "confirmed" in refused.stderr
    assert f"On {today + 30 * DAY} the contacts without consent to news, 1, and every mark" in refused.stderr
    assert "kept longer: 1." in refused.stderr
    assert "say --yes to go on" in refused.stderr
    assert state() == "open"


@pytest.mark.parametrize(("answer", "becomes"), [("y", "closed"), ("n", "open"), ("", "open")])
@pytest.mark.usefixtures("signers")
def test_at_a_terminal_the_step_is_taken_after_a_yes_and_only_then(run, monkeypatch, answer, becomes):
    monkeypatch.setattr(commands, "_is_somebody_there", lambda: True)

    asked = run("move", SLUG, "close", typed=f"{answer}\n")

    assert "Go on? [y/N]" in asked.stderr
    assert state() == becomes


@pytest.mark.usefixtures("signers")
def test_a_petition_is_shown_with_what_is_kept_of_its_signers(run):
    shown = json.loads(run("show", SLUG, "--json").stdout)
    lines = run("show", SLUG).stdout.splitlines()

    assert (shown["people"], shown["contacts_kept"], shown["contacts_kept_with_consent_to_news"]) == (2, 1, 1)
    assert (shown["unanswered_requests"], shown["next_steps"]) == (1, ["close", "withdraw"])
    assert "people: 2" in lines
    assert "next steps: close, withdraw" in lines
    assert "closed on: -" in lines


@pytest.mark.parametrize("command", [("show", "nothing"), ("move", "nothing", "close")])
def test_an_unknown_petition_is_one_sentence(run, command):
    refused = run(*command)

    assert refused.exit_code == 1
    assert "no petition is called 'nothing'" in refused.stderr
