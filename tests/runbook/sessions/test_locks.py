"""The locks: whether one still fits ``pyproject.toml`` is told offline, by a digest."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.sessions.locks import (
    Compiled,
    Lock,
    compile_locks,
    digest,
    read_locks,
    requirements_of,
    stale_locks,
    unlocked,
)

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """
[project]
requires-python = ">=3.11"
[dependency-groups]
base = ["starlette>=1.0"]
fast = ["pytest>=9", {include-group = "base"}]
[tool.runbook.locks]
fast = {}
oldest = {group = "fast", resolution = "lowest-direct"}
"""
FAST = Lock("fast", "fast")

# A uv that writes what it is asked for, in the place of the real one, which would need a network.
FAKE_UV = """#!/usr/bin/env bash
echo "$@" > asked
while (($#)); do
  case $1 in
    --output-file) output=$2 ;;
    --group) group=$2 ;;
    --resolution) resolution=$2 ;;
    --python-version) python=$2 ;;
    --upgrade) upgraded=yes ;;
    --exclude-newer) seen=$2 ;;
  esac
  shift
done
[[ $group == broken || ${seen-9999} < $(cat first 2> /dev/null) ]] && { echo "no version fits" >&2; exit 1; }
cat "$output" > preferred 2> /dev/null
echo "# $group $resolution $python ${upgraded-} ${seen-}" > "$output"
"""


def parsed(**changes: Any) -> dict[str, Any]:
    groups = {"base": ["starlette>=1.0"], "fast": ["pytest>=9", {"include-group": "base"}]}
    groups |= changes.get("groups", {})
    python = changes.get("python", ">=3.11")
    return {"project": {"requires-python": python}, "dependency-groups": groups}


def body_of(lock: Path) -> str:
    """Return what the fake uv wrote: all but the digest."""
    first, body = lock.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# inputs: sha256:")
    return body


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A project whose two locks fit."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "requirements").mkdir()
    for lock in (FAST, Lock("oldest", "fast", "lowest-direct")):
        text = f"# inputs: sha256:{digest(parsed(), lock)}\npytest==9.2\n"
        (tmp_path / "requirements" / f"{lock.name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A uv on PATH that needs no network."""
    folder = tmp_path / "programs" / "bin"
    folder.mkdir(parents=True)
    (folder / "uv").write_text(FAKE_UV, encoding="utf-8")
    (folder / "uv").chmod(0o755)
    monkeypatch.setattr("sys.prefix", str(tmp_path / "programs"))


def test_groups_are_read_with_those_they_include_sorted_and_once() -> None:
    groups = {"fast": ["pytest>=9", {"include-group": "base"}, "starlette>=1.0", "a"]}

    expected = ["a", "pytest>=9", "starlette>=1.0"]
    assert expected == requirements_of(parsed(groups=groups), "fast")


