"""The weights before any run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core.prior import CAP, weigh

NAMES = st.sampled_from(["a", "b", "c/d", "c/e", "f g"])


def test_a_rare_file_weighs_more_than_a_hot_one() -> None:
    changes = [{"hot"}, {"hot"}, {"hot", "rare"}, {"other"}]
    assert [4 / 3, 4 / 3, 4.0, 1.0] == weigh(changes, [{"hot"}, {"rare"}])


def test_no_file_weighs_more_than_ten_to_one() -> None:
    changes = [{"rare"}, *[{"other"}] * 999]
    assert CAP == weigh(changes, [{"rare"}])[0] == 10


def test_any_name_that_a_file_has_had_counts() -> None:
    assert [2.0, 2.0, 1.0, 1.0] == weigh([{"old"}, {"new"}, {"x"}, {"x"}], [{"old", "new"}])


def test_a_folder_stands_for_all_in_it() -> None:
    assert [2.0, 1.0] == weigh([{"src/a b.py"}, {"srcs/a.py"}], [{"src/"}])


@given(st.lists(st.sets(NAMES), min_size=1), st.lists(st.sets(NAMES, min_size=1), max_size=3))
def test_every_commit_stays_above_nought(changes: list[set[str]], suspects: list[set[str]]) -> None:
    assert all(1 <= weight <= CAP for weight in weigh(changes, suspects))
