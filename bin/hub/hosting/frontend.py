"""The pages of an app: the files of its ``frontend/``, read anew each time."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.types import Scope

_SMALL: Final = 131_072  # bytes, which are read in less time than a thread takes to be told to
_INDEX: Final = "index.html"


class Frontend(StaticFiles):
    """Serves one folder; a file that is small is found and read on the spot, without a thread.

    Args:
        folder: The folder, which is there.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)
        self.config_checked = True

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file at ``path``, or with the index of the folder there.

        Raises:
            HTTPException: There is none, or the method is no reading.
        """
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file, found = self._look(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            file, found = self._look(f"{path}/{_INDEX}")
            if found is not None and not scope["path"].endswith("/"):
                url = URL(scope=scope)
                return RedirectResponse(url.replace(path=f"{url.path}/"))
        if found is None or not stat.S_ISREG(found.st_mode):
            raise HTTPException(404)
        return self.file_response(file, found, scope)

    def _look(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find what is at a path below the folder, wherever links lead."""
        try:
            return self.lookup_path(path)
        except ValueError:  # a null byte
            return "", None
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            return "", None

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
