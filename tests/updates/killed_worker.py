"""Send mails of an update into files and be killed right after one left: a program, not a module.

Usage: killed_worker.py SETTINGS_AS_JSON NOW MAILS_BEFORE_THE_KILL
"""

import json
import os
import signal
import sys
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from campaign_app.app import create_app
from campaign_app.config import Settings
from campaign_app.mail.transport import FileTransport
from campaign_app.mail.worker import run_batch
from campaign_app.updates import sending


class KilledAfter(FileTransport):
    """A folder that mails reach, and a worker that does not live to record the last of them."""

    left = 0

    def send(self, message: EmailMessage) -> None:
        """Write the mail; be killed when it was the last."""
        super().send(message)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Send until killed."""
    told, now, mails = sys.argv[1:]
    paths = {"home", "keys_dir", "content_dir", "secret_key_file"}
    fields = {name: Path(value) if name in paths else value for name, value in json.loads(told).items()}
    fields["trusted_proxies"] = tuple(fields["trusted_proxies"])
    settings = Settings(**fields)
    with create_app(settings).app_context():
        transport = KilledAfter(settings.home / "mail")
        transport.left = int(mails)
        for _ in range(3):
            sending.prepare(datetime.fromisoformat(now))
            run_batch(now=datetime.fromisoformat(now), transport=transport)


if __name__ == "__main__":
    main()
