"""Every body of a request to the desk is here before anything begins a transaction; a file goes to the disk meanwhile.

How long forms may be, access.py says. Files are larger by far: only whoever signed in here may send one.
"""

from flask import Flask, request, session

from ..accounts.sessions import TOKEN
from ..database import READING_METHODS
from ..updates.rules import LARGEST_FILE_BYTES

FILES = {"mailings.load": LARGEST_FILE_BYTES}


def register(desk: Flask) -> None:
    """Read every body first, forms and files as such: of a file nothing stays in memory."""

    @desk.before_request
    def _read_body() -> None:
        if request.method in READING_METHODS:
            return
        if request.endpoint in FILES and TOKEN in session:
            request.max_content_length = FILES[request.endpoint]
        request.get_data(parse_form_data=True)
