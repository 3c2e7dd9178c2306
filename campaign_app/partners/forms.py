"""What an organiser may type of a partner and of an endorsement, and the words that say what to correct."""

from collections.abc import Mapping
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..clock import utc_day, utc_now
from ..config import settings
from ..languages import LANGUAGES, format_number, is_country
from ..typed import Typed, check_text, is_https, read_address, read_day
from .endorsing import Told
from .models import Partner
from .operations import Described
from .rules import (
    CODE,
    LONGEST_CONTACT,
    LONGEST_LINE,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_SITE,
    MOST_ORIGINS,
    NotAnOrigin,
    origin_of,
)

EAST_OF_US = timedelta(days=1)  # where a day begins before it does in UTC
LONGEST_SHOWN = 80
NOT_A_SITE = {
    "form": _l("Write one site a line, such as https://example.org, and nothing after it. Not: %(line)s"),
    "https": _l(
        "A site must begin with https://, or what is typed there could be read on its way. Not: %(line)s"
    ),
    "host": _l("This is not the name of a site on the internet: %(line)s"),
    "path": _l(
        "Write only the site, without the page: browsers compare nothing after the name. Not: %(line)s"
    ),
    "spelling": _l("Browsers write this name in different ways. Enter it as its xn-- form: %(line)s"),
}

Post = Mapping[str, str]


def typed_of(partner: Partner) -> Typed:
    """Return a partner as its form shows it."""
    values = {
        "name": partner.name,
        "origins": "\n".join(partner.origins),
        "contact": partner.contact,
        "language": partner.language,
    }
    return Typed(values | {f"line-{code}": text for code, text in partner.consent_lines.items()})


def read_partner(post: Post) -> tuple[Typed, Described]:
    """Read what may change of a partner. What is returned means something only where there are no errors."""
    typed = Typed(dict(post))
    name = _line(typed, post, "name", LONGEST_NAME, _("Enter the name of the organisation."))
    origins = _origins(typed, post)
    contact = _contact(typed, post)
    language = post.get("language", "")
    if language not in LANGUAGES:
        typed.refuse("language", _("Choose one of these."))
    lines = {code: _line(typed, post, f"line-{code}", LONGEST_LINE) for code in LANGUAGES}
    described = Described(
        name=name,
        origins=origins,
        contact=contact,
        language=language,
        consent_lines={code: text for code, text in lines.items() if text},
    )
    return typed, described


def read_code(typed: Typed, post: Post) -> str:
    """Read the code of a new partner."""
    code = typed.values["code"] = post.get("code", "").strip().lower()
    if not CODE.fullmatch(code):
        typed.errors.insert(
            0, ("code", _("Use 1 to 32 small Latin letters, digits, hyphens and underscores."))
        )
    return code


def read_endorsement(post: Post) -> tuple[Typed, Told | None]:
    """Read an endorsement; None where something is to be corrected."""
    typed = Typed(dict(post))
    name = _line(typed, post, "name", LONGEST_NAME, _("Enter the name of the organisation."))
    country = post.get("country", "")
    if not is_country(country):
        typed.refuse("country", _("Choose the country where the organisation is at home."))
    site = read_address(typed, post, "site", LONGEST_SITE)
    by = _line(typed, post, "authorised_by", LONGEST_NAME, _("Say which office of theirs decided it."))
    on = read_day(typed, post, "authorised_on")
    if on is None and not typed.wrong("authorised_on"):
        typed.refuse("authorised_on", _("Say on which day they decided it."))
    elif on and on > utc_day(utc_now()) + EAST_OF_US:
        typed.refuse("authorised_on", _("This day is still to come."))
    if typed.errors or on is None:
        return typed, None
    return typed, Told(name=name, country=country, site=site, authorised_by=by, authorised_on=on)


def read_reason(post: Post, place: str) -> tuple[Typed, str]:
    """Read why an endorsement is withdrawn."""
    typed = Typed(dict(post))
    reason = _line(
        typed, post, place, LONGEST_REASON, _("Say in a sentence why, such as: they asked for it.")
    )
    return typed, reason


def _line(typed: Typed, post: Post, place: str, longest: int, needed: str = "") -> str:
    """Read one line; needed: what to say where it is empty."""
    text = typed.values[place] = " ".join(post.get(place, "").split())
    check_text(typed, place, text, longest)
    if needed and not text:
        typed.refuse(place, needed)
    return text


def _origins(typed: Typed, post: Post) -> tuple[str, ...]:
    """Read the sites, one a line; the first that is none is said."""
    found: list[str] = []
    for line in post.get("origins", "").split():
        try:
            found.append(origin_of(line, may_be_http=not settings().is_production))
        except NotAnOrigin as problem:
            shown = "".join(letter for letter in line if letter.isprintable())[:LONGEST_SHOWN]
            typed.refuse("origins", str(NOT_A_SITE[problem.why]) % {"line": shown})
            return ()
    origins = tuple(dict.fromkeys(found))
    if len(origins) > MOST_ORIGINS:
        typed.refuse("origins", _("At most %(count)s sites fit here.", count=format_number(MOST_ORIGINS)))
    return origins


def _contact(typed: Typed, post: Post) -> str:
    text = _line(typed, post, "contact", LONGEST_CONTACT)
    if text and not is_https(text):
        try:
            validate_email(text, check_deliverability=False)
        except EmailNotValidError:
            typed.refuse("contact", _("Enter the office's e-mail address, or its https page, and no name."))
    return text
