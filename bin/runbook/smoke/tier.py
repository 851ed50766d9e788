"""Run a tier: start pytest, judge its events, print the ``SMOKE v1`` lines.

``python -m runbook.smoke [--tier NAME] [--json FILE] [--report-to URL] [--companions-by PYTHON] [--] [pytest
arguments]``. Results go to standard output, narration to standard error. With ``--companions-by`` a whole green
run goes on to the tiers that go with it, in the sessions of that Python's Nox, unless they are proved. pytest is
started before anything else is done, because the rest (which commit, which rows) can be found out while it runs;
hence the late imports.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from runbook.errors import RunbookError, UsageError, lacking, tell
from runbook.exit_codes import ExitCode
from runbook.processes.standard_streams import narrate, open_closed_streams, say
from runbook.project import find_project
from runbook.runs.run_folder import RunFolder, prune
from runbook.sessions.told_codes import SESSION_VARIABLE, take_codes_file, tell_exit_code
from runbook.smoke.bytecode import drop_stale_rewrites, refresh
from runbook.smoke.probes import is_probe
from runbook.smoke.pytest_process import (
    EVENTS_VARIABLE,
    EVIDENCE_VARIABLE,
    LIMIT_VARIABLE,
    NONCE_VARIABLE,
    PytestProcess,
    pytest_command,
    pytest_work,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runbook.project import Project, Tier
    from runbook.rows import TestFunction
    from runbook.runs.run_report import Run
    from runbook.runs.source_state import SourceState
    from runbook.smoke.companions import Companion

GATE_NONCE_VARIABLE = "RUNBOOK_GATE_NONCE"  # the secret of whoever judges this run besides
_ASKS_PYTEST = {"-h", "--help", "-V", "--version", "--markers", "--fixtures", "--fixtures-per-test"}
_LISTS = {"--collect-only", "--co"}
_YIELDING = 5  # added to this process's niceness once pytest runs
_START_SECONDS = 1.0  # in which pytest and what it smokes have the cores for themselves


def main(argv: Sequence[str] | None = None) -> int:
    """Run a tier as the command line says; return an `ExitCode`."""
    started = time.monotonic()
    open_closed_streams()
    told = take_codes_file()  # not for a smoke that a test may run
    exit_code = _main(list(sys.argv[1:] if argv is None else argv), started)
    tell_exit_code(told, exit_code)
    return exit_code


def _main(argv: list[str], started: float) -> int:
    options, arguments = _parse(argv)
    try:
        project = find_project(Path.cwd())
        tier = project.tier(options.tier)
        if _ASKS_PYTEST.intersection(arguments):
            import subprocess  # noqa: PLC0415 - hardly ever

            return subprocess.call(pytest_command(tier.tests, arguments), cwd=project.root)
        token = _take_token(options.report_to) if options.report_to else ""
        companions = _companions(project, tier) if options.companions_by else list
        run = _smoke(project, tier, arguments, options.json, started, companions)
        if options.add_json:
            _add_json(run.as_json(), options.add_json)
    except (RunbookError, OSError) as error:
        reason = lacking(error) if isinstance(error, OSError) else error
        if options.add_json:
            _add_json(reason.as_json(), options.add_json)
        return tell(reason, options.json)
    except KeyboardInterrupt:  # before pytest could have it
        return ExitCode.INTERRUPTED
    exit_code = run.exit_code
    try:
        exit_code = _send_result(run, options.report_to, token) if token else exit_code
        return max(exit_code, _run_companions(run, options, companions()))
    except RunbookError as error:
        return max(exit_code, tell(error, ""))  # the run has its JSON already
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split our options from pytest's; what stands behind ``--`` is pytest's, letter for letter."""
    own, verbatim = argv, []
    if "--" in argv:
        cut = argv.index("--")
        own, verbatim = argv[:cut], argv[cut + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m runbook.smoke", allow_abbrev=False, add_help=False
    )
    parser.add_argument("--tier", default="fast")
    parser.add_argument("--json", default="")
    parser.add_argument("--add-json", default="")  # a line a run, where a session smokes twice
    parser.add_argument("--report-to", default="")
    parser.add_argument("--companions-by", default="")
    options, unknown = parser.parse_known_args(own)
    return options, unknown + verbatim


