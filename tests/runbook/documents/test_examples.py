"""Python and settings that documents show as examples."""

from __future__ import annotations

import json

import pytest

from runbook.documents.examples import findings

ROW = """@pytest.mark.runbook(severity="high", cause="It broke.", suspects=["a.py"])
def test_a(): ...
"""
TIER = '[tool.runbook.tiers.fast]\ntests = ["tests"]\n'
CLOSED = '{"version": 2, "state": "closed", "reason": "...", "by": "...", "closed_at": 0.0}\n'


NO_JSON = CLOSED.replace("}", ",}")


def words_of_json(text: str) -> str:
    """What this Python says of text that is no JSON: each version has words of its own."""
    with pytest.raises(json.JSONDecodeError) as refused:
        json.loads(text)
    return refused.value.msg


def said(kind: str, body: str) -> list[str]:
    """What is found in a document with one example, which stands in a list."""
    indented = "".join(f"  {line}\n" for line in body.splitlines())
    return list(findings(f"- So:\n\n  ```{kind}\n{indented}  ```\n"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("python", ROW),
        ("toml", TIER),
        ("python", "with a:\n    b()\n"),
        ("text", "severity=critical"),
        ("json", CLOSED),
        ("json", '{"error": "gone",\n"message": "..."}\n{"version": 1}\n'),
    ],
)
def test_what_the_engine_takes_is_left_alone(kind: str, body: str) -> None:
    assert [] == said(kind, body)


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (
            "python",
            ROW.replace("high", "critical"),
            "has severity 'critical'; it is high or normal",
        ),
        ("python", ROW.replace("cause=", "because="), "needs exactly severity, cause and suspects"),
        ("python", "def test_a() ...\n", "its lines:1: "),
        ("toml", TIER.replace("tiers", "tier"), "has an unknown key 'tier'; the nearest: tiers"),
        ("toml", TIER.replace("]\n", "\n", 1), "Expected ']'"),
        ("json", CLOSED.replace("reason", "cause"), "a gate has cause, reason otherwise"),
        ("json", CLOSED.replace('"version"', '"schema"'), "a gate has schema, version otherwise"),
        ("json", CLOSED.replace('"version"', "version"), "double quotes"),
        ("json", CLOSED.replace("2", "3"), "a gate has version 2"),
    ],
)
def test_what_the_engine_refuses_is_found(kind: str, body: str, why: str) -> None:
    (found,) = said(kind, body)

    assert found.startswith("shows an example that is refused: ")
    assert why in found
