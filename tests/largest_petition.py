"""A petition's page as large as it realistically gets: news, every goal but the last, and twelve long names."""

from datetime import datetime, timedelta

from campaign_app.clock import utc_day
from campaign_app.extensions import db
from campaign_app.petitions import operations as petitions
from campaign_app.signing.models import Signature
from campaign_app.tally import operations as tally

PEOPLE = 98_720  # the last goal is a hundred thousand
ORGANISATIONS = 48
TREES = [
    "الزيتون",
    "السنديان",
    "الياسمين",
    "البيلسان",
    "الصنوبر",
    "اللوز",
    "الرمان",
    "الخرنوب",
    "النارنج",
    "الكبّاد",
    "التوت",
    "الغار",
]
COUNTRIES = ["SY", "DE", "LB", "GB", "TR", "JO", "IQ", "US", "SE", "FR", "NL", "CA"]
SHOWN = tuple(
    f"موقّع تجريبي طويل الاسم من بيت {tree} و{other}"
    for tree, other in zip(TREES, TREES[5:] + TREES[:5], strict=True)
)
NEWS = (
    ("سُلّم المطلب باليد", "سُلّمت الرسالة **اليوم**، ومعها [بيان الأعداد](https://example.org/statement)."),
    ("ردّ أول", "وصلنا ردّ من جهة واحدة، ونشرناه كما هو. ولم تُجب الجهات الأخرى بعد."),
    ("موعد جديد", "طلبنا لقاءً ثانياً، وحُدّد له يوم في الشهر القادم. ونكتب هنا ما يقال فيه."),
)


def grow_fully(slug: str, *, now: datetime) -> None:
    """Give a petition its largest page. Adds rows; never commits."""
    petition = petitions.petition_by_slug(slug)
    today = utc_day(now)
    where = {"language": "ar", "source": "direct", "path": "js"}
    tally.add(
        petition_id=petition.id,
        day=today - timedelta(days=len(SHOWN)),
        event="confirmed",
        people=PEOPLE - len(SHOWN),
        mailboxes=PEOPLE - len(SHOWN),
        country="SY",
        **where,
    )
    tally.add(petition_id=petition.id, day=today, event="endorsed", people=ORGANISATIONS)
    for title, body in NEWS:
        words = {"title": title, "body": body}
        petitions.publish_update(petition=petition, texts={"ar": words, "en": words}, now=now)
    for nth, (name, country) in enumerate(zip(SHOWN, COUNTRIES, strict=True)):
        day = today - timedelta(days=nth // 6)
        cell = tally.add(
            petition_id=petition.id, day=day, event="confirmed", mailboxes=1, country=country, **where
        )
        db.session.add(
            Signature(
                petition_id=petition.id,
                nth=1,
                tag=bytes([200 + nth]) * 32,
                tally_cell_id=cell,
                signed_on=day,
                text_language="ar",
                text_version=1,
                consent_version=1,
                path="js",
                public_name=name,
                link_hash=bytes([200 + nth]) * 32,
            )
        )
