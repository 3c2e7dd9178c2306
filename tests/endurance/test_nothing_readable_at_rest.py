"""Safety goal 1: no name that was not to be shown, and no address, is readable on any disk of the installation.

Compressed copies are not looked into: nothing here compresses a row, a log line or a mail.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from .people import PAGE, SIGN, Forms, Inbox, Person, Visitor, in_letters
from .searching import files_below, found_in_files
from .servers import Server, wait_for
from .situations import confirmed_by_mailbox, signatures_by_mailbox

pytestmark = pytest.mark.endurance

CANARIES = 500
WITHOUT_SCRIPT = 30  # their mails go out ten a second
# Parts of every canary's name and address; and of the one name that is to be shown, and of its address.
NAME, ARABIC_NAME, MAILBOX, DOMAIN = "Kanarienvogel", "عصفورالكناري", "canary.mailbox", "birdcage"
SHOWN_NAME, SHOWN_MAILBOX = "Papageientaucher", "puffin.mailbox"
SECRET = (NAME, ARABIC_NAME, MAILBOX, DOMAIN, SHOWN_MAILBOX)
PUFFIN = Person(
    name=f"Test {SHOWN_NAME}",
    email=f"{SHOWN_MAILBOX}@puffin.test",
    network="192.0.2.9",
    choices=("show_name",),
)


def canaries():
    """Yield people who do not show their names: Latin and Arabic names, a few of each network and mail domain."""
    number = 0
    while True:
        letters = in_letters(number)
        yield Person(
            name=f"{ARABIC_NAME} {letters}" if number % 2 else f"{NAME} {letters}",
            email=f"{MAILBOX}.{letters}@{DOMAIN}-{in_letters(number // 20)}.test",
            network=f"2001:db8:{number // 9:x}::1",
            country=("DE", "TR", "LB", "SE")[number % 4],
            choices=("wants_updates",) if number % 3 == 0 else (),
        )
        number += 1


def test_no_name_or_address_can_be_read_in_any_byte_at_rest(install, database, relay):
    site = install(SMTP_URL=relay.url)
    birds = [PUFFIN, *islice(canaries(), CANARIES)]
    forms = Forms(site)
    with Server(site) as server:
        sign_in_every_way(site, forms, birds)
        inbox = Inbox(relay)
        links = wait_for(lambda: len(inbox.look()) == len(birds) and inbox.links, "every mail")
        confirmed = birds[: len(birds) // 2]
        with ThreadPoolExecutor(4) as hands:
            list(hands.map(lambda bird: live(site, forms, bird, links[bird.email][0]), confirmed))

        folders = [site.folder, *database.files(site.home)]
        backup = site.folder / "backup"
        backup.mkdir()
        database.copy(site.home, backup)
        secrets_found = found_in_files(folders, SECRET)
        shown_found = found_in_files(folders, [SHOWN_NAME])
        searched = sum(path.stat().st_size for path in files_below(folders))
        assert server.is_whole()

    assert secrets_found == {}
    assert (SHOWN_NAME, "UTF-8") in set.union(*shown_found.values()), "the search finds no name that is there"
    assert "dump.sql" in shown_found
    assert searched > 1_000_000
    assert len(signatures_by_mailbox(site)) > 0.9 * len(birds)
    assert len(confirmed_by_mailbox(site)) > 0.4 * len(birds)


def sign_in_every_way(site, forms, birds):
    """Have everyone sign, some without JavaScript; some mistype first, some press twice, some ask again."""

    def sign(numbered):
        number, bird = numbered
        visitor = Visitor(site.port, bird.network)
        is_without_script = 0 < number <= WITHOUT_SCRIPT
        form = forms.without_script(bird) if is_without_script else forms.with_work(bird)
        if number % 10 == 3:
            assert visitor.post(SIGN, {**form, "country": "", "name": f"{bird.name}\u202e"}).status == 422
            assert visitor.post(SIGN, {**form, "unknown": bird.email}).status == 400
            assert visitor.post(SIGN, {**bird.typed, "form_token": form["form_token"]}).status == 200
        assert visitor.post(SIGN, form).status == 303
        if number % 10 == 4:
            assert visitor.post(SIGN, form).status == 303
            assert visitor.post(SIGN, {**form, "country": "EG"}).status == 422

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(sign, enumerate(birds)))


def live(site, forms, bird, link):
    """Have one person confirm; some of them then add somebody, withdraw, erase, or ask for the link or mail again."""
    visitor = Visitor(site.port, bird.network)
    private = f"/en/my-signature/{link}"
    assert visitor.get(f"/en/confirm/{link}").status == 200
    assert visitor.post(f"/en/confirm/{link}", {}).status == 303
    what_next = (sum(map(ord, bird.name)) % 9) if bird is not PUFFIN else 9
    if what_next == 0:
        added = {"name": f"{NAME} beside", "email": bird.email, "country": "DE", "asked_me": "y"}
        assert visitor.post(f"{private}/people", added).status == 303
    elif what_next == 1:
        assert visitor.post(f"{private}/withdraw", {"nth": "0"}).status == 303
    elif what_next == 2:
        assert visitor.post(f"{private}/erase", {"nth": "0"}).status == 303
    elif what_next in (3, 4):
        request = "lost-link" if what_next == 3 else "send-again"
        typed = {"email": bird.email, **forms.checked()}
        assert visitor.post(f"{PAGE}/{request}", typed).status == 303
    elif what_next == 5:
        typed = {"nth": "0", "name": f"{NAME} another", "email": bird.email}
        assert visitor.post(f"{private}/name", typed).status == 422
