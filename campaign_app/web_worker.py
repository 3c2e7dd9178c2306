"""gunicorn's threaded worker, with one rule more: no connection is taken that would only wait here.

Knows gunicorn; knows no room.
"""

import gc
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# New objects between two looks for cycles: requests leave few, and Python's 700 has a worker look several times a page.
NEW_OBJECTS = 10_000


class EvenWorker(ThreadWorker):
    """A worker that leaves new connections to the others while its own threads are busy.

    The workers share one listening socket, and whoever is awake takes a connection first: left alone, one of them
    takes nearly all, and the others look on while requests queue behind its interpreter lock. A connection that
    nobody takes waits in the kernel's queue for the first who is free.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As gunicorn's own."""
        self._most_connections = 0
        super().__init__(*args, **kwargs)

    def load_wsgi(self) -> None:
        """Load the application, which is no garbage as long as this process lives: nobody need look at it again."""
        super().load_wsgi()
        gc.collect()
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS)

    @property
    def worker_connections(self) -> int:
        """How many connections may be open before no more are taken: one in hand a thread, and those that rest."""
        resting = len(self.keepalived_conns) + len(self.pending_conns)
        threads: int = self.cfg.threads
        return min(self._most_connections, threads + resting)

    @worker_connections.setter
    def worker_connections(self, most: int) -> None:
        self._most_connections = most
