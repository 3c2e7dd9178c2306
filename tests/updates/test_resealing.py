"""The file of recipients: frozen, the same from either sealer, refused where it is not whole."""

import hashlib
import io
import json
import os

import pytest

from campaign_app.clock import utc_now
from campaign_app.exports.rules import header_of
from campaign_app.sealing.campaign_secret import CampaignSecret
from campaign_app.sealing.mailing import Envelope, MailingSecret, mailing_key_id, open_row
from campaign_app.sealing.problems import WrongContext
from campaign_app.updates import resealing, rules
from campaign_app.updates.recipients_file import (
    LEFT_ALONE_FOR,
    UNFINISHED,
    forget_cut_off,
    receive,
    recipients_path,
)
from campaign_app.updates.rules import NotAMailing
from tests.updates.golden import GOLDEN, KEY, MAILING, RECIPIENTS, opened

FILE = (GOLDEN / "mailing-v1.nidaa-mailing").read_bytes()
SHEET = (GOLDEN / "mailing-sheet-v1.nidaa-sheet").read_text("utf-8").splitlines(keepends=True)
CAMPAIGN = CampaignSecret(bytes.fromhex(json.loads((GOLDEN / "secrets.json").read_text())[0]["seed"]))


def sealed_again() -> bytes:
    work = resealing.begin(header_of(SHEET[0]), KEY, CAMPAIGN)
    resealing.gather(SHEET[1:], resealing=work, secret=CAMPAIGN)
    assert work.is_whole
    return b"".join(resealing.sealed_lines(work))


def taken(file: bytes, tmp_path):
    with receiving(file, tmp_path) as received:
        received.put()
        return received


def receiving(file: bytes, tmp_path):
    return receive(io.BytesIO(file), expected=KEY, key_id=mailing_key_id(KEY.point), home=tmp_path)


def test_the_frozen_file_still_opens_to_what_was_sealed():
    assert opened(FILE) == RECIPIENTS


def test_a_mailbox_that_several_people_share_gets_one_mail_and_nobody_who_wants_no_news_gets_any():
    again = opened(sealed_again())

    assert again == RECIPIENTS
    assert again[0]["to"] == "first@example.org"
    assert len(again[0]["ids"]) == 2
    addresses = {each["to"] for each in again}
    assert not addresses & {"stopped@example.org", "never@example.org"}


def test_no_address_can_be_read_in_the_file():
    for each in RECIPIENTS:
        assert each["to"].encode() not in FILE
        assert each["stop"].encode() not in FILE


def test_a_header_or_a_row_that_was_moved_opens_to_nothing():
    header, first, second = FILE.splitlines(keepends=True)[:3]
    secret = MailingSecret(bytes.fromhex(MAILING["seed"]))
    told = rules.file_header_of(header)
    right = Envelope(mailing=told.mailing, petition=told.petition, recipients=told.recipients)
    content_key = secret.open_content_key(told.sealed_key, right)

    for wrong in (
        Envelope(mailing="f" * 16, petition=told.petition, recipients=told.recipients),
        Envelope(mailing=told.mailing, petition="another", recipients=told.recipients),
        Envelope(mailing=told.mailing, petition=told.petition, recipients=told.recipients + 1),
    ):
        with pytest.raises(WrongContext):
            secret.open_content_key(told.sealed_key, wrong)
    with pytest.raises(WrongContext):
        open_row(rules.sealed_of(second), number=1, content_key=content_key)
    assert open_row(rules.sealed_of(first), number=1, content_key=content_key) == RECIPIENTS[0]


def test_a_whole_file_is_taken_for_its_owner_only(tmp_path):
    received = taken(FILE, tmp_path)

    path = recipients_path(tmp_path, KEY.mailing)
    assert received.recipients == len(RECIPIENTS)
    assert path.read_bytes().startswith(FILE.splitlines(keepends=True)[0])
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_two_who_upload_at_once_do_not_mix_and_what_nobody_took_is_gone(tmp_path):
    with receiving(FILE, tmp_path) as first, receiving(sealed_again(), tmp_path) as second:
        second.put()

    assert first.lies_at != second.lies_at
    [path] = (tmp_path / "mailings").iterdir()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == second.sha256