@pytest.mark.parametrize(
    ("groups", "complaint"),
    [
        ({"fast": [{"include-group": "gone"}]}, "no dependency group 'gone'"),
        ({"fast": [{"include-group": "fast"}]}, "'fast' includes itself"),
        ({"fast": [{"include": "base"}]}, "'fast' has an entry that is neither"),
    ],
)
def test_a_group_that_cannot_be_read_is_refused(groups: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        requirements_of(parsed(groups=groups), "fast")


def test_the_digest_stands_while_the_inputs_stand() -> None:
    reordered = parsed(groups={"fast": [{"include-group": "base"}, "pytest>=9"]})

    assert digest(parsed(), FAST) == digest(parsed(), FAST)
    assert digest(parsed(), FAST) == digest(reordered, FAST)
    assert digest(parsed(), FAST) == digest(parsed(groups={"other": ["x"]}), FAST)


@pytest.mark.parametrize(
    ("pyproject", "lock"),
    [
        (parsed(groups={"fast": ["pytest>=9.1", {"include-group": "base"}]}), FAST),
        (parsed(groups={"fast": ["pytest>=9"]}), FAST),
        (parsed(groups={"base": ["starlette>=1.1"]}), FAST),
        (parsed(python=">=3.12"), FAST),
        (parsed(), Lock("fast", "fast", "lowest-direct")),
    ],
    ids=["requirement", "one less", "included group", "python", "resolution"],
)
def test_the_digest_changes_with_every_input(pyproject: dict[str, Any], lock: Lock) -> None:
    assert digest(parsed(), FAST) != digest(pyproject, lock)


def test_locks_that_fit_are_not_stale(locked: Path) -> None:
    assert [] == stale_locks(locked)


def test_every_lock_that_does_not_fit_is_named(locked: Path) -> None:
    (locked / "pyproject.toml").write_text(
        PYPROJECT.replace("pytest>=9", "pytest>=10"), encoding="utf-8"
    )
    (locked / "requirements" / "oldest.txt").unlink()
    (locked / "requirements" / "left.txt").touch()

    assert [
        "requirements/fast.txt no longer fits pyproject.toml",
        "requirements/oldest.txt is missing",
        "requirements/left.txt belongs to no lock in [tool.runbook.locks]",
    ] == stale_locks(locked)


def test_a_group_that_no_lock_pins_is_told_from_a_part_of_one_that_is_pinned(
    locked: Path,
) -> None:
    assert [] == unlocked(locked)

    more = PYPROJECT.replace("fast = [", 'forgotten = ["pytest>=9"]\nfast = [', 1)
    (locked / "pyproject.toml").write_text(more, encoding="utf-8")

    assert ["forgotten"] == unlocked(locked)


def test_a_lock_without_its_digest_is_stale(locked: Path) -> None:
    (locked / "requirements" / "fast.txt").write_text("pytest==9.2\n", encoding="utf-8")

    assert ["requirements/fast.txt no longer fits pyproject.toml"] == stale_locks(locked)


def test_a_project_without_locks_may_keep_requirements_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").touch()

    assert [] == stale_locks(tmp_path)


def test_an_unknown_option_of_a_lock_is_refused() -> None:
    table = {"tool": {"runbook": {"locks": {"fast": {"groups": "x"}}}}}

    with pytest.raises(UsageError, match=r"locks\] fast takes group and resolution, not groups"):
        read_locks(table)


@pytest.mark.usefixtures("uv")
def test_compiling_writes_locks_that_fit_and_says_which_changed(locked: Path) -> None:
    assert [
        Compiled("fast", has_changed=True),
        Compiled("oldest", has_changed=True),
    ] == compile_locks(locked)
    assert [] == stale_locks(locked)
    assert [
        Compiled("fast", has_changed=False),
        Compiled("oldest", has_changed=False),
    ] == compile_locks(locked)

    assert "# fast lowest-direct 3.11  " == body_of(locked / "requirements/oldest.txt")


@pytest.mark.usefixtures("uv")
def test_what_is_pinned_already_is_preferred(locked: Path) -> None:
    before = (locked / "requirements" / "fast.txt").read_text(encoding="utf-8")

    compile_locks(locked, only="fast")

    assert before == (locked / "preferred").read_text(encoding="utf-8")


@pytest.mark.usefixtures("uv")
def test_a_lock_is_for_every_platform_with_hashes_and_without_an_index(locked: Path) -> None:
    compile_locks(locked, only="fast")

    asked = (locked / "asked").read_text(encoding="utf-8").split()
    assert {
        *("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links")
    } <= {*asked}


@pytest.mark.usefixtures("uv")
def test_one_lock_can_be_compiled_and_moved_alone(locked: Path) -> None:
    compile_locks(locked)

    assert [Compiled("oldest", has_changed=True)] == compile_locks(
        locked, upgrade=True, only="oldest"
    )


@pytest.mark.usefixtures("uv")
def test_a_lock_is_set_back_to_what_was_newest_then(locked: Path) -> None:
    then = "2025-11-22T23:59:59Z"

    assert [Compiled("fast", has_changed=True, as_of=then)] == compile_locks(
        locked, only="fast", as_of=then
    )

    assert f"# fast highest 3.11 yes {then}" == body_of(locked / "requirements/fast.txt")
    assert [] == stale_locks(locked)


@pytest.mark.usefixtures("uv")
@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2025-11-23T00:00:00Z", "2025-11-23T23:59:59Z"),
        ("2026-02-03T04:05:06Z", "2026-02-03T23:59:59Z"),
        ("2026-02-03T23:59:59Z", "2026-02-03T23:59:59Z"),
    ],
    ids=["the next day", "weeks later", "the last second of a day"],
)
def test_a_lock_that_nothing_so_old_fits_becomes_as_old_as_can_be(
    locked: Path, first: str, expected: str
) -> None:
    (locked / "first").write_text(first, encoding="utf-8")

    (done,) = compile_locks(locked, only="fast", as_of="2025-11-22T23:59:59Z")

    assert Compiled("fast", has_changed=True, as_of=expected) == done
    assert f"# fast highest 3.11 yes {expected}" == body_of(locked / "requirements/fast.txt")


