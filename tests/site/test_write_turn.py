"""Whatever becomes of a connection, the turn to write goes to the next writer."""

import threading

import pytest
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from campaign_app import database
from campaign_app.clock import utc_now
from campaign_app.database import WriteTurn, at_once, directly, write_once_more
from campaign_app.extensions import db
from campaign_app.petitions.models import Petition
from campaign_app.prepared import Direct, Prepared
from campaign_app.tally.models import DIMENSIONS, TallyCell

PATIENCE_SECONDS = 20
TALLY_CELL = dict.fromkeys(DIMENSIONS, "") | {
    "petition_id": 1,
    "day": utc_now().date(),
    "slot": 0,
    "people": 1,
    "mailboxes": 1,
}
INSERT_CELL = Prepared(insert(TallyCell.__table__), columns=tuple(TALLY_CELL))
ANY_PETITION = Prepared(select(func.min(Petition.id)))


def is_sqlite(app):
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


def test_a_connection_thrown_away_in_the_middle_gives_the_turn_to_the_next_writer(context):
    if not is_sqlite(context):
        return
    connection = db.engine.connect()
    connection.execute(text("SELECT 1"))
    connection.invalidate()
    connection.close()

    with db.engine.begin() as next_writer:
        assert next_writer.execute(text("SELECT 1")).scalar_one() == 1


def in_threads(app, works):
    """Run each work in a thread and a context of its own; return what each returned."""
    found = {}

    def run(number, work):
        with app.test_request_context(method="POST"):
            found[number] = work()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return found


def test_a_writer_who_has_read_before_and_one_who_has_not_never_wait_for_each_other(app):
    has_read, has_begun = threading.Event(), threading.Event()

    def reads_first():
        db.session.execute(text("SELECT 1"))
        has_read.set()
        has_begun.wait(PATIENCE_SECONDS)
        write_once_more(lambda: db.session.execute(text("SELECT 1")) and db.session.commit())
        return "written"

    def begins_at_once():
        has_read.wait(PATIENCE_SECONDS)

        def work():
            has_begun.set()
            db.session.execute(text("SELECT 1"))
            db.session.commit()

        write_once_more(work)
        return "written"

    assert in_threads(app, [reads_first, begins_at_once]) == {0: "written", 1: "written"}


def test_the_turn_goes_to_another_process_when_it_is_given_back(tmp_path):
    ours, theirs = (WriteTurn(str(tmp_path / "database")) for _ in range(2))
    taken = threading.Event()
    ours.take()

    waiting = threading.Thread(target=lambda: (theirs.take(), taken.set()), daemon=True)
    waiting.start()
    assert not taken.wait(0.05)
    ours.give_back()

    assert taken.wait(PATIENCE_SECONDS)
    theirs.give_back()


def test_whoever_waits_is_woken_by_the_bell_and_not_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "UNHEARD_BELL_MS", 2_000 * PATIENCE_SECONDS)
    test_the_turn_goes_to_another_process_when_it_is_given_back(tmp_path)


def test_a_bell_that_nobody_hears_keeps_nobody_from_the_turn(tmp_path, monkeypatch):
    monkeypatch.setattr("os.write", lambda *_: 1)
    test_the_turn_goes_to_another_process_when_it_is_given_back(tmp_path)


def test_rings_that_nobody_waited_for_fill_nothing_up(tmp_path):
    turn = WriteTurn(str(tmp_path / "database"))

    for _ in range(70_000):  # a pipe holds fewer
        turn.take()
        turn.give_back()

    test_the_turn_goes_to_another_process_when_it_is_given_back(tmp_path)


