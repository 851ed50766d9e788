"""The constraints of drift in a ``pyproject.toml``."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.upgrades.weekly.constraints import (
    BUILD,
    RUNTIME,
    Constraint,
    add,
    remove,
    standing,
    without,
)

BARE = '[project]\nname = "shop"  # ours\n'
WITH_TABLE = BARE + '\n[tool.uv]\nindex-strategy = "first-index"\n\n[tool.other]\nx = 1\n'

made = st.builds(
    Constraint,
    key=st.text("0123456789abcdef", min_size=8, max_size=8),
    pin=st.sampled_from(["ant<2", "bee<1.5", "cow!=3,<4"]),
    why=st.sampled_from(["breaks fast (t); since 2026-01-01", "x"]),
    kind=st.sampled_from([RUNTIME, BUILD]),
)


@given(st.sampled_from([BARE, WITH_TABLE]), made)
def test_what_is_added_is_read_back_and_removed_without_a_trace(
    text: str, constraint: Constraint
) -> None:
    with_it = add(text, constraint)
    assert (constraint,) == standing(with_it)
    assert [constraint.pin] == tomllib.loads(with_it)["tool"]["uv"][constraint.kind]
    assert text == remove(with_it, constraint) == without(with_it)


@given(st.lists(made, max_size=5))
def test_of_one_cause_and_package_the_last_constraint_stands(several: list[Constraint]) -> None:
    text = WITH_TABLE
    for each in several:
        text = add(text, each)
    last = {(each.key, each.kind, each.pin): each for each in several}
    assert sorted(last.values(), key=repr) == sorted(standing(text), key=repr)
    assert tomllib.loads(WITH_TABLE)["tool"]["other"] == tomllib.loads(text)["tool"]["other"]
    assert WITH_TABLE == without(text)


def test_two_causes_hold_one_package_each_as_far_as_it_must() -> None:
    tight, loose = (Constraint(key * 8, f"click<{pin}", "x") for key, pin in (("a", 8), ("b", 9)))
    both = add(add(BARE, tight), loose)
    assert (tight, loose) == standing(both)
    tighter = Constraint("b" * 8, "click<8.5", "x")
    assert (tight, tighter) == standing(add(both, tighter))


def test_a_package_whose_name_begins_like_another_is_another() -> None:
    both = add(add(BARE, Constraint("a" * 8, "click-plugins<2")), Constraint("a" * 8, "click<8"))
    assert ["click-plugins<2", "click<8"] == [each.pin for each in standing(both)]


@pytest.mark.parametrize("theirs", ['"click<9",  # by hand\n', ""])
def test_the_constraints_of_others_stay(theirs: str) -> None:
    text = f"{BARE}\n[tool.uv]\nconstraint-dependencies = [\n  {theirs}]\n" if theirs else BARE
    ours = Constraint("0123abcd", "ant<2", "why")
    assert text == without(add(text, ours))
