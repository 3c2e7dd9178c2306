"""Give an application its shield."""

from flask import Flask

from ..config import EXTENSION as SETTINGS
from ..config import Settings
from . import ceilings
from .buckets import NetworkBuckets
from .origin import origin_of
from .rules import MAILS_WITHOUT_SCRIPT, trusted_networks
from .state import EXTENSION, Shield, ShieldKeys
from .stores import open_store


def init_app(app: Flask) -> None:
    """Make the shield from the application's settings and secret key, and bind Flask-Limiter to it."""
    settings: Settings = app.extensions[SETTINGS]
    secret = app.secret_key
    if not secret:
        raise RuntimeError("the shield needs the application's secret key")
    keys = ShieldKeys.derive(secret.encode() if isinstance(secret, str) else secret)
    store = open_store(settings.limits_url, keys.network)
    app.extensions[EXTENSION] = Shield(
        keys=keys,
        store=store,
        networks=NetworkBuckets(store),
        trusted=trusted_networks(settings.trusted_proxies),
        own_origin=origin_of(settings.base_url),
        mails_without_script=_share(settings),
    )
    ceilings.init_app(app)


def _share(settings: Settings) -> int:
    """Return this process's share of the site's budget: all of it where the count is shared."""
    if settings.limits_url:
        return MAILS_WITHOUT_SCRIPT
    return max(1, MAILS_WITHOUT_SCRIPT // settings.web_workers)
