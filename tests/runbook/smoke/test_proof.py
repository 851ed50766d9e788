"""What a record of an earlier run must be like to prove anything: every other one is doubted, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from runbook.smoke.proof import doubt, record_of

RECORD = record_of("1a2b3c", "now")
RESULT = {
    "tier": "hub",
    "verdict": "green",
    "exit_code": 0,
    "partial": False,
    "was_a_run": True,
    "content": "now",
}


def doubted(
    record: dict[str, Any] = RECORD,
    result: dict[str, Any] = RESULT,
    findings: tuple[str, ...] = (),
    content: str = "now",
) -> str:
    return doubt(record, result, findings, tier="hub", content=content)


def test_a_whole_green_run_of_this_content_leaves_no_doubt() -> None:
    assert "" == doubted()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"content": ""}, "cannot be told"),
        ({"content": "", "record": RECORD | {"content": ""}}, "cannot be told"),
        ({"record": {}}, "no green run"),
        ({"record": {"run": "1a2b3c", "content": "now"}}, "no green run"),
        ({"record": RECORD | {"schema": "proof/0"}}, "no green run"),
        ({"record": RECORD | {"run": 7}}, "no green run"),
        ({"content": "later"}, "not as in run 1a2b3c"),
        ({"record": RECORD | {"content": "then"}}, "not as in run 1a2b3c"),
        ({"result": {}}, "run 1a2b3c is gone"),
        ({"findings": ("result.json was changed",)}, "as it was left: result.json was changed"),
        ({"result": RESULT | {"tier": "fast"}}, "of something else"),
        ({"result": RESULT | {"content": "then"}}, "of something else"),
        ({"result": RESULT | {"verdict": "red"}}, "not green"),
        ({"result": RESULT | {"verdict": "partial", "partial": True}}, "not green"),
        ({"result": RESULT | {"partial": True}}, "not green"),
        ({"result": RESULT | {"exit_code": 1}}, "not green"),
        ({"result": RESULT | {"was_a_run": False}}, "not green"),
        ({"result": {"tier": "hub", "content": "now"}}, "not green"),
    ],
)
def test_everything_else_is_doubted(given: dict[str, Any], why: str) -> None:
    assert why in doubted(**given)
