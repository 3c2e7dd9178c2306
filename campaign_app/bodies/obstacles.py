"""What stands against a letter to a body, in words for whoever is to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from .. import formats
from ..languages import current_language, format_day, format_month
from .models import Body, BodyChannel
from .names import CHANNEL_NAMES
from .names import FORM_NAMES as FORM_NAMES
from .rules import Words, in_language, is_in_term, is_stale


@dataclass(frozen=True)
class Obstacle:
    """One thing to mend. sentence: in the language of whoever reads it. is_warning: it is said, and stops nothing."""

    code: str
    sentence: LazyString
    is_warning: bool = False

    def __str__(self) -> str:
        return str(self.sentence)


def against(
    body: Body,
    channels: Sequence[BodyChannel],
    *,
    form: str,
    channel_kind: str | None,
    lang: str,
    today: date,
) -> list[Obstacle]:
    """Return what stands against one letter, the gravest first. channel_kind None: by no channel, or not known yet."""
    name = words(body.names)
    found = _against_form(body, name, form)
    if lang not in body.languages:
        says = _l(
            "%(body)s does not take letters in %(language)s. Its languages are: %(languages)s.",
            body=name,
            language=language_name(lang),
            languages=listed([language_name(code) for code in body.languages]),
        )
        found.append(Obstacle("language-not-accepted", says))
    if not all(getattr(body, part).get(lang) for part in ("names", "addressed_to", "salutation", "close")):
        says = _l(
            "%(body)s has no words for a letter in %(language)s: its name, how it is addressed, salutation or close.",
            body=name,
            language=language_name(lang),
        )
        found.append(Obstacle("words-missing", says))
    found += _against_office(body, name, today)
    if channel_kind is not None:
        found += _against_channels(name, channels, channel_kind, today)
    return found


def no_president(day: date) -> Obstacle:
    """Return the message of a month whose President nobody knows."""
    says = _l(
        "Nobody is known to preside over the Council in %(month)s: its fifteen members of that year are not all "
        "entered. Enter them, or who presides that month.",
        month=LazyString(lambda: format_month(day)),
    )
    return Obstacle("no-president", says)


def words(texts: Words) -> LazyString:
    """Return words in the language of whoever reads them."""
    kept = dict(texts)
    return LazyString(lambda: in_language(kept, current_language()))


def language_name(code: str) -> LazyString:
    """Return what a language is called; its code where nobody has a word for it."""
    return LazyString(lambda: formats.language_name(code, current_language()))


def listed(names: Sequence[LazyString]) -> LazyString:
    """Return names between commas, in the language of whoever reads them."""
    return LazyString(
        lambda: ("، " if current_language() == "ar" else ", ").join(str(each) for each in names)
    )


def _against_form(body: Body, name: LazyString, form: str) -> list[Obstacle]:
    if form in body.accepts:
        return []
    if reasons := body.refusals.get(form):
        says = _l(
            "%(body)s does not take %(form)s. %(why)s", body=name, form=FORM_NAMES[form], why=words(reasons)
        )
        return [Obstacle("form-refused", says)]
    if not body.accepts:
        says = _l("Nobody has entered yet what %(body)s accepts: find out, and enter it.", body=name)
        return [Obstacle("accepts-unknown", says)]
    says = _l(
        "%(body)s is not known to take %(form)s. What it takes: %(forms)s.",
        body=name,
        form=FORM_NAMES[form],
        forms=listed([FORM_NAMES[each] for each in body.accepts]),
    )
    return [Obstacle("form-refused", says)]


def _against_office(body: Body, name: LazyString, today: date) -> list[Obstacle]:
    if body.is_vacant:
        says = _l(
            "The office is vacant: %(body)s. Find out who receives its letters meanwhile, enter it, and "
            "take the mark away.",
            body=name,
        )
        return [Obstacle("office-vacant", says)]
    if body.holder_name and not is_in_term(body.holder_from, body.holder_until, today):
        says = _l(
            "The term of whoever is entered for %(body)s does not run today. The letter goes to the office, "
            "without a name: check who holds it.",
            body=name,
        )
        return [Obstacle("term-over", says, is_warning=True)]
    return []


def _against_channels(
    name: LazyString, channels: Sequence[BodyChannel], kind: str, today: date
) -> list[Obstacle]:
    by = CHANNEL_NAMES[kind]
    fitting = [each for each in channels if each.kind == kind]
    if not fitting:
        says = _l(
            "No way to reach %(body)s is entered for this: %(channel)s. Take it from the body's own page, and "
            "enter it.",
            body=name,
            channel=by,
        )
        return [Obstacle("channel-missing", says)]
    if any(not is_stale(each.verified_on, today) for each in fitting):
        return []
    checked = [each.verified_on for each in fitting if each.verified_on]
    if not checked:
        says = _l(
            "The way to reach %(body)s was never checked here: %(channel)s. Compare it with the body's own "
            "page, and say so.",
            body=name,
            channel=by,
        )
        return [Obstacle("channel-unverified", says)]
    last = max(checked)
    says = _l(
        "The way to reach %(body)s was last checked on %(day)s: %(channel)s. After 90 days it must be compared again.",
        body=name,
        channel=by,
        day=LazyString(lambda: format_day(last)),
    )
    return [Obstacle("channel-old", says)]
