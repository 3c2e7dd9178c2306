"""Safety goal 5: ten thousand requests, as good and as bad as they come, leave nothing of anybody in any log byte."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle, islice

import pytest
from sqlalchemy import text, update

from campaign_app.extensions import db
from campaign_app.signing.models import Pending

from .people import PAGE, SIGN, Forms, Inbox, Person
from .searching import found_in_files
from .servers import Server, wait_for
from .wire import Wire, request

pytestmark = pytest.mark.endurance

REQUESTS, AT_ONCE, TOKENS = 10_000, 8, 5
# Every mark holds one of these words; the addresses are marks as they are.
MARK, DOMAIN, NAME, ADDRESS, NETWORKS = "qxzmark", "qxzdomain", "Qxzname", "203.0.113.77", "2001:db8:5eed"
MARKS = (MARK, DOMAIN, NAME, ADDRESS, NETWORKS)
TOKEN = f"{MARK}token-".ljust(32, "x")
EMAIL = f"{MARK}.signer@{DOMAIN}.test"
TYPED = {"name": f"{NAME} Signer", "email": EMAIL, "country": "DE"}
BROWSER = {
    "User-Agent": f"Mozilla/5.0 ({MARK}-agent)",
    "Referer": f"https://{MARK}-referrer.{DOMAIN}.test/{TOKEN}",
    "Cookie": f"session={TOKEN}",
    "Authorization": f"Bearer {TOKEN}",
    "X-Request-Id": f"{MARK}-request",
}
FORWARDED = (ADDRESS, f"{MARK}, {ADDRESS}", f"{ADDRESS}:4711", f"{MARK}-no-address")
NO_HTTP = (
    f"{MARK}\r\n\r\n".encode(),
    f"GET /{TOKEN} HTTP/9.9\r\nHost: {MARK}\r\n\r\n".encode(),
    f"{MARK} / HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    f"GET /{TOKEN}\r\n\r\n".encode(),
    f"GET / HTTP/1.1\r\nHost: x\r\n{MARK} header: {EMAIL}\r\n\r\n".encode(),
    f"GET / HTTP/1.1\r\nHost: x\r\nX-Mark: {MARK}\r\n {ADDRESS}\r\n\r\n".encode(),
    f"GET / HTTP/1.1\r\nHost: x\r\nX-Mark: {MARK}{'x' * 5_000}\r\n\r\n".encode(),
    f"GET /{TOKEN * 100} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    f"POST {SIGN} HTTP/1.1\r\nHost: x\r\nContent-Length: {MARK}\r\n\r\n{EMAIL}".encode(),
    f"POST {SIGN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {MARK}\r\n\r\n{EMAIL}".encode(),
    f"POST {SIGN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n{EMAIL}\r\n".encode(),
    f"GET /{TOKEN}".encode() + b"\0\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01" + EMAIL.encode(),
    f"PROXY TCP4 {ADDRESS} {ADDRESS} 1 2\r\n\r\n".encode(),
)


DAMAGED = "damaged by a test"
EXPECTED = {200, 303, 400, 403, 404, 405, 410, 413, 422}


def address(number: int) -> str:
    """Return one of the marked addresses."""
    return f"{MARK}.{number}@{DOMAIN}-{number // 20}.test"


def every_kind(forms):
    """Yield requests without end: what works, what does not, what tries to break in, what is no HTTP."""
    for number, forwarded, no_http in zip(count(), cycle(FORWARDED), cycle(NO_HTTP), strict=False):
        own = {**BROWSER, "X-Forwarded-For": f"{NETWORKS}:{number:x}00::1"}
        fresh = forms.with_work(Person(name=TYPED["name"], email=address(number), network=""))
        yield request("POST", SIGN, headers=own, fields=fresh)
        yield request("POST", SIGN, headers=own, fields={**fresh, "country": "EG"})
        headers = {**BROWSER, "X-Forwarded-For": forwarded}
        typed = {**TYPED, "form_token": fresh["form_token"]}
        for fields in (
            typed,
            {**typed, "email": f"{MARK}@@{DOMAIN}"},
            {**typed, "form_token": TOKEN},
            {**typed, "altcha": TOKEN},
            {**typed, "check_token": TOKEN},
            {**typed, MARK: EMAIL},
            {**typed, "website": MARK},
        ):
            yield request("POST", SIGN, headers=headers, fields=fields)
        yield request("POST", SIGN, headers=headers, body=f"name={MARK}%FF%zz".encode())
        yield request("POST", SIGN, headers=headers, body=f"name={MARK}".encode() + b"x" * 20_000)
        yield request("POST", SIGN, headers={**headers, "Sec-Fetch-Site": "cross-site"}, fields=typed)
        yield request("POST", SIGN, headers={**headers, "Origin": f"https://{MARK}.test"}, fields=typed)
        yield request("POST", f"{PAGE}/lost-link", headers=headers, fields={"email": EMAIL})
        yield request("POST", f"/en/confirm/{TOKEN}", headers=headers)
        yield request("POST", f"/en/my-signature/{TOKEN}/erase", headers=headers, fields={"nth": "0"})
        yield request("DELETE", f"/en/confirm/{TOKEN}", headers=headers)
        for path in (
            f"{PAGE}?fbclid={TOKEN}&email={EMAIL}",
            f"{PAGE}?s={MARK}",
            f"/en/confirm/{TOKEN}",
            f"/ar/my-signature/{TOKEN}",
            f"/{TOKEN}",
            f"/en/petitions/{MARK}",
            f"/en/petitions/{MARK}/sign?next=https://{MARK}.test",
            f"/static/../{MARK}",
            f"/shield/challenge?petition={MARK}",
            f"/en/%F0%9F{MARK}",
            "/healthz",
            "/readyz",
        ):
            yield request("GET", path, headers=headers)
        yield no_http
        yield request("GET", f"/{TOKEN}", headers=headers)[:-9]  # and hangs up


def send_all(site, contents):
    """Send requests over several connections at a time; return how many got which status."""

    def send(share):
        with Wire(site.port) as wire:
            return Counter(map(wire.send, share))

    with ThreadPoolExecutor(AT_ONCE) as hands:
        shares = [contents[hand::AT_ONCE] for hand in range(AT_ONCE)]
        return sum(hands.map(send, shares), Counter())


def open_damaged_links(site, links):
    """Open links after what they open was damaged in the database: a defect of ours, with a person in it."""
    with site.inside():
        db.session.execute(update(Pending).values(reveal=DAMAGED.encode()))
        db.session.commit()
    headers = {**BROWSER, "X-Forwarded-For": ADDRESS}
    return send_all(site, [request("GET", f"/en/confirm/{link}", headers=headers) for link in links])


def send_without_a_table(site, contents):
    """Send requests while a table is missing: the database's own words hold what it was asked."""
    for old, new in (("pending", "pending_away"), ("pending_away", "pending")):
        with site.inside():
            db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
            db.session.commit()
        if new == "pending_away":
            statuses = send_all(site, contents)
    return statuses