def _smoke(  # noqa: PLR0913, PLR0917 - a smoke is all of these
    project: Project,
    tier: Tier,
    arguments: list[str],
    json_file: str,
    started: float,
    companions: Callable[[], list[Companion]],
) -> Run:
    empty_json(json_file)
    folder = RunFolder.make(project.state)
    nonce = os.environ.pop(GATE_NONCE_VARIABLE, "") or os.urandom(16).hex()
    content = _content(project, tier)
    with _started(project, tier, arguments, folder, nonce) as child:
        source, tests = _read_beside(child, project, tier)
        from runbook.runs.run_report import Run  # noqa: PLC0415 - while pytest runs
        from runbook.runs.run_results import publish  # noqa: PLC0415 - while pytest runs

        results = sys.stderr if json_file == "-" else sys.stdout
        say(_header(tier, source, folder), results)
        if source.why:
            narrate(f"note: the commit is unknown: {source.why}")
        prune(project.state)
        companions()
        with _unheard():
            status = child.watch(folder.log, _shown_on(arguments), _is_stuck(project, folder))

    seconds = time.monotonic() - started
    content = content if content == _content(project, tier) else ""
    run = Run(
        *(project, tier, arguments, folder, source, tests, status, child.interrupted),
        *(nonce, seconds, content),
    )
    publish(run, results, json_file=json_file)
    return run


def _header(tier: Tier, source: SourceState, folder: RunFolder) -> str:
    """The first line of a run; its session stands there only where it has another name than the tier's own."""
    from runbook.runs.report_lines import header  # noqa: PLC0415 - while pytest runs

    session = os.environ.get(SESSION_VARIABLE, tier.session)
    return header(
        tier=tier.name,
        source=source,
        run=folder.id,
        session="" if session == tier.session else session,
        bent=" ".join(_bent(tier)),
    )


def _started(
    project: Project, tier: Tier, arguments: list[str], folder: RunFolder, nonce: str
) -> PytestProcess:
    """Start pytest for a tier, which tells the run's folder what happens."""
    own = dict(tier.environment)
    environment = {
        **_bytecode(project, tier),
        **own,
        EVENTS_VARIABLE: str(folder.events),
        NONCE_VARIABLE: nonce,
        EVIDENCE_VARIABLE: str(folder.path),
        LIMIT_VARIABLE: str(project.test_seconds),
    }
    colour = ["--color=yes"] if sys.stderr.isatty() and "NO_COLOR" not in os.environ else []
    before = tier.before if _runs_its_tests(project, tier, arguments) else ""
    work = pytest_work(tier.tests, [*colour, *arguments], before=before, environment=own)
    return PytestProcess(work, root=project.root, environment=environment)


def _read_beside(
    child: PytestProcess, project: Project, tier: Tier
) -> tuple[SourceState, tuple[TestFunction, ...]]:
    """Read what is smoked, once pytest has begun: the source, and the tests that it holds for the tier."""
    os.nice(_YIELDING)  # the cores are for pytest and for what it smokes
    child.wait_for_output(_START_SECONDS)
    from runbook.rows import read_tests  # noqa: PLC0415 - while pytest runs
    from runbook.runs.source_state import read_source_state  # noqa: PLC0415 - while pytest runs

    read = partial(read_source_state, project.root, kept_index=project.state / "tree-index")
    source = read()
    if child.interrupted:  # by Ctrl-C, which git gets too, and which may have cut that short
        source = read()
    return source, read_tests(project.root, tier.tests)


def _add_json(result: dict[str, object], file: str) -> None:
    from runbook.runs.run_results import add_json  # noqa: PLC0415 - read by now

    add_json(result, file)


def _take_token(url: str) -> str:
    from runbook.runs.smoke_result import take_token  # noqa: PLC0415 - hardly ever

    return take_token(url)


def _send_result(run: Run, url: str, token: str) -> ExitCode:
    """Tell the dashboard; return the run's exit code, unless it was green and that could not be told."""
    from runbook.runs.smoke_result import send_result  # noqa: PLC0415 - hardly ever

    try:
        send_result(run, url, token)
    except RunbookError as error:
        narrate(f"error: {error}")
        return run.exit_code or error.exit_code
    return run.exit_code


