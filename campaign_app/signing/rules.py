"""What a signature may hold, how a repeat is recognised, and how long anything is kept: pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

CONFIRMATION_WINDOW = timedelta(days=7)
RESULT_KEPT = timedelta(days=1)  # a double submit within a day gets the same page
CONTACT_KEPT_AFTER_CLOSE = timedelta(days=30)
CONTACT_KEPT_AT_MOST = timedelta(days=730)  # of those who asked for updates
TOMBSTONE_KEPT = timedelta(days=31)  # life of a backup and a day
LONGEST_NAME = 100
LONGEST_LOCAL_PART = 64
LONGEST_BODY_BYTES = 16 * 1024
SIGNATURE_STATES = ("counted", "withdrawn", "invalidated")
PATHS = ("js", "nojs", "embed", "added")
PURPOSES = ("sign", "link")
DIRECT = "direct"
OTHER = "other"
SHARE_SOURCES = ("wa", "tg", "fb", "x", "mail", "copy", "qr", "share")
GMAIL = ("gmail.com", "googlemail.com")
SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
FEWEST_ASKED = 100  # of fewer, a rate of three days says little
FALL_WORTH_A_WORD = 0.15
SURE_AT = 3.0  # standard errors: by chance about once in 700 looks
PERCENT_WORTH_A_WORD = 20  # published rates are in steps of five and may each be a step off
LATELY = timedelta(days=3)
BEFORE = timedelta(days=14)
SOURCE = re.compile(r"[a-z0-9_-]{1,32}\Z")

# Controls, line separators, bidirectional marks and overrides, letters that show nothing, private use and
# non-characters: whatever can make one name look like another, or like none.
# U+200C and U+200D join letters in Persian, Kurdish and Urdu names and are allowed between two letters.
_UNSUPPORTED = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
_BREAKS = re.compile("[\t-\r\x85\u2028\u2029]+")
_JOINERS = "\u200c\u200d"
_LINK = re.compile(
    r"://|www\.|\w\.[a-z]{2,}/|\b[\w-]+\.(?:com|org|net|info|biz|io|me|co|ru|cn|xyz|top|shop|site|online|link|ly|gl|de|fr"
    r"|uk|app|dev|ai|cc|tv|sy|tr|tk|click|live|store|tech|icu|vip|club|blog|page|news|space|website|pro)\b(?!\w)",
    re.IGNORECASE,
)
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"})


def has_unsupported_characters(text: str) -> bool:
    """Whether text holds control, bidirectional or invisible characters that no name needs."""
    if text.isascii():
        return not text.isprintable()
    return bool(_UNSUPPORTED.search(text)) or _without_idle_joiners(text) != text


def without_unsupported_characters(text: str) -> str:
    """Return what can be seen of a text that `has_unsupported_characters`, to be offered for another look."""
    return one_line(_without_idle_joiners(_UNSUPPORTED.sub("", _BREAKS.sub(" ", text))))


def one_line(text: str) -> str:
    """Return text without spaces at its ends and with single plain spaces inside. Line breaks stay."""
    return SPACES.sub(" ", text).strip(" ")


def has_link(text: str) -> bool:
    """Whether a name holds a web address."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return ("." in folded and bool(_LINK.search(folded))) or "://" in folded


def canonical_email(address: str) -> str:
    """Return the form of an address used to recognise a repeat signature.

    Folds full-width letters, lower-cases, drops any "+tag", writes an international domain in its
    ASCII form. Dots stay, but for Gmail's, which ignores them and has two names: else one mailbox there could
    be counted, and sent mails, as often as it has ways to be dotted.

    address: one mailbox, already accepted by SignForm.
    """
    folded = address.lower() if address.isascii() else unicodedata.normalize("NFKC", address).lower()
    local, _, domain = folded.rpartition("@")
    mailbox = local.partition("+")[0] or local
    if domain in GMAIL:
        mailbox, domain = mailbox.replace(".", ""), GMAIL[0]
    return f"{mailbox}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """Return a mail domain in the ASCII form that its DNS records use."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def domain_of(address: str) -> str:
    """Return the ASCII domain of a canonical address."""
    return address.rpartition("@")[2]


def folded_name(name: str) -> str:
    """Return the form of a name used to tell people of one mailbox apart.

    Ignores case, white space, punctuation, Arabic vowel marks and the spellings of alef, yeh, kaf and teh marbuta.
    """
    if name.isascii():
        return "".join(filter(str.isalnum, name.lower()))
    folded = _ARABIC_MARKS.sub("", unicodedata.normalize("NFKC", name).casefold()).translate(_ALIKE)
    return "".join(filter(str.isalnum, folded)) or name


def known_source(source: str, partner_codes: frozenset[str] = frozenset()) -> str:
    """Return the source as it is counted: a share channel, a listed partner, "direct" or "other"."""
    if not source:
        return DIRECT
    if source in SHARE_SOURCES or source in partner_codes:
        return source
    return OTHER


def expires_on(signed_on: date) -> date:
    """Return the last UTC day on which an unconfirmed signature may still be confirmed."""
    return signed_on + CONFIRMATION_WINDOW


def free_place(taken: set[int], people_per_mailbox: int) -> int | None:
    """Return the lowest free place among the people of one mailbox, or None where all are taken."""
    return next((nth for nth in range(people_per_mailbox) if nth not in taken), None)


def _without_idle_joiners(text: str) -> str:
    """Return text without joiners that stand anywhere but between two letters (with their marks)."""
    if not any(joiner in text for joiner in _JOINERS):
        return text
    kept = ""
    for place, character in enumerate(text):
        if character not in _JOINERS or (
            _is_of_a_letter(kept[-1:]) and _is_of_a_letter(text[place + 1 : place + 2])
        ):
            kept += character
    return kept


def _is_of_a_letter(character: str) -> bool:
    """Whether a character is a letter, a mark on one, or a digit."""
    return bool(character) and unicodedata.category(character)[0] in "LMN"


@dataclass(frozen=True)
class Answers:
    """People who were asked by mail in some days, and people who confirmed in the same days."""

    asked: int
    confirmed: int

    @property
    def rate(self) -> float:
        """Return the share that confirmed, between 0 and 1. Who was asked before may confirm now: never above 1."""
        return min(1.0, self.confirmed / self.asked) if self.asked else 0.0


def has_fallen(before: Answers, lately: Answers) -> bool:
    """Whether so many fewer confirm lately that somebody should look whether mail arrives.

    Not where few were asked, nor where chance alone would often do it: the fall must be FALL_WORTH_A_WORD, and three
    times what two samples of one crowd differ by (the standard error of a difference of two shares).
    """
    if min(before.asked, lately.asked) < FEWEST_ASKED:
        return False
    fall = before.rate - lately.rate
    asked = before.asked + lately.asked
    share = (before.rate * before.asked + lately.rate * lately.asked) / asked
    by_chance = sqrt(share * (1 - share) * (1 / before.asked + 1 / lately.asked))
    return fall >= FALL_WORTH_A_WORD and fall > SURE_AT * by_chance


def percent_has_fallen(before: int, lately: int) -> bool:
    """Whether a published rate of a week fell by more than people left out in secret can make it, twice over."""
    return before - lately >= PERCENT_WORTH_A_WORD
