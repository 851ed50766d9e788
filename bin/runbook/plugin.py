"""The pytest plugin: it reads the rows, tells the engine what happens, and shows the rows that are red.

It decides nothing. Under ``python -m runbook.smoke`` it writes one JSON event a line to the file that
the engine names, each with the run's nonce; under plain pytest it adds the FAIL lines to the summary.
"""

from __future__ import annotations

import functools
import gc
import inspect
import json
import os
import platform
import threading
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import UsageError
from runbook.in_pytest.negative_control import NegativeControls
from runbook.in_pytest.time_limit import TimeLimit
from runbook.last_words import last_words
from runbook.preconditions import failed_precondition
from runbook.rows import MARKER, Row, Severity, function_id, make_row
from runbook.smoke.pytest_process import (
    EVENTS_VARIABLE,
    LIFELINE_VARIABLE,
    LIMIT_VARIABLE,
    NONCE_VARIABLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from runbook.runs.verdict import Failure

_ASSERTIONS = {"AssertionError", "Failed"}
_MAX_TEXT = 2_000  # characters of want and got that an event keeps

_row = pytest.StashKey[Row]()
_Statement = tuple[CodeType, int] | None  # code and line
_comparison = pytest.StashKey[tuple[str, str, _Statement]]()
_Error = pytest.ExceptionInfo[BaseException] | None
_raised = pytest.StashKey[_Error]()  # by the test itself, in the call that comes last


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, under the engine, the event writer."""
    signature = "runbook(severity, cause, suspects): a row of the smoke runbook"
    config.addinivalue_line("markers", signature)
    lifeline = os.environ.pop(LIFELINE_VARIABLE, None)
    if lifeline is not None:
        threading.Thread(target=_end_with_runner, args=(int(lifeline),), daemon=True).start()
    # Popped, so that no test inherits what it would need to write events of its own.
    events, nonce = os.environ.pop(EVENTS_VARIABLE, None), os.environ.pop(NONCE_VARIABLE, "")
    seconds = float(os.environ.pop(LIMIT_VARIABLE, "0"))
    is_interactive = config.getoption("usepdb", default=False) or config.getoption(
        "trace", default=False
    )
    controls = NegativeControls(is_interactive=bool(is_interactive))
    limit = TimeLimit(0 if is_interactive else seconds, config.rootpath, pytest.fail.Exception)
    reporter = EventWriter(events, nonce, controls, limit) if events else RowSummary()
    config.pluginmanager.register(reporter, "runbook-reporter")
    if events and config.getoption("dist", default="no") != "no":
        # Workers of pytest-xdist have neither nonce nor events: what they run, nobody here would see.
        config.option.dist, config.option.tx = "no", []


def _end_with_runner(lifeline: int) -> None:
    """End this process when the runner's end of the pipe closes, however the runner ended."""
    os.read(lifeline, 1)
    os._exit(130)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach to each test its row, which its parameters share."""
    firsts: dict[tuple[str, int], pytest.Item] = {}
    for item in items:
        marker = item.get_closest_marker(MARKER)
        if marker is not None:
            own = function_id(item.nodeid), id(marker)  # a parameter may bring a row of its own
            first = firsts.setdefault(own, item)
            if first is item:
                item.stash[_row] = _read_row(item, marker)
            else:
                item.stash[_row] = first.stash[_row]
                item.location = _location_beside(first, item)


def _location_beside(first: pytest.Item, item: pytest.Item) -> tuple[str, int | None, str]:
    """Where a test stands, of whose other parameters one is known; pytest looks into the source for each of them."""
    file, line, name = first.location
    return file, line, name.removesuffix(first.name) + item.name


def _read_row(item: pytest.Item, marker: pytest.Mark) -> Row:
    file, line, _ = item.location
    name = getattr(item, "originalname", None) or item.name
    try:
        return make_row(test=name, file=file, line=(line or 0) + 1, arguments=dict(marker.kwargs))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


# The hooks are documented by pytest, under their names.
# ruff: noqa: D102 - pytest does


class _Observer:
    """Keeps the last failed comparison of the running test, and makes a failure out of a report."""

    def __init__(self) -> None:
        self._running: pytest.Item | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._running = item

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Keep what was compared, and where, for the report of this failure."""
        if self._running is not None and not _holds(op, left, right):
            want, got = _want_and_got(op, _text(left), _text(right))
            self._running.stash[_comparison] = (want, got, _asserting_statement())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        self.observe(item, call, report)
        return report

    def observe(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        raise NotImplementedError


class EventWriter(_Observer):
    """Writes the events of a run, each as one line, complete or not at all.

    Args:
        path: The file that the engine reads.
        nonce: The secret by which the engine knows its own run.
        controls: Run before the first test of each folder.
        limit: The time that a test may take, and so may the collection.
    """

    def __init__(self, path: str, nonce: str, controls: NegativeControls, limit: TimeLimit) -> None:
        super().__init__()
        self._controls = controls
        self._limit = limit
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._nonce = nonce
        self._written = 0
        self._made: list[str] = []
        self._write("start", pytest=pytest.__version__, python=platform.python_version())

    def _write(self, event: str, **fields: object) -> None:
        line = json.dumps({"event": event, "nonce": self._nonce, **fields}) + "\n"
        os.write(self._file, line.encode())
        self._written += 1

    def pytest_collection(self) -> None:
        self._limit.start()

    def pytest_enter_pdb(self) -> None:
        """Leave whoever has stopped in a debugger their time."""
        self._limit.stop()

    def pytest_leave_pdb(self) -> None:
        self._limit.start()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            message = last_words(report.longreprtext, Path.cwd())[:_MAX_TEXT]
            self._write("collect-error", file=report.nodeid or ".", message=message)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pycollect_makeitem(self) -> Generator[None, object, object]:
        """Note each test where it is made, before any filter or conftest can drop it."""
        made = yield
        if isinstance(made, list):
            self._made += [item.nodeid for item in made if isinstance(item, pytest.Item)]
        return made

    def pytest_collection_finish(self) -> None:
        """Say what could have been run."""
        self._limit.stop()
        self._write("collected", tests=self._made)
        gc.freeze()  # what is there now stays until the end, where pytest looks for garbage

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Show first that a failure in this folder would be seen, and that this is the test of the source; watch it."""
        for control, outcome in self._controls.run_before(item):
            self._write("control", test=control, outcome=outcome)
        if _is_replaced(item):
            self._write("replaced", test=item.nodeid)
        _watch(item)
        file, line, _ = item.location
        self._write("begin", test=item.nodeid, at=f"{file}:{(line or 0) + 1}")
        self._limit.start(file)
        try:
            return (yield)
        finally:
            self._limit.stop()
            if self._limit.is_shared:
                item.session.shouldfail = "what two tests wait for does not come"

    def observe(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        if item is self._controls.running:
            return
        error = call.excinfo or _unseen_error(item, report)
        is_hidden = report.passed and error is not None  # by another hook
        outcome = "failed" if is_hidden else report.outcome
        fields: dict[str, Any] = {
            "test": item.nodeid,
            "phase": report.when,
            "outcome": outcome,
            "seconds": round(report.duration, 4),
        }
        if hasattr(report, "wasxfail"):
            fields["xfail"] = True
        if outcome == "failed":
            fields |= _failure(item, error, report)
        elif report.skipped:
            fields["why"] = _reason(report)
        self._write("report", **fields)
        item.stash[_raised] = None  # it holds what the test held

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._write("finish", exitstatus=int(exitstatus), events=self._written + 1)

    def pytest_unconfigure(self) -> None:
        os.close(self._file)


def _is_replaced(item: pytest.Item) -> bool:
    """Whether something else stands in the place of a test: nothing, or one that tries again."""
    if not isinstance(item, pytest.Function):
        return False
    own = getattr(getattr(item.parent, "obj", None), item.originalname, None)
    function = getattr(item.obj, "__func__", item.obj)
    return not _is_of_its_file(item, function) or getattr(own, "__func__", own) is not function


def _is_of_its_file(item: pytest.Function, function: Callable[..., object]) -> bool:
    """Whether a test is the function of this name in this file: the module may hold another one by now.

    Of the file only the name is compared, for a checkout that was moved has its compiled tests from before.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or "<locals>" in code.co_qualname:
        return False
    return (Path(code.co_filename).name, code.co_name) == (item.path.name, item.originalname)


class RowSummary(_Observer):
    """Under plain pytest: the FAIL lines of red rows, at the end; a red row of high severity closes the gate."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Row] = {}
        self._failures: list[Failure] = []

    def observe(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        row = item.stash.get(_row, None)
        if report.failed and row is not None:
            # On the report: under pytest-xdist it is another process that shows it.
            vars(report)["runbook"] = (row.as_arguments(), _failure(item, call.excinfo, report))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "runbook"):
            from runbook.runs.verdict import Failure  # noqa: PLC0415 - not where the engine judges

            row, facts = report.runbook
            self._rows[function_id(report.nodeid)] = make_row(**row)
            self._failures.append(Failure(report.nodeid, phase=report.when or "", **facts))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._failures:
            from runbook.runs import triage  # noqa: PLC0415 - not where the engine judges

            terminalreporter.section("runbook")
            for text in triage.fail_lines(self._failures, self._rows):
                terminalreporter.line(text)
            if said := self._close_gate(terminalreporter.config.rootpath):
                terminalreporter.line(said)

    def _close_gate(self, root: Path) -> str:
        """A green run of plain pytest opens nothing, but what is red is red whoever has asked."""
        high = [row.test for row in self._rows.values() if row.severity is Severity.HIGH]
        if not high:
            return ""
        from runbook.gate.project_gate import close_for  # noqa: PLC0415 - hardly ever
        from runbook.project import find_project  # noqa: PLC0415 - hardly ever

        try:
            return close_for(find_project(root), high, run="a run of pytest")
        except UsageError as error:
            return f"error: {error}"


def _watch(item: pytest.Item) -> None:
    """Note what the test itself raises, whatever a hook or a fixture makes of it afterwards."""
    if type(item) is not pytest.Function or inspect.iscoroutinefunction(item.obj):
        return
    test: Callable[..., object] = item.obj

    @functools.wraps(test)
    def watched(*arguments: object, **values: object) -> object:
        __tracebackhide__ = True
        try:
            return test(*arguments, **values)
        except BaseException:
            item.stash[_raised] = pytest.ExceptionInfo.from_current()
            raise

    item.stash[_raised] = None
    item.obj = watched


def _unseen_error(item: pytest.Item, report: pytest.TestReport) -> _Error:
    """What the test has raised in its call, though nothing says so; perhaps it was tried again until it passed."""
    return item.stash.get(_raised, None) if report.when == "call" else None


def _failure(item: pytest.Item, error: _Error, report: pytest.TestReport) -> dict[str, str]:
    """Say where a test failed, what it wanted and what it got."""
    want, got, compared_at = item.stash.get(_comparison, ("", "", None))
    if compared_at is None or compared_at != _raising_statement(error):
        want, got = "", _message(error, report) + _origin(item, error)
    step, step_row = _precondition(error, report)
    return {
        "at": _place(item, error),
        "want": want[:_MAX_TEXT],
        "got": got[:_MAX_TEXT],
        "evidence": _evidence(item),
        "step": step[:_MAX_TEXT],
        "step_row": step_row,
    }


def _precondition(error: _Error, report: pytest.TestReport) -> tuple[str, str]:
    """The step that failed before the test came to its own assertions, and the row of that step."""
    failed = failed_precondition(error.value) if error is not None else None
    if failed is not None:
        return failed.step, failed.row
    return ("its set-up" if report.when == "setup" else "", "")


def _evidence(item: pytest.Item) -> str:
    """What the test kept for whoever looks into its failure: ``record_property("evidence", path)``."""
    kept = [str(value) for name, value in item.user_properties if name == "evidence"]
    return kept[-1] if kept else ""


def _want_and_got(op: str, left: str, right: str) -> tuple[str, str]:
    """Put a comparison as a wish and what came instead; the expected value stands on the left."""
    wishes = {"==": left, "in": f"contains {left}", "not in": f"does not contain {left}"}
    return (wishes[op], right) if op in wishes else (f"{op} {right}", left)


def _holds(op: str, left: object, right: object) -> bool:
    """Whether a comparison is true: pytest asks about each in one that failed, as ``not (a == b and c)``."""
    if op not in {"==", "!="}:
        return False
    try:
        return bool((left == right) is (op == "=="))
    except Exception:  # noqa: BLE001 - it may be what the test has failed with
        return False


def _asserting_statement() -> _Statement:
    """Where the assertion stands that pytest asks about: its nearest caller outside of pytest."""
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != __name__ and module.partition(".")[0] not in {"_pytest", "pluggy"}:
            return frame.f_code, frame.f_lineno
        frame = frame.f_back
    return None


def _raising_statement(error: _Error) -> _Statement:
    """Where the error was raised: a comparison elsewhere failed before, and was caught."""
    trace = error.tb if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else None


def _message(error: _Error, report: pytest.TestReport) -> str:
    """The first line that the error itself says; its type where it says nothing."""
    if error is None:
        return _last_line(report.longreprtext)
    lines = str(error.value).strip().splitlines()
    name = error.typename
    if not lines:
        return name
    return lines[0] if name in _ASSERTIONS else f"{name}: {lines[0]}"


def _origin(item: pytest.Item, error: _Error) -> str:
    """Where in the project an error arose, if neither an assertion nor the tests beside this one raised it."""
    if error is None or error.typename in _ASSERTIONS:
        return ""
    places = [(Path(entry.path), entry.lineno + 1) for entry in error.traceback]
    value = error.value
    if isinstance(value, SyntaxError):  # it was not run, so that no frame is there
        places.append((Path(value.filename or ""), value.lineno or 0))
    root = item.config.rootpath
    own = [(file, line) for file, line in places if file.is_relative_to(root)]
    own = [(file, line) for file, line in own if "site-packages" not in file.parts]
    if not own or own[-1][0].is_relative_to(item.path.parent):
        return ""
    return f" at {own[-1][0].relative_to(root).as_posix()}:{own[-1][1]}"


def _reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, in the words of whoever skipped it."""
    if isinstance(report.longrepr, tuple):
        return " ".join(report.longrepr[2].removeprefix("Skipped: ").split())[:_MAX_TEXT]
    return _last_line(report.longreprtext)


def _place(item: pytest.Item, error: _Error) -> str:
    """``file:line`` of the deepest statement in the test's own file; else of the test."""
    file, line, _ = item.location
    at = (line or 0) + 1
    if error is not None:
        own = [entry.lineno + 1 for entry in error.traceback if entry.path == item.path]
        at = own[-1] if own else at
    return f"{file}:{at}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:_MAX_TEXT] if lines else ""
