"""The branches of drift: git merges them in any order, week after week."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.weekly import constraints
from runbook.upgrades.weekly.branch import File, commit_file
from runbook.upgrades.weekly.constraints import BUILD, Constraint
from runbook.upgrades.weekly.edit import Edit, holding, lifting
from runbook.upgrades.weekly.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from runbook.upgrades.weekly.stack import Standing
    from tests.runbook.support import Repository

FILE = "pyproject.toml"
BARE = '[project]\nname = "shop"\n\n[tool.other]\nx = 1\n'
ANT, BEE, COW = (
    Constraint(letter * 8, f"{name}<2", f"breaks fast ({name}); since 2026-01-01")
    for letter, name in zip("abc", ("ant", "bee", "cow"), strict=True)
)


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """A repository without any constraint."""
    repository.write(FILE, BARE)
    repository.commit("the project")
    return repository


def week(
    shop: Repository,
    *wanted: Constraint,
    lifted: Sequence[Constraint] = (),
    gone: Collection[str] = (),
) -> list[Standing]:
    """Let a run of drift write its branches; what it lifts is gone."""
    gone = {*gone, *(each.key for each in lifted)}
    return Stack(shop.root, gone).put([*holding(wanted), *lifting(lifted, gone)])


def merge(shop: Repository, *branches: str) -> list[str]:
    """Merge by hand, and return the pins that stand then; git's words where it cannot."""
    for branch in branches:
        shop.git("merge", "--quiet", "--no-edit", branch)
    text = (shop.root / FILE).read_text(encoding="utf-8")
    return sorted(each.pin for each in constraints.standing(text))


def squash(shop: Repository, branch: str) -> None:
    """Take a branch as one commit that does not have it for a parent, as hosts of repositories offer."""
    shop.git("merge", "--quiet", "--squash", branch)
    shop.commit("squashed")


def commit_on(shop: Repository, branch: str, name: str, text: str) -> str:
    """Commit to a branch as a person does, and go back."""
    shop.git("switch", "--quiet", branch)
    shop.write(name, text)
    made = shop.commit("my own")
    shop.git("switch", "--quiet", "main")
    return made


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_constraints_of_one_run_merge_in_any_order(
    shop: Repository, order: Sequence[int]
) -> None:
    done = week(shop, ANT, BEE, COW)
    assert ["", "drift/aaaaaaaa", "drift/bbbbbbbb"] == [each.on for each in done]
    merged = merge(shop, *(done[place].branch for place in order))
    assert ["ant<2", "bee<2", "cow<2"] == merged


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_one_run_lifts_and_holds_merges_in_any_order(
    shop: Repository, order: Sequence[int]
) -> None:
    merge(shop, *(each.branch for each in week(shop, ANT, BEE)))
    done = week(shop, COW, lifted=[ANT, BEE])
    assert {"drift/cccccccc", "drift/lift-aaaaaaaa", "drift/lift-bbbbbbbb"} == {
        each.branch for each in done
    }
    assert ["cow<2"] == merge(shop, *(done[place].branch for place in order))


@pytest.mark.parametrize("first", [0, 1])
def test_a_constraint_of_a_later_run_merges_with_those_of_an_earlier_one(
    shop: Repository, first: int
) -> None:
    (ant,) = week(shop, ANT)
    shop.write("app.py", "more\n")
    shop.commit("work goes on")
    both = week(shop, COW, ANT)
    assert [str(ant), "drift/cccccccc"] == [str(both[0]), both[1].branch]
    names = [each.branch for each in both]
    assert ["ant<2", "cow<2"] == merge(shop, names[first], names[1 - first])


def test_the_same_again_is_no_new_commit(shop: Repository) -> None:
    done = week(shop, ANT, BEE)
    assert done == week(shop, BEE, ANT)
    merge(shop, done[0].branch)
    (left,) = week(shop, BEE)
    assert str(done[1]) == str(left)


def test_what_was_squashed_is_not_merged_twice(shop: Repository) -> None:
    ant, bee = week(shop, ANT, BEE)
    squash(shop, ant.branch)
    (anew,) = week(shop, BEE)
    assert [bee.commit, shop.git("rev-parse", "HEAD")] == shop.git(
        "log", "-1", "--format=%P", anew.commit
    ).split()
    assert ["ant<2", "bee<2"] == merge(shop, anew.branch)


def test_branches_that_were_made_side_by_side_are_mended(shop: Repository) -> None:
    for each in (ANT, BEE):
        file = File(FILE, constraints.add(BARE, each))
        commit_file(shop.root, f"drift/{each.key}", file, Edit((each,)).message)
    done = week(shop, ANT, BEE)
    assert ["ant<2", "bee<2"] == merge(shop, *(each.branch for each in reversed(done)))


def test_a_branch_follows_what_the_file_says_meanwhile(shop: Repository) -> None:
    (before,) = week(shop, ANT)
    shop.write(FILE, BARE + '\n[tool.uv]\nindex-strategy = "first-index"\n')
    shop.commit("a table where the constraint goes")
    (after,) = week(shop, ANT)
    assert before.commit in shop.git("rev-list", after.commit).split()
    assert ["ant<2"] == merge(shop, after.branch)


def test_what_has_healed_is_not_brought_along(shop: Repository) -> None:
    week(shop, ANT, BEE)
    (bee,) = week(shop, BEE, gone={ANT.key})
    assert ["bee<2"] == merge(shop, bee.branch)


