"""What stands out, and the rules that take signatures out of the count and put them back."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.sessions import organiser
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from ..languages import LANGUAGES, countries, current_language, format_number
from ..partners.queries import names_by_code
from ..petitions.desk_views import petition_of, title_of
from ..petitions.models import Petition
from ..signing.rules import PATHS
from ..tally.breakdowns import label_of, reason_name
from ..tally.queries import statement
from ..tally.rules import INVALIDATION_REASONS
from . import arrivals, held, operations, queries, rules
from .forms import RULE_FIELDS, InvalidateForm, RuleForm
from .models import Invalidation
from .rules import ACTIVE, Rule

blueprint = Blueprint("integrity", __name__, url_prefix="/integrity")


@dataclass(frozen=True)
class Asked:
    """A rule that fits the report, with what it says in the reader's language."""

    rule: Rule
    says: list[tuple[str, str]]


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """List the petitions, and how much stands out in each."""
    found = [(each, title_of(each), arrivals.report(each.id)) for each in queries.petitions()]
    return render_template("integrity/overview.html", petitions=found)


@blueprint.get("/petitions/<slug>")
def petition(slug: str) -> ResponseReturnValue:
    """Show what stands out in one petition, with the figures, and the runs so far."""
    found = petition_of(slug)
    return render_template(
        "integrity/petition.html",
        petition=found,
        title=title_of(found),
        report=arrivals.report(found.id),
        runs=queries.runs(found.id),
        group_name=_namer(found),
        reason_name=reason_name,
    )


@blueprint.get("/petitions/<slug>/rule")
def rule(slug: str) -> ResponseReturnValue:
    """Ask whom a rule shall take out. What stands out fills it in."""
    return _rule_page(petition_of(slug), RuleForm(request.args))


