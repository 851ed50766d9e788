"""Projects of the operator: what they are doing, and whether their smoke lets them go on."""

from __future__ import annotations

import logging
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from dashgen.errors import NotFound, SchemaError, SmokeTestRequired
from dashgen.storage.atomic_file import (
    UnfitFileError,
    ensure_directory,
    locked,
    read_regular,
    write_atomically,
)
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

MAX_PROMPT: Final = 20_000
MAX_NOTES: Final = 4000
MAX_MINUTES: Final = 240
MAX_QUEUE: Final = 50

_MAX_BYTES: Final = 1024 * 1024
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class ProjectState(StrEnum):
    """Where a project stands."""

    building = "Building"
    launch_prep = "Launch Prep"
    warmer = "Warmer"
    research = "R&D"
    updates = "Updates"
    hibernating = "Hibernating"


class SmokeResult(StrEnum):
    """How a smoke of a project went. Only a pass lets it go on."""

    passed = "pass"
    issues = "issues"
    failed = "fail"


class SmokeRecord(msgspec.Struct, frozen=True):
    """The last smoke of a project. ``at`` is in Unix seconds."""

    result: SmokeResult
    notes: str
    at: float


class FireRequest(msgspec.Struct, frozen=True):
    """A timed unattended run that was asked for. ``requested_at`` is in Unix seconds."""

    minutes: int
    prompt: str
    requested_at: float


class Project(msgspec.Struct, kw_only=True):
    """The file of a project."""

    slug: str
    name: Annotated[str, Meta(max_length=120)] = ""
    tier: str = ""
    state: ProjectState = ProjectState.building
    active: bool = False
    completion_percent: float = 0.0
    last_heartbeat: float | None = None
    needs_attention: bool = False
    current_task: str = ""
    autopilot_eligible: bool = False
    rapid_fire_enabled: bool = False
    pending_smoke_test: bool = False
    pending_smoke_test_target: ProjectState | None = None
    smoke: SmokeRecord | None = None
    queue: list[FireRequest] = []

    @property
    def needs_smoke(self) -> bool:
        """Whether a checkpoint is pending, or the last smoke was anything but a pass."""
        is_red = self.smoke is not None and self.smoke.result is not SmokeResult.passed
        return self.pending_smoke_test or is_red


class RuntimeState(msgspec.Struct, kw_only=True):
    """The operator's own state, which only an operator sees."""

    mode: str = "normal"
    max_concurrent_autopilots: int = 1
    weekly_token_reset_at: float | None = None
    lock_held: bool = False
    lock_holder: str | None = None
    autopilots_paused: bool = False
    rapid_fire_enabled: bool = False
    hourly_activity: dict[str, object] = {}


