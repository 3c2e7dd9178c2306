"""What happens to an installation between a backup and its restore."""

import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from campaign_app.backup.commands import backup, restore
from campaign_app.backup.envelope import opened
from campaign_app.backup.keys import SecretKey
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.queries import CACHE, public_petition
from campaign_app.signing.commands import recount
from campaign_app.tally.queries import SETTLED, statement
from tests.supporters import SLUG, sign_and_confirm


class House:
    """An installation as its operator and its signers know it."""

    def __init__(self, app: Flask, secret: SecretKey, folder: Path) -> None:
        self.app = app
        self.home: Path = app.extensions["nidaa_settings"].home
        self.list = self.home / "tombstones.jsonl"
        self.secret = secret
        self.backups = folder / "elsewhere"
        self.secret_file = folder / "secret-line"
        self.secret_file.write_text(secret.line, encoding="ascii")
        self._made = 0

    # -- those who sign -------------------------------------------------------------------------------------

    def sign(self, email: str, **more: str) -> str:
        """Sign and confirm; return the token of the private page."""
        return sign_and_confirm(self.app.test_client(), self.home / "mail", email=email, **more)

    def take_out(self, token: str, step: str) -> None:
        """Press "withdraw" or "erase" on a private page."""
        answer = self.app.test_client().post(f"/en/my-signature/{token}/{step}", data={"nth": "0"})
        assert answer.status_code == 303

    # -- who runs it ----------------------------------------------------------------------------------------

    def run(self, command: Any, *arguments: object, code: int | None = 0, typed: str = "") -> Result:
        """Run a command; its exit code must be the one that is named, or any where it is None."""
        done = self.app.test_cli_runner().invoke(command, [str(each) for each in arguments], input=typed)
        assert code is None or done.exit_code == code, done.output
        assert not done.exception or isinstance(done.exception, SystemExit), done.exc_info
        self.forget()
        return done

    def back_up(self, *options: object) -> Path:
        """Make a backup in a folder of its own and return the file."""
        self._made += 1
        folder = self.backups / str(self._made)
        self.run(backup, "--to", folder, "--key", self.secret.public.line, *options)
        [path] = folder.glob("*.nidaa-backup")
        return path

    def restore(self, path: Path, *options: object, code: int | None = 3) -> Result:
        """Restore; the development installation lacks a responsible body, so that something is always to mend."""
        return self.run(restore, path, "--secret", self.secret_file, "--yes", *options, code=code)

    def recount_is_green(self) -> bool:
        """Whether cells and rows agree."""
        return self.run(recount, code=None).exit_code == 0

    # -- what can be seen -----------------------------------------------------------------------------------

    def inside(self, look: Callable[[], Any]) -> Any:
        """Look into the database and leave nothing open."""
        with self.app.app_context():
            try:
                return look()
            finally:
                db.session.remove()
                db.engine.dispose()

    def forget(self) -> None:
        """Drop what this process keeps of a database that may be another one now."""
        for name in (CACHE, SETTLED):
            self.app.extensions.pop(name, None)
        self.inside(lambda: None)

    def numbers(self) -> tuple[int, int, int]:
        """Return (people, withdrawn, erased) as the statement says them."""

        def _look() -> tuple[int, int, int]:
            said = statement(public_petition(SLUG).id, now=utc_now())
            return said.people, said.withdrawn, said.erased

        self.forget()
        return self.inside(_look)

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return self.inside(
            lambda: {
                table.name: db.session.scalar(select(func.count()).select_from(table))
                for table in db.metadata.sorted_tables
            }
        )

    def content(self, path: Path) -> bytes:
        """Return what a backup holds, opened."""
        return b"".join(opened(BytesIO(path.read_bytes()), self.secret))


def header_of(content: bytes) -> dict[str, Any]:
    """Return the first line of an opened backup."""
    found: dict[str, Any] = json.loads(content.partition(b"\n")[0])
    return found


def at(day: str) -> datetime:
    """Return noon of a day, UTC."""
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")
