"""A mailbox that speaks as much IMAP as the worker asks for, on a free port of 127.0.0.1. For the wire only."""

import re
import socketserver
import threading
from typing import Any, Self


class MailboxServer:
    """Mails by UID, each with its flags. A context manager."""

    def __init__(self, mails: list[bytes], accepts: str = "secret") -> None:
        self.mails = dict(enumerate(mails, 1))
        self.flags: dict[int, set[str]] = {uid: set() for uid in self.mails}
        self.accepts = accepts
        mailbox = self

        class _Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                while line := self.rfile.readline():
                    tag, _, command = line.decode().strip().partition(" ")
                    self.wfile.write(mailbox.answer(tag, command))
                    if command.upper() == "LOGOUT":
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)

    def answer(self, tag: str, command: str) -> bytes:
        """Return what a command is answered."""
        word = command.upper().split(" ")[0]
        said, ok = b"", f"{tag} OK done\r\n".encode()
        if word == "CAPABILITY":
            said = b"* CAPABILITY IMAP4rev1\r\n"
        elif word == "LOGIN" and self.accepts not in command:
            return f"{tag} NO wrong\r\n".encode()
        elif word == "SELECT":
            said = f"* {len(self.mails)} EXISTS\r\n".encode()
        elif word == "LOGOUT":
            said = b"* BYE\r\n"
        elif command.upper().startswith("UID SEARCH"):
            unseen = " ".join(str(uid) for uid, flags in self.flags.items() if "\\Seen" not in flags)
            said = f"* SEARCH {unseen}\r\n".encode()
        elif found := re.match(r"UID FETCH (\d+)", command, re.IGNORECASE):
            text = self.mails[int(found[1])]
            said = b"* %s FETCH (UID %s BODY[]<0> {%d}\r\n" % (
                found[1].encode(),
                found[1].encode(),
                len(text),
            )
            said += text + b")\r\n"
        elif found := re.match(r"UID STORE (\d+) \+FLAGS \(?(\\\w+)\)?", command, re.IGNORECASE):
            self.flags[int(found[1])].add(found[2])
        elif word == "EXPUNGE":
            for uid in [uid for uid, flags in self.flags.items() if "\\Deleted" in flags]:
                del self.mails[uid], self.flags[uid]
        return said + ok

    @property
    def url(self) -> str:
        """Return BOUNCES_URL for this mailbox."""
        return f"imap://post%40example.org:secret@127.0.0.1:{self._server.server_address[1]}/INBOX"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
