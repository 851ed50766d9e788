"""What earlier searches saw: one append-only log for each command, under ``.git/runbook/culprit``."""

from __future__ import annotations

import errno
import hashlib
import json
from math import inf
from typing import TYPE_CHECKING

from runbook.culprit.probes.probing import Job, ProbeResult, Word
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from pathlib import Path

MAX_AGE = 24 * 3600.0  # seconds; services and installed packages change under an old result
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)
_FORGET_LINE = '{"forget": true}\n'  # nothing that stands before it is believed any more
_KEPT = (Word.PASS, Word.FAIL, Word.UNTESTABLE)


class Memory:
    """Outcomes by tree: two commits with the same files, and the same files laid over them, share them.

    Args:
        folder: Where the logs are.
        job: The command, its setup, its folder and its overlay, which name the log.
    """

    def __init__(self, folder: Path, job: Job) -> None:
        parts = [
            job.command,
            job.setup,
            *([f"in {job.folder}"] if job.folder else []),
            *(f"{file.path}\0{_digest(file.content)}" for file in job.overlay),
        ]
        name = hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]
        self._file = folder / f"{name}.jsonl"

    def recall(self, *, since: float) -> dict[str, list[ProbeResult]]:
        """Return what is remembered of each tree, oldest first.

        Args:
            since: Seconds since the epoch; what is older is left out.
        """
        found: dict[str, list[ProbeResult]] = {}
        try:
            text = self._file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            if isinstance(error, FileNotFoundError) or error.errno in _NOT_OURS:
                return found
            raise
        for line in text.splitlines(keepends=True):
            if line == _FORGET_LINE:
                found.clear()
            tree, at, result = _parse(line) or ("", -inf, None)
            if result is not None and at >= since:
                found.setdefault(tree, []).append(result)
        return found

    def add(self, tree: str, result: ProbeResult, *, at: float) -> None:
        """Remember one result at once; errors and cancelled probes are not worth it.

        A repository that may only be read is searched all the same, and remembers nothing.

        Args:
            tree: What was run, by the name of its files.
            result: What it said.
            at: When, in seconds since the epoch.

        Raises:
            EnvironmentNotReady: It cannot be written.
        """
        if result.word not in _KEPT or result.remembered:
            return
        entry = {
            "tree": tree, "sha": result.sha, "word": result.word, "seconds": result.seconds, "why": result.why,
            "fingerprint": sorted(result.fingerprint), "at": at,
        }  # fmt: skip
        self._append(json.dumps(entry) + "\n")

    def forget(self) -> None:
        """Believe nothing of what is remembered until now, neither in this search nor in any after it.

        Raises:
            EnvironmentNotReady: It cannot be written.
        """
        if self._file.exists():
            self._append(_FORGET_LINE)

    def _append(self, line: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as log:
                log.write(line)
        except OSError as error:
            if error.errno in _NOT_OURS:
                return
            raise EnvironmentNotReady(
                f"{self._file} cannot be written: {error.strerror}", next_step="free some space"
            ) from error


def _digest(content: bytes | None) -> str:
    return "a folder" if content is None else hashlib.sha256(content).hexdigest()


def _parse(line: str) -> tuple[str, float, ProbeResult] | None:
    """Read one line: a tree, when, and the result; a torn one, of a search that was killed, is left out."""
    try:
        entry = json.loads(line)
        result = ProbeResult(
            entry["sha"],
            Word(entry["word"]),
            entry["seconds"],
            entry["why"],
            frozenset(entry["fingerprint"]),
            remembered=True,
        )
        return (entry["tree"], entry["at"], result) if line.endswith("\n") else None
    except (ValueError, KeyError, TypeError):
        return None
