"""Faults: named edits of the source, each of which must turn its row red.

They stand in TOML files below the project's faults folder, under the test and a name of their own::

    [test_unpublish_removes_canvas_from_grid.the-entry-stays]
    cause = "_remove_from_index removes nothing."
    file = "bin/dashgen/storage/canvas_store.py"
    find = "self._index_file.apply(IndexChange(leave=[entry.id]))"
    replace = "del entry"
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.errors import UsageError
from runbook.explain import tier_of
from runbook.nearest import nearest
from runbook.rows import find_row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runbook.project import Project
    from runbook.rows import Row

LEAST = 2  # faults that prove a row
_KEYS = {"cause", "file", "find", "replace"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A defect that is injected on purpose.

    Attributes:
        row: The test that must turn red.
        name: Its name among the faults of the row.
        cause: What is broken, in one sentence.
        file: The file that is edited, relative to the project's root.
        find: The text that is replaced; it stands in the file exactly once.
        replace: What stands there instead.
        tier: The tier of the row.
    """

    row: str
    name: str
    cause: str
    file: str
    find: str
    replace: str
    tier: str

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return f"{self.row}.{self.name}"

    @property
    def digest(self) -> str:
        """What tells this edit from any other that a fault of the same name may have been."""
        edit = "\0".join((self.file, self.find, self.replace))
        return hashlib.sha256(edit.encode()).hexdigest()[:12]

    def edit(self, source: str) -> str:
        """Return the source of the file with the fault in it.

        Raises:
            UsageError: The text to replace is gone, or is there more than once.
        """
        count = source.count(self.find)
        if count != 1:
            raise UsageError(
                f"the fault {self.title} finds its text {count} times in {self.file}, not once",
                next_step=f"make `find` of {self.title} fit the file as it is now",
            )
        return source.replace(self.find, self.replace)


def read_faults(project: Project) -> tuple[Fault, ...]:
    """Read every fault of a project, in the order of the rows.

    Raises:
        UsageError: A file is malformed, names no row, or a fault does nothing.
    """
    rows = read_rows(project.root, project.test_paths)
    tiers = {row.test: tier_of(project, row).name for row in rows}
    found = [
        _make_fault(file.relative_to(project.root).as_posix(), row, name, entry, tiers)
        for file in sorted((project.root / project.faults).glob("*.toml"))
        for row, entries in _tables(_load(file), file.name)
        for name, entry in _tables(entries, f"{file.name}: {row}")
    ]
    order = list(tiers)
    return tuple(sorted(found, key=lambda fault: order.index(fault.row)))


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name}: {error}") from error


def _tables(table: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in table.items():
        if not isinstance(value, dict):
            raise UsageError(f"{where}: {name} must be a table: [test_name.name-of-the-fault]")
        yield name, value


def _make_fault(
    file: str, row: str, name: str, entry: dict[str, Any], tiers: dict[str, str]
) -> Fault:
    where = f"{file}: {row}.{name}"
    if row not in tiers:
        close = ", ".join(nearest(row, tiers)) or "none"
        raise UsageError(f"{where}: no row is called so; the nearest: {close}")
    if entry.keys() != _KEYS or not all(isinstance(value, str) for value in entry.values()):
        raise UsageError(f"{where} needs exactly cause, file, find and replace, each a string")
    if not entry["find"] or entry["find"] == entry["replace"]:
        raise UsageError(f"{where} changes nothing")
    return Fault(row=row, name=name, tier=tiers[row], **entry)


def faults_of(
    project: Project, faults: Sequence[Fault], tests: Sequence[str], tiers: Sequence[str]
) -> list[Fault]:
    """Pick the faults of some rows and some tiers; all of them where none are named.

    Raises:
        UsageError: No row, or no tier, is called so, or what is named has no fault.
    """
    rows = read_rows(project.root, project.test_paths)
    wanted = {find_row(rows, test).test for test in tests} or {fault.row for fault in faults}
    levels = {project.tier(tier).name for tier in tiers} or {fault.tier for fault in faults}
    picked = [fault for fault in faults if fault.row in wanted and fault.tier in levels]
    if not picked:
        asked = " ".join([*tests, *tiers]) or "this project"
        raise UsageError(
            f"there is no fault for {asked}", next_step=f"describe one in {project.faults}"
        )
    return picked


def unfaulted_tiers(project: Project, faults: Sequence[Fault]) -> list[str]:
    """Return the tiers with rows of which none has a fault, so that none of them is asked for any."""
    rows = read_rows(project.root, project.test_paths)
    tiers = dict.fromkeys(tier_of(project, row).name for row in rows)
    return [tier for tier in tiers if tier not in {fault.tier for fault in faults}]


def findings(project: Project, faults: Sequence[Fault]) -> Iterator[str]:
    """Yield what is wrong with the faults as they stand, without injecting any.

    Each must fit its file, and where a tier has faults, each of its rows must have `LEAST`.
    """
    for fault in faults:
        try:
            fault.edit((project.root / fault.file).read_text(encoding="utf-8"))
        except OSError as error:
            yield f"the fault {fault.title}: {fault.file}: {error.strerror}"
        except UsageError as error:
            yield error.what
    for row in _rows_to_prove(project, faults):
        count = sum(fault.row == row.test for fault in faults)
        if count < LEAST:
            mend = f"describe {LEAST} in {project.faults}"
            yield f"{row.test} is proved by {count} faults; mend: {mend}"


def _rows_to_prove(project: Project, faults: Sequence[Fault]) -> tuple[Row, ...]:
    """The rows of every tier that has any fault."""
    tiers = [project.tiers[name] for name in dict.fromkeys(fault.tier for fault in faults)]
    return read_rows(project.root, [path for tier in tiers for path in tier.tests])
