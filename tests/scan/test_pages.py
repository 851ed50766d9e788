"""html-validate on every page, as the server sends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashgen.pages.navigation import LEGAL_PAGES

if TYPE_CHECKING:
    from tests.scan.conftest import Target

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "html-validate"
SWITCHED_OFF = (
    # Nothing is in danger where a page is served with a policy that names its scripts by digest.
    "require-sri",
    # How it is laid out is nobody's business but a person's who reads the source.
    "no-trailing-whitespace",
    # `hidden` alone says it, as the standard has it.
    "attribute-boolean-style",
    # Void elements are written as Jinja's templates have them.
    "void-style",
)
RULES = {"extends": ["html-validate:standard"], "rules": dict.fromkeys(SWITCHED_OFF, "off")}


@pytest.fixture(scope="session")
def html_validate() -> Path:
    """The program, installed once from its lock."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.exit("error: html-validate needs npm\n  next: apt-get install npm", returncode=4)
    folder = ROOT / ".runbook" / "html-validate"
    program = folder / "node_modules" / ".bin" / "html-validate"
    lock = (LOCK / "package-lock.json").read_bytes()
    stamp = folder / "installed-lock.json"
    if not (program.exists() and stamp.exists() and stamp.read_bytes() == lock):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(LOCK / name, folder / name)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run([npm, "ci", *quiet], cwd=folder, check=True)
        stamp.write_bytes(lock)
    return program


def test_every_page_is_valid(target: Target, html_validate: Path, tmp_path: Path) -> None:
    pages = ["/index.html", "/studio.html", "/pair.html", "/settings.html", "/dashboard.html"]
    pages += [page.url for page in LEGAL_PAGES]
    pages += [f"/canvas/{target.public}.html", "/docs/getting-started/SMOKE_RUNBOOK.html"]
    pages += ["/canvas/cnv_000000000000.html"]
    for page in pages:
        answer = target.panel.get(page)
        assert "text/html; charset=utf-8" == answer.headers["content-type"], page
        (tmp_path / page.strip("/").replace("/", "-")).write_bytes(answer.body)
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps({"root": True, **RULES}))
    done = subprocess.run(
        [str(html_validate), "--formatter", "text", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert (0, "") == (done.returncode, done.stdout), done.stdout[-5000:] + done.stderr[-1000:]
