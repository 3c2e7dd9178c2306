"""The application: settings, extensions, rooms, error pages. With cli.py and operate.py it knows every room."""

import logging
from typing import Any

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from . import (
    config,
    database,
    desk_mount,
    finished_pages,
    health,
    jobs,
    languages,
    page_head,
    security_headers,
    static_files,
    templating,
)
from .accounts.setup import register as register_accounts
from .anonymous_logs import NidaaFlask, place_of
from .api import problems as api_problems
from .api.feed_views import blueprint as feeds
from .api.views import blueprint as api
from .audit import models as audit_models  # noqa: F401 - its table
from .bodies import models as body_models  # noqa: F401 - its tables
from .campaign import campaign
from .clock import utc_now
from .config import ROOT, Settings, from_environment, secret_key
from .errors import ConfigurationError
from .extensions import babel, db, migrate
from .letters import own_letter_views  # noqa: F401 - its routes
from .letters.counted import register as register_letters
from .letters.views import blueprint as letters
from .mail.relay_url import Relay
from .mail.schedule import register as register_mail_jobs
from .partners import models as partner_models  # noqa: F401 - its tables
from .petitions.rules import PetitionClosed, PetitionUnknown, SigningStopped
from .sealing.keys import KeyProblem, keyring
from .sealing.problems import PetitionKeyShredded
from .shield import setup as shield
from .shield.views import blueprint as shield_views
from .signing import link_views, mailbox_views, site_views, views  # noqa: F401 - their routes
from .signing.admission import CrossSite, SigningUnavailable
from .signing.blueprint import blueprint as signing
from .signing.rules import LONGEST_BODY_BYTES
from .updates.bounce_mailbox import Mailbox
from .updates.views import blueprint as updates
from .widgets import frame_views, kit_views, number_views, oembed_views, partner_views  # noqa: F401 - routes
from .widgets.blueprint import blueprint as widgets
from .widgets.frames import blueprint as frames
from .widgets.share_views import blueprint as sharing

