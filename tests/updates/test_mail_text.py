"""An update as plain text: without Markdown's marks, and quickly whatever an organiser typed."""

from time import process_time

import pytest

from campaign_app.updates.mail_text import plain_text
from campaign_app.updates.rules import LONGEST_BODY


def test_marks_go_and_addresses_stay():
    text = "## What happened\n\nIt was **handed over**: [see [there](https://example.org/news)\n- __one__"

    assert plain_text(text) == (
        "What happened\n\nIt was handed over: [see there: https://example.org/news\n- one"
    )


@pytest.mark.parametrize("mark", ["[", "![", "**a ", "[a](https://x"])
def test_a_text_of_opening_marks_alone_holds_up_no_mail(mark):
    text = (mark * LONGEST_BODY)[:LONGEST_BODY]
    begun = process_time()
    plain_text(text)

    assert process_time() - begun < 1
