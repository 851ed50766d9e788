"""Gates that are opened for a test: with no proof, which nobody but the engine's own program can write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.gate.file import GateFile

if TYPE_CHECKING:
    from pathlib import Path


def open_gate(
    file: Path, build: str, *, now: float, commit: str = "smoke", tree: str = "smoke"
) -> None:
    """Open a gate for one build.

    Args:
        file: Its file; the folder need not exist yet.
        build: What is served.
        now: Unix seconds.
        commit: Of what is served.
        tree: Of what is served.
    """
    gate = GateFile(file)
    facts = {"build": build, "commit": commit, "tree": tree, "proof": {}}
    gate.open(facts, by="a test", now=now, since=gate.read(now))
