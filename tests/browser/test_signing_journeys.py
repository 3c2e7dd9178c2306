"""What people do with the site, start to end, in real Chromium against a whole installation, on a small phone.

Safety goal 21: each journey goes with JavaScript and without. The tests name the steps in English; the people read
Arabic (and one of them English).
"""

import hashlib
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, expect

from campaign_app.shield.rules import CHECK_LEAST_AGE

from .people import OTHER_SLUG, SLUG, Person, hosts_of, link_in

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


@pytest.fixture(params=["ar, JavaScript", "ar, no JavaScript"])
def person(request: pytest.FixtureRequest, browser: Browser, installation) -> Iterator[Person]:
    """Somebody on a phone. Whatever they do: no error, no cookie, and nobody else is ever contacted."""
    lang, script = request.param.split(", ")
    has_script = script == "JavaScript"
    context = browser.new_context(viewport=PHONE, java_script_enabled=has_script, locale=lang)
    context.set_default_timeout(15_000)
    found = Person(context, installation, lang, has_script)
    yield found
    cookies = context.cookies()
    context.close()
    assert found.complaints == []
    assert cookies == []
    assert hosts_of(found.requests) == {f"127.0.0.1:{installation.port}"}


@pytest.fixture
def email(request: pytest.FixtureRequest) -> str:
    """An address that no other test uses."""
    digest = hashlib.sha256(request.node.name.encode()).hexdigest()
    return f"signer-{digest[:12]}@example.org"


@pytest.mark.parametrize("person", ["ar, JavaScript", "ar, no JavaScript", "en, JavaScript"], indirect=True)
def test_a_person_signs_and_confirms_and_sees_the_count_rise(person, email):
    before = person.people(OTHER_SLUG)
    person.opens("/")
    person.page.locator(f"main a[href$='/{OTHER_SLUG}']").click()
    person.fills_in(email)
    person.presses("Sign")
    person.checks("Check your details", "All correct: sign")
    person.is_at("Check your inbox")
    assert person.people(OTHER_SLUG) == before

    person.confirms(email)

    person.is_at("Thank you, your signature is counted")
    assert person.people(OTHER_SLUG) == before + 1
    person.sees_counted(before + 1)
    person.follows("A picture to send, and a poster to print")
    person.is_at("Pass it on")
    person.unfolds("Show a code for someone beside you to scan")
    picture = person.page.locator("img.share-picture")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1200)
    person.finds_counted_on_the_petition(before + 1, OTHER_SLUG)


@pytest.mark.parametrize("person", ["ar, JavaScript"], indirect=True)
def test_the_mail_arrives_as_the_inbox_page_said(person, email):
    person.signs(email)
    announced = person.page.locator(".inbox").inner_text().splitlines()

    (mail,) = person.mails_to(email, 1)

    assert [mail["From"].addresses[0].display_name, mail["Subject"]] == [
        line for line in announced if line.strip()
    ]


def test_the_page_that_says_thank_you_and_the_mailed_link_both_lead_to_the_private_page(person, email):
    person.has_asked_to_sign(email)
    person.confirms(email)
    person.page.locator("main a[href*='/my-signature/']").click()
    person.is_at("My signature")
    private = person.page.url

    person.opens_mail(email)

    expect(person.page).to_have_url(private)
    person.sees("Whoever has this page's address can do what you can do here. Do not pass it on.")


def test_who_signs_again_is_told_that_they_are_counted_already(person, email):
    person.has_signed(email)
    before = person.people()

    person.signs(email)
    person.confirms(email, 2)

    person.is_at("My signature")
    person.sees("You were counted already, and are counted once.")
    assert person.people() == before


def test_a_name_is_shown_and_hidden_again(person, email):
    name = f"Shown {person.has_script} Signer"
    person.has_signed(email, name)
    private = person.page.url

    person.unfolds("Show the name")
    person.types("Full name", name)
    person.types("E-mail", email)
    person.presses("Yes, show the name")
    person.is_at("My signature")
    person.finds_on_the_petition(name)
    person.opens(private)
    person.unfolds("Hide the name")
    person.presses("Yes, hide the name")

    person.is_at("My signature")
    person.finds_on_the_petition(name, is_there=False)


def test_a_name_that_is_not_the_one_signed_is_not_shown(person, email):
    person.has_signed(email)

    person.unfolds("Show the name")
    person.types("Full name", "Another Name")
    person.types("E-mail", email)
    person.presses("Yes, show the name")

    person.sees(
        "The name and address you typed are not those of this signature, so the name is not shown. "
        "Type both as you did when you signed."
    )
    expect(person.control("Full name")).to_have_value("Another Name")