def test_a_turn_that_does_not_come_in_time_is_refused_as_sqlite_would(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    ours, theirs = (WriteTurn(str(tmp_path / "database")) for _ in range(2))
    ours.take()

    with pytest.raises(OperationalError, match="locked"):
        theirs.take()

    ours.give_back()
    theirs.take()
    theirs.give_back()


def test_what_is_written_at_once_is_committed_and_what_fails_is_not(context):
    with at_once() as connection:
        tally_cell(connection, "requested")

    if is_sqlite(context):  # on PostgreSQL each statement is a transaction of its own
        with pytest.raises(ZeroDivisionError):
            written_in_vain()

    assert db.session.scalars(select(TallyCell.event)).all() == ["requested"]


def test_while_something_is_written_at_once_the_session_reads_and_does_not_write(context):
    with context.test_request_context(method="POST"), at_once() as connection:
        tally_cell(connection, "requested")

        assert db.session.scalars(select(TallyCell.event)).all() in ([], ["requested"])
        if is_sqlite(context):
            with pytest.raises(OperationalError, match="readonly"):
                db.session.execute(insert(TallyCell).values(TALLY_CELL | {"event": "confirmed"}))


def test_a_prepared_statement_is_refused_in_the_words_of_sqlalchemy_without_what_somebody_typed(context):
    with pytest.raises(DBAPIError) as refused, at_once() as connection:
        tally_cell(connection, "no such event")

    assert isinstance(refused.value, IntegrityError)
    assert "no such" not in str(refused.value).partition("[SQL")[2].partition("]")[2]


def test_a_connection_that_died_is_noticed_by_a_prepared_statement_and_thrown_away(context):
    if is_sqlite(context):
        return
    thrown_away: list[bool] = []

    with pytest.raises(DBAPIError) as lost:
        written_when_dead(thrown_away)

    assert thrown_away == [True]
    assert lost.value.connection_invalidated
    with at_once() as connection:
        tally_cell(connection, "requested")


@pytest.mark.parametrize("is_one_statement", [True, False])
def test_what_is_written_directly_is_committed(context, is_one_statement):
    with directly(is_one_statement=is_one_statement) as connection:
        cell_of_any_petition(connection, "requested")

    assert db.session.scalars(select(TallyCell.event)).all() == ["requested"]


def test_what_fails_while_it_is_written_directly_is_not_committed_and_the_next_writer_has_the_turn(context):
    with pytest.raises(ZeroDivisionError):
        written_directly_in_vain()
    with pytest.raises(IntegrityError), directly() as connection:
        cell_of_any_petition(connection, "no such event")
    with directly() as connection:
        cell_of_any_petition(connection, "requested")

    assert db.session.scalars(select(TallyCell.event)).all() == ["requested"]


def test_a_connection_that_committed_by_itself_goes_back_as_it_was(context):
    for _ in range(2 * 5):  # more often than the pool has connections
        with directly(is_one_statement=True) as connection:
            cell_of_any_petition(connection, "requested")
        cell_of_any_petition(db.session.connection(), "confirmed")
        db.session.rollback()
        db.session.execute(text("DELETE FROM tally_cell WHERE event = 'requested'"))
        db.session.commit()

    assert db.session.scalars(select(TallyCell.event)).all() == []


def test_while_something_is_written_directly_the_session_reads_and_does_not_write(context):
    with context.test_request_context(method="POST"), directly() as connection:
        cell_of_any_petition(connection, "requested")

        assert db.session.scalars(select(TallyCell.event)).all() == []
        if is_sqlite(context):
            with pytest.raises(OperationalError, match="readonly"):
                db.session.execute(insert(TallyCell).values(TALLY_CELL | {"event": "confirmed"}))


def test_a_database_that_cannot_be_reached_is_told_in_the_words_of_sqlalchemy(tmp_path):
    with pytest.raises(OperationalError):
        Direct(create_engine(f"sqlite:///{tmp_path}/no-such-folder/database"))


def test_a_connection_that_died_is_noticed_by_what_is_written_directly_and_thrown_away(context):
    if is_sqlite(context):
        return
    with pytest.raises(DBAPIError) as lost:
        written_directly_when_dead()

    assert lost.value.connection_invalidated
    with directly() as connection:
        cell_of_any_petition(connection, "requested")


def test_whoever_gets_no_connection_in_time_is_told_that_the_database_does_not_answer(context):
    def finds_the_pool_empty():
        raise PoolTimeout("QueuePool limit reached")

    with pytest.raises(OperationalError):
        write_once_more(finds_the_pool_empty)


def written_in_vain():
    """Write, and fail before the end."""
    with at_once() as connection:
        tally_cell(connection, "confirmed")
        raise ZeroDivisionError


def written_when_dead(thrown_away):
    """Write on a connection that the server has ended, and note whether it was thrown away."""
    with at_once() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        cell = TALLY_CELL | {
            "event": "requested",
            "petition_id": connection.scalar(select(Petition.id).limit(1)),
        }
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        try:
            INSERT_CELL.run(connection, cell)
        finally:
            thrown_away.append(connection.invalidated)


def tally_cell(connection, event):
    """Insert a cell of numbers as signing does: prepared."""
    petition_id = connection.scalar(select(Petition.id).limit(1))
    INSERT_CELL.run(connection, TALLY_CELL | {"event": event, "petition_id": petition_id})


def test_an_address_that_no_page_answers_to_is_refused_in_its_own_language(client):
    page = client.get("/en/petitions/lists-and-graves/sign", headers={"Accept-Language": "ar"})

    assert page.status_code == 405
    assert '<html lang="en"' in page.text


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_missing_page_speaks_the_language_of_its_address(client, lang):
    page = client.get(f"/{lang}/nothing-here", headers={"Accept-Language": "en, ar"})

    assert f'<html lang="{lang}"' in page.text


def written_directly_in_vain():
    """Write, and fail before the end."""
    with directly() as connection:
        cell_of_any_petition(connection, "confirmed")
        raise ZeroDivisionError


def written_directly_when_dead():
    """Write on a connection that the server has ended."""
    with directly() as connection:
        own = connection.connection.dbapi_connection.info.backend_pid
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        cell_of_any_petition(connection, "requested")


def cell_of_any_petition(connection, event):
    """Insert a cell of numbers, by prepared statements alone."""
    ((petition_id,),) = ANY_PETITION.run(connection, {}).rows
    INSERT_CELL.run(connection, TALLY_CELL | {"event": event, "petition_id": petition_id})
