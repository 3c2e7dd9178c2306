"""Back from "check your details" to the form: one button, with everything typed still there."""

import pytest
from limits import parse

from campaign_app.clock import utc_now
from campaign_app.shield import ceilings, form_token
from campaign_app.shield.ceilings import Ceiling
from campaign_app.shield.rules import FORM_LIFETIME
from tests.supporters import PAGE, ROSA, SIGN, document, hidden_fields, ready_form, stored, typed_again

CHOICES = {"show_name": "y", "wants_updates": "y", "source": "wa", "shared": "y"}


def checked(client, path=SIGN, **fields):
    """Return the page that shows what was typed, and what its buttons would send."""
    page = client.post(path, data={**fields, "form_token": ready_form(client)["form_token"]})
    return page, hidden_fields(page.text)


def correcting(client, petition, path=SIGN, **fields):
    """Press the button that leads back, long after the page was drawn; return the form and the old token."""
    page, sent = checked(client, path, **fields)
    button = document(page).find(".//button[@name='correct']")
    old = form_token.issue(petition.id, utc_now() - 2 * FORM_LIFETIME)
    return client.post(path, data={**sent, "form_token": old, "correct": button.attrib["value"]}), old


def ticked(answer):
    return {box.attrib["name"] for box in document(answer).iterfind(".//input[@checked]")}


def test_the_form_comes_back_with_everything_typed_and_fresh_tokens(client, petition):
    form, old = correcting(client, petition, **ROSA, **CHOICES)

    again = typed_again(form)
    assert form.status_code == 200
    assert {name: again[name] for name in ("name", "email", "source", "shared")} == {
        "name": ROSA["name"],
        "email": ROSA["email"],
        "source": "wa",
        "shared": "y",
    }
    assert document(form).find(".//option[@selected]").attrib["value"] == "DE"
    assert ticked(form) == {"show_name", "wants_updates"}
    assert again["form_token"] not in (old, "")
    assert "check_token" not in again
    assert not document(form).findall(".//*[@aria-invalid]")
    assert stored() == 0


def test_the_form_is_in_view_when_it_comes_back(client, petition):
    page, _ = checked(client, **ROSA)

    assert document(page).find(".//button[@name='correct']").attrib["formaction"] == f"{SIGN}#sign"


@pytest.mark.parametrize("step", ["send-again", "lost-link"])
def test_an_address_comes_back_to_be_corrected(client, petition, step):
    form, old = correcting(client, petition, f"{PAGE}/{step}", email="signer@example.org", shared="y")

    again = typed_again(form)
    assert form.status_code == 200
    assert (again["email"], again["shared"]) == ("signer@example.org", "y")
    assert again["form_token"] not in (old, "")
    assert "check_token" not in again
    assert stored() == 0


@pytest.mark.parametrize("path", [SIGN, f"{PAGE}/lost-link"])
def test_a_busy_network_does_not_turn_a_correction_into_a_signature(client, petition, monkeypatch, path):
    fields = ROSA if path == SIGN else {"email": ROSA["email"]}
    _, sent = checked(client, path, **fields)
    monkeypatch.setattr(ceilings, "POSTS", Ceiling("posts", parse("1/10 minutes")))
    client.post(path, data=sent)

    page = client.post(path, data={**sent, "correct": "y"})

    assert page.status_code == 429
    assert hidden_fields(page.text)["correct"] == "y"


def test_the_button_does_not_change_what_a_one_use_token_was_spent_for(client, petition):
    form = ready_form(client)
    first = client.post(SIGN, data=form)

    repeat = client.post(SIGN, data={**form, "correct": ""})

    assert (repeat.status_code, repeat.location) == (first.status_code, first.location)
    assert stored() == 2  # one request and its mail
