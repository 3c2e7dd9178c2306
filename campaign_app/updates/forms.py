"""What an organiser may write in an update, and the words that say what to correct."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ..accounts.forms import DeskForm
from ..languages import LANGUAGES, fold_digits
from .rules import LONGEST_BODY, LONGEST_SUBJECT, PACES


class MailingForm(DeskForm):
    """A petition, a pace, a subject and a text per language. Drawn by the template, so read from the post itself."""

    petition_id: int
    pace: int
    texts: dict[str, dict[str, str]]

    def fill(self, *, petition_id: int, pace: int, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Show what is there already."""
        self.petition_id, self.pace = petition_id, pace
        self.texts = {lang: {"subject": "", "body": "", **texts.get(lang, {})} for lang in LANGUAGES}

    def read(self, posted: MultiDict[str, Any], *, petitions: Sequence[int]) -> list[tuple[str, str]]:
        """Keep what was typed; return (field id, message) of each error in the order of the page.

        petitions: what may be chosen.
        """
        self.fill(
            petition_id=_number(posted.get("petition_id", "")),
            pace=_number(posted.get("pace", "")),
            texts={
                lang: {
                    "subject": posted.get(f"subject-{lang}", ""),
                    "body": posted.get(f"body-{lang}", ""),
                }
                for lang in LANGUAGES
            },
        )
        errors = []
        if self.petition_id not in petitions:
            errors.append(("petition_id", _("Choose a petition.")))
        for lang, text in self.texts.items():
            errors += self._wrong(lang, text)
        if not any(text["body"].strip() for text in self.texts.values()):
            errors.append((f"body-{next(iter(LANGUAGES))}", _("Write the text in at least one language.")))
        if self.pace not in PACES:
            errors.append(("pace", _("Choose how fast the mails go.")))
        return errors

    def _wrong(self, lang: str, text: Mapping[str, str]) -> list[tuple[str, str]]:
        name = LANGUAGES[lang].name
        errors = []
        if len(text["subject"]) > LONGEST_SUBJECT or not text["subject"].isprintable():
            errors.append(
                (
                    f"subject-{lang}",
                    _(
                        "%(language)s: the subject is one line of at most %(most)s letters.",
                        language=name,
                        most=LONGEST_SUBJECT,
                    ),
                )
            )
        if len(text["body"]) > LONGEST_BODY or "\0" in text["body"]:
            errors.append(
                (
                    f"body-{lang}",
                    _(
                        "%(language)s: the text has at most %(most)s letters.",
                        language=name,
                        most=LONGEST_BODY,
                    ),
                )
            )
        if bool(text["subject"].strip()) < bool(text["body"].strip()):
            errors.append((f"subject-{lang}", _("%(language)s: write a subject too.", language=name)))
        return errors


def _number(text: str) -> int:
    folded = fold_digits(text).strip()
    return int(folded) if folded.isdecimal() and len(folded) < 10 else 0
