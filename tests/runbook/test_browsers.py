"""A Chromium is found, proved by a page and, where there is none, installed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from runbook import browsers
from runbook.browsers import Browser, find_working_browser, install_browser, prove
from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import ExitCode
from runbook.processes.descendants import marked
from tests.runbook.support import is_alive, wait_until

GOOD = """
case "$*" in
  --version) echo "Chromium 99.0.1" ;;
  *--dump-dom*) echo "<p id=p>42</p>" ;;
esac
"""
DEAD = "echo cannot open shared object >&2; exit 127"
BLANK = "exit 0"
# As Chromium does: what kills it is not the last that it says.
DIES_OF_A_LONG_PATH = f"""
if [ ${{#TMPDIR}} -gt 62 ]; then
  echo "[1:1:FATAL:process_singleton.cc] Socket path too long" >&2
  echo "write: Broken pipe" >&2
  exit 133
fi
{GOOD}
"""
NO_INSTALLER = ["no-such-installer"]


class Machine:
    """A machine with no browser on it but those that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.cache = folder / "cache"
        self.programs.mkdir()

    def program(self, path: str, script: str) -> str:
        """Put a program there, below the folder that is searched."""
        return _write(self.programs / path, script)

    def build(self, path: str, script: str = GOOD) -> str:
        """Put a build there, where Playwright would have downloaded it to."""
        return _write(self.cache / path, script)


def _write(file: Path, script: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.programs))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(made.cache))
    monkeypatch.delenv(browsers.VARIABLE, raising=False)
    monkeypatch.setattr(browsers, "_APPLICATIONS", ())
    return made


def test_a_browser_is_proved_by_a_page_and_says_its_version(machine: Machine) -> None:
    path = machine.program("chromium", GOOD)

    proof = find_working_browser()

    assert (Browser(path, "system"), "Chromium 99.0.1") == (proof.browser, proof.version)
    assert {
        "schema": "browser/1",
        "path": path,
        "source": "system",
        "version": "Chromium 99.0.1",
        "seconds": round(proof.seconds, 2),
    } == proof.as_json()
    assert path in str(proof)
    assert "Chromium 99.0.1" in str(proof)


@pytest.mark.parametrize("asked", ["sleep 60", "exit 1", "exit 0"], ids=["hangs", "fails", "mute"])
def test_one_that_runs_a_page_works_whatever_it_says_of_its_version(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(browsers, "_VERSION_SECONDS", 0.5)
    machine.program(
        "chromium", GOOD.replace('echo "Chromium 99.0.1"', f"PATH=/bin:/usr/bin; {asked}")
    )

    assert "a Chromium that does not tell its version" == find_working_browser().version


def test_the_environment_comes_first_then_playwright_then_the_system(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = machine.program("google-chrome", GOOD)
    full = machine.build("chromium-1300/chrome-linux/chrome")
    old = machine.build("chromium_headless_shell-999/chrome-linux/headless_shell")
    new = machine.build("chromium_headless_shell-1255/chrome-linux64/chrome-headless-shell")
    Path(machine.build("chromium-1400/chrome-linux/chrome")).chmod(0o644)

    assert [new, old, full, system] == [each.path for each in browsers.candidates()]
    monkeypatch.setenv(browsers.VARIABLE, system)
    assert [Browser(system, "environment")] == list(browsers.candidates())
    assert Browser(system, "environment") == browsers.find_browser()


def test_one_that_is_proved_asks_no_other_host(machine: Machine, tmp_path: Path) -> None:
    told = tmp_path / "told"
    path = machine.program("chromium", f'echo "$@" >> {told}\n{GOOD}')

    prove(Browser(path, "system"))

    assert "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE" in told.read_text(encoding="utf-8")


def test_a_name_in_the_environment_is_looked_up_on_the_path(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = machine.program("my-chromium", GOOD)
    monkeypatch.setenv(browsers.VARIABLE, "my-chromium")

    assert path == find_working_browser().browser.path


def test_one_that_is_broken_is_passed_over(machine: Machine) -> None:
    machine.build("chromium-1/chrome-linux/chrome", DEAD)
    path = machine.program("chromium", GOOD)

    assert path == find_working_browser().browser.path


def test_a_long_path_of_the_temporary_folder_is_no_trouble(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    machine.program("chromium", DIES_OF_A_LONG_PATH)

    assert "Chromium 99.0.1" == find_working_browser().version
    assert [] == list(deep.iterdir())


def test_a_browser_keeps_what_is_temporary_in_its_profile(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    told = tmp_path / "told"
    machine.program(
        "chromium", f'case "$*" in *user-data-dir=$TMPDIR*) echo > {told} ;; esac\n{GOOD}'
    )

    find_working_browser()

    assert told.exists()


def test_what_killed_it_is_said_and_not_what_came_after(machine: Machine) -> None:
    path = machine.program("chromium", DIES_OF_A_LONG_PATH.replace("-gt 62", "-gt 0"))

    with pytest.raises(EnvironmentNotReady, match="Socket path too long"):
        prove(Browser(path, "system"))


def test_where_none_works_the_message_says_why_each_does_not(machine: Machine) -> None:
    dead = machine.build("chromium-1/chrome-linux/chrome", DEAD)
    blank = machine.program("chromium", BLANK)

    with pytest.raises(EnvironmentNotReady) as caught:
        find_working_browser()

    assert f"{dead} does not work: cannot open shared object" in caught.value.what
    assert f"{blank} starts, and does not run a page's script" in caught.value.what
    assert "bin/invoke install-browsers" in caught.value.next_step
    assert ExitCode.ENVIRONMENT is caught.value.exit_code


@pytest.mark.usefixtures("machine")
def test_none_at_all_is_said_with_what_to_do() -> None:
    assert browsers.find_browser() is None
    with pytest.raises(
        EnvironmentNotReady, match="no Chromium works here: there is none"
    ) as caught:
        find_working_browser()
    assert "bin/invoke install-browsers" in caught.value.next_step


@pytest.mark.usefixtures("machine")
def test_a_wrong_name_in_the_environment_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(browsers.VARIABLE, "no-such-browser")

    with pytest.raises(EnvironmentNotReady, match="no-such-browser, which is no program"):
        install_browser([sys.executable, "-c", "raise SystemExit('called')"])


def test_a_broken_one_in_the_environment_is_not_replaced_either(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.program("chromium", GOOD)
    monkeypatch.setenv(browsers.VARIABLE, machine.program("mine", DEAD))

    with pytest.raises(EnvironmentNotReady, match="mine does not work") as caught:
        install_browser(NO_INSTALLER)
    assert f"set {browsers.VARIABLE} to another" in caught.value.next_step


def test_one_that_hangs_is_ended_with_all_that_it_has_started(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = tmp_path / "helper"
    path = machine.program(
        "chromium",
        f"/bin/sleep 600 & echo $! > {noted}.new; /bin/mv {noted}.new {noted}; /bin/sleep 600",
    )
    seconds = 0.5

    while not noted.exists():  # as long as the shell needs to start the helper
        monkeypatch.setattr(browsers, "CHECK_SECONDS", seconds)
        with pytest.raises(EnvironmentNotReady, match="did not end in"):
            prove(Browser(path, "system"))
        seconds *= 2

    wait_until(lambda: not is_alive(int(noted.read_text())), "the helper's end")


def test_what_others_run_in_the_same_temporary_folder_is_not_ended(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = machine.program("good", GOOD)
    other = marked(os.environ, f"{tmp_path}/another/scratch")
    with subprocess.Popen(["/bin/sleep", "1000"], env=other, start_new_session=True) as process:
        prove(Browser(path, "system"))
        is_left = is_alive(process.pid)
        process.kill()
    assert is_left


def test_one_that_never_stops_talking_is_ended_before_it_fills_the_memory(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = machine.program("chromium", "while echo many words; do :; done")
    monkeypatch.setattr(browsers, "_MOST_LETTERS", 4_096)

    with pytest.raises(EnvironmentNotReady, match=r"does not work|does not run a page's script"):
        prove(Browser(path, "system"))


@pytest.mark.parametrize("status", [0, 3])
def test_what_a_browser_says_cannot_command_a_terminal(machine: Machine, status: int) -> None:
    path = machine.program(
        "chromium", rf"printf 'c\na\033[2Jb\a' | /usr/bin/tee /dev/stderr; exit {status}"
    )

    with pytest.raises(EnvironmentNotReady) as caught:
        prove(Browser(path, "system"))
    assert caught.value.what.isprintable()
    assert path in caught.value.what


def test_what_is_no_program_of_this_machine_is_said(machine: Machine) -> None:
    path = machine.program("chromium", GOOD)
    Path(path).write_bytes(b"\x7fELF of another machine")

    with pytest.raises(EnvironmentNotReady, match=f"{path} does not start"):
        prove(Browser(path, "system"))


def test_installing_where_one_works_installs_nothing(machine: Machine) -> None:
    path = machine.program("chromium", GOOD)

    assert path == install_browser(NO_INSTALLER).browser.path


def test_playwrights_download_is_the_first_way(
    machine: Machine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ready = _write(tmp_path / "download", GOOD)
    target = machine.cache / "chromium_headless_shell-1/chrome-linux/headless_shell"
    target.parent.mkdir(parents=True)
    installer = _write(tmp_path / "playwright", f'echo "$@"; /bin/cp {ready} {target}')

    proof = install_browser([installer])

    out, err = capfd.readouterr()
    assert ("playwright", str(target)) == (proof.browser.source, proof.browser.path)
    assert "" == out
    assert "install --only-shell chromium" in err


def test_a_light_one_is_installed_beside_a_whole_one_and_then_preferred(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.program("chromium", GOOD)
    machine.program("sh", 'exec /bin/sh "$@"')
    package = _write(tmp_path / "package", GOOD)
    light = f"{machine.programs}/chromium-headless-shell"
    machine.program("apt-get", f'[ "$1" = update ] || /bin/cp {package} "{machine.programs}/$5"')
    with pytest.raises(EnvironmentNotReady, match="chromium is a whole browser") as caught:
        find_working_browser(light=True)
    assert "bin/invoke install-browsers --light, or" in caught.value.next_step

    installed = install_browser(NO_INSTALLER, light=True).browser.path

    assert light == installed
    assert light == find_working_browser().browser.path


@pytest.mark.parametrize("program", ["brew", "dnf", "apk"])
def test_where_no_package_is_light_only_playwrights_download_is(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.program(program, GOOD)

    assert 1 == len(browsers.install_commands(["playwright"], light=True))


@pytest.mark.parametrize("user", [0, 1000])
def test_the_package_manager_is_the_next_way_where_it_asks_nothing(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    ready = _write(tmp_path / "package", GOOD)
    machine.program("sh", 'exec /bin/sh "$@"')
    machine.program("sudo", 'shift; [ "$1" = true ] || exec "$@"')
    machine.program("apt-get", f'[ "$1" = update ] || /bin/cp {ready} {machine.programs}/chromium')

    assert "system" == install_browser(NO_INSTALLER).browser.source


def test_nothing_is_installed_that_would_ask_for_a_password(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.program("sudo", "exit 1")
    machine.program("apt-get", GOOD)

    assert [["playwright", "install", "--only-shell", "chromium"]] == browsers.install_commands(
        ["playwright"]
    )


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("dnf", ["dnf", "install", "-y", "chromium"]),
        ("apk", ["apk", "add", "chromium"]),
        ("brew", ["brew", "install", "--cask", "chromium"]),
    ],
)
def test_every_package_manager_is_called_in_its_own_way(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, program: str, command: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.program(program, GOOD)

    assert command == browsers.install_commands(["playwright"])[1]


@pytest.mark.parametrize(
    ("light", "what", "next_step"),
    [
        (False, "no Chromium could be installed", "install a Chromium or Chrome with"),
        (True, "no headless shell could be installed", "install a headless shell with"),
    ],
)
def test_where_nothing_helps_it_says_what_is_left_to_do(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, what: str, next_step: str, *, light: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.program("apk", "exit 3")

    with pytest.raises(EnvironmentNotReady, match=what) as caught:
        install_browser(NO_INSTALLER, light=light)
    assert caught.value.next_step.startswith(next_step)
    assert f"set {browsers.VARIABLE}" in caught.value.next_step


def test_who_names_a_whole_browser_is_told_what_would_be_light(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(browsers.VARIABLE, machine.program("chromium", GOOD))

    with pytest.raises(EnvironmentNotReady, match="no headless shell works here") as caught:
        install_browser(NO_INSTALLER, light=True)
    assert f"set {browsers.VARIABLE} to another headless shell, or unset it" == (
        caught.value.next_step
    )


def test_only_root_goes_without_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for user, arguments in ((0, ["--no-sandbox"]), (1000, [])):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert arguments == browsers.sandbox_arguments()
