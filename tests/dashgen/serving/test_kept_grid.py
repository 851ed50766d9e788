"""What is kept is answered as the handler would, and only while the handler would."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest

from dashgen.app import build_app
from dashgen.build_id import served_build
from dashgen.canvas_schema import CanvasDraft, Owner, Visibility
from dashgen.errors import StorageFailed
from dashgen.ids import new_user_id
from dashgen.room_schema import normalise_room
from dashgen.serving.kept_grid import GRID_PATH, GridAnswers
from dashgen.serving.middleware import json_headers
from dashgen.settings import REPOSITORY, Settings
from dashgen.slots import Tier
from runbook.gate.file import GateFile
from tests.dashgen.in_process import converse
from tests.integration.gates import open_gate

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

    from dashgen.services import Services

OWNER = Owner(new_user_id(), "maker")
HOST = ((b"host", b"localhost"),)


class Told(NamedTuple):
    """One answer, and whether a handler was asked for it."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    by_handler: bool


class Server:
    """The application, asked in this process."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.services: Services = app.state.services

    def ask(
        self,
        query: bytes = b"",
        *,
        path: bytes = GRID_PATH.encode(),
        method: str = "GET",
        headers: tuple[tuple[bytes, bytes], ...] = HOST,
    ) -> Told:
        """Ask once."""
        scope = {
            "type": "http",
            "http_version": "1.1",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 9),
            "scheme": "http",
            "root_path": "",
            "method": method,
            "path": GRID_PATH,
            "raw_path": path,
            "query_string": query,
            "headers": list(headers),
        }
        start, body = converse(self._app, scope)
        # The router leaves its mark on what it hands on.
        return Told(start["status"], dict(start["headers"]), body, "endpoint" in scope)

    def at_once(
        self,
        query: bytes = b"",
        *,
        path: bytes = GRID_PATH.encode(),
        headers: tuple[tuple[bytes, bytes], ...] = HOST,
    ) -> bytes | None:
        """What a connection is given before it asks the application."""
        scope = {"http_version": "1.1", "headers": list(headers)}
        grid = GridAnswers(self.services, json_headers("nonce"))
        asked = grid.asked_for(scope, path + (b"?" + query if query else b""))
        if asked is None:
            return None
        told: list[bytes | None] = []

        async def ask() -> None:
            grid.answer(asked, told.append)
            await asyncio.sleep(0)  # what was looked up is forgotten

        asyncio.run(ask())
        assert 1 == len(told)
        return told[0]

    def publish(self) -> str:
        """Publish one more canvas."""
        store = self.services.canvases
        made = store.create(OWNER, CanvasDraft(room_state=normalise_room({"components": []})), 1.0)
        store.publish(
            made.id, OWNER.id, slot_index=0, visibility=Visibility.public, tier=Tier.free, now=2.0
        )
        return made.id


@pytest.fixture
def server(tmp_path: Path) -> Server:
    settings = Settings(
        orch_data=tmp_path, plugin_data=tmp_path, data_root=tmp_path, run_nonce="nonce"
    )
    open_gate(settings.gate_file, served_build(REPOSITORY), now=1.0)
    server = Server(build_app(settings))
    server.publish()
    return server


def test_the_second_answer_is_the_first_one_without_a_handler(server: Server) -> None:
    for query in (b"", b"filter=newest&limit=3", b"limit=3&filter=newest"):
        first, second = server.ask(query), server.ask(query)
        assert (True, False) == (first.by_handler, second.by_handler)
        assert first[:3] == second[:3]
        assert 200 == first.status


def test_nothing_is_shown_after_its_time(server: Server) -> None:
    for _ in range(3):
        shown = server.publish()
        assert shown.encode() in server.ask().body
        assert shown.encode() in server.ask().body
        server.services.canvases.unpublish(shown, OWNER.id)
        assert shown.encode() not in server.ask().body


def test_a_gate_that_closes_closes_what_is_kept(server: Server) -> None:
    assert 200 == server.ask().status
    GateFile(server.services.settings.gate_file).close("for a test", by="test", now=2.0)
    assert (403, True) == (server.ask().status, b"grid_closed" in server.ask().body)


def test_what_the_application_refuses_is_refused(server: Server) -> None:
    assert 200 == server.ask().status
    for headers in ((), ((b"host", b"a b"),), HOST * 2):
        assert 400 == server.ask(headers=headers).status
    assert 405 == server.ask(method="POST").status
    assert 400 == server.ask(path=b"/ensemble%2fcanvases").status
    assert 400 == server.ask(b"limit=0").status == server.ask(b"limit=0").status


def test_head_has_no_kept_body(server: Server) -> None:
    assert 200 == server.ask().status
    assert server.ask(method="HEAD").by_handler


def test_the_order_at_random_is_made_anew(server: Server) -> None:
    for _ in range(3):
        assert server.ask(b"filter=random").by_handler


def test_a_store_that_does_not_answer_is_told_by_the_application(server: Server) -> None:
    assert 200 == server.ask().status
    refused = StorageFailed(is_full=False)
    with patch.object(type(server.services.canvases), "revision", side_effect=refused):
        assert 503 == server.ask().status


def test_what_is_kept_is_counted_and_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.ask()
    before = server.services.metrics.requests
    with caplog.at_level("INFO", "dashgen.access"):
        assert not server.ask().by_handler
    assert before + 1 == server.services.metrics.requests
    assert ["request"] == [record.getMessage() for record in caplog.records]


def test_a_connection_is_given_what_is_kept(server: Server) -> None:
    for query in (b"", b"filter=newest&limit=3"):
        assert server.at_once(query) is None
        told = server.ask(query)
        before = server.services.metrics.requests
        head, _, body = (server.at_once(query) or b"").partition(b"\r\n\r\n")
        assert body == told.body
        assert told.headers == dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        assert before + 1 == server.services.metrics.requests


def test_a_connection_is_given_nothing_where_the_application_may_refuse(server: Server) -> None:
    server.ask()
    assert server.at_once() is not None
    assert server.at_once(headers=()) is None
    assert server.at_once(headers=(*HOST, (b"host", b"other"))) is None
    assert server.at_once(path=b"/ensemble/canvases/") is None
    assert server.at_once(path=b"http://a/ensemble/canvases") is None


def test_a_connection_is_given_nothing_after_its_time(server: Server) -> None:
    server.ask()
    server.publish()
    assert server.at_once() is None
    server.ask()
    refused = StorageFailed(is_full=False)
    with patch.object(type(server.services.canvases), "revision", side_effect=refused):
        assert server.at_once() is None
    assert server.at_once() is not None
    GateFile(server.services.settings.gate_file).close("for a test", by="test", now=2.0)
    assert server.at_once() is None
