"""A real nginx on the file that deploy/one-machine installs: it passes on what it should, and writes nobody down."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from campaign_app.config import ROOT
from campaign_app.desk.access import LONG_TEXT_BYTES
from tests.endurance.people import FORM, INBOX, PAGE, SIGN, Forms, Person
from tests.endurance.servers import Database, Server, SqliteFile, free_port, installed, wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.endurance,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: `apt-get install nginx`"),
]

DEPLOY = ROOT / "deploy" / "one-machine"
NAME = "petition.example.org"
HOST = "127.0.0.1"
CLAIMED = "203.0.113.77"
MARK = "qxzmark"
CUT_OFF_SECONDS = 10  # as nginx.conf says it
LONG_TEXTS_AT_ONCE = 20  # and this too
# What Debian's own nginx.conf has around a site: logs that a site must switch off for itself.
AROUND = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/logs/error.log;
{user}
events {{ worker_connections 512; }}
http {{
    access_log {folder}/logs/access.log;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    include {folder}/site.conf;
}}
"""


@dataclass
class Proxy:
    """A running nginx. logs: everything that it may have written."""

    folder: Path
    https: int
    http: int
    context: ssl.SSLContext

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        """Send a request over https to the site's name; the answer is read."""
        connection = HTTPSConnection(NAME, timeout=30)
        connection.sock = self.connect()
        with closing(connection):
            connection.request(
                method, path, body, {name.replace("_", "-"): headers[name] for name in headers}
            )
            answer = connection.getresponse()
            answer.text = answer.read().decode()  # type: ignore[attr-defined]
            return answer

    def connect(self, name: str = NAME, protocols: tuple[str, ...] = ()) -> ssl.SSLSocket:
        """Open a connection to be written to by hand."""
        context = self.context
        if protocols:
            context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
            context.set_alpn_protocols(list(protocols))
        return context.wrap_socket(socket.create_connection((HOST, self.https), 30), server_hostname=name)

    def written(self) -> bytes:
        """Return every byte of every file that it wrote, but the certificate's."""
        kept = {"fullchain.pem", "privkey.pem", "site.conf", "nginx.conf"}
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in kept]
        return b"".join(path.read_bytes() for path in paths)


@contextmanager
def proxy_for(upstream: int, folder: Path) -> Iterator[Proxy]:
    """Run nginx on the installed file; only ports, certificate and folders are others."""
    https, http = free_port(), free_port()
    for name in ("logs", "bodies", "answers", "unused"):
        (folder / name).mkdir(parents=True)
    make_certificate(folder)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    site = re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.MULTILINE)
    for old, new in (
        ("listen 80", f"listen {HOST}:{http}"),
        ("listen 443", f"listen {HOST}:{https}"),
        ("127.0.0.1:8000", f"{HOST}:{upstream}"),
        ("/etc/nidaa-tls", str(folder)),
        ("/usr/local/share/nidaa", str(DEPLOY)),
    ):
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    is_root = Path("/proc/self").stat().st_uid == 0
    around = AROUND.format(folder=folder, user="user root;" if is_root else "")
    (folder / "nginx.conf").write_text(around, encoding="utf-8")
    with (folder / "logs" / "said").open("wb") as said:
        server = subprocess.Popen(
            [str(NGINX), "-p", folder, "-c", folder / "nginx.conf"], stdout=said, stderr=said
        )
    context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    try:
        wait_for(lambda: server.poll() is None and is_listening(https), "a proxy that listens")
        yield Proxy(folder, https, http, context)
    finally:
        server.terminate()
        server.wait(30)


