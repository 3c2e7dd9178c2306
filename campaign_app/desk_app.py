"""The desk: an application of its own under /desk, with sessions, forms and sign-in that no public page has.

desk_mount.py makes it when it is first asked for. Of the rooms it knows those that have pages here.
"""

import logging
from typing import Any

from flask import Flask, g, render_template, request, session
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import IntegerConverter, ValidationError

from . import config, database, finished_pages, languages, security_headers, templating
from .accounts import factors, limits, security, sessions
from .accounts.desk_views import blueprint as accounts_views
from .accounts.sessions import LANGUAGE
from .accounts.team_views import blueprint as team_views
from .accounts.today import Lines
from .anonymous_logs import NidaaFlask, place_of
from .approvals.desk_views import PLACES
from .approvals.desk_views import blueprint as approval_views
from .approvals.today import approval_lines
from .bodies import council_views  # noqa: F401 - its routes
from .bodies import desk_views as body_desk_views  # noqa: F401 - their routes
from .bodies.blueprint import blueprint as body_views
from .bodies.today import recipient_lines
from .campaign import campaign
from .clock import utc_now
from .config import EXTENSION, Settings
from .desk import access, bodies, gate, lockdown_views, numbers_views, record_views, views
from .desk.lockdown_views import lockdown_lines
from .desk.today import held_lines, key_lines, mail_lines
from .exports.desk_views import blueprint as export_views
from .extensions import babel, db
from .integrity import desk_views as integrity_views
from .integrity import elsewhere_views
from .integrity.today import integrity_lines
from .letters import (  # noqa: F401 - their routes
    batch_views,
    compose_views,
    delivery_views,
    new_batch_views,
    new_views,
    pack_views,
    reply_views,
)
from .letters import desk_views as letter_desk_views  # noqa: F401 - their routes
from .letters.desk_pages import blueprint as letter_views
from .letters.today import letter_lines
from .partners import desk_views as partner_desk_views  # noqa: F401 - their routes
from .partners import endorsement_views  # noqa: F401 - its routes
from .partners.blueprint import blueprint as partner_views
from .partners.blueprint import endorsements
from .partners.today import endorsement_lines
from .petitions import desk_views, news_views, part_views, text_views  # noqa: F401 - their routes
from .petitions.blueprint import blueprint as editor_views
from .petitions.today import figure_lines, opening_lines, word_lines
from .sealing.keys import KeyProblem
from .shield.state import EXTENSION as SHIELD
from .signing.step_views import blueprint as step_views
from .signing.today import rate_lines
from .updates import desk_views as update_desk_views  # noqa: F401 - their routes
from .updates import sending_views  # noqa: F401 - their routes
from .updates.desk_pages import blueprint as update_views
from .updates.today import update_lines
from .widgets.print_desk_views import blueprint as printed_matter

COOKIE = "nidaa-desk"
LARGEST_ROW_NUMBER = 2**31 - 1
# What a room says on the home, in the order of this list; rooms that come later are added here and nowhere else.
LINES: tuple[Lines, ...] = (
    lockdown_lines,
    rate_lines,
    key_lines,
    mail_lines,
    held_lines,
    approval_lines,
    opening_lines,
    word_lines,
    figure_lines,
    recipient_lines,
    integrity_lines,
    endorsement_lines,
    letter_lines,
    update_lines,
)
BLUEPRINTS = (
    accounts_views,
    team_views,
    views.blueprint,
    approval_views,
    export_views,
    numbers_views.blueprint,
    lockdown_views.blueprint,
    editor_views,
    step_views,
    body_views,
    record_views.blueprint,
    integrity_views.blueprint,
    elsewhere_views.blueprint,
    partner_views,
    endorsements,
    letter_views,
    update_views,
    printed_matter,
)
# Room → the page that shows what waits to be approved; it takes the reference.
APPROVAL_PLACES: dict[str, str] = {
    "exports": "exports.sheet",
    "letters": "letter_desk.show",
    "updates": "mailings.show",
}
# Settings that both applications share.
SHARED = (
    "SQLALCHEMY_DATABASE_URI",
    "SQLALCHEMY_ENGINE_OPTIONS",
    "MAX_CONTENT_LENGTH",
    "MAX_FORM_MEMORY_SIZE",
    "BABEL_TRANSLATION_DIRECTORIES",
    "WTF_I18N_ENABLED",
    "PREFERRED_URL_SCHEME",
)


