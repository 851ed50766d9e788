"""Settings from the environment, and what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashgen.settings import REPOSITORY, VERSION, Settings, SettingsError


def test_roots_come_from_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "ORCH_DATA": str(tmp_path / "o"),
            "CLAUDE_PLUGIN_DATA": str(tmp_path / "p"),
            "ENSEMBLE_DATA_ROOT": str(tmp_path / "d"),
            "ENSEMBLE_INCIDENTS": str(tmp_path / "i"),
        }
    )
    assert tmp_path / "i" == settings.incidents
    assert tmp_path / "o" == settings.orch_data
    assert tmp_path / "p" == settings.plugin_data
    assert tmp_path / "d" == settings.data_root
    assert tmp_path / "o" / "pairings" == settings.pairings
    assert tmp_path / "o" / "gate.json" == settings.gate_file


def test_defaults_are_bounded() -> None:
    settings = Settings.from_environment({})
    assert "ensemble-dashboard" == settings.data_root.name
    assert 256 * 1024 == settings.max_body_bytes
    assert 10 == settings.request_seconds
    assert "" == settings.run_nonce
    assert not settings.exit_with_parent


def test_a_relative_root_is_made_absolute() -> None:
    assert Settings.from_environment({"ORCH_DATA": "here"}).orch_data == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENSEMBLE_RUN_NONCE", "two\r\nlines"),
        ("ENSEMBLE_RUN_NONCE", "n" * 129),
        ("ENSEMBLE_PUBLIC_ORIGIN", "https://é.example"),
        ("ENSEMBLE_SIGNUPS_PER_MINUTE", "0"),
        ("ENSEMBLE_SIGNUPS_PER_MINUTE", "many"),
        ("ENSEMBLE_TOKEN_CHECKS_PER_MINUTE", "-1"),
        ("ENSEMBLE_REQUEST_SECONDS", "1.5"),
        ("ENSEMBLE_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable) as refused:
        Settings.from_environment({variable: value})
    assert variable == refused.value.variable


def test_the_version_is_the_project_s() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    found = re.search(r'^version = "(.*)"$', text, re.MULTILINE)
    assert found is not None
    assert VERSION == found[1]
