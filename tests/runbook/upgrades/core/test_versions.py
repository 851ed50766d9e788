"""Versions in the order of PEP 440."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.upgrades.core.versions import Jump, jump, key, release, threshold

IN_ORDER = (
    "0.9", "1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0+local.1", "1.0.post1.dev0",
    "1.0.post1", "1.0.1", "1.1", "1.10", "2.0", "2024.1", "1!0.1",
)  # fmt: skip

numbers = st.lists(st.integers(0, 40), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)


def test_versions_stand_in_the_order_of_pep_440() -> None:
    assert list(IN_ORDER) == sorted(IN_ORDER, key=key)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("1.0", "1"),
        ("1.0.0", "1.0"),
        ("v1.2", "1.2"),
        ("1.0-1", "1.0.post1"),
        ("1.0alpha1", "1.0a1"),
        ("1.0-c.1", "1.0rc1"),
    ],
)
def test_two_spellings_are_one_version(one: str, same: str) -> None:
    assert key(one) == key(same)


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="no version"):
        key("latest")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("1.2.3", "2.0", Jump.MAJOR),
        ("1.2", "1.3.1", Jump.MINOR),
        ("1.2", "1.2.1", Jump.PATCH),
        (None, "1", Jump.NONE),
    ],
)
def test_a_jump_is_told_by_the_first_number_that_changed(
    before: str | None, after: str, expected: Jump
) -> None:
    assert expected == jump(before, after)


@given(numbers, numbers)
def test_a_threshold_lies_above_the_good_and_not_above_the_bad(one: str, other: str) -> None:
    good, bad = sorted([one, other], key=key)
    border = threshold(good, bad)
    if border is not None:
        assert key(good) < key(border) <= key(bad)
    else:
        assert (*release(good), 0)[:2] == (*release(bad), 0)[:2]
