"""While the desk reckons for long, supporters can sign: on SQLite there is one turn to write, and a post has it."""

import sqlite3

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from campaign_app import rich_text
from campaign_app.exports import desk_views as export_views
from campaign_app.extensions import db
from campaign_app.integrity import queries as integrity
from campaign_app.petitions import text_views
from campaign_app.petitions.rules import LONGEST, TEXT_FIELDS
from campaign_app.tally.rules import INVALIDATION_REASONS
from campaign_app.updates import bounces
from tests.desk_client import signed_in, token_of

PLACE = "/desk/petitions/{slug}"
WORDS = {f"en-{name}": "Words" for name in TEXT_FIELDS}
TYPED = {"show": "en", "en-began_from": "0", **WORDS}
ACTS = {
    "counts as a workbook": (
        export_views,
        "write_counts",
        "/desk/exports/counts",
        {"petition": "all", "format": "xlsx", "language": "en"},
    ),
    "a preview beside the form": (text_views, "preview_text", PLACE + "/preview", TYPED),
    "a preview without JavaScript": (
        text_views,
        "preview_text",
        PLACE + "/texts",
        TYPED | {"act": "preview"},
    ),
    "two who write at once": (text_views, "differences", PLACE + "/texts", TYPED),
    "whom a rule fits": (
        integrity,
        "preview",
        "/desk/integrity/petitions/{slug}/runs",
        {"path": "nojs", "reason": INVALIDATION_REASONS[0], "note": "Test", "expected": "1"},
    ),
    "a report that came back": (bounces, "returned_of", "/desk/updates/returned", {"returned": "none"}),
}


def others_can_write() -> bool:
    """Whether another connection gets the turn to write just now, as far as a signature needs one."""
    if db.engine.dialect.name == "postgresql":
        return petitions_can_be_signed()
    other = sqlite3.connect(str(db.engine.url.database), timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


def petitions_can_be_signed() -> bool:
    """Whether a signature could point at every petition at this moment: all that it waits for on PostgreSQL."""
    engine = create_engine(db.engine.url, poolclass=NullPool)
    try:
        with engine.connect() as other:
            other.execute(text("SELECT id FROM petition FOR KEY SHARE NOWAIT"))
    except OperationalError:
        return False
    return True


def test_supporters_sign_while_the_desk_reckons(app, petition, monkeypatch):
    owner = signed_in(app).language("en")
    token = token_of(owner.get("/desk/exports/"))
    seen = {}
    for name, (module, function, path, fields) in ACTS.items():
        works = getattr(module, function)

        def _watched(*args, name=name, works=works, **more):
            seen[name] = others_can_write()
            return works(*args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(module, function, _watched)
            answer = owner.post(path.format(slug=petition.slug), data={"csrf_token": token, **fields})
            assert answer.status_code < 500

    assert seen == dict.fromkeys(ACTS, True)


def test_a_text_beyond_its_limit_is_not_read_to_its_end(app, petition, monkeypatch):
    longest = []
    read = rich_text._MARKDOWN.parse

    def _read(text, *more):
        longest.append(len(text))
        return read(text, *more)

    monkeypatch.setattr(rich_text._MARKDOWN, "parse", _read)
    owner = signed_in(app).language("en")
    place = f"/desk/petitions/{petition.slug}/texts"
    token = token_of(owner.get(place))

    owner.post(place, data={"csrf_token": token, **TYPED, "en-background": "[" * 50_000, "act": "preview"})

    assert 0 < max(longest) <= max(LONGEST.values())
