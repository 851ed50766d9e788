"""A week of drift for tests: its records, and a ``gh`` that writes down what it is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.runbook.report_page.pages import drift_record

if TYPE_CHECKING:
    from pathlib import Path

GH = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
with open(os.environ["GH_LOG"], "a") as log:
    log.write(json.dumps([words, sys.stdin.read()]) + "\\n")
if "list" in words:
    print(os.environ.get("GH_" + words[0].upper(), "[]"))
elif "create" in words:
    print("https://example.org/" + words[0])
elif words[:2] == ["issue", "close"] and os.environ.get("GH_FAILS"):
    sys.exit("no right to do so")
"""
NOXFILE = """
import json, os, pathlib, subprocess
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="drift")
def drift(session):
    if os.environ.get("BREAKS"):
        session.error("no network")
    folder = pathlib.Path(".runbook/drift/2026-01-02")
    folder.mkdir(parents=True)
    subprocess.run(["git", "branch", "drift/aaaaaaaa", "later"], check=True)
    record = json.loads(os.environ["RECORD"]) | {"arguments": session.posargs}
    (folder / "result.json").write_text(json.dumps(record))
"""
KEY = "aaaaaaaa"


def asked(tmp_path: Path) -> list[list[str]]:
    """Return what ``gh`` was asked, in order."""
    log = tmp_path / "home" / "log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line)[0] for line in lines]


def record(verdict: str = "found", **more: Any) -> dict[str, Any]:
    return {**drift_record(verdict, "markdown").result, **more}


def keep(folder: Path, way: str, result: dict[str, Any], *, state: str = "open") -> Path:
    """Keep a record as an artefact of one way holds it, with its issue."""
    place = folder / f"drift-{way}" / "drift" / "2026-01-02"
    (place / "issues").mkdir(parents=True)
    (place / "result.json").write_text(json.dumps(result), encoding="utf-8")
    issue = {"key": KEY, "state": state, "title": "Drift", "body": f"<!-- drift-key: {KEY} -->"}
    (place / "issues" / f"{KEY}.json").write_text(json.dumps(issue), encoding="utf-8")
    return place
