"""How much one network has asked for in ten minutes, and so how much work the next person of it does.

A network is never refused here, and never known by its address: see `stores`.
"""

from .rules import network_of, work_level
from .stores import Store


class NetworkBuckets:
    """Counts by network. Addresses come in, are turned into an HMAC, and are forgotten.

    Challenges fetched and posts made are counted apart and the larger counts, so that a person who does
    both is one person, and a hoard of easy challenges is no easier than as many posts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self, address: str) -> int:
        """Add one post, and return the signatures its network has asked for in these ten minutes."""
        return self._store.count(network_of(address), "posts")

    def count_challenge(self, address: str) -> int:
        """Add one challenge, and return the signatures its network has asked for in these ten minutes."""
        return self._store.count(network_of(address), "challenges")

    def level(self, address: str) -> int:
        """Return the level of work now asked of a network, without counting anything."""
        return work_level(self._store.demand(network_of(address)))

    def key(self, address: str) -> str:
        """Return the name of a network for the ceilings: different every ten minutes."""
        return self._store.bucket(network_of(address))
