"""Updates at the desk: write, look, try, have a second person agree, release."""

from flask import Response, abort, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..campaign import campaign
from ..clock import utc_now
from ..extensions import db
from ..languages import LANGUAGES, current_language
from ..petitions.queries import petition_by_id
from . import operations, queries, rules
from .desk_pages import blueprint, done, mailing_or_404, page_of, shown
from .forms import MailingForm
from .mail_text import update_wording
from .models import Mailing

# A mail's styles stand at its elements, and the frames that show it inherit this page's policy. Nothing runs in them.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
UNKNOWN_LINK = "x" * 32  # what a preview shows in place of somebody's link


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """List the updates, the newest first."""
    titles = {choice.id: choice.title for choice in queries.choices(current_language())}
    return render_template("updates/overview.html", mailings=queries.mailings(), titles=titles)


@blueprint.get("/write")
def begin() -> ResponseReturnValue:
    """Show an empty update, whose subjects say nothing of what it is about."""
    form = MailingForm(formdata=None)
    neutral = {lang: {"subject": campaign().text("mail_subject_update", lang)} for lang in LANGUAGES}
    form.fill(petition_id=0, pace=rules.USUAL_PACE, texts=neutral)
    return _written(form, None)


@blueprint.post("/write")
def write() -> ResponseReturnValue:
    """Keep a new update as a draft."""
    form = MailingForm(formdata=None)
    if errors := form.read(request.form, petitions=_petitions()):
        return _written(form, None, errors), 422
    mailing = operations.write(
        petition_id=form.petition_id, texts=form.texts, pace=form.pace, by=organiser(), now=utc_now()
    )
    db.session.commit()
    flash(_("The draft is kept. Nothing is sent yet."), "success")
    return shown(mailing)


@blueprint.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Show an update, how it stands and what comes next."""
    return page_of(mailing_or_404(reference))


@blueprint.get("/<reference>/write")
def edit(reference: str) -> ResponseReturnValue:
    """Show the words of a draft, to be changed."""
    mailing, form = mailing_or_404(reference), MailingForm(formdata=None)
    if mailing.state != rules.DRAFT:
        return shown(mailing)
    form.fill(petition_id=mailing.petition_id, pace=mailing.pace, texts=mailing.texts)
    return _written(form, mailing)


@blueprint.post("/<reference>/write")
def rewrite(reference: str) -> ResponseReturnValue:
    """Keep the changed words of a draft."""
    mailing, form = mailing_or_404(reference), MailingForm(formdata=None)
    if errors := form.read(request.form, petitions=[mailing.petition_id]):
        return _written(form, mailing, errors), 422
    says = _("The draft is kept. Nothing is sent yet.")
    return done(mailing, operations.rewrite, says, texts=form.texts, pace=form.pace)


@blueprint.get("/<reference>/preview/<lang>")
def preview(reference: str, lang: str) -> ResponseReturnValue:
    """Show the mail as a phone and a computer show it, and as plain text."""
    mailing = mailing_or_404(reference)
    if lang not in mailing.texts:
        abort(404)
    words = update_wording(
        text=mailing.texts[lang],
        lang=lang,
        title=petition_by_id(mailing.petition_id).text(lang).title,
        stop=UNKNOWN_LINK,
        is_test=False,
    )
    page = render_template("updates/preview.html", mailing=mailing, language=LANGUAGES[lang], words=words)
    response: Response = make_response(page)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


@blueprint.post("/<reference>/test")
def test(reference: str) -> ResponseReturnValue:
    """Send the mail to whoever asks, in one language."""
    mailing, lang = mailing_or_404(reference), request.form.get("language", "")
    if lang not in mailing.texts:
        abort(400)
    return done(mailing, operations.send_test, _("A test is on its way to your own address."), language=lang)


@blueprint.post("/<reference>/ask")
def ask(reference: str) -> ResponseReturnValue:
    """Ask a second person to agree to exactly these words."""
    says = _("The words stand still now, and a second person is asked to agree.")
    return done(mailing_or_404(reference), operations.ask, says)


@blueprint.post("/<reference>/take-back")
def take_back(reference: str) -> ResponseReturnValue:
    """Make a draft of it again."""
    says = _("It is a draft again. Whoever agreed must agree again.")
    return done(mailing_or_404(reference), operations.take_back, says)


@blueprint.post("/<reference>/release")
def release(reference: str) -> ResponseReturnValue:
    """Use the agreement, and have the mailing's key made."""
    says = _("Released. The server now makes a key for this mailing.")
    return done(mailing_or_404(reference), operations.release, says)


def _written(form: MailingForm, mailing: Mailing | None, errors: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "updates/write.html",
        form=form,
        mailing=mailing,
        choices=queries.choices(current_language()),
        languages_written=[LANGUAGES[lang] for lang in form.texts],
        paces=rules.PACES,
        errors=errors or [],
    )


def _petitions() -> list[int]:
    return [choice.id for choice in queries.choices(current_language())]
