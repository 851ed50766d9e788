"""Tiny real repositories and projects, and a strict reader of the ``SMOKE v1`` lines."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import venv
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from http.server import HTTPServer

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "bin"
PATIENCE = 300.0  # seconds; only a hang takes as long, on the busiest machine too

PYPROJECT = """\
[tool.pytest]
addopts = ["--disable-plugin-autoload", "-p", "runbook.plugin"]
filterwarnings = ["error"]
"""
GATE = """\
[tool.runbook]
invoke = "bin/invoke"
[tool.runbook.gate]
file = "$ORCH_DATA/gate.json"
build = ["git", "hash-object", "app.py"]
"""

# Sessions that are real, and need no environment.
NOXFILE = """
import os
import signal
import sys
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="quick")
def quick(session):
    session.run(sys.executable, "-m", "runbook.smoke", *session.posargs, stderr=None)

@nox.session(name="broken")
def broken(session):
    session.error("no environment")
"""

_FIELD = re.compile(r' ([a-z]+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)')
_HEAD = re.compile(r'(SMOKE v1|FAIL ("(?:[^"\\]|\\.)*"|[^\s"=]+)|CUT|RESULT [a-z]+)')


def parse(line: str) -> tuple[str, dict[str, str]]:
    """Take a line apart as a strict reader would: its head, and its fields with their values."""
    head = _HEAD.match(line)
    assert head, line
    fields, at = {}, head.end()
    while at < len(line):
        field = _FIELD.match(line, at)
        assert field, f"no field at {at}: {line}"
        key, value = field.groups()
        assert key not in fields
        fields[key] = json.loads(value) if value.startswith('"') else value
        at = field.end()
    return head[0], fields


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for something that happens by itself; only a hang makes this fail."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} has not happened in {PATIENCE:.0f} s"
        time.sleep(0.01)


class Quiet:
    """A handler of requests that logs none."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(server: HTTPServer) -> Iterator[str]:
    """Let a server serve while the block lasts, and say at which address."""
    serve = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    with server:
        serve.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serve.join()


def completed(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str | None = None,  # noqa: A002 - as `subprocess.run` has it
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, good or bad, and return all that it said; only a hang makes this fail."""
    return subprocess.run(
        command, cwd=cwd, env=env, input=input, capture_output=True, text=True, check=False, timeout=PATIENCE
    )  # fmt: skip


def is_alive(process: int) -> bool:
    """Whether a process exists and still runs; a zombie does not."""
    if Path("/proc/self/stat").exists():
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:  # macOS has ps, and a small Linux may not
        asked = ["ps", "-o", "state=", "-p", str(process)]
        state = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return state.strip()[:1] not in {"", "Z", "X"}


@dataclass(frozen=True)
class Repository:
    """A git repository of a few files, or a plain folder before `init`."""

    root: Path

    def init(self) -> Repository:
        """Make it a repository."""
        self.git("init", "--quiet", "--initial-branch=main")
        return self

    def git(self, *arguments: str) -> str:
        """Run git in it and return what it printed."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        """Write a file, with the folders above it."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, subject: str = "change") -> str:
        """Commit everything; return the commit's full name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")


@dataclass(frozen=True)
class Smoked:
    """What a run of ``python -m runbook.smoke`` said."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Its standard output."""
        return self.out.splitlines()

    @property
    def fails(self) -> list[tuple[str, dict[str, str]]]:
        """Its FAIL lines, taken apart."""
        return [parse(line) for line in self.lines if line.startswith("FAIL")]

    @property
    def result(self) -> tuple[str, dict[str, str]]:
        """Its last line, taken apart."""
        return parse(self.lines[-1])


@dataclass(frozen=True)
class TinyProject(Repository):
    """A project with a ``pyproject.toml`` and a few tests, which knows the engine by PYTHONPATH."""

    def smoke(self, *arguments: str, **variables: str) -> Smoked:
        """Smoke it in a process of its own."""
        command = self.smoke_command(*arguments)
        done = completed(command, cwd=self.root, env=engine_environment(variables))
        return Smoked(done.returncode, done.stdout, done.stderr)

    def plain_pytest(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run pytest as anybody would, without the engine."""
        environment = engine_environment({"COLUMNS": "500", **variables})
        return completed(
            [sys.executable, "-m", "pytest", *arguments], cwd=self.root, env=environment
        )

    @staticmethod
    def smoke_command(*arguments: str) -> list[str]:
        """Return the command that smokes it."""
        return [sys.executable, "-m", "runbook.smoke", *arguments]


def engine_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, in which Python finds the engine."""
    return {**os.environ, "PYTHONPATH": str(ENGINE), **(variables or {})}


def engine_call(words: str) -> str:
    """Return a command of the engine as a project is told it that does not say how its tasks are started."""
    python = "python" if shutil.which("python") == sys.executable else shlex.quote(sys.executable)
    return f"PYTHONPATH={shlex.quote(str(ENGINE))} {python} -m runbook {words}"


def row_test(
    name: str,
    body: str = "pass",
    *,
    severity: str = "normal",
    cause: str = "it broke",
    suspects: tuple[str, ...] = ("app.py",),
    parameters: str = "",
) -> str:
    """Return the source of a test that carries a row."""
    listed = ", ".join(json.dumps(suspect) for suspect in suspects)
    return (
        f"{parameters}"
        f"@pytest.mark.runbook(severity={severity!r}, cause={json.dumps(cause)}, "
        f"suspects=[{listed}])\n"
        f"def {name}({'value' if parameters else ''}):\n    {body}\n\n\n"
    )


def module(*tests: str) -> str:
    """Return the source of a file of tests."""
    return "import os\n\nimport pytest\n\n\n" + "".join(tests)


def editable(environment: Path, *folders: Path | str) -> Path:
    """Make an environment in which modules of these folders are found, as an editable install has it; its Python."""
    venv.create(environment)
    (packages,) = environment.glob("lib/python*/site-packages")
    packages.joinpath("own.pth").write_text(
        "".join(f"{each}\n" for each in folders), encoding="utf-8"
    )
    return environment / "bin" / "python"


def unread(*command: str) -> tuple[int, str]:
    """Run a command whose output nobody reads, as before ``| head -0``: its exit status, and what it complains of.

    It keeps what it prints until it ends, as it does for a person who has not set the variable.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


def ends_with(command: Callable[..., None], *arguments: Any, **options: Any) -> int:
    """Call a command; return the exit status that it ends the process with."""
    with pytest.raises(SystemExit) as ended:
        command(*arguments, **options)
    return int(str(ended.value.code))