def test_ten_thousand_requests_of_every_kind_leave_nothing_of_anybody_in_any_log(install, database, relay):
    relay.wishes.refuse_recipients = {
        address(number): f"{code} <{address(number)}> is not known here"
        for number in range(REQUESTS)
        for code in ("550", "451", "")[number % 3 : number % 3 + 1]
        if code
    }
    site = install(SMTP_URL=relay.url)
    forms = Forms(site)
    with Server(site) as server:
        statuses = send_all(site, list(islice(every_kind(forms), REQUESTS)))
        inbox = Inbox(relay)
        links = wait_for(lambda: len(inbox.look()) > 5 and inbox.links, "a few mails")
        defects = open_damaged_links(site, [found[0] for found in links.values()])
        outage = send_without_a_table(site, list(islice(every_kind(forms), 200)))
        wait_for(server.is_whole, "a server that is whole")

    words = server.words()
    tokens = [found[0] for found in links.values()][:TOKENS]
    assert found_in_files([site.folder, *database.logs()], [*MARKS, *tokens]) == {}
    assert statuses.total() == REQUESTS
    assert set(statuses) >= EXPECTED
    assert set(defects) == {500}
    assert outage[500] + outage[503] > 10
    for line in ("defect: ", "Invalid request", "mail: a confirm mail is dead: 550"):
        assert line in words, "the logs say less than they should, so they prove nothing"
    assert DAMAGED not in words
