"""What `campaign check` says: whether people can sign here, and what should be mended, a sentence each.

Looks at settings, clock, database, keys, petitions, limits and mail. Changes nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy import DateTime, func, select
from sqlalchemy.exc import SQLAlchemyError

from .campaign import campaign
from .clock import utc_now
from .config import ROOT, settings
from .database import reading
from .extensions import db
from .health import is_behind, key_obstacles, tag_key_obstacles
from .lockdown.queries import orders
from .lockdown.rules import KEYS, NAMES, PURGE, SIGNING
from .mail.findings import Finding, Level
from .mail.models import JobLease
from .mail.queries import outbox_state
from .mail.relay_pause import RELAY
from .mail.relay_url import Relay
from .petitions.models import Petition
from .sealing.keys import KeyProblem, key_warnings, keyring
from .sealing.tags import old_masters_remaining
from .shield.redis_store import RedisStore

CLOCKS_DIFFER_AT_MOST = timedelta(minutes=2)
WORKER_RESTS_AT_MOST = timedelta(hours=2)
SHUT: Mapping[str, tuple[Level, str]] = {
    SIGNING: ("bad", "nobody can sign: an owner lets it go on at the desk, under Lockdown"),
    NAMES: ("warning", "no shown name is shown: an owner shows them again at the desk, under Lockdown"),
    PURGE: ("warning", "the worker is deleting the requests that wait"),
    KEYS: ("warning", "the worker has not yet replaced the server's keys"),
}


def findings() -> list[Finding]:
    """Return what was found, in the order in which it is best mended; "bad" is what stands against signing."""
    found = [*_responsible(), *_settings(), *_keys(), *_limits()]
    try:
        with reading():
            found += _database()
    except SQLAlchemyError:
        found.append(Finding("bad", "database", "the database does not answer"))
    return found


def _responsible() -> Iterator[Finding]:
    missing = campaign().missing
    if missing:
        says = f"{campaign().path} lacks {', '.join(missing)}"
        yield Finding("bad" if settings().is_production else "warning", "responsible body", says)
    else:
        yield Finding("good", "responsible body", campaign().responsible_body)


def _settings() -> Iterator[Finding]:
    """Look at what can be left out by mistake: a start does not need it."""
    chosen = settings()
    if not chosen.is_production:
        return
    if chosen.home.is_relative_to(ROOT):
        yield Finding(
            "warning", "settings", f"NIDAA_HOME, {chosen.home}, is a folder of the code: put it elsewhere"
        )
    if chosen.keys_dir.is_relative_to(chosen.home):
        says = "KEYS_DIR is a folder of NIDAA_HOME: a copy of both can be used to test whether a known address signed"
        yield Finding("warning", "settings", says)
    if not chosen.trusted_proxies:
        says = "TRUSTED_PROXIES is empty, so everyone seems to share the address of the proxy and must do more work"
        yield Finding("warning", "settings", says)


def _keys() -> Iterator[Finding]:
    obstacles = key_obstacles(fresh=True)
    yield from (Finding("bad", "keys", says) for says in obstacles)
    try:
        keys = keyring()
    except KeyProblem:
        return  # said above
    yield from (Finding("warning", "keys", says) for says in key_warnings(keys))
    if settings().is_production and not settings().campaign_key_fingerprint:
        yield Finding(
            "warning",
            "keys",
            "CAMPAIGN_KEY_FINGERPRINT is empty, so an exchanged key would go unnoticed: set it to what "
            "`campaign keys fingerprint` prints, once all keys are there",
        )
    if not obstacles:
        yield Finding(
            "good", "keys", f"campaign keys: {len(keys.campaign_public)}, together {keys.fingerprint}"
        )


def _limits() -> Iterator[Finding]:
    url = settings().limits_url
    if not url:
        return
    try:
        keeps_files = RedisStore(url, b"").keeps_files()
    except RedisError:
        says = "the server of LIMITS_URL does not answer: limits are counted in each process meanwhile"
        yield Finding("warning", "limits", says)
        return
    if keeps_files:
        says = 'the server of LIMITS_URL writes to its disk: set its `save ""` and `appendonly no`'
        yield Finding("warning", "limits", says)
    else:
        yield Finding("good", "limits", "the server of LIMITS_URL answers, and keeps no files")


def _database() -> Iterator[Finding]:
    if is_behind():
        yield Finding("bad", "database", "the database is not at the newest form: run `campaign migrate`")
        return
    yield Finding("good", "database", f"{db.engine.dialect.name} answers, and is at the newest form")
    yield from _lockdown()
    yield from _clock()
    yield from _petitions()
    yield from _mail()
    try:
        old = old_masters_remaining(keys_dir=settings().keys_dir, session=db.session)
    except KeyProblem:
        return  # said among the keys
    if old:
        # To rotate once more would make another master, on this host only.
        says = f"old master keys still exist: {', '.join(old)}; run `campaign keys destroy-old-masters`"
        yield Finding("bad", "keys", says)


def _lockdown() -> Iterator[Finding]:
    """Say what is shut by a lockdown, and what the worker has not yet done of it."""
    for part, order in orders().items():
        level, says = SHUT[part]
        yield Finding(level, "lockdown", f"{says} (since {order.since:%Y-%m-%d %H:%M} UTC)")


def _clock() -> Iterator[Finding]:
    """Hold this machine's clock against the database's, or else against what was written last."""
    now = utc_now()
    last_job = db.session.scalar(select(func.max(JobLease.last_run_at)))
    if db.engine.dialect.name == "postgresql":
        there = db.session.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True))))
        if there and abs(there - now) > CLOCKS_DIFFER_AT_MOST:
            yield Finding(
                "warning", "clock", "this machine's clock and the database's differ: set them right"
            )
            return
    if last_job and last_job > now + CLOCKS_DIFFER_AT_MOST:
        yield Finding(
            "warning", "clock", "this machine's clock stands before the worker's last job: set it right"
        )
    else:
        yield Finding("good", "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _petitions() -> Iterator[Finding]:
    slugs: dict[str, list[str]] = {}
    for slug, state in db.session.execute(select(Petition.slug, Petition.state).order_by(Petition.id)):
        slugs.setdefault(state, []).append(slug)
    yield from (Finding("bad", "petitions", says) for says in tag_key_obstacles())
    if not slugs:
        yield Finding("bad", "petitions", "there is no petition: run `campaign init`")
    elif "open" in slugs:
        yield Finding("good", "petitions", f"open: {', '.join(slugs['open'])}")
    elif "draft" in slugs:
        says = f"no petition is open: run `campaign petition move {slugs['draft'][0]} open`"
        yield Finding("bad", "petitions", says)
    else:
        yield Finding("good", "petitions", "every petition has ended; nobody needs to sign")


def _mail() -> Iterator[Finding]:
    state = outbox_state(now=utc_now())
    if state.dead:
        says = f"mails that cannot be delivered: {state.dead}; see `campaign mail dead`"
        yield Finding("warning", "mail", says)
    if state.relay_trouble:
        yield Finding("warning", "mail", f"the mail relay: {state.relay_trouble}")
    yield from _worker()
    if not state.dead and not state.relay_trouble:
        url = settings().smtp_url
        way = f"through {Relay.from_url(url).host}" if url else f"into {settings().home / 'mail'}"
        yield Finding("good", "mail", f"goes {way}; waiting: {state.waiting}")


def _worker() -> Iterator[Finding]:
    last = db.session.scalar(select(func.max(JobLease.last_run_at)))
    if last and utc_now() - last > WORKER_RESTS_AT_MOST:
        says = f"has done nothing since {last:%Y-%m-%d %H:%M} UTC: does `campaign serve` run?"
        yield Finding("warning", "worker", says)
    failed = db.session.execute(
        select(JobLease.name, JobLease.last_error).where(
            JobLease.last_error.is_not(None), JobLease.name != RELAY
        )
    )
    for name, error in failed:
        yield Finding("warning", "worker", f"its job {name!r} failed last time: {error}")
