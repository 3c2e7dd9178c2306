"""Puts a letter together as it would leave now: the office, the words with every mark filled, the numbers, the annexes.

Reads only. Inside `one_moment()` every number in it is of one moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.rules import Recipient
from ..campaign import campaign
from ..clock import utc_day
from ..config import settings
from ..extensions import db
from ..facts.queries import all_facts, figure_as_text, sources_as_text
from ..facts.rules import FigureUnresolved
from ..partners.queries import endorsements_as_stored
from ..petitions.models import PetitionText
from ..petitions.queries import PetitionRecord
from ..signing.models import Signature
from . import frozen, rules, statement
from .about import office, petition_of, recipient_of, title_of
from .marks import NAMED, Filling
from .models import Letter
from .templates import COUNCIL_PRESIDENT, Template, template
from .texts import Unfilled, Unresolved, plain, resolve, with_parts


@dataclass(frozen=True)
class Put:
    """A letter put together. unresolved: language → the marks that nothing stands for."""

    letter: frozen.FrozenLetter
    unresolved: Mapping[str, tuple[Unresolved, ...]]


@dataclass(frozen=True)
class _Numbers:
    petition: PetitionRecord | None
    statement: frozen.Statement | None
    annexes: frozen.Annexes


def put_together(
    letter: Letter, *, now: datetime, reference: str = "", code: str = "", released: str = ""
) -> Put:
    """Return a letter as it would leave at `now`.

    reference, code, released: once it is issued; a draft has none, and its documents are marked.
    """
    made_from, to = template(letter.template), recipient_of(letter)
    numbers = _numbers_of(letter, now)
    texts, unresolved = {}, {}
    for lang in letter.languages:
        texts[lang], unresolved[lang] = _text(letter, made_from, lang, to, numbers, now)
    return Put(
        frozen.FrozenLetter(
            kind=letter.kind,
            template=letter.template,
            template_version=letter.template_version,
            reference=reference,
            issued_at=now.isoformat(timespec="seconds"),
            visibility=letter.visibility,
            languages=tuple(letter.languages),
            campaign={lang: campaign().names.get(lang, "") for lang in letter.languages},
            petition=numbers.petition.slug if numbers.petition else "",
            titles={lang: title_of(numbers.petition, lang) for lang in letter.languages},
            addressed=_addressed(letter, made_from, to, now),
            signatory=_signatory(letter),
            texts=texts,
            statement=numbers.statement,
            annexes=numbers.annexes,
            addresses=addresses(letter, reference, code),
            copies=_copies(made_from, letter.languages),
            corrects=(letter.corrects.reference or "") if letter.corrects else "",
            released=released,
        ),
        unresolved,
    )


def marks_at_hand(letter: Letter, lang: str, *, now: datetime) -> list[tuple[str, str]]:
    """Return the marks that a letter's text may hold, with what each says in a language now; "" where nothing yet."""
    made_from, to = template(letter.template), recipient_of(letter)
    filling = _filling(letter, made_from, lang, to, _numbers_of(letter, now), now)
    names = [(name, "") for name in NAMED] + [("field", each.name) for each in made_from.fields]
    names += [("fact", each.key) for each in all_facts()]
    found = []
    for kind, key in names:
        try:
            says = filling.fill(kind, key)
        except Unfilled:
            says = ""
        found.append((f"{{{{{kind}:{key}}}}}" if key else f"{{{{{kind}}}}}", says))
    return found


def addresses(letter: Letter, reference: str, code: str) -> dict[str, str]:
    """Return where each language's document can be checked: nowhere, for a draft and for what is confidential."""
    if not reference or letter.visibility == rules.CONFIDENTIAL:
        return {}
    base = settings().base_url
    return {
        lang: f"{base}/{statement.page_language(lang)}/letters/{reference}/{code}"
        for lang in letter.languages
    }


def _numbers_of(letter: Letter, now: datetime) -> _Numbers:
    petition = petition_of(letter)
    if petition is None or not _speaks_of_signatures(letter):
        return _Numbers(petition, None, frozen.Annexes())
    annexes = frozen.Annexes(
        breakdowns=statement.breakdowns(petition.id, now=now),
        signed_texts=_signed_texts(petition),
        endorsements=_endorsements(petition, now) if letter.has_endorsements else (),
        has_names=letter.has_names,
        has_numbers=True,
    )
    numbers = statement.numbers(petition.id, petition.slug, languages=letter.languages, now=now)
    return _Numbers(petition, numbers, annexes)


def _endorsements(petition: PetitionRecord, now: datetime) -> tuple[frozen.Endorsement, ...]:
    """Return the organisations that support the petition: as many as the statement of the same moment says."""
    return tuple(
        frozen.Endorsement(name=each.name, country=each.country)
        for each in endorsements_as_stored(petition.id, on=utc_day(now))
    )


