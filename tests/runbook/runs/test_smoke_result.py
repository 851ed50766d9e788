"""A dashboard is told how a smoke went."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.support import PYPROJECT, Quiet, module, row_test, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runbook.support import TinyProject

TOKEN = "the token"
RED = row_test("test_one", "assert 1 == 2")


@dataclass
class Dashboard:
    """Takes what is posted, and answers with a status."""

    status: int = 200
    answer: bytes = b""
    url: str = ""
    told: list[tuple[str, str | None, Any]] = field(default_factory=list)


@contextmanager
def dashboard(status: int = 200, answer: bytes = b"") -> Iterator[Dashboard]:
    """Run one."""
    made = Dashboard(status, answer)

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.told.append((self.path, self.headers["Authorization"], body))
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(made.answer)

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as made.url:
        yield made


@pytest.mark.parametrize(
    ("tests", "arguments", "result"),
    [
        ((row_test("test_one"),), (), "pass"),
        ((row_test("test_one"), row_test("test_two")), ("-k", "one"), "issues"),
        ((RED,), (), "fail"),
    ],
)
def test_only_green_is_a_pass(
    project: TinyProject, tests: tuple[str, ...], arguments: tuple[str, ...], result: str
) -> None:
    project.write("pyproject.toml", PYPROJECT + '[tool.runbook]\nslug = "cards"\n')
    project.write("tests/test_app.py", module(*tests))

    with dashboard() as told:
        smoked = project.smoke("--report-to", told.url + "/", *arguments, DASHBOARD_TOKEN=TOKEN)

    ((path, authorisation, body),) = told.told
    assert ("/smoke-test-result", f"Bearer {TOKEN}") == (path, authorisation)
    assert ("cards", result) == (body["slug"], body["result"])
    assert smoked.lines[-1] == body["notes"].splitlines()[0]
    assert int(result == "fail") == smoked.status


@pytest.mark.parametrize(
    ("status", "next_step"),
    [(401, "see that DASHBOARD_TOKEN is"), (404, "make the project"), (500, "look at the log of")],
)
def test_a_dashboard_that_refuses_is_said(
    project: TinyProject, status: int, next_step: str
) -> None:
    with dashboard(status) as told:
        smoked = project.smoke("--report-to", told.url, DASHBOARD_TOKEN=TOKEN)

    assert (4, "RESULT green") == (smoked.status, smoked.result[0])
    assert f"was not told of the run: {status}" in smoked.err
    assert f"next: {next_step}" in smoked.err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            b'{"message": "There is none;\\n make one."}',
            "404 Not Found: There is none; make one.\n",
        ),
        (b'{"error": "none"}', "404 Not Found\n"),
        (b"[1]", "404 Not Found\n"),
        (b"<h1>\xff</h1>", "404 Not Found\n"),
    ],
)
def test_what_a_dashboard_says_of_why_is_passed_on(
    project: TinyProject, answer: bytes, said: str
) -> None:
    with dashboard(404, answer) as told:
        smoked = project.smoke("--report-to", told.url, DASHBOARD_TOKEN=TOKEN)

    assert f"was not told of the run: {said}" in smoked.err


def test_a_red_run_stays_red_though_nobody_answers(project: TinyProject) -> None:
    project.write("tests/test_app.py", module(RED))

    smoked = project.smoke("--report-to", "http://127.0.0.1:9", DASHBOARD_TOKEN=TOKEN)

    assert 1 == smoked.status
    assert "http://127.0.0.1:9 was not told of the run" in smoked.err


@pytest.mark.parametrize(
    ("url", "token", "complaint"),
    [
        ("file:///etc/passwd", TOKEN, "is no address of a dashboard"),
        ("127.0.0.1:8080", TOKEN, "is no address of a dashboard"),
        ("http://127.0.0.1:9", "", "--report-to needs DASHBOARD_TOKEN in the environment"),
    ],
)
def test_what_cannot_be_sent_is_told_before_anything_runs(
    project: TinyProject, url: str, token: str, complaint: str
) -> None:
    smoked = project.smoke("--report-to", url, DASHBOARD_TOKEN=token)

    assert (2, "") == (smoked.status, smoked.out)
    assert complaint in smoked.err


def test_no_test_inherits_the_token(project: TinyProject) -> None:
    test = row_test("test_one", "assert 'DASHBOARD_TOKEN' not in os.environ")
    project.write("tests/test_app.py", module(test))

    with dashboard() as told:
        assert 0 == project.smoke("--report-to", told.url, DASHBOARD_TOKEN=TOKEN).status
