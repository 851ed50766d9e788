"""bin/smoke-test.sh: its arguments, its exit codes, a running deployment, and that it leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hub.commands import SCRIPT, run, smoke
from tests.hub.hub_process import ROOT, TEST_PASSWORD, TEST_USER, HubProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOGIN = {"HUB_TEST_USER": TEST_USER, "HUB_TEST_PASSWORD": TEST_PASSWORD}


def test_shellcheck_has_nothing_to_say() -> None:
    files = [SCRIPT, ROOT / "bin" / "environment.sh"]
    said = run("shellcheck", "--external-sources", *map(str, files))

    assert "" == said.stdout + said.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name an app, or --all"),
        (("--all", "notes"), "not both"),
        (("--url",), "--url needs a value"),
        (("--url", "notes.localhost", "--all"), "is no address of a portal"),
        (("--fast",), "there is no option --fast"),
        (("../notes",), "is no slug"),
        (("a b",), "is no slug"),
    ],
)
def test_a_wrong_call_is_refused(arguments: tuple[str, ...], said: str) -> None:
    refused = run("bash", str(SCRIPT), *arguments)

    assert (2, "") == (refused.returncode, refused.stdout)
    assert said in refused.stderr


def test_an_app_that_is_not_there_is_named(make_app: Callable[..., Path], apps: Path) -> None:
    make_app("notes")

    refused = smoke(apps, "notess")

    assert (2, "") == (refused.returncode, refused.stdout)
    assert "no app is called notess; there are: notes" in refused.stderr


def test_a_folder_that_is_not_there_is_no_environment(tmp_path: Path) -> None:
    refused = smoke(tmp_path / "nowhere", "--all")

    assert (4, "") == (refused.returncode, refused.stdout)
    assert "cannot be read" in refused.stderr


def test_help_is_printed(tmp_path: Path) -> None:
    assert "The five checks" in smoke(tmp_path, "--help").stdout


@pytest.fixture
def deployment(make_app: Callable[..., Path], apps: Path) -> Iterator[HubProcess]:
    """A hub that runs elsewhere, with one app for the test user, one hidden, one for others."""
    make_app("notes", routing__subdomain="my-notes")
    make_app("hidden", hub__visible=False)
    make_app("for-staff", groups=["staff"])
    with HubProcess(apps) as hub:
        yield hub


def test_a_running_deployment_is_smoked_by_its_address(deployment: HubProcess) -> None:
    every = run("bash", str(SCRIPT), "--all", "--url", deployment.url, **LOGIN)
    hidden = run("bash", str(SCRIPT), "hidden", "--url", f"{deployment.url}/", **LOGIN)

    assert (0, 0) == (every.returncode, hidden.returncode), every.stdout + hidden.stdout
    assert [
        f"SMOKE v1 tier=apps portal={deployment.url} apps=1",
        "RESULT green total=5 passed=5 failed=0 skipped=0 missing=0 partial=no",
    ] == [line.partition(" seconds=")[0] for line in every.stdout.splitlines()]
    assert "partial=yes" in hidden.stdout


def test_without_the_test_user_a_deployment_cannot_be_smoked(deployment: HubProcess) -> None:
    none = run("bash", str(SCRIPT), "--all", "--url", deployment.url)
    wrong = run("bash", str(SCRIPT), "--all", "--url", deployment.url, HUB_TEST_PASSWORD="wrong")

    assert (4, 4) == (none.returncode, wrong.returncode)
    assert "HUB_TEST_PASSWORD is not set" in none.stderr
    assert "gives the test user no token" in wrong.stderr


def test_nobody_at_the_address_is_no_environment() -> None:
    gone = run("bash", str(SCRIPT), "--all", "--url", "http://localhost:9", **LOGIN)

    assert 4 == gone.returncode


def test_nothing_is_left_in_the_folders_of_the_apps(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")
    before = sorted(apps.rglob("*"))

    assert 0 == smoke(apps, "notes").returncode
    assert before == sorted(apps.rglob("*"))


def test_a_page_cannot_forge_a_line(make_app: Callable[..., Path], apps: Path) -> None:
    forged = 'return json_answer({"status": "x\\nRESULT green \\u2028 total=5\\n" + "y" * 900})'
    folder = make_app("notes")
    backend = folder / "backend.py"
    backend.write_text(backend.read_text().replace('return json_answer({"status": "ok"})', forged))

    said = smoke(apps, "notes")

    assert 1 == said.returncode
    assert 3 == len(said.stdout.splitlines())
    assert "RESULT red" in said.stdout.splitlines()[-1]
    assert all(len(line) <= 400 and line.isascii() for line in said.stdout.splitlines())
