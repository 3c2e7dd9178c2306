"""`campaign petition …` as an operator meets it: what it prints, what it refuses, and with which exit code."""

import json

import pytest

from campaign_app.config import ROOT
from campaign_app.extensions import db
from campaign_app.petitions.commands import petition as group
from tests.supporters import PAGE, SLUG


@pytest.fixture
def run(app, context):
    """A function that runs one `campaign petition` command."""

    def invoke(*arguments: str):
        db.session.rollback()
        return app.test_cli_runner().invoke(group, arguments)

    return invoke


def test_petitions_are_listed_for_people_and_for_scripts(run):
    lines = run("list").stdout.splitlines()
    rows = json.loads(run("list", "--json").stdout)

    assert [row["slug"] for row in rows] == [line.split("\t")[0] for line in lines]
    assert f"{SLUG}\topen\ttext versions: ar 1, en 1" in lines
    assert {"slug": SLUG, "state": "open", "text_versions": {"ar": 1, "en": 1}} in rows


def test_a_new_text_is_written_from_a_file_and_shown(run, client, tmp_path):
    shipped = (ROOT / "content" / "petitions" / SLUG / "en.toml").read_text()
    file = tmp_path / "en.toml"
    file.write_text(shipped.replace('title = "', 'title = "Once more: ', 1))

    written = run("write", SLUG, "--lang", "en", str(file))

    assert (written.exit_code, written.stdout) == (0, "")
    assert "version 2" in written.stderr
    assert "Once more: " in client.get(PAGE).text


@pytest.mark.parametrize(
    ("text", "said"),
    [("title = ", "is not TOML"), ('title = "Only a title"', "lacks summary"), ("\0", "is not TOML")],
)
def test_a_file_that_is_no_whole_text_is_one_sentence(run, tmp_path, text, said):
    file = tmp_path / "en.toml"
    file.write_text(text)

    refused = run("write", SLUG, "--lang", "en", str(file))

    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_a_text_with_a_mistyped_fact_is_refused_by_name(run, tmp_path):
    shipped = (ROOT / "content" / "petitions" / SLUG / "en.toml").read_text()
    file = tmp_path / "en.toml"
    file.write_text(shipped.replace("{{fact:", "{{fact:un", 1))

    refused = run("write", SLUG, "--lang", "en", str(file))

    assert refused.exit_code == 1
    assert "there is no fact" in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("write", "nothing", "--lang", "en", "{file}"),
        ("update", "nothing", "{file}"),
    ],
)
def test_an_unknown_petition_is_one_sentence(run, tmp_path, command):
    file = tmp_path / "file.toml"
    file.write_bytes((ROOT / "content" / "petitions" / SLUG / "en.toml").read_bytes())

    refused = run(*(part.format(file=file) for part in command))

    assert refused.exit_code == 1
    assert "no petition is called 'nothing'" in refused.stderr


def test_news_is_published_from_a_file(run, client, tmp_path):
    file = tmp_path / "news.toml"
    file.write_text('[ar]\ntitle = "خبر"\nbody = "نص"\n[en]\ntitle = "Some news"\nbody = "What happened"\n')

    assert run("update", SLUG, str(file)).exit_code == 0

    assert "Some news" in client.get(PAGE).text


@pytest.mark.parametrize(("text", "said"), [('[en]\ntitle = "x"\nbody = "y"', "ar"), ("= =", "")])
def test_news_that_lacks_words_is_refused(run, tmp_path, text, said):
    file = tmp_path / "news.toml"
    file.write_text(text)

    refused = run("update", SLUG, str(file))

    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.output
