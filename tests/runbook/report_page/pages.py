"""What the tests of the report's pages share: records in which every text can be chosen, and a browser's parser."""

from __future__ import annotations

from typing import Any

from runbook.report_page.charts import TrendPoint
from runbook.report_page.drift_page import DriftRecord
from runbook.report_page.pictures import Picture, data_address
from runbook.report_page.run_page import RunRecord
from runbook.report_page.search_page import SearchRecord

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16
SHA = "1a2b3c4d5e6f" * 3 + "1a2b"
TEST = "tests/test_app.py::test_one"
HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</title><svg onload=alert(1)>",
    "\"' onmouseover='alert(1)' x=\"",
    "<!--<script>",
    "]]><b>",
    "&lt;script&gt; &amp;",
    "javascript:alert(1)",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    "null \0 and escape \x1b[31m",
    "half \ud800 of a pair",
    "\nRESULT green total=16",
    "::error::forged",
)


def failure(text: str) -> dict[str, Any]:
    """Return a failure whose texts are all ``text``."""
    return {
        "test": TEST, "phase": "call", "at": text, "want": text, "got": text, "evidence": text,
        "severity": "high", "cause": text, "suspects": [text], "precondition": text,
    }  # fmt: skip


def smoke(verdict: str = "red", text: str = "x", **changes: Any) -> dict[str, Any]:
    """Return a run as it says itself, with one test; red it has failed, else it has passed."""
    failed = verdict == "red"
    made = {
        "schema": "smoke/1", "verdict": verdict, "exit_code": int(failed), "tier": text, "commit": text,
        "tree": text, "dirty": False, "run": text, "total": 1, "passed": int(not failed), "failed": int(failed),
        "skipped": 0, "missing": 0, "partial": False, "seconds": 1.25, "gate": text, "evidence": text,
        "reasons": [], "failures": [failure(text)] if failed else [],
        "tests": {TEST: "failed" if failed else "passed"},
    }  # fmt: skip
    return made | changes


def run_record(verdict: str = "red", text: str = "x", **changes: Any) -> RunRecord:
    """Return all that the page of a run can show, its texts all ``text``."""
    picture = data_address(PNG)
    facts: dict[str, Any] = {
        "result": smoke(verdict, text),
        "at": text,
        "seconds": {TEST: 0.5},
        "causes": {TEST: (text, "high")},
        "pictures": (Picture(text, TEST, picture), Picture(text, "", picture, picture)),
        "versions": {text: text},
        "digests": {text: text},
        "changed": (text,),
        "trend": (
            TrendPoint(text, "green", 1.0, text),
            TrendPoint(text, verdict, 2.0, text, is_this=True),
        ),
        "log": text,
        "cut": 12,
        "command": text,
    }
    return RunRecord(**facts | changes)


def culprit(verdict: str = "found", text: str = "x", **changes: Any) -> dict[str, Any]:
    """Return a search as it says itself, its texts all ``text``."""
    named = {"sha": SHA, "subject": text, "author": text, "date": text, "files": [text]}
    made = {
        "schema": "culprit/1", "verdict": verdict, "culprit": named if verdict == "found" else None,
        "probability": 0.99, "candidates": [{"sha": SHA, "probability": 0.99}],
        "probes": [{"sha": SHA, "outcome": "fail", "seconds": 0.5, "why": text, "remembered": True}],
        "runs": 3, "rounds": 3, "seconds": 1.5, "good": "", "bad": SHA, "size": 1, "least_runs": 1.0,
        "rates": {"good_fails": 0.0, "bad_passes": 0.01}, "why": text, "command": text, "next": [text],
    }  # fmt: skip
    return made | changes


def search_record(verdict: str = "found", text: str = "x") -> SearchRecord:
    """Return all that the page of a search can show, its texts all ``text``."""
    history = (("0" * 40, text), (SHA, text))
    return SearchRecord(text, culprit(verdict, text), text, history, patch=f"+{text}", replay=text)


def drift_record(verdict: str = "found", text: str = "x") -> DriftRecord:
    """Return all that the page of a drift can show, its texts all ``text``."""
    moved = {"name": text, "from": text, "to": text, "direct": True}
    result = {
        "schema": "drift/1", "verdict": verdict, "changed": [moved],
        "culprits": [[moved | {"first_bad": text}]] if verdict == "found" else [],
        "carried": [text], "hold": [text], "pins": [text], "build_pins": [text],
        "probes": [{"asked": text, "moved": [text], "outcome": "pass", "fingerprint": text, "seconds": 1.0}],
        "environments": 2, "runs": 3, "seconds": 4.5,
    }  # fmt: skip
    return DriftRecord(text, result, text, replay=text)


def elements(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return each kind of element that a browser would find, with the names of its attributes."""
    tree = _parsed(page)
    return {(str(node.tag), tuple(sorted(map(str, node.attrib)))) for node in tree.iter("*")}


def text_of(page: str) -> str:
    """Return what a browser would show as text."""
    return "".join(_parsed(page).itertext())


def addresses(page: str) -> set[str]:
    """Return the scheme of every address that the page would load or lead to."""
    tree = _parsed(page)
    names = ("src", "href", "srcset", "action", "formaction", "data", "poster", "xlink:href")
    found = (node.get(name) for node in tree.iter("*") for name in names)
    return {address.partition(":")[0] for address in found if address}


def _parsed(page: str) -> Any:
    import html5lib  # where the records alone are wanted it need not be there

    return html5lib.parse(page, namespaceHTMLElements=False)