class ProjectStore:
    """Projects as files ``projects/<slug>.json``, and the runtime state as ``state.json``."""

    def __init__(self, orch_data: Path, plugin_data: Path) -> None:
        """Args: orch_data: holds the projects. plugin_data: holds the runtime state."""
        self._directory = orch_data / "projects"
        self._state_path = plugin_data / "state.json"

    def owner_state(self, now: float) -> dict[str, object]:
        """Everything, for the operator. ``now`` is in Unix seconds."""
        projects = self._projects()
        runtime = msgspec.structs.asdict(self._runtime())
        return {
            **runtime,
            "hourly_activity": runtime["hourly_activity"] or {"buckets": [], "total_cost_usd": 0},
            "active_count": sum(project.active for project in projects),
            "projects": [_owner_view(project) for project in projects],
            "at": now,
        }

    def visitor_state(self, now: float) -> dict[str, object]:
        """What anyone may know: named key by key, so that a new field stays private."""
        projects = self._projects()
        return {
            "active_count": sum(project.active for project in projects),
            "project_count": len(projects),
            "smoke_alert": any(project.needs_smoke for project in projects),
            "projects": [
                {"slug": project.slug, "name": project.name, "state": project.state}
                for project in projects
            ],
            "at": now,
        }

    def record_smoke(
        self, slug: str, result: SmokeResult, notes: str, now: float
    ) -> dict[str, object]:
        """Keep the result of a smoke; a pass takes the project past its checkpoint.

        Args:
            slug: The project.
            result: How it went.
            notes: Remarks, at most 4000 characters.
            now: Unix seconds.

        Returns:
            The operator's view of the project.

        Raises:
            NotFound: There is no such project.
            SchemaError: The notes are too long.
            OSError: It could not be stored.
        """
        if len(notes) > MAX_NOTES:
            raise SchemaError("notes", f"is longer than {MAX_NOTES} characters")
        with self._writing():
            project = self._find(slug)
            project.smoke = SmokeRecord(result=SmokeResult(result), notes=notes, at=now)
            if project.smoke.result is SmokeResult.passed and project.pending_smoke_test:
                project.state = project.pending_smoke_test_target or project.state
                project.pending_smoke_test = False
                project.pending_smoke_test_target = None
            self._write(project)
        return _owner_view(project)

    def request_fire(self, slug: str, minutes: int, prompt: str, now: float) -> dict[str, object]:
        """Queue a timed unattended run of a project.

        Args:
            slug: The project.
            minutes: How long it may run, 1 to 240.
            prompt: What it is to do, at most 20,000 characters.
            now: Unix seconds.

        Returns:
            The operator's view of the project.

        Raises:
            NotFound: There is no such project.
            SchemaError: An argument is out of bounds, or the queue is full.
            SmokeTestRequired: The project's smoke is red, or a checkpoint waits for one.
            OSError: It could not be stored.
        """
        if not 1 <= minutes <= MAX_MINUTES:
            raise SchemaError("minutes", f"must be between 1 and {MAX_MINUTES}")
        if len(prompt) > MAX_PROMPT:
            raise SchemaError("prompt", f"is longer than {MAX_PROMPT} characters")
        with self._writing():
            project = self._find(slug)
            if project.needs_smoke:
                target = project.pending_smoke_test_target or project.state
                raise SmokeTestRequired("smoke", project.state, target)
            if len(project.queue) >= MAX_QUEUE:
                raise SchemaError("slug", f"has {MAX_QUEUE} runs waiting already")
            project.queue.append(FireRequest(minutes=minutes, prompt=prompt, requested_at=now))
            self._write(project)
        return _owner_view(project)

    def _writing(self) -> AbstractContextManager[None]:
        ensure_directory(self._directory)
        return locked(self._directory / ".lock")

    def _projects(self) -> list[Project]:
        return sorted(self._readable_projects(), key=lambda project: project.slug)

    def _readable_projects(self) -> Iterator[Project]:
        for path in self._directory.glob("*.json"):
            project = self._read(path)
            if project is not None:
                yield project

    def _find(self, slug: str) -> Project:
        project = self._read(self._path(slug)) if _SLUG.fullmatch(slug) else None
        if project is None:
            raise NotFound(_no_project(slug))
        return project

    def _read(self, path: Path) -> Project | None:
        project = _read_json(path, Project)
        if project is not None and (project.slug != path.stem or not _SLUG.fullmatch(path.stem)):
            _log.warning("project %r is left out: its slug is not its name", str(path))
            return None
        return project

    def _runtime(self) -> RuntimeState:
        return _read_json(self._state_path, RuntimeState) or RuntimeState()

    def _write(self, project: Project) -> None:
        write_atomically(self._path(project.slug), msgspec.json.encode(project))

    def _path(self, slug: str) -> Path:
        return self._directory / f"{slug}.json"


def _no_project(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        return "There is no such project."
    return f'There is no project {slug}; {{"slug": "{slug}"}} in $ORCH_DATA/projects/{slug}.json makes one.'


def _read_json(path: Path, shape: type[_T]) -> _T | None:
    """A file that cannot be believed counts as absent."""
    try:
        data, _ = read_regular(path, _MAX_BYTES)
        return decode_strictly(data, shape)
    except FileNotFoundError:
        return None
    except (OSError, UnfitFileError, ValueError) as error:
        _log.warning("%r is left out: %r", str(path), str(error))
        return None


def _owner_view(project: Project) -> dict[str, object]:
    view = msgspec.structs.asdict(project)
    del view["queue"]
    return {
        **view,
        "has_queued_messages": bool(project.queue),
        "queued_count": len(project.queue),
    }
