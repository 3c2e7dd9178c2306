"""`campaign …`: every command calls one operation. Data goes to stdout, progress to stderr.

Exit codes: 0 done; 1 refused, with one sentence on stderr; 2 wrong usage; 3 done, but something needs attention.
"""

import sys

import click
from flask.cli import FlaskGroup
from sqlalchemy.exc import OperationalError

from . import anonymous_logs
from .accounts.commands import commands as account_commands
from .app import create_app
from .audit.commands import commands as audit_commands
from .backup.commands import commands as backup_commands
from .bodies.commands import commands as body_commands
from .desk.lockdown_commands import commands as lockdown_commands
from .errors import ConfigurationError
from .exports.commands import commands as export_commands
from .letters import delivery_commands, pack_commands  # noqa: F401 - their commands
from .letters.commands import commands as letter_commands
from .mail.commands import check_mail
from .mail.commands import commands as mail_commands
from .operate import check, init, migrate, serve, worker
from .partners.commands import commands as partner_commands
from .petitions.commands import commands as petition_commands
from .sealing.commands import commands as key_commands
from .sealing.commands import keys
from .sealing.problems import SealingProblem
from .signing.commands import commands as signing_commands
from .signing.key_commands import shred
from .updates.commands import commands as update_commands


class OwnCommands(FlaskGroup):
    """Flask's group, without the commands and options that extensions bring along: each of ours calls one operation."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return one of our own commands."""
        return self.commands.get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of our own commands."""
        return sorted(self.commands)


@click.group(
    cls=OwnCommands,
    create_app=create_app,
    add_default_commands=False,
    add_version_option=False,
    set_debug_flag=False,
    load_dotenv=False,
)
def campaign() -> None:
    """Run a Nidaa installation: its server, keys, petitions, mail and exports."""


for _command in (
    serve,
    worker,
    init,
    migrate,
    check,
    *petition_commands,
    *body_commands,
    *partner_commands,
    *signing_commands,
    *key_commands,
    *mail_commands,
    *export_commands,
    *update_commands,
    *letter_commands,
    *audit_commands,
    *account_commands,
    *backup_commands,
    *lockdown_commands,
):
    campaign.add_command(_command)


check.add_command(check_mail)
keys.add_command(shred)
campaign.params.clear()  # --app, --debug and --env-file: the application is this one, and settings are the environment


def main() -> None:
    """Run the command line; a wrong setting or a database that is away is one sentence, not a traceback."""
    anonymous_logs.configure()
    try:
        campaign.main(prog_name="campaign", standalone_mode=True)
    except (ConfigurationError, SealingProblem) as problem:
        click.echo(f"campaign: {problem}", err=True)
        sys.exit(1)
    except OSError as problem:
        click.echo(f"campaign: {problem.filename or 'a file'}: {problem.strerror or problem}", err=True)
        sys.exit(1)
    except OperationalError:
        click.echo(
            "campaign: the database does not answer; is DATABASE_URL right, and is it running?", err=True
        )
        sys.exit(1)
