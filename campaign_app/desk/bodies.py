"""Every body of a request to the desk is here before anything begins a transaction; a file goes to the disk meanwhile.

How long forms may be, access.py says. Files are larger by far: only whom that table names may send one.
"""

from flask import Flask, request

from ..database import READING_METHODS
from ..updates.rules import LARGEST_FILE_BYTES
from .gate import may_send

FILES = {"mailings.load": LARGEST_FILE_BYTES}


def register(desk: Flask) -> None:
    """Read every body first, forms and files as such: of a file nothing stays in memory."""

    @desk.before_request
    def _read_body() -> None:
        if request.method in READING_METHODS:
            return
        if request.endpoint in FILES and may_send(request.endpoint):
            request.max_content_length = FILES[request.endpoint]
        request.get_data(parse_form_data=True)
