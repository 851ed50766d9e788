"""What documents say of a source: found where it no longer says so, and where nothing is said to hold it."""

from __future__ import annotations

import pytest

from runbook.documents.held import facts_of, facts_of_definition, findings

SOURCE = '''
"""Of 7 kinds."""
import hashlib
from http import HTTPStatus

MOST = 64 * 1024
SECONDS = 2.5
MODES = (*("a", "b"), "c", *("d", "e"))
NAMES = frozenset({"x", "y", "z", "u", "v", "w"})


def answer():
    """Try 8 times."""
    for _ in range(12):
        print("after 90 seconds")
    return HTTPStatus.GONE, 1_000, hashlib.sha256, True
'''
HELD = "<!-- held by: shop.py -->\n\n"
FILES = {"shop.py": facts_of(SOURCE, is_python=True), "run.sh": facts_of("exit 9", is_python=False)}


def found(text: str, *, claimed: tuple[tuple[int, int], ...] = ()) -> list[str]:
    return list(findings(text, FILES.get, claimed=claimed))


@pytest.mark.parametrize(
    "said",
    [
        "holds 64 KiB",
        "holds 65536 bytes",
        "2.5 s",
        "five modes",
        "six names",
        "a dozen is 12",
        "waits 90 seconds",
        "answers 410",
        "some 1,000",
        "by SHA-256",
        "the first one and no other",
        "in `code`, [0007](x.md), [a link](page-99.md)",
    ],
)
def test_what_its_source_says_is_held(said: str) -> None:
    assert [] == found(f"{HELD}It {said}.")


@pytest.mark.parametrize(
    "said", ["65 KiB", "2.6 s", "four modes", "seven kinds", "13", "411", "HMAC-SHA256", "SHA-512"]
)
def test_what_its_source_does_not_say_is_found(said: str) -> None:
    token = said.partition(" ")[0]

    [finding] = found(f"{HELD}It says {said}, they say.")

    assert finding.startswith("says '")
    assert finding.endswith(f"shop.py say no {token}")


def test_an_algorithm_of_two_is_held_by_both() -> None:
    both = facts_of("hmac.new(key, text, hashlib.sha256)", is_python=True)

    assert [] == list(findings(f"{HELD}By HMAC-SHA256.", {"shop.py": both}.get, claimed=()))


def test_a_row_of_a_table_is_held_by_the_source_that_it_names() -> None:
    rows = "| twelve times | `shop.py` |\n| 14 times | `shop.py` |\n| fifteen times | somewhere |\n"

    assert ["says '| 14 times |', and shop.py say no 14"] == found(rows)


@pytest.mark.parametrize("owed", ["404", "17", "2.5", "SHA-1", "HMAC", "argon2id"])
def test_digits_and_an_algorithm_need_something_that_holds_them(owed: str) -> None:
    [finding] = found(f"It is {owed}.")

    assert f"says 'It is {owed}.', and does not say what holds that" in finding


def test_a_number_in_words_and_one_of_a_list_may_stand_alone() -> None:
    text = "The first two of `n + 2`, see [ADR 0017].\n\n1. one\n404. a step\n\n## 7. Next\n\n"

    assert [] == found(f"{text}[ADR 0017]: ../adr/0017-reports.md\n")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<!-- held by: shop.py -->\n\n14\n\n14\n", 2),
        ("<!-- held by: shop.py -->\n\n## Next\n\nfourteen\n", 0),
        ("<!-- held by: shop.py -->\n\nfourteen\n", 1),
        ("<!-- held by: shop.py -->\n\n## Sources\n\n- Somebody, 1990.\n", 0),
        ("<!-- all held by: shop.py -->\n\n## Sources\n\n1990\n\n## Next\n\n14\n", 1),
        ("<!-- held by: run.sh -->\n\n9, and 14\n", 1),
        ("<!-- all held by: shop.py -->\n\n# A\n\n14\n\n## B\n\n14\n", 2),
        ("<!-- all held by: shop.py -->\n\n## B\n\n<!-- held by: run.sh -->\n\n9\n", 0),
        ("<!-- held by: shop.py -->\n\n```text\n14\n```\n", 0),
        ("<!-- held by: gone.py -->\n\n14\n", 1),
    ],
)
def test_how_far_a_line_holds(text: str, count: int) -> None:
    assert count == len(found(text))


def test_what_something_else_holds_is_left_to_that() -> None:
    text = f"{HELD}At most 14 of them."
    at = text.index("14")

    assert [] == found(text, claimed=((at, at + 2),))


def test_a_source_that_is_not_there_is_named() -> None:
    assert ["is held by gone.py, which does not exist"] == found("<!-- held by: gone.py -->\n\n14")


@pytest.mark.parametrize(
    ("name", "has"),
    [("MOST", 65536), ("answer", 410), ("TYPED", 3), ("Answer", 404), ("gone", None)],
)
def test_a_source_can_be_one_definition_alone(name: str, has: int | None) -> None:
    text = SOURCE + "TYPED: int = 3\n\n\nclass Answer:\n    STATUS = 404\n"

    facts = facts_of_definition(text, name)

    assert (has is None) == (facts is None)
    assert facts is None or (has in facts.numbers and 2.5 not in facts.numbers)
