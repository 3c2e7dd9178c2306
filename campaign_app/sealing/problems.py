"""The refusals of sealing, drawn once.

SealingProblem
├── KeyProblem             no signature may be taken until an operator mends it
│   ├── KeysMissing        a key file that is needed does not exist
│   ├── KeysCorrupt        a key file cannot be read, or a wrapped key does not open
│   ├── KeySwapped         a key is not the one it says, or not one the operator announced
│   └── KeysExposed        a secret key file can be read by other users of the machine
├── KeyChangeRefused       a command would lose something: the last campaign key, an unread backup
├── PetitionKeyShredded    tags of this petition can never be made again
└── CannotOpen
    ├── NotSealed          the bytes are cut, damaged or of another format
    ├── SealedForOthers    sealed, but not to the key that was offered
    └── WrongContext       the right key, yet altered, or sealed for another petition

No message names a person or holds key material.
"""

from ..errors import Refusal


class SealingProblem(Refusal):
    """A refusal of the sealing room."""


class KeyProblem(SealingProblem):
    """The keys of this installation cannot be used as they are."""


class KeysMissing(KeyProblem):
    """A key file that is needed does not exist."""


class KeysCorrupt(KeyProblem):
    """A key file cannot be read, or a wrapped key does not open with its master."""


class KeySwapped(KeyProblem):
    """A key is not the one that its file says, or not the one that the operator announced."""


class KeysExposed(KeyProblem):
    """A secret key file can be read by other users of the machine."""


class KeyChangeRefused(SealingProblem):
    """The change asked for would lose something that cannot be had back."""


class PetitionKeyShredded(SealingProblem):
    """The petition's tag key was destroyed, as promised; its tags can never be made again."""


class CannotOpen(SealingProblem):
    """Sealed bytes did not open."""


class NotSealed(CannotOpen):
    """The bytes are cut short, damaged or of a format this version does not know."""


class SealedForOthers(CannotOpen):
    """The bytes are sealed, but not to the key that was offered."""


class WrongContext(CannotOpen):
    """The key is the right one, but the bytes were altered or sealed for another petition."""
