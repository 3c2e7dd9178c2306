"""The picture that messengers show beside a link: in every language of letters, small, drawn no oftener than needed."""

import errno
import os
import threading
import time
from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import update

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.formats import LETTER_LANGUAGES
from campaign_app.letters.documents.writing import words_of
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import public_petition
from campaign_app.tally import operations as tally
from campaign_app.widgets import kept_files, share_picture, share_views
from campaign_app.widgets.kept_files import FOLDER, kept
from campaign_app.widgets.share_picture import HEIGHT, WIDTH, Shown, paper, picture, shown
from tests.conftest import SLUG, forget_everything

KB = 1024
LIMIT = 100 * KB
DAY = date(2026, 12, 1)
ADDRESS = f"/share/{SLUG}/ar.png"


@pytest.fixture(autouse=True)
def _nothing_kept(base_settings):
    for path in (base_settings.home / FOLDER).glob("*.*"):
        path.unlink()


def confirmed(app, people: int) -> None:
    """Let people have signed, and let no process remember how many it was before."""
    with app.app_context():
        petition = public_petition(SLUG)
        where = {"country": "DE", "language": "ar", "source": "direct", "path": "js"}
        tally.add(
            petition_id=petition.id,
            day=utc_day(utc_now()),
            event="confirmed",
            people=people,
            mailboxes=people,
            **where,
        )
        db.session.commit()
    forget_everything(app)


def files(base_settings) -> list[str]:
    return sorted(path.name for path in (base_settings.home / FOLDER).glob("*.png"))


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_a_picture_is_there_in_every_language_of_letters_and_small(app, client, lang):
    confirmed(app, 98_720)

    answer = client.get(f"/share/{SLUG}/{lang}.png")

    assert answer.mimetype == "image/png"
    assert Image.open(BytesIO(answer.data)).size == (WIDTH, HEIGHT)
    assert len(answer.data) <= LIMIT
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_there_is_none_of_what_nobody_may_see(app, client):
    with app.app_context():
        db.session.execute(update(Petition).where(Petition.slug == SLUG).values(state="draft"))
        db.session.commit()
    forget_everything(app)

    asked = (ADDRESS, "/share/nothing/ar.png", "/share/fate-of-the-disappeared/xx.png", "/share/x/%2e%2e.png")
    assert [client.get(address).status_code for address in asked] == [404] * 4


def test_what_it_says_is_what_the_statement_says_in_the_words_of_the_language(context):
    petition = public_petition(SLUG)

    said = {
        lang: paper(shown(petition, lang, people=people, now=utc_now()))
        for lang, people in (("ar", 98_723), ("en", 1), ("fr", 1_204), ("ru", 23), ("zh", 7))
    }

    assert {lang: "".join(each["count"]) for lang, each in said.items()} == {
        "ar": "98,723 شخصاً وقّعوا",
        "en": "1 person has signed",
        "fr": "1\u202f204 personnes ont signé",
        "ru": "23 человека подписали",
        "zh": "7 人已签名",
    }
    assert words_of(said["zh"]["title"]).startswith("叙利亚")
    assert words_of(said["en"]["as_of"]).startswith("As of ")
    assert said["fr"]["campaign"].startswith("Campagne internationale")
    assert not any(each["title_note"] for each in said.values())


def test_a_title_that_nobody_translated_stands_in_its_own_language_and_that_is_said(app, client):
    with app.app_context():
        db.session.execute(
            update(PetitionText).where(PetitionText.language == "en").values(title="Edited since")
        )
        db.session.commit()
        forget_everything(app)

        what = shown(public_petition(SLUG), "ru", people=3, now=utc_now())

        assert (what.title, what.title_language) == ("Edited since", "en")
        assert words_of(paper(what)["title_note"]) == "Язык заголовка: английский"


def test_of_nobody_it_says_that_one_can_sign_and_no_number(context):
    said = paper(shown(public_petition(SLUG), "en", people=0, now=utc_now()))

    assert said["count"] == ["Open for signature", "", ""]
    assert said["kind"] == "Petition"


@pytest.mark.usefixtures("context")
def test_arabic_letters_are_joined_and_what_looks_like_markup_is_text():
    joined = picture(Shown("ar", "اكشفوا مصير المحتجزين", "ar", "open", 3, DAY))
    apart = picture(Shown("ar", "\u200c".join("اكشفوا مصير المحتجزين"), "ar", "open", 3, DAY))
    markup = picture(Shown("en", '#panic("no") *bold* $x$ {{fact}} <b> 𓀀', "en", "open", 3, DAY))
    longest = picture(Shown("en", "Remembrance " * 13, "en", "open", 98_720, DAY))

    assert joined != apart
    assert Image.open(BytesIO(markup)).size == (WIDTH, HEIGHT)
    assert len(longest) <= LIMIT


def test_a_rise_of_the_count_is_drawn_after_a_while_and_not_at_once(app, client, base_settings):
    confirmed(app, 3)
    before = client.get(ADDRESS).data
    confirmed(app, 40)

    meanwhile = client.get(ADDRESS).data
    [name] = files(base_settings)
    long_ago = time.time() - share_views.PICTURE_SECONDS - 1
    os.utime(base_settings.home / FOLDER / name, (long_ago, long_ago))
    forget_everything(app)
    after = client.get(ADDRESS).data

    assert meanwhile == before
    assert after != before
    assert files(base_settings) == [name]


def test_an_edited_title_is_drawn_at_once_and_the_old_picture_is_gone(app, client, base_settings):
    before = client.get(ADDRESS).data
    [name] = files(base_settings)
    with app.app_context():
        db.session.execute(
            update(PetitionText).where(PetitionText.language == "ar").values(title="عنوان آخر")
        )
        db.session.commit()
    forget_everything(app)

    after = client.get(ADDRESS).data

    assert after != before
    [renamed] = files(base_settings)
    assert renamed != name


def test_a_query_is_ignored_and_takes_no_place_among_the_finished_answers(app, client, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        share_views, "picture", lambda what: drawn.append(what) or share_picture.picture(what)
    )

    answers = [client.get(f"{ADDRESS}?s={code}") for code in ("wa", "tg", "fb")]

    assert {answer.status_code for answer in answers} == {200}
    assert len(drawn) == 1
    assert not [key for key in app.extensions["nidaa_finished_pages"].kept if key[0] == ADDRESS]


def test_on_a_full_disk_a_picture_is_given_and_not_kept(client, monkeypatch, base_settings, caplog):
    monkeypatch.setattr(kept_files, "_write", full)

    assert client.get(ADDRESS).data.startswith(b"\x89PNG")

    assert list((base_settings.home / FOLDER).glob("*.png")) == []
    assert "No space left on device" in caplog.text


def full(path, content):
    """Refuse as a disk without room does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_many_who_ask_at_once_wait_for_one_that_is_made(app):
    made, making = [], threading.Semaphore(1)

    def make() -> bytes:
        assert making.acquire(blocking=False), "two at a time"
        time.sleep(0.05)
        making.release()
        made.append(1)
        return b"made"

    answers: list[bytes] = []

    def ask() -> None:
        with app.app_context():
            answers.append(kept("x.png", of={}, make=make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [b"made"] * 8
    assert len(made) == 1
