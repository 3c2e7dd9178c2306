"""SQLite's journal holds what was acknowledged: no process may take itself for its last user while another is there."""

import subprocess
import sys

from sqlalchemy import create_engine

from campaign_app import database

COME_AND_GO = (
    "import sqlite3, sys; it = sqlite3.connect(sys.argv[1]); it.execute('SELECT * FROM t'); it.close()"
)


def test_the_journal_stays_while_connections_are_open_whoever_comes_and_goes(context, tmp_path):
    path = tmp_path / "new.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    database.prepare(engine)
    first = engine.raw_connection()
    first.cursor().execute("CREATE TABLE t (n INTEGER)")
    second = engine.raw_connection()
    journal = path.with_name("new.sqlite3-wal")
    before = journal.stat().st_ino

    subprocess.run([sys.executable, "-c", COME_AND_GO, str(path)], check=True, timeout=60)

    assert journal.stat().st_ino == before
    for connection in (first, second):
        connection.close()
    engine.dispose()
