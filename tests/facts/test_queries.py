"""Texts filled with facts: value, source and as-of date together, safe and in the reader's language."""

from datetime import date

import html5lib
import pytest

from campaign_app.facts import queries
from campaign_app.facts.rules import FigureIncomplete, FigureUnresolved

HOSTILE = """
[figure.hostile]
value = 112_414
unit = { ar = "<b>شخص</b>", en = "<b>people</b>" }
counts = { ar = "*مفقود*", en = "*missing* [x](javascript:alert(1))" }
scope = { ar = "طرف", en = "<script>alert(1)</script>" }
source = { ar = "<i>شبكة</i>", en = "<i>Test</i> & Network" }
source_urls = ['https://example.org/report?a=1&b="><script>alert(1)</script>']
as_of = "2018-06"
status = "historical"
confidence = "unverified"
checked_on = 2026-11-23
"""


def words(html: str) -> str:
    """Return what a reader sees of a fragment."""
    return "".join(html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False).itertext())


@pytest.mark.usefixtures("shipped_facts")
class TestShippedFacts:
    """Read from the shipped content: sentences as they stand on the petition pages."""

    def test_a_figure_brings_its_source_and_date_in_english(self):
        html = queries.render_figures("{{fact:still-missing-after-prisons-opened}}.", "en")

        assert words(html).strip() == (
            "112,414 people taken by the former government and still missing after the prisons were opened "
            "(Syrian Network for Human Rights, as of 28 December 2024)."
        )
        assert '<a href="https://snhr.org/blog/2024/12/28" rel="noopener noreferrer"><bdi>Syrian' in html

    def test_a_figure_brings_its_source_and_date_in_arabic(self):
        html = queries.render_figures("{{fact:still-missing-after-prisons-opened}}", "ar")

        assert words(html).strip() == (
            "112,414 شخصاً ممن احتجزتهم الحكومة السابقة، ظلّوا مفقودين بعد فتح السجون "
            "(الشبكة السورية لحقوق الإنسان، حتى 28 كانون الأول 2024)"
        )

    def test_a_range_is_said_in_words_so_that_no_direction_turns_it_round(self):
        assert queries.figure_as_text("missing-since-1970", "ar").startswith("بين 120,000 و300,000 شخص")
        assert queries.figure_as_text("missing-since-1970", "en").startswith(
            "between 120,000 and 300,000 people"
        )

    def test_bounds_dates_and_marks_are_said(self):
        assert queries.figure_as_text("disappeared-2018-campaign", "en") == (
            "more than 96,000 people forcibly disappeared "
            "(an earlier text of this campaign, as of about October 2018, a historical count, not verified)"
        )

    def test_a_breakdown_stays_with_its_own_total(self):
        everyone = queries.figure_as_text("torture-deaths-2018-all-parties", "en")
        government = queries.figure_as_text("torture-deaths-2018-former-government", "en")

        assert "13,197" in everyone
        assert "167 children and 59 women" in everyone
        assert "13,066" in government
        assert "163 children and 43 women" in government

    @pytest.mark.parametrize(
        ("lang", "said"),
        [
            (
                "fr",
                "plus de 37\u202f000 personnes enregistrées comme disparues (Comité international de la "
                "Croix-Rouge, en août 2025, enregistrements, non un total)",
            ),
            (
                "es",
                "más de 37.000 personas registradas como desaparecidas (Comité Internacional de la Cruz Roja, "
                "a fecha de agosto de 2025, registros, no un total)",
            ),
            (
                "ru",
                "более 37\u00a0000 человек, зарегистрированных как пропавшие без вести (Международный комитет "
                "Красного Креста, по состоянию на август 2025 года, число зарегистрированных, а не общее число)",
            ),
            ("zh", "超过37,000人登记为失踪（红十字国际委员会，截至2025年8月，登记人数，非总数）"),
        ],
    )
    def test_a_figure_is_said_with_source_and_date_in_each_language_of_a_letter(self, lang, said):
        assert queries.figure_as_text("registered-missing-icrc", lang) == said

    def test_sources_are_listed_in_a_language_of_letters(self):
        (line,) = queries.sources("{{fact:missing-since-1970}}", lang="fr")

        assert (line.source, line.as_of, line.status) == (
            "Commission nationale des disparus",
            "août 2025",
            "estimation",
        )
        assert words(line.confidence) == "selon archive.sana.sy"

    def test_the_places_where_facts_were_read_are_told_with_their_addresses_each_once(self):
        text = "{{fact:still-missing-after-prisons-opened}} {{fact:mass-graves-documented}} {{fact:sc-2474}}"

        assert queries.sources_as_text(text, text, lang="en") == (
            "Syrian Network for Human Rights, as of 28 December 2024, https://snhr.org/blog/2024/12/28",
            "National Commission for Missing Persons, as of August 2025, as reported by "
            "https://archive.sana.sy/en/?p=369318",
            "Security Council resolution 2474 (2019), https://press.un.org/en/2019/sc13835",
        )

    def test_two_facts_of_one_place_and_day_have_one_line(self):
        text = "{{fact:torture-deaths-2018-all-parties}} {{fact:torture-deaths-2018-former-government}}"

        assert queries.sources_as_text(text, lang="zh") == (
            "叙利亚人权网络，截至2018年6月，据 ebd3.net，skynewsarabia.com",
        )

    def test_a_resolution_is_its_own_link(self):
        html = queries.render_figures("See {{fact:sc-2474}}.", "en")

        assert html == (
            '<p>See <a href="https://press.un.org/en/2019/sc13835" rel="noopener noreferrer">'
            "<bdi>Security Council resolution 2474 (2019)</bdi></a>.</p>\n"
        )

    def test_a_source_whose_page_is_unknown_is_named_without_a_link(self):
        html = queries.render_figures("{{fact:registered-missing-icrc}}", "en")

        assert "<a" not in html
        assert "<bdi>International Committee of the Red Cross</bdi>" in html

    def test_sources_are_listed_once_in_the_order_they_are_met(self):
        lines = queries.sources("{{fact:sc-2474}} {{fact:missing-since-1970}}", "{{fact:sc-2474}}", lang="en")

        assert [line.key for line in lines] == ["sc-2474", "missing-since-1970"]
        assert lines[1].status == "estimate"
        assert lines[1].as_of == "August 2025"
        assert words(lines[1].confidence) == "as reported by archive.sana.sy"

    def test_a_figure_read_in_a_report_says_so_and_links_the_report_and_not_the_source(self):
        html = queries.render_figures("{{fact:missing-since-1970}}", "en")

        assert "Commission for Missing Persons, as of August 2025, an estimate, as reported)" in words(html)
        assert (
            '<a href="https://archive.sana.sy/en/?p=369318" rel="noopener noreferrer"><bdi>as reported'
            in html
        )

    def test_a_figure_known_from_several_reports_names_them_and_no_page_of_the_source(self):
        (line,) = queries.sources("{{fact:torture-deaths-2018-all-parties}}", lang="ar")

        assert words(line.confidence) == "نقلاً عن ebd3.net، skynewsarabia.com"
        assert (line.url, line.hosts) == (None, ())
        assert line.scope == "جميع الأطراف"

    @pytest.mark.parametrize("key", ["torture-deaths-2024", "disappeared-2018"])
    def test_a_count_whose_parties_we_do_not_know_says_so_in_its_sentence(self, key):
        assert "parties not stated" in queries.figure_as_text(key, "en")
        assert "من غير تحديد الأطراف" in queries.figure_as_text(key, "ar")

    def test_an_event_of_an_uncertain_year_says_about(self):
        assert "reported in about 2018 that" in queries.figure_as_text("names-sent-to-registries", "en")

    def test_organisers_learn_which_facts_to_mend(self):
        due = queries.facts_to_mend(date(2027, 11, 23))

        assert due["still-missing-after-prisons-opened"] == ("needs_checking",)
        assert "sc-2474" not in due

    def test_headings_of_a_filled_text_begin_where_the_page_says(self):
        html = queries.render_figures("## Counts\n\n{{fact:missing-since-1970}}", "en", top_heading=3)

        assert html.startswith("<h3>Counts</h3>")

    @pytest.mark.parametrize("text", ["{{fact:no-such-fact}}", "{{fact:Missing}}", "{{missing-since-1970}}"])
    def test_an_unknown_fact_is_refused_by_name(self, text):
        with pytest.raises(FigureUnresolved, match=r"no-such-fact|Missing|missing-since-1970"):
            queries.render_figures(text, "en")

    @pytest.mark.parametrize(
        "text",
        [
            "`{{fact:sc-2474}}`",
            "```\n{{fact:sc-2474}}\n```",
            "[x](https://example.org/{{fact:sc-2474}})",
            r"\{{fact:sc-2474}}",
            "{{fact:sc-2474}} and `{{fact:sc-2474}}`",
        ],
    )
    def test_a_fact_that_would_stay_raw_is_refused_by_name(self, text):
        with pytest.raises(FigureUnresolved, match="sc-2474"):
            queries.render_figures(text, "en")

    def test_a_reference_is_not_a_figure(self):
        with pytest.raises(FigureUnresolved, match="sc-2474"):
            queries.figure("sc-2474")

    def test_a_figure_can_be_asked_for_by_key(self):
        assert queries.figure("mass-graves-documented").value == 63


