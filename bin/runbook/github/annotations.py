"""Workflow commands: lines by which a job marks places in the source, and keeps others from doing so."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.report_page.html import visible
from runbook.rows import function_id, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST = 10  # of a kind and a step are shown; what is more is dropped without a word
_LONGEST = 2_000  # characters of a message


def annotate(result: Mapping[str, Any], *, folder: str = "") -> list[str]:
    """Return the annotations of a run: one a failing row, in the order of its FAIL lines.

    Args:
        result: The run as it says itself, ``smoke/1``.
        folder: The project's in its repository, to which a runner takes files to be relative.
    """
    failures = list(_one_a_row(result["failures"]))
    lines = [_of_failure(failure, folder) for failure in failures[:MOST]]
    left_out = len(failures) - len(lines)
    if left_out > 0:
        more = f"{left_out} more failing rows are in the summary of this job"
        lines.append(command("notice", more, title=f"smoke {result['tier']}"))
    if result["verdict"] == "red" and not failures:
        reasons = "; ".join(result["reasons"]) or "no test says why"
        lines.append(command("error", reasons, title=f"smoke {result['tier']} is red"))
    if result["verdict"] == "partial":
        reasons = "; ".join(result["reasons"]) or "not every row was run"
        lines.append(command("warning", reasons, title=f"smoke {result['tier']} is partial"))
    return lines


def command(kind: str, message: str, **properties: object) -> str:
    """Return one workflow command; nothing in it can end it early or begin another.

    Args:
        kind: ``error``, ``warning`` or ``notice``.
        message: What is said.
        properties: ``file``, ``line``, ``title``; those that are empty are left out.
    """
    written = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value
    )
    return f"::{kind}{' ' if written else ''}{written}::{_data(message[:_LONGEST])}"


def _one_a_row(failures: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield the first failure of each test: one may fail in several phases, and for several parameters."""
    seen = set()
    for failure in failures:
        test = function_id(failure["test"])
        if test not in seen:
            seen.add(test)
            yield failure


def _of_failure(failure: Mapping[str, Any], folder: str) -> str:
    failure = {
        key: visible(value) if isinstance(value, str) else value for key, value in failure.items()
    }
    file, _, line = failure["at"].rpartition(":")
    name = short_name(failure["test"])
    want = f"wanted {failure['want']}\n" if failure["want"] else ""
    cause = f"{failure['cause']}\n" if failure.get("cause") else ""
    step = call(f"explain {name.partition('[')[0]}" if cause else "run")
    severity = "high severity: " if failure.get("severity") == "high" else ""
    message = f"{cause}{want}got {failure['got']}\nnext: {step}"
    file = str(PurePosixPath(folder, file)) if file else ""
    return command("error", message, file=file, line=line, title=f"{severity}{name}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
