"""The journey of a signature: sign, mail, one button, counted; and everything that must not count twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.signing import operations
from campaign_app.signing.models import Pending, PrivateLink, Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import statement
from campaign_app.tally.rules import Statement
from tests import supporters
from tests.supporters import PAGE, SIGN, confirm, newest_token, ready_form, send_mail, sign, sign_and_confirm


def rows(model):
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    return found


def numbers(petition) -> Statement:
    found = statement(petition.id, now=utc_now())
    db.session.rollback()
    return found


def test_a_signature_is_counted_once_its_mailbox_answers(client, petition, mail_dir):
    answer = sign(client)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/check-your-inbox")
    assert numbers(petition).people == 0
    send_mail(client.application)

    confirmed = confirm(client, newest_token(mail_dir))

    assert confirmed.status_code == 303
    assert client.get(confirmed.location).status_code == 200
    assert (numbers(petition).people, numbers(petition).mailboxes) == (1, 1)
    assert (rows(Pending), rows(OutboxMail), rows(Signature)) == (0, 0, 1)


def test_opening_the_link_counts_nothing(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)

    page = client.get(f"/en/confirm/{newest_token(mail_dir)}")

    assert page.status_code == 200
    assert "Test Signer" in page.text
    assert numbers(petition).people == 0


def test_pressing_the_button_again_counts_nothing_and_leads_to_the_private_page(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)

    again = confirm(client, token)

    assert again.location == f"/en/my-signature/{token}"
    assert numbers(petition).people == 1


def test_a_hundred_confirmations_at_once_count_one(app, client, petition, mail_dir):
    sign(client)
    send_mail(app)
    token = newest_token(mail_dir)

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: app.test_client().post(f"/en/confirm/{token}").status_code, range(100))
        )

    assert set(answers) == {303}
    assert numbers(petition).people == 1
    assert recount(petition.id).agrees


def test_a_repeat_signature_gets_the_same_answer_as_the_first(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)

    repeat = sign(client)
    fresh = sign(client, name="Another Signer", email="another@example.org")

    assert (repeat.status_code, repeat.location, repeat.data) == (
        fresh.status_code,
        fresh.location,
        fresh.data,
    )
    assert rows(Pending) == 2
    assert rows(OutboxMail) == 2


def test_confirming_a_repeat_counts_nothing_and_both_links_open_the_private_page(client, petition, mail_dir):
    first = sign_and_confirm(client, mail_dir)
    sign(client)
    send_mail(client.application)
    second = newest_token(mail_dir)

    answer = confirm(client, second)

    assert answer.location == f"/en/my-signature/{second}?done=repeat"
    assert "You were counted already" in supporters.words(client.get(answer.location))
    assert numbers(petition).people == 1
    assert [client.get(f"/en/my-signature/{token}").status_code for token in (first, second)] == [200, 200]


def test_every_mail_of_one_person_works_once_any_of_them_is_confirmed(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)
    first = newest_token(mail_dir)
    sign(client)
    send_mail(client.application)
    confirm(client, newest_token(mail_dir))

    page = client.get(f"/en/confirm/{first}", follow_redirects=True)

    assert page.request.path == f"/en/my-signature/{first}"
    assert numbers(petition).people == 1
    assert recount(petition.id).agrees


def test_two_people_of_one_mailbox_are_two_people_and_one_mailbox(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person")

    assert (numbers(petition).people, numbers(petition).mailboxes) == (2, 1)


def test_the_fifth_person_of_a_mailbox_is_not_counted(client, petition, mail_dir):
    for name in ("First Person", "Second Person", "Third Person", "Fourth Person", "Fifth Person"):
        assert sign(client, name=name).status_code == 303
        send_mail(client.application, utc_now() + timedelta(days=2))  # past the ceiling of three mails a day
        answer = confirm(client, newest_token(mail_dir))

    assert numbers(petition).people == petition.people_per_mailbox == 4
    page = supporters.words(client.get(answer.location))
    assert "This mailbox already speaks for 4 people; this one was not counted." in page


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("SIGNER@example.org", "Test Signer"),
        ("signer+petition@example.org", "TEST  SIGNER"),
        ("ｓｉｇｎｅｒ@example.org", "test signer."),
    ],
)
def test_the_same_person_in_another_spelling_is_a_repeat(client, petition, mail_dir, email, name):
    sign_and_confirm(client, mail_dir)

    sign_and_confirm(client, mail_dir, email=email, name=name)

    assert numbers(petition).people == 1


def test_an_expired_link_counts_nothing_and_offers_a_new_one(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)
    token = newest_token(mail_dir)
    operations.expire_pendings(now=utc_now() + timedelta(days=9))
    db.session.commit()

    answers = client.get(f"/en/confirm/{token}"), confirm(client, token)

    assert [answer.status_code for answer in answers] == [410, 410]
    for answer in answers:
        links = {link.attrib["href"] for link in supporters.document(answer).iterfind(".//main//a")}
        assert {f"{PAGE}/lost-link", "/en/petitions/fate-of-the-disappeared/lost-link"} <= links
    assert numbers(petition).people == 0
    assert rows(OutboxMail) == 0


def test_a_double_submit_shows_the_same_page_and_sends_one_mail(client, petition):
    form = ready_form(client)

    answers = [client.post(SIGN, data=form) for _ in range(3)]

    assert {(answer.status_code, answer.location) for answer in answers} == {
        (303, f"{PAGE}/check-your-inbox")
    }
    assert (rows(Pending), rows(OutboxMail)) == (1, 1)


def test_a_used_token_with_other_words_is_refused_and_the_words_are_kept(client, petition):
    form = ready_form(client)
    client.post(SIGN, data=form)

    answer = client.post(SIGN, data={**form, "name": "Mutated Name"})

    assert answer.status_code == 422
    assert "Mutated Name" in answer.text
    assert (rows(Pending), rows(OutboxMail)) == (1, 1)


def test_a_reused_token_is_accepted_once_even_by_two_requests_at_once(app, client, petition):
    form = ready_form(client)
    posts = [{**form, "email": f"signer{number}@example.org"} for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda post: app.test_client().post(SIGN, data=post).status_code, posts))

    assert sorted(answers) == [303] + [422] * 7
    assert rows(Pending) == 1


def test_withdrawing_takes_one_from_the_count_and_signing_again_brings_it_back(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)

    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})

    assert (numbers(petition).people, numbers(petition).mailboxes, numbers(petition).withdrawn) == (0, 0, 1)
    assert db.session.scalars(select(Signature.sealed_contact)).one() is None
    sign_and_confirm(client, mail_dir)
    assert (numbers(petition).people, numbers(petition).withdrawn) == (1, 1)
    assert recount(petition.id).agrees


def test_erasing_leaves_no_row_link_mail_or_request(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    sign(client)

    answer = client.post(f"/en/my-signature/{token}/erase", data={"nth": "0"})

    assert answer.location == "/en/erased"
    assert client.get(answer.location).status_code == 200
    assert [rows(model) for model in (Signature, Pending, OutboxMail, PrivateLink)] == [0, 0, 0, 0]
    assert (numbers(petition).people, numbers(petition).erased) == (0, 1)
    assert client.get(f"/en/my-signature/{token}").status_code == 410
    assert recount(petition.id).agrees


def test_erasing_one_of_two_people_leaves_the_other_their_page(client, petition, mail_dir):
    first = sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person")

    client.post(f"/en/my-signature/{first}/erase", data={"nth": "0"})

    assert client.get(f"/en/my-signature/{first}").status_code == 200
    assert (numbers(petition).people, numbers(petition).mailboxes) == (1, 1)


def test_a_person_is_added_without_a_mail_when_they_asked(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    person = {"name": "Second Person", "email": "signer@example.org", "country": "LB", "asked_me": "y"}

    answer = client.post(f"/en/my-signature/{token}/people", data=person)

    assert answer.status_code == 303
    assert (numbers(petition).people, numbers(petition).mailboxes) == (2, 1)
    assert rows(OutboxMail) == 0
    assert recount(petition.id).agrees


@pytest.mark.parametrize(
    "change", [{"email": "other@example.org"}, {"asked_me": ""}, {"name": "Test Signer"}, {"country": "XX"}]
)
def test_nobody_is_added_who_did_not_ask_or_through_another_mailbox(client, petition, mail_dir, change):
    token = sign_and_confirm(client, mail_dir)
    person = {"name": "Second Person", "email": "signer@example.org", "country": "LB", "asked_me": "y"}

    answer = client.post(f"/en/my-signature/{token}/people", data={**person, **change})

    assert answer.status_code == 422
    assert numbers(petition).people == 1


def test_a_name_is_shown_only_by_choice_and_can_be_hidden_and_shown_again(client, petition, mail_dir):
    hidden = sign_and_confirm(client, mail_dir)
    shown = sign_and_confirm(client, mail_dir, name="Shown Person", email="shown@example.org", show_name="y")
    client.application.extensions["nidaa_finished_pages"].forget()
    page = client.get(PAGE).text
    assert "Shown Person" in page
    assert "Test Signer" not in page

    client.post(f"/en/my-signature/{shown}/name", data={"nth": "0"})
    client.post(
        f"/en/my-signature/{hidden}/name",
        data={"nth": "0", "name": "Test Signer", "email": "signer@example.org"},
    )

    client.application.extensions["nidaa_finished_pages"].forget()
    page = client.get(PAGE).text
    assert "Shown Person" not in page
    assert "Test Signer" in page


def test_another_name_than_the_signed_one_is_not_shown(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)

    answer = client.post(
        f"/en/my-signature/{token}/name",
        data={"nth": "0", "name": "Somebody Else", "email": "signer@example.org"},
    )

    assert answer.status_code == 422
    assert db.session.scalars(select(Signature.public_name)).one() is None


@pytest.mark.parametrize(("query", "kept"), [("", ""), ("?shared=1", "?shared=1")])
def test_whoever_signed_before_finds_the_way_to_a_lost_link_on_the_open_petition(client, query, kept):
    page = client.get(f"{PAGE}{query}")

    links = {link.attrib["href"]: "".join(link.itertext()) for link in supporters.document(page).iter("a")}
    assert links[f"{PAGE}/lost-link{kept}"] == "Signed already? See, change or withdraw your signature"


@pytest.mark.parametrize(
    ("page", "subject"),
    [
        ("request-accepted", "The link you asked for"),
        ("send-again-accepted", "Please confirm your e-mail address"),
    ],
)
def test_the_inbox_shows_the_subject_of_the_mail_that_was_asked_for(client, page, subject):
    assert f"among your messages: Confirmation mail{subject}" in supporters.words(
        client.get(f"{PAGE}/{page}")
    )


def test_a_lost_link_is_mailed_and_opens_the_private_page(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    form = ready_form(client)
    post = {name: form[name] for name in ("email", "form_token", "check_token")}

    answer = client.post(f"{PAGE}/lost-link", data=post)
    send_mail(client.application)
    token = newest_token(mail_dir)
    opened = confirm(client, token)

    assert answer.location == f"{PAGE}/request-accepted"
    assert client.get(opened.location).status_code == 200
    assert numbers(petition).people == 1


def test_a_lost_link_of_an_unknown_address_gets_the_same_answer_and_opens_nothing(client, petition, mail_dir):
    form = ready_form(client, email="never@example.org")
    post = {name: form[name] for name in ("email", "form_token", "check_token")}

    answer = client.post(f"{PAGE}/lost-link", data=post)
    send_mail(client.application)

    assert answer.location == f"{PAGE}/request-accepted"
    assert confirm(client, newest_token(mail_dir)).status_code == 410


def test_send_again_sends_the_same_link_and_nothing_to_a_stranger(client, petition, mail_dir):
    sign(client)
    send_mail(client.application)
    token = newest_token(mail_dir)
    for email in ("signer@example.org", "stranger@example.org"):
        form = ready_form(client, email=email)
        post = {name: form[name] for name in ("email", "form_token", "check_token")}
        assert client.post(f"{PAGE}/send-again", data=post).location == f"{PAGE}/send-again-accepted"

    send_mail(client.application)
    send_mail(client.application)

    sent = supporters.mails(mail_dir)
    assert [message["To"] for message in sent] == ["signer@example.org"] * 2
    assert newest_token(mail_dir) == token


def test_a_signature_binds_the_version_and_language_that_was_read(client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)

    bound = db.session.execute(select(Signature.text_language, Signature.text_version)).one()

    assert tuple(bound) == ("en", petition.texts["en"].version)


def test_requests_are_counted_when_their_mail_is_sent_and_pending_moves_only_at_midnight(
    client, petition, mail_dir
):
    sign(client)
    assert numbers(petition).requested == 0

    send_mail(client.application)

    assert (numbers(petition).requested, numbers(petition).pending) == (1, 0)
    assert statement(petition.id, now=utc_now() + timedelta(days=1)).pending == 1