def test_what_a_fact_says_is_text_and_never_markup(content_of):
    content_of(figures=HOSTILE)

    html = queries.render_figures("{{fact:hostile}}", "en")

    assert "<b>people</b> *missing* [x](javascript:alert(1))" in words(html)
    assert "<i>Test</i> & Network" in words(html)
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    assert {node.tag for node in tree.iter()} == {"DOCUMENT_FRAGMENT", "p", "small", "a", "bdi"}


@pytest.mark.parametrize(
    "say",
    [
        lambda lang: queries.figure_as_text("hostile", lang),
        lambda lang: queries.render_figures("{{fact:hostile}}", lang),
        lambda lang: queries.sources("{{fact:hostile}}", lang=lang),
    ],
)
def test_a_fact_without_words_in_a_language_is_refused_by_key_and_language(content_of, say):
    content_of(figures=HOSTILE)

    assert say("en")
    with pytest.raises(FigureUnresolved, match=r"^hostile has no text in fr$"):
        say("fr")


def test_a_fact_of_unknown_source_stops_the_whole_text(content_of):
    content_of(figures=HOSTILE.replace('source = { ar = "<i>شبكة</i>", en = "<i>Test</i> & Network" }', ""))

    with pytest.raises(FigureIncomplete, match="hostile: source is missing"):
        queries.render_figures("{{fact:hostile}}", "en")


def test_a_fact_without_date_stops_the_whole_text(content_of):
    content_of(figures=HOSTILE.replace('as_of = "2018-06"', ""))

    with pytest.raises(FigureIncomplete, match="hostile: as_of"):
        queries.render_figures("{{fact:hostile}}", "en")


def test_two_facts_cannot_share_a_key(content_of):
    reference = HOSTILE.replace("[figure.", "[reference.")
    content_of(figures=HOSTILE, references=reference)

    with pytest.raises(FigureIncomplete, match="hostile: a figure has this key already"):
        queries.all_facts()


def test_arabic_digits_follow_the_site(content_of):
    content_of(figures=HOSTILE.replace("<b>شخص</b>", "شخص"))
    settings = queries.settings()
    object.__setattr__(settings, "arabic_digits", True)

    assert "١١٢,٤١٤" in queries.figure_as_text("hostile", "ar")
    assert "حزيران ٢٠١٨" in queries.figure_as_text("hostile", "ar")
