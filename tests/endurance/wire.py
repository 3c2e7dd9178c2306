"""Requests as bytes on the wire, well-formed and not; and connections that send them and read what comes back."""

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from .servers import HOST, PATIENCE_SECONDS

RECEIVED_AT_ONCE = 1 << 16
END_OF_HEADERS = b"\r\n\r\n"


def request(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> bytes:
    """Return a request as a browser sends it. fields: of a form; body: instead of them."""
    content = urlencode(fields).encode() if fields else body
    lines = {"Host": HOST, **(headers or {})}
    if content or method in ("POST", "PUT"):
        lines |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(content))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


class Wire:
    """A kept-alive connection, opened anew whenever the server closes it; a context manager."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, content: bytes) -> int:
        """Send bytes and return the status of the answer; 0 where there was none.

        What ends within the headers is the last that is sent: we hang up after it.
        """
        is_kept, is_all = self._socket is not None, END_OF_HEADERS in content
        try:
            if self._socket is None:
                self._socket = socket.create_connection((HOST, self._port), PATIENCE_SECONDS)
            self._socket.sendall(content)
            if not is_all:
                self._socket.shutdown(socket.SHUT_WR)
            received = self._receive(self._socket)
        except OSError:
            received = b""
        if not received.startswith(b"HTTP/1."):
            self.close()
            return self.send(content) if is_kept else 0
        if not is_all or b"connection: close" in received.partition(END_OF_HEADERS)[0].lower():
            self.close()
        return int(received[9:12])

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, connection: socket.socket) -> bytes:
        """Return one answer, or what came of it before the connection ended."""
        received = b""
        while END_OF_HEADERS not in received:
            more = connection.recv(RECEIVED_AT_ONCE)
            if not more:
                return received
            received += more
        head, _, body = received.partition(END_OF_HEADERS)
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            more = connection.recv(RECEIVED_AT_ONCE)
            if not more:
                break
            body += more
        return head + END_OF_HEADERS + body
