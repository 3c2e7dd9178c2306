"""A frozen letter as one paper: all that its documents say, in one language, in the order in which they say it.

PDF, DOCX and plain text are made of the same paper, so that they cannot differ. It is plain values, see writing.py.
"""

from collections.abc import Sequence
from datetime import datetime

from ..frozen import FrozenLetter, ShownName
from ..words import counted, word
from . import codes
from .annexes import annexes
from .writing import Runs, Value, Writer, digits, language, words_of

CONFIDENTIAL = "confidential"  # as rules.py calls it
SECOND_LANGUAGE = "en"  # of the page where a letter in another language is checked


def letter(
    frozen: FrozenLetter, writer: Writer, *, specimen: bool = False, names: Sequence[ShownName] = ()
) -> Value:
    """Return a letter with its annexes.

    specimen: every page is marked. names: for the annex of names.
    """
    text, lang = frozen.texts[writer.lang], writer.lang
    addressed = frozen.addressed
    parts = annexes(frozen, writer, names)
    blocks = writer.blocks(text.blocks)
    return {
        **frame(frozen, writer, text.subject, specimen=specimen),
        "template": "letter.typ",
        "marks": _marks(frozen, writer),
        "meta": meta(frozen, writer),
        "address": _address(frozen, writer),
        "subject": writer.sentence("subject", subject=writer.runs(text.subject)),
        "corrects": corrects(frozen, writer),
        "salutation": writer.line(addressed.salutation[lang]) if addressed else "",
        "blocks": blocks,
        # Where the text has no place for it, the sentence about the signatures ends it.
        "statement": []
        if not text.statement or is_in(text.statement, blocks)
        else writer.runs(text.statement),
        "close": writer.line(addressed.close[lang]) if addressed else "",
        "signatory": _signatory(frozen, writer),
        "ending": _ending(frozen, writer, parts),
        "check": check(frozen, writer),
        "annexes": parts,
    }


def frame(frozen: FrozenLetter, writer: Writer, title: str, *, specimen: bool) -> Value:
    """Return what every paper has: its language and title, its day, what stands at the foot of each page."""
    lang = writer.lang
    campaign = writer.line(frozen.campaign[lang])
    titles = (frozen.reference, writer.cleaner.line(title))
    before, between, after = page_words(lang)
    reference = writer.apart(frozen.reference) if frozen.reference else []
    return {
        **language(lang),
        "title": " – ".join(part for part in titles if part) or campaign or frozen.template,
        "author": campaign,
        "campaign": campaign,
        "date": moment(frozen.issued_at),
        "digits": digits(lang),
        "page": [before, between, after],
        "head": [*writer.runs(campaign), *([{"t": " · "}, *reference] if reference else [])],
        "foot": reference or writer.runs(campaign),
        "specimen": word("specimen", lang) if specimen else "",
        "specimen_note": word("specimen-explained", lang) if specimen else "",
    }


def page_words(lang: str) -> tuple[str, str, str]:
    """Return what stands before, between and after the number of a page and of all pages."""
    before, rest = word("page-of", lang, page="\ue000", pages="\ue001").split("\ue000")
    between, after = rest.split("\ue001")
    return before, between, after


def moment(iso: str) -> list[int]:
    """Return an ISO 8601 moment in UTC as year, month, day, hour, minute, second."""
    return list(datetime.fromisoformat(iso).timetuple()[:6])


def check(frozen: FrozenLetter, writer: Writer) -> Value | None:
    """Return where the letter can be checked, as words, address and QR code; None where it has no page."""
    url = frozen.addresses.get(writer.lang) or frozen.addresses.get(SECOND_LANGUAGE)
    if not url:
        return None
    return {
        "line": writer.sentence("check-letter", address=writer.apart(url, url)),
        "note": writer.line(word("check-explained", writer.lang)),
        "qr": codes.as_svg(url),
        "alt": writer.line(word("check-code", writer.lang)),
        "url": url,
    }


def is_in(sentence: str, blocks: Sequence[Value]) -> bool:
    """Whether a text says a sentence already."""
    return _bare(sentence) in _bare(_all_words(blocks))


def _bare(text: str) -> str:
    return "".join(one for one in text if one.isalnum())


def _all_words(blocks: Sequence[Value]) -> str:
    return "".join(
        words_of(block.get("runs", ())) + "".join(_all_words(item) for item in block.get("items", ()))
        for block in blocks
    )


def _marks(frozen: FrozenLetter, writer: Writer) -> list[str]:
    return [word("confidential", writer.lang)] if frozen.visibility == CONFIDENTIAL else []


def meta(frozen: FrozenLetter, writer: Writer) -> list[Runs]:
    """Return the lines at the head: the reference, where there is one, and the day."""
    lines = [writer.sentence("date", day=writer.runs(writer.day(frozen.issued_on)))]
    if frozen.reference:
        lines.insert(0, writer.sentence("reference", reference=writer.apart(frozen.reference)))
    return lines


def _address(frozen: FrozenLetter, writer: Writer) -> list[Runs]:
    if frozen.addressed is None:
        return []
    holder = [writer.name(frozen.addressed.holder)] if frozen.addressed.holder else []
    lines = [run for line in frozen.addressed.lines[writer.lang] for run in writer.lines(line)]
    return [*holder, *lines]


def corrects(frozen: FrozenLetter, writer: Writer) -> Runs:
    """Return the sentence that names the letter which this one corrects; empty for none."""
    return writer.sentence("corrects", reference=writer.apart(frozen.corrects)) if frozen.corrects else []


def _signatory(frozen: FrozenLetter, writer: Writer) -> list[Runs]:
    signatory = frozen.signatory
    if signatory is None:
        return []
    organisation = signatory.organisation.get(writer.lang, "")
    lines = [writer.name(signatory.name)]
    lines += [run for text in (signatory.role, organisation, signatory.address) for run in writer.lines(text)]
    if signatory.contact:
        lines.append(writer.sentence("reply-to", contact=writer.runs(signatory.contact)))
    return [line for line in lines if words_of(line)]


def _ending(frozen: FrozenLetter, writer: Writer, parts: Sequence[Value]) -> list[Value]:
    """Return what stands under the signature: copies, annexes, sources; each {"label", "lines"}."""
    lang = writer.lang
    ending: list[Value] = []
    if parts:
        label = counted("annexes", len(parts), lang)
        ending.append({"label": label, "lines": [writer.runs(part["title"]) for part in parts]})
    if copies := frozen.copies.get(lang):
        recipients = word("list-comma", lang).join(copies)
        ending.append({"label": "", "lines": [writer.runs(word("copy-to", lang, recipients=recipients))]})
    if sources := frozen.texts[lang].sources:
        ending.append({"label": word("sources", lang), "lines": [writer.runs(each) for each in sources]})
    return ending
