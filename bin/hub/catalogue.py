"""The apps of the hub, found by looking: whatever folder holds a manifest is an app, and no list names it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub import entitlement, manifest
from hub.errors import EnvironmentNotReady, ManifestError
from hub.icons import is_known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hub.entitlement import Entitlement
    from hub.manifest import Manifest

APPS: Final = Path(__file__).resolve().parent / "apps"
ASSET_SUFFIXES: Final = frozenset({".svg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class App:
    """An app whose manifest can be used.

    Attributes:
        folder: Where it lives.
        manifest: What it says about itself.
        entitlement: Who may use it; None means nobody.
    """

    folder: Path
    manifest: Manifest
    entitlement: Entitlement | None = None

    @property
    def slug(self) -> str:
        """Its name in addresses and tokens."""
        return self.manifest.slug

    @property
    def is_archived(self) -> bool:
        """Whether it is neither shown nor served."""
        return self.manifest.lifecycle.status is manifest.Status.archived

    @property
    def icon_file(self) -> Path | None:
        """The file of its icon, where that is not one of the hub's own."""
        return None if is_known(self.manifest.icon) else self.folder / self.manifest.icon

    def admits(self, groups: Collection[str]) -> bool:
        """Whether somebody in these groups may use it: entitled, and in all groups that it requires."""
        is_entitled = self.entitlement is not None and self.entitlement.admits(groups)
        return is_entitled and set(self.manifest.auth.required_groups) <= set(groups)


@dataclass(frozen=True, slots=True)
class BrokenApp:
    """A folder with a manifest that cannot be used.

    Attributes:
        folder: Where it lives; its name stands for the slug.
        reason: What is wrong, in one sentence that names file and field.
    """

    folder: Path
    reason: str

    @property
    def slug(self) -> str:
        """What it would be called."""
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that a scan found.

    Attributes:
        apps: The usable ones, archived ones too, by slug.
        broken: The others.
    """

    apps: tuple[App, ...]
    broken: tuple[BrokenApp, ...] = ()

    @property
    def served(self) -> tuple[App, ...]:
        """The apps that the gateway answers for."""
        return tuple(app for app in self.apps if not app.is_archived)

    def shown_to(self, groups: Collection[str]) -> tuple[App, ...]:
        """The apps that have a tile for somebody in these groups, as they are grouped and sorted."""
        shown = [app for app in self.served if app.manifest.hub.visible and app.admits(groups)]
        return tuple(sorted(shown, key=_place))

    def find(self, slug: str) -> App | None:
        """The served app called ``slug``, if there is one."""
        named = (app for app in self.apps if app.slug == slug)
        return next((app for app in named if not app.is_archived), None)

    def only(self, slug: str) -> Catalogue:
        """The catalogue with one app alone; empty where there is none of this name."""
        return Catalogue(
            tuple(app for app in self.apps if app.slug == slug),
            tuple(app for app in self.broken if app.slug == slug),
        )


def _place(app: App) -> tuple[str, float, str]:
    entry = app.manifest.hub
    return entry.category.casefold(), entry.order, app.manifest.name.casefold()


def names_in(root: Path) -> list[str]:
    """Return the names below ``root`` that may be apps; hidden ones are somebody's scratch.

    Raises:
        EnvironmentNotReady: ``root`` cannot be read.
    """
    try:
        return sorted(name for name in os.listdir(root) if not name.startswith("."))  # noqa: PTH208 - see Directory
    except OSError as error:
        raise EnvironmentNotReady(
            f"the apps' folder {root} cannot be read: {error.strerror}"
        ) from error


def app_folders(root: Path) -> list[Path]:
    """Return the folders below ``root`` that hold a manifest.

    Raises:
        EnvironmentNotReady: ``root`` cannot be read.
    """
    folders = (root / name for name in names_in(root))
    return [folder for folder in folders if (folder / manifest.FILE_NAME).exists()]


def scan(root: Path = APPS) -> Catalogue:
    """Find every app below ``root``; one that cannot be used harms no other.

    Raises:
        EnvironmentNotReady: ``root`` cannot be read.
    """
    usable: list[App] = []
    broken: list[BrokenApp] = []
    for folder in app_folders(root):
        try:
            usable.append(_read(folder))
        except ManifestError as error:
            file = error.file or manifest.FILE_NAME
            broken.append(BrokenApp(folder, f"{folder.name}/{file}: {error.what}"))
    unique, clashing = _without_clashes(usable)
    return Catalogue(tuple(unique), tuple(sorted([*broken, *clashing], key=lambda app: app.slug)))


def _read(folder: Path) -> App:
    found = manifest.parse(_text(folder / manifest.FILE_NAME))
    if found.slug != folder.name:
        raise ManifestError("slug", f"is {found.slug!r}, and the folder is called {folder.name!r}")
    app = App(folder, found, _grant(folder / entitlement.FILE_NAME, found.slug))
    if app.icon_file is not None:
        _check_icon(app.icon_file, folder)
    return app


def _grant(file: Path, slug: str) -> Entitlement | None:
    try:
        return entitlement.parse(_text(file), slug) if file.exists() else None
    except ManifestError as error:
        raise ManifestError("", error.what, file=file.name) from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ManifestError("", "is not UTF-8") from None
    except OSError as error:
        raise ManifestError("", f"cannot be read: {error.strerror}") from error


def _check_icon(file: Path, folder: Path) -> None:
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ManifestError("icon", f"{file.name!r} is outside the app's folder")
    if file.suffix not in ASSET_SUFFIXES or not file.is_file():
        kinds = ", ".join(sorted(ASSET_SUFFIXES))
        raise ManifestError("icon", f"{file.name!r} is no icon of the hub and no file of {kinds}")


# What two apps cannot share, and how a reader calls it.
_UNIQUE: Final[tuple[tuple[str, Callable[[App], Iterable[object]]], ...]] = (
    ("id", lambda app: [app.manifest.id.lower()]),
    ("routing.subdomain", lambda app: [app.manifest.routing.subdomain]),
    (
        "routing.ports",
        lambda app: [app.manifest.routing.ports.frontend, app.manifest.routing.ports.backend],
    ),
)


def _without_clashes(apps: list[App]) -> tuple[list[App], list[BrokenApp]]:
    """Take out every app that shares what only one can have: nobody can say which of them is right."""
    reasons = dict(_clashes(apps))
    broken = [BrokenApp(app.folder, reasons[app.slug]) for app in apps if app.slug in reasons]
    return [app for app in apps if app.slug not in reasons], broken


def _clashes(apps: list[App]) -> Iterator[tuple[str, str]]:
    for field, values_of in _UNIQUE:
        holders: dict[object, list[App]] = {}
        for app in apps:
            for value in values_of(app):
                holders.setdefault(value, []).append(app)
        for value, sharing in holders.items():
            for app in sharing if len(sharing) > 1 else []:
                others = ", ".join(other.slug for other in sharing if other is not app)
                yield (
                    app.slug,
                    f"{app.slug}/{manifest.FILE_NAME}: {field} {value} is also that of {others}",
                )
