"""Whether an interpreter already holds a lock. How environments are made is in test_launchers."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HASHES = " \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


@pytest.fixture(scope="module")
def make_environment() -> Any:
    """The script as a module: it stands outside of every package, for it runs before any is there."""
    spec = importlib.util.spec_from_file_location("script", ROOT / "bin/make_environment.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.mark.parametrize(
    ("lock", "is_held"),
    [
        ("", True),
        (f"# pytest==0\npytest=={pytest.__version__}{HASHES}", True),
        (f"pytest==0.1{HASHES}", False),
        (f"pytest=={pytest.__version__}{HASHES}no-such-package==1{HASHES}", False),
        (f"no-such-package==1 ; sys_platform == 'win32'{HASHES}", True),
        (f"pytest==0.1 ; sys_platform == 'win32'{HASHES}", False),
    ],
    ids=["nothing", "same", "other version", "one is absent", "not for here", "other all the same"],
)
def test_a_lock_is_held_where_every_version_is_the_same(
    make_environment: Any, tmp_path: Path, lock: str, *, is_held: bool
) -> None:
    file = tmp_path / "lock.txt"
    file.write_text(lock, encoding="utf-8")

    assert is_held is make_environment.holds(file)


def test_what_is_lacking_is_named_whatever_version_is_there(
    make_environment: Any, tmp_path: Path
) -> None:
    file = tmp_path / "lock.txt"
    lock = "gone==1 \\\npytest==0.1 \\\nelsewhere==1 ; sys_platform == 'win32' \\\n"
    file.write_text(lock, encoding="utf-8")

    assert ["gone"] == make_environment.lacking(file)


def test_the_pin_of_one_package_is_taken_with_its_hashes(
    make_environment: Any, tmp_path: Path
) -> None:
    file = tmp_path / "lock.txt"
    file.write_text(f"# uv\nuv-build==1{HASHES}uv==0.13{HASHES}zlib==2{HASHES}", encoding="utf-8")

    assert f"uv==0.13{HASHES}" == make_environment._pin_of("uv", file)
    assert "" == make_environment._pin_of("nox", file)


def test_the_uv_of_the_environment_to_be_replaced_is_not_used(
    make_environment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.touch(0o755)
    monkeypatch.setenv("PATH", str(uv.parent))

    assert make_environment._find_uv(outside=tmp_path) is None
    assert str(uv) == make_environment._find_uv(outside=tmp_path / "other")