def test_half_an_upload_of_a_process_that_was_killed_is_deleted_and_one_under_way_is_not(tmp_path):
    now = utc_now()
    with receiving(FILE, tmp_path) as under_way:
        left = under_way.lies_at.with_name(f"{KEY.mailing}.killed{UNFINISHED}")
        left.touch()
        long_ago = (now - 2 * LEFT_ALONE_FOR).timestamp()
        os.utime(left, times=(long_ago, long_ago))

        forget_cut_off(tmp_path, now=now + LEFT_ALONE_FOR / 2)

        assert list(left.parent.iterdir()) == [under_way.lies_at]


LINES = FILE.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", rules.NOT_ONE),
        (b"PK\x03\x04 something else", rules.NOT_ONE),
        (b"".join(LINES[:-1]), rules.CUT_SHORT),
        (b"".join(LINES[:-2]) + LINES[-2][:100], rules.CUT_SHORT),
        (b"".join([*LINES[:2], *LINES[3:]]), rules.CUT_SHORT),
        (b"".join([*LINES[:3], LINES[2], *LINES[3:]]), rules.CHANGED),
        (b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]), rules.CHANGED),
        (b"".join([*LINES, LINES[1]]), rules.CHANGED),
        (FILE.replace(b'"version":1', b'"version":2', 1), rules.OTHER_VERSION),
        (FILE.replace(KEY.mailing.encode(), b"f" * 16, 1), rules.OTHER_MAILING),
        (FILE.replace(b"lists-and-graves", b"other", 1), rules.OTHER_MAILING),
        (FILE.replace(mailing_key_id(KEY.point).encode(), b"0" * 16, 1), rules.OTHER_MAILING),
    ],
)
def test_a_file_that_is_not_whole_or_not_for_this_mailing_is_refused_and_nothing_is_left(
    tmp_path, file, reason
):
    with pytest.raises(NotAMailing) as refusal:
        taken(file, tmp_path)

    assert refusal.value.reason == reason
    assert list((tmp_path / "mailings").iterdir()) == []


def test_a_sheet_of_another_petition_or_without_marks_of_consent_is_refused():
    header = header_of(SHEET[0])
    other = rules.MailingKey(mailing=KEY.mailing, petition="another", point=KEY.point)

    with pytest.raises(resealing.NotForThisSheet):
        resealing.begin(header, other, CAMPAIGN)
    old = header_of((GOLDEN / "sheet-v1.nidaa-sheet").read_text("utf-8").splitlines(keepends=True)[0])
    with pytest.raises(resealing.NotForThisSheet):
        resealing.begin(old, KEY, CAMPAIGN)


def test_whoever_did_not_ask_for_news_is_named_and_left_out_of_a_sheet_of_contacts_whoever_put_them_there():
    first, *lines = (GOLDEN / "contacts-sheet-v3.nidaa-sheet").read_text("utf-8").splitlines(keepends=True)
    work = resealing.begin(header_of(first), KEY, CAMPAIGN)
    resealing.gather(lines, resealing=work, secret=CAMPAIGN)

    assert (work.failed, work.without_news) == ({8: "the person did not ask for news"}, 1)


def test_the_public_key_of_a_mailing_reads_back_and_nothing_else_does():
    assert rules.mailing_key_of(KEY.text) == KEY
    assert KEY.fingerprint == MAILING["fingerprint"]
    for text in ("", "{}", "[]", KEY.text.replace("nidaa-mailing-key", "other"), KEY.text[:-9]):
        with pytest.raises(rules.NotAMailingKey):
            rules.mailing_key_of(text)