@blueprint.get("/petitions/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """Show whom a rule would take out, out of how many, and ask for the reason. Changes nothing."""
    found, form = petition_of(slug), RuleForm(request.args)
    asked, errors = _asked(found, form)
    if asked is None:
        return _rule_page(found, form, errors), 422
    return _preview_page(found, InvalidateForm(request.args), asked)


@blueprint.post("/petitions/<slug>/runs")
def invalidate(slug: str) -> ResponseReturnValue:
    """Have the worker take out whom the rule fits."""
    found, form = petition_of(slug), InvalidateForm()
    is_right = form.validate()
    asked, errors = _asked(found, form)
    if asked is None:
        return _rule_page(found, form, errors), 422
    if not is_right:
        return _preview_page(found, form, asked, form.error_list), 422
    with reading():  # nobody who signs waits while very many are counted
        fitting = queries.preview(found.id, asked.rule).people
    try:
        run = operations.invalidate(
            petition=found,
            rule=asked.rule,
            reason=form.reason.data or "",
            note=form.note.data or "",
            expected=int(form.expected.data or 0),
            fitting=fitting,
            by=organiser(),
            now=utc_now(),
        )
    except operations.PreviewOutdated:
        db.session.rollback()
        words = _("More people fit the rule by now. Look at the numbers once more.")
        return _preview_page(found, form, asked, [("expected", words)]), 422
    except (operations.AnotherRunUnderWay, operations.NobodyFits):
        db.session.rollback()
        flash(_("Nothing was changed: another run is under way, or nobody fits the rule any more."), "error")
        return redirect(url_for(".petition", slug=slug), 303)
    db.session.commit()
    flash(_("The run begins within a few seconds."), "success")
    return redirect(url_for(".run", run_id=run.id), 303)


@blueprint.get("/runs/<int:run_id>")
def run(run_id: int) -> ResponseReturnValue:
    """Show one run: its rule, how far it is, and what can be done."""
    found = _run(run_id)
    return render_template(
        "integrity/run.html",
        run=found,
        title=title_of(found.petition),
        says=_says(found.petition, found.rule),
        reason=reason_name(found.reason),
        is_active=found.state in ACTIVE,
    )


@blueprint.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    """Stop a run and put back whom it took out so far."""
    return _change(run_id, operations.cancel, _("The run stops, and everyone it took out is put back."))


@blueprint.post("/runs/<int:run_id>/undo")
def undo(run_id: int) -> ResponseReturnValue:
    """Put back whom a run took out."""
    return _change(run_id, operations.undo, _("Everyone it took out and who did not leave is put back."))


@blueprint.get("/held")
def held_mail() -> ResponseReturnValue:
    """List the mail domains whose mail goes out slowly."""
    domains = [
        (each, rules.label_of(each.domain_tag), title_of(each.petition)) for each in queries.held_domains()
    ]
    return render_template("integrity/held.html", domains=domains)


@blueprint.post("/petitions/<slug>/held/<label>")
def decide_held(slug: str, label: str) -> ResponseReturnValue:
    """Let a domain's mail go, or leave it waiting; on record either way."""
    found, decision = petition_of(slug), request.form.get("decision")
    act = {"go": held.let_go, "wait": held.keep_waiting}.get(decision or "") or abort(400)
    try:
        requests = act(petition=found, label=label, by=organiser(), now=utc_now())
    except held.NothingHeld:
        db.session.rollback()
        flash(_("Nothing of that domain is held any more."), "info")
        return redirect(url_for(".held_mail"), 303)
    db.session.commit()
    flash(_said(decision == "go", requests), "success")
    return redirect(url_for(".held_mail"), 303)


def _said(is_let_go: bool, requests: int) -> str:
    count = format_number(requests)
    if is_let_go:
        says = ngettext("%(count)s mail goes out now.", "%(count)s mails go out now.", requests, count=count)
    else:
        says = ngettext(
            "It is on record that %(count)s mail goes on waiting for its turn.",
            "It is on record that %(count)s mails go on waiting for their turn.",
            requests,
            count=count,
        )
    return str(says)


def _change(run_id: int, act: Callable[..., None], words: str) -> ResponseReturnValue:
    found = _run(run_id)
    try:
        act(run=found, by=organiser(), now=utc_now())
    except (operations.NotInThatState, operations.AnotherRunUnderWay):
        db.session.rollback()
        flash(_("Nothing was changed: the run has moved on, or another one is under way."), "error")
    else:
        db.session.commit()
        flash(words, "success")
    return redirect(url_for(".run", run_id=run_id), 303)


def _asked(found: Petition, form: RuleForm) -> tuple[Asked | None, list[tuple[str, str]]]:
    """Return the rule that a form states, or what to correct in it."""
    form.validate()
    errors = [(name, message) for name, message in form.error_list if name in RULE_FIELDS]
    tag = None
    if form.domain.data:
        report = arrivals.report(found.id)
        tag = report.domain_with(form.domain.data) if report else None
        if tag is None:
            errors.append(("domain", _("This mail domain is not in the report any more.")))
    stated = form.rule(tag)
    if not errors and not stated.says_something:
        errors.append(("domain", _("State at least one thing: a rule that fits everyone is none.")))
    return (None if errors else Asked(stated, _says(found, stated))), errors


def _rule_page(found: Petition, form: RuleForm, errors: list[tuple[str, str]] | None = None) -> str:
    report = arrivals.report(found.id)
    domains = report.domains if report else []
    name = _namer(found)
    lang = current_language()
    return render_template(
        "integrity/rule.html",
        petition=found,
        title=title_of(found),
        form=form,
        errors=errors or [],
        domains=[(rules.label_of(tag), name("domain", tag.hex()), people) for tag, people in domains],
        countries=countries(lang),
        paths=[(code, label_of("path", code, lang)) for code in PATHS],
        spoken=[(code, LANGUAGES[code].name) for code in LANGUAGES],
    )


def _preview_page(
    found: Petition, form: InvalidateForm, asked: Asked, errors: list[tuple[str, str]] | None = None
) -> str:
    with reading():
        counted = queries.preview(found.id, asked.rule)
    lang = current_language()
    return render_template(
        "integrity/preview.html",
        petition=found,
        title=title_of(found),
        form=form,
        stated={name: value for name, value in form.stated.items() if name in RULE_FIELDS},
        says=asked.says,
        errors=errors or [],
        preview=counted,
        countries=[(label_of("country", code, lang), people) for code, people in counted.by_country],
        everyone=statement(found.id, now=utc_now()).people,
        reasons=[(code, reason_name(code)) for code in INVALIDATION_REASONS],
    )


def _says(found: Petition, stated: Rule) -> list[tuple[str, str]]:
    """Return (what, which) of everything that a rule states, in the reader's language."""
    name, kinds = _namer(found), _kinds()
    says = [(kinds["domain"], name("domain", stated.domain_tag.hex()))] if stated.domain_tag else []
    says += [
        (kinds[kind], name(kind, getattr(stated, kind)))
        for kind in ("source", "path", "country", "language")
        if getattr(stated, kind)
    ]
    return says


def _kinds() -> dict[str, str]:
    return {
        "domain": _("Mail domain"),
        "source": _("What led here"),
        "path": _("How they signed"),
        "country": _("Country"),
        "language": _("Language of the page"),
    }


def _namer(found: Petition) -> Callable[[str, str], str]:
    """Return what names a group: a mail domain by its label, and by its name where everybody knows it.

    A domain's code is its tag in hexadecimal.
    """
    report = arrivals.report(found.id)
    known = report.providers if report else {}

    partners = names_by_code()

    def _name(kind: str, code: str) -> str:
        kind = kind.removeprefix("unconfirmed-")
        if kind == "source" and code in partners:
            return partners[code]
        if kind != "domain":
            return label_of(kind, code, current_language())
        if not code:
            return str(_("All smaller mail domains together"))
        tag = bytes.fromhex(code)
        return f"{known[tag]} ({rules.label_of(tag)})" if tag in known else rules.label_of(tag)

    return _name


def _run(run_id: int) -> Invalidation:
    return db.session.get(Invalidation, run_id) or abort(404)
