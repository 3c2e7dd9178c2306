"""Every address of the API, declared: views.py answers at them, openapi.py describes them, tests go through them."""

from . import osdi_shapes, shapes
from .declared import BY, HAL, LANG, ON, PAGE, PETITION_NAME, REFERENCE, SLUG, Endpoint

PETITIONS = Endpoint(
    name="petitions",
    path="/api/v1/petitions",
    summary="The petitions",
    answer=shapes.PetitionList,
    parameters=(PAGE,),
    problems=("page-beyond-the-end",),
)
PETITION = Endpoint(
    name="petition",
    path="/api/v1/petitions/{slug}",
    summary="One petition",
    answer=shapes.Petition,
    parameters=(SLUG,),
    problems=("petition-unknown",),
)
TEXTS = Endpoint(
    name="texts",
    path="/api/v1/petitions/{slug}/texts",
    summary="The words that people sign, in each language",
    answer=shapes.Texts,
    parameters=(SLUG,),
    problems=("petition-unknown",),
)
STATEMENT = Endpoint(
    name="statement",
    path="/api/v1/petitions/{slug}/statement",
    summary="The statement of numbers, of now or of a past day",
    answer=shapes.Statement,
    parameters=(SLUG, ON),
    problems=("petition-unknown", "no-numbers-for-that-day"),
)
BREAKDOWN = Endpoint(
    name="breakdown",
    path="/api/v1/petitions/{slug}/breakdown",
    summary="People by country, language, source or path, as far as it is published",
    answer=shapes.Breakdown,
    parameters=(SLUG, BY),
    problems=("petition-unknown",),
)
LETTERS = Endpoint(
    name="letters",
    path="/api/v1/letters",
    summary="The public letters that were sent",
    answer=shapes.LetterList,
    parameters=(PETITION_NAME, PAGE),
    problems=("petition-unknown", "page-beyond-the-end"),
    tag="letters",
)
LETTER = Endpoint(
    name="letter",
    path="/api/v1/letters/{reference}",
    summary="One public letter, its documents and the published replies",
    answer=shapes.Letter,
    parameters=(REFERENCE,),
    problems=("letter-unknown",),
    tag="letters",
)
OSDI = Endpoint(
    name="osdi",
    path="/api/osdi/",
    summary="OSDI's entry point",
    answer=osdi_shapes.OsdiEntryPoint,
    media_type=HAL,
    tag="osdi",
)
OSDI_PETITIONS = Endpoint(
    name="osdi_petitions",
    path="/api/osdi/petitions",
    summary="The petitions as OSDI has them",
    answer=osdi_shapes.OsdiPetitions,
    parameters=(LANG, PAGE),
    problems=("page-beyond-the-end",),
    media_type=HAL,
    tag="osdi",
)
OSDI_PETITION = Endpoint(
    name="osdi_petition",
    path="/api/osdi/petitions/{slug}",
    summary="One petition as OSDI has it",
    answer=osdi_shapes.OsdiPetition,
    parameters=(SLUG, LANG),
    problems=("petition-unknown",),
    media_type=HAL,
    tag="osdi",
)
ALL = (
    PETITIONS,
    PETITION,
    TEXTS,
    STATEMENT,
    BREAKDOWN,
    LETTERS,
    LETTER,
    OSDI,
    OSDI_PETITIONS,
    OSDI_PETITION,
)
