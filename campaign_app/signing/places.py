"""Where a sign form stands: on the petition's own page, or in a frame on another. The checks are the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..templating import link


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place of the form, with the addresses of what belongs to it.

    template: draws the petition and the form. page, sign, inbox: endpoints; address: what each of them is given.
    path: how a signature from here is counted, "" where its tokens tell.
    """

    template: str
    page: str
    sign: str
    inbox: str
    address: Mapping[str, Any]
    path: str = ""

    @property
    def sign_url(self) -> str:
        """Return where the form goes."""
        return link(self.sign, **self.address)

    @property
    def shared_url(self) -> str:
        """Return the page again, as somebody needs it whose phone is used by others too."""
        return link(self.page, **self.address, shared=1)

    def inbox_url(self, *, is_shared: bool) -> str:
        """Return the page that follows a form that was taken."""
        return link(self.inbox, **self.address, shared="1" if is_shared else None)


def own_page(slug: str) -> Place:
    """Return the petition's own page."""
    return Place(
        template="signing/petition.html",
        page="signing.petition",
        sign="signing.sign",
        inbox="signing.check_your_inbox",
        address={"slug": slug},
    )
