"""The big mail providers: which domains are familiar, and in which group a domain is published."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

OTHER = "other"  # every domain that is not listed


class Provider(NamedTuple):
    """One row of the published confirmation rates."""

    code: str
    name: str


@cache
def providers() -> tuple[Provider, ...]:
    """Return the groups in the order of the file; `other` is not among them."""
    return tuple(dict.fromkeys(_by_domain().values()))


def is_familiar(domain: str) -> bool:
    """Whether a mail domain belongs to a big provider. domain: ASCII, lower case."""
    return domain in _by_domain()


def provider_group(domain: str) -> str:
    """Return the code of the group that a mail domain is counted in. domain: ASCII, lower case."""
    found = _by_domain().get(domain)
    return found.code if found else OTHER


@cache
def _by_domain() -> dict[str, Provider]:
    listed = tomllib.loads(files(__package__).joinpath("providers.toml").read_text(encoding="utf-8"))
    return {
        domain: Provider(entry["code"], entry["name"])
        for entry in listed["provider"]
        for domain in entry["domains"]
    }


def familiar_domains() -> tuple[str, ...]:
    """Return every listed domain, to suggest one for a mistyped address."""
    return tuple(_by_domain())
