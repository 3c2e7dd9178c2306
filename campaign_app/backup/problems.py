"""The refusals of backup and restore, drawn once.

BackupProblem
├── NotABackupKey        what was given as a key is none, or the other half of the pair
├── NotABackup           the file is of another kind, of a newer format, cut short or changed
├── SealedToAnotherKey   a whole backup, but the secret key that was given is not its own
└── RestoreRefused       nothing was touched: the database is in use or not empty, the backup too new or too old

No message names a person or holds key material.
"""

from ..errors import Refusal


class BackupProblem(Refusal):
    """A refusal of this room."""


class NotABackupKey(BackupProblem):
    """What was given as a backup key is not one."""


class NotABackup(BackupProblem):
    """The file is not a whole, unchanged backup of a format that this version knows."""


class SealedToAnotherKey(BackupProblem):
    """The backup was sealed to another key than the one that was given."""


class RestoreRefused(BackupProblem):
    """A restore that would lose something, or could not be finished, was not begun."""
