"""Headers, limits, logs and the shape of errors, as a client meets them."""

from __future__ import annotations

import errno
import json
import secrets
from typing import TYPE_CHECKING, NoReturn

import pytest

from dashgen.app import build_app
from dashgen.errors import NotFound
from dashgen.serving.middleware import _as_ensemble_error, json_headers
from dashgen.settings import Settings
from tests.dashgen.in_process import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.applications import Starlette

    from tests.dashgen.conftest import ControlPanel, Creator

LIMIT = 256 * 1024


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    return build_app(
        Settings(orch_data=tmp_path, plugin_data=tmp_path, data_root=tmp_path, run_nonce="a nonce")
    )


def body_of(size: int) -> bytes:
    frame = json.dumps({"token": ""}).encode()
    return frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]


def test_every_answer_has_the_common_headers(panel: ControlPanel) -> None:
    for answer in (
        panel.get("/health"),
        panel.get("/index.html"),
        panel.get("/nothing"),
        panel.get("/assets/site.css"),
        panel.request("TRACE", "/health"),
        panel.post("/verify-token", body_of(LIMIT + 1)),
    ):
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "DENY" == answer.headers["x-frame-options"]
        assert "no-referrer" == answer.headers["referrer-policy"]
        assert "same-origin" == answer.headers["cross-origin-opener-policy"]
        assert "camera=()" in answer.headers["permissions-policy"]
        assert panel.nonce == answer.headers["x-ensemble-run"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"]
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_json_is_never_stored_and_never_a_page(panel: ControlPanel) -> None:
    answer = panel.get("/health")
    assert "no-store" == answer.headers["cache-control"]
    assert "application/json" == answer.headers["content-type"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_body_at_the_limit_is_read(panel: ControlPanel) -> None:
    answer = panel.post("/verify-token", body_of(LIMIT))
    assert 400 == answer.status
    assert "token" == answer.json()["field"]


def test_a_body_above_the_limit_is_refused_and_the_connection_goes_on(panel: ControlPanel) -> None:
    with panel.connection() as connection:
        for size in (LIMIT + 1, 10_000_000):
            connection.request(
                "POST", "/verify-token", body_of(size), {"Content-Type": "application/json"}
            )
            answer = panel.read_answer(connection)
            assert 413 == answer.status
            assert "payload_too_large" == answer.json()["error"]
            assert LIMIT == answer.json()["limit_bytes"]
        connection.request("GET", "/health")
        assert 200 == panel.read_answer(connection).status


def test_a_chunked_body_is_counted_while_it_is_read(panel: ControlPanel) -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield from (b" " * 1024 for _ in range(count))

    with panel.connection() as connection:
        for count, status in ((257, 413), (256, 400)):
            connection.request(
                "POST",
                "/verify-token",
                chunks(count),
                {"Content-Type": "application/json"},
                encode_chunked=True,
            )
            assert status == panel.read_answer(connection).status


def test_a_client_that_asks_before_it_sends_is_refused_at_once(panel: ControlPanel) -> None:
    answer = panel.raw(
        b"POST /verify-token HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: 300000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a/../b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: \r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: [zz]\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a:port\r\n\r\n",
    ],
)
def test_a_bad_host_is_refused(panel: ControlPanel, head: bytes) -> None:
    answer = panel.raw(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "bad_host" == json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


@pytest.mark.parametrize("host", [b"localhost", b"127.0.0.1:8080", b"[::1]:80", b"a.example"])
def test_a_good_host_is_served(panel: ControlPanel, host: bytes) -> None:
    answer = panel.raw(b"GET /health HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host)
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/..%2f..%2fpyproject.toml",
        "/assets/%2e%2e%2Fserver.py",
        "/assets/..%5cserver.py",
        "/legal/%00terms.html",
        "/ensemble%2Fcanvases",
        "/ensemble/canvas/cnv_0123456789ab%0a",
        "/studio.html%0A",
        "/health%7F",
    ],
)
def test_a_disguised_path_is_refused(panel: ControlPanel, path: str) -> None:
    answer = panel.get(path)
    assert 400 == answer.status
    if not path.endswith(".html"):
        assert "bad_path" == answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../server.py",
        "/docs/../README.html",
        "/canvas/cnv_0123456789ab.html/../x",
        "/ensemble/canvas/cnv_0123456789AB",
        "/ensemble/canvases/",
        "//ensemble/canvases",
        "/%ff%fe",
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(panel: ControlPanel, path: str) -> None:
    answer = panel.get(path)
    assert 404 == answer.status
    assert b"root:" not in answer.body


def test_a_missing_page_is_answered_with_a_page(panel: ControlPanel) -> None:
    answer = panel.get("/nothing.html")
    assert 404 == answer.status
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    posted = panel.post("/nothing.html", {})
    assert 404 == posted.status
    assert "not_found" == posted.json()["error"]


def test_a_request_is_logged_without_what_is_secret(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel()
    creator = panel.signup()
    panel.get(f"/studio/canvas/mine?token={creator.token}", token=creator.token)
    panel.request("GET", "/first-run/state", headers={"Cookie": f"pairing_token={creator.token}"})
    panel.post("/verify-token", {"token": panel.operator_token}, token=panel.operator_token)
    panel.get("/" + "x" * 5_000)
    panel.stop()
    assert creator.token not in panel.log()
    assert panel.operator_token not in panel.log()
    lines = [line for line in panel.log_lines() if line["logger"] == "dashgen.access"]
    assert 5 == len(lines)
    assert {
        "ts": 0,
        "level": "info",
        "logger": "dashgen.access",
        "msg": "request",
        "http_method": "GET",
        "http_path": "/studio/canvas/mine",
        "http_status": 200,
        "duration_ms": 0,
    } == lines[1] | {"ts": 0, "duration_ms": 0}
    assert 200 == len(lines[4]["http_path"])


def test_a_fault_of_ours_tells_nothing_and_is_logged(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel()
    creator = panel.signup()
    # A folder in the place of the file makes the write fail in a way nobody planned for.
    (panel.data / "first_run" / f"{creator.user_id}.json").mkdir(parents=True)
    answer = panel.post("/first-run/advance", {"step": "questions-answered"}, token=creator.token)
    assert 503 == answer.status
    assert "storage_failed" == answer.json()["error"]
    assert b"Traceback" not in answer.body
    assert 1 == panel.get("/metrics").json()["error_count"]
    panel.stop()
    failed = [line for line in panel.log_lines() if line["msg"] == "request failed"]
    assert 1 == len(failed)
    assert "IsADirectoryError" in failed[0]["trace"]


class Broken(Exception):
    """What nobody planned for."""


def break_down(*_: object) -> NoReturn:
    raise Broken


def test_what_nobody_planned_for_is_logged_with_where_it_broke(
    app: Starlette, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dashgen.build_id.BuildWatch.read", break_down)

    answer = ask(app, "/health")

    assert (500, "internal") == (answer.status, answer.json()["error"])
    (logged,) = [each for each in caplog.records if each.message == "request failed"]
    assert logged.exc_info is not None
    assert Broken is logged.exc_info[0]


@pytest.mark.parametrize(("path", "status"), [("/", 500), ("/canvas/none.html", 404)])
def test_where_the_error_page_fails_the_error_is_told_all_the_same(
    app: Starlette, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setattr("dashgen.pages.error.render_error_page", break_down)
    monkeypatch.setattr("dashgen.page_handlers.parse_grid_query", break_down)
    monkeypatch.setattr("dashgen.page_handlers._index_page", break_down)

    answer = ask(app, path, raises=Broken)

    assert (status, "application/json") == (answer.status, answer.headers["content-type"])
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert {"error", "message"} == set(answer.json())


def test_what_breaks_outside_of_everything_is_an_answer_too(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashgen.serving.middleware.AnswerHeaders.__call__", break_down)

    answer = ask(app, "/health", raises=Broken)

    assert (500, "internal") == (answer.status, answer.json()["error"])
    assert set(dict(json_headers("a nonce"))) <= {name.encode() for name in answer.headers}


def test_who_asks_for_another_protocol_is_told_that_the_connection_ends(app: Starlette) -> None:
    asked = ask(app, "/health", headers=[(b"connection", b"Upgrade"), (b"upgrade", b"other")])

    assert "close" == asked.headers["connection"]
    assert "connection" not in ask(app, "/health").headers


def test_errors_keep_their_kind() -> None:
    assert 404 == _as_ensemble_error(NotFound()).status
    assert 507 == _as_ensemble_error(OSError(errno.ENOSPC, "full")).status
    assert 503 == _as_ensemble_error(OSError(errno.EROFS, "read-only")).status
    internal = _as_ensemble_error(KeyError(secrets.token_hex(8)))
    assert (500, "internal") == (internal.status, internal.error)
    assert "Something went wrong on our side." == internal.body()["message"]


def test_deep_and_odd_bodies_are_refused(panel: ControlPanel, creator: Creator) -> None:
    for body in (
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"room_state":' * 10_000,
        b'{"title": "\\ud800"}',
        b'{"title": 5}',
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b"\xff\xfe",
        b"\x00" * 100,
    ):
        answer = panel.post("/studio/canvas", body, token=creator.token)
        assert 400 == answer.status, body[:40]
        assert "invalid_field" == answer.json()["error"]
    assert [] == panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