ERROR_PAGES = (400, 403, 404, 405, 410, 413, 422, 429, 500, 503)
RETRY_AFTER_SECONDS = 15
DATABASE_WAIT_SECONDS = 5


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application.

    settings: by default read from the environment. Raises ConfigurationError naming what is wrong.
    """
    chosen = settings or from_environment()
    config.check(chosen)
    if chosen.smtp_url:
        Relay.from_url(chosen.smtp_url)
    if chosen.bounces_url:
        Mailbox.from_url(chosen.bounces_url)
    config.prepare_folders(chosen)
    app = NidaaFlask(__name__, static_folder=None)
    app.jinja_environment = templating.PageEnvironment
    app.extensions[config.EXTENSION] = chosen
    app.config.from_mapping(_flask_config(chosen))
    # No address is corrected by a redirect: it would name the host that a visitor or a proxy named, and the query.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    static = static_files.register(
        app,
        source=ROOT / "static",
        target=chosen.home / "static",
        headers=security_headers.of_static_files(app),
    )
    finished_pages.register(app)
    desk_mount.register(app, inline_style=static.critical_style)
    security_headers.register(app, inline_style=static.critical_style)
    languages.register(app)
    database.read_bodies_first(app)
    _register_extensions(app)
    _register_rooms(app, chosen)
    _register_error_pages(app)
    app.context_processor(_page_context)
    return app


def _flask_config(chosen: Settings) -> dict[str, Any]:
    # hide_parameters: a database error must not repeat what somebody typed.
    engine_options: dict[str, Any] = {"hide_parameters": True}
    if chosen.sqlalchemy_url.startswith("postgresql"):
        engine_options |= {
            "pool_size": chosen.web_threads,
            "max_overflow": chosen.web_threads,  # a session that reads while something is written at once
            "pool_timeout": DATABASE_WAIT_SECONDS,
            "connect_args": {"connect_timeout": DATABASE_WAIT_SECONDS},
        }
    return {
        "SECRET_KEY": secret_key(chosen),
        "SQLALCHEMY_DATABASE_URI": chosen.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options,
        "MAX_CONTENT_LENGTH": LONGEST_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": LONGEST_BODY_BYTES,
        "MAX_FORM_PARTS": 40,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "WTF_I18N_ENABLED": False,
        "SERVER_NAME": None,
        "PREFERRED_URL_SCHEME": chosen.base_url.partition(":")[0],
    }


def refuse_unready(app: Flask) -> None:
    """Refuse to serve a database of an older form, and in production while nobody is responsible or keys are missing.

    A database that does not answer is no reason: it may come back while this process lives, and one that is begun
    anew meanwhile must not end the others. Raises ConfigurationError listing what is missing. Commands run all the
    same: they mend it.
    """
    chosen: Settings = app.extensions[config.EXTENSION]
    obstacles: list[str] = []
    with app.app_context():
        if chosen.is_production:
            if campaign().missing:
                obstacles.append(f"{campaign().path} lacks {', '.join(campaign().missing)}")
            obstacles += health.key_obstacles()
        try:
            if health.is_behind():
                obstacles.append("the database is not at the newest form: run `campaign migrate`")
        except OperationalError:
            logging.getLogger(__name__).error("the database does not answer")
        db.engine.dispose()  # a supervisor needs none of its own
    if obstacles:
        raise ConfigurationError("not ready to serve: " + "; ".join(obstacles))


def _register_extensions(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    babel.init_app(app, locale_selector=languages.select_locale)
    templating.register(app)
    shield.init_app(app)
    with app.app_context():
        database.prepare(db.engine)


def _register_rooms(app: Flask, chosen: Settings) -> None:
    app.register_blueprint(signing)
    app.register_blueprint(letters)
    app.register_blueprint(updates)
    app.register_blueprint(api)
    app.register_blueprint(feeds)
    app.register_blueprint(sharing)
    app.register_blueprint(frames)
    app.register_blueprint(widgets)
    app.register_blueprint(shield_views)
    app.register_blueprint(health.blueprint)
    register_letters(app)
    register_mail_jobs(app)
    register_accounts(app)
    jobs.register(app)
    if not chosen.is_production:
        from .mail.dev_views import blueprint as mailbox

        app.register_blueprint(mailbox)


def _register_error_pages(app: Flask) -> None:
    """Give each refusal its status and each status a page that helps."""
    statuses: dict[type[Exception], int] = {
        PetitionUnknown: 404,
        PetitionClosed: 410,
        SigningStopped: 503,
        PetitionKeyShredded: 410,
        CrossSite: 403,
        SigningUnavailable: 503,
        KeyProblem: 503,
        OperationalError: 503,
        PoolTimeout: 503,
        ParseException: 400,  # a body in broken chunks, which gunicorn notices only while a form is read
    }
    for problem, status in statuses.items():
        app.register_error_handler(problem, _refused_with(status))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _defect)


def _refused_with(status: int) -> Any:
    def _refused(problem: Exception) -> ResponseReturnValue:
        logging.getLogger(__name__).info("refused with %s: %s", status, type(problem).__name__)
        if isinstance(problem, OperationalError):
            db.session.rollback()
        return _error_page(status)

    return _refused


def _http_error(problem: HTTPException) -> ResponseReturnValue:
    code = problem.code or 500
    if code in (301, 302, 303, 304, 307, 308):
        return problem
    description = problem.description if type(problem).__module__.startswith(__package__ or "") else ""
    retry_after = getattr(problem, "retry_after", None)
    page = _error_page(code, field=description or "", retry_after_seconds=retry_after)
    if isinstance(problem, RequestEntityTooLarge):
        # The rest of the body is not read: say so, so that the connection is not used again.
        return page[0], page[1], {**page[2], "Connection": "close"}
    if isinstance(problem, MethodNotAllowed) and problem.valid_methods:
        return page[0], page[1], {**page[2], "Allow": ", ".join(sorted(problem.valid_methods))}
    return page


def _defect(problem: Exception) -> ResponseReturnValue:
    original = getattr(problem, "original_exception", None) or problem
    logging.getLogger(__name__).error("defect answered with 500: %s", place_of(original))
    return _error_page(500)


def _error_page(
    status: int, *, field: str = "", retry_after_seconds: int | None = None
) -> tuple[str | bytes, int, dict[str, str]]:
    """Render an error page; it needs neither database nor keys. A machine that asks the API gets it as JSON."""
    shown = status if status in ERROR_PAGES else (400 if status < 500 else 500)
    headers = {}
    if status in (429, 503):
        retry_after_seconds = retry_after_seconds or RETRY_AFTER_SECONDS
        headers["Retry-After"] = str(retry_after_seconds)
    g.is_personal = True
    if request.path.startswith(api_problems.PLACE):
        said = api_problems.answer(status, api_problems.code_of(status))
        return said.get_data(), status, {**dict(said.headers), **headers}
    page = render_template(
        f"errors/{shown}.html",
        status=status,
        field=field,
        retry_after_seconds=retry_after_seconds,
        petition_slug=(request.view_args or {}).get("slug"),
    )
    return page, status, headers


def _page_context() -> dict[str, Any]:
    """Return what every page may use; none of it asks the database."""
    return {
        "campaign": campaign(),
        "is_demo": _is_demo(),
        "is_development": not config.settings().is_production,
        # Of a page that stands on its own; widgets.frames draws the same pages inside a frame.
        "layout": "layout/public.html",
        "is_framed": False,
        "stays": "",
        "saves_data": finished_pages.saves_data(request.environ) if request else False,
        "alternate_url": page_head.alternate_url,
        "page_head": page_head.page_head,
        "petition_picture": page_head.petition_picture,
        "campaign_picture": page_head.campaign_picture,
        "publisher": page_head.publisher,
        "site": config.settings().base_url,
        "now": utc_now(),
    }


def _is_demo() -> bool:
    try:
        return keyring().is_demo
    except KeyProblem:
        return False
