"""The yardstick: the least that Flask can do with the same request under the same server.

HELLO_BYTES names a file that holds one answer, headers as a line of JSON and then the body.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

app = Flask(__name__, static_folder=None)
_HEAD, _, _BODY = (
    Path(os.environ["HELLO_BYTES"]).read_bytes().partition(b"\n")
    if ("HELLO_BYTES" in os.environ)
    else (b"[]", b"", b"")
)
_HEADERS = [(name, value) for name, value in json.loads(_HEAD)]


@app.get("/hello")
def hello() -> ResponseReturnValue:
    """Say hello."""
    return "hello"


@app.get("/page")
def page() -> ResponseReturnValue:
    """Serve the bytes of a page."""
    return Response(_BODY, headers=_HEADERS)


@app.post("/sign")
def sign() -> ResponseReturnValue:
    """Read the same fields as a signature has, and say hello."""
    for name in request.form:
        request.form[name]
    return "hello"


def as_served(headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return an answer in the form of the file."""
    return json.dumps(list(headers)).encode() + b"\n" + body
