"""The database is lost, and comes back with the withdrawals since (safety goal 19)."""

import base64
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import create_engine, func, select, text

from campaign_app.audit.models import AuditEntry
from campaign_app.backup import operations
from campaign_app.backup.commands import backup, restore
from campaign_app.backup.envelope import Sealer
from campaign_app.backup.keys import new_secret_key, secret_key
from campaign_app.backup.replay import remembered_in
from campaign_app.backup.rows import bring_to
from campaign_app.backup.rules import LEFT_OUT
from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.sealing.key_files import read_key_files
from campaign_app.sealing.operations import make_server_keys
from campaign_app.signing.models import Signature, Tombstone
from tests.endurance.searching import found_in
from tests.supporters import PAGE, SIGN, confirm, newest_token, ready_form, send_mail, sign

from .situations import House, header_of

GOLDEN = Path(__file__).parent / "golden"


def lose_the_database(house: House) -> None:
    """Let a disk fail: nothing is left of the rows. The tables are made anew, as `campaign init` does."""

    def _empty() -> None:
        bring_to(db.session.connection(), "base")
        bring_to(db.session.connection(), "head")
        db.session.commit()

    house.inside(_empty)


def test_a_lost_database_comes_back_without_those_who_left_since(house):
    kept, withdrawn, erased = (house.sign(f"{who}@example.org") for who in ("kept", "withdrawn", "erased"))
    path = house.back_up()
    house.sign("later@example.org")
    house.take_out(withdrawn, "withdraw")
    house.take_out(erased, "erase")
    before = house.list.read_text()
    lose_the_database(house)

    done = house.restore(path)

    assert "since then withdrawn: 1, erased: 1" in done.output
    assert house.numbers() == (1, 1, 1)
    assert house.recount_is_green()
    assert house.rows()["signature"] == 2, "the erased row is gone, and so is what came after the backup"
    assert house.list.read_text() == before
    page = house.app.test_client().get(f"/en/my-signature/{kept}")
    assert page.status_code == 200


def test_a_list_that_was_lost_with_the_disk_is_taken_from_beside_the_backup_or_from_where_one_says(
    house, tmp_path
):
    tokens = [house.sign(f"{who}@example.org") for who in ("first", "second", "third")]
    path = house.back_up()
    house.take_out(tokens[0], "withdraw")
    operations_copy(house, path.parent)
    house.take_out(tokens[1], "erase")
    operations_copy(house, tmp_path / "other")
    house.list.unlink()

    house.restore(path, "--replace", "--withdrawals", tmp_path / "other" / "tombstones.jsonl")

    assert house.numbers() == (1, 1, 1)
    assert len(remembered_in([house.list])) == 2


def operations_copy(house: House, folder: Path) -> None:
    house.run(backup, "withdrawals", "--to", folder)


def test_the_list_lies_beside_a_backup_and_never_in_it(house):
    house.take_out(house.sign("withdrawn@example.org"), "withdraw")

    path = house.back_up()

    beside = path.with_name("tombstones.jsonl")
    assert beside.read_bytes() == house.list.read_bytes() != b""
    assert beside.stat().st_mode & 0o777 == 0o600
    assert house.list.read_bytes() not in house.content(path)


def test_restoring_twice_changes_nothing_more(house):
    withdrawn = house.sign("withdrawn@example.org")
    path = house.back_up()
    house.take_out(withdrawn, "withdraw")

    house.restore(path, "--replace")
    house.restore(house.back_up(), "--replace")
    once = house.numbers(), house.rows()["tombstone"], len(house.list.read_text().splitlines())
    house.restore(path, "--replace")

    assert (house.numbers(), house.rows()["tombstone"], len(house.list.read_text().splitlines())) == once
    assert once == ((0, 1, 0), 1, 1)


def test_who_left_and_signed_again_before_the_backup_stays_counted(house):
    house.take_out(house.sign("signer@example.org"), "withdraw")
    house.sign("signer@example.org")
    path = house.back_up()

    house.restore(path, "--replace")

    assert house.numbers() == (1, 1, 0)
    assert house.recount_is_green()


