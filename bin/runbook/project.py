"""The project that the engine works on: its root and its ``[tool.runbook]``.

It is read before anything is started: its records are named tuples, for `dataclasses` would import half of what
reads source.
"""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from runbook.calls import call, call_session, has_sessions, typed
from runbook.errors import UsageError
from runbook.nearest import nearest
from runbook.settings_file import find_settings

_TIER_KEYS = {
    *("tests", "session", "watch", "environment", "before", "bytecode"),
    *("goes_with", "variables"),
}
_GATE_KEYS = {"build", "environment", "faults", "file", "tiers", "url"}
_KEYS = {
    *("claims", "faults", "gate", "harness", "invoke", "locks", "nox"),
    *("slug", "test_seconds", "tiers"),
}
_TEST_SECONDS = 120.0  # only a hang takes as long, on a busy machine too


class Tier(NamedTuple):
    """A set of tests that are run together in one environment.

    Attributes:
        name: As users type it.
        tests: Files and folders, relative to the project's root.
        session: The Nox session that runs it.
        watch: Globs of files whose change makes the tier worth running, besides its rows' suspects.
        environment: Variables to set for its tests, which then have an interpreter of their own.
        before: ``module:function`` to call in pytest's process before pytest is imported, or empty;
            several are separated by commas.
        bytecode: Folders whose modules are compiled before a run; see `runbook.smoke.bytecode`.
        goes_with: The tier after which it runs too, unless a green run proves it; see `runbook.smoke.companions`.
        variables: Globs of the caller's variables by which its tests see something else than what it
            watches: where one is set, a run proves nothing.
    """

    name: str
    tests: tuple[str, ...]
    session: str
    watch: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    before: str = ""
    bytecode: tuple[str, ...] = ()
    goes_with: str = ""
    variables: tuple[str, ...] = ()

    def call(self, *words: str) -> str:
        """Return a command that runs it, as it can be typed here; the words are for pytest."""
        if has_sessions():
            return call_session(self.session, *words)
        arguments = ["--", *words] if words else []
        return call(typed(["run", "--tier", self.name, *arguments]))


class GateSettings(NamedTuple):
    """The feature gate of a project: ``[tool.runbook.gate]``.

    Attributes:
        file: Its file, relative to the root or absolute, with ``$NAME`` and ``${NAME:-default}`` for
            variables. Empty where the project has no gate.
        tiers: What must be green before it opens; all tiers by default.
        build: The command that prints, in a tree, the build that a server serves from it.
        environment: Variables that its tiers may have from the caller, besides the few that all have.
        faults: The Nox session that proves rows by their faults, as ``runbook.prove`` is called; empty for none.
        url: Where a server says under ``/health`` which ``build`` it serves; empty where it does not.
    """

    file: str = ""
    tiers: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    faults: str = ""
    url: str = ""


class Project(NamedTuple):
    """A project's root and what its ``[tool.runbook]`` says; every key has a default.

    Attributes:
        root: The folder of ``pyproject.toml``.
        tiers: By name, in the order of the file.
        gate: The feature gate.
        harness: Globs of what every run stands on, besides what the tiers watch and the rows suspect.
        slug: What a dashboard calls the project; its folder's name by default.
        faults: The folder of the faults that prove the rows, relative to the root.
        test_seconds: What one test of a smoke may take; 0 for as long as it likes.
    """

    root: Path
    tiers: dict[str, Tier]
    gate: GateSettings = GateSettings()
    harness: tuple[str, ...] = ()
    slug: str = ""
    faults: str = "tests/faults"
    test_seconds: float = _TEST_SECONDS

    @property
    def state(self) -> Path:
        """The folder for everything that the engine writes; not under version control."""
        return self.root / ".runbook"

    @property
    def test_paths(self) -> tuple[str, ...]:
        """The tests of all tiers, each path once."""
        return tuple(dict.fromkeys(path for tier in self.tiers.values() for path in tier.tests))

    @property
    def gate_tiers(self) -> tuple[Tier, ...]:
        """What must be green before the gate opens."""
        return tuple(self.tier(name) for name in self.gate.tiers or self.tiers)

    def tier(self, name: str) -> Tier:
        """Return the tier called ``name``; of ``one+another`` both as one, which are run together.

        Raises:
            UsageError: There is none.
        """
        if "+" in name:
            return _joined([self.tier(each) for each in name.split("+")])
        if name in self.tiers:
            return self.tiers[name]
        known = nearest(name, self.tiers, most=len(self.tiers))
        raise UsageError(
            f"no tier is called {name!r}; there are: {', '.join(known)}",
            next_step=call(f"run --tier {known[0]}"),
        )


def _joined(tiers: list[Tier]) -> Tier:
    """Several tiers as one; its session is the last one's, which must hold what all of them need."""
    return Tier(
        "+".join(tier.name for tier in tiers),
        tests=tuple(dict.fromkeys(path for tier in tiers for path in tier.tests)),
        session=tiers[-1].session,
        watch=tuple(dict.fromkeys(glob for tier in tiers for glob in tier.watch)),
        environment=tuple(dict(pair for tier in tiers for pair in tier.environment).items()),
        before=",".join(dict.fromkeys(tier.before for tier in tiers if tier.before)),
        bytecode=tuple(dict.fromkeys(folder for tier in tiers for folder in tier.bytecode)),
    )


