"""What a culprit search leaves behind: ``.runbook/searches/<id>/``."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any

from runbook.git import GitError, git
from runbook.json_files import read_object, write_json
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEEP = 50  # searches, the newest
_MOST_COMMITS = 5_000  # of the history that is kept
_MOST_PATCH = 200_000  # characters
_FIELD = "\x1f"
_CONTEXT = "context.json"


def read_context(search: Path) -> dict[str, Any]:
    """Return what was kept beside a search: its ``history``, ``patch`` and ``replay``; empty where that is gone."""
    return read_object(search / _CONTEXT)


def keep_search(state: Path, repository: Path, result: Mapping[str, Any], *, replay: str) -> Path:
    """Keep a search with what explains it later, the commits it was about and what the culprit changed; return where.

    Args:
        state: The folder of all that the engine writes.
        repository: Where the search was made.
        result: ``culprit/1``.
        replay: The command that searches the same again.

    Raises:
        OSError: It cannot be written.
    """
    searches = make_in(state, "searches")
    folder = searches / secrets.token_hex(3)
    folder.mkdir()
    culprit = result["culprit"]
    context = {
        "history": _history(repository, result["good"], result["bad"]),
        "patch": _patch(repository, culprit["sha"]) if culprit else "",
        "replay": replay,
    }
    write_json(folder / _CONTEXT, context)
    write_json(folder / "result.json", result)  # last: a folder without it has not ended
    _prune(searches)
    return folder


def _history(repository: Path, good: str, bad: str) -> list[list[str]]:
    """Return the commits between the ends, oldest first; nothing where git does not tell."""
    if not good:
        return []
    shown = f"--format=%H{_FIELD}%s"
    try:
        log = git(
            repository,
            "log",
            "--topo-order",
            f"--max-count={_MOST_COMMITS}",
            shown,
            f"{good}..{bad}",
        )
    except GitError:
        return []
    return [line.split(_FIELD, 1) for line in reversed(log.split("\n")) if line]


def _patch(repository: Path, sha: str) -> str:
    try:
        patch = git(
            repository, "show", "--no-color", "--no-ext-diff", "--format=", "--stat", "--patch", sha
        )
    except GitError:
        return ""
    cut = "\n... the rest is left out" if len(patch) > _MOST_PATCH else ""
    return patch[:_MOST_PATCH].encode(errors="replace").decode() + cut


def _prune(searches: Path) -> None:
    """Remove all but the newest."""
    ended = sorted(searches.glob("*/result.json"), key=lambda file: -file.stat().st_mtime_ns)
    for file in ended[KEEP:]:
        shutil.rmtree(file.parent, ignore_errors=True)