def _content(project: Project, tier: Tier) -> str:
    """What a run stands on, where a green one is to prove the tier that goes with another."""
    if not tier.goes_with or is_probe():
        return ""
    from runbook.smoke.companions import content_of  # noqa: PLC0415 - not for most tiers

    return content_of(project, tier)


def _companions(project: Project, tier: Tier) -> Callable[[], list[Companion]]:
    """Return what finds the tiers that go with one, as they are when it is first asked: while pytest runs."""

    @cache
    def find() -> list[Companion]:
        if is_probe():  # the gate names its tiers
            return []
        from runbook.smoke.companions import companions_of  # noqa: PLC0415 - not for most tiers

        return companions_of(project, tier)

    return find


def _run_companions(run: Run, options: argparse.Namespace, companions: list[Companion]) -> ExitCode:
    """Run the tiers that go with a green one and are not proved; say which run proves the others."""
    if run.verdict.word != "green":
        return run.exit_code
    results = sys.stderr if options.json == "-" else None
    codes = [run.exit_code]
    for companion in companions:
        narrate(f"note: {companion}")
        if not companion.run:
            from runbook.sessions.running import run_tier  # noqa: PLC0415 - hardly ever

            nox = options.companions_by
            codes.append(run_tier(run.project, companion.tier, nox=nox, stdout=results))
    return max(codes)


def _unheard() -> contextlib.AbstractContextManager[None]:
    """Keep a runner of GitHub Actions from taking what tests print for its commands."""
    from runbook.runs.run_results import RUNNER  # noqa: PLC0415 - while pytest runs

    if RUNNER not in os.environ:
        return contextlib.nullcontext()
    from runbook.github.actions import commands_stopped  # noqa: PLC0415 - not on a person's machine

    return commands_stopped()


def _bytecode(project: Project, tier: Tier) -> dict[str, str]:
    """Make the tier's bytecode safe to use; return the variables by which the run keeps it so."""
    if not tier.bytecode:
        return {}
    folders = [project.root / path for path in tier.bytecode]
    refresh(folders)
    drop_stale_rewrites(folders, project.state / "rewritten-tests.json")
    # What was compiled above is used, and pytest may keep the tests that it rewrites.
    return {"PYTHONDONTWRITEBYTECODE": ""}


def _bent(tier: Tier) -> Iterator[str]:
    """The variables of the caller by which the tier's tests see something else than usual."""
    from fnmatch import fnmatchcase  # noqa: PLC0415 - while pytest runs

    for name in sorted(os.environ):
        if any(fnmatchcase(name, glob) for glob in tier.variables):
            yield f"{name}={os.environ[name]}"


def _runs_its_tests(project: Project, tier: Tier, arguments: Sequence[str]) -> bool:
    """Whether any of the tier's own tests may run, so that what they need must be started."""
    if _LISTS.intersection(arguments):
        return False
    named = [word.partition("::")[0] for word in arguments if not word.startswith("-")]
    paths = [Path(os.path.normpath(word)) for word in named if (project.root / word).exists()]
    own = [Path(test) for test in tier.tests]
    return not paths or any(a.is_relative_to(b) or b.is_relative_to(a) for a in paths for b in own)


def _is_stuck(project: Project, folder: RunFolder) -> Callable[[float], bool]:
    """What ends a run that no failure of its own ends; where somebody sits at a terminal, Ctrl-C does."""
    from runbook.smoke.stillness import Stillness  # noqa: PLC0415 - while pytest runs

    is_limited = project.test_seconds and not (sys.stdin and sys.stdin.isatty())
    return Stillness(folder.events, project.test_seconds).lasts if is_limited else lambda _: False


def _shown_on(arguments: Sequence[str]) -> IO[bytes] | None:
    """Where pytest's own output is shown: to a person, and to whoever asks pytest for something."""
    if _LISTS.intersection(arguments):
        return sys.stdout.buffer
    return sys.stderr.buffer if arguments or sys.stderr.isatty() else None


def empty_json(file: str) -> None:
    """Leave no result of an earlier run to be taken for this one's, and fail early.

    Args:
        file: For the JSON of the run; empty for none, ``-`` for standard output.

    Raises:
        UsageError: It cannot be written.
    """
    if file not in {"", "-"}:
        try:
            Path(file).write_bytes(b"")
        except OSError as error:
            raise UsageError(f"--json {file}: {error.strerror}") from error
