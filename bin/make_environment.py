"""Make a virtual environment that holds exactly what a lock names.

``python make_environment.py ENVIRONMENT LOCK``, called by the launchers on first use and whenever the
lock has changed. Standard library alone, since nothing is installed yet. uv does the work where there
is one, pip elsewhere. Two at once wait for each other; a broken install is never taken for a whole one.

``python make_environment.py --check LOCK`` exits 0 if the Python that runs it already holds the lock;
``python make_environment.py --lacking LOCK`` if it has all of its packages in whatever versions, and prints the others.
"""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "installed-lock.txt"  # a copy of the lock, written last
EXIT_ENVIRONMENT, EXIT_INTERRUPTED = 4, 130
_UV_SYNC = ("pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode")
_NETWORK = (
    "check the network and the package index that uv or pip is set up for, then the same command again;"
    " where it speaks of a certificate: export UV_SYSTEM_CERTS=1;"
    " where it speaks of hashes the lock is wrong: git checkout -- requirements"
)
_SPACE = "free some space (df -h shows where), then the same command again"
# What uv, pip and venv say that has a next step of its own.
_NEXT_STEPS = (
    (os.strerror(errno.ENOSPC), _SPACE),
    (os.strerror(errno.EDQUOT), _SPACE),
    ("ensurepip is not", "install what it names (on Debian: apt-get install python3-venv)"),
)


class _FailedError(Exception):
    """A command did not do its work; with what it said."""


def main(environment: Path, lock: Path) -> int:
    """Make ``environment`` from ``lock`` unless another process has just done so."""
    if not lock.is_file():
        return _give_up(f"{_name(lock)} is missing", "git checkout -- requirements")
    guards = ROOT / ".runbook" / "making"
    try:
        guards.mkdir(parents=True, exist_ok=True)
        with (guards / f"{environment.name}.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            return 0 if _is_fresh(environment, lock) else _make(environment, lock)
    except OSError as error:
        what = f"{_name(environment)} could not be made: {error}"
        return _give_up(what, "make the checkout writable, or free the place")
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _is_fresh(environment: Path, lock: Path) -> bool:
    """Whether it was made from this lock, and its Python has not been uninstalled since."""
    stamp = environment / STAMP
    has_python = (environment / "bin" / "python").exists()
    return has_python and stamp.is_file() and stamp.read_bytes() == lock.read_bytes()


def _make(environment: Path, lock: Path) -> int:
    started = time.monotonic()
    _narrate(f"making {_name(environment)} from {_name(lock)}, once ...")
    shutil.rmtree(environment, ignore_errors=True)
    try:
        _fill(environment, lock)
    except _FailedError as failed:
        said = str(failed)
        _narrate(said.rstrip())
        return _give_up(
            f"{_name(environment)} could not be made from {_name(lock)}; the reason stands above",
            next((step for words, step in _NEXT_STEPS if words in said), _NETWORK),
        )
    shutil.copyfile(lock, environment / STAMP)
    _narrate(f"made {_name(environment)} in {time.monotonic() - started:.1f} s")
    return 0


def _fill(environment: Path, lock: Path) -> None:
    """Make and fill the environment; without uv at hand, pip does it, or fetches the uv that the lock names."""
    python = environment / "bin" / "python"
    if uv := _find_uv(outside=environment):
        _run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, environment])
        _run([uv, *_UV_SYNC, "--python", python, lock])
        return
    # Lending this Python's pip saves the seconds that a copy of it takes.
    has_pip = importlib.util.find_spec("pip") is not None
    without = ["--without-pip"] if has_pip else []
    _run([sys.executable, "-m", "venv", *without, environment])
    pip: list[str | Path] = (
        [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    )
    pip += ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    uv_alone = _pin_of("uv", lock)
    if not uv_alone:
        _run([*pip, "--requirement", lock])
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as only:
        only.write(uv_alone)
        only.flush()
        _run([*pip, "--requirement", only.name])
    _run([environment / "bin" / "uv", *_UV_SYNC, "--python", python, lock])


def _find_uv(*, outside: Path) -> str | None:
    """A uv that is not in the environment to be replaced."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / ".venv" / "bin")])
    uv = shutil.which("uv", path=places)
    return None if uv is None or Path(uv).is_relative_to(outside) else uv


def _run(command: list[str | Path]) -> None:
    """Run a command that nobody hears unless it fails: what it warns of is no business of who asked for a smoke."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise _FailedError(done.stdout.decode(errors="replace"))


def _pin_of(name: str, lock: Path) -> str:
    """The lines of one package in a lock, hashes too; empty where it is not in it."""
    block = re.search(rf"^{name}==.*\n(?: +.*\n)*", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return block[0] if block else ""


def holds(lock: Path) -> bool:
    """Whether this interpreter has every package of ``lock`` in its version.

    A package that the lock wants on some platforms only may be absent, but not of another version.
    """
    return all(
        _installed(name) in ({version, None} if marker else {version})
        for name, version, marker in _pins(lock)
    )


def lacking(lock: Path) -> list[str]:
    """The packages of ``lock`` that this interpreter has in no version; what is for some platforms may be absent."""
    return [name for name, _, marker in _pins(lock) if not marker and _installed(name) is None]


def _pins(lock: Path) -> list[tuple[str, str, str]]:
    """Name, version, and whether a marker follows, of each package."""
    text = lock.read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==([^ \\\n;]+) *(;?)", text, re.MULTILINE)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _name(path: Path) -> str:
    """How a person in the checkout calls ``path``."""
    return os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else str(path)


def _narrate(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _give_up(what: str, next_step: str) -> int:
    _narrate(f"error: {what}\n  next: {next_step}")
    return EXIT_ENVIRONMENT


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        sys.exit(not holds(Path(sys.argv[2])))
    if sys.argv[1] == "--lacking":
        missing = lacking(Path(sys.argv[2]))
        print(", ".join(missing))
        sys.exit(bool(missing))
    sys.exit(main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()))