def test_a_withdrawal_counts_on_the_day_of_the_wish(house):
    token = house.sign("signer@example.org")
    path = house.back_up()
    house.take_out(token, "withdraw")
    earlier = utc_now().date() - timedelta(days=2)
    house.list.write_text(house.list.read_text().replace(utc_now().date().isoformat(), earlier.isoformat()))

    house.restore(path, "--replace")

    assert house.inside(lambda: db.session.scalars(select(Tombstone.day)).all()) == [earlier]
    assert house.numbers() == (0, 1, 0)


def test_what_waits_is_not_in_a_backup_and_what_was_mailed_can_be_confirmed_after_it(house):
    client = house.app.test_client()
    sign(client, email="mailed@example.org")
    send_mail(house.app)
    link = newest_token(house.home / "mail")
    sign(client, email="waiting@example.org")
    path = house.back_up()

    house.restore(path, "--replace")

    assert {count for name, count in house.rows().items() if name in LEFT_OUT} == {0}
    assert confirm(house.app.test_client(), link).status_code == 303
    assert house.numbers() == (1, 0, 0)
    assert house.recount_is_green()


def test_an_opened_backup_holds_no_key_no_address_and_no_waiting_mail(house):
    client = house.app.test_client()
    house.sign("signer@example.org", name="Test Signer")
    assert client.post(SIGN, data=ready_form(client, email="waiting@example.org")).status_code == 303
    path = house.back_up()
    content = house.content(path)
    keys = read_key_files(house.app.extensions["nidaa_settings"].keys_dir)
    secrets = [key.key for key in keys if key.kind in ("master", "mail-secret", "campaign-secret")]
    mails = house.inside(lambda: db.session.scalars(select(OutboxMail.sealed)).all())

    assert secrets
    assert mails
    found = [
        written
        for secret in (*secrets, *mails)
        for written in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="))
        if written in content
    ]
    assert found == []
    assert found_in(content, ["signer@example.org", "waiting@example.org", "Test Signer"]) == set()
    assert b"lists-and-graves" in content
    assert b"lists-and-graves" not in path.read_bytes()
    assert set(header_of(content)["tables"]) == set(db.metadata.tables) - set(LEFT_OUT)


def test_what_is_in_the_file_is_what_was_there_at_one_moment(house, monkeypatch):
    """Somebody signs while the rows are being written."""
    house.sign("first@example.org")
    written = operations.written

    def _somebody_signs_meanwhile(*arguments):
        lines = written(*arguments)
        yield next(lines)
        somebody = Thread(target=house.sign, args=("second@example.org",))
        somebody.start()
        somebody.join()
        yield from lines

    monkeypatch.setattr(operations, "written", _somebody_signs_meanwhile)
    path = house.back_up()
    monkeypatch.undo()
    assert house.numbers()[0] == 2

    house.restore(path, "--replace")

    assert house.numbers() == (1, 0, 0)
    assert house.recount_is_green()


def test_new_rows_follow_the_restored_ones(house):
    house.sign("first@example.org", country="DE")
    path = house.back_up()
    house.restore(path, "--replace")

    house.sign("second@example.org", country="LB")

    assert house.numbers() == (2, 0, 0)
    assert house.recount_is_green()


def test_a_backup_of_older_tables_is_brought_to_ours(house):
    """The golden file was made before the record of what was done existed."""
    header = json.loads((GOLDEN / "backup-v1.jsonl").read_text(encoding="utf-8").partition("\n")[0])
    house.secret_file.write_text((GOLDEN / "secret-line").read_text(encoding="ascii"), encoding="ascii")
    assert "audit_entry" not in header["tables"]

    done = house.restore(GOLDEN / "backup-v1.nidaa-backup", "--replace", "--although-too-old")

    assert house.numbers() == (2, 1, 0)
    assert done.output.count("agrees") == 2
    assert house.inside(lambda: db.session.scalars(select(AuditEntry.action)).all()) == ["backup.restore"]


def test_a_name_hidden_since_and_news_stopped_since_stay_so_and_all_others_are_as_they_were(house):
    for who in ("Shown Person", "Hidden Person", "Quiet Person"):
        token = house.sign(f"{who[:5]}@example.org", name=who, show_name="y", wants_updates="y")
        if who == "Hidden Person":
            hidden = token
    path = house.back_up()
    house.take_out(hidden, "name")
    house.take_out(token, "updates")

    done = house.restore(path, "--replace")

    assert "names hidden: 1, news stopped: 1" in done.output
    page = house.app.test_client().get(PAGE).text
    assert [who in page for who in ("Shown Person", "Hidden Person", "Quiet Person")] == [True, False, True]
    readers = select(func.count(Signature.id)).where(Signature.wants_updates)
    assert house.inside(lambda: db.session.scalar(readers)) == 2
    # Once more changes nothing: what the copies remember is in the database now.
    house.restore(house.back_up(), "--replace")
    assert house.inside(lambda: db.session.scalar(readers)) == 2