def make_certificate(folder: Path) -> None:
    """Make what install.sh makes until certbot has been there."""
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    subprocess.run(["openssl", "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)


def is_listening(port: int) -> bool:
    """Whether a port takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@dataclass
class Seen:
    """What reached the server behind: (method, path, headers, body) of each request."""

    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    hangs_up: bool = False


@pytest.fixture
def behind() -> Iterator[tuple[Seen, int]]:
    """A server that answers everything and remembers what it was sent."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.requests.append((self.command, self.path, dict(self.headers.items()), body))
            if seen.hangs_up:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "300000")
            self.end_headers()
            self.wfile.write(MARK.encode().ljust(300_000, b"x"))

        do_GET = do_POST = answer

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(30)


@pytest.fixture
def proxy(behind: tuple[Seen, int], tmp_path: Path) -> Iterator[Proxy]:
    """nginx before that server."""
    with proxy_for(behind[1], tmp_path / "proxy") as running:
        yield running


def test_what_a_visitor_claims_about_where_they_come_from_is_thrown_away(proxy, behind):
    claims = {"X_Forwarded_For": CLAIMED, "X_Real_IP": CLAIMED, "Forwarded": f"for={CLAIMED}"}
    claims |= {"X_Forwarded_Host": "evil.example.org", "X_Forwarded_Proto": "http"}

    proxy.ask("GET", "/en/", **claims)

    [(_method, _path, headers, _body)] = behind[0].requests
    assert headers["X-Forwarded-For"] == HOST
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == NAME
    assert CLAIMED not in str(headers)
    assert "evil" not in str(headers)


def test_a_body_that_is_too_large_ends_at_the_proxy(proxy, behind):
    assert proxy.ask("POST", SIGN, b"x" * 33_000).status == 413
    assert behind[0].requests == []

    assert proxy.ask("POST", SIGN, b"x" * 32_000).status == 200
    assert proxy.ask("POST", "/desk/texts", b"x" * LONG_TEXT_BYTES).status == 200
    assert proxy.ask("POST", "/desk/texts", b"x" * (LONG_TEXT_BYTES + 1)).status == 413
    assert proxy.ask("POST", "/desk/updates/0a1b/recipients", b"x" * 3_000_000).status == 200
    assert [len(body) for *_, body in behind[0].requests] == [32_000, LONG_TEXT_BYTES, 3_000_000]


def test_one_address_fills_the_memory_with_long_texts_only_so_far(proxy, behind):
    slow = [proxy.connect() for _ in range(LONG_TEXTS_AT_ONCE)]
    for connection in slow:
        connection.sendall(
            f"POST /desk/texts HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {LONG_TEXT_BYTES}\r\n\r\nx".encode()
        )
    wait_for(lambda: proxy.ask("GET", "/desk/texts").status == 429, "the proxy to have seen them all")

    assert proxy.ask("GET", "/en/").status == 200
    for connection in slow:
        connection.close()
    wait_for(lambda: proxy.ask("GET", "/desk/texts").status == 200, "the proxy to have seen them go")


def test_who_sends_slowly_is_cut_off_and_never_reaches_the_server_behind(proxy, behind):
    slow_head, slow_body = proxy.connect(), proxy.connect()
    slow_head.sendall(f"GET /en/ HTTP/1.1\r\nHost: {NAME}\r\n".encode())
    slow_body.sendall(f"POST {SIGN} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 9\r\n\r\nname=".encode())
    started = time.monotonic()

    answers = [connection.recv(4_096) for connection in (slow_head, slow_body)]

    assert time.monotonic() - started < CUT_OFF_SECONDS + 5
    assert all(answer == b"" or answer.startswith(b"HTTP/1.1 408") for answer in answers)
    assert behind[0].requests == []
    for connection in (slow_head, slow_body):
        connection.close()


def test_a_signature_whose_answer_was_lost_is_not_sent_again_and_the_page_says_what_to_do(proxy, behind):
    behind[0].hangs_up = True

    answer = proxy.ask("POST", SIGN, b"name=Test")

    assert len(behind[0].requests) == 1
    assert (answer.status, answer.headers["Retry-After"]) == (503, "15")
    assert "counts once" in answer.text
    assert 'dir="rtl"' in answer.text
    assert "<form" not in answer.text


def test_nothing_of_anybody_is_written_down(proxy, behind):
    for number in range(30):
        proxy.ask(
            "GET",
            f"/en/confirm/{MARK}{number}?email={MARK}@example.org",
            User_Agent=f"{MARK}-agent",
            Referer=f"https://{MARK}.example.org/",
            Cookie=f"a={MARK}",
            X_Forwarded_For=CLAIMED,
        )
        proxy.ask("POST", SIGN, f"name={MARK}".encode() * 10)
    proxy.ask("POST", SIGN, MARK.encode() * 10_000)
    behind[0].hangs_up = True
    proxy.ask("GET", f"/{MARK}")
    for port, raw in (
        (proxy.http, f"GET /{MARK} HTTP/1.1\r\nHost: {NAME}\r\n\r\n"),
        (proxy.http, f"GET /{MARK} HTTP/1.1\r\nHost: {MARK}.example.org\r\n\r\n"),
        (proxy.http, f"{MARK}\r\n\r\n"),
        (proxy.https, f"GET /{MARK} HTTP/1.1\r\nHost: {NAME}\r\n\r\n"),
    ):
        with socket.create_connection((HOST, port), 30) as connection:
            connection.sendall(raw.encode())
            connection.recv(4_096)
    for raw in (f"GET /{MARK} HTTP/9\r\n\r\n", f"GET / HTTP/1.1\r\n{MARK}: {'x' * 20_000}\r\n\r\n"):
        with proxy.connect() as connection:
            connection.sendall(raw.encode())
            connection.recv(4_096)

    written = proxy.written()

    assert (proxy.folder / "logs" / "error.log").exists(), "the file would hold what nginx says"
    assert [word for word in (MARK, CLAIMED, HOST, NAME, "client:", "/en/") if word.encode() in written] == []


def test_another_name_gets_neither_an_answer_nor_our_certificate(proxy, behind):
    with pytest.raises(ssl.SSLError):
        proxy.connect("other.example.org")
    with socket.create_connection((HOST, proxy.http), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: other.example.org\r\n\r\n")
        assert connection.recv(100) == b""
    assert behind[0].requests == []


def test_http_leads_to_https_and_browsers_speak_the_second_version(proxy):
    with socket.create_connection((HOST, proxy.http), 30) as connection:
        connection.sendall(f"GET /en/ HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4_096), b""))
    with proxy.connect(protocols=("h2", "http/1.1")) as secure:
        chosen = secure.selected_alpn_protocol()

    assert b"301 Moved" in answer
    assert f"Location: https://{NAME}/en/".encode() in answer
    assert chosen == "h2"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Proxy, Any]]:
    """nginx before a real installation. What it keeps its rows in makes no difference to a proxy."""
    database: Database = SqliteFile()
    with ExitStack() as ends:
        (tmp_path / "installation").mkdir()
        environment = {"BASE_URL": f"http://{NAME}", "WEB_WORKERS": "1"}
        installation = ends.enter_context(installed(tmp_path / "installation", database, **environment))
        ends.enter_context(Server(installation, sends_mail=False))
        yield ends.enter_context(proxy_for(installation.port, tmp_path / "proxy")), installation


def test_a_person_signs_through_the_proxy_and_every_header_of_ours_arrives(site):
    proxy, installation = site
    person = Person("Test Signer", "signer@example.org", CLAIMED)
    form = Forms(installation).without_script(person)
    body = "&".join(f"{name}={value.replace('@', '%40').replace(' ', '+')}" for name, value in form.items())
    kind = {"Content_Type": "application/x-www-form-urlencoded"}

    signed = proxy.ask("POST", SIGN, body.encode(), Origin=f"http://{NAME}", **kind)
    page = proxy.ask("GET", PAGE)
    direct = direct_headers(installation.port, PAGE)

    assert (signed.status, signed.headers["Location"]) == (303, INBOX), signed.text[:2_000]
    assert page.status == 200
    through = {name.lower(): value for name, value in page.headers.items()}
    for name, value in direct.items():
        if name not in ("server", "date", "connection", "keep-alive"):
            assert through.get(name) == value, name
    assert through["server"] == "nginx"
    assert json.loads(proxy.ask("GET", "/readyz").text)["ready"] is True


def test_who_is_not_signed_in_and_sends_recipients_slowly_holds_up_nobody(site):
    proxy, _installation = site
    slow = [proxy.connect() for _ in range(8)]
    for connection in slow:
        connection.sendall(
            f"POST /desk/updates/0a1b/recipients HTTP/1.1\r\nHost: {NAME}\r\n"
            f"Content-Type: {FORM}\r\nContent-Length: 9000\r\n\r\nname=".encode()
        )
    answers = [connection.recv(4_096) for connection in slow]
    started = time.monotonic()

    assert proxy.ask("GET", PAGE).status == 200

    assert time.monotonic() - started < CUT_OFF_SECONDS / 2
    assert all(answer.startswith(b"HTTP/1.1 303") for answer in answers)
    for connection in slow:
        connection.close()


def direct_headers(port: int, path: str) -> dict[str, str]:
    """Return the headers that the application itself answers with."""
    with socket.create_connection((HOST, port), 30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
