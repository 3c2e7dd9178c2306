"""Text for feeds, badges and answers in XML: what somebody typed may hold what XML cannot. Pure."""

import re

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def for_xml(text: str) -> str:
    """Return a text without the characters that XML 1.0 has no place for, not even escaped."""
    return _NOT_IN_XML.sub("", text)
