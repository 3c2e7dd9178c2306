"""An update as a mail: the organiser's Markdown as text and as HTML, why it comes, and how it is stopped.

Nothing in it loads, counts or is followed: links lead where the organiser wrote, and no picture is in it.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from markupsafe import Markup

from ..config import settings
from ..languages import direction
from ..mail.messages import Wording, as_message_id, finished, unsubscribe_headers, wording
from ..mail.rules import UPDATE
from ..rich_text import render_markdown
from . import rules

# None reads a text of opening marks alone to its end from every one of them.
LINK = re.compile(r"\[([^\[\]\n]+)\]\((https://[^)\s]+|mailto:[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.{1,1000}?)(?<=\S)\1")
INK = "color: #1B2326;"
# Mail programs drop style sheets: each element says its own. What rich_text makes has no attributes but a link's.
STYLES = {
    "<p>": f'<p class="ink" style="margin: 0 0 16px; {INK}">',
    "<h2>": f'<h2 class="ink" style="margin: 24px 0 8px; {INK} font-size: 20px; line-height: 1.4;">',
    "<h3>": f'<h3 class="ink" style="margin: 20px 0 8px; {INK} font-size: 18px; line-height: 1.4;">',
    "<li>": f'<li class="ink" style="margin: 0 0 8px; {INK}">',
    "<a ": '<a class="link" style="color: #14505C; text-underline-offset: 0.25em;" ',
}
LISTS = re.compile(r"<(ul|ol)( start=\"\d+\")?>")


def stop_url(lang: str, token: str) -> str:
    """Return the address that stops updates to one mailbox. It stays good for years."""
    return f"{settings().base_url}/{lang}/stop-updates/{token}"


def update_wording(*, text: Mapping[str, str], lang: str, title: str, stop: str, is_test: bool) -> Wording:
    """Return subject, text and HTML of an update. title: the petition's. stop: the token of its link."""
    return wording(
        UPDATE,
        lang,
        subject=" ".join(text["subject"].split()),
        body_text=plain_text(text["body"]),
        body_html=mail_html(text["body"], lang),
        title=title,
        stop_link=stop_url(lang, stop),
        is_test="yes" if is_test else "",
    )


def compose_update(
    *,
    text: Mapping[str, str],
    lang: str,
    title: str,
    to: str,
    stop: str,
    reference: str,
    is_test: bool,
    now: datetime,
) -> EmailMessage:
    """Return the finished mail. reference: of the mailing. Raises DeliveryRefused for an impossible address."""
    words = update_wording(text=text, lang=lang, title=title, stop=stop, is_test=is_test)
    address = stop_url(lang, stop)
    headers = unsubscribe_headers(address) if address.startswith("https://") else {}
    # The Message-ID comes back in what a mail server returns (RFC 3464), and tells which subscription that was.
    message_id = as_message_id(f"{reference}.{rules.bounce_reference(stop)}")
    return finished(words, kind=UPDATE, to=to, lang=lang, message_id=message_id, now=now, headers=headers)


def plain_text(markdown: str) -> str:
    """Return Markdown as it reads without its marks: links are written out, lists and paragraphs stay."""
    text = LINK.sub(r"\1: \2", markdown.replace("\r\n", "\n"))
    return EMPHASIS.sub(r"\2", HEADING.sub("", text)).strip()


def mail_html(markdown: str, lang: str) -> Markup:
    """Return Markdown as HTML whose elements carry their own styles and direction."""
    html = str(render_markdown(markdown, top_heading=2))
    for plain, styled in STYLES.items():
        html = html.replace(plain, styled)
    side = "right" if direction(lang) == "rtl" else "left"
    html = LISTS.sub(rf'<\1\2 style="margin: 0 0 16px; padding: 0; padding-{side}: 24px;">', html)
    return Markup(html)  # noqa: S704 - cleaned by rich_text; what is added is ours
