"""Whether receivers can tell our mail from a forgery: SPF, DKIM and DMARC of the sender's domain.

Judges what DNS holds (RFC 7208, RFC 6376, RFC 7489). Whether the relay really signs and is really listed,
only a received copy shows: see received_copy.py.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence

import dns.exception
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .findings import Finding

Lookup = Callable[[str], Sequence[str]]

LOOKUP_SECONDS = 5.0
MOST_SPF_LOOKUPS = 10  # RFC 7208, 4.6.4: receivers give up beyond
SHORT_RSA_BITS = 2048
REFUSED_RSA_BITS = 1024
SPF_LOOKING_UP = re.compile(r"[+?~-]?(include:|a$|a[:/]|mx$|mx[:/]|ptr$|ptr:|exists:)|redirect=")


class LookupFailed(Exception):
    """DNS gave no answer, which is not the same as "there is none". The message says why."""


def txt_records(name: str) -> list[str]:
    """Return the TXT records of a name; none where it does not exist. Raises LookupFailed."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=LOOKUP_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.Timeout:
        reason = "the resolver did not answer in time"
    except dns.resolver.NoResolverConfiguration:
        reason = "this machine has no resolver configured"
    except dns.exception.DNSException as problem:
        reason = f"the resolver answered with {type(problem).__name__}"
    else:
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    raise LookupFailed(reason)


def check_domain(
    domain: str, *, selectors: Sequence[str] = (), lookup: Lookup = txt_records
) -> Iterator[Finding]:
    """Look at what a domain publishes. selectors: where its DKIM keys lie, if known."""
    yield from _plainly("SPF", lambda: spf(domain, lookup))
    if not selectors:
        yield Finding(
            "unknown",
            "DKIM",
            "name the selector with --dkim-selector to see the key; a received copy (--raw) shows the selector",
        )
    for selector in selectors:
        yield from _plainly("DKIM", lambda selector=selector: dkim(domain, selector, lookup))  # type: ignore[misc]
    yield from _plainly("DMARC", lambda: dmarc(domain, lookup))


