"""The pure search, on worlds that hypothesis makes: upgrades that are red in given sets, and carry each other along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, comb, log2
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.upgrades.core.asking import Answer, Free, Move, Outcome
from runbook.upgrades.core.minimal import smallest_hitting_sets
from tests.runbook.upgrades.world import NEWEST, OLDEST, SERIES_WITHIN_A_MAJOR, World

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class MendedOnTheWay(World):
    """One in which p7 is bad in its second release alone."""

    def _answer(self, state: Move | Free) -> Answer:
        answer = super()._answer(state)
        if answer.versions["p7"] != "2.0" or answer.is_red:
            return answer
        return replace(answer, outcome=Outcome.RED, fingerprint=frozenset({"test:t.py::test"}))


@dataclass
class Telling(World):
    """One in which a failure names the first set that is red, and hides the others."""

    def _answer(self, state: Move | Free) -> Answer:
        answer = super()._answer(state)
        at = {name: self.releases.index(version) + 1 for name, version in answer.versions.items()}
        named = (group for group in self.red if all(at[name] >= bad for name, bad in group.items()))
        told = " with ".join(next(named, ()))
        return replace(answer, output=f"E   ImportError: {told}\n")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Worlds of one to three minimal sets of one to three members."""
    size = draw(st.integers(1, 24))
    member = st.integers(0, size - 1).map("p{}".format)
    group = st.dictionaries(member, st.integers(2, NEWEST), min_size=1, max_size=3)
    return World(size, draw(st.lists(group, min_size=1, max_size=3)))


def minimal(groups: Sequence[dict[str, int]]) -> set[frozenset[str]]:
    sets = {frozenset(group) for group in groups}
    return {each for each in sets if not any(other < each for other in sets)}


@given(worlds(), st.integers(1, 3))
def test_what_is_named_is_minimal_and_what_is_held_is_green(world: World, width: int) -> None:
    search = world.search(width=width)
    found = search.findings
    assert set(found.culprits) <= minimal(world.red)
    assert found.green is not None
    assert found.green.is_green
    least = smallest_hitting_sets(sorted(minimal(world.red), key=sorted))
    assert found.pins.keys() in least


@given(worlds())
def test_independent_culprits_are_all_named(world: World) -> None:
    singles = {each for each in minimal(world.red) if len(each) == 1}
    assert singles <= set(world.search().findings.culprits)


@given(st.integers(1, 60), st.data())
def test_one_culprit_costs_no_more_than_halving_and_the_proofs(
    size: int, data: st.DataObject
) -> None:
    culprit = data.draw(st.integers(0, size - 1))
    world = World(size, [{f"p{culprit}": NEWEST}])
    search = world.search()
    assert [frozenset({f"p{culprit}"})] == search.findings.culprits
    assert len(world.asked) <= ceil(log2(size)) + 4


@pytest.mark.parametrize("size", [5, 20, 60, 83])
def test_over_all_culprits_the_mean_is_near_the_limit(size: int) -> None:
    costs = []
    for culprit in range(size):
        world = World(size, [{f"p{culprit}": NEWEST}])
        world.search()
        costs.append(len(world.asked))
    assert sum(costs) / size <= ceil(log2(size)) + 4


def test_a_pair_stays_near_its_limit() -> None:
    size, costs = 16, []
    for one in range(size):
        for other in range(one):
            world = World(size, [{f"p{one}": NEWEST, f"p{other}": NEWEST}])
            search = world.search()
            assert [frozenset({f"p{one}", f"p{other}"})] == search.findings.culprits
            costs.append(len(world.asked))
    limit = ceil(log2(comb(size, 2))) + 4
    assert sum(costs) / len(costs) <= 1.5 * limit


@given(st.integers(2, NEWEST), st.integers(1, 20))
def test_the_bound_is_the_first_bad_release(bad: int, size: int) -> None:
    world = World(size, [{"p0": bad}])
    found = world.search(is_bounded=True).findings
    assert {"p0": f"{bad}.0"} == found.first_bad
    assert {"p0": f"<{bad}.0"} == found.pins


def test_a_trace_that_is_right_takes_four_environments_the_bound_included() -> None:
    world = World(60, [{"p7": 2}])
    found = world.search(is_bounded=True, points_at="p7").findings
    assert (4, {"p7": "<2.0"}) == (len(world.asked), found.pins)
    assert "2.0" == found.reds[frozenset({"p7"})].versions["p7"]


def test_a_trace_that_is_right_where_the_break_came_later_takes_few_more() -> None:
    world = World(60, [{"p7": 5}])
    found = world.search(is_bounded=True, points_at="p7").findings
    assert {"p7": "<5.0"} == found.pins
    assert len(world.asked) <= 9


def test_who_broke_another_command_is_tried_at_its_first_bad_release_before_anybody() -> None:
    world = World(60, [{"p7": 5}])
    found = world.search(is_bounded=True, points_at="p9", suspected="p7 5.0").findings
    assert (4, {"p7": "<5.0"}) == (len(world.asked), found.pins)


def test_who_broke_another_command_is_not_believed() -> None:
    world = World(60, [{"p9": 2}])
    found = world.search(is_bounded=True, points_at="p9", suspected="p7 5.0").findings
    assert [frozenset({"p9"})] == found.culprits
    assert {"p9": "<2.0"} == found.pins


