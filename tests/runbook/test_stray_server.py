"""The smoke talks to the server that it started, or to nobody: a stray one on the port proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, cast

import pytest

from tests.integration.client import NONCE_HEADER, Client
from tests.integration.server_process import ServerProcess, ServerUnusable
from tests.runbook.support import Quiet, served

if TYPE_CHECKING:
    from collections.abc import Iterator

NONCE = "the run's own"


@dataclass(frozen=True)
class Started:
    """What a run knows of its server."""

    url: str
    nonce: str = NONCE
    is_alive: bool = True


@pytest.fixture(params=["", "another run's", NONCE], ids=["without", "another", "its own"])
def answering(request: pytest.FixtureRequest) -> Iterator[tuple[str, Client]]:
    """A server that answers everything with 200 and some nonce; the nonce, and a client of the run."""
    nonce: str = request.param

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if nonce:
                self.send_header(NONCE_HEADER, nonce)
            self.end_headers()

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield nonce, Client(cast("ServerProcess", Started(url)))


def test_only_the_run_s_own_server_is_believed(answering: tuple[str, Client]) -> None:
    nonce, client = answering

    if nonce == NONCE:
        assert 200 == client.get("/health").status
    else:
        with pytest.raises(ServerUnusable, match="by a server that this run did not start"):
            client.get("/health")