@pytest.mark.usefixtures("uv")
def test_a_lock_that_fits_nothing_before_today_is_of_today(locked: Path) -> None:
    now = datetime.now(UTC)
    (locked / "first").write_text(f"{now:%Y-%m-%dT%H:%M:%SZ}", encoding="utf-8")

    (done,) = compile_locks(
        locked, only="fast", as_of=f"{now - timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"
    )

    assert now <= datetime.fromisoformat(done.as_of) + timedelta(seconds=1)
    assert datetime.fromisoformat(done.as_of) < now + timedelta(days=1)


@pytest.mark.usefixtures("uv")
@pytest.mark.parametrize("as_of", ["2025-11-22T23:59:59Z", "2999-01-01T00:00:00Z"])
def test_what_resolves_on_no_day_is_said_with_the_words_of_today(locked: Path, as_of: str) -> None:
    (locked / "first").write_text("9998", encoding="utf-8")
    before = (locked / "requirements/fast.txt").read_bytes()

    with pytest.raises(EnvironmentNotReady, match="uv could not resolve fast:\nno version fits"):
        compile_locks(locked, only="fast", as_of=as_of)

    assert before == (locked / "requirements/fast.txt").read_bytes()


@pytest.mark.usefixtures("uv")
def test_a_dry_run_says_what_would_change_and_writes_nothing(locked: Path) -> None:
    before = {file: file.read_bytes() for file in (locked / "requirements").iterdir()}

    done = compile_locks(locked, as_of="2025-11-22T23:59:59Z", dry_run=True)

    assert ["fast", "oldest"] == [each.name for each in done if each.has_changed]
    assert before == {file: file.read_bytes() for file in (locked / "requirements").iterdir()}


@pytest.mark.usefixtures("uv")
def test_an_unknown_lock_is_answered_with_the_nearest(locked: Path) -> None:
    with pytest.raises(UsageError, match="no lock is called 'fats'; the nearest: fast") as refused:
        compile_locks(locked, only="fats")

    assert "bin/invoke lock --only fast" == refused.value.next_step


@pytest.mark.usefixtures("uv")
def test_a_lock_of_a_project_without_any_is_answered_with_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.runbook.locks]\n", encoding="utf-8")

    with pytest.raises(UsageError, match="the nearest: none") as refused:
        compile_locks(tmp_path, only="fast")

    assert "add it to [tool.runbook.locks]" == refused.value.next_step


@pytest.mark.usefixtures("uv")
def test_what_cannot_be_resolved_is_said_and_leaves_the_lock(locked: Path) -> None:
    text = PYPROJECT.replace("fast = {}", "fast = {}\nbroken = {}").replace(
        "base =", "broken = []\nbase ="
    )
    (locked / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(EnvironmentNotReady, match="uv could not resolve broken:\nno version fits"):
        compile_locks(locked, only="broken")

    assert not (locked / "requirements/broken.txt").exists()


def test_without_uv_the_way_to_it_is_said(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", str(locked))
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(EnvironmentNotReady, match="uv is not installed"):
        compile_locks(locked)
