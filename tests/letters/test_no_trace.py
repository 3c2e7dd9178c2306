"""No confidential letter leaves any public trace: one of each visibility is issued and sent, and everything is read."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from campaign_app import finished_pages
from campaign_app.approvals import operations as approvals
from campaign_app.approvals.queries import approval_of
from campaign_app.bodies.models import Body
from campaign_app.extensions import db
from campaign_app.letters import drafting, issuing, making, queries, rules
from campaign_app.letters.frozen import from_json
from campaign_app.letters.templates import template
from campaign_app.sealing.tokens import token_hash
from campaign_app.signing.models import Signature
from campaign_app.tally import operations as tally
from tests.integrity.campaigns import let_sign
from tests.letters import sent
from tests.letters.samples import frozen_letter
from tests.letters.situations import NOW, begin
from tests.organisers import join

SLUG = "lists-and-graves"
TOKEN = "t" * 32
INVENTED = {"en": "Invented Office of {} Nowhere", "ar": "مكتب {} مخترع لا وجود له"}
SENT = {  # visibility → the template and the body that the letter goes to
    rules.PUBLIC: ("council-president", ""),
    rules.VERIFY_ONLY: ("high-commissioner", "ohchr"),
    rules.CONFIDENTIAL: ("icrc-iimp-request", "icrc"),
}
ELSEWHERE = ("/sitemap.xml", "/robots.txt", "/en/updates.atom", "/api/v1/letters", "/healthz", "/readyz")
LINK = re.compile(r'(?:href|src|action|content)="([^"]+)"')
pytestmark = pytest.mark.usefixtures("ready")


@pytest.fixture
def letters(petition, monkeypatch):
    """A letter of each visibility, issued by two people and sent; and a signer of its petition whose link is known."""
    for where in ("letters.views", "signing.link_views", "api.declared", "api.feed_views"):
        monkeypatch.setattr(f"campaign_app.{where}.utc_now", lambda: NOW)
    signed = let_sign(petition.id, 120, on=NOW.date().replace(day=1))
    db.session.get(Signature, signed[0]).link_hash = token_hash(TOKEN)
    people = [join("owner@example.org", ["owner"], now=NOW)]
    people.append(join("approver@example.org", ["approver"], people[0], now=NOW))
    found = {visibility: _sent(visibility, people) for visibility in SENT}
    db.session.commit()
    return found


def _sent(visibility, people):
    """Return a letter of a visibility that went the whole way to an office whose name is invented."""
    key, body_key = SENT[visibility]
    if body_key:
        body = db.session.scalar(select(Body).filter_by(key=body_key))
        body.names = {lang: name.format(visibility) for lang, name in INVENTED.items()}
    found = begin(key, body_key=body_key, way=rules.POST) if body_key else begin(key, way=rules.POST)
    typed = {each.name: {lang: "Invented words" for lang in ("en", "ar")} for each in template(key).fields}
    edit = drafting.Edit(
        texts=found.texts,
        typed=typed,
        parts=(),
        signatory=found.signatory,
        visibility=visibility,
        way=rules.POST,
    )
    drafting.edit(letter=found, edit=edit, by="test", now=NOW)
    issuing.ask(letter=found, by=people[0], now=NOW)
    approval = approval_of(queries.ROOM, found.key)
    approvals.approve(approval=approval, digest=approval.digest, by=people[1], now=NOW)
    issuing.issue(letter=found, by=people[0], now=NOW)
    making.make(found, now=NOW)
    found.state, found.sent_at = rules.SENT, NOW
    db.session.flush()
    return found


def traces(letter):
    """Return what would tell of a letter: by kind, as it would stand on a page."""
    said = from_json(letter.frozen)
    names = said.addressed.names.values()
    return {
        "reference": {letter.reference},
        "code": {letter.code},
        "key": {letter.key},
        "recipient": {name for name in names if "Invented" in name or "مخترع" in name},
        "subject": {text.subject for text in said.texts.values()},
        "sum": {letter.frozen_sha256, *(each.sha256 for each in queries.files_of(letter))},
        "file": {each.name for each in queries.files_of(letter)},
    }


def everything_public(app, public_reference):
    """Return what every address answers that the public can find, with its headers, by address."""
    client = app.test_client()
    waiting, read = [*ELSEWHERE, f"/en/my-signature/{TOKEN}", f"/ar/my-signature/{TOKEN}"], {}
    values = {"slug": SLUG, "day": "2026-12-05", "reference": public_reference, "page": 1, "token": TOKEN}
    values |= {"name": "x", "file_name": "x", "language": "zh"}
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods:
            for lang in ("ar", "en"):
                given = {name: (values | {"lang": lang})[name] for name in rule.arguments}
                with app.test_request_context():
                    waiting.append(rule.build(given)[1])
    while waiting:
        address = waiting.pop()
        if address in read or address.startswith("/desk"):
            continue
        answer = client.get(address)
        read[address] = f"{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"
        answer.close()  # of a file that is sent as it lies there
        if answer.mimetype == "text/html":
            for found in LINK.findall(answer.text):
                parts = urlsplit(unescape(found))
                if parts.path.startswith("/") and parts.netloc in ("", "localhost"):
                    waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return read


def test_a_confidential_letter_is_found_nowhere_and_one_only_to_be_checked_by_its_signers_alone(
    app, letters, caplog, base_settings, mail_dir
):
    caplog.set_level("INFO")
    hidden = {kind: traces(letter) for kind, letter in letters.items()}
    reference = letters[rules.PUBLIC].reference
    db.session.rollback()
    with ThreadPoolExecutor(1) as elsewhere:  # where no context of this test is
        read = elsewhere.submit(everything_public, app, reference).result()
    store = app.extensions[finished_pages.STORE]
    read["kept pages"] = repr(store.kept) + repr(store.asked)
    read["log"] = caplog.text
    read["mails"] = "".join(path.read_text() for path in mail_dir.iterdir())

    as_read = {address: (text, unescape(text)) for address, text in read.items()}

    def told(visibility, kind):
        return {
            address
            for address, texts in as_read.items()
            for trace in hidden[visibility][kind]
            if any(trace in text for text in texts) or json.dumps(trace)[1:-1] in texts[0]
        }

    traced = hidden[rules.PUBLIC].keys()
    mine = {f"/{lang}/my-signature/{TOKEN}" for lang in ("ar", "en")}
    assert {f"/en/letters/{reference}", "/en/letters/", *mine} <= told(rules.PUBLIC, "reference")
    assert told(rules.PUBLIC, "sum")  # so the crawl would have seen it
    assert {kind: told(rules.CONFIDENTIAL, kind) for kind in traced} == {kind: set() for kind in traced}
    assert told(rules.VERIFY_ONLY, "reference") == mine
    # Whoever writes a letter of their own chooses among all offices: that list, which is kept, knows no letters.
    of_the_directory = {address for address in read if address.endswith("/your-letter")} | {"kept pages"}
    beside = {kind: told(rules.VERIFY_ONLY, kind) for kind in traced if kind != "reference"}
    assert beside.pop("recipient") <= of_the_directory
    assert beside == {kind: set() for kind in beside}


def test_a_correction_is_no_more_open_than_the_letter_whose_reference_it_prints(letters):
    new = drafting.correct(letter=letters[rules.CONFIDENTIAL], by="test", now=NOW)

    drafting.edit(
        letter=new,
        edit=drafting.Edit(
            texts=new.texts, typed={}, parts=(), signatory={}, visibility=rules.PUBLIC, way=None
        ),
        by="test",
        now=NOW,
    )

    assert new.visibility == rules.CONFIDENTIAL


@pytest.mark.parametrize(
    ("day", "state", "put_back", "said"),
    [
        (9, "counted", None, "You are counted in it."),
        (10, "counted", None, "You may be counted in it"),
        (11, "counted", None, None),
        (9, "withdrawn", None, "You may be counted in it"),
        (9, "counted", 10, "You may be counted in it"),
        (9, "counted", 9, "You are counted in it."),
    ],
)
def test_a_signer_is_told_only_what_is_certain_as_certain(
    app, petition, day, state, put_back, said, monkeypatch
):
    monkeypatch.setattr("campaign_app.signing.link_views.utc_now", lambda: NOW)
    on = NOW.date().replace(day=day)
    (person,) = let_sign(petition.id, 1, on=on)
    row = db.session.get(Signature, person)
    row.link_hash, row.state = token_hash(TOKEN), state
    if put_back:
        where = {"country": "DE", "language": "en", "source": "direct", "path": "js"}
        back_on = NOW.date().replace(day=put_back)
        tally.add(petition_id=petition.id, day=back_on, event="restored", people=1, reason="trial", **where)
    stated = statement_of(as_of=NOW)
    sent.send(1, at=NOW, issued_at=NOW, says={"statement": stated})
    db.session.commit()

    with ThreadPoolExecutor(1) as elsewhere:
        page = elsewhere.submit(lambda: app.test_client().get(f"/en/my-signature/{TOKEN}").text).result()

    assert ("NID-2026-0001" in page) == (said is not None)
    if said:
        assert said in page
        assert "No reply expected." in page


def statement_of(*, as_of):
    """Return a letter's statement of a moment."""
    return replace(frozen_letter("en").statement, as_of=as_of.isoformat())
