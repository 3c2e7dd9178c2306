"""A sealed sheet of a million signatures: how long, in how much memory, beside the database's own COPY of its rows."""

import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from campaign_app.accounts import operations as accounts
from campaign_app.accounts import standing
from campaign_app.accounts.models import Organiser
from campaign_app.accounts.rules import OWNER
from campaign_app.approvals import operations as approvals
from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.exports import sheets
from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petition
from campaign_app.tally.queries import statement

from .installations import Installation
from .people import SLUG
from .report import Line

LOOK_EVERY_SECONDS = 0.02
MOST_OVER_IDLE_MB = 100
SAME_ROWS = "SELECT sealed_contact, wants_updates FROM signature WHERE state = 'counted' ORDER BY id"


@dataclass(frozen=True)
class Run:
    """One command that ended well: how long it took, and the most memory it held."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Sheet:
    """What came of one installation. idle_mb: of a command that has the application and the database, and no work."""

    rows: int
    sealed: Run
    counts: Run
    idle_mb: float
    copy_seconds: float


def measure(installations: Sequence[Installation]) -> list[Line]:
    """Return the lines about exports, a column for each installation."""
    sheets = [_measure(installation) for installation in installations]
    for sheet in sheets:
        assert sheet.sealed.peak_mb - sheet.idle_mb <= MOST_OVER_IDLE_MB, sheet
    over = [f"**{sheet.sealed.peak_mb - sheet.idle_mb:.0f}** ({sheet.idle_mb:.0f})" for sheet in sheets]
    return [
        Line(
            "the database's own COPY of these rows to a file, s",
            [f"{each.copy_seconds:.1f}" for each in sheets],
        ),
        Line(
            f"**sealed sheet of {sheets[0].rows:,} signatures, s** (of COPY)",
            [
                f"{each.sealed.seconds:.1f} ({each.sealed.seconds / each.copy_seconds:.1f}×)"
                for each in sheets
            ],
        ),
        Line("… memory over idle, MB (idle)", over, f"≤ {MOST_OVER_IDLE_MB}"),
        Line("… rows less people of the statement", ["0"] * len(sheets), "0"),
        Line("counts of all petitions as a workbook, s", [f"{each.counts.seconds:.1f}" for each in sheets]),
    ]


def _measure(installation: Installation) -> Sheet:
    with TemporaryDirectory(dir=installation.environment["NIDAA_HOME"]) as name:
        folder = Path(name)
        idle = _run(installation, "petition", "list")
        copy_seconds = _copy(installation, folder / "copy")
        out = folder / "all.nidaa-sheet"
        sealed = _run(
            installation, "export", "--sealed", "--approved", _approved(installation), "--out", str(out)
        )
        counts = _run(installation, "export", "--counts", "all", "--out", str(folder / "counts"))
        rows = _check(out)
        with installation.app.app_context():
            assert rows == statement(public_petition(SLUG).id, now=utc_now()).people
            db.session.rollback()
        return Sheet(rows, sealed, counts, idle.peak_mb, copy_seconds)


def _approved(installation: Installation) -> str:
    """Let one organiser ask for the sheet and another approve it; return its reference."""
    now = utc_now()
    with installation.app.app_context():
        asker, approver = (_organiser(f"bench-{number}@example.org") for number in (1, 2))
        petition = public_petition(SLUG)
        sheet = sheets.ask(petition=petition, kind="delivery", purpose="Measured", by=asker, now=now)
        approvals.approve(
            approval=sheets.approval_of(sheet), digest=sheets.digest(sheet), by=approver, now=now
        )
        reference = sheet.reference
        db.session.commit()
    return reference


def _organiser(email: str) -> Organiser:
    now = utc_now()
    made = Organiser(
        name="Test Organiser",
        email=email,
        locale="en",
        confirmed_at=now,
        fs_uniquifier=secrets.token_hex(),
        fs_webauthn_user_handle=secrets.token_hex(),
        tf_primary_method="authenticator",
        tf_totp_secret="-",  # noqa: S106 - no secret: nobody signs in
        roles=accounts._roles([OWNER]),
    )
    db.session.add(made)
    standing.note(organiser=made, now=now)
    return made


def _run(installation: Installation, *arguments: str) -> Run:
    """Run a command. Its memory is asked of the system meanwhile: what `wait4` tells has the parent's in it."""
    command = [sys.executable, "-c", "from campaign_app.cli import main; main()", *arguments]
    began, peak = time.monotonic(), 0.0
    environment = {**os.environ, **installation.environment}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            peak = max(peak, _peak_mb(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
    assert process.returncode == 0, arguments
    return Run(time.monotonic() - began, peak)


def _peak_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _check(sheet: Path) -> int:
    """Hold a sheet to its manifest; return the rows that are in it, counted."""
    manifest = json.loads(sheet.with_name(f"{sheet.name}.manifest.json").read_text(encoding="utf-8"))
    with sheet.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == manifest["sha256"]
        file.seek(0)
        rows = sum(1 for _ in file) - 1
    assert rows == manifest["rows"]
    return rows


def _copy(installation: Installation, out: Path) -> float:
    """Return how long the database alone takes. SQLite has no COPY: there a bare loop writes what it reads."""
    with installation.app.app_context():
        url = db.engine.url
    began = time.monotonic()
    with out.open("wb") as file:
        if installation.postgres_process is None:
            connection = sqlite3.connect(str(url.database))
            file.writelines(sealed for sealed, _ in connection.execute(SAME_ROWS))
            connection.close()
        else:
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            with (
                psycopg.connect(plain) as connection,
                connection.cursor() as cursor,
                cursor.copy(f"COPY ({SAME_ROWS}) TO STDOUT (FORMAT binary)") as rows,
            ):
                file.writelines(bytes(part) for part in rows)
    return time.monotonic() - began
