"""`campaign bodies …` tells the directory and the presidency, for people and for scripts."""

import json

import pytest

from campaign_app.bodies.commands import bodies
from campaign_app.extensions import db
from tests.bodies.situations import enter_channel, load_directory


@pytest.fixture(autouse=True)
def directory(app):
    """The shipped directory, with one way to reach a mission."""
    with app.app_context():
        load_directory()
        enter_channel("mission-latvia", "mail", "mission@example.org")
        db.session.commit()


def said(app, *arguments: str) -> str:
    found = app.test_cli_runner().invoke(bodies, arguments)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_bodies_are_listed_for_people_and_for_scripts(app):
    rows = {row["key"]: row for row in json.loads(said(app, "list", "--kind", "mission", "--json"))}

    assert len(rows) == 30
    assert rows["mission-latvia"]["channels"] == ["mail"]
    assert rows["mission-latvia"]["needs_checking"] is True  # its channel was compared, not the body
    line = next(line for line in said(app, "list").splitlines() if line.startswith("iimp\t"))
    assert line.endswith("ways in: mail\tcompared: never")


def test_the_presidency_is_told_month_by_month_and_what_is_unknown_is_said(app):
    rows = json.loads(said(app, "presidency", "--months", "120", "--json"))

    known = {row["month"]: row["key"] for row in rows}
    assert known["2027-05"] == "mission-united-states"
    assert known["2028-01"] is None
    assert "2028-01\tnot known: the members of that year are not all entered" in said(
        app, "presidency", "--months", "30"
    )
