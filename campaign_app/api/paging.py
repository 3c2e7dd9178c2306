"""Where a page of a list says that the others are."""

from typing import Any

from ..addresses import public_url
from . import shapes
from .rules import Cut


def page_of(endpoint: str, cut: Cut[Any], **asked: str | None) -> shapes.Page:
    """Return what a page says of its list. asked: the other parameters that it was asked for with."""
    given = {name: value for name, value in asked.items() if value}

    def _address(page: int) -> str:
        return public_url(endpoint, page=page, **given)

    return {
        "page": cut.page,
        "pages": cut.pages,
        "per_page": cut.on_a_page,
        "total": cut.total,
        "next": _address(cut.page + 1) if cut.page < cut.pages else None,
        "previous": _address(cut.page - 1) if cut.page > 1 else None,
    }
