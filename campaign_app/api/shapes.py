"""What the API answers, as types: the views are checked against them, and the OpenAPI document is made from them.

The docstring of a shape and the words beside a field become its description; see json_schema.py. A text that exists in
several languages is an object from a language's code to the text.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

from .json_schema import Of

Day = Annotated[str, Of(format="date")]
Moment = Annotated[str, Of(format="date-time")]
Address = Annotated[str, Of(format="uri")]
Language = Annotated[str, Of(pattern="^[a-z]{2,3}$")]
Slug = Annotated[str, Of(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
Count = Annotated[int, Of(minimum=0)]
ByLanguage = dict[str, str]
AddressByLanguage = dict[str, Address]
PetitionState = Literal["open", "closed", "delivered", "answered", "withdrawn"]
LetterState = Literal["sent", "acknowledged", "answered", "declined", "overdue", "closed"]
Dimension = Literal["country", "language", "source", "path"]


class Page(TypedDict):
    """One page of a list. A page beyond the last is a problem, not an empty page."""

    page: Annotated[int, Of(says="From 1.", minimum=1)]
    pages: Annotated[int, Of(says="How many pages there are.", minimum=1)]
    per_page: Annotated[int, Of(says="How many a page has at most; it cannot be chosen.", minimum=1)]
    total: Count
    next: Address | None
    previous: Address | None


class PetitionSummary(TypedDict):
    """A petition in a list."""

    slug: Annotated[Slug, Of(says="Its name in addresses. It never changes.")]
    url: Annotated[Address, Of(says="All that the API says of it.")]
    pages: Annotated[AddressByLanguage, Of(says="Its page for people, by language.")]
    state: PetitionState
    is_accepting: Annotated[bool, Of(says="Whether people can sign now.")]
    titles: ByLanguage
    summaries: ByLanguage
    home_language: Language
    opens_at: Moment | None
    closes_at: Annotated[Moment | None, Of(says="When it will close, where that is known.")]
    closed_on: Day | None
    delivered_on: Day | None
    answered_on: Day | None
    people: Annotated[Count, Of(says="People who confirmed and are still counted, as in the statement.")]
    as_of: Annotated[Moment, Of(says="The moment of this number.")]


class PetitionList(Page):
    """Every petition that the public may see, in the order they were made."""

    items: list[PetitionSummary]


class Goal(TypedDict):
    """A number of people, and what happens when it is reached."""

    threshold: Annotated[int, Of(minimum=1)]
    meanings: ByLanguage


class News(TypedDict):
    """A piece of news of a petition. The HTML is clean: no script, no style, no picture."""

    published_on: Day
    titles: ByLanguage
    bodies_html: ByLanguage


class PetitionLinks(TypedDict):
    """Where the rest of what there is about a petition lies."""

    texts: Address
    statement: Address
    letters: Address
    breakdowns: Annotated[dict[str, Address], Of(says="By dimension.")]


class Petition(PetitionSummary):
    """One petition."""

    addressees: Annotated[list[ByLanguage], Of(says="The offices it addresses; never a person's name.")]
    goals: list[Goal]
    news: Annotated[list[News], Of(says="The latest first.")]
    links: PetitionLinks


class Source(TypedDict):
    """Where a figure in a text was read."""

    statement: str
    source: str
    as_of: Annotated[str, Of(says="In words.")]
    address: Annotated[str | None, Of(says="The source's own page, where it is known.")]


class Text(TypedDict):
    """The words that people sign, in one language. The HTML is clean: no script, no style, no picture."""

    language: Language
    version: Annotated[
        int, Of(says="A text that somebody may have signed never changes: it gets a new version.")
    ]
    title: str
    summary: str
    demand_html: str
    background_html: str
    next_steps_html: str
    sources: list[Source]


class Texts(TypedDict):
    """The present texts of a petition."""

    petition: Slug
    texts: list[Text]


class Elsewhere(TypedDict):
    """What another platform counted, as somebody read it there and somebody else checked; never added to ours."""

    name: str
    number: Count
    as_of: Day
    evidence: str
    sha256: Annotated[str, Of(says="Of the copy of the evidence, hexadecimal.")]


class Statement(TypedDict):
    """The statement of numbers of a petition: each kind apart, never added up."""

    petition: Slug
    on: Annotated[Day | None, Of(says="The UTC day at whose end it holds; null for now.")]
    as_of: Moment
    people: Annotated[Count, Of(says="Confirmed by mail and still counted.")]
    mailboxes: Annotated[Count, Of(says="E-mail addresses among them: several people may share one.")]
    pending: Annotated[int, Of(says="Asked and not answered yet, as of the UTC midnight in pending_as_of.")]
    pending_as_of: Moment
    confirmed: Annotated[Count, Of(says="All who ever confirmed.")]
    withdrawn: Count
    erased: Count
    invalidated: Annotated[dict[str, Count], Of(says="Taken out by us, by reason.")]
    restored: Annotated[Count, Of(says="Of these put back.")]
    taken_out: Annotated[dict[str, Count], Of(says="Of these still out, by reason.")]
    paper: Annotated[int, Of(says="Signed on paper, counted apart.")]
    endorsements: Annotated[int, Of(says="Organisations, counted apart.")]
    first_signed_on: Day | None
    left_since: Annotated[Count | None, Of(says="Of a past day: how often somebody left the count since.")]
    still_counted_at_least: Annotated[
        Count | None, Of(says="Of a past day: how many of those people are counted now, at the least.")
    ]
    elsewhere: Annotated[list[Elsewhere] | None, Of(says="Only of now.")]
    method: Annotated[AddressByLanguage, Of(says="How we count, for people, by language.")]


class Group(TypedDict):
    """People of one group."""

    code: Annotated[str, Of(says='"" where it was not stated.')]
    names: ByLanguage
    people: Annotated[int, Of(says="Rounded down to ten: never more than there are.", minimum=10)]


class Breakdown(TypedDict):
    """People by one dimension, at a UTC midnight. Only groups that are too large to point at anybody are named."""

    petition: Slug
    by: Dimension
    standing: Annotated[
        Literal["published", "withheld", "too-few"],
        Of(
            says="withheld: small groups could be worked out. too-few: fewer than a hundred people, or no large group."
        ),
    ]
    as_of: Moment | None
    groups: list[Group]
    others: Annotated[int | None, Of(says="Everybody else, rounded; null where they are fewer than ten.")]


class LetterSummary(TypedDict):
    """A public letter in a list."""

    reference: str
    url: Annotated[Address, Of(says="All that the API says of it.")]
    pages: Annotated[AddressByLanguage, Of(says="Its page for people, by language.")]
    kind: Literal["letter", "numbers-sheet"]
    petition: Slug | None
    recipients: Annotated[
        ByLanguage | None, Of(says="The office it went to; null for numbers for the press.")
    ]
    sent_on: Day
    state: LetterState
    standings: Annotated[
        ByLanguage, Of(says="What became of it, as a sentence: silence as plainly as an answer.")
    ]


class LetterList(Page):
    """The public letters that were sent, the latest first."""

    items: list[LetterSummary]


class LetterFile(TypedDict):
    """One document of a letter: exactly the bytes that left."""

    language: Language
    name: str
    media_type: str
    size_bytes: Count
    sha256: Annotated[str, Of(says="Hexadecimal.", pattern="^[0-9a-f]{64}$")]
    url: Annotated[Address | None, Of(says="null where it holds names of people, and so is not given out.")]


class Reply(TypedDict):
    """What an office said, published because it agreed to that."""

    kind: Literal["acknowledgement", "answer", "refusal"]
    received_on: Day
    language: Language
    text: str
    writers: Annotated[ByLanguage, Of(says="The office that wrote it.")]


class LetterNumbers(TypedDict):
    """The numbers that a letter states, as they were when it was issued."""

    as_of: Moment
    people: Count
    mailboxes: Count
    pending: int
    withdrawn: Count
    erased: Count
    taken_out: dict[str, Count]
    paper: int
    endorsements: int


class Letter(LetterSummary):
    """One public letter, and what became of it."""

    issued_on: Day
    languages: list[Language]
    subjects: ByLanguage
    numbers: LetterNumbers | None
    files: list[LetterFile]
    replies: list[Reply]
    corrects: Annotated[list[str], Of(says="References of public letters.")]
    corrected_by: Annotated[list[str], Of(says="References of public letters.")]


class Problem(TypedDict):
    """Why there is no answer (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    code: Annotated[str, Of(says="For machines; it does not change.")]
    parameter: NotRequired[Annotated[str, Of(says="Which parameter is at fault.")]]
