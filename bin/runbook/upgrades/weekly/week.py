"""One record of all tiers that a run has looked at, and how it is told. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook.exit_codes import ExitCode
from runbook.lines import line
from runbook.upgrades.report import SCHEMA, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from runbook.upgrades.weekly.floated import Floated

_SERIOUS = (
    Verdict.FOUND, Verdict.OUTSIDE_LOCK, Verdict.BASELINE_RED, Verdict.UNRESOLVABLE, Verdict.INCONCLUSIVE,
    Verdict.CLEAN,
)  # fmt: skip
_ADDED = ("changed", "culprits", "carried", "hold", "pins", "build_pins", "probes", "notes")
_COUNTED = ("environments", "runs", "seconds", "resolutions", "unresolvable")


def together(records: Sequence[Mapping[str, Any]], way: str) -> dict[str, Any]:
    """Return ``drift/1`` of several tiers: the most serious verdict, and everything that was found.

    Args:
        records: Of each tier, one at least.
        way: How dependencies floated.
    """
    verdicts = {tier["verdict"] for tier in records}
    verdict = next(str(each) for each in _SERIOUS if each in verdicts)
    whole: dict[str, Any] = {"schema": SCHEMA, "verdict": verdict, "way": way}
    whole |= {key: _merged(records, key) for key in _ADDED}
    whole["changed"] = _once(whole["changed"], lambda each: each["name"])
    whole["culprits"] = _once(
        whole["culprits"],
        lambda group: str([(each["name"], each["first_bad"]) for each in group]),
    )
    whole |= {key: sum(tier[key] for tier in records) for key in _COUNTED}
    whole["why"] = "; ".join(
        f"{tier['tier']}: {tier['why'] or tier['verdict']}" for tier in records
    )
    whole |= {key: _merged(records, key) for key in ("failure", "says")}
    return whole | {"as_of": records[0]["as_of"]}


def not_looked_at(floated: Floated, why: str, as_of: str) -> dict[str, Any]:
    """Return the record of what could not be looked at: it says nothing of anybody."""
    record: dict[str, Any] = {
        "schema": SCHEMA, "verdict": str(Verdict.INCONCLUSIVE), "why": why, "tier": floated.name,
        "as_of": as_of, "failure": [], "says": [], "command": floated.command, "repeat": {},
    }  # fmt: skip
    return record | {key: [] for key in _ADDED} | dict.fromkeys(_COUNTED, 0)


def _merged(records: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """Return what any of the records lists, each once."""
    return list(
        {
            json.dumps(each, sort_keys=True): each for record in records for each in record[key]
        }.values()
    )


def _once(entries: Iterable[Any], key: Callable[[Any], str]) -> list[Any]:
    """Return entries, of those of one key the first: two locks may have two versions of one package."""
    return list({key(each): each for each in reversed(list(entries))}.values())[::-1]


def last_line(record: Mapping[str, Any], folder: Path, seconds: float) -> str:
    """Return the RESULT line.

    Args:
        record: ``drift/1`` of all tiers.
        folder: Where the evidence is.
        seconds: How long it took.
    """
    color = "green" if record["verdict"] == "clean" else "red"
    blamed = (
        ",".join("+".join(each["name"] for each in group) for group in record["culprits"]) or "none"
    )
    return line(
        ["RESULT", color],
        [
            ("verdict", record["verdict"]), ("moved", len(record["changed"])), ("culprits", blamed),
            ("pins", " ".join(record["pins"] + record["build_pins"]) or "none"),
            ("environments", record["environments"]), ("seconds", f"{seconds:.1f}"),
            ("evidence", folder),
        ],
    )  # fmt: skip


def exit_code_of(verdict: str) -> ExitCode:
    """Return how a run with this verdict ends: it judges the week, and not whether something was found."""
    if verdict == "clean":
        return ExitCode.GREEN
    return ExitCode.INCONCLUSIVE if verdict == "inconclusive" else ExitCode.RED


def table(result: Result) -> str:
    """Return what moved, for a person: from, to, age, direct or transitive, and which part of the number."""
    if not result.changed:
        return "  nothing moved" if result.newest else "  there is no other side"
    rows = [("package", "from", "to", "age", "kind", "jump")]
    rows += [
        (
            each.name, each.before or "absent", each.after or "absent", _age(result.ages.get(each.name)),
            "direct" if each.is_direct else "transitive", str(each.jump),
        )
        for each in result.changed
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _age(days: int | None) -> str:
    return "unknown" if days is None else f"{days} d"
