"""What drift leaves behind: ``.runbook/drift/<date>/``, and what all of them say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.json_files import read_object, write_json
from runbook.state_folder import make_in
from runbook.upgrades.report import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from runbook.upgrades.weekly.issue import Issue


def prepare(state: Path) -> Path:
    """Make sure, before anything is looked at, that evidence can be kept; return where that of all runs is.

    Raises:
        EnvironmentNotReady: It cannot.
    """
    try:
        return make_in(state, "drift")
    except OSError as error:
        raise _unkept(state / "drift", error) from error


def make_folder(state: Path, date: str) -> Path:
    """Make the folder of a run: the date, or the date and a number where there was a run on that day.

    Raises:
        EnvironmentNotReady: It cannot be made.
    """
    runs = prepare(state)
    try:
        return _make_new(runs, date)
    except OSError as error:
        raise _unkept(runs, error) from error


def _unkept(runs: Path, error: OSError) -> EnvironmentNotReady:
    return EnvironmentNotReady(
        f"no evidence can be kept in {runs}: {error.strerror}",
        next_step="make the checkout writable, or free some space",
    )


def _make_new(runs: Path, date: str) -> Path:
    number = 1
    while True:
        folder = runs / (date if number == 1 else f"{date}.{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def write(
    folder: Path, record: Mapping[str, Any], logs: Mapping[str, str], issues: Iterable[Issue]
) -> None:
    """Write a run: ``result.json`` last, so that a folder without it is one of a run that did not end."""
    for name, text in logs.items():
        (folder / f"{name}.log").write_text(text, encoding="utf-8")
    for issue in issues:
        place = folder / "issues"
        place.mkdir(exist_ok=True)
        write_json(place / f"{issue.key}.json", issue.to_json())
        (place / f"{issue.key}.md").write_text(f"# {issue.title}\n\n{issue.body}", encoding="utf-8")
    write_json(folder / "result.json", record)


def read_all(state: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the runs that have ended, oldest first, each with its date."""
    files = sorted(
        (state / "drift").glob("*/result.json"), key=lambda file: _order(file.parent.name)
    )
    records = ((file.parent.name, read_object(file)) for file in files)
    return [(date, record) for date, record in records if record.get("schema") == SCHEMA]


def _order(name: str) -> tuple[str, int]:
    date, _, number = name.partition(".")
    return date, int(number or 1)


def history(runs: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return what moved and what was red, run by run, oldest first."""
    lines = []
    before: dict[str, str] = {}
    for date, record in runs:
        newest = {each["name"]: each["to"] for each in record["changed"] if each["to"]}
        lines.append({
            "date": date,
            "verdict": record["verdict"],
            "drifted": len(record["changed"]),
            "since_last": sorted(name for name, version in newest.items() if before and before.get(name) != version),
            "culprits": [[each["name"] for each in group] for group in record["culprits"]],
            "pins": record["pins"] + record["build_pins"],
        })  # fmt: skip
        before = newest
    return lines