def test_a_backup_from_before_hidden_names_were_remembered_shows_none(house):
    house.sign("signer@example.org", name="Shown Person", show_name="y")
    first, _, rest = house.content(house.back_up()).partition(b"\n")
    told = json.loads(first)
    path = house.home / "older.nidaa-backup"
    del told["tables"]["invalidation"], told["tables"]["invalidated_signature"]
    for name in ("invalidation", "invalidated_signature"):
        told["rows"].pop(name, None)
        rest = rest.replace(json.dumps({"table": name}).encode() + b"\n", b"")
    with path.open("wb") as out:
        sealer = Sealer(out, house.secret.public)
        sealer.write(json.dumps(told).encode() + b"\n" + rest)
        sealer.finish()

    done = house.restore(path, "--replace")

    assert "names hidden that were shown by choice: 1" in done.output
    assert "Shown Person" not in house.app.test_client().get(PAGE).text


def test_without_its_master_key_a_restored_database_counts_and_says_that_nobody_can_sign(house, tmp_path):
    token = house.sign("signer@example.org")
    path = house.back_up()
    keys = house.app.extensions["nidaa_settings"].keys_dir
    shutil.copytree(keys, tmp_path / "other-keys", ignore=shutil.ignore_patterns("master-*"))
    make_server_keys(keys_dir=tmp_path / "other-keys", today=utc_now().date())
    other = dataclasses.replace(house.app.extensions["nidaa_settings"], keys_dir=tmp_path / "other-keys")
    house.app.extensions["nidaa_settings"] = other
    house.app.extensions.pop("nidaa_keyring", None)

    done = house.restore(path, "--replace")

    assert "is not on this host" in done.output
    assert house.numbers() == (1, 0, 0)
    house.take_out(token, "withdraw")
    assert house.numbers() == (0, 1, 0)
    assert sign(house.app.test_client()).status_code == 503


def test_backups_and_restores_are_on_record(house):
    house.restore(house.back_up(), "--replace")
    house.back_up()

    actions = house.inside(
        lambda: db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    )

    assert [each for each in actions if each.startswith("backup.")] == ["backup.restore", "backup.make"]


# -- What is refused, and that nothing is touched then ----------------------------------------------------------


def refused(house: House, path: Path, *options: object, words: str) -> None:
    before, remembered = house.rows(), house.list.read_bytes() if house.list.exists() else b""

    done = house.restore(path, *options, code=1)

    assert words in done.output
    assert house.rows() == before
    assert (house.list.read_bytes() if house.list.exists() else b"") == remembered
    assert not (house.home / "restoring").exists()


def test_a_database_that_people_signed_in_is_replaced_only_when_it_is_said(house):
    path = house.back_up()
    house.sign("signer@example.org")

    refused(house, path, words="not empty (1 signatures, 0 open requests, 2 petitions)")


def test_a_wrong_key_a_cut_file_and_a_changed_one_are_refused(house, tmp_path):
    house.sign("signer@example.org")
    whole = house.back_up().read_bytes()
    damaged = tmp_path / "damaged"
    for content, words in (
        (whole[:-1], "cut or changed"),
        (whole[:200], "cut"),
        (whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], "cut or changed"),
        (b"SQLite format 3\0" + whole, "not a backup of Nidaa"),
    ):
        damaged.write_bytes(content)
        refused(house, damaged, "--replace", words=words)
    damaged.write_bytes(whole)
    house.secret_file.write_text(new_secret_key().line, encoding="ascii")
    refused(house, damaged, "--replace", words="sealed to the key")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"revision": "9999"}, "a newer version of Nidaa"),
        ({"version": 2}, "a newer version of Nidaa"),
        ({"made_at": "2026-01-01T00:00:00+00:00"}, "older than 30 days"),
    ],
)
def test_a_newer_backup_and_one_that_is_too_old_are_refused(house, tmp_path, change, words):
    first, _, rest = house.content(house.back_up()).partition(b"\n")
    with (tmp_path / "changed").open("wb") as out:
        sealer = Sealer(out, house.secret.public)
        sealer.write(json.dumps(json.loads(first) | change).encode() + b"\n" + rest)
        sealer.finish()

    refused(house, tmp_path / "changed", "--replace", words=words)


