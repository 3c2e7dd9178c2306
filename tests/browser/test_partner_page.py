"""A partner's private page in real Chromium: pick, see, copy; the preview takes nothing and nothing is left behind."""

import pytest
from playwright.sync_api import expect

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.partners import operations
from campaign_app.petitions.queries import public_petition
from tests.partners.situations import BY, a_partner
from tests.supporters import SLUG

pytestmark = pytest.mark.browser


def test_a_partner_picks_sees_and_copies_what_its_site_shall_show(app, page, serve, socket_enabled):
    with app.app_context():
        token = operations.make_link(partner=a_partner(), by=BY, now=utc_now())
        db.session.commit()
        title = public_petition(SLUG).text("ar").title
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{serve(app)}/en/partners/{token}")
    preview = page.frame_locator("iframe.preview")
    page.locator("iframe.preview").scroll_into_view_if_needed()
    expect(preview.locator("form")).to_be_attached()
    assert preview.locator("[inert] form").count() == 1  # nothing can be typed into it

    for field, value in (("petition", SLUG), ("size", "card"), ("language", "ar"), ("theme", "dark")):
        page.select_option(f"#{field}", value)
    page.get_by_role("button", name="Show it").click()

    page.locator("iframe.preview").scroll_into_view_if_needed()
    expect(preview.get_by_role("heading", level=1)).to_have_text(title)
    assert preview.locator("form").count() == 0
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.input_value("#snippet")
    assert f"/embed/{SLUG}/card?s=example" in copied
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
