"""A single-use token is used once, on either database, also by several people at one moment."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.shield import operations
from campaign_app.shield.models import Spent

pytestmark = pytest.mark.usefixtures("context")

NOW = utc_now()
NONCE = bytes(range(16))
BODY = ("Test Signer", "signer@example.org", "SY")


def spend(nonce: bytes = NONCE, body: tuple[str, ...] = BODY, now=NOW) -> str:
    mac = operations.body_mac(nonce=nonce, body=body)
    return operations.spend(nonce=nonce, body_mac=mac, now=now)


def rows() -> int:
    return db.session.execute(select(func.count()).select_from(Spent)).scalar_one()


def test_a_nonce_is_new_once_and_the_same_afterwards():
    assert [spend(), spend(), spend()] == ["new", "same", "same"]
    assert rows() == 1


def test_a_nonce_that_carried_another_body_is_spent():
    spend()

    with pytest.raises(operations.NonceSpent):
        spend(body=("Test Signer", "other@example.org", "SY"))
    assert rows() == 1


def test_another_nonce_is_not_concerned():
    spend()

    assert spend(nonce=b"\xff" * 16) == "new"


def test_a_nonce_spent_in_a_transaction_that_was_undone_can_still_be_used():
    spend()
    db.session.rollback()

    assert spend() == "new"


def at_one_moment(app: Flask, bodies: list[tuple[str, ...]]) -> list[str]:
    """Spend one nonce from as many threads as there are bodies, each in its own transaction."""
    outcomes: list[str] = []
    start = threading.Barrier(len(bodies))

    def use(body: tuple[str, ...]) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes.append(spend(body=body))
                db.session.commit()
            except operations.NonceSpent:
                db.session.rollback()
                outcomes.append("spent")

    threads = [threading.Thread(target=use, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_a_double_submit_at_one_moment_is_new_once(app):
    assert at_one_moment(app, [BODY] * 8) == ["new"] + ["same"] * 7
    assert rows() == 1


def test_a_replay_with_other_bodies_at_one_moment_is_accepted_once(app):
    bodies = [("Test Signer", f"signer{nth}@example.org", "SY") for nth in range(8)]

    assert at_one_moment(app, bodies) == ["new"] + ["spent"] * 7
    assert rows() == 1


def test_expired_records_are_swept_a_few_at_a_time_and_the_others_stay():
    for nth in range(5):
        spend(nonce=bytes([nth]) * 16, now=NOW - timedelta(days=2))
    spend()

    assert [operations.sweep_spent(now=NOW, limit=3) for _ in range(3)] == [3, 2, 0]
    assert spend() == "same"


def test_a_record_is_kept_for_a_day_and_until_the_midnight_after_it():
    spend()

    assert operations.sweep_spent(now=NOW + timedelta(days=1)) == 0
    assert operations.sweep_spent(now=NOW + timedelta(days=2)) == 1


def test_what_is_stored_tells_neither_the_nonce_nor_the_body_nor_lets_anyone_test_a_guess():
    spend()
    stored = db.session.execute(select(Spent.hash, Spent.body_mac)).one()

    assert NONCE not in stored.hash
    # The digest needs the nonce: who guesses the body alone, with any nonce they can read here, finds nothing.
    assert operations.body_mac(nonce=stored.hash, body=BODY) != stored.body_mac


@pytest.mark.parametrize(
    "other", [("Test", "Signer"), ("Test Signer", ""), ("Test\x00Signer",), ("test signer",)]
)
def test_different_bodies_have_different_digests(other):
    ours = operations.body_mac(nonce=NONCE, body=("Test Signer",))

    assert operations.body_mac(nonce=NONCE, body=other) != ours


def test_any_text_a_form_can_carry_has_a_digest():
    assert len(operations.body_mac(nonce=NONCE, body=("\ud800", "اسم", "\x00"))) == 32
