"""The pages of an app: the files of its ``frontend/``, read anew each time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.types import Scope

_SMALL: Final = 131_072  # bytes, which are read in less time than a thread takes to be told to


class Frontend(StaticFiles):
    """Serves one folder; a file that is small is read on the spot.

    Args:
        folder: The folder, which is there.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)
        self.config_checked = True

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with one file."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        asks_for_part = any(name == b"range" for name, _ in scope["headers"])
        if not isinstance(answer, FileResponse) or asks_for_part or stat_result.st_size > _SMALL:
            return answer
        content = Path(full_path).read_bytes()
        kept = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return Response(content, status_code, kept)