def test_a_guess_that_held_too_little_is_the_upper_end_of_the_bound() -> None:
    """Held below 2 it is red, so nothing from 2.0 on is tried for the first bad release."""
    world = World(60, [{"p7": 5, "p8": 2}], releases=SERIES_WITHIN_A_MAJOR)
    search = world.search(is_bounded=True)
    (held,) = search.findings.pins
    assert {"p7": "1.4", "p8": "1.1"} == search.findings.first_bad
    tried = {world.called(of[int(held[1:])]) for of in world.asked - world.answered}
    assert "2.0" not in tried


def test_a_partner_is_held_back_no_further_than_its_series_to_find_its_first_bad_release() -> None:
    world = World(60, [{"p7": 8, "p8": 8}], releases=SERIES_WITHIN_A_MAJOR)
    search = world.search(is_bounded=True)
    (partner,) = {7, 8} - {int(name[1:]) for name in search.findings.pins}
    assert {"p7": "2.0", "p8": "2.0"} == search.findings.first_bad
    assert not any(of[partner] == OLDEST for of in world.asked - world.answered)


def test_two_that_break_by_themselves_are_both_proved_at_their_newest_or_by_holding() -> None:
    world = World(60, [{"p7": 2}, {"p8": 2}])
    found = world.search(is_bounded=True, points_at="p7 p8").findings
    assert {frozenset({"p7"}), frozenset({"p8"})} == set(found.culprits)
    assert {"p7": "<2.0", "p8": "<2.0"} == found.pins
    shown_at = {found.reds[frozenset({name})].versions[name] for name in ("p7", "p8")}
    assert f"{NEWEST}.0" in shown_at


def test_what_broke_on_the_way_and_is_mended_at_the_newest_is_not_to_blame() -> None:
    """p7 fails at 2.0 in today's way and is whole again; today's failure is that of p8."""
    world = MendedOnTheWay(9, [{"p8": 2}])
    found = world.search(is_bounded=True, points_at="p7").findings
    assert [frozenset({"p8"})] == found.culprits
    assert {"p8"} == found.pins.keys()


@given(worlds())
def test_with_bounds_too_what_is_named_is_minimal_and_what_is_held_is_green(world: World) -> None:
    found = world.search(is_bounded=True).findings
    assert set(found.culprits) <= minimal(world.red)
    assert found.green is not None
    assert found.green.is_green


@given(st.integers(3, 20), st.data())
def test_a_carrier_is_not_blamed_for_whom_it_brings(size: int, data: st.DataObject) -> None:
    culprit, carrier = data.draw(
        st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True)
    )
    world = World(size, [{f"p{culprit}": 2}], {f"p{carrier}": {f"p{culprit}"}})
    search = world.search()
    assert [frozenset({f"p{culprit}"})] == search.findings.culprits
    assert {f"p{culprit}"} == set(search.findings.pins)
    assert {f"p{culprit}", f"p{carrier}"} == search.held_below()


@pytest.mark.parametrize("culprit", ["p1", "p2"])
def test_of_two_that_only_move_together_the_one_is_named_whose_hold_is_green(culprit: str) -> None:
    world = World(5, [{culprit: 2}], {"p1": {"p2"}, "p2": {"p1"}}, frozenset({"p1", "p2"}))
    found = world.search().findings
    assert [frozenset({culprit})] == found.culprits
    assert {culprit} == found.pins.keys()


def test_of_two_that_only_move_together_both_are_named_where_both_must_be_held() -> None:
    world = World(5, [{"p1": 2}, {"p2": 2}], {"p1": {"p2"}, "p2": {"p1"}}, frozenset({"p1", "p2"}))
    found = world.search().findings
    assert {frozenset({"p1"}), frozenset({"p2"})} == set(found.culprits)
    assert {"p1", "p2"} == found.pins.keys()


def test_five_that_hide_one_another_take_two_environments_each() -> None:
    """Who is held is not held further back because of the next, who was hidden behind it."""
    culprits = [f"p{number}" for number in (3, 5, 8, 13, 17)]
    world = Telling(20, [{name: 8} for name in culprits], releases=SERIES_WITHIN_A_MAJOR)
    found = world.search(points_at="p3").findings
    assert dict.fromkeys(culprits, "<2") == found.pins
    assert 2 + 2 * len(culprits) == len(world.asked)


@given(worlds())
def test_who_is_named_first_hides_nobody_for_good(world: World) -> None:
    told = Telling(world.size, world.red)
    found = told.search(points_at=next(iter(world.red[0]))).findings
    assert {each for each in minimal(world.red) if len(each) == 1} <= set(found.culprits)
    assert found.green is not None
    assert found.green.is_green


def test_of_two_that_break_together_the_one_is_held_that_takes_the_fewest_back() -> None:
    """Whoever needs the newest of p0 goes back with it; nobody needs that of p5."""
    needs = {f"p{number}": {"p0"} for number in (7, 8)}
    world = World(9, [{"p0": 2, "p5": 2}], needs)
    search = world.search(points_at="p0")
    assert [frozenset({"p0", "p5"})] == search.findings.culprits
    assert ({"p5"}, {"p5"}) == (set(search.findings.pins), set(search.held_below()))


def test_the_smallest_hitting_sets_are_all_that_are_smallest() -> None:
    sets = [frozenset("ab"), frozenset("bc"), frozenset("bd")]
    assert [frozenset("b")] == smallest_hitting_sets(sets)
    assert {frozenset("a"), frozenset("b")} == set(smallest_hitting_sets([frozenset("ab")]))
    assert {frozenset(each) for each in ("ac", "ad", "bc", "bd")} == set(
        smallest_hitting_sets([frozenset("ab"), frozenset("cd")])
    )
    assert [frozenset()] == smallest_hitting_sets([])
