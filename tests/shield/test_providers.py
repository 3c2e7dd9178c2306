"""The list of familiar mail providers."""

import re
import tomllib
from pathlib import Path

import pytest

from campaign_app.shield import providers as module
from campaign_app.shield.providers import OTHER, familiar_domains, is_familiar, provider_group, providers

LISTED = tomllib.loads(Path(module.__file__).with_name("providers.toml").read_text(encoding="utf-8"))[
    "provider"
]


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("gmail.com", "gmail"),
        ("hotmail.fr", "outlook"),
        ("gmx.de", "german"),
        ("example.org", OTHER),
        ("", OTHER),
    ],
)
def test_a_domain_is_counted_in_the_group_of_its_provider(domain, group):
    assert provider_group(domain) == group
    assert is_familiar(domain) is (group != OTHER)


def test_no_domain_is_listed_twice_and_all_are_written_as_dns_writes_them():
    domains = [domain for entry in LISTED for domain in entry["domains"]]

    assert familiar_domains() == tuple(domains)
    assert len(domains) == len(set(domains))
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains)


def test_groups_keep_the_order_of_the_file_and_none_is_called_other():
    assert [provider.code for provider in providers()] == [entry["code"] for entry in LISTED]
    assert OTHER not in {provider.code for provider in providers()}
