"""`campaign open-export`: the golden sheet becomes the golden table; whatever is wrong is counted and named."""

import base64

import pytest
from click.testing import CliRunner

from campaign_app.exports.commands import open_export
from campaign_app.sealing.campaign_secret import CampaignSecret
from campaign_app.sealing.key_files import CAMPAIGN_PUBLIC, CAMPAIGN_SECRET, key_file_text, new_key_file

from ..sealing.conftest import GOLDEN, TODAY, golden

SHEET = GOLDEN / "sheet-v3.nidaa-sheet"
TABLE = (GOLDEN / "sheet-v3.csv").read_bytes()
CONTACTS = GOLDEN / "contacts-sheet-v3.nidaa-sheet"
OLD_SHEETS = [GOLDEN / "sheet-v1.nidaa-sheet", GOLDEN / "sheet-v2.nidaa-sheet"]
SECRETS = [CampaignSecret(bytes.fromhex(frozen["seed"])) for frozen in golden("secrets.json")]


def opened(sheet, *arguments, typed=None):
    return CliRunner().invoke(open_export, [str(sheet), *arguments], input=typed)


@pytest.fixture
def spoiled(tmp_path):
    """A function that writes the golden sheet with changed lines and returns its path."""

    def write(change):
        lines = SHEET.read_bytes().splitlines(keepends=True)
        path = tmp_path / "spoiled.nidaa-sheet"
        path.write_bytes(b"".join(change(lines)))
        return path

    return write


@pytest.mark.parametrize("who", [0, 1])
def test_the_golden_sheet_opens_with_the_words_of_either_backup(who):
    result = opened(SHEET, "--words", typed=" ".join(SECRETS[who].words))

    assert result.exit_code == 0
    assert result.stdout_bytes == TABLE
    assert "20 of 20 rows opened" in result.stderr


@pytest.mark.parametrize("old", OLD_SHEETS, ids=lambda path: path.stem)
def test_a_sheet_of_an_earlier_version_still_opens(old):
    result = opened(old, "--words", typed=SECRETS[0].text)

    assert result.exit_code == 0
    assert result.stdout_bytes == old.with_suffix(".csv").read_bytes()


def test_the_table_has_the_columns_of_civicrm_where_they_are_asked_for():
    result = opened(SHEET, "--words", "--columns", "civicrm", typed=SECRETS[0].text)

    assert result.exit_code == 0
    assert result.stdout_bytes == (GOLDEN / "sheet-v3-civicrm.csv").read_bytes()


@pytest.mark.parametrize(("columns", "ending"), [("plain", ""), ("civicrm", "-civicrm")])
def test_whoever_did_not_ask_for_news_is_in_no_table_of_contacts_whoever_put_them_there(columns, ending):
    result = opened(CONTACTS, "--words", "--columns", columns, typed=SECRETS[0].text)

    assert result.exit_code == 3
    assert result.stdout_bytes == (GOLDEN / f"contacts-sheet-v3{ending}.csv").read_bytes()
    assert "5 of 7 rows opened" in result.stderr
    assert "line 7: the person did not ask for news" in result.stderr


@pytest.mark.parametrize("mark", [b"", b"\t", b"\t2", b"\t1\t0"])
def test_a_row_that_does_not_say_who_wants_news_is_left_out(spoiled, mark):
    path = spoiled(lambda lines: [lines[0], lines[1].split(b"\t")[0] + mark + b"\n", *lines[2:]])

    result = opened(path, "--words", typed=SECRETS[0].text)

    assert result.exit_code == 3
    assert "line 2: it does not say whether the person still wants news" in result.stderr
    assert "19 of 20 rows opened" in result.stderr


def test_the_report_says_which_count_the_table_belongs_to():
    result = opened(SHEET, "--words", typed=SECRETS[0].text)

    assert "counted when this sheet was made (05 March 2026, 12:00 UTC): 25 people" in result.stderr
    assert "it holds the 20 of them whose details were still kept" in result.stderr
    assert "make a new sheet before you use it" in result.stderr


def test_the_golden_sheet_opens_with_the_text_of_the_square_code():
    assert opened(SHEET, "--words", typed=SECRETS[0].text).stdout_bytes == TABLE


def test_the_golden_sheet_opens_with_a_secret_file(tmp_path):
    path = tmp_path / "secret.json"
    path.write_text(key_file_text(new_key_file(CAMPAIGN_SECRET, SECRETS[0].seed, created_on=TODAY)))

    assert opened(SHEET, "--key", str(path)).stdout_bytes == TABLE


def test_a_public_key_file_opens_nothing(tmp_path):
    path = tmp_path / "public.json"
    path.write_text(key_file_text(new_key_file(CAMPAIGN_PUBLIC, SECRETS[0].point, created_on=TODAY)))

    result = opened(SHEET, "--key", str(path))

    assert result.exit_code == 1
    assert "secret key is needed" in result.stderr


def test_a_key_that_fits_no_row_is_refused_by_naming_those_that_do():
    result = opened(SHEET, "--words", typed=" ".join(SECRETS[2].words))

    assert result.exit_code == 1
    assert SECRETS[0].id in result.stderr
    assert result.stdout == ""


def test_wrong_words_are_refused_by_saying_which():
    result = opened(
        SHEET, "--words", typed=" ".join([*SECRETS[0].words[:6], "abandom", *SECRETS[0].words[7:]])
    )

    assert result.exit_code == 1
    assert "word 7, 'abandom'" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 100, b"name,email\n", b"{}\n", b"x" * 200_000])
def test_another_file_is_no_sheet(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)

    result = opened(path, "--words", typed=SECRETS[0].text)

    assert result.exit_code == 1
    assert "not a sheet" in result.stderr


def test_a_sheet_that_is_cut_short_gives_what_is_there_and_says_so(spoiled):
    path = spoiled(lambda lines: [*lines[:19], lines[19][:52] + b"\t0"])

    result = opened(path, "--words", typed=SECRETS[0].text)

    assert result.exit_code == 3
    assert "18 of 20 rows opened" in result.stderr
    assert "1 rows are missing" in result.stderr
    assert "line 20: " in result.stderr


def test_rows_that_do_not_open_are_left_out_and_named(spoiled):
    foreign = (
        base64.b64encode(base64.b64decode(golden("contacts-v1.json")["for_one_key"]["sealed"])) + b"\t1\n"
    )

    def change(lines):
        altered = bytearray(base64.b64decode(lines[2].split(b"\t")[0]))
        altered[-1] ^= 1
        return [lines[0], b"not base 64!\t0\n", base64.b64encode(altered) + b"\t1\n", foreign, *lines[4:]]

    result = opened(spoiled(change), "--words", typed=SECRETS[0].text)

    assert result.exit_code == 3
    assert "17 of 20 rows opened" in result.stderr
    for sentence in ("line 2: not a sealed contact", "line 3: altered", "line 4: sealed for other"):
        assert sentence in result.stderr
    assert result.stdout_bytes.splitlines(keepends=True)[1:] == TABLE.splitlines(keepends=True)[4:]


def test_rows_put_in_by_somebody_are_noticed(spoiled):
    result = opened(spoiled(lambda lines: [*lines, lines[1]]), "--words", typed=SECRETS[0].text)

    assert result.exit_code == 3
    assert "1 rows more than it says" in result.stderr


def test_one_way_to_give_the_key_is_asked_for():
    assert opened(SHEET).exit_code == 2
    assert opened(SHEET, "--words", "--key", str(SHEET)).exit_code == 2
