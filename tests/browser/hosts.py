"""Sites of other people, as far as a test needs them: pages that carry what we gave them, on other hosts and ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

BEFORE = "<!doctype html><html lang=en><meta charset=utf-8><title>A partner's site</title><h1>News</h1><p>Words before."
AFTER = "<p id=after>Words after."


class Site:
    """A site that serves the same pages under every name. pages: path → HTML."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, str] = {}

    def put(self, path: str, carried: str) -> None:
        """Let a page carry something between its own words."""
        self.pages[path] = f"{BEFORE}\n{carried}\n{AFTER}"

    def origin(self, host: str) -> str:
        """Return the site's origin under a name."""
        return f"http://{host}:{self.port}"


@contextmanager
def site_of_somebody() -> Iterator[Site]:
    """Serve a site on a loopback port of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = found.pages.get(self.path.partition("?")[0])
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        found = Site(server.server_port)
        running = Thread(target=server.serve_forever)
        running.start()
        yield found
        server.shutdown()
        running.join()
