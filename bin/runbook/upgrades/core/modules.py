"""The names that an installed package is imported by, from the list of its files. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_IMPORTED = (".py", ".so", ".pyd")


def import_names(files: Iterable[str]) -> frozenset[str]:
    """Return the name of each outermost package or module among files; one in a namespace that others share is dotted.

    Args:
        files: Paths with slashes, from the folder that is imported from.
    """
    paths = list(files)
    packages = {
        folder
        for folder, _, file in (path.rpartition("/") for path in paths)
        if file.partition(".")[0] == "__init__" and file.endswith(_IMPORTED)
    }
    names = {_name(path.split("/"), packages) for path in paths}
    return frozenset(name for name in names if all(map(str.isidentifier, name.split("."))))


def _name(parts: list[str], packages: set[str]) -> str:
    """Return what a file is imported by, or nothing where it is not."""
    *folders, file = parts
    for depth in range(1, len(parts)):
        if "/".join(folders[:depth]) in packages:
            return ".".join(folders[:depth])
    return ".".join([*folders, file.partition(".")[0]]) if file.endswith(_IMPORTED) else ""
