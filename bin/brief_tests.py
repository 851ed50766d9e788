"""The pytest plugin of the sessions that test programs: it prints what fits on a screen, and keeps the rest in a log.

``pytest -p brief_tests --brief SESSION`` prints a FAIL line a failing test and RESULT, as a smoke does, where
nobody sits at a terminal. Who asks for more by ``-v``, or lists tests, gets all that pytest says.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from runbook.processes.standard_streams import say
from runbook.runs.report_lines import as_quickfix, rowless_fail_line, session_line, skip_line
from runbook.sessions import brief

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_ASKS_PYTEST = ("collectonly", "usepdb", "trace", "showfixtures", "markers")
_OUTCOMES = ("passed", "failed", "skipped")
_ENDED: dict[int, str] = {
    pytest.ExitCode.INTERRUPTED: "it was interrupted",
    pytest.ExitCode.INTERNAL_ERROR: "pytest itself failed",
    pytest.ExitCode.USAGE_ERROR: "pytest was called wrongly",
    pytest.ExitCode.NO_TESTS_COLLECTED: "no test matches",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the session."""
    parser.addoption("--brief", metavar="SESSION", default="", help="print what fits on a screen")


# Before xdist's own, which looks for the terminal reporter: on the command line this plugin stands before it.
@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Send what pytest prints to the log, and say what it comes to in its place."""
    session = config.getoption("--brief")
    if not session or hasattr(config, "workerinput") or _is_asked_for_more(config):
        return
    file = brief.log_file(config.rootpath, session).open("w", encoding="utf-8")
    plugins = config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(pytest.TerminalReporter(config, file), "terminalreporter")
    plugins.register(Brief(config.rootpath, session, file), "brief")


def _is_asked_for_more(config: pytest.Config) -> bool:
    asks = any(config.getoption(name, default=False) for name in _ASKS_PYTEST)
    is_verbose = config.option.verbose > 0 or config.getoption("capture") == "no"
    return asks or is_verbose or not brief.is_wanted()


# The hooks are documented by pytest, under their names.
# ruff: noqa: D102 - pytest does


class Brief:
    """Keeps how each test ended; says it when all is over.

    Args:
        root: Of the project.
        session: What Nox calls the session.
        log: Where pytest's own words go.
    """

    def __init__(self, root: Path, session: str, log: TextIO) -> None:
        self._root = root
        self._session = session
        self._log = log
        self._results = sys.stdout
        self._started = time.monotonic()
        self._outcomes: dict[str, str] = {}
        self._failures: dict[str, dict[str, str]] = {}
        self._status = 0
        self._refusal = ""
        self._skipped_since = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        try:
            return (yield)
        except (
            pytest.UsageError
        ) as error:  # which pytest prints on standard error, when all is over
            self._refusal = ": " + " ".join(str(error).split())
            raise

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._keep(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._keep(report)
        elif report.when == "call" or report.skipped:
            self._outcomes.setdefault(report.nodeid, report.outcome)
        if report.skipped and isinstance(report.longrepr, tuple):
            self._skipped_since = self._skipped_since or report.longrepr[2]

    def _keep(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        at, got = _place_and_message(report, self._root)
        self._outcomes[report.nodeid] = "failed"
        facts = {"test": report.nodeid, "at": at, "want": "", "got": got}
        self._failures.setdefault(report.nodeid, facts)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._status = int(exitstatus)

    def pytest_unconfigure(self) -> None:
        self._log.close()
        counted = Counter(self._outcomes.values())
        is_partial = set(self._outcomes.values()) == {"skipped"}
        ended = brief.Ended(
            self._session,
            Path(self._log.name).relative_to(self._root).as_posix(),
            is_green=not self._status,
            findings=[*self._findings(), *([skip_line(self._skipped_since)] if is_partial else [])],
            counts={name: counted[name] for name in _OUTCOMES},
            next_step=self._next_step(),
            seconds=time.monotonic() - self._started,
            is_partial=is_partial,
        )
        for text in ended.lines():
            say(text, self._results)
        quickfix = as_quickfix(self._failures.values())
        (self._root / brief.STATE / "failures.txt").write_text(quickfix, encoding="utf-8")

    def _findings(self) -> Iterator[str]:
        for each in self._failures.values():
            yield rowless_fail_line(each["test"], at=each["at"], want="", got=each["got"])
        if self._status and not self._failures:
            ended = _ENDED.get(self._status, f"pytest ended with {self._status}")
            yield session_line(f"{ended}{self._refusal}")

    def _next_step(self) -> str:
        """The first that failed, alone and with all that pytest says of it."""
        alone = ["--", "-v", *list(self._failures)[:1]] if self._failures else []
        return shlex.join(["bin/nox", "-s", self._session, *alone])


def _place_and_message(
    report: pytest.TestReport | pytest.CollectReport, root: Path
) -> tuple[str, str]:
    """Where a test failed, and the first line of what it said."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:  # a file that does not import, a worker that died
        said = report.longreprtext.strip().splitlines() or ["it says nothing"]
        return f"{report.nodeid.partition('::')[0] or '.'}:1", said[-1].removeprefix("E ").strip()
    file = Path(crash.path)
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    return f"{shown.as_posix()}:{crash.lineno}", _message(crash.message)


def _message(said: str) -> str:
    """The first line of what a test said; of an assertion that has a word of its own, what was compared, too."""
    first, *more = said.strip().splitlines() or ["?"]
    # pytest leaves this out where the compared values hold no double quote.
    own = first.removeprefix("AssertionError: ")
    compared = [line for line in more if line.startswith("assert ")]
    return "; ".join([own, *compared[:1]])