def test_somebody_of_the_household_is_added_and_counted(person, email):
    person.has_signed(email)
    before = person.people()

    person.unfolds("Add a person")
    person.types("Full name of the person", "Test Relative")
    person.types("Your e-mail, the one of this mailbox", email)
    person.chooses("Country where the person lives", "SY")
    person.ticks("The person asked me to add them, and agrees")
    person.presses("Add this person")

    person.is_at("My signature")
    expect(person.page.locator("main section")).to_have_count(2)
    assert person.people() == before + 1
    assert len(person.mails_to(email)) == 1


def test_a_signature_is_withdrawn_and_can_be_given_again(person, email):
    person.has_signed(email)
    before = person.people()

    person.unfolds("Withdraw the signature")
    person.presses("Yes, withdraw this signature")

    person.sees("No, withdrawn")
    assert person.people() == before - 1
    person.signs(email)
    person.confirms(email, 2)
    person.is_at("Thank you, your signature is counted")
    assert person.people() == before


def test_everything_is_erased_and_the_link_opens_nothing_any_more(person, email):
    person.has_signed(email)
    private, before = person.page.url, person.people()

    person.unfolds("Erase everything")
    person.presses("Yes, erase everything")

    person.is_at("Everything is erased")
    assert person.people() == before - 1
    person.opens(private)
    person.is_at("This link does not work")


def test_a_lost_link_is_mailed_and_opens_the_private_page(person, email):
    person.has_signed(email)
    person.opens(f"/petitions/{SLUG}/check-your-inbox")
    person.follows("Get your private link again")
    person.types("E-mail", email)
    person.presses("Send me a link")
    person.checks("Check the address", "The address is right: send me a link")
    person.is_at("Check your inbox")

    person.opens_mail(email, 2)

    person.is_at("Open your private page")
    person.presses("Open my private page")
    person.is_at("My signature")


def test_the_mail_is_sent_again_with_the_same_link(person, email):
    person.signs(email)
    (first,) = person.mails_to(email, 1)
    person.types("E-mail", email)
    person.presses("Send the e-mail again")
    person.checks("Check the address", "The address is right: send the e-mail again")
    person.is_at("Check your inbox")

    _, again = person.mails_to(email, 2)

    assert link_in(again) == link_in(first)
    person.confirms(email, 2)
    person.is_at("Thank you, your signature is counted")


def test_a_mistyped_mail_domain_is_noticed_and_can_be_put_right_with_one_press(person, email):
    meant = email.replace("example.org", "gmail.com")
    person.opens_petition()
    person.fills_in(email.replace("example.org", "gmial.com"))
    person.presses("Sign")
    person.is_at("Check your details")
    expect(person.page.locator("main .notice")).to_contain_text(meant)
    person.reads()

    person.presses("Yes, sign with that address")

    person.is_at("Check your inbox")
    assert len(person.mails_to(meant, 1)) == 1


def test_an_address_that_looks_mistyped_is_taken_as_it_is_if_the_person_says_so(person, email):
    typed = email.replace("example.org", "gmial.com")
    person.opens_petition()
    person.fills_in(typed)
    person.presses("Sign")
    person.is_at("Check your details")
    person.reads()

    person.presses("All correct: sign")

    person.is_at("Check your inbox")
    assert len(person.mails_to(typed, 1)) == 1


def test_details_are_corrected_without_going_back_and_nothing_has_to_be_typed_again(person, email):
    person.opens_petition()
    person.fills_in(email.replace("example.org", "gmial.com"), "Test Sinner")
    person.presses("Sign")
    person.is_at("Check your details")

    person.presses("Correct the details")

    expect(person.control("Full name")).to_be_in_viewport()
    expect(person.control("Full name")).to_have_value("Test Sinner")
    expect(person.control("Country where you live")).to_have_value("DE")
    person.types("Full name", "Test Signer")
    person.types("E-mail", email)
    person.presses("Sign")
    person.checks("Check your details", "All correct: sign")
    person.is_at("Check your inbox")
    assert len(person.mails_to(email, 1)) == 1


def test_mistakes_are_listed_first_and_lead_to_their_fields(person, email):
    person.opens_petition()
    person.types("E-mail", email)
    person.ticks("Show my name and country on this page")
    person.presses("Sign")

    summary = person.page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(person.page).to_have_title(re.compile("^" + person.word("Error: %(page_title)s", page_title="")))
    summary.get_by_role("link", name=person.word("Choose the country where you live")).click()

    expect(person.control("Country where you live")).to_be_focused()
    expect(person.control("E-mail")).to_have_value(email)
    expect(person.page.locator("[name=show_name]")).to_be_checked()


