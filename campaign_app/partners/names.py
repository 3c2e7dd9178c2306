"""What the states of a partner are called."""

from flask_babel import lazy_gettext as _l

from .rules import ACTIVE, ENDED, PAUSED

STATE_NAMES = {
    ACTIVE: _l("Active"),
    PAUSED: _l("Paused"),
    ENDED: _l("Ended"),
}
