"""What a page says of itself to those who pass it on: search engines, messengers, feed readers. Knows no page.

Open Graph (ogp.me) for the preview of a link, `hreflang` for the same page in other languages, and schema.org as
JSON-LD, which is data: no browser runs it, and so no policy has to allow it.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import request
from markupsafe import Markup, escape

from .campaign import campaign
from .config import settings
from .languages import FIRST_LANGUAGE, LANGUAGES, current_language
from .templating import link

PICTURE_SIZE = (1200, 630)
# Within a script element only these could be taken for markup (HTML, "script data state").
_INERT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def alternate_url(code: str) -> str:
    """Return the address of the present page in another language; its home page where there is none."""
    if request.endpoint and request.view_args and "lang" in request.view_args and request.method == "GET":
        return link(request.endpoint, **{**request.view_args, "lang": code})
    if request.view_args and "slug" in request.view_args:
        return link("signing.petition", lang=code, slug=request.view_args["slug"])
    return link("signing.home", lang=code)


def page_head(
    title: str,
    about: str,
    *,
    picture: str = "",
    alt: str = "",
    is_a: str = "WebPage",
    more: Mapping[str, Any] | None = None,
) -> Markup:
    """Return the elements of <head> that describe the present page in its language.

    picture: path of its share picture. alt: what that shows. is_a: the type of schema.org that it honestly is, and more
    of what that type has.
    """
    site, lang = settings().base_url, current_language()
    url = site + alternate_url(lang)
    said = [("og:title", title), ("og:description", about), ("og:type", "website"), ("og:url", url)]
    said.append(("og:locale", LANGUAGES[lang].locale))
    if picture:
        width, height = map(str, PICTURE_SIZE)
        said += [("og:image", site + picture), ("og:image:width", width), ("og:image:height", height)]
        said.append(("og:image:alt", alt or title))
    elements = [Markup('<meta name="description" content="{}">').format(about)]
    elements += [Markup('<meta property="{}" content="{}">').format(name, value) for name, value in said]
    if picture:
        elements.append(Markup('<meta name="twitter:card" content="summary_large_image">'))
    elements += _alternates(site)
    linked: dict[str, Any] = {"@context": "https://schema.org", "@type": is_a, "name": str(title)}
    linked |= {"description": str(about), "url": url, "inLanguage": lang, **(more or {})}
    elements.append(linked_data(linked))
    return Markup("\n").join(elements)


def linked_data(found: Mapping[str, Any]) -> Markup:
    """Return JSON-LD as a data block. Nothing in its values can end it."""
    written = json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(_INERT)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(written))  # noqa: S704


def card_of(page: str) -> Markup:
    """Return the element that says where to ask what another site may show of a page (oEmbed). page: its path."""
    element = Markup('<link rel="alternate" type="application/json+oembed" href="{}">')
    return element.format(card_address(page))


def card_address(page: str, **more: str) -> str:
    """Return where oEmbed answers for a page. page: its path; more: what else to ask, such as the format."""
    site = settings().base_url
    return site + link("widgets.oembed", url=site + page, **more)


def petition_picture(slug: str) -> str:
    """Return the path of the picture that goes with links to a petition, in the present language."""
    return link("sharing.share_picture", slug=slug, language=current_language())


def campaign_picture() -> str:
    """Return the path of the picture that goes with links to any other page, in the present language."""
    return link("sharing.campaign_picture", language=current_language())


def publisher() -> dict[str, str]:
    """Return who publishes all this, as schema.org has it."""
    return {"@type": "Organization", "name": campaign().name(current_language())}


def _alternates(site: str) -> list[Markup]:
    """Return the links to the page in each language, and for whoever reads none of them."""
    each = [(code, alternate_url(code)) for code in LANGUAGES]
    each.append(("x-default", alternate_url(FIRST_LANGUAGE)))
    element = Markup('<link rel="alternate" hreflang="{}" href="{}">')
    return [element.format(code, escape(site + url)) for code, url in each]
