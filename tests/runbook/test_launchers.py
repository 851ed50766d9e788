"""The launchers, copied into a checkout of their own: which Python they take, make, or refuse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.runbook.support import ROOT, completed

LAUNCHERS = ("nox", "invoke", "run_e2e_smoke.sh")
COPIED = (*LAUNCHERS, "environment.sh", "make_environment.py", "nox_program.py")
# Stands in for a Python: it says where it runs, with what, and as which program.
FAKE_PYTHON = """#!/usr/bin/env bash
[[ $1 == -c ]] && exit {supported}
printf '%s\\n' "$0" "$PWD" "${{PYTHONPATH-}}" "$@"
"""
OLD = "#!/usr/bin/env bash\n[[ $1 == --version ]] && echo Python 3.10.1\nexit 1\n"
EMPTY_LOCK = "# inputs: none\n"
UNREACHABLE = {
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/nothing",
    "PIP_INDEX_URL": "http://127.0.0.1:9/nothing",
    "UV_HTTP_RETRIES": "0",
    "PIP_RETRIES": "0",
}
UNHAD_METADATA = "Metadata-Version: 2.1\nName: no-such-package-anywhere\nVersion: 1.0\n"
UNHAD_LOCK = "no-such-package-anywhere==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@dataclass(frozen=True)
class Checkout:
    """A checkout that holds the launchers and two locks, and the programs on its PATH."""

    root: Path
    programs: Path

    def put(self, name: str, text: str) -> Path:
        """Write a program into the checkout."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
        return file

    def put_environment(self, name: str, lock: str = "fast") -> Path:
        """Write an environment that was made from a lock as it stands, with a fake Python."""
        python = self.put(f"{name}/bin/python", FAKE_PYTHON.format(supported=0))
        shutil.copyfile(
            self.root / f"requirements/{lock}.txt", self.root / name / "installed-lock.txt"
        )
        return python

    def run(
        self, launcher: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a launcher from another folder."""
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        elsewhere = self.root.parent / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        return completed(
            ["bash", str(self.root / "bin" / launcher), *arguments],
            cwd=elsewhere,
            env={**os.environ, "PATH": path, **variables},
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout, in a folder with a space, whose locks hold nothing."""
    made = Checkout(tmp_path / "a checkout", tmp_path / "programs")
    made.programs.mkdir()
    (made.programs / "python3").symlink_to(sys.executable)
    (made.programs / "uv").symlink_to(Path(sys.executable).parent / "uv")
    for name in COPIED:
        made.put(f"bin/{name}", (ROOT / "bin" / name).read_text(encoding="utf-8"))
    for lock in ("tools", "fast"):
        made.put(f"requirements/{lock}.txt", EMPTY_LOCK)
    return made


@pytest.mark.parametrize("name", [*LAUNCHERS, "environment.sh"])
def test_the_scripts_are_bash(name: str) -> None:
    done = subprocess.run(
        ["bash", "-n", str(ROOT / "bin" / name)], capture_output=True, check=False
    )

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", LAUNCHERS)
def test_the_launchers_can_be_called_by_name(name: str) -> None:
    assert os.access(ROOT / "bin" / name, os.X_OK)


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_standard_stream_that_is_closed_leads_nowhere(
    checkout: Checkout, launcher: str, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    for environment, lock in ((".venv", "tools"), (".nox/fast", "fast")):
        python = checkout.put_environment(environment, lock)
        looks = f"for n in 0 1 2; do readlink /dev/fd/$n; done >'{seen}'"
        python.write_text(f"#!/usr/bin/env bash\n{looks}\n", encoding="utf-8")
    program = checkout.root / "bin" / launcher

    done = subprocess.run(
        ["bash", "-c", f"bash '{program}' 0<&- 1>&- 2>&-"], env=os.environ, check=False
    )

    assert 0 == done.returncode
    assert ["/dev/null", str(seen), "/dev/null"] == seen.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("program", "needs"),
    [
        (["-m", "runbook"], "argparse"),
        (["-m", "runbook.smoke"], "argparse"),
        ([str(ROOT / "bin/nox_program.py")], "nox"),
        ([str(ROOT / "bin/task_program.py")], "invoke"),
    ],
    ids=lambda value: value[-1].rpartition("/")[-1] if isinstance(value, list) else "",
)
def test_a_program_that_is_interrupted_as_it_starts_ends_quietly(
    tmp_path: Path, program: list[str], needs: str
) -> None:
    (tmp_path / f"{needs}.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    places = os.pathsep.join([str(tmp_path), str(ROOT / "bin")])

    done = subprocess.run(
        [sys.executable, *program],
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (130, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("tool", ["nox", "invoke"])
def test_a_tool_is_run_from_its_environment_with_every_argument(
    checkout: Checkout, tool: str
) -> None:
    python = checkout.put_environment(".venv", "tools")

    done = checkout.run(tool, "-s", "fast", "--", "-k", "a or b", "")

    own = {
        "nox": [f"{checkout.root}/bin/nox_program.py", "--noxfile", f"{checkout.root}/noxfile.py"],
        "invoke": [f"{checkout.root}/bin/task_program.py", "--search-root", str(checkout.root)],
    }
    arguments = [*own[tool], "-s", "fast", "--", "-k", "a or b", ""]
    assert (0, "") == (done.returncode, done.stderr)
    assert [str(python), *arguments] == [
        *done.stdout.split("\n")[:1],
        *done.stdout.split("\n")[3:-1],
    ]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_launcher_is_found_through_links(checkout: Checkout, launcher: str) -> None:
    for environment, lock in ((".venv", "tools"), (".nox/fast", "fast")):
        checkout.put_environment(environment, lock)
    (checkout.root.parent / "links").mkdir()
    (checkout.root.parent / "links/whole").symlink_to(checkout.root / "bin" / launcher)
    (checkout.programs / "short").symlink_to("../links/whole")

    done = checkout.run("../../programs/short")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(str(checkout.root))


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_where_else_cd_might_look_leads_no_launcher_astray(
    checkout: Checkout, launcher: str, tmp_path: Path
) -> None:
    for environment, lock in ((".venv", "tools"), (".nox/fast", "fast")):
        checkout.put_environment(environment, lock)
    (tmp_path / "other/bin").mkdir(parents=True)

    done = subprocess.run(
        ["bash", f"bin/{launcher}"],
        cwd=checkout.root,
        env={**os.environ, "CDPATH": str(tmp_path / "other")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(str(checkout.root))


@pytest.mark.parametrize(
    ("environments", "used"),
    [
        ([".nox/fast", ".runbook/smoke-environment"], ".nox/fast"),
        ([".runbook/smoke-environment"], ".runbook/smoke-environment"),
    ],
)
def test_the_smoke_takes_an_environment_that_is_there(
    checkout: Checkout, environments: list[str], used: str
) -> None:
    for name in environments:
        checkout.put_environment(name)

    done = checkout.run("run_e2e_smoke.sh", "-v", "-k", "a or b", "--", "*")

    assert (0, "") == (done.returncode, done.stderr)
    assert [
        str(checkout.root / used / "bin/python"),
        str(checkout.root),
        str(checkout.root / "bin"),
        *["-m", "runbook.smoke", "--tier", "fast", "--", "-v", "-k", "a or b", "--", "*"],
    ] == done.stdout.splitlines()


def test_an_active_environment_is_taken_where_it_holds_the_lock(checkout: Checkout) -> None:
    checkout.put("active/bin/python", FAKE_PYTHON.format(supported=0))

    done = checkout.run("run_e2e_smoke.sh", VIRTUAL_ENV=str(checkout.root / "active"))

    # The fake is asked with --check first, and says yes.
    assert "runbook.smoke" in done.stdout
    assert not (checkout.root / ".runbook").exists()


def test_a_fresh_environment_is_not_made_again_and_a_changed_lock_makes_it(
    checkout: Checkout,
) -> None:
    first = checkout.run("nox", "--version")
    assert "made .venv in " in first.stderr
    assert EMPTY_LOCK == (checkout.root / ".venv/installed-lock.txt").read_text(encoding="utf-8")
    left = checkout.put(".venv/left-over", "")

    again = checkout.run("nox", "--version")
    assert "made" not in again.stderr

    checkout.put("requirements/tools.txt", EMPTY_LOCK + "# changed\n")
    changed = checkout.run("nox", "--version")

    assert "made .venv in " in changed.stderr
    assert not left.exists()
    assert all("No module named 'nox'" in each.stderr for each in (first, again, changed))


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    python = checkout.put_environment(".venv", "tools")
    python.unlink()
    python.symlink_to(checkout.root / "uninstalled")

    assert "made .venv in " in checkout.run("nox", "--version").stderr


def test_two_at_once_make_one_environment(checkout: Checkout) -> None:
    command = [sys.executable, str(checkout.root / "bin/make_environment.py")]
    command += [str(checkout.root / "new"), str(checkout.root / "requirements/fast.txt")]
    path = os.pathsep.join([str(checkout.programs), os.environ["PATH"]])
    both = [
        subprocess.Popen(
            command, env={**os.environ, "PATH": path}, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]

    said = [process.communicate()[1] for process in both]

    assert [0, 0] == [process.returncode for process in both]
    assert 1 == sum("making" in each for each in said)


@pytest.mark.parametrize("has_uv", [True, False], ids=["uv", "pip"])
def test_without_a_network_it_says_what_to_do_and_leaves_nothing_whole(
    checkout: Checkout, *, has_uv: bool
) -> None:
    if not has_uv:
        (checkout.programs / "uv").unlink()
        (checkout.programs / "uv").write_text("not a program", encoding="utf-8")
    checkout.put("requirements/tools.txt", UNHAD_LOCK)
    variables = UNREACHABLE if has_uv else UNREACHABLE | {"PATH": without_uv(checkout)}

    done = checkout.run("invoke", "--list", **variables)

    assert 4 == done.returncode
    assert "error: .venv could not be made from requirements/tools.txt" in done.stderr
    assert "next: check the network" in done.stderr
    assert not (checkout.root / ".venv/installed-lock.txt").exists()


def test_what_an_installer_warns_of_is_told_where_it_fails_alone(checkout: Checkout) -> None:
    uv = checkout.programs / "uv"
    uv.unlink()
    real = Path(sys.executable).parent / "uv"
    uv_that_warns = f'#!/bin/sh\necho "WARNING: odd" >&2\nexec "{real}" "$@"\n'
    checkout.put("../programs/uv", uv_that_warns)

    went_well = checkout.run("nox")
    assert "made .venv in " in went_well.stderr
    assert "WARNING: odd" not in went_well.stderr

    checkout.put("requirements/tools.txt", UNHAD_LOCK)
    failed = checkout.run("nox", **UNREACHABLE)

    assert 4 == failed.returncode
    assert "WARNING: odd" in failed.stderr


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("failed to write: No space left on device (os error 28)", "free some space (df -h shows"),
        ("OSError: [Errno 122] Disk quota exceeded: 'x'", "free some space (df -h shows where)"),
        ("ensurepip is not available", "install what it names (on Debian: apt-get install"),
    ],
    ids=["full", "quota", "Debian without venv"],
)
def test_what_is_no_matter_of_the_network_is_not_told_as_one(
    checkout: Checkout, said: str, advice: str
) -> None:
    (checkout.programs / "uv").unlink()
    checkout.put("../programs/uv", f'#!/bin/sh\necho "{said}" >&2\nexit 2\n')

    done = checkout.run("run_e2e_smoke.sh")

    assert (4, "") == (done.returncode, done.stdout)
    assert f"{said}\nerror: .runbook/smoke-environment could not be made" in done.stderr
    assert f"  next: {advice}" in done.stderr


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_ctrl_c_ends_a_launcher_though_what_it_waits_for_ends_well(
    checkout: Checkout, launcher: str
) -> None:
    for environment, lock in ((".venv", "tools"), (".nox/fast", "fast")):
        checkout.put_environment(environment, lock)
    checkout.put("../programs/cmp", "#!/bin/sh\nkill -INT $PPID\n")

    done = checkout.run(launcher)

    assert (130, "", "") == (done.returncode, done.stdout, done.stderr)


def test_whoever_interrupts_an_installation_is_shown_no_traceback(checkout: Checkout) -> None:
    (checkout.programs / "uv").unlink()
    checkout.put("../programs/uv", "#!/bin/sh\nkill -INT $PPID\nsleep 5\n")

    done = checkout.run("run_e2e_smoke.sh")

    said = "making .runbook/smoke-environment from requirements/fast.txt, once ...\n"
    assert (130, said) == (done.returncode, done.stderr)


def test_a_lock_with_wrong_hashes_is_told_how_to_get_the_right_one(checkout: Checkout) -> None:
    had = checkout.root / "no_such_package_anywhere-1.0-py3-none-any.whl"
    with ZipFile(had, "w") as wheel:
        wheel.writestr("no_such_package_anywhere-1.0.dist-info/METADATA", UNHAD_METADATA)
    checkout.put("requirements/tools.txt", UNHAD_LOCK)

    done = checkout.run("invoke", "--list", UV_NO_INDEX="1", UV_FIND_LINKS=str(checkout.root))

    assert 4 == done.returncode
    assert "sha256:" + "0" * 64 in done.stderr
    assert "where it speaks of hashes the lock is wrong: git checkout -- req" in done.stderr
    assert "where it speaks of a certificate: export UV_SYSTEM_CERTS=1;" in done.stderr


def without_uv(checkout: Checkout) -> str:
    """Return a PATH on which there is all that the launchers use, and no uv."""
    folder = checkout.root.parent / "plain"
    folder.mkdir()
    for name in ("bash", "env", "cmp", "dirname", "basename"):
        (folder / name).symlink_to(str(shutil.which(name)))
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    (folder / "python3").symlink_to(base)
    return str(folder)


def test_a_lock_that_is_gone_is_named(checkout: Checkout) -> None:
    (checkout.root / "requirements/tools.txt").unlink()

    done = checkout.run("nox")

    assert 4 == done.returncode
    assert "error: requirements/tools.txt is missing\n  next: git checkout" in done.stderr


def test_a_place_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    checkout.put(".runbook", "a file in the way")

    done = checkout.run("run_e2e_smoke.sh")

    assert 4 == done.returncode
    assert "error: .runbook/smoke-environment could not be made" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_machine_with_an_old_python_alone_is_told(checkout: Checkout, launcher: str) -> None:
    (checkout.programs / "python3").unlink()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        checkout.put(f"../programs/{name}", OLD)

    done = checkout.run(launcher)

    assert (4, "") == (done.returncode, done.stdout)
    error, what_next = done.stderr.splitlines()
    assert "error: no Python of 3.11 or later is on PATH; the first one is: Python 3.10.1" == error
    assert what_next.startswith("  next: install one")


def test_a_newer_python_beside_an_old_one_is_taken(checkout: Checkout) -> None:
    (checkout.programs / "python3").unlink()
    checkout.put("../programs/python3", OLD)
    checkout.put("../programs/python3.13", OLD)
    (checkout.programs / "python3.12").symlink_to(sys.executable)

    assert "made .venv in " in checkout.run("nox").stderr


def test_what_a_python_says_when_it_starts_is_no_part_of_its_name(checkout: Checkout) -> None:
    talkative = f'#!/bin/sh\necho "welcome"\nexec "{sys.executable}" "$@"\n'
    (checkout.programs / "python3").unlink()
    checkout.put("../programs/python3", talkative)

    assert "made .venv in " in checkout.run("nox").stderr


def test_the_python_to_make_environments_with_can_be_named(checkout: Checkout) -> None:
    (checkout.programs / "python3").unlink()
    checkout.put("../programs/python3", OLD)

    assert "made .venv in " in checkout.run("nox", RUNBOOK_PYTHON=sys.executable).stderr


def test_where_the_browsers_environment_is_both_tiers_are_one_smoke(checkout: Checkout) -> None:
    def smoked(**variables: str) -> tuple[str, str]:
        python, _, _, *arguments = checkout.run("run_e2e_smoke.sh", **variables).stdout.split("\n")
        return Path(python).parents[1].name, arguments[arguments.index("--tier") + 1]

    lock = checkout.put("requirements/browser.txt", EMPTY_LOCK)
    checkout.put_environment(".nox/fast")
    assert ("fast", "fast") == smoked()

    checkout.put_environment(".nox/browser", "browser")
    assert ("browser", "fast+browser") == smoked()
    assert ("fast", "fast") == smoked(E2E_BROWSER="no")

    lock.write_text(f"{EMPTY_LOCK}# another\n", encoding="utf-8")
    assert ("fast", "fast") == smoked()


def test_e2e_python_is_taken_whatever_else_there_is(checkout: Checkout) -> None:
    checkout.put_environment(".nox/fast")
    named = checkout.put("../elsewhere/py thon", FAKE_PYTHON.format(supported=0))

    for name in (str(named), "./py thon"):  # the latter from where the caller is
        done = checkout.run("run_e2e_smoke.sh", E2E_PYTHON=name)

        assert (0, "") == (done.returncode, done.stderr)
        assert named.samefile(done.stdout.splitlines()[0])
        assert str(checkout.root) == done.stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("/no/such/python", "E2E_PYTHON is /no/such/python, which is no program"),
        ("no-such-python", "E2E_PYTHON is no-such-python, which is no program"),
        ("./old", "E2E_PYTHON is ./old, which is no Python of 3.11 or later"),
    ],
)
def test_an_e2e_python_that_will_not_do_is_refused(
    checkout: Checkout, named: str, complaint: str
) -> None:
    checkout.put("../elsewhere/old", OLD)

    done = checkout.run("run_e2e_smoke.sh", E2E_PYTHON=named)

    assert (4, "") == (done.returncode, done.stdout)
    assert f"error: {complaint}\n  next: unset E2E_PYTHON" in done.stderr


def test_an_e2e_python_without_what_the_smoke_needs_is_refused(checkout: Checkout) -> None:
    """Its server would not start, and every row would be red for it."""
    checkout.put("requirements/fast.txt", "no-such-thing==1 \\\npytest==0.1 \\\nnor-this==2 \\\n")

    done = checkout.run("run_e2e_smoke.sh", E2E_PYTHON=sys.executable)

    assert (4, "") == (done.returncode, done.stdout)
    complaint = f"error: E2E_PYTHON is {sys.executable}, which lacks no-such-thing, nor-this\n"
    assert f"{complaint}  next: unset E2E_PYTHON" in done.stderr
