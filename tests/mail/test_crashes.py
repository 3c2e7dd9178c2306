"""A worker that is killed repeats at most the one mail that was on its way."""

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from campaign_app.extensions import db
from campaign_app.mail import rules
from campaign_app.mail.worker import run_batch

from .situations import NOW, queue_confirmation, rows

WORKER = Path(__file__).with_name("crashing_worker.py")
MAILS = 12


def killed_worker(settings, now, mails):
    told = json.dumps(asdict(settings), default=str)
    return subprocess.run(
        [sys.executable, str(WORKER), told, now.isoformat(), str(mails)], check=False, timeout=60
    ).returncode


@pytest.mark.endurance
def test_each_kill_between_sending_and_recording_repeats_at_most_that_one_mail(mail_app, mail_settings):
    for number in range(MAILS):
        queue_confirmation(to=f"signer{number}@example.org", about=number.to_bytes(16))
    db.session.remove()
    now = NOW
    kills = [killed_worker(mail_settings, now + number * rules.CLAIM_FOR, 3) for number in range(3)]

    run_batch(now=now + 2 * rules.CLAIM_FOR + timedelta(minutes=4))
    held_back = [mail for mail in rows() if mail.kind == "confirm"]
    run_batch(now=now + 3 * rules.CLAIM_FOR)

    sent = [
        message_from_bytes(path.read_bytes(), policy=policy.default)["To"]
        for path in (mail_settings.home / "mail").glob("*.eml")
    ]
    assert kills == [-9, -9, -9]
    assert held_back, "what a dead worker had claimed waits until its claim ends"
    assert {str(to) for to in sent} == {f"signer{number}@example.org" for number in range(MAILS)}
    assert len(sent) - MAILS <= len(kills)
    assert {mail.kind for mail in rows()} == {"remind"}
