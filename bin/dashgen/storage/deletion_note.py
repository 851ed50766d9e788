"""Which canvas is being deleted: noted before it leaves the index, until its file is gone.

A published canvas is in the index and has a file, and no step changes both. Whoever comes after a crash between the
two would find a draft, which nobody had made of it; the note says that it is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from dashgen.ids import CanvasId, is_user_id, parse_canvas_id
from dashgen.storage.atomic_file import UnfitFileError, read_regular, write_atomically
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES: Final = 1024


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """The canvas, and whose it is."""

    version: Literal[1] = 1
    owner_id: str
    id: CanvasId


class DeletionNote:
    """The file of the one deletion that is under way. Whoever changes it holds the lock of the root.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Deletion | None:
        """What is being deleted, or None.

        Raises:
            UnfitFileError: there is something that is no note.
            OSError: it could not be read.
        """
        try:
            data, _ = read_regular(self.path, _MAX_BYTES)
            deletion = decode_strictly(data, Deletion)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UnfitFileError(f"is no note of a deletion: {error}") from error
        # Both become the names of a folder and a file that is removed.
        if not is_user_id(deletion.owner_id) or parse_canvas_id(deletion.id) is None:
            raise UnfitFileError("names no canvas")
        return deletion

    def write(self, owner_id: str, canvas_id: CanvasId) -> None:
        """Note a deletion durably.

        Raises:
            OSError: it could not be stored.
        """
        deletion = Deletion(owner_id=owner_id, id=canvas_id)
        write_atomically(self.path, msgspec.json.encode(deletion))

    def remove(self) -> None:
        """Forget it. Should a loss of power bring it back, what it names is gone already."""
        self.path.unlink(missing_ok=True)
