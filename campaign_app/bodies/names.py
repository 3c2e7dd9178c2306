"""What kinds, forms, channels and the rest of the directory's closed sets are called, in the reader's language."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

KIND_NAMES: Mapping[str, LazyString] = {
    "mission": _l("Missions to the United Nations"),
    "secretariat": _l("Secretariat"),
    "un-office": _l("Offices of the United Nations"),
    "treaty-body": _l("Treaty bodies"),
    "procedure": _l("Procedures and experts"),
    "mechanism": _l("Mechanisms"),
    "humanitarian": _l("Humanitarian bodies"),
    "national": _l("National bodies"),
    "regional": _l("Regional bodies"),
    "ngo": _l("Organisations and associations"),
    "government": _l("Governments, parliaments and others"),
}
FORM_NAMES: Mapping[str, LazyString] = {
    "letter": _l("a letter"),
    "joint-letter": _l("a joint letter"),
    "open-letter": _l("an open letter"),
    "petition": _l("a petition"),
    "information": _l("information and evidence"),
    "general-allegation": _l("a general allegation"),
    "individual-case": _l("an individual case"),
    "urgent-appeal": _l("an urgent appeal"),
    "request": _l("a request"),
    "tracing-request": _l("a tracing request"),
    "complaint": _l("a signed complaint"),
    "cover-note": _l("a cover note"),
}
CHANNEL_NAMES: Mapping[str, LazyString] = {
    "mail": _l("e-mail"),
    "post": _l("post"),
    "form": _l("its own form"),
    "hand": _l("by hand"),
}
CONFIDENCE_NAMES: Mapping[str, LazyString] = {
    "high": _l("read at the body itself"),
    "medium": _l("read elsewhere, or derived"),
    "low": _l("unverified"),
}
VISIBILITY_NAMES: Mapping[str, LazyString] = {
    "public": _l("Public, once it is sent"),
    "verify-only": _l("Only to be verified, by whoever holds the letter"),
    "confidential": _l("Confidential: no page of it"),
}
