"""The page of a drift run: what moved, what that broke, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.report_page.html import Html, Node, tag
from runbook.report_page.page import badge, code, commands, counted, document, facts, grid, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOODS = {"clean": "good", "found": "bad", "outside-lock": "bad", "baseline-red": "bad"}
_HEADLINES = {
    "clean": ("Clean.", " The newest of everything is green."),
    "outside-lock": ("Outside the lock.", " What broke it is not a locked dependency."),
    "baseline-red": ("The baseline is red.", " It fails on the locked versions already."),
    "unresolvable": ("Unresolvable.", " The newest side has no solution."),
    "inconclusive": ("Inconclusive.", " The search ended without a proof."),
}
_OUTCOMES = {"pass": "good", "fail": "bad"}


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """What the page of a drift run is made from.

    Attributes:
        id: What it is called.
        result: The run as it said itself, ``drift/1``.
        at: When it ended, for a person.
        replay: The command that looks again.
    """

    id: str
    result: Mapping[str, Any]
    at: str
    replay: str = ""


def drift_page(record: DriftRecord) -> str:
    """Return the page."""
    result = record.result
    return document(
        title=f"{result['verdict']}: dependency drift",
        mood=_MOODS.get(result["verdict"], "unsure"),
        head=_head(record),
        body=list(_sections(record)),
        foot=[tag("p", f"Drift {record.id}. This page asks no other host for anything.")],
    )


def _head(record: DriftRecord) -> Node:
    result = record.result
    strip: list[tuple[str, Node]] = [
        ("Moved", counted(len(result["changed"]), "package")),
        ("Environments", result["environments"]),
        ("Runs", result["runs"]),
        ("Took", f"{result['seconds']:.1f} s"),
    ]
    return [
        tag("p", f"Dependency drift · {record.at}", class_="kicker"),
        tag("h1", _headline(result)),
        facts(strip),
    ]


def _headline(result: Mapping[str, Any]) -> Node:
    if result["verdict"] == "found":
        names = "; ".join(
            " with ".join(f"{each['name']} {each['first_bad'] or each['to']}" for each in group)
            for group in result["culprits"]
        )
        return [tag("b", names or "An upgrade"), " broke it."]
    strong, rest = _HEADLINES.get(result["verdict"], (f"{result['verdict']}.", ""))
    return [tag("b", strong), rest]


def _sections(record: DriftRecord) -> Iterator[Html]:
    result = record.result
    if result["culprits"]:
        yield section(
            "Each of these is red by itself",
            [_culprit(group) for group in result["culprits"]],
            [tag("p", code(said)) for said in result.get("says", ())],
        )
    pins = [*result.get("pins", ()), *result.get("build_pins", ())]
    if pins:
        words = "With these the tests are green again; nothing else is held back."
        held = ", ".join(result.get("hold", ()))
        yield section(
            "The proof",
            tag("p", words),
            tag("p", f"Held below its newest: {held}") if held else None,
            commands([*pins, *_proof(result)]),
        )
    if result["changed"]:
        yield section(
            "What moved", _changed(result), note="from the lock to the newest that is allowed"
        )
    if result["probes"]:
        yield section("Probes", _probes(result), note=f"{len(result['probes'])}")
    if record.replay:
        yield section("Look again", commands([record.replay]))


def _proof(result: Mapping[str, Any]) -> list[str]:
    """Return the commands that repeat both halves of the proof, in the first tier that has both."""
    told = (each.get("repeat", {}) for each in (result, *result.get("tiers", {}).values()))
    return next(
        ([each["red"], each["green"]] for each in told if {"red", "green"} <= each.keys()), []
    )


def _culprit(group: list[Mapping[str, Any]]) -> Html:
    lines = [
        tag("li", code(each["name"]), f" {each['from'] or 'absent'} to {each['to'] or 'absent'}",
            f"; first bad release {each['first_bad']}" if each.get("first_bad") else None)
        for each in group
    ]  # fmt: skip
    return tag("article", tag("ul", lines, class_="plain"), class_="card")


def _changed(result: Mapping[str, Any]) -> Html:
    guilty = {each["name"] for group in result["culprits"] for each in group}
    carried = set(result.get("carried", ()))
    words = {name: badge("carried along") for name in carried}
    words |= {name: badge("culprit", "bad") for name in guilty}
    rows = sorted(
        result["changed"],
        key=lambda each: (each["name"] not in guilty, each["name"] not in carried),
    )
    body = [
        (
            code(each["name"]),
            each["from"] or "absent",
            each["to"] or "absent",
            words.get(each["name"]),
            _age(each.get("age_days")),
            "direct" if each.get("direct") else "transitive",
            each.get("jump"),
        )
        for each in rows
    ]
    return grid(["Package", "From", "To", "Word", "Age", "Kind", "Jump"], body)


def _age(days: int | None) -> str:
    return "unknown" if days is None else counted(days, "day")


def _probes(result: Mapping[str, Any]) -> Html:
    body = [
        (
            badge(probe["outcome"], _OUTCOMES.get(probe["outcome"], "unsure")),
            probe.get("asked"),
            tag("span", _moved(probe["moved"]), class_="mono"),
            f"{probe['seconds']:.1f} s",
        )
        for probe in result["probes"]
    ]
    return grid(["Outcome", "What was asked", "What moved", "Time"], body, class_="text")


def _moved(moved: Any) -> str:
    return ", ".join(map(str, moved)) if isinstance(moved, list) else str(moved)
