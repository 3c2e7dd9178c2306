"""What stands against issuing a letter, in words for whoever is to mend it; and what is only worth knowing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.obstacles import FORM_NAMES, Obstacle, language_name, listed
from ..campaign import campaign
from ..database import one_moment
from ..facts import rules as facts
from ..facts.queries import figures_used
from ..languages import format_month
from ..lockdown.queries import parts_in_force
from ..lockdown.rules import NAMES
from ..sealing.keys import KeyProblem, keyring
from . import frozen, marks, rules
from .about import petition_of, recipient_of, title_in
from .freezing import Put, put_together
from .models import Letter
from .templates import COUNCIL_PRESIDENT, NOBODY, Template, template
from .texts import MISTYPED, Unresolved

REPLY_FIELDS = ("responsible_body", "responsible_address", "contact_email")
MONTH_ENDS_WITHIN = timedelta(days=5)
_REASONS: Mapping[str, LazyString] = {
    MISTYPED: _l("it is mistyped, or stands in an address or in code"),
    marks.UNKNOWN: _l("there is no mark of this name"),
    marks.NO_FACT: _l("no figure of this name has a source, a date and words in this language"),
    marks.NO_PETITION: _l("the letter is about no petition that the public may see"),
    marks.NOBODY_SIGNED: _l("nobody has signed yet"),
    marks.NO_MONTH: _l("no month of delivery is chosen"),
    marks.NO_RECIPIENT: _l("there is no recipient"),
    marks.NO_STATE: _l("the recipient is no mission of a State"),
    marks.EMPTY_FIELD: _l("this field is empty"),
    marks.NO_WORDS: _l("content/campaign.toml does not say it in this language"),
}


def against_issuing(letter: Letter, *, now: datetime) -> list[Obstacle]:
    """Return all that stands against issuing a letter now, and what is only worth knowing, the gravest first."""
    with one_moment():
        put = put_together(letter, now=now)
    return against(letter, put, now=now)


def against(letter: Letter, put: Put, *, now: datetime) -> list[Obstacle]:
    """Return the same of a letter that was put together already."""
    made_from = template(letter.template)
    found = [
        *_keys(),
        *_about(letter, put),
        *_words(letter, put),
        *_recipient(letter, made_from, now),
        *_month(letter, made_from, now),
        *_signatory(letter),
        *_names(letter),
        *_figures(letter, now),
    ]
    return sorted(found, key=lambda each: each.is_warning)


def _keys() -> list[Obstacle]:
    try:
        is_demo = keyring().is_demo
    except KeyProblem:
        return [
            Obstacle(
                "keys",
                _l("The campaign has no keys that work, so nothing was signed that could be defended."),
            )
        ]
    says = _l(
        "The campaign's keys are for demonstration only. Make real ones first: a letter must not go out with "
        "signatures of a trial."
    )
    return [Obstacle("demo-keys", says)] if is_demo else []


def _about(letter: Letter, put: Put) -> list[Obstacle]:
    if letter.petition_id is None:
        return []
    petition = petition_of(letter)
    if petition is None:
        return [
            Obstacle(
                "petition-gone", _l("The petition is a draft: nobody can look up what the letter says of it.")
            )
        ]
    if petition.state == "withdrawn":
        says = _l("The petition was withdrawn, so no letter goes out in its name.")
        return [Obstacle("petition-withdrawn", says)]
    if letter.kind == frozen.NUMBERS_SHEET and not (put.letter.statement and put.letter.statement.people):
        return [Obstacle("nobody-signed", _l("Nobody has signed yet, so there are no numbers to give out."))]
    untitled = [lang for lang in letter.languages if title_in(petition, lang) is None]
    if not untitled:
        return []
    says = _l(
        "Nobody wrote the petition's title in %(languages)s: the letter names it in English.",
        languages=listed([language_name(lang) for lang in untitled]),
    )
    return [Obstacle("title-missing", says, is_warning=True)]


def _words(letter: Letter, put: Put) -> list[Obstacle]:
    found = []
    for lang in letter.languages:
        written: Mapping[str, str] = letter.texts.get(lang) or {}
        if not written.get("subject", "").strip() or not written.get("body", "").strip():
            says = _l("There is no text in %(language)s.", language=language_name(lang))
            found.append(Obstacle("text-missing", says))
            continue
        found += [_unresolved(each, lang) for each in put.unresolved[lang]]
        numbers = rules.bare_numbers(f"{written['subject']}\n{written['body']}")
        if numbers:
            says = _l(
                "In %(language)s these numbers have no source: %(numbers)s. Put each in as {{fact:…}}, or as "
                "{{plain:…}} where it states no fact, such as a deadline.",
                language=language_name(lang),
                numbers=" · ".join(dict.fromkeys(numbers)),
            )
            found.append(Obstacle("bare-number", says))
    return found


def _unresolved(each: Unresolved, lang: str) -> Obstacle:
    says = _l(
        "In %(language)s nothing stands for %(mark)s: %(reason)s.",
        language=language_name(lang),
        mark=each.mark,
        reason=_REASONS[each.reason],
    )
    return Obstacle("unresolved", says)


def _recipient(letter: Letter, made_from: Template, now: datetime) -> list[Obstacle]:
    if made_from.recipient == NOBODY:
        return []
    if made_from.recipient == COUNCIL_PRESIDENT:
        if letter.body_month is None:
            says = _l(
                "Choose the month in which the letter is handed over: its President of the Council gets it."
            )
            return [Obstacle("month-missing", says)]
        if missing := directory.president_obstacles(letter.body_month):
            return missing
    to = recipient_of(letter)
    if to is None:
        return [Obstacle("recipient-missing", _l("Choose whom the letter goes to."))]
    found = _fits(made_from, to)
    found += _in_languages(letter, made_from, to, now)
    if letter.way is None:
        found.append(Obstacle("way-missing", _l("Choose how the letter is delivered.")))
    return found


def _fits(made_from: Template, to: Body) -> list[Obstacle]:
    is_meant = (not made_from.bodies or to.key in made_from.bodies) and (
        not made_from.kinds or to.kind in made_from.kinds
    )
    if is_meant:
        return []
    says = _l(
        "This template is not written for %(body)s. What it accepts: %(forms)s.",
        body=LazyString(lambda: to.names.get("en", to.key)),
        forms=listed([FORM_NAMES[each] for each in to.accepts]),
    )
    return [Obstacle("not-for-this-body", says)]


def _in_languages(letter: Letter, made_from: Template, to: Body, now: datetime) -> list[Obstacle]:
    """Return what the directory says, each once. One accepted language is enough: others go along as a courtesy."""
    found: dict[str, Obstacle] = {}
    is_understood = any(lang in to.languages for lang in letter.languages)
    for lang in letter.languages:
        for each in directory.obstacles(
            to, form=made_from.form, channel_kind=letter.way, lang=lang, today=now.date()
        ):
            if each.code == "language-not-accepted" and is_understood:
                each = Obstacle(each.code, each.sentence, is_warning=True)
            key = each.code + (lang if each.code in ("language-not-accepted", "words-missing") else "")
            found.setdefault(key, each)
    return list(found.values())


def _month(letter: Letter, made_from: Template, now: datetime) -> list[Obstacle]:
    if made_from.recipient != COUNCIL_PRESIDENT or letter.body_month is None:
        return []
    this_month = rules.first_of_month(now.date())
    month = LazyString(lambda: format_month(letter.body_month or this_month))
    if letter.body_month < this_month:
        says = _l(
            "%(month)s is over: another State presides over the Council now. Choose the month anew.",
            month=month,
        )
        return [Obstacle("month-over", says)]
    if letter.body_month > this_month:
        says = _l(
            "The letter is for %(month)s. Do not hand it over before: another State presides now.",
            month=month,
        )
        return [Obstacle("month-ahead", says, is_warning=True)]
    soon = now.date() + MONTH_ENDS_WITHIN
    if rules.first_of_month(soon) > this_month:
        says = _l(
            "%(month)s ends within five days. Once it is over, another State presides over the Council.",
            month=month,
        )
        return [Obstacle("month-ends", says, is_warning=True)]
    return []


def _signatory(letter: Letter) -> list[Obstacle]:
    if letter.kind == frozen.NUMBERS_SHEET:
        return []
    found = []
    if not all(letter.signatory.get(name, "").strip() for name in ("name", "role")):
        found.append(Obstacle("signatory-missing", _l("Say who signs: a name and a role.")))
    missing = [name for name in REPLY_FIELDS if name in campaign().missing]
    if missing:
        says = _l(
            "A reply would reach nobody: content/campaign.toml lacks %(names)s.", names=", ".join(missing)
        )
        found.append(Obstacle("campaign-missing", says))
    return found


def _names(letter: Letter) -> list[Obstacle]:
    if not letter.has_names or NAMES not in parts_in_force():
        return []
    says = _l("Shown names are hidden for now, so none can be annexed. Leave that annex out, or wait.")
    return [Obstacle("names-hidden", says)]


def _figures(letter: Letter, now: datetime) -> list[Obstacle]:
    """Return the facts in the letter that a person should compare with their source again."""
    stale: dict[str, None] = {}
    for written in letter.texts.values():
        try:
            used = figures_used(*rules.FACT_MARK.findall(written.get("body", "")))
        except facts.FigureUnresolved:
            continue  # told as unresolved
        stale |= dict.fromkeys(each.key for each in used if facts.needs_checking(each, now.date()))
    if not stale:
        return []
    says = _l("Compare these figures with their sources again: %(keys)s.", keys=", ".join(stale))
    return [Obstacle("figures-old", says, is_warning=True)]
