"""How far each newcomer has come in the first run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from dashgen.errors import EnsembleError, NotFound
from dashgen.ids import is_user_id
from dashgen.storage.atomic_file import (
    UnfitFileError,
    ensure_directory,
    locked,
    read_regular,
    write_atomically,
)
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from pathlib import Path


class FirstRunStep(StrEnum):
    """The steps of the first run, in their order."""

    questions_answered = "questions-answered"
    canvas_generated = "canvas-generated"


_ORDER: Final = tuple(FirstRunStep)
_MAX_BYTES: Final = 1024


class _Record(msgspec.Struct):
    version: Literal[1]
    step: FirstRunStep


class FirstRunStore:
    """One small file for each newcomer; absent or broken means that the run has not begun.

    Args:
        root: The folder of these files; made when the first is written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def step(self, user_id: str) -> FirstRunStep | None:
        """The last step that this user has taken, or None before the first."""
        try:
            data, _ = read_regular(self._file(user_id), _MAX_BYTES)
            return decode_strictly(data, _Record).step
        except (OSError, UnfitFileError, ValueError):
            return None

    def advance(self, user_id: str, step: FirstRunStep) -> FirstRunStep:
        """Take a step; one that was taken before changes nothing.

        Returns:
            The last step that has now been taken.

        Raises:
            EnsembleError: 409, the step would skip one.
        """
        ensure_directory(self._root)
        with locked(self._root / ".lock"):
            last = self.step(user_id)
            taken = 0 if last is None else _ORDER.index(last) + 1
            wanted = _ORDER.index(step)
            if wanted > taken:
                raise EnsembleError(
                    409, "step_skipped", "An earlier step comes first.", next_step=_ORDER[taken]
                )
            if last is not None and wanted < taken:
                return last
            record = _Record(version=1, step=step)
            write_atomically(self._file(user_id), msgspec.json.encode(record))
            return step

    def _file(self, user_id: str) -> Path:
        if not is_user_id(user_id):
            raise NotFound
        return self._root / f"{user_id}.json"


def is_complete(step: FirstRunStep | None) -> bool:
    """Whether this step is the last one."""
    return step is _ORDER[-1]
