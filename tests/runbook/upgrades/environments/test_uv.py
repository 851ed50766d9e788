"""What uv says when it fails, and whose fault that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.environments.uv import Uv, UvFailed, find_uv, fresh_builds, last_words

if TYPE_CHECKING:
    from pathlib import Path


def fails_with(said: str, folder: Path) -> Uv:
    """Return a program that says this and ends as uv does when it fails."""
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    return Uv(str(program), folder / "cache", lambda _: None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error: Failed to fetch: `http://x/bee/`", "the package index does not answer"),
    ],
)
def test_what_this_machine_lacks_is_not_held_against_a_package(
    tmp_path: Path, said: str, told: str
) -> None:
    with pytest.raises(EnvironmentNotReady, match=told):
        fails_with(said, tmp_path).run("pip", "sync", cwd=tmp_path)


def test_what_a_build_says_of_the_network_is_the_packages_own_failure(tmp_path: Path) -> None:
    said = (
        "error: Failed to build `bee==2.0`\n  [stderr]\n  urllib: Connection refused\n"
        "  No space left on device"
    )
    with pytest.raises(UvFailed) as caught:
        fails_with(said, tmp_path).run("pip", "sync", cwd=tmp_path)
    assert "Failed to build `bee==2.0`" in caught.value.what
    assert "Connection refused" not in caught.value.what


def test_the_causes_are_told_without_their_frame_and_without_hints() -> None:
    said = "  \u00d7 No solution found\n  \u2570\u2500\u25b6 Because bee is gone\n\nhint: look elsewhere"
    assert "No solution found Because bee is gone" == last_words(said)
    assert "no reason given" == last_words("")


def test_downloads_are_shared_and_builds_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, folder = tmp_path / "users", tmp_path / "folder"
    folder.mkdir()
    for bucket in ("wheels-v8", "builds-v0", "sdists-v11"):
        (users / bucket).mkdir(parents=True)
    monkeypatch.setenv("UV_CACHE_DIR", str(users))
    uv = find_uv(folder, lambda _: None)
    assert ["wheels-v8"] == [each.name for each in uv.cache.iterdir()]
    fresh = fresh_builds(uv, folder / "fresh")
    assert ["wheels-v8"] == [each.name for each in fresh.cache.iterdir()]


def test_a_uv_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "uv"
    program.write_text("#!/bin/sh\necho uv 0.4.1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    with pytest.raises(EnvironmentNotReady, match=r"uv 0\.4\.1 is too old"):
        find_uv(tmp_path, lambda _: None)
