"""What one branch of drift does to ``pyproject.toml``: the constraints of a cause are written, or taken out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runbook.upgrades.weekly import constraints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from runbook.upgrades.weekly.constraints import Constraint

# Key, pin and kind: what makes two constraints the same, whatever their comments say.
_Entry = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit.

    Attributes:
        constraints: All of one cause.
        is_lift: Whether they are taken out again.
    """

    constraints: tuple[Constraint, ...]
    is_lift: bool = False

    @property
    def key(self) -> str:
        """Return the key of the cause."""
        return self.constraints[0].key

    @property
    def branch(self) -> str:
        """Return the branch that it is committed on."""
        return f"drift/{'lift-' if self.is_lift else ''}{self.key}"

    @property
    def message(self) -> str:
        """Return what its commit says."""
        pins = ", ".join(each.pin for each in self.constraints)
        if self.is_lift:
            return f"fix(deps): lift {pins}\n\nThe newest is green without it."
        reasons = "\n".join(each.why for each in self.constraints)
        return f"fix(deps): hold {pins} back\n\n{reasons}"

    def applied_to(self, text: str) -> str:
        """Return the file with it."""
        for each in self.constraints:
            text = (constraints.remove if self.is_lift else constraints.add)(text, each)
        return text

    def since(self, there: str) -> Edit:
        """Return it with the reasons that a file gives already: what was needed before is not needed since today."""
        known = {_entry(each): each for each in constraints.standing(there)}
        return replace(
            self, constraints=tuple(known.get(_entry(each), each) for each in self.constraints)
        )

    def as_in(self, there: str) -> Edit:
        """Return the edit of the same cause whose outcome a file is, as far as the file alone tells."""
        ours = tuple(each for each in constraints.standing(there) if each.key == self.key)
        return self if self.is_lift or not ours else replace(self, constraints=ours)

    def is_in(self, there: str, base: str, gone: Collection[str]) -> bool:
        """Whether a file is another with this edit; the constraints of others may stand in it, but for those gone.

        Args:
            there: The file on the branch.
            base: What the branch is to be merged with.
            gone: The causes that have healed.
        """
        wanted = {_entry(each) for each in constraints.standing(self.applied_to(base))}
        found = {_entry(each) for each in constraints.standing(there)}
        more = {key for key, *_ in found - wanted}
        return wanted <= found and more.isdisjoint({self.key, *gone})

    def anew(self, there: str, base: str, gone: Collection[str]) -> str:
        """Return the file with this edit, and with what else its branch brings along that is needed still."""
        settled = {self.key, *gone, *(each.key for each in constraints.standing(base))}
        others = (each for each in constraints.standing(there) if each.key not in settled)
        for each in others:
            base = constraints.add(base, each)
        return self.since(there).applied_to(base)


def _entry(constraint: Constraint) -> _Entry:
    return constraint.key, constraint.pin, constraint.kind


def holding(wanted: Iterable[Constraint]) -> list[Edit]:
    """Return an edit for each cause; where a package is to be held back twice the first reason stands."""
    by_key: dict[str, dict[tuple[str, str], Constraint]] = {}
    for each in wanted:
        by_key.setdefault(each.key, {}).setdefault((each.name, each.kind), each)
    return [Edit(tuple(found.values())) for found in by_key.values()]


def lifting(standing: Iterable[Constraint], gone: Collection[str]) -> list[Edit]:
    """Return an edit for each cause that has healed and whose constraints stand."""
    by_key: dict[str, list[Constraint]] = {}
    for each in standing:
        by_key.setdefault(each.key, []).append(each)
    return [Edit(tuple(found), is_lift=True) for key, found in by_key.items() if key in gone]
