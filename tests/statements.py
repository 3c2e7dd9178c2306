"""What is sent to the database, however it is sent: through SQLAlchemy, or prepared and handed to the driver."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from campaign_app.extensions import db
from campaign_app.prepared import AnyConnection, Done, Prepared

Note = Callable[[AnyConnection, str, int], object]


def listen_to_prepared(patch: pytest.MonkeyPatch, note: Note) -> None:
    """Have `note` called with the connection, the words and the rows touched of every prepared statement."""
    run = Prepared.run

    def _run(self: Prepared, connection: AnyConnection, values: Any) -> Done:
        done = run(self, connection, values)
        note(connection, self.compiled_for(connection.dialect).text, done.rowcount)
        return done

    patch.setattr(Prepared, "run", _run)


@contextmanager
def sent() -> Iterator[list[tuple[str, int]]]:
    """Collect the statements that are sent meanwhile, with the number of rows each touched."""
    noted: list[tuple[str, int]] = []

    def _note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        noted.append((statement, cursor.rowcount))

    event.listen(db.engine, "after_cursor_execute", _note)
    with pytest.MonkeyPatch.context() as patch:
        listen_to_prepared(patch, lambda _, statement, rowcount: noted.append((statement, rowcount)))
        yield noted
    event.remove(db.engine, "after_cursor_execute", _note)
