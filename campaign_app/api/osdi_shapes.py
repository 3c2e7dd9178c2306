"""OSDI's resources, as far as they are given, as types: field names are OSDI's own (opensupporter.github.io/osdi-docs).

What OSDI knows and is never given: signatures, people, creators, and every helper that writes.
"""

from typing import Annotated, NotRequired, TypedDict

from .json_schema import Of
from .shapes import Address, Count, Moment


class Curie(TypedDict):
    """Where the names of OSDI's links are explained."""

    name: str
    href: str
    templated: bool


class Link(TypedDict):
    """A link, as HAL has it."""

    href: Address
    title: NotRequired[str]


class Target(TypedDict):
    """An office that a petition addresses."""

    name: str


class OsdiPetitionLinks(TypedDict):
    """A petition's own address, and its pages for people."""

    self: Link
    curies: list[Curie]
    alternate: list[Link]


class OsdiPetition(TypedDict):
    """One petition."""

    identifiers: list[str]
    origin_system: str
    created_date: NotRequired[Moment]
    name: str
    title: str
    summary: str
    description: Annotated[str, Of(says="HTML.")]
    petition_text: Annotated[str, Of(says="HTML.")]
    browser_url: Address
    total_signatures: Annotated[Count, Of(says="People who confirmed and are still counted.")]
    target: list[Target]
    _links: OsdiPetitionLinks


# The names of these fields are no names of Python's.
EntryLinks = TypedDict(
    "EntryLinks", {"curies": list[Curie], "self": Link, "osdi:petitions": Link, "docs": Link}
)
OsdiListLinks = TypedDict(
    "OsdiListLinks",
    {
        "curies": list[Curie],
        "self": Link,
        "next": NotRequired[Link],
        "previous": NotRequired[Link],
        "osdi:petitions": list[Link],
    },
)
OsdiEmbedded = TypedDict("OsdiEmbedded", {"osdi:petitions": list[OsdiPetition]})


class OsdiPetitions(TypedDict):
    """One page of the petitions."""

    total_pages: int
    per_page: int
    page: int
    total_records: int
    _links: OsdiListLinks
    _embedded: OsdiEmbedded


class OsdiEntryPoint(TypedDict):
    """Where everything begins."""

    motd: str
    max_pagesize: int
    vendor_name: str
    product_name: str
    osdi_version: str
    _links: EntryLinks
