"""The engine as a package: built, installed beside pytest alone, and used as the guide says, to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "getting-started" / "USE_IT_ELSEWHERE.md"
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"The file \*\*([^*]+)\*\*:\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block of the guide.

    Attributes:
        language: bash, text, or that of a file.
        body: What stands in it.
        file: The file that it is the content of, or empty.
    """

    language: str
    body: str
    file: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a document in order; a file's name stands in the line before its block."""
    found = []
    for match in _FENCE.finditer(text):
        named = _FILE.search(text[: match.start()].rstrip() + "\n")
        found.append(Block(match["language"], match["body"], named[1] if named else ""))
    return found


def uv(*arguments: str, cwd: Path = ROOT) -> str:
    """Run uv and return what it printed."""
    done = subprocess.run(["uv", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder))
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_the_engine_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    own = {
        path.relative_to(ROOT / "bin").as_posix()
        for path in (ROOT / "bin" / "runbook").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert own == {name for name in names if ".dist-info/" not in name}
    metadata = zipfile.ZipFile(wheel).read("ensemble_runbook-0.1.0.dist-info/METADATA").decode()
    assert "Requires-Dist" not in metadata
    assert wheel.name in GUIDE.read_text(encoding="utf-8")


def test_the_guide_does_what_it_says(wheel: Path, tmp_path: Path) -> None:
    project = tmp_path / "a project"
    project.mkdir()
    path = tmp_path / "path"
    path.mkdir()
    (path / "python3").symlink_to(Path(sys.executable).resolve())
    said = ""
    for before, block in pairwise([Block("", "", ""), *blocks(GUIDE.read_text(encoding="utf-8"))]):
        if block.file:
            (project / block.file).parent.mkdir(parents=True, exist_ok=True)
            (project / block.file).write_text(block.body, encoding="utf-8")
        elif block.language == "bash":
            said = run(block.body, project, path, wheel)
        elif block.language == "text":
            assert "bash" == before.language
            assert all(
                re.search(pattern(line), said, re.MULTILINE) for line in block.body.splitlines()
            ), said

    assert "" == subprocess.check_output(["git", "status", "--porcelain"], cwd=project, text=True)


def run(script: str, project: Path, path: Path, wheel: Path) -> str:
    """Run a block as a person would who has this Python, and return what it printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST_", "NOX"))
    }
    names = {
        f"GIT_{who}_{what}": "ada@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=project,
        env=kept | names | {"PATH": f"{path}:{os.environ['PATH']}", "WHEEL": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def pattern(line: str) -> str:
    """Return what a shown line stands for: three dots are whatever is printed there."""
    return "^" + re.escape(line).replace(re.escape("..."), ".+") + "$"