def _plainly(about: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except LookupFailed as failure:
        yield Finding("unknown", about, f"could not be looked up: {failure}")


def spf(domain: str, lookup: Lookup) -> Iterator[Finding]:
    """Judge who may send for a domain. Raises LookupFailed."""
    records = _spf_records(domain, lookup)
    if not records:
        yield Finding("bad", "SPF", f"{domain} publishes none: add a TXT record that names the relay")
        return
    if len(records) > 1:
        yield Finding("bad", "SPF", f"{domain} publishes {len(records)}: receivers then ignore them all")
        return
    lookups = _spf_lookups(domain, lookup, seen=set())
    if lookups > MOST_SPF_LOOKUPS:
        yield Finding(
            "bad", "SPF", f"needs {lookups} lookups, and receivers give up after {MOST_SPF_LOOKUPS}"
        )
    yield _spf_ending(records[0].lower().split()[1:])


def _spf_ending(terms: Sequence[str]) -> Finding:
    ending = next((term for term in terms if term.lstrip("+?~-") == "all"), None)
    if ending is None and any(term.startswith("redirect=") for term in terms):
        return Finding("good", "SPF", "published; another domain's record decides (redirect)")
    if ending in ("all", "+all"):
        return Finding("bad", "SPF", "ends in +all: it allows everyone to send in our name")
    if ending in (None, "?all"):
        return Finding("warning", "SPF", "says nothing about other senders: end it in ~all or -all")
    return Finding("good", "SPF", f"published, and ends in {ending}")


def _spf_records(domain: str, lookup: Lookup) -> list[str]:
    return [text for text in lookup(domain) if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]


def _spf_lookups(domain: str, lookup: Lookup, *, seen: set[str]) -> int:
    """Count the DNS questions that a receiver asks, those of included domains as well."""
    if domain in seen or len(seen) > MOST_SPF_LOOKUPS * 2:
        return 0
    seen.add(domain)
    count = 0
    for record in _spf_records(domain, lookup)[:1]:
        for term in record.split()[1:]:
            if SPF_LOOKING_UP.match(term.lower()):
                count += 1
            inner = re.match(r"(?:[+?~-]?include:|redirect=)([^%\s]+)$", term, re.IGNORECASE)
            if inner:
                count += _spf_lookups(inner[1].lower(), lookup, seen=seen)
    return count


def dkim(domain: str, selector: str, lookup: Lookup) -> Iterator[Finding]:
    """Judge the key under a selector. Raises LookupFailed."""
    about = f"DKIM {selector}"
    records = [tags for tags in map(_tags, lookup(f"{selector}._domainkey.{domain}")) if "p" in tags]
    if not records:
        yield Finding("bad", about, f"there is no key at {selector}._domainkey.{domain}")
        return
    if len(records) > 1:
        yield Finding("bad", about, "there are several keys under one selector: receivers may take either")
    tags = records[0]
    if "y" in tags.get("t", "").split(":"):
        yield Finding("warning", about, "the key is marked as a test (t=y): receivers may ignore it")
    yield _dkim_key(about, kind=tags.get("k", "rsa").lower(), text=tags["p"])


def _dkim_key(about: str, *, kind: str, text: str) -> Finding:
    if not text:
        return Finding("bad", about, "the key was revoked (p= is empty)")
    if kind == "ed25519":
        return Finding(
            "warning", about, "an Ed25519 key, which some receivers do not verify: sign with RSA too"
        )
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return Finding("bad", about, "the key cannot be read")
    if not isinstance(key, RSAPublicKey):
        return Finding("bad", about, "the key is not of the kind that the record says")
    if key.key_size < REFUSED_RSA_BITS:
        return Finding("bad", about, f"an RSA key of {key.key_size} bits, which receivers refuse")
    if key.key_size < SHORT_RSA_BITS:
        return Finding("warning", about, f"an RSA key of {key.key_size} bits: use {SHORT_RSA_BITS}")
    return Finding("good", about, f"an RSA key of {key.key_size} bits")


def dmarc(domain: str, lookup: Lookup) -> Iterator[Finding]:
    """Judge what receivers are asked to do with forgeries. Raises LookupFailed."""
    found_at, records = _dmarc_records(domain, lookup)
    if not records:
        yield Finding("bad", "DMARC", f"neither {domain} nor a domain above it publishes one")
        return
    if len(records) > 1:
        yield Finding("bad", "DMARC", f"{found_at} publishes {len(records)}: receivers then ignore them all")
        return
    tags = _tags(records[0])
    policy = tags.get("p", "")
    if found_at != domain:
        policy = tags.get("sp", policy)
    yield _dmarc_policy(policy.lower(), found_at)
    if policy.lower() in ("quarantine", "reject") and tags.get("pct", "100") != "100":
        yield Finding("warning", "DMARC", f"is asked for only {tags['pct']} % of mails (pct)")
    if tags.get("ruf"):
        yield Finding(
            "warning",
            "DMARC",
            "asks for failure reports (ruf): these can carry signers' addresses to that mailbox; leave it out",
        )


def _dmarc_policy(policy: str, found_at: str) -> Finding:
    if policy in ("quarantine", "reject"):
        return Finding("good", "DMARC", f"published at {found_at}, and asks receivers to {policy} forgeries")
    if policy == "none":
        return Finding("warning", "DMARC", "only watches (p=none): others can send in our name")
    return Finding("bad", "DMARC", f"the record at {found_at} has no policy that receivers know")


def _dmarc_records(domain: str, lookup: Lookup) -> tuple[str, list[str]]:
    """Return the nearest domain upwards that has records, and them."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = ".".join(labels[start:])
        records = [text for text in lookup(f"_dmarc.{name}") if re.match(r"v=DMARC1\b", text)]
        if records:
            return name, records
    return domain, []


def _tags(record: str) -> dict[str, str]:
    """Read "name=value; …" as DKIM and DMARC write it."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
