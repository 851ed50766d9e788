"""What of this project floats: its tiers, and every group that none of them is run in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.calls import call
from runbook.errors import UsageError
from runbook.nearest import nearest
from runbook.sessions.locks import FOLDER, read_locks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from runbook.project import Project, Tier
    from runbook.sessions.locks import Lock

_INSTALLED = "python -c pass"  # a group without a tier is looked at by installing it


@dataclass(frozen=True, slots=True)
class Floated:
    """One environment.

    Attributes:
        name: Of the tier, or of the lock.
        group: What is resolved.
        lock: The baseline.
        command: What is run in it.
        is_tested: Whether a tier is run in it; where none is, it only has to install.
    """

    name: str
    group: str
    lock: Path
    command: str = _INSTALLED
    is_tested: bool = False


def all_floated(
    project: Project, wanted: Sequence[str], left_out: Collection[str]
) -> list[Floated]:
    """Return the tiers, and then the groups that are locked and of which no tier is tested.

    Args:
        project: This project.
        wanted: Names, or none for all.
        left_out: Tiers that cannot be run here; their groups are only installed, unless they are wanted by name.

    Raises:
        UsageError: A tier has no lock, or a name is neither a tier's nor a lock's.
    """
    locks = read_locks(tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8")))
    tiers = [
        tier
        for tier in project.tiers.values()
        if (tier.name in wanted if wanted else tier.name not in left_out)
    ]
    tested = [_tested(project.root, tier, locks) for tier in tiers]
    groups = {each.group for each in tested}
    installed = [
        Floated(lock.name, lock.group, _file(project.root, lock))
        for lock in locks
        if lock.group not in groups and lock.resolution == "highest"
    ]
    everything = {each.name: each for each in [*tested, *installed]}
    if unknown := [name for name in wanted if name not in everything]:
        raise UsageError(
            f"no tier or group is called {unknown[0]}; the nearest: {', '.join(nearest(unknown[0], everything))}",
            next_step=f"{call('describe')} lists the tiers; [tool.runbook.locks] in pyproject.toml has the groups",
        )
    return [everything[name] for name in dict.fromkeys(wanted)] or list(everything.values())


def _tested(root: Path, tier: Tier, locks: Sequence[Lock]) -> Floated:
    lock = next((each for each in locks if each.name == tier.session), None)
    if lock is None:
        lock = next((each for each in locks if each.name == tier.name), None)
    if lock is None:
        raise UsageError(
            f"the tier {tier.name} has no lock called {tier.session}",
            next_step="add it to [tool.runbook.locks]",
        )
    command = f"PYTHONPATH=bin python -m runbook.smoke --tier {tier.name} -- --tb=short"
    return Floated(tier.name, lock.group, _file(root, lock), command, is_tested=True)


def _file(root: Path, lock: Lock) -> Path:
    return root / FOLDER / f"{lock.name}.txt"
