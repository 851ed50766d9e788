"""An app that ends or holds up the process of all apps is left out of the next one, and harms no other."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.hub.client import Client, Reply, bearer
from tests.hub.hub_process import TEST_PASSWORD, TEST_USER, HubProcess, HubUnusable
from tests.hub.program.conftest import BACKEND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def in_loop(what: str) -> str:
    """A backend that does something first when it is asked who is signed in."""
    return BACKEND.replace("async def me(request):", f"async def me(request):\n    {what}")


def in_thread(what: str) -> str:
    """The same, where the server does it in a thread."""
    return BACKEND.replace("async def me(request):", f"def me(request):\n    {what}")


HELD_UP = "held up the whole hub for 2 s"
IMPATIENT = ("--hang-seconds", "2")  # where the rest is busy for as long, it is blamed for it
DEADLY = {
    "exits": (in_loop("import os; os._exit(3)"), "with exit status 3"),
    "exits-in-a-thread": (in_thread("import os; os._exit(4)"), "with exit status 4"),
    "exits-at-import": ("import os; os._exit(5)", "with exit status 5"),
    "aborts": (in_loop("import os; os.abort()"), "by SIGABRT"),
    "loops": (in_loop("while True: pass"), HELD_UP),
    "blocks": (in_loop("import time; time.sleep(3600)"), HELD_UP),
}
HARMLESS = {
    "recursion": (in_loop("f = lambda: f(); f()"), "RecursionError"),
    "memory": (in_loop("bytes(1 << 60)"), "MemoryError"),
    "interrupt": (in_loop("raise KeyboardInterrupt"), "KeyboardInterrupt"),
    "cancel": (in_loop("import asyncio; raise asyncio.CancelledError"), "CancelledError"),
    "generator": (in_loop("raise GeneratorExit"), "GeneratorExit"),
    "import-interrupt": ("raise KeyboardInterrupt('no')", "KeyboardInterrupt: no"),
    "not-awaitable": ("def build_app(hub): return lambda *_: None", "TypeError"),
}


@pytest.fixture
def healthy(make_app: Callable[..., Path]) -> Path:
    """A neighbour."""
    return make_app("healthy")


@pytest.fixture
def serve(apps: Path) -> Iterator[Callable[..., Client]]:
    """Start a hub, with options of its own."""
    with contextlib.ExitStack() as until_done:

        def serve(*options: str) -> Client:
            hub = until_done.enter_context(HubProcess(apps, *options))
            return until_done.enter_context(Client(hub.url))

        yield serve


def at(client: Client, slug: str, path: str = "/api/me") -> str:
    return f"{client.url.replace('localhost', f'{slug}.localhost')}{path}"


def insist(client: Client, url: str) -> Reply:
    """Ask once more when the connection is lost, as browsers do."""
    try:
        return client.get(url)
    except HubUnusable:
        return client.get(url)


@pytest.mark.parametrize("slug", DEADLY)
@pytest.mark.usefixtures("healthy")
def test_an_app_that_ends_the_process_is_left_out_of_the_next_one(
    make_app: Callable[..., Path], serve: Callable[..., Client], slug: str
) -> None:
    backend, reason = DEADLY[slug]
    make_app(slug, backend=backend)
    client = serve(*(IMPATIENT if reason == HELD_UP else ()))
    token = bearer(client.token("healthy"))
    assert 200 == client.get(at(client, "healthy"), **token).status

    reply = insist(client, at(client, slug))

    assert 502 == reply.status
    assert reply.json["message"].startswith(f"{slug} ")
    assert reason in reply.json["message"]
    assert 200 == client.get(at(client, "healthy"), **token).status


@pytest.mark.parametrize("slug", HARMLESS)
@pytest.mark.usefixtures("healthy")
def test_an_app_that_raises_what_it_likes_ends_nothing(
    make_app: Callable[..., Path], serve: Callable[..., Client], slug: str
) -> None:
    backend, reason = HARMLESS[slug]
    make_app(slug, backend=backend)
    client = serve()
    first = client.get(at(client, slug))

    assert (502, True) == (first.status, reason in first.text), first.text
    assert 200 == client.get(at(client, "healthy", "/health")).status
    assert "the hub starts anew" not in first.text


@pytest.mark.usefixtures("healthy")
def test_whoever_is_logged_in_stays_so(
    make_app: Callable[..., Path], serve: Callable[..., Client]
) -> None:
    make_app("exits", backend=DEADLY["exits"][0])
    client = serve()
    fields = {"login": TEST_USER, "password": TEST_PASSWORD}
    cookies = client.form(f"{client.url}/login", fields).cookies
    cookie = f"hub_session={cookies['hub_session']}"
    gone = f"hub_session={client.form(f'{client.url}/login', fields).cookies['hub_session']}"
    client.form(f"{client.url}/logout", {}, cookie=gone, origin=client.url)

    assert 502 == insist(client, at(client, "exits")).status
    assert 200 == client.get(f"{client.url}/", cookie=cookie).status
    assert 303 == client.get(f"{client.url}/", cookie=gone).status


@pytest.mark.usefixtures("healthy")
def test_an_app_that_was_mended_is_tried_again(
    make_app: Callable[..., Path], serve: Callable[..., Client]
) -> None:
    folder = make_app("exits", backend=DEADLY["exits"][0])
    client = serve()
    broken = client.get(at(client, "exits", "/health")), insist(client, at(client, "exits"))
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    soon = time.time() + 60
    os.utime(folder / "backend.py", (soon, soon))

    assert [200, 502] == [reply.status for reply in broken]
    assert 401 == client.get(at(client, "exits")).status


def test_two_that_end_it_are_both_left_out(
    make_app: Callable[..., Path], serve: Callable[..., Client], healthy: Path
) -> None:
    make_app("exits", backend=DEADLY["exits"][0])
    make_app("aborts", backend=DEADLY["aborts"][0])
    client = serve()

    assert 502 == insist(client, at(client, "exits")).status
    assert 502 == insist(client, at(client, "aborts")).status
    assert 502 == client.get(at(client, "exits")).status
    assert 200 == client.get(at(client, healthy.name, "/health")).status


def test_a_process_that_somebody_kills_is_followed_by_another(
    make_app: Callable[..., Path], serve: Callable[..., Client]
) -> None:
    says = "import os\n    return json_answer({'pid': os.getpid()})"
    make_app("speaks", backend=in_loop(says))
    client = serve()
    first = client.get(at(client, "speaks")).json["pid"]
    os.kill(first, signal.SIGKILL)
    second = insist(client, at(client, "speaks")).json["pid"]

    assert first != second
