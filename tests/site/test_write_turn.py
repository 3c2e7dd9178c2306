"""Whatever becomes of a connection, the turn to write goes to the next writer."""

import threading

import pytest
from sqlalchemy import text

from campaign_app.database import write_once_more
from campaign_app.extensions import db

PATIENCE_SECONDS = 20


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


def test_in_one_process_only_one_writer_prepares_while_the_others_wait(app):
    if not is_sqlite(app):
        return
    together = [0, 0]  # now, and at most
    lock = threading.Lock()

    def writes():
        def work():
            with lock:
                together[0] += 1
                together[1] = max(together)
            threading.Event().wait(0.02)  # what sealing takes, and more
            with lock:
                together[0] -= 1

        write_once_more(work)
        return "written"

    assert len(in_threads(app, [writes] * 4)) == 4
    assert together == [0, 1]


def test_an_address_that_no_page_answers_to_is_refused_in_its_own_language(client):
    page = client.get("/en/petitions/lists-and-graves/sign", headers={"Accept-Language": "ar"})

    assert page.status_code == 405
    assert '<html lang="en"' in page.text


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_missing_page_speaks_the_language_of_its_address(client, lang):
    page = client.get(f"/{lang}/nothing-here", headers={"Accept-Language": "en, ar"})

    assert f'<html lang="{lang}"' in page.text
