"""What a session that is no smoke prints where nobody looks on: its findings, as far as they fit, and RESULT."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.lines import line
from runbook.runs.report_lines import MOST_LINES
from runbook.runs.run_results import RUNNER
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STATE = ".runbook"


def is_wanted() -> bool:
    """Whether to be brief: not for a person who looks on, nor where the log of a runner is all that is left."""
    return not sys.stdout.isatty() and RUNNER not in os.environ


def log_file(root: Path, session: str) -> Path:
    """Return where all that a session says is kept; it holds the last call of it."""
    return make_in(root / STATE, "sessions") / f"{session}.log"


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that has ended.

    Attributes:
        session: Its name.
        log: What holds all that was said, as a person finds it from the root.
        is_green: Whether it was.
        findings: What is wrong, a line each.
        counts: What RESULT says besides.
        next_step: The command to run where it was red.
        seconds: How long it took.
        is_partial: Whether nothing of it ran, though nothing is wrong.
    """

    session: str
    log: str
    is_green: bool
    findings: Sequence[str]
    counts: Mapping[str, int]
    next_step: str
    seconds: float
    is_partial: bool = False

    def lines(self) -> list[str]:
        """Return what is printed: no more than fits on a screen, and what of it was cut."""
        fields = [
            ("session", self.session),
            *self.counts.items(),
            ("seconds", f"{self.seconds:.1f}"),
            ("log", self.log),
            *([] if self.is_green else [("next", self.next_step)]),
        ]
        verdict = "red" if not self.is_green else "partial" if self.is_partial else "green"
        result = line(["RESULT", verdict], fields)
        return [*self._shown(), result]

    def _shown(self) -> list[str]:
        room = MOST_LINES - 1  # for RESULT
        if len(self.findings) <= room:
            return list(self.findings)
        left_out = len(self.findings) - (room - 1)
        return [
            *self.findings[: room - 1],
            line(["CUT"], [("lines", left_out), ("in", self.log)]),
        ]
