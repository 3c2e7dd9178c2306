"""Letters: how long a PDF takes, a batch to all members of the Council, a long annex of names; in how much memory.

`python -m bench.letters`, in the environment of an installation, measures in a process of its own.
"""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

from campaign_app.app import create_app
from campaign_app.bodies import queries as bodies
from campaign_app.clock import utc_now
from campaign_app.config import ROOT, from_environment
from campaign_app.extensions import db
from campaign_app.letters import drafting
from campaign_app.letters.documents import making
from campaign_app.letters.freezing import put_together
from campaign_app.letters.frozen import Breakdown, FrozenLetter, ShownName
from campaign_app.petitions.queries import public_petition

from .installations import Installation
from .people import SLUG
from .report import Line

LANGUAGES = ("en", "fr", "ar")
DAY = date(2026, 12, 10)
MANY, NAMES, WARM = 500, 10_000, 20
MOST = {"pdf": 50, "batch": 10, "names": 6, "names_mb": 300, "growth_mb": 20}
SIGNATORY = {"name": "A. Signatory", "role": "Coordinator", "contact": "letters@example.org"}


def measure(installation: Installation) -> list[Line]:
    """Return the lines about letters."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.letters"],
        cwd=ROOT,
        env={**os.environ, **installation.environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    return [
        Line("PDF of a letter with annexes, ms each", [f"**{found['pdf']:.0f}**"], f"≤ {MOST['pdf']}"),
        Line("… its DOCX, ms", [f"{found['docx']:.0f}"]),
        Line(
            f"letters to {found['members']} members in {len(LANGUAGES)} languages, PDF, DOCX and text, ZIP, sums, s",
            [f"**{found['batch']:.1f}**"],
            f"≤ {MOST['batch']}",
        ),
        Line(
            f"memory after {MANY} letters over that after {WARM}, MB",
            [f"**{found['growth_mb']:.0f}**"],
            f"≤ {MOST['growth_mb']}",
        ),
        Line(f"annex of {NAMES:,} names as PDF, s", [f"**{found['names']:.1f}**"], f"≤ {MOST['names']}"),
        Line(
            "… memory of the process that makes it, MB",
            [f"**{found['names_mb']:.0f}**"],
            f"≤ {MOST['names_mb']}",
        ),
    ]


def _found() -> dict[str, float]:
    letters = list(_to_members())
    one = letters[0]
    # First, while this process is small: until it runs Typst, the other one counts as large as this.
    names, names_mb = _long_annex(one)
    for lang in LANGUAGES:
        _documents(one, lang)
    pdf = median(_seconds(lambda lang=lang: making.pdf(one, lang)) for lang in LANGUAGES * 10)
    docx = median(_seconds(lambda lang=lang: making.docx(one, lang)) for lang in LANGUAGES * 3)
    batch = _seconds(lambda: _batch(letters))
    growth = _growth(one)
    return {
        "pdf": pdf * 1_000,
        "docx": docx * 1_000,
        "batch": batch,
        "members": len(letters),
        "growth_mb": growth,
        "names": names,
        "names_mb": names_mb,
    }


def _to_members() -> Iterator[FrozenLetter]:
    """Yield a letter to each member of the Council as it would leave, with a breakdown of ordinary length."""
    petition = public_petition(SLUG)
    codes = ("DE", "SY", "TR", "FR", "LB", "SE", "NL", "GB", "JO", "CA", "AT", "US", "NO", "IT", "ES")
    by_country = Breakdown(
        dimension="country",
        on="2026-12-09",
        rows=tuple((code, 10_000 - 500 * place) for place, code in enumerate(codes)),
        others=120,
    )
    for member in bodies.members(DAY):
        beginning = drafting.Beginning(
            template="council-member",
            languages=LANGUAGES,
            petition_id=petition.id,
            body_key=member.key,
            signatory=SIGNATORY,
        )
        letter = drafting.draft(beginning=beginning, by="bench", now=utc_now())
        put = put_together(letter, now=utc_now(), reference="NID-2026-0007", code="A" * 16).letter
        yield replace(put, annexes=replace(put.annexes, breakdowns=(by_country,)))


def _documents(letter: FrozenLetter, lang: str) -> list[tuple[str, bytes]]:
    name = f"{letter.addressed.key if letter.addressed else letter.template}.{lang}"
    return [
        (f"{name}.pdf", making.pdf(letter, lang).content),
        (f"{name}.docx", making.docx(letter, lang).content),
        (f"{name}.txt", making.plain_text(letter, lang).encode()),
    ]


def _batch(letters: list[FrozenLetter]) -> None:
    """Make everything of every letter on two threads (Typst works without Python's lock), with sums, as one ZIP."""
    app = create_app(from_environment(os.environ))

    def made(wanted: tuple[FrozenLetter, str]) -> list[tuple[str, bytes]]:
        with app.app_context():
            return _documents(*wanted)

    packed = io.BytesIO()
    with ThreadPoolExecutor(2) as threads, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        sums = []
        for files in threads.map(made, [(letter, lang) for letter in letters for lang in LANGUAGES]):
            for name, content in files:
                target.writestr(name, content)
                sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}")
        target.writestr("SHA256SUMS", "\n".join(sums))
    assert len(sums) == len(letters) * len(LANGUAGES) * 3


def _growth(letter: FrozenLetter) -> float:
    """Return by how many MB a process has grown between its first letters and its last."""
    first = 0.0
    for number in range(MANY):
        making.pdf(replace(letter, reference=f"NID-2026-{number:04}"), LANGUAGES[number % len(LANGUAGES)])
        if number == WARM:
            first = _memory_mb()
    return _memory_mb() - first


def _long_annex(letter: FrozenLetter) -> tuple[float, float]:
    """Return (seconds, MB of the process that makes it) of an annex of names in two directions."""
    typed = ("Invented Name {}", "اسم مُختلَق {}", "Imaginäre Person {}", "Вымышленное имя {}")
    names = [
        ShownName(
            name=typed[number % 4].format(number), country=("SY", "DE", "TR")[number % 3], on="2026-11-01"
        )
        for number in range(NAMES)
    ]
    letter = replace(letter, annexes=replace(letter.annexes, has_names=True))
    seconds = max(_seconds(lambda lang=lang: making.pdf(letter, lang, names=names)) for lang in ("ar", "en"))
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    with create_app(from_environment(os.environ)).app_context():
        print(json.dumps(_found()))
        db.session.rollback()
