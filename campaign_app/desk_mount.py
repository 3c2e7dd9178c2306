"""The way to the desk: a second application in the same process, under /desk, made when it is first asked for.

So no page of the public application can load a session, and a process that never serves the desk does not carry
what the desk needs (docs/decisions/desk-an-application-of-its-own.md).
"""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from .config import EXTENSION, Settings

MOUNT = "/desk"
MOUNTED = "nidaa_desk"
Start = Callable[..., Any]


class DeskMount:
    """WSGI middleware: what begins with /desk goes to the desk, all else to the public application."""

    def __init__(self, public: Flask, inline_style: str) -> None:
        """Wrap what the public application answers with. Nothing of the desk is loaded yet."""
        self.public = public
        self.inline_style = inline_style
        self.answer = public.wsgi_app
        self.desk: Flask | None = None
        self.lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer a request."""
        path: str = environ.get("PATH_INFO", "")
        if path != MOUNT and not path.startswith(f"{MOUNT}/"):
            return self.answer(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + MOUNT
        environ["PATH_INFO"] = path.removeprefix(MOUNT) or "/"
        chosen: Settings = self.public.extensions[EXTENSION]
        if chosen.is_production:
            # Passkeys, redirects and forms belong to one name: ours, whatever a request calls us.
            own = urlsplit(chosen.base_url)
            environ["HTTP_HOST"], environ["wsgi.url_scheme"] = own.netloc, own.scheme
        return self.made().wsgi_app(environ, start_response)

    def made(self) -> Flask:
        """Return the desk, made by whoever asks first."""
        if self.desk is None:
            with self.lock:
                if self.desk is None:
                    from .desk_app import create_desk  # 9 MB, and only here

                    self.desk = create_desk(self.public, inline_style=self.inline_style)
        return self.desk


def register(public: Flask, *, inline_style: str) -> None:
    """Mount the desk on the public application. inline_style: as it stands between <style> tags of our pages."""
    mount = DeskMount(public, inline_style)
    public.wsgi_app = mount  # type: ignore[method-assign] # as Flask documents it
    public.extensions[MOUNTED] = mount
