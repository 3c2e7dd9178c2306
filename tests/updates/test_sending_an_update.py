"""An update from the first word to the one click that ends it: real sign-ups, two people, a real relay."""

import io
import json
import re
from email import policy
from email.parser import BytesParser

from click.testing import CliRunner

from campaign_app.cli import campaign
from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petition
from campaign_app.sealing import mailing as sealing
from campaign_app.updates import queries
from campaign_app.updates.models import Mailing
from campaign_app.updates.recipients_file import kept_references
from tests.desk_client import signed_in, token_of
from tests.mail.relays import FakeRelay
from tests.pages import end_the_tests_own_transaction
from tests.supporters import SLUG, sign_and_confirm

from .situations import TEXTS, second_person, settings_with, sheet_of, work

HTTPS = "https://sign.example.org"
FORM = {f"{part}-{lang}": text[part] for lang, text in TEXTS.items() for part in ("subject", "body")}
ONE_CLICK = re.compile(r"<https://sign\.example\.org(/[a-z]{2}/stop-updates/[A-Za-z0-9_-]{32})>")


def mailing(app) -> Mailing:
    end_the_tests_own_transaction()
    with app.app_context():
        found = queries.mailings()[0]
        db.session.expunge(found)
        db.session.rollback()
        return found


def written_and_released(app, owner, second) -> str:
    """Write an update at the desk, have the second person agree, release it; return its place."""
    with app.app_context():
        petition_id = public_petition(SLUG).id
        db.session.rollback()
    place = owner.send(
        "/desk/updates/write", page="/desk/updates/write", petition_id=str(petition_id), pace="1200", **FORM
    ).location
    assert owner.get(place).status_code == 200
    assert owner.send(f"{place}/ask", page=place).status_code == 303
    waiting = second.get("/desk/approvals/")
    approve = re.search(r'action="(/desk/approvals/\d+/approve)"', waiting.text)
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', waiting.text)
    assert owner.send(f"{place}/release", page=place).status_code == 409, "nobody agreed yet"
    assert second.send(approve[1], page="/desk/approvals/", digest=digest[1]).status_code == 303
    assert owner.send(f"{place}/release", page=place).status_code == 303
    work(app)
    return place


def sealed_by_command(app, tmp_path, owner, place, sheet: bytes) -> bytes:
    """Seal a sheet to the key that the desk gives, as an organiser does without a network."""
    key, secret = tmp_path / "mailing.json", next(app.extensions["nidaa_settings"].keys_dir.glob("*secret*"))
    (tmp_path / "sheet").write_bytes(sheet)
    key.write_bytes(owner.get(f"{place}/key").data)
    out = tmp_path / f"{json.loads(key.read_text())['mailing']}.nidaa-mailing"
    secret = next(iter(sorted(app.extensions["nidaa_settings"].keys_dir.glob("campaign-secret-*.json"))))
    arguments = ["seal-mailing", str(tmp_path / "sheet"), "--mailing", str(key), "--key", str(secret)]
    done = CliRunner().invoke(campaign, [*arguments, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out.read_bytes()


def sent_update(app, tmp_path, owner, second, sheet: bytes | None = None, before_start=lambda: None) -> None:
    """Take an update from its first word until the worker has nothing left to do."""
    place = written_and_released(app, owner, second)
    with app.app_context():
        sheet = sheet or sheet_of(public_petition(SLUG))
        db.session.rollback()
    file = sealed_by_command(app, tmp_path, owner, place, sheet)
    answer = owner.post(
        f"{place}/recipients",
        data={"csrf_token": token_of(owner.get(place)), "recipients": (io.BytesIO(file), "recipients")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text
    assert owner.get(place).status_code == 200
    before_start()
    assert owner.send(f"{place}/start", page=place).status_code == 303
    work(app, rounds=3)


def test_an_update_reaches_whoever_asked_in_their_language_and_one_click_ends_it(
    app, client, mail_dir, tmp_path
):
    tokens = {
        name: sign_and_confirm(client, mail_dir, email=f"{name}@example.org", **choice)
        for name, choice in {
            "first": {"wants_updates": "y"},
            "second": {"wants_updates": "y"},
            "leaves": {"wants_updates": "y"},
            "silent": {},
            "quiet": {},
        }.items()
    }
    owner = signed_in(app)
    second = second_person(app)

    def _leave() -> None:
        client.post(f"/en/my-signature/{tokens['leaves']}/withdraw", data={"nth": "0"})

    with FakeRelay() as relay, settings_with(app, base_url=HTTPS, smtp_url=relay.url):
        sent_update(app, tmp_path, owner, second, before_start=_leave)

        assert sorted(mail.to for mail in relay.received) == ["first@example.org", "second@example.org"]
        done = mailing(app)
        assert (done.state, done.recipients, done.sent, done.unwanted) == ("done", 3, 2, 1)
        mail = BytesParser(policy=policy.default).parsebytes(relay.received[0].content)
        assert mail["Content-Language"] == "en"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "handed over: https://example.org/news" in mail.get_body(("plain",)).get_content()
        by_address = {each.to: each.message for each in relay.received}
        one_click = ONE_CLICK.fullmatch(by_address["first@example.org"]["List-Unsubscribe"].strip())[1]

        bare = app.test_client().post(one_click, data={"List-Unsubscribe": "One-Click"})
        unknown = app.test_client().post(one_click[:-5] + "zzzzz", data={"List-Unsubscribe": "One-Click"})

        assert (bare.status_code, unknown.status_code) == (200, 200)
        assert bare.text.replace(one_click, "") == unknown.text.replace(one_click[:-5] + "zzzzz", "")
        relay.received.clear()
        sent_update(app, tmp_path, owner, second)
        assert [mail.to for mail in relay.received] == ["second@example.org"]

    work(app)
    keys_dir, home = app.extensions["nidaa_settings"].keys_dir, app.extensions["nidaa_settings"].home
    assert kept_references(home) == []
    assert sealing.kept_mailing_keys(keys_dir=keys_dir) == []
