"""What the golden files say of the recipients of a mailing."""

import json
from pathlib import Path
from typing import Any

from campaign_app.sealing.mailing import Envelope, MailingSecret, open_row
from campaign_app.updates.rules import file_header_of, mailing_key_of, sealed_of

GOLDEN = Path(__file__).resolve().parents[1] / "sealing" / "golden"
MAILING = json.loads((GOLDEN / "mailing-v1.json").read_text("utf-8"))
KEY = mailing_key_of(json.dumps(MAILING["key"]))
RECIPIENTS: list[dict[str, Any]] = MAILING["recipients"]


def opened(file: bytes) -> list[dict[str, Any]]:
    """Return the recipients of a file that was sealed to the golden mailing."""
    first, *rows, _end = file.splitlines(keepends=True)
    header = file_header_of(first)
    secret = MailingSecret(bytes.fromhex(MAILING["seed"]))
    envelope = Envelope(mailing=header.mailing, petition=header.petition, recipients=header.recipients)
    content_key = secret.open_content_key(header.sealed_key, envelope)
    assert len(rows) == header.recipients
    return [
        open_row(sealed_of(row), number=number, content_key=content_key) for number, row in enumerate(rows, 1)
    ]
