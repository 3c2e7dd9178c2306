"""`campaign owner …`, and the link that a newcomer's first run prints."""

import re

from campaign_app.accounts import operations
from campaign_app.accounts.commands import announce_first_link
from campaign_app.accounts.queries import active_owners, invitation_of
from campaign_app.audit.models import AuditEntry
from campaign_app.cli import campaign
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.desk_client import fill_accounts, passkey

LINK = re.compile(r"^http://localhost/desk/invitation/([A-Za-z0-9_-]{43})$", re.MULTILINE)


def run(app, *arguments):
    return app.test_cli_runner().invoke(campaign.get_command(None, "owner"), arguments)


def test_the_link_stands_alone_on_stdout_and_opens_an_invitation(app):
    done = run(app, "invite", "owner@example.org")

    assert done.exit_code == 0
    link = LINK.fullmatch(done.stdout.strip())
    assert link, done.output
    with app.app_context():
        assert invitation_of(link[1], now=utc_now()).roles == ["owner"]
        assert [(each.by, each.action) for each in db.session.query(AuditEntry)] == [
            ("command", "accounts.invite")
        ]


def test_it_is_refused_in_a_sentence_for_no_address_and_once_an_owner_is_there(app):
    refused = run(app, "invite", "owner")
    assert (refused.exit_code, refused.stderr.strip()) == (1, "Error: that is not a mail address")

    with app.app_context():
        fill_accounts()
        db.session.commit()
    refused = run(app, "invite", "second@example.org")
    assert refused.exit_code == 1
    assert "invited at the desk" in refused.stderr


def test_the_only_owner_who_lost_everything_gets_a_link_and_stays_as_they_were_until_it_is_used(app):
    with app.app_context():
        fill_accounts()
        db.session.commit()

    done = run(app, "begin-anew", "Owner@Example.org")

    link = LINK.fullmatch(done.stdout.strip())
    assert link, done.output
    with app.app_context():
        assert invitation_of(link[1], now=utc_now()).roles == ["owner"]
        assert [each.email for each in active_owners()] == ["owner@example.org"]
        assert active_owners()[0].has_second_factor
        assert db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first().by == "command"


def test_no_link_is_printed_for_somebody_else_or_while_another_owner_can_help(app):
    with app.app_context():
        fill_accounts()
        second = operations.invite(
            email="second@example.org", roles=["owner"], by=active_owners()[0], now=utc_now()
        )
        owner = operations.accept(token=second, name="Test", password_hash="-", locale="ar", now=utc_now())
        owner.webauthn.append(passkey("Red key"))
        db.session.commit()

    for email, why in (("viewer@example.org", "no owner"), ("owner@example.org", "under Team")):
        refused = run(app, "begin-anew", email)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert why in refused.stderr


def test_in_development_the_first_run_prints_a_link_until_somebody_has_joined(context, capsys):
    announce_first_link()
    assert "/desk/invitation/" in capsys.readouterr().err

    fill_accounts()
    db.session.commit()
    announce_first_link()

    assert active_owners()
    assert capsys.readouterr().err == ""
