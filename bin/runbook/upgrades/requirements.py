"""What a project requires: the file to compile, and which of its groups and extras the baseline speaks of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.errors import UsageError
from runbook.sessions.locks import requirements_of
from runbook.upgrades.core.pins import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_FILES = ("requirements.in", "requirements.txt")


@dataclass(frozen=True, slots=True)
class Requirements:
    """The arguments that make ``uv pip compile`` read what a project requires.

    Attributes:
        file: To be compiled, relative to the project; empty where only groups are.
        arguments: Its groups and extras.
        is_package: Whether the project is installed itself.
    """

    file: str
    arguments: tuple[str, ...] = ()
    is_package: bool = False


def read_requirements(
    root: Path, file: str, pinned: Iterable[str], groups: Sequence[str], *, only_groups: bool
) -> Requirements:
    """Say what a project requires.

    A group or an extra is taken where the baseline pins all that it names, since then it was installed.

    Args:
        root: The project's folder.
        file: A requirements file in it, or empty to look for one.
        pinned: The names that the baseline pins.
        groups: Groups to take in any case.
        only_groups: Whether to take nothing else.

    Raises:
        UsageError: The project says nowhere what it requires.
    """
    if file and file != "pyproject.toml":
        return Requirements(file)
    table = _read(root / "pyproject.toml")
    if only_groups:
        return Requirements("", _options("--group", groups))
    arguments = _installed_parts(table, set(pinned), groups)
    if table.get("project"):
        return Requirements("pyproject.toml", arguments, _is_package(table))
    file = next((name for name in _FILES if (root / name).is_file()), "")
    if not (file or arguments):
        raise UsageError(
            f"{root} says nowhere what it requires",
            next_step="name a folder with a pyproject.toml or a requirements.in, or the requirements file itself",
        )
    return Requirements(file, arguments)


def _installed_parts(
    table: dict[str, Any], pinned: set[str], groups: Sequence[str]
) -> tuple[str, ...]:
    """Return the options for the groups that are taken in any case, and for the groups and extras that are pinned."""
    others = [group for group in table.get("dependency-groups", {}) if group not in groups]
    required = {group: requirements_of(table, group) for group in others}
    extras = table.get("project", {}).get("optional-dependencies", {})
    return (
        *_options("--group", [*groups, *_pinned(required, pinned)]),
        *_options("--extra", _pinned(extras, pinned)),
    )


def _options(option: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for value in values for word in (option, value))


def _pinned(parts: Mapping[str, Iterable[str]], names: set[str]) -> list[str]:
    """Return the groups or extras of which all is pinned."""
    return [part for part, requirements in parts.items() if _is_pinned(requirements, names)]


def listed(root: Path, asked: Requirements) -> list[str]:
    """Return the requirements themselves, as they are written; what a file includes from elsewhere is left out."""
    table = _read(root / "pyproject.toml")
    project = table.get("project", {})
    found: list[str] = []
    if asked.file == "pyproject.toml":
        found += project.get("dependencies", [])
    elif asked.file:
        lines = (root / asked.file).read_text(encoding="utf-8").splitlines()
        found += [line.partition(" #")[0].strip() for line in lines if name_of(line)]
    extras = project.get("optional-dependencies", {})
    for option, name in _pairs(asked.arguments):
        found += requirements_of(table, name) if option == "--group" else extras[name]
    return found


def _pairs(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Return options, each with its value."""
    return zip(words[::2], words[1::2], strict=True)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: {error}", next_step="mend the file") from error


def _is_pinned(requirements: Iterable[str], names: set[str]) -> bool:
    """Whether all that applies here is pinned; what has a marker may not apply."""
    wanted = {name_of(each) for each in requirements if ";" not in each}
    return bool(wanted) and wanted <= names


def _is_package(table: dict[str, Any]) -> bool:
    told = table.get("tool", {}).get("uv", {}).get("package")
    return bool(told) if told is not None else "build-system" in table
