"""An installation's own content folder was copied from an older version: what came since holds there too."""

import re
import shutil
from pathlib import Path

import pytest

from campaign_app.bodies.content import president_words, shipped_bodies
from campaign_app.campaign import load
from campaign_app.config import ROOT
from campaign_app.languages import LANGUAGES
from campaign_app.letters import templates, words
from campaign_app.petitions.avoiding import shipped

SUBJECT_TABLE = re.compile(r"^\[(mail_subject_\w+)\]\n(?:[a-z]+ = .*\n)+", re.MULTILINE)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A copy of the shipped folder of before updates, notices and words to avoid, with one subject of its own."""
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder)
    (folder / "avoid.toml").unlink()
    path = folder / "campaign.toml"
    kept = SUBJECT_TABLE.sub("", path.read_text(encoding="utf-8"))
    assert "mail_subject" not in kept
    path.write_text(
        f'{kept}\n[mail_subject_confirm]\nar = "كلمات أخرى"\nen = "Other words"\n', encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_mail_has_its_subject(older, language):
    ours, found = load(ROOT / "content"), load(older)
    kinds = SUBJECT_TABLE.findall((ROOT / "content" / "campaign.toml").read_text(encoding="utf-8"))

    assert {"mail_subject_update", "mail_subject_approval_notice"} <= set(kinds)
    for kind in set(kinds) - {"mail_subject_confirm"}:
        assert found.text(kind, language) == ours.text(kind, language)


def test_its_own_words_stay(older):
    assert load(older).text("mail_subject_confirm", "en") == "Other words"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_to_avoid_are_those_of_this_version(older, language):
    assert shipped(older, language) == shipped(ROOT / "content", language) != ()


def test_an_empty_list_of_words_to_avoid_is_kept_empty(older):
    (older / "avoid.toml").write_text("", encoding="utf-8")

    assert shipped(older, "en") == ()


def test_bodies_and_letters_are_those_of_this_version_in_a_folder_that_never_had_any(older):
    shutil.rmtree(older / "bodies")
    shutil.rmtree(older / "letters")
    ours = ROOT / "content"

    assert shipped_bodies(older) == shipped_bodies(ours) != []
    assert president_words(older) == president_words(ours)
    assert templates.load(older) == templates.load(ours) != {}
    assert words.load(older) == words.load(ours)


def test_templates_and_bodies_of_its_own_are_the_only_ones(older):
    (older / "bodies" / "others.toml").unlink()
    shutil.rmtree(older / "letters" / "templates" / "council-president")

    assert len(shipped_bodies(older)) < len(shipped_bodies(ROOT / "content"))
    assert templates.load(ROOT / "content").keys() - templates.load(older).keys() == {"council-president"}


def test_nothing_else_is_said_in_the_name_of_an_older_folder(older):
    path = older / "campaign.toml"
    text = path.read_text(encoding="utf-8").replace("[mail_sender]", "[another_sender]")
    path.write_text(text, encoding="utf-8")

    with pytest.raises(KeyError):
        load(older).text("mail_sender", "en")
