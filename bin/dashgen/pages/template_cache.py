"""Compiled templates, kept where Python keeps compiled modules, and checked against what they came from."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
from typing import TYPE_CHECKING, Final

import jinja2
from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket

_SEAL_BYTES: Final = 32


class TemplateCache(BytecodeCache):
    """Keeps what templates are compiled to: a third of a page's first rendering.

    A kept one is used only for the very source, version of Jinja2 and settings that it was compiled
    with. As with modules, nothing is written where Python is told to write no bytecode, and a folder
    that cannot be written is no error.

    Args:
        folder: Where the compiled templates are kept.
        settings: The file that holds the environment's settings; escaping is compiled in.
    """

    def __init__(self, folder: Path, settings: Path) -> None:
        self._folder = folder
        self._settings = settings

    def get_source_checksum(self, source: str) -> str:
        """Digest of all that the compiled form depends on."""
        return hashlib.sha256(self._fixed + source.encode("utf-8", "surrogatepass")).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what is kept, if it is whole; Jinja2 itself refuses what is outdated."""
        with contextlib.suppress(OSError):
            kept = self._file(bucket).read_bytes()
            if _sealed(kept[_SEAL_BYTES:]) == kept:
                bucket.bytecode_from_string(kept[_SEAL_BYTES:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it in one step, so that another process reads all of it or nothing."""
        if sys.dont_write_bytecode:
            return
        file = self._file(bucket)
        unfinished = file.with_name(f"{file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            unfinished.write_bytes(_sealed(bucket.bytecode_to_string()))
            unfinished.replace(file)

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"template-{bucket.key}.{sys.implementation.cache_tag}"

    @functools.cached_property
    def _fixed(self) -> bytes:
        settings = hashlib.sha256(self._settings.read_bytes()).hexdigest()
        return f"{jinja2.__version__}\n{settings}\n".encode()


def _sealed(compiled: bytes) -> bytes:
    """Put its digest before it: what is cut off could otherwise end the reader in many ways."""
    return hashlib.sha256(compiled).digest() + compiled
