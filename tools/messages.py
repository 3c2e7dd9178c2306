"""Bring the catalogues up to date with the code and the templates, and compile them.

`make messages` writes translations/<language>/LC_MESSAGES/messages.po and .mo. New sentences come in empty:
a near match is never guessed, since a wrong sentence is worse than an English one. Sentences that nobody asks
for any more go. Nothing in a file depends on when or where it was written, so a difference is a real one.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "campaign_app"
TRANSLATIONS = ROOT / "translations"
LANGUAGES = ("ar", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(["_l", "lazy_gettext", "lazy_ngettext:1,2"])}
TRANSLATORS_NOTE = "Translators:"
LINE_WIDTH = 110
STEADY_FIELDS = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
HEADER = """\
# The sentences of Nidaa. `make messages` keeps this file; write only what stands after msgstr.
# How to translate: docs/translating.md
#"""


class SteadyCatalog(Catalog):
    """A catalogue whose header says nothing of when, by whom and with which tool it was written."""

    def _steady_headers(self) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in super()._get_mime_headers() if name in STEADY_FIELDS]
        return [*kept[:-1], (kept[-1][0], kept[-1][1] + "\n")]

    mime_headers = property(_steady_headers, Catalog._set_mime_headers)


def catalogue_path(language: str) -> Path:
    """Return where the sentences of a language are written."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def compiled_path(language: str) -> Path:
    """Return where the compiled sentences of a language are, which the application reads."""
    return catalogue_path(language).with_suffix(".mo")


def extracted() -> Catalog:
    """Return every sentence that the code and the templates ask for, with the files that do."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for path, sentence, notes, context in _sentences():
        catalogue.add(sentence, None, [(path, None)], auto_comments=notes, context=context)
    return catalogue


def _sentences() -> Iterator[tuple[str, object, list[str], str | None]]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        PACKAGE, methods, options, KEYWORDS, (TRANSLATORS_NOTE,), strip_comment_tags=True
    )
    # Sorted, because folders are listed in an order of their own on each machine.
    for path, _, sentence, notes, context in sorted(found, key=lambda each: (each[0], each[1])):
        yield f"{PACKAGE.name}/{path}", sentence, notes, context


def read(language: str) -> Catalog:
    """Return the written catalogue of a language; an empty one where there is none."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, template: Catalog) -> Catalog:
    """Return a language's catalogue with exactly the sentences of the template, its translations kept."""
    written = read(language)
    fresh = SteadyCatalog(locale=language, header_comment=HEADER, charset="utf-8", fuzzy=False)
    for message in template:
        if not message.id:
            continue
        before = written.get(message.id, message.context)
        fresh.add(
            message.id,
            before.string if before and _same_kind(before.id, message.id) else None,
            message.locations,
            flags=before.flags if before else (),
            auto_comments=message.auto_comments,
            user_comments=before.user_comments if before else (),
            context=message.context,
        )
    return fresh


def _same_kind(before: object, now: object) -> bool:
    """Whether both are plural or both are not: the shape of the translation depends on it."""
    return isinstance(before, tuple) == isinstance(now, tuple)


def as_text(catalogue: Catalog) -> bytes:
    """Return a catalogue as the bytes of its .po file, without line numbers."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=LINE_WIDTH, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def as_compiled(text: bytes, language: str) -> bytes:
    """Return the bytes of a .po file as gettext reads them. What is not wholly translated shows in English."""
    compiled = SteadyCatalog(locale=language, charset="utf-8", fuzzy=False)
    for message in read_po(io.BytesIO(text), locale=language):
        if message.id and _is_translated(message):
            compiled.add(message.id, message.string, context=message.context)
    buffer = io.BytesIO()
    write_mo(buffer, compiled)
    return buffer.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the sentences that have no translation, or only part of one, or one that is a guess."""
    return [str(message.id) for message in catalogue if message.id and not _is_translated(message)]


def _is_translated(message: Message) -> bool:
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(forms) and not message.fuzzy


def main() -> None:
    """Write what changed, and say what a translator has to do."""
    template = extracted()
    for language in LANGUAGES:
        catalogue = updated(language, template)
        text = as_text(catalogue)
        catalogue_path(language).parent.mkdir(parents=True, exist_ok=True)
        catalogue_path(language).write_bytes(text)
        compiled_path(language).write_bytes(as_compiled(text, language))
        # English sentences stand in the code: its catalogue says only what should read differently.
        left = 0 if language == "en" else len(untranslated(catalogue))
        print(f"{language}: {len(catalogue)} sentences, {left} to translate", file=sys.stderr)


if __name__ == "__main__":
    main()
