"""Resolutions by uv, in a copy of the project: soft moves from the baseline, and free ones under constraints."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.core.asking import Free, Move
from runbook.upgrades.core.pins import Resolution, parse
from runbook.upgrades.core.versions import key
from runbook.upgrades.environments.uv import UvFailed
from runbook.upgrades.requirements import Requirements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from runbook.upgrades.environments.uv import Uv

_FILTERED = "was filtered by `exclude-newer`"
_DATED = "published at"  # what uv says of a release that it filtered, where the index knows


@dataclass(slots=True)
class Resolver:
    """Resolves one project for one interpreter.

    Attributes:
        uv: Which does it.
        tree: A copy of the project.
        scratch: A folder for its own files.
        python: The interpreter.
        cutoff: No later release is seen at the newest side; empty where the index has no dates.
        horizon: The same for all else: the cutoff, or the present where the baseline is newer than that.
        resolution: Of the newest side.
        prerelease: Packages of which pre-releases are taken; ``*`` for all.
        requirements: What the project requires.
        kept: Packages that the baseline pins and the project does not require.
        baseline: What all moves start from; see `resolve_baseline`.
        newest: What they go to; see `resolve_newest`.
        count: How many resolutions were made.
        wanted: What the file of the baseline pins.
        standing: Constraints on all but the baseline, by package; see `runbook.upgrades.unresolved`.
    """

    uv: Uv
    tree: Path
    scratch: Path
    python: Path
    cutoff: str
    horizon: str
    resolution: str = "highest"
    prerelease: tuple[str, ...] = ()
    requirements: Requirements = field(default_factory=lambda: Requirements(""))
    kept: tuple[str, ...] = ()
    baseline: Resolution = field(default_factory=lambda: Resolution({}))
    newest: Resolution = field(default_factory=lambda: Resolution({}))
    count: int = 0
    wanted: Mapping[str, str] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)
    _known: dict[Move | Free, Resolution | None] = field(default_factory=dict)
    _releases: dict[tuple[str, str, str], str | None] = field(default_factory=dict)

    def resolve_baseline(self, pins: Mapping[str, str]) -> Resolution:
        """Set the baseline to what the project resolves to when it prefers these pins.

        Packages that are pinned and that nothing requires stay required, since they were installed.

        Raises:
            UvFailed: It does not resolve.
        """
        wanted = Resolution(pins)
        found = self._compile(preferred=wanted)
        self.kept = tuple(sorted(pins.keys() - found.pins.keys()))
        if self.kept:
            found = self._compile(preferred=wanted)
        self.baseline = found
        self._known[Move(frozenset())] = found
        return found

    def resolve_newest(self) -> Resolution:
        """Set the newest to what the project resolves to when it prefers nothing.

        Raises:
            UvFailed: It does not resolve.
        """
        self.newest = Resolution({})
        self.newest = self._compile(options=self._of_the_newest(), until=self.cutoff)
        self._known[Free()] = self.newest
        return self.newest

    def forget_dates_if_there_are_none(self, error: UvFailed) -> bool:
        """Go on without a cutoff where the index serves no upload times; say whether that is so."""
        is_filtered = self.horizon and _FILTERED in error.output
        if not is_filtered or _DATED in error.output:
            return False
        self.cutoff = self.horizon = ""
        return True

    def look_back_if_the_baseline_is_newer(self, error: UvFailed, present: str) -> bool:
        """Let the cutoff bind the newest side alone where it hides what the baseline pins; say whether that is so."""
        if self.horizon == present or _FILTERED not in error.output:
            return False
        self.horizon = present
        return True

    def resolve(self, state: Move | Free) -> Resolution | None:
        """Return what a state resolves to, or None where it does not."""
        if state not in self._known:
            try:
                self._known[state] = self._resolve(state)
            except UvFailed:
                self._known[state] = None
        return self._known[state]

    def compiles(self, requirements: Sequence[str]) -> Resolution | None:
        """Return what some requirements alone resolve to at the newest side, or None where they do not."""
        self.count += 1
        listed = _write(self.scratch / "some.in", "\n".join(requirements))
        try:
            out = self.uv.run(
                "pip", "compile", "--quiet", listed, "--python", self.python, "--no-emit-index-url",
                *_before(self.cutoff), *self._of_the_newest(), cwd=self.tree,
            )  # fmt: skip
        except UvFailed:
            return None
        return parse(out)

    def known(self, state: Move | Free) -> Resolution | None:
        """Return what a state resolved to, or None where it did not, or was not asked for."""
        return self._known.get(state)

    def closure(self, state: Move) -> frozenset[str] | None:
        """Return what really moves in a state."""
        found = self.resolve(state)
        return None if found is None else found.moved_from(self.baseline)

    def versions(self, state: Free) -> Mapping[str, str] | None:
        """Return what the newest with some constraints comes to."""
        found = self.resolve(state)
        return None if found is None else found.pins

    def _resolve(self, state: Move | Free) -> Resolution:
        if isinstance(state, Free):
            return self._compile(
                constraints=state.pins, options=[*self._of_the_newest(), *self._uncut(state)], until=self.cutoff
            )  # fmt: skip
        versions = {**self.newest.pins, **dict(state.at)}
        targets = [
            f"{name}=={versions[name]}" if name in versions else name
            for name in sorted(state.names)
        ]
        moves = [word for target in targets for word in ("--upgrade-package", target)]
        return self._compile(preferred=self.baseline, options=[*moves, *self._prereleases()])

    def _of_the_newest(self) -> list[str]:
        return ["--resolution", self.resolution, *self._prereleases()]

    def _uncut(self, state: Free) -> list[str]:
        """Return what lets held packages be as new as the baseline has them."""
        if self.cutoff == self.horizon:
            return []
        held = [f"{name}={self.horizon}" for name, _ in state.pins]
        return [word for each in held for word in ("--exclude-newer-package", each)]

    def _prereleases(self) -> list[str]:
        if "*" in self.prerelease:
            return ["--prerelease", "allow"]
        return [
            word for name in self.prerelease for word in ("--prerelease-package", f"{name}=allow")
        ]

    def _compile(
        self,
        *,
        preferred: Resolution | None = None,
        constraints: Sequence[tuple[str, str]] = (),
        options: Sequence[str] = (),
        until: str | None = None,
    ) -> Resolution:
        self.count += 1
        out = self.scratch / "resolution.txt"
        out.unlink(missing_ok=True)
        if preferred is not None:
            _write(out, preferred.text())
        inputs: list[str | Path] = [self.requirements.file] if self.requirements.file else []
        if self.kept:
            inputs.append(_write(self.scratch / "kept.in", "\n".join(self.kept)))
        limits = [*constraints, *self.standing.items()]
        held = _write(
            self.scratch / "constraints.txt", "".join(f"{name}{pin}\n" for name, pin in limits)
        )
        self.uv.run(
            "pip", "compile", "--quiet", *inputs, *self.requirements.arguments, "--python", self.python,
            "--constraints", held, "--output-file", out, "--no-emit-index-url",
            *_before(self.horizon if until is None else until), *options, cwd=self.tree,
        )  # fmt: skip
        return parse(out.read_text(encoding="utf-8"))

    def pins_of(self, file: Path) -> dict[str, str]:
        """Return the pins of a file, or of a ``uv.lock``, that apply to this interpreter and this platform.

        Raises:
            UvFailed: uv cannot read it.
        """
        listed = self._exported(file) if file.suffix == ".lock" else file
        out = self.uv.run(
            "pip", "compile", "--quiet", "--no-deps", "--no-annotate", listed, "--python", self.python,
            "--no-emit-index-url", *_before(self.horizon), cwd=self.tree,
        )  # fmt: skip
        return dict(parse(out).pins)

    def _exported(self, lock: Path) -> Path:
        """Return the pins of a ``uv.lock`` as a requirements file; it is read in the copy, as that project's lock."""
        out = self.scratch / "exported.txt"
        shutil.copyfile(lock, self.tree / "uv.lock")
        self.uv.run(
            "export", "--quiet", "--frozen", "--no-hashes", "--no-emit-workspace", "--all-groups", "--all-extras",
            "--python", self.python, "--output-file", out, cwd=self.tree,
        )  # fmt: skip
        return out

    def is_readable(self, name: str, version: str) -> bool:
        """Whether uv can find out what a release requires; one that has no wheel is built for that."""
        wanted = f"{name}=={version}"
        listed = _write(self.scratch / "readable.in", wanted)
        try:
            self.uv.run(
                "pip", "compile", "--quiet", listed, "--python", self.python, "--prerelease", "allow",
                *_before(self.horizon), cwd=self.tree,
            )  # fmt: skip
        except UvFailed as error:
            return wanted not in error.output
        return True

    def below(self, name: str, version: str) -> str | None:
        """Return the highest release that is lower than a version, or None."""
        return self._release(f"{name}<{version}", "highest")

    def at_least(self, name: str, version: str) -> str | None:
        """Return the lowest release that is not lower than a version, or None."""
        return self._release(f"{name}>={version}", "lowest")

    def between(self, name: str, low: str, high: str) -> str | None:
        """Return a release about halfway in time between two, neither of them, or None."""
        found = (self.upload_times({name: version}).get(name) for version in (low, high))
        dates = sorted(filter(None, found))
        if len(dates) < 2:
            return None
        middle = f"{dates[0] + (dates[1] - dates[0]) / 2:%Y-%m-%dT%H:%M:%SZ}"
        halfway = self._release(
            f"{name}>{low},<{high}", "highest", "--exclude-newer-package", f"{name}={middle}"
        )
        return halfway if halfway and key(low) < key(halfway) < key(high) else None

    def upload_times(self, pins: Mapping[str, str]) -> dict[str, datetime]:
        """Return when these releases were uploaded; those of which the index does not say are left out."""
        listed = _write(
            self.scratch / "dated.in", "".join(f"{name}=={pin}\n" for name, pin in pins.items())
        )
        try:
            out = self.uv.run(
                "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml", listed, "--python", self.python,
                "--prerelease", "allow", *_before(self.horizon), cwd=self.tree,
            )  # fmt: skip
        except UvFailed:
            return {}
        times = {}
        for package in tomllib.loads(out).get("packages", []):
            files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
            dates = [file["upload-time"] for file in files if "upload-time" in file]
            if dates:
                times[package["name"]] = min(dates)
        return times

    def _release(self, requirement: str, resolution: str, *options: str) -> str | None:
        asked = (requirement, resolution, " ".join(options))
        if asked not in self._releases:
            listed = _write(self.scratch / "release.in", requirement)
            try:
                out = self.uv.run(
                    "pip", "compile", "--quiet", "--no-deps", "--no-annotate", listed, "--python", self.python,
                    "--resolution", resolution, *self._prereleases(), *_before(self.horizon), *options, cwd=self.tree,
                )  # fmt: skip
                self._releases[asked] = next(iter(parse(out).pins.values()), None)
            except UvFailed:
                self._releases[asked] = None
        return self._releases[asked]


def _before(moment: str) -> list[str]:
    return ["--exclude-newer", moment] if moment else []


def _write(file: Path, text: str) -> Path:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentNotReady(
            f"{file}: {error.strerror}", next_step="free some space"
        ) from error
    return file


def digest(resolution: Resolution) -> str:
    """Return a short name of a set of pins."""
    return hashlib.sha256(resolution.text().encode()).hexdigest()[:16]
