"""The candidate commits as a graph: who is an ancestor of whom, and how much weight lies below a commit."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import accumulate, chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Dag:
    """The candidates, numbered so that parents come before children; the last one descends from all.

    Sets of commits are Python integers, bit ``i`` for commit ``i``. Only merges keep the set of their
    ancestors, so a linear history of any length costs next to nothing.

    Args:
        parents: For each commit its parents among the candidates; those outside are left out.
        ages: For each commit its place in git's own order, the oldest first; the numbers, where none are given.

    Attributes:
        parents: The same.
        ages: The same.
        size: How many commits there are.
    """

    def __init__(self, parents: Sequence[Sequence[int]], ages: Sequence[int] = ()) -> None:
        self.parents = tuple(tuple(each) for each in parents)
        self.size = len(self.parents)
        self.ages = tuple(ages) or tuple(range(self.size))
        self._known: dict[int, int] = {}
        self._base = [-1] * self.size
        self._brought: dict[int, tuple[int, ...]] = {}
        self._is_line = False  # not while it is built
        for commit, own in enumerate(self.parents):
            if len(own) == 1:
                self._base[commit] = own[0]
            elif own:
                self._add_merge(commit, own)
        self._is_line = self._base == list(range(-1, self.size - 1))

    @property
    def tip(self) -> int:
        """The newest commit: the bad end."""
        return self.size - 1

    @property
    def everything(self) -> int:
        """The set of all commits."""
        return (1 << self.size) - 1

    @cached_property
    def joints(self) -> frozenset[int]:
        """The commits where lines of history meet: merges, and those from which several go on."""
        went_on = Counter(chain.from_iterable(self.parents))
        return frozenset(
            commit for commit, own in enumerate(self.parents) if len(own) > 1 or went_on[commit] > 1
        )

    def _add_merge(self, commit: int, parents: tuple[int, ...]) -> None:
        sets = {parent: self.ancestors(parent) for parent in parents}
        base = max(parents, key=lambda parent: sets[parent].bit_count())
        union = 0
        for each in sets.values():
            union |= each
        self._base[commit] = base
        self._brought[commit] = tuple(members(union & ~sets[base]))
        self._known[commit] = union | 1 << commit

    def ancestors(self, commit: int) -> int:
        """Return the set of a commit and all its ancestors."""
        if self._is_line:
            return (1 << commit + 1) - 1
        chain: list[int] = []
        here = commit
        while here >= 0 and here not in self._known:
            chain.append(here)
            here = self._base[here]
        bits = bytearray(commit // 8 + 1)
        for each in chain:
            bits[each >> 3] |= 1 << (each & 7)
        return int.from_bytes(bits, "little") | (self._known[here] if here >= 0 else 0)

    def masses(self, weights: Sequence[float]) -> list[float]:
        """Return for each commit the weight of itself and all its ancestors.

        A commit with one parent adds its own weight to its parent's sum; a merge starts from its
        largest parent and adds what the others bring. So one pass does, and no commit counts twice.

        Args:
            weights: One for each commit, in their order; they need not sum to 1.
        """
        if self._is_line:
            return list(accumulate(weights))
        sums = [0.0] * (self.size + 1)  # the last stays zero: it stands for "no parent", index -1
        brought = self._brought
        for commit, (base, weight) in enumerate(zip(self._base, weights, strict=True)):
            sums[commit] = sums[base] + weight
            if commit in brought:
                sums[commit] += sum(weights[each] for each in brought[commit])
        sums.pop()
        return sums


def members(commits: int) -> Iterator[int]:
    """Yield the members of a set, oldest first."""
    while commits:
        lowest = commits & -commits
        yield lowest.bit_length() - 1
        commits ^= lowest


def flags(commits: int, size: int) -> str:
    """Write a set as ``size`` characters 0 and 1, oldest first: the quick way to look at every commit."""
    return format(commits, f"0{size}b")[::-1]


def only(commits: int) -> int | None:
    """Return the only member of a set, if it has just one."""
    return commits.bit_length() - 1 if commits.bit_count() == 1 else None
