"""Starting and ending: what is printed, what is refused, and what is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from dashgen.app import build_app
from dashgen.server import CannotStartError, config_of, listen, make_private_folder
from dashgen.settings import REPOSITORY, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dashgen.conftest import ControlPanel

SERVER = REPOSITORY / "bin" / "control-panel-server.py"


def environment(tmp_path: Path, **extra: str) -> dict[str, str]:
    """The environment of a server with roots of its own."""
    roots = {
        "ORCH_DATA": str(tmp_path / "orch"),
        "CLAUDE_PLUGIN_DATA": str(tmp_path / "plugin"),
        "ENSEMBLE_DATA_ROOT": str(tmp_path / "data"),
    }
    return {**os.environ, **roots, **extra}


def run(tmp_path: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Start a server that is expected not to stay."""
    return subprocess.run(
        [sys.executable, SERVER, *arguments],
        env=environment(tmp_path, **extra),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_makes_its_roots_for_itself_alone(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel()
    for root in (panel.data, panel.plugin):
        assert 0o700 == root.stat().st_mode & 0o777
    assert not list(panel.data.glob(".probe*"))


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run(tmp_path, "--port", port)
    assert 4 == ended.returncode
    assert "" == ended.stdout
    assert f"127.0.0.1 port {port}" in ended.stderr
    assert "next: python bin/control-panel-server.py --port 0" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_root_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    ended = run(tmp_path, "--port", "0")
    assert 4 == ended.returncode
    assert f"the data root {tmp_path / 'data'} cannot be written" in ended.stderr
    assert "next: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, "--port", "0", ENSEMBLE_SIGNUPS_PER_MINUTE="lots")
    assert 4 == ended.returncode
    assert "ENSEMBLE_SIGNUPS_PER_MINUTE" in ended.stderr
    assert "next: unset ENSEMBLE_SIGNUPS_PER_MINUTE" in ended.stderr


@pytest.mark.parametrize("port", ["70000", "-1", "http", ""])
def test_a_port_that_is_none_is_a_usage_error(tmp_path: Path, port: str) -> None:
    ended = run(tmp_path, f"--port={port}")
    assert 2 == ended.returncode
    assert "usage: control-panel-server.py" in ended.stderr


def test_a_request_has_the_time_that_is_set(tmp_path: Path) -> None:
    settings = Settings(
        orch_data=tmp_path, plugin_data=tmp_path, data_root=tmp_path, request_seconds=1.5
    )
    protocol = config_of(build_app(settings), settings).http
    assert isinstance(protocol, type)
    assert 1.5 == vars(protocol)["request_seconds"]


def test_a_root_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(CannotStartError, match="belongs to another user"):
        make_private_folder(tmp_path / "root")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStartError, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


# As the program is started, but that it would wait for an hour for whatever is open.
PATIENT = f"""
import functools, runpy, sys, uvicorn
sys.argv = sys.argv[2:]
sys.path.insert(0, {str(SERVER.parent)!r})
from dashgen import server
server._GRACE_SECONDS = 3600.0
uvicorn.Config = functools.partial(uvicorn.Config, timeout_keep_alive=3600)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_sigterm_ends_it_in_order_and_waits_for_no_idle_connection(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel(prefix=(sys.executable, "-c", PATIENT))
    with panel.connection() as connection:
        connection.request("GET", "/health")
        assert 200 == panel.read_answer(connection).status
        assert 0 == panel.stop()
    assert "Traceback" not in panel.log()
    with pytest.raises(ConnectionRefusedError), panel.connection() as connection:
        connection.connect()


def test_sigterm_finishes_what_has_begun(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel()
    with socket.create_connection(("127.0.0.1", panel.port), timeout=10) as client:
        client.sendall(
            b"POST /verify-token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b'Content-Length: 13\r\n\r\n{"token":'
        )
        assert 200 == panel.get("/health").status  # by now the first request has begun
        panel.process.send_signal(signal.SIGTERM)
        panel.wait_until_it_refuses()
        client.sendall(b'"x"}')
        answer = panel.read_to_end(client)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert 0 == panel.stop()


# As the program is started, with a thread of the background that is for ever in the middle of writing.
STUCK_IN_THE_BACKGROUND = """
import io, runpy, sys, threading
sys.path.insert(0, "bin")
from dashgen import server

class Full(io.RawIOBase):
    def writable(self):
        return True

    def write(self, _):
        print("stuck", flush=True)
        threading.Event().wait()

def write_for_ever():
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(Full()))
    sys.stderr.write("anything")
    sys.stderr.flush()

server.warm_up = write_for_ever
sys.argv = ["control-panel-server.py", "--port", "0"]
runpy.run_path("bin/control-panel-server.py", run_name="__main__")
"""


def test_a_stop_falls_over_no_thread_of_the_background(tmp_path: Path) -> None:
    """Python, taken apart under such a thread, waits for it, or ends the process with an abort."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK_IN_THE_BACKGROUND],
        env=environment(tmp_path),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    giving_up = threading.Timer(20, process.kill)
    giving_up.start()
    try:
        assert process.stdout is not None
        assert any(line == "stuck\n" for line in process.stdout)
        process.terminate()
        _, said = process.communicate()
    finally:
        giving_up.cancel()
        process.kill()
    assert (0, False) == (process.returncode, "Fatal" in said)


def test_a_stop_leaves_a_database_whole_in_its_file(
    start_panel: Callable[..., ControlPanel], tmp_path: Path
) -> None:
    """Whoever copies the file of a server that was stopped has everything."""
    panel = start_panel(ENSEMBLE_DATABASE_URL=f"sqlite:///{tmp_path}/store.db")
    panel.published(panel.signup())
    assert 0 == panel.stop()
    assert ["store.db"] == [file.name for file in tmp_path.iterdir()]


def test_an_interrupt_says_so(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel()
    panel.process.send_signal(signal.SIGINT)
    assert 130 == panel.process.wait(timeout=10)
    assert "Traceback" not in panel.log()


def test_it_ends_with_its_parent(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel()
    assert panel.process.stdin is not None
    panel.process.stdin.close()
    assert 0 == panel.process.wait(timeout=10)


def test_what_is_broken_in_a_root_is_set_aside_and_said(tmp_path: Path) -> None:
    from_before = tmp_path / "data" / "canvases" / "usr_0123456789ab"
    from_before.mkdir(parents=True)
    (from_before / "cnv_0123456789ab.json").write_text("{ broken")
    process = subprocess.Popen(
        [sys.executable, SERVER, "--port", "0"],
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    giving_up = threading.Timer(20, process.kill)
    giving_up.start()
    try:
        said = next((line for line in process.stderr if "cnv_0123456789ab" in line), "")
    finally:
        giving_up.cancel()
        process.kill()
        process.wait()
        process.stderr.close()
    assert '"level":"warning"' in said
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert "{ broken" in [path.read_text() for path in kept]
    assert not (from_before / "cnv_0123456789ab.json").exists()


def test_boot_imports_no_renderer() -> None:
    program = "import dashgen.server, sys; print(*{'jinja2', 'markdown', 'nh3'} & {*sys.modules})"
    seen = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "bin")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == seen.stdout.strip()