def create_desk(public: Flask, *, inline_style: str) -> Flask:
    """Return the desk's application, with the settings, shield and static files of the public one.

    Raises ConfigurationError where somebody forgot to say who may open a page.
    """
    desk = NidaaFlask(__package__ or "", static_folder=None)
    desk.jinja_environment = templating.PageEnvironment
    desk.config.update({name: public.config[name] for name in SHARED if name in public.config})
    desk.config.update(_cookie_and_forms(public))
    for name in (EXTENSION, SHIELD, finished_pages.STORE):
        desk.extensions[name] = public.extensions[name]
    desk.url_map.converters["int"] = RowNumber
    desk.url_map.strict_slashes = desk.url_map.merge_slashes = False
    desk.jinja_env.trim_blocks = desk.jinja_env.lstrip_blocks = True
    for name in ("static_url", "critical_css"):
        desk.jinja_env.globals[name] = public.jinja_env.globals[name]
    # Pages of the desk are not compressed: their length would tell what stands beside a form's token (BREACH).
    security_headers.register(desk, inline_style=inline_style)
    desk.session_interface = DeskSession()
    desk.before_request(_begin)
    languages.register(desk)
    gate.admit_long_forms(desk)
    bodies.register(desk)
    db.init_app(desk)
    babel.init_app(desk, locale_selector=languages.select_locale)
    templating.register(desk)
    with desk.app_context():
        database.prepare(db.engine)
    _register_rooms(desk, secret=public.config["SECRET_KEY"])
    desk.register_error_handler(HTTPException, _refused)
    desk.register_error_handler(OperationalError, _database_away)
    desk.register_error_handler(KeyProblem, _keys_away)
    desk.register_error_handler(500, _defect)
    desk.context_processor(_page_context)
    return desk


def _register_rooms(desk: Flask, *, secret: bytes) -> None:
    """Bind the library, then our hooks in the order in which a request meets them, then the pages."""
    CSRFProtect(desk)
    with desk.app_context():
        security.register(desk, secret)
    limits.register(desk)
    sessions.register(desk)
    gate.register(desk)
    factors.register(desk)
    for blueprint in BLUEPRINTS:
        desk.register_blueprint(blueprint)
    desk.extensions[views.LINES] = LINES
    desk.extensions[PLACES] = APPROVAL_PLACES
    access.refuse_unlisted(desk.view_functions)


class RowNumber(IntegerConverter):
    """A number in an address is that of a row: one that no column holds is no page, and no defect."""

    def to_python(self, value: str) -> int:
        """Return the number. Raises ValidationError."""
        number: int = super().to_python(value)
        if number > LARGEST_ROW_NUMBER:
            raise ValidationError
        return number


class DeskSession(SecureCookieSessionInterface):
    """Flask's signed cookie, under a key of its own. What counts is the row that its token names."""

    salt = "nidaa-desk-session"


def _cookie_and_forms(public: Flask) -> dict[str, Any]:
    chosen: Settings = public.extensions[EXTENSION]
    is_encrypted = chosen.base_url.startswith("https://")
    return {
        "SECRET_KEY": security.derived(public.config["SECRET_KEY"], "cookie"),
        # A browser takes a cookie of this prefix only over https. "__Host-" is stronger, and forbids a path.
        "SESSION_COOKIE_NAME": f"__Secure-{COOKIE}" if is_encrypted else COOKIE,
        "SESSION_COOKIE_PATH": "/desk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_SECURE": is_encrypted,
        "REMEMBER_COOKIE_PATH": "/desk",  # never set; were it, it would stay here
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over lunch still works
        "MAX_FORM_PARTS": 100,
    }


def _begin() -> None:
    """Let nothing keep a copy; answer in the language chosen here, or else in the one that the browser asks for."""
    g.is_personal = True
    chosen = session.get(LANGUAGE)
    g.lang = chosen if chosen in languages.LANGUAGES else languages.preferred_language()


def _page_context() -> dict[str, Any]:
    path = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return {
        "campaign": campaign(),
        "here": request.script_root + path,
        "is_development": not config.settings().is_production,
        "is_signed_in": "session_id" in g,
        "may_open": gate.may_open,
        "now": utc_now(),
        "public_page": _public_page,
    }


def _public_page(*places: str) -> str:
    """Return the address of a page of the public application, in the reader's language."""
    return "/".join(("", languages.current_language(), *places))


def _refused(problem: HTTPException) -> ResponseReturnValue:
    code = problem.code or 500
    if code in (301, 302, 303, 307, 308):
        return problem
    headers: dict[str, str] = {}
    retry_after = getattr(problem, "retry_after", None)
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    if isinstance(problem, MethodNotAllowed) and problem.valid_methods:
        headers["Allow"] = ", ".join(sorted(problem.valid_methods))
    return _error_page(code, retry_after_seconds=retry_after), code, headers


def _database_away(problem: OperationalError) -> ResponseReturnValue:
    logging.getLogger(__name__).info("refused with 503: %s", type(problem).__name__)
    db.session.rollback()
    return _error_page(503), 503, {"Retry-After": "15"}


def _keys_away(problem: KeyProblem) -> ResponseReturnValue:
    logging.getLogger(__name__).info("refused with 503: %s", type(problem).__name__)
    db.session.rollback()
    return _error_page(503, are_keys_away=True), 503


def _defect(problem: Exception) -> ResponseReturnValue:
    original = getattr(problem, "original_exception", None) or problem
    logging.getLogger(__name__).error("defect answered with 500: %s", place_of(original))
    return _error_page(500), 500


def _error_page(status: int, **shown: object) -> str:
    """Render an error page; it needs neither database nor keys."""
    g.is_personal = True
    return render_template("desk/error.html", status=status, **shown)
