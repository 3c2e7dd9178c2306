"""Where `one_moment` was; it is `database.one_moment` now."""

from ..database import one_moment

__all__ = ["one_moment"]
