"""The exit codes are a contract: scripts and CI know these numbers."""

from __future__ import annotations

from runbook.exit_codes import MEANINGS, ExitCode


def test_the_numbers_are_those_of_the_contract() -> None:
    expected = {
        "GREEN": 0,
        "RED": 1,
        "USAGE": 2,
        "ENVIRONMENT": 4,
        "REFUSED": 5,
        "INCONCLUSIVE": 6,
        "UNTESTABLE": 125,
        "INTERRUPTED": 130,
    }

    assert expected == {code.name: int(code) for code in ExitCode}


def test_every_code_has_a_meaning_for_the_document() -> None:
    assert set(MEANINGS) == set(ExitCode)
    assert all(MEANINGS.values())
