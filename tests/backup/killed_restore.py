"""Run `campaign restore` and be killed at a point of it: a program, not a module.

Usage: killed_restore.py POINT ARGUMENTS OF RESTORE…
"""

import os
import signal
import sys
from typing import Any

from campaign_app.backup import commands, restoring
from campaign_app.cli import campaign


def die(*_arguments: Any) -> None:
    """End as a machine does that loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


point, *arguments = sys.argv[1:]
if point == "recount_again":
    commands._say_outcome = die
else:
    setattr(restoring, point, die)
campaign.main(["restore", *arguments], prog_name="campaign")
