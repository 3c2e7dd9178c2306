"""What signers wished and a restored database has not seen is done again, each on the day of the wish."""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from ..columns import KEY_BYTES
from ..extensions import db
from ..petitions.models import Petition
from ..signing import private_page
from ..signing.models import Signature, Tombstone
from .problems import RestoreRefused
from .rules import Withdrawal, merged, not_yet_applied, withdrawals_in

WISHES: dict[str, Callable[..., None]] = {
    "withdrawn": private_page.withdraw,
    "erased": private_page.erase,
    "hidden": private_page.hide_name,
    "no-updates": private_page.stop_updates,
}
NOON = time(12, tzinfo=UTC)


def remembered_in(paths: Iterable[Path]) -> list[Withdrawal]:
    """Return what the copies of the list of withdrawals remember together.

    Raises RestoreRefused for a file that holds something else: a restore must not go on without it.
    """
    lists = []
    for path in paths:
        found, unread = withdrawals_in(path.read_text(encoding="ascii", errors="replace"))
        if unread and not found:
            raise RestoreRefused(f"{path} is not a list of withdrawals")
        lists.append(found)
    return merged(*lists)


def replay(remembered: Sequence[Withdrawal]) -> Counter[str]:
    """Do in the current database what signers wished and it has not seen; return how many of each kind.

    "unknown" counts those who signed after the backup: nobody is there to be taken out. Safe to repeat.
    The line that each leaves behind by itself goes to the folder of the current application. Never commits.
    """
    applied = db.session.execute(select(Tombstone.signature_id, Tombstone.kind, Tombstone.day))
    missing = not_yet_applied(remembered, [(row[0], row[1], row[2]) for row in applied])
    petitions = set(db.session.scalars(select(Petition.id)))
    done: Counter[str] = Counter()
    for withdrawal in missing:
        done[_apply(withdrawal, petitions)] += 1
    return done


def write_list(path: Path, remembered: Iterable[Withdrawal]) -> None:
    """Write the list anew, whole or not at all."""
    unfinished = path.with_suffix(".restored")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(withdrawal.line for withdrawal in remembered)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _apply(withdrawal: Withdrawal, petitions: set[int]) -> str:
    person = db.session.execute(
        select(
            Signature.petition_id,
            Signature.tag,
            Signature.nth,
            Signature.link_hash,
            Signature.state,
            Signature.public_name,
            Signature.wants_updates,
        ).where(Signature.id == withdrawal.signature)
    ).one_or_none()
    if person is None or _is_done(withdrawal.kind, person):
        if withdrawal.petition in petitions:
            _remember(withdrawal)
        return "unknown" if person is None else "already"
    WISHES[withdrawal.kind](
        petition_id=person.petition_id,
        tag=person.tag,
        nth=person.nth,
        link=person.link_hash,
        now=datetime.combine(withdrawal.day, NOON),
    )
    return withdrawal.kind


def _is_done(kind: str, person: Any) -> bool:
    """Whether a person is as was wished already."""
    if kind == "hidden":
        return person.public_name is None
    if kind == "no-updates":
        return not person.wants_updates
    return kind == "withdrawn" and person.state == "withdrawn"


def _remember(withdrawal: Withdrawal) -> None:
    db.session.execute(
        insert(Tombstone).values(
            id=secrets.token_bytes(KEY_BYTES),
            signature_id=withdrawal.signature,
            petition_id=withdrawal.petition,
            kind=withdrawal.kind,
            day=withdrawal.day,
        )
    )