def test_a_form_that_was_open_too_long_comes_back_fresh_with_everything_typed(person, email):
    person.page.route(
        "**/shield/challenge?*", lambda route: route.abort()
    )  # or the script would renew the form
    person.opens_petition()
    person.fills_in(email)
    person.page.locator("form[data-sign] [name=form_token]").evaluate(
        "(field, token) => { field.value = token }", person.old_form_token()
    )
    person.presses("Sign")

    person.sees(
        "This page had been open for so long that the form had expired. It is fresh again, with everything you "
        "typed. Please press “Sign” once more."
    )
    expect(person.control("Full name")).to_have_value("Test Signer")
    expect(person.control("E-mail")).to_have_value(email)
    expect(person.control("Country where you live")).to_have_value("DE")
    person.presses("Sign")
    person.is_at("Check your details")
    person.complaints.clear()  # of the challenge that did not come


def test_a_double_click_signs_once(person, email):
    person.opens_petition()
    person.fills_in(email)
    if not person.has_script:
        person.presses("Sign")
        person.is_at("Check your details")
        person.reads()
    last = "Sign" if person.has_script else "All correct: sign"

    person.button(last).dblclick()

    person.is_at("Check your inbox")
    person.mails_to(email, 1)
    person.page.wait_for_timeout(1_500)  # longer than the worker rests
    assert len(person.mails_to(email)) == 1


@pytest.mark.parametrize("person", ["ar, no JavaScript"], indirect=True)
def test_who_presses_before_anyone_reads_only_has_to_press_again(person, email):
    person.opens_petition()
    person.fills_in(email)
    person.presses("Sign")
    person.is_at("Check your details")
    shown_at = time.monotonic()
    person.presses("All correct: sign")  # at once: on a busy machine much of the three seconds goes by itself
    person.is_at("Check your details")
    # From when they were first shown: that somebody pressed makes nobody wait longer.
    left = CHECK_LEAST_AGE.total_seconds() - (time.monotonic() - shown_at)
    person.page.wait_for_timeout(max(0, left) * 1000)

    person.presses("All correct: sign")

    person.is_at("Check your inbox")


def test_a_double_click_confirms_once(person, email):
    person.opens(person.has_asked_to_sign(email))
    before = person.people()

    person.button("Confirm my signature").dblclick()

    expect(person.page).to_have_url(re.compile("/my-signature/"))
    assert person.people() == before + 1


def test_going_back_and_signing_again_leads_to_the_same_page_and_counts_once(person, email):
    person.signs(email)
    inbox = person.page.url
    if not person.has_script:
        # The page in between showed what was typed, so the browser was to keep no copy and has none.
        with pytest.raises(Error, match="ERR_CACHE_MISS"):
            person.page.go_back()
        # The browser is a moment in putting up its own page about that, and takes no button until then.
        person.page.wait_for_url("chrome-error://chromewebdata/")
    person.page.go_back()
    expect(person.control("E-mail")).to_have_value(email)

    person.presses("Sign")
    person.checks("Check your details", "All correct: sign")

    expect(person.page).to_have_url(inbox)
    before = person.people()
    person.confirms(email)
    person.is_at("Thank you, your signature is counted")
    assert person.people() == before + 1


def test_going_back_from_the_last_page_does_not_take_the_confirmation_back(person, email):
    person.has_asked_to_sign(email)
    person.confirms(email)
    person.is_at("Thank you, your signature is counted")
    before = person.people()

    person.page.go_back()
    if person.button("Confirm my signature").count():
        person.presses("Confirm my signature")

    expect(person.page).to_have_url(re.compile("/my-signature/"))
    assert person.people() == before


def test_on_a_phone_that_others_use_nothing_is_filled_in_and_the_traces_are_named(person, email):
    person.opens_petition()
    person.follows("This phone is not mine")
    for label in ("Full name", "E-mail", "Country where you live"):
        expect(person.control(label)).to_have_attribute("autocomplete", "off")
    expect(person.page.locator("form[data-sign]")).to_have_attribute("autocomplete", "off")
    person.fills_in(email)
    person.presses("Sign")
    person.checks("Check your details", "All correct: sign")

    person.is_at("Check your inbox")
    expect(person.control("E-mail")).to_have_attribute("autocomplete", "off")
    person.unfolds("This phone is not mine: how to leave no trace")
    person.sees("Close this tab.")
    person.follows("Get your private link again")
    expect(person.control("E-mail")).to_have_attribute("autocomplete", "off")
    person.presses("Send me a link")  # with nothing typed
    expect(person.control("E-mail")).to_have_attribute("autocomplete", "off")
    person.confirms(email)
    person.unfolds("This phone is not mine: how to leave no trace")
    person.sees("Close this tab.")


@pytest.mark.parametrize("person", ["ar, no JavaScript"], indirect=True)
def test_a_petition_in_the_other_language_is_one_press_away(person):
    person.opens_petition()
    person.page.get_by_role("link", name="English", exact=True).click()

    expect(person.page.locator("html")).to_have_attribute("dir", "ltr")
    person.lang = "en"
    expect(person.control("Full name")).to_be_visible()
