"""A search that found something: as the engine has it, and as it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runbook.upgrades.core.asking import Outcome
from runbook.upgrades.core.pins import Change
from runbook.upgrades.environments.laboratory import Trial
from runbook.upgrades.options import Options
from runbook.upgrades.report import Culprit, Result, Verdict

OPTIONS = Options(Path("shop"), Path("pins.txt"), "python -m pytest -k 'a or b'")
RESULT = Result(
    verdict=Verdict.FOUND, why="", changed=(Change("dog", "1.0", "3.0", is_direct=True), Change("flea", None, "2")),
    trials=(Trial("the newest", ("dog",), Outcome.RED, ("test:t",), 1.25, 2),), environments=4, runs=6, seconds=9.5,
    notes=("a note",), options=OPTIONS, cutoff="2026-01-01T00:00:00Z", python="/usr/bin/python", unresolvable=0,
    resolutions=5, newest={"dog": "3.0", "flea": "2"}, baseline={"dog": "1.0"},
    culprits=((Culprit("dog", "1.0", "3.0", "2.0"),),), carried=("flea",), hold=("dog",), pins=("dog<2.0",),
    failure=("test:t",), says="ValueError: no bark", ages={"dog": 12}, shown_at={"dog": "2.0"},
)  # fmt: skip


def record(newest: str = "9.0", verdict: str = "found", *, blamed: bool = True) -> dict[str, Any]:
    """Return the record of one tier, as far as issues read it."""
    culprit = {"name": "dog", "from": "1.0", "to": newest, "first_bad": "2.0"}
    return {
        "verdict": verdict, "why": "", "tier": "fast", "culprits": [[culprit]] if blamed else [],
        "failure": ["test:t::x"], "says": ["ValueError: no bark"],
        "pins": ["dog<2.0"], "build_pins": [], "hold": ["dog"], "carried": ["flea"], "as_of": "2026-01-01T00:00:00Z",
        "repeat": {"search": "bin/invoke find-offending-upgrade"},
    }  # fmt: skip


NUMBERS = {"environments": 4, "runs": 5, "seconds": 1.5, "resolutions": 3, "unresolvable": 0}


def tier(name: str, verdict: str = "found", *, blamed: bool = True) -> dict[str, Any]:
    """Return the record of one tier, whole."""
    found = record(verdict=verdict, blamed=blamed)
    if not blamed:
        found |= {"pins": [], "hold": [], "carried": [], "failure": []}
    return found | NUMBERS | {"tier": name, "changed": [], "probes": [], "notes": []}
