"""What is noted of a server that a crawl asks does not depend on what was asked of another one before."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.integration.server_process import ROOT, Roots, ServerProcess

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CACHE = "bin/dashgen/pages/template_cache.py::TemplateCache."


def _noted(notes: Path) -> list[str]:
    """What a request for a page reaches.

    A second one waits behind it, so that the first is over when it is answered; how the server ends is left out,
    since it is ended in the midst of it.
    """
    program = [ROOT / "tests" / "reach" / "recorded_server.py", notes]
    server = ServerProcess(Roots(), program=program)
    try:
        with contextlib.closing(
            http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        ) as connection:
            for path in ("/pair.html", "/health"):
                connection.request("GET", path)
                with connection.getresponse() as response:
                    response.read()
                    assert 200 == response.status
            return notes.read_text(encoding="utf-8").splitlines()
    finally:
        server.stop()


def test_each_compiles_its_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _noted(tmp_path / "first")
    second = _noted(tmp_path / "second")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    third = _noted(tmp_path / "third")

    assert f"{CACHE}dump_bytecode" in first
    assert {*first} == {*second} == {*third}
