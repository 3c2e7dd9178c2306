"""What happened to a mail on its way, read from a raw copy of it as it arrived.

Says whether a link was rewritten, a picture or other words were added, the subject or the sender changed,
and what the receiving side found out about us. Repeats no token and no address.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from urllib.parse import urlsplit

from .findings import Finding
from .html_part import HtmlPart

URL = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)([^;]*)", re.IGNORECASE)
SENDERS_DOMAIN = re.compile(r"(?:header\.(?:d|i|from)|smtp\.mailfrom)\s*=\s*\"?(?:[^\s;@\"]*@)?([^\s;\"]+)")
ADDED_HEADERS = {
    "List-Unsubscribe": "the relay added List-Unsubscribe: a click there is counted by the relay, not by us",
    "Reply-To": "the relay added Reply-To: answers go elsewhere",
    "Disposition-Notification-To": "the relay asks for a receipt of reading",
    "Return-Receipt-To": "the relay asks for a receipt of reading",
}


@dataclass(frozen=True)
class Expected:
    """What our mails look like when they leave.

    subjects: by language code. sender_names: of every kind, in every language. text_of_test: the text part of the
    test mail, given a language and its link.
    """

    base_url: str
    sender_domain: str
    subjects: Mapping[str, frozenset[str]]
    sender_names: frozenset[str]
    text_of_test: Callable[[str, str], str]


@dataclass
class Bodies:
    """The readable parts of a mail. others: the types of parts that we never send."""

    text: str | None = None
    html: str | None = None
    others: list[str] = field(default_factory=list)


def check_copy(raw: bytes, expected: Expected) -> Iterator[Finding]:
    """Compare a received mail with what we send."""
    message = message_from_bytes(raw.lstrip(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes it one
    if not _header(message, "From") or not _header(message, "Date"):
        yield Finding("bad", "copy", "this is not a raw mail with its headers")
        return
    bodies = _bodies(message)
    yield from _check_subject(message, expected)
    yield from _check_sender(message, expected)
    yield from _check_links(bodies, expected)
    yield from _check_text(bodies, expected)
    yield from _check_additions(message, bodies)
    yield from _check_authentication(message, expected)


# -- Subject and sender --


def _check_subject(message: EmailMessage, expected: Expected) -> Iterator[Finding]:
    subject = _header(message, "Subject")
    lang = _header(message, "Content-Language")
    known = expected.subjects.get(lang) or frozenset().union(*expected.subjects.values())
    if subject in known:
        yield Finding("good", "subject", "arrived as we send it")
    else:
        yield Finding("bad", "subject", f"was changed on the way: it reads {subject!r}")


def _check_sender(message: EmailMessage, expected: Expected) -> Iterator[Finding]:
    name, address = parseaddr(_header(message, "From"))
    domain = address.rpartition("@")[2].lower()
    if domain != expected.sender_domain:
        yield Finding(
            "bad",
            "sender",
            f"was changed: it comes from {domain or 'nowhere'}, we send from {expected.sender_domain}",
        )
    elif name not in expected.sender_names:
        yield Finding("bad", "sender", "the name of the sender was changed")
    else:
        yield Finding("good", "sender", "name and domain arrived as we send them")
    if not _header(message, "Message-ID").rstrip(">").endswith(f"@{expected.sender_domain}"):
        yield Finding(
            "warning", "sender", "the relay replaced our Message-ID: mailboxes cannot drop a second copy"
        )


# -- Links --


def _check_links(bodies: Bodies, expected: Expected) -> Iterator[Finding]:
    found = {
        "text": URL.findall(bodies.text or ""),
        "HTML": [
            address for address in HtmlPart(bodies.html or "").links if not address.startswith("mailto:")
        ],
    }
    for part, links in found.items():
        if not links:
            yield Finding("bad", "links", f"the {part} part has none, or there is no such part")
            continue
        yield from _foreign_links(part, links, expected.base_url)
        ours = [link for link in links if _is_ours(link, expected.base_url)]
        confirmations = [link for link in ours if _is_confirmation(link, expected.base_url)]
        changed = [link for link in ours if "/confirm/" in link and link not in confirmations]
        if changed:
            yield Finding("bad", "links", f"something was added to the link in the {part} part")
        elif confirmations:
            yield Finding("good", "links", f"the link in the {part} part leads straight to us")
    both = [{link for link in links if _is_confirmation(link, expected.base_url)} for links in found.values()]
    if both[0] and both[1] and both[0] != both[1]:
        yield Finding("bad", "links", "the text and the HTML part lead to different pages")


def _foreign_links(part: str, links: list[str], base_url: str) -> Iterator[Finding]:
    hosts = {urlsplit(link).hostname or "nowhere" for link in links if not _is_ours(link, base_url)}
    for host in sorted(hosts):
        yield Finding(
            "bad",
            "links",
            f"the {part} part leads to {host}, not to us: whoever runs it sees who opens what. "
            "Switch click tracking off at the relay",
        )


def _is_ours(link: str, base_url: str) -> bool:
    return link == base_url or link.startswith(f"{base_url}/")


def _is_confirmation(link: str, base_url: str) -> bool:
    return re.fullmatch(re.escape(base_url) + r"/[a-z]{2,3}/confirm/[A-Za-z0-9_-]+", link) is not None


def _check_text(bodies: Bodies, expected: Expected) -> Iterator[Finding]:
    """Compare every word of the test mail; of other mails the words are not known here."""
    link = next(
        (url for url in URL.findall(bodies.text or "") if _is_confirmation(url, expected.base_url)), None
    )
    if link is None or bodies.text is None:
        return
    lang = link.removeprefix(f"{expected.base_url}/").partition("/")[0]
    if lang not in expected.subjects:
        return
    sent, arrived = expected.text_of_test(lang, link).split(), bodies.text.split()
    if sent[:12] != arrived[:12]:
        return
    changes = SequenceMatcher(None, sent, arrived, autojunk=False).get_opcodes()
    added = " ".join(" ".join(arrived[start:end]) for kind, _, _, start, end in changes if kind != "equal")
    if sent == arrived:
        yield Finding("good", "text", "every word of the test mail arrived as we sent it")
    else:
        yield Finding("bad", "text", f"words were added or changed on the way: {added[:200]!r}")


# -- Additions --


def _check_additions(message: EmailMessage, bodies: Bodies) -> Iterator[Finding]:
    added = HtmlPart(bodies.html or "").loading
    for one in added:
        host = urlsplit(one.address).hostname or "the mail itself"
        if one.is_invisible:
            yield Finding(
                "bad",
                "pixel",
                f"an invisible picture from {host} was added: it reports who opens the mail. "
                "Switch open tracking off at the relay",
            )
        else:
            yield Finding("bad", "pixel", f"something that loads (<{one.tag}>, from {host}) was added")
    if not added:
        yield Finding("good", "pixel", "no picture and nothing else that loads was added")
    for kind in bodies.others:
        yield Finding("bad", "parts", f"a part that we did not send was added ({kind})")
    for header, says in ADDED_HEADERS.items():
        if _header(message, header):
            yield Finding("warning", "headers", says)


# -- What the receiving side found --


def _check_authentication(message: EmailMessage, expected: Expected) -> Iterator[Finding]:
    # Only the topmost was written by the side that received the mail; others may come from anyone.
    header = _header(message, "Authentication-Results")
    if not header:
        yield Finding(
            "unknown",
            "authentication",
            "the copy has no Authentication-Results: take it from a mailbox whose provider writes them",
        )
        return
    by, _semicolon, results = COMMENT.sub(" ", header).partition(";")
    found: dict[str, list[tuple[str, str]]] = {}
    for method, result, details in RESULT.findall(results):
        domain = SENDERS_DOMAIN.search(details)
        found.setdefault(method.lower(), []).append((result.lower(), domain[1].lower() if domain else ""))
    for method in ("spf", "dkim", "dmarc"):
        yield _judged(method, found.get(method, []), by.split()[0] if by.split() else "?", expected)


def _judged(method: str, results: list[tuple[str, str]], by: str, expected: Expected) -> Finding:
    about = method.upper()
    if not results:
        return Finding("warning", about, f"{by} says nothing about it")
    passed = [domain for result, domain in results if result == "pass"]
    if not passed:
        return Finding("bad", about, f"{by} says {results[0][0]}")
    if method == "dmarc" or any(_is_same_organisation(domain, expected.sender_domain) for domain in passed):
        return Finding("good", about, f"{by} says pass")
    return Finding(
        "warning", about, f"{by} says pass, but for {passed[0] or 'an unnamed domain'} and not for our own"
    )


def _is_same_organisation(domain: str, ours: str) -> bool:
    return domain == ours or domain.endswith(f".{ours}") or ours.endswith(f".{domain}")


# -- Parts --


def _bodies(message: EmailMessage) -> Bodies:
    found = Bodies()
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        if kind == "text/plain" and found.text is None:
            found.text = _decoded(part)
        elif kind == "text/html" and found.html is None:
            found.html = _decoded(part)
        else:
            found.others.append(kind)
    return found


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    """Return the first header of a name on one line; nothing where it is missing or beyond reading."""
    try:
        return " ".join(str(message[name] or "").split())
    except (
        ValueError,
        IndexError,
        AttributeError,
        TypeError,
    ):  # what Python's parser raises on broken headers
        return ""
