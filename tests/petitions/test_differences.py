"""What changed between two texts, word by word."""

import random
import time

from hypothesis import given
from hypothesis import strategies as some

from campaign_app.petitions.differences import differences

LINES = some.text(alphabet="ab \nسم", max_size=60)


def side(pieces, *kinds: str) -> str:
    return "".join(piece.words for piece in pieces if piece.kind in kinds)


@given(LINES, LINES)
def test_what_stayed_and_went_is_the_text_before_and_what_stayed_and_came_the_text_after(before, after):
    pieces = differences(before, after)

    assert side(pieces, "same", "gone") == before
    assert side(pieces, "same", "new") == after


def test_only_the_words_that_changed_are_marked():
    pieces = differences("سلّموا القوائم إلى الأسر.\nاحموهم.", "سلّموا القوائم كلها إلى الأسر.\nاحموهم.")

    assert [piece for piece in pieces if piece.kind != "same"] == [("new", "كلها ")]


def test_in_a_long_text_of_few_different_words_only_what_changed_is_marked():
    chosen = random.Random(0)
    lines = [" ".join(chosen.choices(("the", "lists", "of", "names", "we"), k=8)) + "\n" for _ in range(60)]
    changed = [*lines[:30], lines[30].replace(" the ", " every "), *lines[31:]]

    pieces = differences("".join(lines), "".join(changed))

    assert [piece for piece in pieces if piece.kind != "same"] == [("gone", "the "), ("new", "every ")]


def test_the_longest_texts_are_compared_in_moments():
    before = "".join(
        f"word{number} and so on " + ("\n" if number % 40 == 0 else "") for number in range(1_000)
    )
    began = time.process_time()

    differences(before, before.replace("and so", "or not"))
    differences("\n" * 16_000, "a\n" + "\n" * 15_000)

    assert time.process_time() - began < 2
