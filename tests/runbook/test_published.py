"""What programs read: each result is held against its schema where it is made; here the schemas are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from runbook.culprit.core.search import Word as Found
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.proof import Tip
from runbook.errors import EnvironmentNotReady, Interrupted, RunbookError, UsageError
from runbook.exit_codes import ExitCode
from runbook.gate.file import Position
from runbook.incidents import Status
from runbook.procedures.steps import Outcome as Reached
from runbook.procedures.steps import Refused, Repeat
from runbook.rollback.ground import StillRed
from runbook.rollback.whole import NobodyNamed
from runbook.rows import Severity
from runbook.runs.verdict import Outcome, Word
from runbook.upgrades.core.asking import Outcome as Tried
from runbook.upgrades.core.versions import Jump
from runbook.upgrades.report import Verdict as Drifted
from tests.runbook.published import SCHEMAS, hold, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = (
    *(
        "culprit",
        "culprit-plan",
        "drift",
        "drift-issue",
        "drift-probe",
        "error",
        "gate",
        "incident",
    ),
    *("plan", "prove", "rollback", "smoke"),
)
_SIDES = ("python", "bound_environments", "newest", "baseline")
OF_SOME = {  # results of a kind, and not of all
    "drift": (*_SIDES, "tier", "way", "tiers", "issues", "branches"),
    "rollback": (
        *("reverts", "revert", "culprit", "probability", "runs", "remembered", "notes"),
        *("still_red", "incident", "gate"),
    ),
}


def listed(kind: str, *path: str) -> list[Any]:
    """Return the values that a schema allows at a place."""
    node: Any = schema_of(kind)
    for step in path:
        node = node[step]
    values: list[Any] = node["enum"]
    return values


def words(of: Iterable[Any]) -> set[str]:
    return {str(each) for each in of}


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_schema_and_requires_what_it_lists(kind: str) -> None:
    schema = schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (f"{kind}.schema.json", f"{kind}/1") == (schema["$id"], schema["title"])
    assert {"const": f"{kind}/1"} == schema["properties"]["schema"]
    assert [*schema["required"], *OF_SOME.get(kind, ())] == list(schema["properties"])


def test_none_is_left_unheld() -> None:
    published = {file.name.removesuffix(".schema.json") for file in SCHEMAS.iterdir()}
    assert {*KINDS, "app-manifest"} == published


def test_the_words_are_those_of_the_program() -> None:
    properties, probe = ("culprit", "properties"), ("culprit", "$defs", "probe", "properties")
    assert words(Found) == set(listed(*properties, "verdict"))
    assert {"", *words(Tip)} == set(listed(*properties, "tip_without_culprit"))
    assert words(Said) - {Said.CONFLICT} == set(listed(*probe, "outcome"))
    assert words(Word) == set(listed("smoke", "properties", "verdict"))
    tests = ("smoke", "properties", "tests", "additionalProperties")
    assert words(Outcome) == set(listed(*tests))
    failure = ("smoke", "$defs", "failure", "properties")
    assert words(Severity) == set(listed(*failure, "severity"))


def test_the_words_of_drift_and_of_a_rollback_are_those_of_the_program() -> None:
    assert words(Drifted) == set(listed("drift", "properties", "verdict"))
    assert words(Tried) == set(listed("drift", "$defs", "probe", "properties", "outcome"))
    assert words(Jump) == set(listed("drift", "$defs", "change", "properties", "jump"))
    assert words(Status) == set(listed("incident", "properties", "status"))
    assert words(Severity) == set(listed("incident", "$defs", "severity"))
    for kind in ("incident", "rollback"):
        assert {"", *words(Position)} == set(listed(kind, "properties", "gate"))
    step = ("rollback", "$defs", "step", "properties", "outcome")
    assert {*words(Reached), None} == set(listed(*step))


def test_the_words_of_a_plan_and_of_the_gate_are_those_of_the_program() -> None:
    assert words(Repeat) == set(listed("plan", "$defs", "step", "properties", "repeat"))
    assert words(Position) == set(listed("gate", "properties", "position"))


@pytest.mark.parametrize(
    "kind",
    [UsageError, EnvironmentNotReady, Refused, NobodyNamed, StillRed],
    ids=lambda e: e.__name__,
)
def test_each_error_is_one_that_is_published(kind: type[RunbookError]) -> None:
    hold(kind("it went wrong", next_step="mend it").as_json())
    assert kind.exit_code in listed("error", "properties", "exit_code")
    assert ExitCode.GREEN not in listed("error", "properties", "exit_code")


def test_that_somebody_pressed_ctrl_c_is_published_too() -> None:
    hold(Interrupted(next_step="type it again").as_json())


def test_a_key_that_is_not_published_is_seen() -> None:
    record = UsageError("it went wrong").as_json()
    with pytest.raises(jsonschema.ValidationError):
        hold(record | {"more": 1})
    with pytest.raises(jsonschema.ValidationError):
        hold({key: value for key, value in record.items() if key != "next"})
