"""Share pictures and posters: how long one takes where none is kept, in a process that has made some before.

`python -m bench.pictures`, in the environment of an installation, measures in a process of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from campaign_app.app import create_app
from campaign_app.clock import utc_now
from campaign_app.config import ROOT, from_environment
from campaign_app.extensions import db
from campaign_app.formats import LANGUAGES, LETTER_LANGUAGES
from campaign_app.petitions.queries import public_petition
from campaign_app.widgets.printed import pdf_of, poster_paper
from campaign_app.widgets.share_picture import picture, shown

from .installations import Installation
from .people import SLUG
from .report import Line

ROUNDS, PEOPLE = 20, 98_720
MOST = {"picture": 50, "kb": 100}


def measure(installation: Installation) -> list[Line]:
    """Return the lines about pictures and posters."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.pictures"],
        cwd=ROOT,
        env={**os.environ, **installation.environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    languages = len(LETTER_LANGUAGES)
    return [
        Line(
            f"share picture where none is kept, ms, median of {languages} languages",
            [f"**{found['picture']:.0f}**"],
            f"≤ {MOST['picture']}",
        ),
        Line("… the slowest language, ms", [f"{found['slowest']:.0f}"]),
        Line("… the largest, KB", [f"**{found['kb']:.0f}**"], f"≤ {MOST['kb']}"),
        Line("poster where none is kept, ms", [f"{found['poster']:.0f}"]),
    ]


def _found() -> dict[str, float]:
    petition = public_petition(SLUG)
    shows = [shown(petition, lang, people=PEOPLE, now=utc_now()) for lang in LETTER_LANGUAGES]
    sizes = [len(picture(each)) for each in shows]
    # Another count each time: Typst remembers what it has drawn.
    each = [
        median(
            _ms(lambda one=one, n=n: picture(replace(one, people=n))) for n in range(PEOPLE, PEOPLE + ROUNDS)
        )
        for one in shows
    ]
    papers = [poster_paper(petition, lang) for lang in LANGUAGES]
    posters = [
        _ms(lambda paper=paper, n=n: pdf_of(paper | {"title": f"{n}", "call": f"{paper['call']} {n}"}))
        for paper in papers
        for n in range(ROUNDS)
    ]
    return {
        "picture": median(each),
        "slowest": max(each),
        "kb": max(sizes) / 1024,
        "poster": median(posters),
    }


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    with create_app(from_environment(os.environ)).app_context():
        print(json.dumps(_found()))
        db.session.rollback()
