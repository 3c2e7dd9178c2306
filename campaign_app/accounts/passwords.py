"""Which passwords are refused: those that are tried first, and those made of words about us.

OWASP ASVS 5.0, 6.2.4 and 6.2.11. No rules about digits and capitals: they make passwords that people forget and
machines guess.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_security import PasswordUtil
from flask_security.proxies import _security
from flask_security.utils import password_length_validator

from ..campaign import campaign
from ..config import settings
from ..extensions import db
from . import rules

# A password that is strong up to here is strong; to estimate 128 characters takes half a second.
CHARACTERS_WEIGHED = 64
FEWEST_GUESSES = 10**10  # zxcvbn's "safely unguessable" begins here: out of reach of a hash that takes 30 ms
OUR_NAMES = ("nidaa", "نداء", "syria", "سوريا", "detainees", "المعتقلين", "petition", "عريضة")


class CheckedPasswords(PasswordUtil):
    """The library's check of a new password, with ours behind it. No writer waits for it."""

    def validate(self, password: str, is_register: bool, **about: object) -> tuple[list[str] | None, str]:
        """Return what is wrong with a password, and the password as it is hashed."""
        plain = self.normalize(password)
        too_short: list[str] | None = password_length_validator(plain)
        if too_short:
            return too_short, plain
        user = about.get("user")
        words = words_about(getattr(user, "name", ""), getattr(user, "email", ""))
        db.session.rollback()
        wrong = objection(plain, words)
        return ([wrong] if wrong else None), plain


def normalized(password: str) -> str:
    """Return a password as it is hashed: one that is typed on another keyboard is still the same letters."""
    return str(_security.password_util.normalize(password))


def words_about(name: str, email: str) -> list[str]:
    """Return the words that a guesser of this organiser's password would try: theirs, and the campaign's."""
    heart = campaign()
    host = urlsplit(settings().base_url).hostname or ""
    phrases = [name, email, email.partition("@")[0], host, *heart.names.values(), *heart.short_names.values()]
    words = {word for phrase in phrases for word in (phrase, *phrase.split(), *phrase.split("."))}
    return sorted({word.casefold() for word in (*words, *OUR_NAMES) if len(word) >= rules.SHORTEST_GUESS})


def objection(password: str, words: Iterable[str]) -> str:
    """Return why a password is not taken, in the reader's language; nothing for a good one."""
    known = list(words)
    if len(rules.without_words(password, known)) < rules.SHORTEST_REST:
        return str(_("Choose other words: these name you or the campaign, and are tried first."))
    if _guesses(password, known) < FEWEST_GUESSES:
        return str(_("This password is one of those that are tried first. Four unrelated words are better."))
    return ""


def _guesses(password: str, words: list[str]) -> float:
    """Return about how many tries a guesser needs who knows the common passwords, words and habits."""
    from zxcvbn import zxcvbn  # 12 MB of words, in a process in which somebody chooses a password

    return float(zxcvbn(password[:CHARACTERS_WEIGHED], user_inputs=words)["guesses"])
