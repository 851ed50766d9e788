"""What a gate's tiers may know of whoever opens it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.gate.environment import gate_environment

EMPTY = Path("/empty")
TRICKS = [
    *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONOPTIMIZE"),
    *("PYTHONHOME", "E2E_PYTHON", "E2E_BROWSER", "RUNBOOK_NONCE", "RUNBOOK_COMMIT", "NOXSESSION"),
    *("LD_PRELOAD", "GIT_DIR", "UV_OVERRIDE", "UV_PROJECT", "VIRTUAL_ENV", "ENSEMBLE_RUN_NONCE"),
]


@pytest.mark.parametrize("name", TRICKS)
def test_no_variable_that_changes_what_runs_is_passed_on(name: str) -> None:
    assert name not in gate_environment({name: "x"}, bytecode=EMPTY)


def test_what_every_program_needs_is_passed_on() -> None:
    own = {"PATH": "/bin", "HOME": "/home/ada", "LANG": "C.UTF-8", "UV_CACHE_DIR": "/cache"}

    assert own.items() <= gate_environment(own, bytecode=EMPTY).items()


def test_a_project_may_name_more() -> None:
    given = {"CHROMIUM": "/bin/chromium", "OTHER": "x"}

    assert "/bin/chromium" == gate_environment(given, ["CHROMIUM"], bytecode=EMPTY)["CHROMIUM"]
    assert "OTHER" not in gate_environment(given, ["CHROMIUM"], bytecode=EMPTY)


@given(st.dictionaries(st.text(min_size=1), st.text()), st.lists(st.text()))
def test_nothing_skips_for_want_of_a_person(environment: dict[str, str], more: list[str]) -> None:
    made = gate_environment({**environment, "CI": ""}, more, bytecode=EMPTY)

    assert ("1", "1") == (made["CI"], made["PYTEST_DISABLE_PLUGIN_AUTOLOAD"])


def test_bytecode_beside_a_source_is_not_read_whatever_is_asked_for() -> None:
    asked = {"PYTHONPYCACHEPREFIX": "/forged", "PYTHONDONTWRITEBYTECODE": "1"}

    made = gate_environment(asked, asked, bytecode=EMPTY)

    assert "/empty" == made["PYTHONPYCACHEPREFIX"]
