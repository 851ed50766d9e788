"""The procedures: one task each, a line or two over the engine. Environments are in noxfile.py.

``bin/invoke --list`` shows them, ``bin/invoke --help TASK`` the options of one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.tasks import task

if TYPE_CHECKING:
    from invoke.context import Context

ROOT = Path(__file__).parent.resolve()
sys.path.insert(0, str(ROOT / "bin"))

from runbook import commands  # noqa: E402 - found through the line above


@task(
    help={
        "tier": "fast, browser or legal-render",
        "changed": "run the tiers that the changed files need",
        "json": "write the run as JSON to this file; - is standard output",
    }
)
def run(c: Context, tier: str = "fast", changed: bool = False, json: str = "") -> None:
    """Run a tier through its environment."""
    commands.run(ROOT, tier=tier, changed=changed, json_file=json)


@task(
    positional=["pattern"],
    help={
        "pattern": "what the tests' names must match, as in pytest -k",
        "tier": "the tier to filter",
        "json": "write the run as JSON to this file; - is standard output",
    },
)
def filter(c: Context, pattern: str, tier: str = "fast", json: str = "") -> None:  # noqa: A001 - its name is public
    """Run the subset of a tier that matches a pattern."""
    commands.filter_tests(ROOT, pattern, tier=tier, json_file=json)


@task(positional=["test"], help={"test": "the test's name", "json": "print one JSON object"})
def explain(c: Context, test: str, json: bool = False) -> None:
    """Explain a row: cause, suspects, severity, next steps."""
    commands.explain(ROOT, test, as_json=json)


@task(help={"json": "print one JSON list"})
def rows(c: Context, json: bool = False) -> None:
    """List every row of the runbook."""
    commands.rows(ROOT, as_json=json)


@task(help={"json": "print one JSON object"})
def describe(c: Context, json: bool = False) -> None:
    """Describe every task and session with its options."""
    commands.describe(ROOT, as_json=json)


@task(
    help={
        "check": "install nothing: open a page in the browser that there is",
        "json": "print one JSON object",
    }
)
def install_browsers(c: Context, check: bool = False, json: bool = False) -> None:
    """Find a Chromium that works, or install one."""
    commands.install_browsers(ROOT, check=check, as_json=json)


@task(help={"upgrade": "move everything to the newest that is allowed", "only": "one lock"})
def lock(c: Context, upgrade: bool = False, only: str = "") -> None:
    """Compile requirements/*.txt from the groups of pyproject.toml."""
    commands.lock(ROOT, upgrade=upgrade, only=only)


@task
def docs(c: Context) -> None:
    """Make the generated tables in the documents anew."""
    commands.docs(ROOT)


namespace = Collection(run, filter, explain, rows, describe, install_browsers, lock, docs)
