"""What the pages of letters at the desk share: one letter as it stands, and how an act on it ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ..accounts.rules import APPROVER, ORGANISER, OWNER, TRANSLATOR
from ..accounts.sessions import organiser
from ..approvals import queries as approvals
from ..approvals.desk_views import refusal as approval_refusal
from ..approvals.problems import ApprovalRefused
from ..approvals.rules import ASKED as APPROVAL_ASKED
from ..approvals.rules import LETTER
from ..bodies.models import Body
from ..bodies.obstacles import Obstacle
from ..clock import utc_now
from ..database import one_moment
from ..errors import Refusal
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language
from ..sealing.problems import KeyProblem
from . import delivering, frozen, obstacles, outcome, places, problems, queries, replying, rules
from .about import office, petition_of, recipient_of, title_of
from .freezing import put_together
from .models import Letter
from .templates import template

# What a draft can be tried as: the kind of file, and its media type.
SPECIMENS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain; charset=utf-8",
}
READERS = frozenset({OWNER, ORGANISER, APPROVER, TRANSLATOR})
# Why an act on a letter was refused, in words. Nothing was changed by any of them.
REFUSALS: Mapping[type[Refusal], LazyString] = {
    problems.NotInThisState: _l(
        "Nothing was changed: this letter has moved on meanwhile. This is how it stands now."
    ),
    problems.ChangedMeanwhile: _l(
        "Nothing was changed: somebody else changed this letter meanwhile. Look at it again."
    ),
    problems.ObstaclesLeft: _l("Something stands against it still. It is listed below."),
    delivering.SentMeanwhile: _l(
        "Nothing was done: since you opened the page, something was sent or recorded of this letter. This is how it "
        "stands now; go on only if it is still to be done."
    ),
    delivering.DocumentsMissing: _l(
        "Nothing was done: the documents of the letter are not made yet. The worker makes them; try again in a moment."
    ),
    delivering.NothingToSend: _l("Nothing was sent: choose at least one office that a mail can go to now."),
    replying.FiledMeanwhile: _l(
        "Nothing was filed: since you opened the page, a reply was filed. Look at it; file this one only if it is "
        "another."
    ),
    replying.NoConsent: _l("Nothing was published: nobody is named who agreed that the reply is shown."),
    replying.NotAScan: _l(
        "Nothing was filed: the file is no PDF, PNG or JPEG, or it is larger than 5 megabytes."
    ),
    KeyProblem: _l(
        "Nothing was sent: the server's keys cannot be used as they are. An operator has to mend that first."
    ),
}
blueprint = Blueprint("letter_desk", __name__, url_prefix="/letters")


@dataclass(frozen=True)
class Mending:
    """One thing that stands against issuing, or is worth knowing. place: where it is mended, or ""."""

    says: str
    is_warning: bool
    place: str = ""


@dataclass(frozen=True)
class Drawn:
    """A letter as its documents say it, or would say it now. waiting: what is to be mended first; none once issued."""

    letter: frozen.FrozenLetter
    mendings: Sequence[Mending] = ()

    @property
    def stops(self) -> list[Mending]:
        """Return what stands against issuing."""
        return [each for each in self.mendings if not each.is_warning]

    @property
    def warnings(self) -> list[Mending]:
        """Return what is only worth knowing."""
        return [each for each in self.mendings if each.is_warning]


def saved(content: bytes | str, name: str, media_type: str) -> ResponseReturnValue:
    """Answer with a file to be saved. name: ours, ASCII."""
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def letter_or_404(reference: str) -> Letter:
    """Return a letter by its reference or its key, or answer that there is none."""
    try:
        return queries.letter(reference)
    except queries.LetterUnknown:
        abort(404)


def may_read(letter: Letter) -> bool:
    """Whether whoever is signed in reads the words: of a draft and of what is confidential, not everybody here."""
    is_open = letter.state not in (rules.DRAFT, rules.WITHDRAWN) and letter.visibility != rules.CONFIDENTIAL
    return is_open or bool(organiser().role_names & READERS)


def drawn(letter: Letter, *, now: datetime) -> Drawn:
    """Return a letter as it was frozen; a draft as it would leave now, with what stands against that."""
    if letter.frozen:
        return Drawn(frozen.from_json(letter.frozen))
    with one_moment():
        put = put_together(letter, now=now)
        found = obstacles.against(letter, put, now=now)
        return Drawn(put.letter, mendings(letter, found))


def mendings(letter: Letter, found: Sequence[Obstacle]) -> list[Mending]:
    """Return obstacles as a person at the desk sees them."""
    return [Mending(str(each), each.is_warning, places.of(each.code, letter)) for each in found]


def done(
    letter: Letter,
    act: Callable[[], Any],
    says: str,
    again: Callable[[Letter], str] | None = None,
) -> ResponseReturnValue:
    """Do something to a letter, commit, and show it again; or say why not.

    again: the page that shows what was typed; None for the letter's own.
    """
    try:
        act()
    except ApprovalRefused as problem:
        return refused(letter, approval_refusal(problem))
    except Refusal as problem:
        words = next((each for kind, each in REFUSALS.items() if isinstance(problem, kind)), None)
        if words is None:
            raise
        return refused(letter, str(words), again)
    db.session.commit()
    flash(says, "success")
    return shown(letter)


def specimens_of(letter: Letter) -> list[str]:
    """Return the kinds of file that a draft can be tried as: a numbers sheet is a page that nobody edits."""
    return [kind for kind in SPECIMENS if kind != "docx" or letter.kind == frozen.LETTER]


def shown(letter: Letter) -> ResponseReturnValue:
    """Lead to the page of a letter."""
    return redirect(url_for("letter_desk.show", reference=letter.reference or letter.key), 303)


def refused(letter: Letter, says: str, again: Callable[[Letter], str] | None = None) -> ResponseReturnValue:
    """Undo, and show a letter again, or the page that was sent, with what stands against the act."""
    key = letter.key
    db.session.rollback()
    flash(says, "error")
    return (again or page_of)(letter_or_404(key)), 409


def page_of(
    letter: Letter, errors: Sequence[tuple[str, str]] = (), typed: Mapping[str, str] | None = None
) -> str:
    """Return the page of a letter as it stands. errors: (field, what to correct). typed: what was typed, by field."""
    now, me = utc_now(), organiser()
    is_read = may_read(letter)
    found = drawn(letter, now=now) if is_read else None
    standing = queries.shown([letter], now=now)[0]
    approval = standing.approval
    return render_template(
        "letters/desk/letter.html",
        letter=letter,
        shown=standing,
        is_asked=standing.state in (rules.ASKED, rules.APPROVED),
        drawn=found,
        texts=found.letter.texts if found else {},
        letter_languages=LETTER_LANGUAGES,
        files=queries.files_of(letter) if is_read else [],
        corrections=queries.corrections_of(letter),
        plain=queries.plain_numbers(letter) if is_read else {},
        seen=queries.digest_of(letter),
        may_approve=approval is not None
        and approval.state == APPROVAL_ASKED
        and approvals.may_approve(approval, me),
        may_cancel=approval is not None and approvals.may_cancel(approval, me),
        specimens=specimens_of(letter),
        wait=approvals.wait_of(me, LETTER, now),
        me=me,
        errors=list(errors),
        typed=typed or {},
        **(outcome.outcome_of(letter, now=now) if is_read else {}),
        **heading_of(letter),
    )


def heading_of(letter: Letter) -> dict[str, Any]:
    """Return what names a letter on every page about it: its template's title, its recipient, its petition."""
    petition, lang = petition_of(letter), current_language()
    to = office(letter.body_key) if letter.frozen else recipient_of(letter)
    return {
        "made_from": template(letter.template),
        "title": template(letter.template).titles[lang],
        "recipient": _recipient(letter, to, lang),
        "body": to,
        "petition": petition,
        "petition_title": title_of(petition, lang),
    }


def _recipient(letter: Letter, to: Body | None, lang: str) -> str:
    """Return whom a letter goes to; once it is issued as it was frozen, whatever the directory has said since."""
    addressed = frozen.from_json(letter.frozen).addressed if letter.frozen else None
    names = addressed.names if addressed else to.names if to else {}
    return next((names[each] for each in (lang, "en", *names) if names.get(each)), "")