def test_what_was_not_looked_for_is_brought_along_still(shop: Repository) -> None:
    ant, bee = week(shop, ANT, BEE)
    assert [str(bee)] == [str(each) for each in week(shop, BEE)]
    shop.write(FILE, f"# a comment\n{BARE}")
    shop.commit("the file has changed")
    (anew,) = week(shop, BEE)
    assert bee.commit != anew.commit
    assert ["ant<2", "bee<2"] == merge(shop, anew.branch, ant.branch)


@pytest.mark.parametrize("first", [0, 1])
def test_a_pin_that_becomes_another_is_so_on_every_branch(shop: Repository, first: int) -> None:
    week(shop, ANT, BEE)
    tighter = Constraint(ANT.key, "ant<1.5", "breaks fast (ant); since 2026-01-08")
    done = week(shop, tighter, BEE)
    assert done == week(shop, tighter, BEE)
    assert ["ant<1.5", "bee<2"] == merge(shop, done[first].branch, done[1 - first].branch)


def test_who_relapses_is_held_again(shop: Repository) -> None:
    merge(shop, *(each.branch for each in week(shop, ANT)))
    merge(shop, *(each.branch for each in week(shop, lifted=[ANT])))
    done = week(shop, ANT)
    assert ["ant<2"] == merge(shop, *(each.branch for each in done))


def test_it_is_needed_since_the_first_week_and_not_since_today(shop: Repository) -> None:
    week(shop, ANT)
    shop.write(FILE, f"# a comment\n{BARE}")
    shop.commit("the file has changed")
    later = Constraint(ANT.key, ANT.pin, "breaks fast (ant); since 2026-01-08")
    (done,) = week(shop, later)
    assert ANT.why in shop.git("show", f"{done.commit}:{FILE}")
    assert later.why not in shop.git("show", f"{done.commit}:{FILE}")


def change_the_pin(text: str) -> str:
    return text.replace("ant<2", "ant<1.5")


def change_the_layout(text: str) -> str:
    return text.replace("x = 1", "x = 2")


@pytest.mark.parametrize("change", [change_the_pin, change_the_layout])
@pytest.mark.parametrize("is_amended", [False, True], ids=["a commit", "amended"])
def test_what_a_person_changed_is_never_written(
    shop: Repository, change: type[str], *, is_amended: bool
) -> None:
    (ant,) = week(shop, ANT)
    shop.git("switch", "--quiet", ant.branch)
    shop.write(FILE, change((shop.root / FILE).read_text(encoding="utf-8")))
    shop.git(
        "commit", "--quiet", "--all", *(("--amend", "--no-edit") if is_amended else ("-m", "mine"))
    )
    mine = shop.git("rev-parse", "HEAD")
    shop.git("switch", "--quiet", "main")
    shop.write(FILE, f"{BARE}\n[tool.uv]\npreview = true\n")
    shop.commit("it does not merge any more")
    stack = Stack(shop.root, ())
    assert ["drift/bbbbbbbb"] == [each.branch for each in stack.put(holding([ANT, BEE]))]
    assert (ant.branch,) == stack.left
    assert mine == shop.git("rev-parse", ant.branch)


def test_the_locks_that_a_person_adds_are_kept_and_built_upon(shop: Repository) -> None:
    (ant,) = week(shop, ANT)
    mine = commit_on(shop, ant.branch, "requirements/fast.txt", "ant==1.9\n")
    kept, bee = week(shop, ANT, BEE)
    assert (mine, ant.branch) == (kept.commit, bee.on)
    assert ["ant<2", "bee<2"] == merge(shop, bee.branch, ant.branch)
    assert "ant==1.9\n" == (shop.root / "requirements" / "fast.txt").read_text(encoding="utf-8")


def test_where_only_the_origin_has_a_branch_it_goes_on_from_there(shop: Repository) -> None:
    (ant,) = week(shop, ANT)
    shop.git("update-ref", "refs/remotes/origin/drift/aaaaaaaa", ant.commit)
    shop.git("branch", "--quiet", "-D", ant.branch)
    (same, bee) = week(shop, ANT, BEE)
    assert str(ant) == str(same)
    assert ant.commit == shop.git("rev-parse", f"{bee.commit}^")
    assert ant.commit == shop.git("rev-parse", "refs/heads/drift/aaaaaaaa")


def test_all_pins_of_a_cause_are_on_its_branch(shop: Repository) -> None:
    also = Constraint(ANT.key, "bee<2", ANT.why)
    build = Constraint(ANT.key, "ant<2", ANT.why, BUILD)
    (done,) = week(shop, ANT, also, build)
    assert ["ant<2", "ant<2", "bee<2"] == merge(shop, done.branch)
    (lifted,) = week(shop, lifted=[ANT, also, build])
    assert [] == merge(shop, lifted.branch)
    assert BARE == (shop.root / FILE).read_text(encoding="utf-8")


def test_what_is_not_committed_stays_out(shop: Repository) -> None:
    shop.write(FILE, BARE + "# unfinished\n")
    (done,) = week(shop, ANT)
    assert "unfinished" not in shop.git("show", f"{done.commit}:{FILE}")


def test_a_project_in_a_folder_of_its_repository_is_written_where_it_is(shop: Repository) -> None:
    shop.write(f"inner/{FILE}", BARE)
    shop.commit("a project inside")
    (done,) = Stack(shop.root / "inner", ()).put(holding([ANT]))
    assert "ant<2" in shop.git("show", f"{done.commit}:inner/{FILE}")
    assert "ant<2" not in shop.git("show", f"{done.commit}:{FILE}")


def test_a_file_that_git_does_not_know_is_not_written(repository: Repository) -> None:
    repository.write(FILE, BARE)
    with pytest.raises(EnvironmentNotReady, match=r"pyproject\.toml is not committed"):
        week(repository, ANT)