def _speaks_of_signatures(letter: Letter) -> bool:
    """Whether a letter brings the signatures at all: a request to a body that takes no petition leaves them out."""
    bodies = [str(written.get("body", "")) for written in letter.texts.values()]
    return letter.kind == frozen.NUMBERS_SHEET or any(
        mark in body for body in bodies for mark in ("{{statement}}", "{{annexes}}")
    )


def _text(
    letter: Letter, made_from: Template, lang: str, to: Body | None, numbers: _Numbers, now: datetime
) -> tuple[frozen.Text, tuple[Unresolved, ...]]:
    written: Mapping[str, str] = letter.texts.get(lang) or {"subject": "", "body": ""}
    said = _said(numbers, lang)
    filling = _filling(letter, made_from, lang, to, numbers, now)
    body = with_parts(written["body"], made_from.chosen_parts(letter.parts, lang))
    found = resolve(written["subject"], body, filling.fill)
    is_said = said is not None and said.text in plain(found.blocks)
    return frozen.Text(
        subject=found.subject,
        blocks=found.blocks,
        statement=said.text if said and is_said else "",
        sources=_sources(body, lang),
        figures=said.figures if said and is_said else {},
    ), found.unresolved


def _said(numbers: _Numbers, lang: str) -> statement.Sentence | None:
    if numbers.petition and numbers.statement and numbers.statement.people:
        return statement.sentence(numbers.statement, numbers.petition.slug, lang)
    return None


def _filling(
    letter: Letter, made_from: Template, lang: str, to: Body | None, numbers: _Numbers, now: datetime
) -> Filling:
    said = _said(numbers, lang)
    return Filling(
        lang=lang,
        recipient=to,
        addressed_to=_recipient(letter, made_from, to, lang, now).addressed_to if to else "",
        month=letter.body_month,
        title=title_of(numbers.petition, lang) or None,
        statement=said.text if said else None,
        annexes=numbers.annexes.count,
        typed={name: by_lang.get(lang, "") for name, by_lang in letter.typed.items()},
    )


def _sources(body: str, lang: str) -> tuple[str, ...]:
    try:
        return sources_as_text(body, lang=lang)
    except FigureUnresolved:
        return ()  # its mark is unresolved, and is told as that


def _recipient(letter: Letter, made_from: Template, to: Body, lang: str, now: datetime) -> Recipient:
    month = letter.body_month if made_from.recipient == COUNCIL_PRESIDENT else None
    return directory.recipient(to, form=made_from.form, lang=lang, month=month, today=now.date())


def _addressed(
    letter: Letter, made_from: Template, to: Body | None, now: datetime
) -> frozen.Addressed | None:
    if to is None:
        return None
    found = {lang: _recipient(letter, made_from, to, lang, now) for lang in letter.languages}
    any_language = next(iter(found.values()))
    return frozen.Addressed(
        key=to.key,
        names={lang: each.name for lang, each in found.items()},
        lines={lang: (*each.addressed_to.splitlines(), *each.address_lines) for lang, each in found.items()},
        salutation={lang: each.salutation for lang, each in found.items()},
        close={lang: each.close for lang, each in found.items()},
        holder=any_language.holder,
        month=any_language.month,
    )


def _signatory(letter: Letter) -> frozen.Signatory | None:
    if letter.kind == frozen.NUMBERS_SHEET:
        return None
    return frozen.Signatory(
        name=letter.signatory.get("name", ""),
        role=letter.signatory.get("role", ""),
        organisation={lang: campaign().names.get(lang, "") for lang in letter.languages},
        address=campaign().responsible_address,
        contact=campaign().contact_email,
    )


def _copies(made_from: Template, languages: list[str]) -> dict[str, tuple[str, ...]]:
    offices = [found for key in made_from.copies if (found := office(key))]
    return {lang: tuple(each.names.get(lang) or each.names["en"] for each in offices) for lang in languages}


def _signed_texts(petition: PetitionRecord) -> tuple[frozen.SignedText, ...]:
    """Return every version of the demand that somebody who is counted signed, by language and version."""
    signed = set(
        db.session.execute(
            select(Signature.text_language, Signature.text_version)
            .where(Signature.petition_id == petition.id, Signature.state == "counted")
            .distinct()
        )
    )
    rows = db.session.scalars(
        select(PetitionText)
        .filter_by(petition_id=petition.id)
        .order_by(PetitionText.language, PetitionText.version)
    )
    return tuple(
        frozen.SignedText(
            language=row.language,
            version=row.version,
            on=row.written_at.date().isoformat(),
            title=row.title,
            demand=_demand(row),
        )
        for row in rows
        if (row.language, row.version) in signed
    )


def _demand(row: PetitionText) -> tuple[frozen.Block, ...]:
    def fill(kind: str, key: str) -> str:
        try:
            return figure_as_text(key, row.language)
        except FigureUnresolved:
            raise Unfilled("no-fact") from None

    return resolve("", row.demand, fill).blocks
