"""Every page of the desk, as everybody must be able to use it, and within the desk's own budget."""

import pytest
from playwright.sync_api import Browser

from tests.browser.test_accessibility import SEEN_IN, faults, show
from tests.every_desk_page import GROUPS

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("group", GROUPS)
def test_no_page_of_the_desk_keeps_anybody_out(browser: Browser, serve, app, group, lang):
    site = serve(app)
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    shown = context.new_page()
    found = {}

    for answered in GROUPS[group](app, lang):
        show(shown, site, answered)
        found[answered.name] = faults(shown, SEEN_IN[lang])

    context.close()
    assert len(found) > 10
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