def test_rows_that_are_missing_in_a_sealed_file_are_found_before_anything_is_touched(house, tmp_path):
    house.sign("signer@example.org")
    lines = house.content(house.back_up()).splitlines(keepends=True)
    place = lines.index(b'{"table": "signature"}\n')
    for number, broken in enumerate((lines[: place + 1] + lines[place + 2 :], lines[:place], lines[:-1])):
        path = tmp_path / str(number)
        with path.open("wb") as out:
            sealer = Sealer(out, house.secret.public)
            sealer.write(b"".join(broken))
            sealer.finish()
        refused(house, path, "--replace", words="this backup")


def test_a_database_in_use_is_not_replaced(house):
    path = house.back_up()
    url = house.app.extensions["nidaa_settings"].sqlalchemy_url
    other = create_engine(url)
    with other.connect() as connection:
        connection.execute(text("SELECT count(*) FROM signature")).all()
        done = house.restore(path, "--replace", code=1)
    other.dispose()

    assert "stop the server and its worker first" in done.output


def test_nobody_is_asked_who_is_not_there(house):
    done = house.run(restore, house.back_up(), "--secret", house.secret_file, "--replace", code=1)

    assert "say --yes" in done.output


# -- The commands -----------------------------------------------------------------------------------------------


def test_the_secret_line_may_come_through_a_pipe(house):
    done = house.run(restore, house.back_up(), "--replace", "--yes", code=3, typed=house.secret.line)

    assert "restored" in done.output


def test_a_new_key_goes_to_a_file_of_its_owner_alone_and_never_over_another(house, tmp_path):
    path = tmp_path / "new-secret"

    done = house.app.test_cli_runner().invoke(backup, ["key", "--secret", str(path)])

    assert done.stdout == secret_key(path.read_text(encoding="ascii")).public.line + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert house.app.test_cli_runner().invoke(backup, ["key", "--secret", str(path)]).exit_code == 1
    assert house.app.test_cli_runner().invoke(backup, ["key"]).exit_code == 1, "nobody is there to read it"


def test_older_backups_go_once_a_new_one_is_whole(house, monkeypatch):
    now = utc_now()
    for days in (3, 2, 1):
        house.inside(
            lambda days=days: operations.back_up(
                folder=house.backups, key=house.secret.public, keep=2, now=now - timedelta(days=days)
            )
        )
    assert len(list(house.backups.glob("*.nidaa-backup"))) == 2
    monkeypatch.setattr(operations.Sealer, "finish", lambda self: os.fsync(-1))

    done = house.app.test_cli_runner().invoke(
        backup, ["--to", str(house.backups), "--key", house.secret.public.line, "--keep", "1"]
    )

    assert done.exit_code == 1
    assert len(list(house.backups.glob("*.nidaa-backup"))) == 2
    assert list(house.backups.glob("*.unfinished")) == []
    assert {path.stat().st_mode & 0o777 for path in house.backups.iterdir()} == {0o600}


@pytest.mark.endurance
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one(house):
    """Killed while it loads, before it commits, and right after; the next one mends what is left."""
    house.sign("first@example.org")
    path = house.back_up()
    house.sign("second@example.org")
    chosen = house.app.extensions["nidaa_settings"]
    environment = {**os.environ, **chosen.places, "DATABASE_URL": chosen.database_url}
    command = [sys.executable, str(Path(__file__).with_name("killed_restore.py"))]
    arguments = [str(path), "--secret", str(house.secret_file), "--replace", "--yes"]
    people = []
    for point in ("load", "write_list", "recount_again"):
        house.inside(lambda: None)
        done = subprocess.run(
            [*command, point, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert done.returncode == -9, done.stderr
        people.append(house.numbers()[0])
        assert house.recount_is_green()

    assert people == [2, 2, 1]
    house.restore(path, "--replace")
    assert house.numbers() == (1, 0, 0)
    assert not (house.home / "restoring").exists()
