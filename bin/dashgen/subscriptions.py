"""Which tier an owner is on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

import msgspec

from dashgen.ids import is_user_id
from dashgen.slots import Tier
from dashgen.storage.atomic_file import (
    UnfitFileError,
    ensure_directory,
    read_regular,
    write_atomically,
)
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)
_MAX_BYTES = 16 * 1024


class _SubscriptionFile(msgspec.Struct):
    version: Literal[1]
    tier: Tier


class FileSubscriptionStore:
    """One file an owner, ``subscriptions/<owner_id>.json``, read at each question."""

    def __init__(self, root: Path) -> None:
        self._directory = root / "subscriptions"

    def tier(self, owner_id: str) -> Tier:
        """The owner's tier; free when there is no file, or none that can be believed."""
        if not is_user_id(owner_id):
            return Tier.free
        try:
            return self._read(owner_id)
        except FileNotFoundError:
            return Tier.free
        except (OSError, UnfitFileError, ValueError) as error:
            path = str(self._path(owner_id))
            _log.warning("subscription %r counts as free: %r", path, str(error))
            return Tier.free

    def set_tier(self, owner_id: str, tier: Tier) -> None:
        """Put an owner on a tier.

        Raises:
            ValueError: Not a user id.
            OSError: It could not be written.
        """
        if not is_user_id(owner_id):
            raise ValueError("not a user id")
        ensure_directory(self._directory)
        record = _SubscriptionFile(version=1, tier=tier)
        write_atomically(self._path(owner_id), msgspec.json.encode(record))

    def all(self) -> Iterator[tuple[str, Tier]]:
        """Everybody who was ever put on a tier, in order of their ids."""
        return ((owner_id, self.tier(owner_id)) for owner_id in self._owners())

    def unreadable(self) -> Iterator[str]:
        """Name those whose file cannot be believed."""
        for owner_id in self._owners():
            try:
                self._read(owner_id)
            except FileNotFoundError:
                continue
            except (OSError, UnfitFileError, ValueError):
                yield owner_id

    def _owners(self) -> list[str]:
        names = (path.stem for path in self._directory.glob("usr_*.json"))
        return sorted(filter(is_user_id, names))

    def _read(self, owner_id: str) -> Tier:
        data, _ = read_regular(self._path(owner_id), _MAX_BYTES)
        return decode_strictly(data, _SubscriptionFile).tier

    def _path(self, owner_id: str) -> Path:
        return self._directory / f"{owner_id}.json"
