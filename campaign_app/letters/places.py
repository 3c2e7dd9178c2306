"""Where at the desk each thing that stands against a letter is mended."""

from typing import Any

from flask import current_app, url_for

from .about import petition_of, recipient_of
from .models import Letter

# Code of an obstacle → part of the composer's page.
IN_THE_COMPOSER = {
    "text-missing": "words",
    "bare-number": "words",
    "unresolved": "words",
    "way-missing": "way",
    "signatory-missing": "signatory-name",
    "names-hidden": "annex",
    "month-missing": "month",
    "month-over": "month",
    "month-ahead": "month",
    "month-ends": "month",
}
AT_THE_BODY = (
    "form-refused",
    "accepts-unknown",
    "language-not-accepted",
    "words-missing",
    "office-vacant",
    "term-over",
    "channel-missing",
    "channel-unverified",
    "channel-old",
    "not-for-this-body",
)
AT_THE_PETITION = ("petition-withdrawn", "nobody-signed")


def of(code: str, letter: Letter) -> str:
    """Return the address of the page where something is mended; "" where no page of the desk can."""
    if code in IN_THE_COMPOSER:
        return _page("letter_desk.edit", reference=letter.key, _anchor=IN_THE_COMPOSER[code])
    if code in AT_THE_BODY and (to := recipient_of(letter)):
        return _page("bodies.show", key=to.key)
    if code in AT_THE_PETITION and (petition := petition_of(letter)):
        return _page("editor.petition", slug=petition.slug)
    elsewhere = {"no-president": "bodies.council", "figures-old": "editor.figures"}
    return _page(elsewhere[code]) if code in elsewhere else ""


def _page(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
