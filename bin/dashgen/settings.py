"""Where the server keeps its data and what it allows, all read from the environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "0.1.0"
REPOSITORY = Path(__file__).resolve().parents[2]

_INCIDENTS = REPOSITORY / ".runbook" / "incidents"
_MAX_HEADER_LENGTH = 128
# The settings that are whole numbers, and the variables that change them.
_NUMBERS = (
    ("request_seconds", "ENSEMBLE_REQUEST_SECONDS"),
    ("signups_per_minute", "ENSEMBLE_SIGNUPS_PER_MINUTE"),
    ("token_checks_per_minute", "ENSEMBLE_TOKEN_CHECKS_PER_MINUTE"),
)


class SettingsError(ValueError):
    """A variable of the environment holds something the server cannot start with."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} {problem}")
        self.variable = variable


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one server that a person may choose.

    Attributes:
        orch_data: Pairings, projects, the gate and `.env.local`.
        plugin_data: The runtime state of the orchestrator.
        data_root: Canvases, subscriptions and first-run progress.
        incidents: Where the runbook keeps its incidents.
        database_url: The database that holds canvases and subscriptions instead; "" for none.
        run_nonce: Named on every answer, so that a smoke knows its own server; "" for none.
        public_origin: Scheme and host that browsers use, when a proxy hides it; "" for the
            request's own.
        exit_with_parent: End when standard input reaches its end.
        max_body_bytes: A request body may be this long, in bytes.
        request_seconds: A request must have arrived whole within so many seconds.
        signups_per_minute: Sign-ups allowed to one client address, per minute.
        token_checks_per_minute: Wrong tokens allowed to one client address, per minute.
        log_level: The least severe level that is logged.
    """

    orch_data: Path
    plugin_data: Path
    data_root: Path
    incidents: Path = _INCIDENTS
    database_url: str = ""
    run_nonce: str = ""
    public_origin: str = ""
    exit_with_parent: bool = False
    max_body_bytes: int = 262_144
    request_seconds: float = 10.0
    signups_per_minute: int = 600
    token_checks_per_minute: int = 600
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables.

        Raises:
            SettingsError: A variable cannot be used; the message names it.
        """
        home = Path.home() / ".ensemble"
        settings = cls(
            orch_data=_path(env, "ORCH_DATA", home / "orchestrator"),
            plugin_data=_path(env, "CLAUDE_PLUGIN_DATA", home / "plugin"),
            data_root=_path(
                env, "ENSEMBLE_DATA_ROOT", Path(tempfile.gettempdir(), "ensemble-dashboard")
            ),
            database_url=env.get("ENSEMBLE_DATABASE_URL", ""),
            incidents=_path(env, "ENSEMBLE_INCIDENTS", _INCIDENTS),
            run_nonce=_header_text(env, "ENSEMBLE_RUN_NONCE"),
            public_origin=_header_text(env, "ENSEMBLE_PUBLIC_ORIGIN").rstrip("/"),
            exit_with_parent=env.get("ENSEMBLE_EXIT_WITH_PARENT") == "1",
            log_level=_level(env),
        )
        numbers = {
            name: _positive(env, variable) for name, variable in _NUMBERS if env.get(variable)
        }
        return msgspec.structs.replace(settings, **numbers)

    @property
    def gate_file(self) -> Path:
        """The file that says whether the public grid is open."""
        return self.orch_data / "gate.json"

    @property
    def is_storage_writable(self) -> bool:
        """Whether the files of the data roots can be written: not on a read-only file system."""
        return all(os.access(root, os.W_OK) for root in (self.orch_data, self.data_root))

    @property
    def pairings(self) -> Path:
        """The folder of pairing files."""
        return self.orch_data / "pairings"


def _path(env: Mapping[str, str], variable: str, default: Path) -> Path:
    text = env.get(variable, "")
    if text:
        return Path(text).absolute()
    return default


def _header_text(env: Mapping[str, str], variable: str) -> str:
    text = env.get(variable, "")
    if len(text) > _MAX_HEADER_LENGTH or not (text.isascii() and text.isprintable()):
        raise SettingsError(variable, f"must be at most {_MAX_HEADER_LENGTH} printable characters")
    return text


def _positive(env: Mapping[str, str], variable: str) -> int:
    text = env[variable]
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise SettingsError(variable, f"must be a whole number above 0, not {text!r}")
    return int(text)


def _level(env: Mapping[str, str]) -> str:
    level = env.get("ENSEMBLE_LOG_LEVEL", "INFO").upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingsError("ENSEMBLE_LOG_LEVEL", "must be DEBUG, INFO, WARNING or ERROR")
    return level
