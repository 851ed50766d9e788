"""Breakage that no lock pins: the baseline itself does not install, or is not green, any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.upgrades.conclusion import conclude
from runbook.upgrades.report import Result, Verdict

if TYPE_CHECKING:
    from runbook.upgrades.case import Case
    from runbook.upgrades.laboratory import Laboratory


def look_outside(case: Case, laboratory: Laboratory, why: str) -> Result:
    """Say what broke the baseline."""
    return conclude(case, laboratory, Verdict.BASELINE_RED, why)
