"""The hub as a process: how it starts, what it says, how it ends, and that nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub.client import Client, bearer
from tests.hub.commands import hub
from tests.hub.hub_process import APPS, ROOT, HubProcess
from tests.runbook.support import is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVER = """
import sys

SERVER = '''
import http.server, os, sys, threading
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        said = f"{self.command} {self.path} {self.headers['host']} {body.decode()}".encode()
        self.send_response(203)
        self.send_header("content-type", "text/plain")
        self.send_header("x-pid", str(os.getpid()))
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said if self.command != "HEAD" else b"")
    do_GET = do_POST = do_HEAD = answer
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
print(f"echo on http://127.0.0.1:{server.server_port}", flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
'''

def build_app(hub):
    return hub.process([sys.executable, "-c", SERVER], {})
"""


_started: list[subprocess.Popen[str]] = []


def start(apps: Path, data: Path, **options: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "bin"), "HUB_DATA": str(data)}
    command = [sys.executable, "-m", "hub", "--apps", str(apps), "serve", "--port", "0", "--up"]
    started: subprocess.Popen[str] = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    _started.append(started)
    return started


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """Nothing that a test has started outlives it, whatever became of the test."""
    yield
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def lines_until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if line.startswith("hub listening on "):
            return said
    raise AssertionError(said)


def test_up_says_where_everything_is_and_how_to_log_in(
    make_app: Callable[..., Path], apps: Path, tmp_path: Path
) -> None:
    make_app("notes")
    make_app("dead", backend="raise RuntimeError('no')")
    process = start(apps, tmp_path / "data")
    said = lines_until_ready(process)
    url = said[-1].rpartition(" ")[2]
    password = said[0].split()[7].rstrip(",")

    with Client(url) as client:
        reply = client.form(f"{url}/login", {"login": "test", "password": password})
    assert process.stderr is not None
    broken = next(line for line in process.stderr if line.startswith("broken: "))
    process.send_signal(signal.SIGINT)
    process.communicate()

    assert 303 == reply.status
    assert f"app notes {url.replace('localhost', 'notes.localhost')}" in said
    assert "broken: dead/backend.py: RuntimeError: no\n" == broken
    assert 130 == process.returncode


def test_sigterm_is_an_end_in_order(
    make_app: Callable[..., Path], apps: Path, tmp_path: Path
) -> None:
    make_app("notes")
    process = start(apps, tmp_path / "data")
    lines_until_ready(process)
    process.terminate()
    process.communicate()

    assert 0 == process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_of_an_app_outlives_the_hub(
    make_app: Callable[..., Path], apps: Path, tmp_path: Path, number: signal.Signals
) -> None:
    make_app("echo", backend=SERVER)
    process = start(apps, tmp_path / "data")
    url = lines_until_ready(process)[-1].rpartition(" ")[2]
    with Client(url) as client:
        got = client.get(f"{url.replace('localhost', 'echo.localhost')}/api/x")
    server = int(got.headers["x-pid"])

    process.send_signal(number)
    process.communicate()

    wait_until(lambda: not is_alive(server), "the end of the app's server")


def test_a_request_is_passed_on_as_it_came(make_app: Callable[..., Path], apps: Path) -> None:
    make_app("echo", backend=SERVER)
    with HubProcess(apps) as started, Client(started.url) as client:
        url = started.app_urls["echo"]
        got = client.get(f"{url}/api/a%2Fb?x=1&y=%20")
        sent = client.request("POST", f"{url}/api/z", b"some words", headers={})

    host = url.removeprefix("http://")
    assert (203, f"GET /api/a%2Fb?x=1&y=%20 {host} ") == (got.status, got.text)
    assert f"POST /api/z {host} some words" == sent.text
    assert int(got.headers["x-pid"]) > 1
    assert "nosniff" == got.headers["x-content-type-options"]


def test_ensemble_works_behind_the_hub() -> None:
    with HubProcess(APPS, "--app", "ensemble") as started, Client(started.url) as client:
        url = started.app_urls["ensemble"]
        page = client.get(f"{url}/")
        canvases = client.get(f"{url}/ensemble/canvases")
        me = client.get(f"{url}/api/me", **bearer(client.token("ensemble")))

    assert 200 == page.status
    assert '<script type="module" src="/.hub/account.js"></script>\n</head>' in page.text
    assert int(page.headers["content-length"]) == len(page.body)
    assert "/.hub/" not in canvases.text
    assert 200 == me.status


def test_a_port_that_is_taken_is_no_environment(make_app: Callable[..., Path], apps: Path) -> None:
    make_app("notes")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = hub(apps, "serve", "--port", port)

    assert 4 == refused.returncode
    assert f"cannot listen on 127.0.0.1 port {port}" in refused.stderr


def test_an_app_that_is_not_there_cannot_be_served_alone(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")
    refused = hub(apps, "serve", "--app", "nobody")

    assert 2 == refused.returncode
    assert "no usable app is called 'nobody'" in refused.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "{}",
        '[{"sub": "x"}]',
        '[{"sub": "test-user", "login": "x", "name": "", "email": "", "password_hash": ""}]',
    ],
)
def test_a_users_file_that_is_wrong_is_no_environment(
    make_app: Callable[..., Path], apps: Path, tmp_path: Path, text: str
) -> None:
    make_app("notes")
    users = tmp_path / "users.json"
    users.write_text(text)
    data = tmp_path / "data"

    refused = hub(apps, "serve", "--port", "0", "--users", str(users), "--data", str(data))

    assert 4 == refused.returncode
    assert str(users) in refused.stderr


def test_whoever_stops_reading_is_told_nothing_and_the_exit_status_stays(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("bad", kind="toy")
    reading, writing = os.pipe()
    os.close(reading)

    command = [sys.executable, "-m", "hub", "--apps", str(apps), "check"]
    said = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)

    os.close(writing)
    assert (1, b"") == (said.returncode, said.stderr)


def test_check_names_what_is_broken(make_app: Callable[..., Path], apps: Path) -> None:
    make_app("notes")
    make_app("bad", kind="toy")

    said = hub(apps, "check")

    assert 1 == said.returncode
    assert [
        "error: bad/app.manifest.yml: kind is wrong: Invalid enum value 'toy'",
        "1 usable, 1 broken",
    ] == (said.stdout.splitlines())


def test_check_says_it_as_one_object_that_names_its_schema(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")

    said = hub(apps, "check", "--json")

    assert {"schema": "hub-check/1", "apps": ["notes"], "broken": []} == json.loads(said.stdout)
