"""The browser tier itself, run as people run it: one launch, evidence, and what happens without a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from runbook.browsers import VARIABLE, find_working_browser
from tests.browser_pages.losing import HOW
from tests.integration.server_process import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.browser import Visits

BREAKING = "tests.browser_pages.breaking"
ENDING = "tests.browser_pages.ending"
LOSING = "tests.browser_pages.losing"
KEEPER_SECONDS = 30.0  # far above what it takes


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for all that is temporary, with a short name, as people's are."""
    with tempfile.TemporaryDirectory(prefix="tier-", dir="/tmp") as folder:
        yield Path(folder)


def smoke(temporary: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the tier in a process of its own, with a folder of its own for all that is temporary."""
    command, environment = how_to_smoke(temporary, variables)
    return subprocess.run(
        [*command, "--", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def how_to_smoke(temporary: Path, variables: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs the tier, and its environment."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PYTHONPATH": str(ROOT / "bin"), "TMPDIR": str(temporary), **variables}
    return [sys.executable, "-m", "runbook.smoke", "--tier", "browser", "--json", "-"], environment


def left_behind(folder: Path) -> list[str]:
    """Return what a run has left in its temporary folder, its browser's and its driver's folders among it.

    A run that is refused before its tests ends at once, and its keepers clean up a moment later.
    """
    deadline = time.monotonic() + KEEPER_SECONDS
    while found := sorted(path.name for path in folder.iterdir()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return found


def test_a_run_launches_one_browser_and_leaves_nothing_behind(
    tmp_path: Path, temporary: Path
) -> None:
    counting = tmp_path / "counting-chromium"
    launches = tmp_path / "launches"
    real = find_working_browser().browser.path
    counting.write_text(f'#!/bin/sh\necho launched >> {launches}\nexec {real} "$@"\n')
    counting.chmod(0o755)

    done = smoke(temporary, **{VARIABLE: str(counting)})

    result = json.loads(done.stdout)
    assert ("green", 0) == (result["verdict"], done.returncode), done.stderr
    assert {"passed": 3, "total": 3} == {key: result[key] for key in ("passed", "total")}
    assert ["launched"] == launches.read_text().split()
    assert [] == left_behind(temporary)


def test_no_other_host_is_found_not_even_this_machine_by_another_address(visits: Visits) -> None:
    page = visits.begin("somebody").page
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = page.goto(f"http://127.0.0.1:{server.server_port}/")
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            page.goto(f"http://0.0.0.0:{server.server_port}/")
        server.shutdown()

    assert here
    assert HTTPStatus.NOT_IMPLEMENTED == here.status


def test_a_run_that_is_killed_leaves_nothing_behind(temporary: Path) -> None:
    command, environment = how_to_smoke(temporary, {})
    with subprocess.Popen(
        [*command, "--", "-p", ENDING],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        pass  # its tests end by kill -9, while Chromium shows a page

    assert [] == left_behind(temporary)


def test_a_long_path_of_the_temporary_folder_is_no_trouble(temporary: Path) -> None:
    deep = temporary / ("d" * 200)
    deep.mkdir()

    done = smoke(deep, "-k", "banner")

    assert (0, 1) == (done.returncode, json.loads(done.stdout)["passed"]), done.stderr
    assert [] == left_behind(deep)


def test_a_failure_keeps_what_the_browser_showed(temporary: Path) -> None:
    done = smoke(temporary, "-k", "banner", "-p", BREAKING)

    (failure,) = json.loads(done.stdout)["failures"]
    kept = {path.name for path in (ROOT / failure["evidence"]).iterdir()}
    assert 1 == done.returncode
    assert failure["evidence"].endswith("/test_banner_and_terms_are_remembered")
    assert f" evidence={failure['evidence']} " in done.stderr
    assert {
        f"newcomer-{what}" for what in ("page1.png", "trace.zip", "console.log", "requests.log")
    } == kept
    assert [] == left_behind(temporary)


def test_where_a_browser_is_broken_the_next_is_driven(tmp_path: Path, temporary: Path) -> None:
    broken = tmp_path / "chromium-1" / "chrome-linux" / "chrome"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho broken on purpose; exit 1\n")
    broken.chmod(0o755)

    named = {VARIABLE: "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = smoke(temporary, "-k", "banner", **named)

    assert (0, 1) == (done.returncode, json.loads(done.stdout)["passed"]), done.stderr
    assert [] == left_behind(temporary)


@pytest.mark.parametrize(("number", "how"), [("SIGKILL", "ended"), ("SIGSTOP", "does not answer")])
def test_a_browser_that_is_lost_on_the_way_is_no_fault_of_the_pages(
    temporary: Path, number: str, how: str
) -> None:
    done = smoke(temporary, "-p", LOSING, **{HOW: number})

    failures = json.loads(done.stdout)["failures"]
    assert (1, 3) == (done.returncode, len(failures)), done.stderr
    for failure in failures:
        assert f"was lost on the way, it {how}: " in failure["got"]
        assert "Chromium goes on" in failure["precondition"]
    assert [] == left_behind(temporary)


@pytest.fixture(params=["no-such-chromium", "false", ""])
def without_browser(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment that names a browser which is not there, or is broken; or one without any."""
    programs = tmp_path / "programs"
    programs.mkdir()
    git = shutil.which("git")
    assert git is not None
    (programs / "git").symlink_to(git)
    nowhere = {"PATH": str(programs), "HOME": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": ""}
    return {VARIABLE: request.param} if request.param else {VARIABLE: "", **nowhere}


def way_out(without_browser: dict[str, str]) -> str:
    """What to do next: where a browser is named, none would be installed in its place."""
    named = without_browser[VARIABLE]
    return f"next: set {VARIABLE} to another" if named else "next: bin/invoke install-browsers, or"


def test_without_a_browser_a_person_is_warned(
    temporary: Path, without_browser: dict[str, str]
) -> None:
    done = smoke(temporary, "-W", "error", **without_browser)

    result = json.loads(done.stdout)
    assert (0, "partial", 3) == (done.returncode, result["verdict"], result["skipped"])
    assert "UserWarning: no Chromium for the browser tests" in done.stderr
    assert way_out(without_browser) in done.stderr
    assert [] == left_behind(temporary)


def test_without_a_browser_ci_is_told_to_install_one(
    temporary: Path, without_browser: dict[str, str]
) -> None:
    done = smoke(temporary, CI="true", **without_browser)

    assert 4 == done.returncode
    assert "no Chromium for the browser tests" in done.stderr
    assert f"\n  {way_out(without_browser)}" in done.stderr
    assert 0 == json.loads(done.stdout)["passed"]
    assert [] == left_behind(temporary)
