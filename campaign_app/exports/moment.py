"""What an export reads is of one moment, however long the reading takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..database import end_transaction, reading
from ..extensions import db


@contextmanager
def one_moment() -> Iterator[None]:
    """Read inside a transaction of its own that sees nothing of what others commit meanwhile.

    SQLite's transactions are so by themselves. Nobody waits for it; on SQLite the journal grows while it lasts.
    """
    end_transaction()
    with reading():
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield
