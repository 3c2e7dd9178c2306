"""A frozen letter with something of everything, to make documents from. Its names and places are invented."""

from campaign_app.letters.frozen import (
    BULLETS,
    HEADING,
    LETTER,
    ORDERED,
    PARAGRAPH,
    Addressed,
    Annexes,
    Block,
    Breakdown,
    Endorsement,
    FrozenLetter,
    Run,
    Signatory,
    SignedText,
    Statement,
    Text,
)

SUBJECTS = {
    "ar": "سوريا – المحتجزون والمفقودون ومواقع الدفن – طلب تسليم القوائم",
    "en": "Syria – detainees, missing persons and burial sites – request for lists",
    "fr": "Syrie – personnes détenues, personnes disparues et lieux d'inhumation – demande de listes",
    "ru": "Сирия – задержанные, пропавшие без вести и места захоронения – просьба о списках",
    "zh": "叙利亚 – 被拘留者、失踪人员和埋葬地点 – 请求提供名单",
}
SENTENCES = {
    "ar": "نطلب من كل من يحتجز أشخاصاً أن يسلّم القوائم، عملاً بالقرار ",
    "en": "We ask whoever holds people to hand over the lists, recalling resolution ",
    "fr": "Nous demandons à quiconque détient des personnes de remettre les listes, rappelant la résolution ",
    "ru": "Мы просим всех, кто удерживает людей, передать списки, напоминая о резолюции ",
    "zh": "我们请求所有关押人员者移交名单,并回顾决议 ",
}
STATEMENTS = {
    "ar": "وقّع 12,345 شخصاً من 61 بلداً",
    "en": "12,345 people from 61 countries have signed",
    "fr": "12 345 personnes de 61 pays ont signé",
    "ru": "Подписались 12 345 человек из 61 страны",
    "zh": "来自61个国家的12,345人已签名",
}


def frozen_letter(*languages: str) -> FrozenLetter:
    """Return a letter to an invented office, in the given languages or in five."""
    chosen = languages or tuple(SUBJECTS)
    return FrozenLetter(
        kind=LETTER,
        template="council-president",
        template_version=1,
        reference="NID-2026-0007",
        issued_at="2026-12-01T09:30:00+00:00",
        visibility="public",
        languages=chosen,
        campaign={lang: "Invented Campaign" for lang in chosen},
        petition="lists-and-graves",
        titles=dict.fromkeys(chosen, "Hand over the lists"),
        addressed=Addressed(
            key="mission-nowhere",
            names=dict.fromkeys(chosen, "Nowhere"),
            lines=dict.fromkeys(chosen, ("The Permanent Representative of Nowhere", "1 Invented Street")),
            salutation=dict.fromkeys(chosen, "Excellency,"),
            close=dict.fromkeys(chosen, "Accept, Excellency, our highest consideration."),
            month="2026-12",
        ),
        signatory=Signatory(
            name="A. Signatory",
            role="Coordinator",
            organisation=dict.fromkeys(chosen, "Invented Campaign"),
            address="2 Invented Street",
            contact="letters@example.org",
        ),
        texts={lang: _text(lang) for lang in chosen},
        statement=Statement(
            people=12_345,
            mailboxes=12_001,
            withdrawn=12,
            erased=3,
            pending=40,
            taken_out={"automated": 7},
            paper=120,
            endorsements=2,
            countries=61,
            as_of="2026-12-01T09:30:00+00:00",
            first_on="2026-03-05",
            last_on="2026-12-01",
            largest_day=("2026-03-06", 2_310),
            largest_country=("DE", 4_200),
            address="https://petitions.example.org/en/petitions/lists-and-graves/numbers/2026-11-30",
        ),
        annexes=Annexes(
            breakdowns=(
                Breakdown(
                    dimension="country", on="2026-11-30", rows=(("DE", 4_200), ("SY", 1_010)), others=7_110
                ),
            ),
            signed_texts=tuple(
                SignedText(
                    language=lang,
                    version=1,
                    on="2026-03-05",
                    title=SUBJECTS[lang],
                    demand=(Block(PARAGRAPH, (Run(SENTENCES[lang]),)),),
                )
                for lang in chosen
            ),
            endorsements=(Endorsement(name="Invented Association", country="FR"),),
        ),
        addresses=dict.fromkeys(
            chosen, "https://petitions.example.org/en/letters/NID-2026-0007/ABCDEFGHIJKLMNOP"
        ),
        copies=dict.fromkeys(chosen, ("Invented Secretariat",)),
        released="two-people",
    )


def _text(lang: str) -> Text:
    return Text(
        subject=SUBJECTS[lang],
        blocks=(
            Block(PARAGRAPH, (Run(SENTENCES[lang]), Run("2474 (2019)", ltr=True), Run("."))),
            Block(HEADING, (Run("1."),)),
            Block(
                ORDERED,
                items=(
                    (Block(PARAGRAPH, (Run(SENTENCES[lang], strong=True),)),),
                    (Block(PARAGRAPH, (Run("example.org", url="https://example.org/", ltr=True),)),),
                ),
            ),
            Block(BULLETS, items=((Block(PARAGRAPH, (Run(SENTENCES[lang], emphasis=True),)),),)),
            Block(PARAGRAPH, (Run(STATEMENTS[lang]),)),
        ),
        statement=STATEMENTS[lang],
        sources=("Invented source, 1 March 2026",),
        figures={"people": "12,345", "countries": "61"},
    )
