"""Take some steps of the runs under way and be killed inside the next one: a program, not a module.

Usage: killed_worker.py SETTINGS_AS_JSON NOW STEPS
"""

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from campaign_app.app import create_app
from campaign_app.config import Settings
from campaign_app.extensions import db
from campaign_app.integrity import batches, operations


def main() -> None:
    """Work until killed."""
    told, now, steps = sys.argv[1:]
    paths = {"home", "keys_dir", "content_dir", "secret_key_file"}
    fields = {name: Path(value) if name in paths else value for name, value in json.loads(told).items()}
    batches.BATCH = 7
    with create_app(Settings(**fields)).app_context():
        for _ in range(int(steps)):
            operations.step(now=datetime.fromisoformat(now))
            db.session.commit()
        operations.step(now=datetime.fromisoformat(now))
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
