"""Goal 14, from the terminal: no command approves or releases anything, whichever is run."""

import pytest

from campaign_app import cli
from campaign_app.approvals import queries as approved
from campaign_app.approvals.problems import NotReleasedYet
from campaign_app.clock import utc_now
from campaign_app.exports import sheets
from campaign_app.exports.commands import export
from campaign_app.extensions import db


def every_command(group, before=()):
    """Yield the words and the command of everything that `campaign` can do."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*before, name))
        yield (*before, name), command


def test_no_command_approves_or_releases(app, petition, team, signatures, tmp_path):
    owner, _ = team
    sheet = sheets.ask(petition=petition, kind="delivery", purpose="Letter", by=owner, now=utc_now())
    reference = sheet.reference
    db.session.commit()
    commands = dict(every_command(cli.campaign))

    takes_it = {
        words
        for words, command in commands.items()
        for each in command.params
        if "approv" in each.name or each.name == "reference" or "release" in each.name
    }
    named = {words for words in commands if {"approve", "release"} & set("-".join(words).split("-"))}
    refused = app.test_cli_runner().invoke(
        export, ["--sealed", "--approved", reference, "--out", str(tmp_path / "sheet")]
    )

    assert takes_it == {("export",)}
    assert named == set()
    assert refused.exit_code == 1
    assert "a second person must approve it first. See /desk/exports" in refused.stderr
    assert list(tmp_path.iterdir()) == []
    db.session.rollback()
    assert approved.approval_of("exports", reference).state == "asked"


def values_for(command, reference):
    """Return the arguments of a command that name what was asked for wherever it takes a name."""
    found = []
    for each in command.params:
        if each.param_type_name == "argument":
            found += [reference] * max(1, each.nargs)
    return found


# They serve until they are stopped, or turn the keys that other tests share; none takes a reference (the test before).
NOT_RUN = {("serve",), ("worker",)} | {
    ("keys", name)
    for name in ("make", "prepare-master", "rotate-master", "destroy-old-masters", "rotate-mail")
}


def test_after_every_command_was_run_what_was_asked_for_still_waits(
    app, petition, team, signatures, tmp_path, monkeypatch
):
    owner, _ = team
    sheet = sheets.ask(petition=petition, kind="delivery", purpose="Letter", by=owner, now=utc_now())
    reference = sheet.reference
    db.session.commit()
    runner, run = app.test_cli_runner(), 0
    monkeypatch.chdir(tmp_path)

    for words, command in every_command(cli.campaign):
        if words not in NOT_RUN and not hasattr(command, "commands"):
            runner.invoke(command, values_for(command, reference))
            db.session.rollback()
            run += 1

    assert run > 20
    assert approved.approval_of("exports", reference).state == "asked"
    assert sheets.sheet_by_reference(reference).state == "asked"
    with pytest.raises(NotReleasedYet):
        sheets.release(sheet=sheets.sheet_by_reference(reference), by="command", now=utc_now())
