"""The page behind the link that stops updates: one button, and the same answer to every link."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from ..clock import utc_now
from ..database import write_once_more
from ..extensions import db
from .stopping import stop_updates

blueprint = Blueprint("updates", __name__)


@blueprint.get("/<lang:lang>/stop-updates/<token>")
def stop(lang: str, token: str) -> ResponseReturnValue:
    """Show one button. Opening the page changes nothing and looks nothing up: mail scanners follow links."""
    return render_template("updates/stop.html", token=token, is_done=False)


@blueprint.post("/<lang:lang>/stop-updates/<token>")
def stop_now(lang: str, token: str) -> ResponseReturnValue:
    """Stop updates to one mailbox: by the button, or by a mail program's one click (RFC 8058).

    Such a program sends no cookie, no Origin and no token of a form: the link itself is the permission.
    """

    def _stop() -> None:
        stop_updates(token=token, now=utc_now())
        db.session.commit()

    write_once_more(_stop)
    return render_template("updates/stop.html", token=token, is_done=True)
