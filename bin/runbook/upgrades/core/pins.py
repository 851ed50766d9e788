"""Pins, and what changed between two sets of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook.upgrades.core.versions import Jump, jump

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\#]+)")
_NAME = re.compile(r"^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


def normalise(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """Return the normalised name that a requirement starts with; empty where it starts with none."""
    found = _NAME.match(requirement)
    return normalise(found[1]) if found else ""


@dataclass(frozen=True, slots=True)
class Change:
    """One package that is not the same in two sets of pins.

    Attributes:
        name: Normalised.
        before: Its version in the baseline; None where it is new.
        after: Its version in the other; None where it is gone.
        is_direct: Whether the project itself requires it.
    """

    name: str
    before: str | None
    after: str | None
    is_direct: bool = False

    @property
    def jump(self) -> Jump:
        """Which part of the number changed."""
        return jump(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A set of pins, as uv printed it.

    Attributes:
        pins: Versions by normalised name.
        required_by: For each package who requires it; a requirement of the project itself is "".
    """

    pins: Mapping[str, str]
    required_by: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def direct(self) -> frozenset[str]:
        """What the project itself requires."""
        return frozenset(name for name, by in self.required_by.items() if "" in by)

    def text(self) -> str:
        """Return it as a requirements file."""
        return "".join(f"{name}=={version}\n" for name, version in sorted(self.pins.items()))

    def moved_from(self, baseline: Resolution) -> frozenset[str]:
        """Return the names of all that is not as in the baseline: changed, new or gone."""
        names = self.pins.keys() | baseline.pins.keys()
        return frozenset(name for name in names if self.pins.get(name) != baseline.pins.get(name))


def parse(text: str) -> Resolution:
    """Read what ``uv pip compile`` prints: pins, and the ``# via`` comments behind them."""
    pins: dict[str, str] = {}
    required_by: dict[str, set[str]] = {}
    here, is_via = "", False
    for line in text.splitlines():
        if found := _PIN.match(line):
            here, is_via = normalise(found[1]), False
            pins[here] = found[2]
            required_by[here] = set()
        elif here and line.lstrip().startswith("#"):
            said = line.lstrip().lstrip("#").strip()
            is_via = is_via or said.startswith("via")
            if is_via and (by := said.removeprefix("via").strip()):
                required_by[here].add(_requirer(by))
    return Resolution(pins, {name: frozenset(by) for name, by in required_by.items()})


def _requirer(text: str) -> str:
    """Return the package of a ``via`` comment; nothing for a file, a group or the project itself."""
    word = text.split(maxsplit=1)[0]
    is_package = re.fullmatch(r"[A-Za-z0-9._-]+(\[.*\])?", word) and not word.startswith("-")
    is_file = word.endswith((".txt", ".in", ".toml")) or "(" in text or ":" in word
    return normalise(word.partition("[")[0]) if is_package and not is_file else ""


def changes(baseline: Resolution, newest: Resolution) -> tuple[Change, ...]:
    """Return what changed, by name."""
    direct = baseline.direct | newest.direct
    return tuple(
        Change(name, baseline.pins.get(name), newest.pins.get(name), name in direct)
        for name in sorted(newest.moved_from(baseline))
    )


def neighbours_first(names: Iterable[str], required_by: Mapping[str, frozenset[str]]) -> list[str]:
    """Return names so that those which require each other stand together: depth first from the direct ones.

    What is coupled moves together, so a search that cuts such an order seldom cuts through a couple.
    """
    wanted = sorted(names)
    requires: dict[str, list[str]] = {}
    for name in sorted(required_by):
        for by in required_by[name]:
            requires.setdefault(by, []).append(name)
    order: dict[str, None] = {}
    stack = [*reversed(wanted), *reversed(requires.get("", []))]
    seen: set[str] = set()
    while stack:
        here = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        order[here] = None
        stack.extend(reversed(requires.get(here, [])))
    return [name for name in order if name in set(wanted)]
