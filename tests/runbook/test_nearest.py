"""The names that a person may have meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.nearest import nearest

NAMES = st.lists(st.text(max_size=20), max_size=8)


def test_a_slip_of_the_finger_finds_the_name() -> None:
    names = ["test_publish", "test_signup", "test_visitor"]

    assert "test_publish" == nearest("test_pubilsh", names)[0]


def test_a_shared_word_beats_a_likeness_of_spelling() -> None:
    names = ["test_grip", "test_everyone_sees_a_card_in_the_grid"]

    assert "test_everyone_sees_a_card_in_the_grid" == nearest("grid", names)[0]


def test_the_word_test_is_shared_by_all_and_tells_nothing() -> None:
    assert "publish_all" == nearest("test_publish", ["test_x", "publish_all"])[0]


@given(word=st.text(max_size=20), names=NAMES, most=st.integers(0, 5))
def test_only_given_names_come_back_each_once(word: str, names: list[str], most: int) -> None:
    found = nearest(word, names, most=most)

    assert len(found) == min(most, len(set(names)))
    assert len(set(found)) == len(found)
    assert set(found) <= set(names)


@given(names=st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_the_order_of_the_names_does_not_matter(names: list[str]) -> None:
    assert nearest("test_grid", names) == nearest("test_grid", reversed(names))
