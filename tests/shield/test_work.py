"""Proof of work: what a challenge promises, and which solutions serve."""

import base64
import hashlib
import json
from datetime import timedelta

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.clock import utc_now
from campaign_app.shield import work
from campaign_app.shield.rules import CHALLENGE_LIFETIME, WORK

from .conftest import make_app

PETITION = 7
APP = make_app()


@pytest.fixture(autouse=True)
def _in_app():
    with APP.app_context():
        yield


def solution_of(challenge: dict) -> str:
    """Solve a challenge as any ALTCHA client would."""
    made = altcha.Challenge.from_dict(challenge)
    solved = altcha.solve_challenge(made)
    assert solved
    return altcha.Payload(made, solved).to_base64()


def changed(payload: str, **parameters: object) -> str:
    """Return a payload whose challenge says something else."""
    content = json.loads(base64.b64decode(payload))
    content["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize("level", range(len(WORK)))
def test_a_challenge_says_what_it_costs_and_what_it_is_for(level):
    parameters = work.challenge(PETITION, level, utc_now())["parameters"]

    assert parameters["algorithm"] == "PBKDF2/SHA-256"
    assert parameters["cost"] == WORK[level].iterations
    assert parameters["data"] == {"petition": PETITION, "level": level, "counters": WORK[level].counters}


def test_a_solved_challenge_gives_its_nonce():
    challenge = work.challenge(PETITION, 0, utc_now())

    nonce = work.verify(solution_of(challenge), PETITION, 0, utc_now())

    assert nonce.hex() == challenge["parameters"]["nonce"]


def test_checking_a_solution_derives_no_key(monkeypatch):
    payload = solution_of(work.challenge(PETITION, 0, utc_now()))
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", None)

    work.verify(payload, PETITION, 0, utc_now())


def test_every_challenge_has_its_own_nonce():
    nonces = {work.challenge(PETITION, 0, utc_now())["parameters"]["nonce"] for _ in range(100)}

    assert len(nonces) == 100


def test_the_wanted_counter_lies_anywhere_in_its_range():
    made = [altcha.Challenge.from_dict(work.challenge(PETITION, 0, utc_now())) for _ in range(200)]
    counters = {solved.counter for challenge in made if (solved := altcha.solve_challenge(challenge))}

    assert min(counters) == 0
    assert max(counters) == WORK[0].counters - 1


def test_no_solution_means_no_script():
    with pytest.raises(work.WorkMissing):
        work.verify("", PETITION, 0, utc_now())


def test_a_solution_of_another_petition_is_refused():
    payload = solution_of(work.challenge(PETITION, 0, utc_now()))

    with pytest.raises(work.WorkRefused):
        work.verify(payload, PETITION + 1, 0, utc_now())


def test_a_solution_serves_until_its_challenge_expires():
    now = utc_now()
    payload = solution_of(work.challenge(PETITION, 0, now))

    work.verify(payload, PETITION, 0, now + CHALLENGE_LIFETIME - timedelta(seconds=1))
    with pytest.raises(work.WorkExpired):
        work.verify(payload, PETITION, 0, now + CHALLENGE_LIFETIME)


def test_a_challenge_of_yesterday_is_known_to_have_expired():
    payload = solution_of(work.challenge(PETITION, 0, utc_now() - timedelta(days=1)))

    with pytest.raises(work.WorkExpired):
        work.verify(payload, PETITION, 0, utc_now())


def test_a_solution_serves_one_level_up_and_not_two():
    payload = solution_of(work.challenge(PETITION, 0, utc_now()))

    work.verify(payload, PETITION, 1, utc_now())
    with pytest.raises(work.WorkTooLight):
        work.verify(payload, PETITION, 2, utc_now())


@pytest.mark.parametrize(
    "parameters",
    [
        {"nonce": "00" * 16},
        {"cost": 1},
        {"keyPrefix": ""},
        {"keySignature": None},
        {"keySignature": "00" * 32},
        {"expiresAt": 9_999_999_999},
        {"expiresAt": None},
        {"data": {"petition": PETITION, "level": 2, "counters": 1}},
        {"data": None},
        {"data": []},
        {"algorithm": "SHA-256"},
        {"salt": 5},
    ],
)
def test_nothing_that_was_signed_can_be_changed(parameters):
    payload = solution_of(work.challenge(PETITION, 0, utc_now()))

    with pytest.raises(work.WorkRefused):
        work.verify(changed(payload, **parameters), PETITION, 0, utc_now())


def test_a_challenge_sent_back_unsolved_is_refused():
    challenge = altcha.Challenge.from_dict(work.challenge(PETITION, 2, utc_now()))
    prefix = challenge.parameters.key_prefix
    guess = altcha.Solution(counter=0, derived_key=prefix + "00" * 16)

    with pytest.raises(work.WorkRefused):
        work.verify(altcha.Payload(challenge, guess).to_base64(), PETITION, 0, utc_now())


def test_a_challenge_that_somebody_made_themselves_is_refused():
    own = altcha.create_challenge(
        "PBKDF2/SHA-256",
        1,
        counter=0,
        expires_at=utc_now() + timedelta(minutes=5),
        data={"petition": PETITION, "level": 2, "counters": 1},
        hmac_secret="their own secret",
        hmac_key_secret="their other secret",
    )

    with pytest.raises(work.WorkRefused):
        work.verify(solution_of(own.to_dict()), PETITION, 0, utc_now())


def test_a_payload_longer_than_any_of_ours_is_not_even_read():
    payload = solution_of(work.challenge(PETITION, 0, utc_now()))

    with pytest.raises(work.WorkRefused, match="longer"):
        work.verify(payload + " " * 2_048, PETITION, 0, utc_now())


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(some.text(min_size=1))
def test_no_typed_text_is_a_solution_and_none_breaks_the_check(text):
    with APP.app_context(), pytest.raises(work.WorkRefused):
        work.verify(text, PETITION, 0, utc_now())


@given(
    some.fixed_dictionaries(
        {
            "challenge": json_values
            | some.fixed_dictionaries(
                {
                    "parameters": json_values
                    | some.fixed_dictionaries(
                        {name: json_values for name in ("algorithm", "nonce", "salt", "cost", "data")},
                        optional={
                            "expiresAt": json_values,
                            "keySignature": json_values,
                            "keyPrefix": json_values,
                        },
                    ),
                    "signature": json_values,
                }
            ),
            "solution": json_values
            | some.fixed_dictionaries({"counter": json_values, "derivedKey": json_values}),
        }
    )
    | json_values
)
def test_no_json_breaks_the_check(content):
    payload = base64.b64encode(json.dumps(content).encode()).decode()

    with APP.app_context(), pytest.raises(work.WorkRefused):
        work.verify(payload, PETITION, 0, utc_now())


def test_json_nested_hundreds_deep_does_not_break_the_check():
    deep = "[" * 600 + "]" * 600
    content = (
        '{"challenge":{"parameters":{"algorithm":"","nonce":"","salt":"","cost":1,"data":%s},"signature":"x"},'
        '"solution":{"counter":0,"derivedKey":""}}'
    )
    payload = base64.b64encode((content % deep).encode()).decode()

    with pytest.raises(work.WorkRefused, match="not a solution of ours"):
        work.verify(payload, PETITION, 0, utc_now())
