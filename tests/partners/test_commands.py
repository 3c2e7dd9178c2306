"""`campaign partners …` for people and for scripts."""

import json

from campaign_app.extensions import db
from campaign_app.partners import operations, queries
from campaign_app.partners.commands import partners
from tests.partners.situations import BY, NOW


def run(app, *arguments: str, ends_with: int = 0):
    """Return what a command says on stdout, or why it refused."""
    found = app.test_cli_runner().invoke(partners, arguments)
    assert found.exit_code == ends_with, found.output
    return json.loads(found.stdout) if "--json" in arguments and not ends_with else found.output


def test_a_partner_is_added_listed_paused_and_goes_on(app):
    named = ("example", "--name", "منظمة مثال", "--site", "HTTPS://Partner.example/")
    added = run(app, "add", *named, "--json")
    assert added["sites"] == ["https://partner.example"]
    assert "is taken" in run(app, "add", *named, ends_with=1)
    assert [row["code"] for row in run(app, "list", "--json")] == ["example"]

    assert run(app, "pause", "example", "--json")["state"] == "paused"
    assert run(app, "pause", "example", "--json")["state"] == "paused"
    assert run(app, "pause", "example", "--resume", "--json")["state"] == "active"
    assert run(app, "list") == "example\tactive\tمنظمة مثال\thttps://partner.example\n"
    with app.app_context():
        operations.move(partner=queries.partner_by_code("example"), to="ended", by=BY, now=NOW)
        db.session.commit()
    assert "has ended" in run(app, "pause", "example", ends_with=1)


def test_what_is_no_exact_site_no_code_or_no_partner_is_refused(app):
    assert "(path)" in run(app, "add", "a", "--name", "A", "--site", "https://a.example/page", ends_with=1)
    assert "a code is" in run(app, "add", "A b", "--name", "A", ends_with=1)
    assert "no partner" in run(app, "pause", "nobody", ends_with=1)
