"""The details of an entry on the record, in the reader's language where the words are ours, as typed where not.

The record itself keeps names and codes, which a later version can still read; a file of it brings them as they are.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..audit.rules import Entry
from ..bodies.names import CHANNEL_NAMES, KIND_NAMES, VISIBILITY_NAMES
from ..formats import LANGUAGES as LETTER_LANGUAGES
from ..languages import current_language, direction, format_date_time, format_day, format_month, format_number
from ..tally.breakdowns import REASONS, label_of
from .record_words import sentence_of

Codes = Mapping[str, LazyString]

NAMES: Codes = {
    "about": _l("About"),
    "action": _l("What was done"),
    "addressees": _l("Addressees"),
    "as": _l("As a file of the kind"),
    "authorised_by": _l("Authorised by"),
    "authorised_on": _l("Authorised on"),
    "body": _l("Recipient"),
    "by": _l("By whom"),
    "bytes": _l("Bytes"),
    "channels": _l("Ways to reach it"),
    "checked": _l("Checked by"),
    "closes_at": _l("Closes"),
    "contacts": _l("Contacts"),
    "corrects": _l("Corrects"),
    "country": _l("Country"),
    "created": _l("New"),
    "day": _l("Day"),
    "days": _l("Days"),
    "digest": _l("SHA-256"),
    "domain": _l("Mail domain"),
    "done": _l("Done"),
    "endorsement": _l("Endorsement, by number"),
    "ended": _l("Releases, sheets and updates that are over by it"),
    "entries": _l("Entries"),
    "erased": _l("Erased once more"),
    "expected": _l("Signatures that fit"),
    "fields": _l("Changed details"),
    "files": _l("Files"),
    "first_day": _l("From"),
    "first_on": _l("From"),
    "format": _l("As a file of the kind"),
    "from": _l("From"),
    "goals": _l("Goals"),
    "had": _l("Roles before"),
    "has": _l("Roles now"),
    "hidden": _l("Names hidden once more"),
    "holder": _l("With the name of whoever holds the office"),
    "home_language": _l("Written in"),
    "how": _l("Released by"),
    "is_correction": _l("A correction"),
    "kind": _l("Kind"),
    "destroy_by": _l("Destroyed by"),
    "first": _l("First sheet"),
    "last": _l("Last sheet"),
    "language": _l("Language"),
    "languages": _l("Languages"),
    "last_day": _l("To"),
    "last_on": _l("To"),
    "left": _l("Still waiting"),
    "left_out": _l("Left out, since they want no more news"),
    "letters": _l("Letters"),
    "mails": _l("Mails"),
    "masters": _l("Master keys"),
    "month": _l("Month"),
    "name": _l("Name"),
    "news": _l("News, by number"),
    "no-updates": _l("News stopped once more"),
    "note": _l("Note"),
    "number": _l("Number"),
    "office": _l("Office"),
    "offices": _l("Offices"),
    "opens_at": _l("Opens"),
    "origins": _l("Sites"),
    "outcome": _l("What became of it"),
    "pace": _l("Mails a minute"),
    "parts": _l("Parts"),
    "path": _l("How they signed"),
    "people": _l("People"),
    "people_per_mailbox": _l("People of one mailbox"),
    "petition": _l("Petition"),
    "purged": _l("Requests deleted"),
    "purpose": _l("Purpose"),
    "put_back": _l("Put back"),
    "reason": _l("Reason"),
    "recipient": _l("Recipient"),
    "recipients": _l("Recipients"),
    "record": _l("Total, by number"),
    "reference": _l("Reference"),
    "rehearsal": _l("A rehearsal"),
    "release": _l("Released by"),
    "reminders": _l("Asked again, times"),
    "reply": _l("Reply, by number"),
    "requests": _l("Requests"),
    "required_languages": _l("Required languages"),
    "rewritten": _l("Changed"),
    "roles": _l("Roles"),
    "room": _l("Part of the desk"),
    "rows": _l("Rows"),
    "rule": _l("Rule"),
    "run": _l("Run, by number"),
    "scan": _l("Scan, SHA-256"),
    "sent": _l("Sent"),
    "sessions": _l("Sessions ended"),
    "sha256": _l("SHA-256"),
    "since": _l("Since"),
    "source": _l("Source"),
    "table": _l("Table"),
    "takes_back": _l("Takes back the total, by number"),
    "taken_out": _l("Taken out"),
    "template": _l("Template"),
    "through": _l("Up to entry"),
    "to": _l("To"),
    "version": _l("Version"),
    "via": _l("By"),
    "visibility": _l("Who may see it"),
    "way": _l("Way"),
    "what": _l("What"),
    "withdrawn": _l("Withdrawn once more"),
    "zone": _l("Time zone"),
}
STATES: Codes = {
    "draft": _l("Draft"),
    "open": _l("Open"),
    "closed": _l("Closed"),
    "delivered": _l("Handed over"),
    "answered": _l("Answered"),
    "withdrawn": _l("Withdrawn by us"),
}
ROLES: Codes = {
    "owner": _l("Owner"),
    "organiser": _l("Organiser"),
    "approver": _l("Letter approver"),
    "translator": _l("Translator"),
    "viewer": _l("Viewer"),
}
HOW_RELEASED: Codes = {
    "two-people": _l("two people"),
    "one-person": _l("one person, after the wait"),
}
FACTORS: Codes = {
    "password": _l("password"),
    "code": _l("one-time code"),
    "codes": _l("one-time codes"),
    "authenticator": _l("one-time code"),
    "passkey": _l("passkey"),
    "passkey-added": _l("a passkey was added"),
    "passkey-removed": _l("a passkey was removed"),
    "recovery-code": _l("recovery code"),
    "password-change": _l("new password"),
    "link": _l("link of an invitation"),
}
# Codes by the name of a detail; where rooms give a name different ones, with the room before it.
WORDS: Mapping[str, Codes] = {
    "accounts.via": FACTORS,
    "accounts.what": FACTORS,
    "approval.kind": {
        "personal-data": _l("Personal data"),
        "letter": _l("Letter"),
        "mailing": _l("News to supporters"),
    },
    "approval.room": {
        "exports": _l("Exports"),
        "letters": _l("Letters"),
        "updates": _l("News to supporters"),
    },
    "body.kind": KIND_NAMES,
    "export.kind": {
        "delivery": _l("For the hand-over: everyone who is counted"),
        "contacts": _l("Who asked for news, with their addresses"),
    },
    "checked": HOW_RELEASED,
    "had": ROLES,
    "has": ROLES,
    "how": HOW_RELEASED,
    "integrity.kind": {"platform": _l("Another platform"), "paper": _l("Paper")},
    "integrity.reason": REASONS,
    "letter.kind": {
        "acknowledgement": _l("Acknowledgement"),
        "answer": _l("Answer"),
        "refusal": _l("Refusal"),
    },
    "numbers.table": {
        "days": _l("Day by day"),
        "country": _l("By country"),
        "language": _l("By language of the page"),
        "partner": _l("By partner"),
        "source": _l("By what led here"),
        "path": _l("By how they signed"),
    },
    "parts": {
        "signing": _l("Signing stopped"),
        "names": _l("Names hidden"),
        "sessions": _l("Everybody signed out"),
        "keys": _l("Keys replaced"),
        "purge": _l("Waiting requests deleted"),
    },
    "petition.from": STATES,
    "petition.to": STATES,
    "release": HOW_RELEASED,
    "roles": ROLES,
    "updates.outcome": {
        "unknown": _l("Not one of ours"),
        "soft": _l("Not for good: nothing was changed"),
        "counted": _l("Counted"),
        "repeated": _l("Reported before"),
        "stopped": _l("Too often: no more news goes there"),
    },
    "visibility": VISIBILITY_NAMES,
    "way": CHANNEL_NAMES,
}
LANGUAGE_NAMES = ("language", "languages", "home_language", "required_languages")
GROUPS = ("country", "path", "source")
DAYS = ("authorised_on", "day", "destroy_by", "first_day", "first_on", "from", "last_day", "last_on", "to")
MOMENTS = ("closes_at", "opens_at", "since")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def details_of(entry: Entry) -> list[tuple[str, str]]:
    """Return the details of an entry as (name, value) for a page, lists in one line; what is empty is left out."""
    room = entry.action.partition(".")[0]
    return [
        (_name(name), _value(room, name, value))
        for name, value in entry.told.items()
        if value not in ([], {}, "", None)
    ]


def _name(name: str) -> str:
    """Return what a detail is called; one that this version does not know stands for itself."""
    return str(NAMES.get(name, name))


def _value(room: str, name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, int):
        return format_number(value)
    if isinstance(value, dict):
        return _listed([f"{_name(key)}: {_value(room, key, each)}" for key, each in value.items()])
    if isinstance(value, list):
        return _listed([_value(room, name, each) for each in value])
    return _text(room, name, str(value))


def _listed(parts: list[str]) -> str:
    return ("، " if direction(current_language()) == "rtl" else ", ").join(parts)


def _text(room: str, name: str, text: str) -> str:
    codes = WORDS.get(f"{room}.{name}") or WORDS.get(name) or {}
    if text in codes:
        return str(codes[text])
    if name == "action":
        return sentence_of(text) or text
    if name in LANGUAGE_NAMES:
        return LETTER_LANGUAGES[text].name if text in LETTER_LANGUAGES else text
    if name in GROUPS and room in ("integrity", "partner"):
        return label_of(name, text, current_language())
    return _moment(name, text) or text


def _moment(name: str, text: str) -> str:
    """Return a day, a month or a moment as pages write them; nothing where the text is none."""
    try:
        if name in DAYS and DAY.fullmatch(text):
            return format_day(date.fromisoformat(text))
        if name == "month" and MONTH.fullmatch(text):
            return format_month(date.fromisoformat(f"{text}-01"))
        return format_date_time(datetime.fromisoformat(text)) if name in MOMENTS else ""
    except ValueError:
        return ""
