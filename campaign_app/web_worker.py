"""gunicorn's threaded worker, with one rule more: no connection is taken that would only wait here.

Knows gunicorn; knows no room.
"""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


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

    @property
    def worker_connections(self) -> int:
        """How many connections may be open before no more are taken: one in hand a thread, and those that rest."""
        resting = len(self.keepalived_conns) + len(self.pending_conns)
        threads: int = self.cfg.threads
        return min(self._most_connections, threads + resting)

    @worker_connections.setter
    def worker_connections(self, most: int) -> None:
        self._most_connections = most
