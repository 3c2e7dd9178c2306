"""What a domain publishes about its mail is judged as receivers judge it."""

import base64

import dns.exception
import dns.resolver
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from campaign_app.mail import sender_domain
from campaign_app.mail.sender_domain import LookupFailed, check_domain, txt_records

DOMAIN = "mail.example.org"


def dkim_record(bits):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def levels(records, about, **options):
    found = check_domain(DOMAIN, lookup=lambda name: records.get(name, []), **options)
    return [(finding.level, finding.says) for finding in found if finding.about.startswith(about)]


def level(records, about, **options):
    return [found for found, _ in levels(records, about, **options)]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], ["bad"]),
        (["some other text"], ["bad"]),
        (["v=spf1 include:relay.example.net -all"], ["good"]),
        (["V=SPF1 ip4:192.0.2.1 ~all"], ["good"]),
        (["v=spf1 redirect=relay.example.net"], ["good"]),
        (["v=spf1 ip4:192.0.2.1 ?all"], ["warning"]),
        (["v=spf1 ip4:192.0.2.1"], ["warning"]),
        (["v=spf1 +all"], ["bad"]),
        (["v=spf1 all"], ["bad"]),
        (["v=spf1 -all", "v=spf1 ~all"], ["bad"]),
        (["v=spf10 -all"], ["bad"]),
    ],
)
def test_spf_is_judged(records, expected):
    assert level({DOMAIN: records}, "SPF") == expected


def test_an_spf_record_that_asks_too_much_of_receivers_is_wrong():
    records = {DOMAIN: ["v=spf1 include:a.example mx -all"]}
    records |= {"a.example": ["v=spf1 " + " ".join(f"include:b{n}.example" for n in range(9)) + " -all"]}

    assert levels(records, "SPF")[0] == ("bad", "needs 11 lookups, and receivers give up after 10")


def test_spf_records_that_include_each_other_end():
    records = {
        DOMAIN: [f"v=spf1 include:{DOMAIN} include:a.example -all"],
        "a.example": [f"v=spf1 include:{DOMAIN}"],
    }

    assert level(records, "SPF") == ["good"]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (dkim_record(2048), ["good"]),
        (dkim_record(1024), ["warning"]),
        ("v=DKIM1; k=ed25519; p=AAAA", ["warning"]),
        ("v=DKIM1; p=", ["bad"]),
        ("v=DKIM1; p=not-base64!", ["bad"]),
        ("v=DKIM1; t=y:s; p=", ["warning", "bad"]),
        ("no key here", ["bad"]),
    ],
)
def test_a_dkim_key_is_judged(record, expected):
    records = {f"one._domainkey.{DOMAIN}": [record]}

    assert level(records, "DKIM", selectors=["one"]) == expected


def test_a_missing_dkim_key_is_wrong_and_an_unknown_selector_is_said_to_be_unknown():
    assert level({}, "DKIM", selectors=["one"]) == ["bad"]
    assert level({}, "DKIM") == ["unknown"]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({}, ["bad"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject"]}, ["good"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none; rua=mailto:r@example.org"]}, ["warning"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; p=quarantine; pct=20"]}, ["good", "warning"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; ruf=mailto:r@example.org"]}, ["good", "warning"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; rua=mailto:r@example.org"]}, ["bad"]),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, ["bad"]),
        ({"_dmarc.example.org": ["v=DMARC1; p=reject; sp=none"]}, ["warning"]),
        ({"_dmarc.example.org": ["v=DMARC1; p=reject"]}, ["good"]),
        ({"_dmarc.org": ["v=DMARC1; p=reject"]}, ["bad"]),
    ],
)
def test_dmarc_is_judged_at_the_domain_or_above_it(records, expected):
    assert level(records, "DMARC") == expected


def test_failure_reports_are_warned_about_because_they_carry_addresses():
    records = {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; ruf=mailto:r@example.org"]}

    assert "signers' addresses" in levels(records, "DMARC")[1][1]


def test_a_resolver_that_does_not_answer_is_said_to_be_just_that():
    def silent(name):
        raise LookupFailed("the resolver did not answer in time")

    found = list(check_domain(DOMAIN, selectors=["one"], lookup=silent))

    assert [finding.level for finding in found] == ["unknown"] * 3
    assert all("the resolver did not answer in time" in finding.says for finding in found)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (dns.exception.Timeout, "in time"),
        (dns.resolver.NoResolverConfiguration, "no resolver configured"),
        (dns.resolver.NoNameservers, "NoNameservers"),
    ],
)
def test_what_goes_wrong_in_dns_is_said_plainly(monkeypatch, raised, said):
    def fails(*args, **kwargs):
        raise raised

    monkeypatch.setattr(sender_domain.dns.resolver, "resolve", fails)

    with pytest.raises(LookupFailed, match=said):
        txt_records(DOMAIN)


def test_a_name_that_does_not_exist_has_no_records(monkeypatch):
    def fails(*args, **kwargs):
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(sender_domain.dns.resolver, "resolve", fails)

    assert txt_records(DOMAIN) == []