def find_project(start: Path) -> Project:
    """Return the project around ``start``: the nearest folder upwards with a ``pyproject.toml``.

    Raises:
        UsageError: There is none, or its ``[tool.runbook]`` is wrong.
    """
    if file := find_settings(start):
        return read_project(file)
    raise UsageError(f"no pyproject.toml in {start} or above", next_step="cd into a project")


def read_project(file: Path) -> Project:
    """Read a project from its ``pyproject.toml``.

    Raises:
        UsageError: The file is no TOML, or ``[tool.runbook]`` has an unknown or ill-typed key.
    """
    try:
        return project_of(file.read_text(encoding="utf-8"), root=file.parent)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name}: {error}") from error


def project_of(settings: str, *, root: Path) -> Project:
    """Return the project that the text of a ``pyproject.toml`` describes.

    Raises:
        TOMLDecodeError: It is no TOML.
        UsageError: ``[tool.runbook]`` has an unknown or ill-typed key.
    """
    tools = tomllib.loads(settings).get("tool", {})
    table = _table(tools.get("runbook", {}), "[tool.runbook]")
    _refuse_unknown(table, _KEYS, "[tool.runbook]")
    for launcher in ("invoke", "nox"):  # which `runbook.calls` shows
        _text(table.get(launcher, ""), launcher)
    tables = _table(table.get("tiers", {}), "[tool.runbook] tiers")
    tiers = {name: _read_tier(name, value) for name, value in tables.items()}
    _check_companions(tiers)
    return Project(
        root,
        tiers or {"fast": Tier("fast", ("tests",), "fast")},
        gate=_read_gate(table.get("gate", {})),
        slug=_text(table.get("slug", root.name), "slug"),
        harness=_texts(table.get("harness", []), "[tool.runbook] harness"),
        faults=_text(table.get("faults", "tests/faults"), "faults"),
        test_seconds=_seconds(table.get("test_seconds", _TEST_SECONDS), "test_seconds"),
    )


def _read_gate(value: object) -> GateSettings:
    where = "[tool.runbook.gate]"
    table = _table(value, where)
    _refuse_unknown(table, _GATE_KEYS, where)
    return GateSettings(
        file=_text(table.get("file", ""), f"{where} file"),
        tiers=_texts(table.get("tiers", []), f"{where} tiers"),
        build=_texts(table.get("build", []), f"{where} build"),
        environment=_texts(table.get("environment", []), f"{where} environment"),
        faults=_text(table.get("faults", ""), f"{where} faults"),
        url=_text(table.get("url", ""), f"{where} url"),
    )


def _read_tier(name: str, value: object) -> Tier:
    where = f"[tool.runbook.tiers.{name}]"
    table = _table(value, where)
    _refuse_unknown(table, _TIER_KEYS, where)
    tests = _texts(table.get("tests", ["tests"]), f"{where} tests")
    environment = _table(table.get("environment", {}), f"{where} environment")
    return Tier(
        name,
        tests=tuple(PurePosixPath(path).as_posix() for path in tests),
        session=_text(table.get("session", name), f"{where} session"),
        watch=_texts(table.get("watch", []), f"{where} watch"),
        environment=tuple(
            (key, _text(text, f"{where} environment")) for key, text in environment.items()
        ),
        before=_text(table.get("before", ""), f"{where} before"),
        bytecode=_texts(table.get("bytecode", []), f"{where} bytecode"),
        goes_with=_text(table.get("goes_with", ""), f"{where} goes_with"),
        variables=_texts(table.get("variables", []), f"{where} variables"),
    )


def _check_companions(tiers: dict[str, Tier]) -> None:
    """Refuse a tier that goes with none, with itself, or with one that goes with a further one."""
    leading = {tier.name for tier in tiers.values() if not tier.goes_with}
    for tier in tiers.values():
        if tier.goes_with and tier.goes_with not in leading:
            close = ", ".join(nearest(tier.goes_with, leading)) or "there is none"
            where = f"[tool.runbook.tiers.{tier.name}] goes_with"
            raise UsageError(
                f"pyproject.toml: {where} names {tier.goes_with!r}, which leads no tier; the nearest: {close}"
            )


def _refuse_unknown(table: dict[str, Any], known: set[str], where: str) -> None:
    for key in table.keys() - known:
        close = ", ".join(nearest(key, known))
        raise UsageError(
            f"pyproject.toml: {where} has an unknown key {key!r}; the nearest: {close}"
        )


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"pyproject.toml: {where} must be a table")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"pyproject.toml: {where} must be a string")
    return value


def _seconds(value: object, where: str) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < float("inf")
    ):
        raise UsageError(f"pyproject.toml: {where} must be a number of seconds, 0 for no limit")
    return float(value)


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UsageError(f"pyproject.toml: {where} must be a list of strings")
    return tuple(_text(each, where) for each in value)
