"""Every body of a request to the desk is here before anything begins a transaction; a file goes to the disk meanwhile.

How long forms may be, access.py says. Files are larger by far: only whom that table names may send one. The proxy
passes them on as they come, so of anybody else's not a byte is waited for.
"""

from flask import Flask, request
from flask.typing import ResponseReturnValue

from ..database import READING_METHODS
from ..letters.replying import LARGEST_SCAN_BYTES
from ..updates.rules import LARGEST_FILE_BYTES
from .gate import may_send, turned_away

# A scan may be twice as large before it is cut off, so that whoever chose too large a one is told and loses no word.
FILES = {"mailings.load": LARGEST_FILE_BYTES, "letter_desk.file_reply": 2 * LARGEST_SCAN_BYTES}
# Werkzeug reads a file in pieces of 64 KiB, and measures each with what waits before it as if it were a form.
PIECE_BYTES = 256 * 1024


def register(desk: Flask) -> None:
    """Read every body first, forms and files as such: of a file nothing stays in memory."""

    @desk.before_request
    def _read_body() -> ResponseReturnValue | None:
        if request.method in READING_METHODS:
            return None
        if request.endpoint in FILES:
            if not may_send(request.endpoint):
                return turned_away()
            request.max_content_length = FILES[request.endpoint]
            request.max_form_memory_size = PIECE_BYTES
        request.get_data(parse_form_data=True)
        return None
