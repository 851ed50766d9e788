"""What the gate says, what is served, what was proved, and the one command that would change it."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import EnvironmentNotReady
from runbook.gate.beginning import find_missing
from runbook.gate.file import GateState, Position
from runbook.gate.project_gate import gate_file, read_gate
from runbook.runs.source_state import SourceState, read_source_state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runbook.project import Project

_ANSWER_SECONDS = 2.0
_SHORT = 12  # characters of a digest that a person compares
_UNKNOWN = "unknown"  # to a user who may not read its file


@dataclass(frozen=True, slots=True)
class GateStatus:
    """All that there is to say about the gate.

    Attributes:
        state: What its file says.
        source: What is in the checkout.
        checkout: The build that a server would serve from the checkout; empty where unknown.
        served: The build that the running server serves; empty where none answers.
        url: Where that server was asked.
        file: The gate itself, which every checkout shares that names the same one.
        beginning: What to do before it can be opened at all; empty where nothing is missing.
    """

    state: GateState
    source: SourceState
    checkout: str
    served: str
    url: str
    file: str = ""
    beginning: str = ""

    @property
    def proved(self) -> str:
        """The build that the gate is open for, or nothing."""
        return str(self.state.record["build"]) if self.state.position is Position.OPEN else ""

    @property
    def is_open(self) -> bool:
        """Whether the public sees the grid: of the server where one runs, else of one started here."""
        return bool(self.proved) and self.proved == (self.served or self.checkout)

    @property
    def word(self) -> str:
        """``open`` or ``closed`` to the public, or ``unknown``."""
        if self.state.is_hidden:
            return _UNKNOWN
        return Position.OPEN if self.is_open else Position.CLOSED

    @property
    def why(self) -> str:
        """Why it is as it is, in one line."""
        if not self.proved or self.is_open:
            return self.state.why
        if self.served:
            return "it was opened for another build than the one that is served"
        return "it was opened for another build than this checkout's"

    @property
    def next_step(self) -> str:
        """The one command that would change it."""
        if self.state.is_hidden:
            return f"{call('gate.status')}, as the user whose gate it is"
        if self.is_open:
            return call('gate.close --reason "..."')
        if self.checkout and self.checkout == self.proved:
            return "start the server anew; the one that runs serves an older build"
        if self.beginning:
            return self.beginning
        return (
            "git status; commit or put aside what differs"
            if self.source.is_dirty
            else call("gate.open")
        )

    def as_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        return {
            "schema": "gate/1",
            "gate": self.word,
            "position": self.state.position,
            "why": self.why,
            "by": self.state.by,
            "since": self.state.at,
            "file": self.file,
            "checkout": {
                "commit": self.source.commit,
                "tree": self.source.tree,
                "dirty": self.source.is_dirty,
                "build": self.checkout,
            },
            "served": {"url": self.url, "build": self.served} if self.served else None,
            "proved": dict(self.state.record) if self.proved else None,
            "next": [self.next_step],
        }

    def as_text(self) -> str:
        """Return it for a person."""
        facts = {
            "gate": f"{self.word}: {self.why}",
            "by": self._who(),
            "file": self.file,
            "served": self._served(),
            "here": self._here(),
            "proved": _proof(self.state.record) if self.proved else "nothing",
            "next": self.next_step,
        }
        return "\n".join(f"{name:<7} {text}" for name, text in facts.items() if text)

    def _who(self) -> str:
        since = datetime.fromtimestamp(self.state.at).astimezone() if self.state.at else None
        return f"{self.state.by}, {since:%Y-%m-%d %H:%M}" if since else self.state.by

    def _served(self) -> str:
        if not self.url:
            return ""
        if not self.served:
            return f"no server answers at {self.url}"
        return f"build {self.served[:_SHORT]} at {self.url}"

    def _here(self) -> str:
        build = f"build {self.checkout[:_SHORT]}, " if self.checkout else ""
        dirty = {True: "edited", False: "clean", None: "unknown"}[self.source.is_dirty]
        return f"{build}commit {self.source.commit}, {dirty}"


def _proof(record: Mapping[str, Any]) -> str:
    tiers = record["proof"].get("tiers", {})
    rows = ", ".join(f"{name} {tier['passed']} rows" for name, tier in tiers.items())
    about = f"build {record['build'][:_SHORT]}, commit {record['commit'][:_SHORT]}"
    faults = record["proof"].get("faults", 0)
    noticed = f"; {faults} faults were noticed" if faults else ""
    return f"{about}: {rows}{noticed}" if rows else about


def read_status(project: Project, url: str = "") -> GateStatus:
    """Look at the gate, the checkout and the server.

    Args:
        project: The project whose gate it is.
        url: Where its server listens, instead of where the project says.
    """
    url = (url or project.gate.url).rstrip("/")
    try:
        checkout = read_build(project.root, project.gate.build)
    except EnvironmentNotReady:
        checkout = ""
    served = _served_build(url) if url else ""
    source, gate = read_source_state(project.root), gate_file(project)
    file = str(gate.path) if gate else ""
    missing = find_missing(project)
    beginning = missing.next_step if missing else ""
    return GateStatus(read_gate(project), source, checkout, served, url, file, beginning)


def read_build(tree: Path, command: tuple[str, ...]) -> str:
    """Return the build that a server would serve from ``tree``, as the project's command prints it.

    Raises:
        EnvironmentNotReady: There is no such command, or it failed.
    """
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    except (OSError, IndexError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is empty"
        raise _no_build(f"{' '.join(command)}: {why}") from error
    if done.returncode or not done.stdout.strip():
        lines = done.stderr.strip().splitlines() or ["it printed nothing"]
        raise _no_build(f"{' '.join(command)}: {lines[-1]}")
    return done.stdout.strip()


def _no_build(why: str) -> EnvironmentNotReady:
    what = f"the build of this tree is unknown: {why}"
    return EnvironmentNotReady(what, next_step="set build in [tool.runbook.gate] of pyproject.toml")


def _served_build(url: str) -> str:
    """The build that a server says it serves; empty where nobody, or somebody else, answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=_ANSWER_SECONDS) as answer:
            return str(json.loads(answer.read(65_536))["build"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
