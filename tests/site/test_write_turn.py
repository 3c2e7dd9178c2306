"""Whatever becomes of a connection, the turn to write goes to the next writer."""

import pytest
from sqlalchemy import text

from campaign_app.extensions import db


def is_sqlite(app):
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


def test_a_connection_thrown_away_in_the_middle_gives_the_turn_to_the_next_writer(context):
    if not is_sqlite(context):
        return
    connection = db.engine.connect()
    connection.execute(text("SELECT 1"))
    connection.invalidate()
    connection.close()

    with db.engine.begin() as next_writer:
        assert next_writer.execute(text("SELECT 1")).scalar_one() == 1


def test_an_address_that_no_page_answers_to_is_refused_in_its_own_language(client):
    page = client.get("/en/petitions/lists-and-graves/sign", headers={"Accept-Language": "ar"})

    assert page.status_code == 405
    assert '<html lang="en"' in page.text


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_missing_page_speaks_the_language_of_its_address(client, lang):
    page = client.get(f"/{lang}/nothing-here", headers={"Accept-Language": "en, ar"})

    assert f'<html lang="{lang}"' in page.text
