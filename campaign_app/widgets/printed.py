"""What is printed: a poster with a code to scan, and sheets for signatures on paper. Both as PDF/UA-1, by typst.

A poster says no number, so that it stays true on a wall. A sheet says what is done with it before it asks for a name.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from ..campaign import campaign
from ..config import settings
from ..languages import format_day, format_number
from ..letters.documents import codes, typesetting
from ..letters.documents.characters import Cleaner
from ..letters.documents.writing import Writer, digits, language
from ..petitions.queries import PetitionRecord
from .share_picture import TEMPLATES

SOURCE = "qr"  # as whoever scanned a code is counted
ROWS_ON_A_SHEET = 12

Paper = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sheets:
    """Which sheets are printed. first: the number of the first one. held_by: who keeps them, "" to be written in."""

    first: int
    count: int
    held_by: str
    destroy_by: date

    @property
    def last(self) -> int:
        """Return the number of the last one."""
        return self.first + self.count - 1


def pdf_of(paper: Paper) -> bytes:
    """Return a poster or sheets as PDF/UA-1. Raises typesetting.NotMade."""
    return typesetting.pdf(paper, templates=TEMPLATES)


def sheets(petition: PetitionRecord, lang: str, which: Sheets) -> bytes:
    """Return numbered sheets, one a page, in a language of the petition. Raises typesetting.NotMade."""
    return pdf_of(sheets_paper(petition, lang, which))


def poster_paper(petition: PetitionRecord, lang: str) -> Paper:
    """Return a poster as values for poster.typ. The same petition gives the same poster."""
    with force_locale(lang):
        writer, text = Writer(lang, Cleaner()), petition.texts[lang]
        last = format_day(petition.closes_at, lang) if petition.closes_at else ""
        until = _("Open for signature until %(day)s", day=last) if last else ""
        promises = (
            _("Your name is kept sealed, and not published unless you choose to show it."),
            _("The site sets no cookie, contacts no one else, and keeps no network address."),
            _("Your signature counts once you have confirmed it by e-mail. You can withdraw it at any time."),
        )
        return _frame(petition, lang, writer) | {
            "template": "poster.typ",
            "call": _("Sign this petition"),
            "summary": writer.runs(text.summary),
            "until": writer.runs(until),
            "promises": [writer.runs(each) for each in promises],
            "danger": writer.runs(_("If signing could put you or your family in danger, do not sign.")),
            "scan": _("Scan this code, or type the address:"),
            "qr_alt": _("Code with the address of the petition"),
        }


def sheets_paper(petition: PetitionRecord, lang: str, which: Sheets) -> Paper:
    """Return sheets as values for sheets.typ."""
    with force_locale(lang):
        writer, text = Writer(lang, Cleaner()), petition.texts[lang]
        day = format_day(which.destroy_by, lang)
        return _frame(petition, lang, writer) | {
            "template": "sheets.typ",
            "kind": _("Signatures on paper"),
            "summary": writer.runs(text.summary),
            "whole": writer.runs(_("The whole text, which everyone may ask to read first:")),
            "numbers": [format_number(which.first + each, lang) for each in range(which.count)],
            "labels": {
                "number": _("Sheet"),
                "held_by": _("Kept by"),
                "destroy_by": _("Destroyed by"),
                "place": _("Day and place"),
                "row": _("No."),
                "name": _("Full name"),
                "country": _("Country where you live"),
                "mark": _("Signature or mark"),
                "counted": _("Signatures on this sheet, counted by two people:"),
            },
            "held_by": writer.name(which.held_by) if which.held_by else [],
            "destroy_by": writer.runs(day),
            "notice_title": _("Before you sign"),
            "notice": [writer.runs(each) for each in _notice(day)],
            "warning_title": _("Whoever carries this sheet"),
            "warning": [writer.runs(each) for each in _warnings()],
            "rows": [format_number(each + 1, lang) for each in range(ROWS_ON_A_SHEET)],
            "qr_alt": _("Code with the address of the petition"),
        }


def _notice(day: str) -> list[str]:
    """Return what whoever signs on paper is told first (GDPR Art. 13)."""
    body, contact = campaign().responsible_body, campaign().contact_email
    responsible = body or _("the campaign named above")
    said = [
        _("If signing could put you or your family in danger, do not sign."),
        _(
            "Everyone who is handed this sheet reads the names above yours. Whoever has a mailbox "
            "signs more safely on the site, where names are sealed."
        ),
        _("We ask for your name and the country where you live, and for no address: please write none."),
        _(
            "Responsible: %(body)s. The sheet serves to count its signatures, apart from those made "
            "on the site. Two people count it; then only their number, and the fingerprint of a copy, "
            "are kept on the server. The sheet itself is never uploaded.",
            body=responsible,
        ),
        _("It is destroyed by %(day)s. Until then you may ask whoever keeps it to strike you out.", day=day),
    ]
    if contact:
        said.append(_("Questions, and complaints: %(contact)s", contact=contact))
    return said


def _warnings() -> list[str]:
    """Return what whoever gathers the signatures has to know."""
    return [
        _(
            "Do not carry it filled in through a checkpoint or across a border, and do not photograph "
            "it with a phone that may be searched."
        ),
        _("Let nobody fill it in alone who has not heard the text. Nobody signs for somebody else."),
        _(
            "Hand it on the same day to whoever keeps it. If you cannot keep it safe, destroy it: a "
            "sheet that is lost helps nobody."
        ),
    ]


def _frame(petition: PetitionRecord, lang: str, writer: Writer) -> Paper:
    """Return what both have: language, title, who asks, where the petition stands."""
    text = petition.texts[lang]
    # A stable address (design.md); the desk's application, which prints sheets, has no public page to ask.
    url = f"{settings().base_url}/{lang}/petitions/{petition.slug}"
    since = petition.opens_at or datetime(2026, 1, 1, tzinfo=UTC)  # only says which day the file is of
    return {
        **language(lang),
        "title": writer.line(text.title),
        "author": writer.line(campaign().name(lang)),
        "campaign": writer.line(campaign().name(lang)),
        "headline": writer.runs(text.title),
        "digits": digits(lang),
        "date": list(since.timetuple()[:6]),
        "url": url,
        "shown_url": url.partition("://")[2],
        "qr": codes.as_svg(f"{url}?s={SOURCE}"),
    }
