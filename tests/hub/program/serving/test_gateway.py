"""The gateway: every app at its own name, and whatever breaks in one harms no other."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml

from tests.hub.client import Client, bearer
from tests.hub.hub_process import HubProcess
from tests.hub.program.conftest import BACKEND, manifest_of, write_app
from tests.runbook.support import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEAD = "raise RuntimeError('the disk is on fire')"
EXITS = "import sys\nsys.exit('bye')"
NO_BUILD = "x = 1"
NOTHING = "def build_app(hub):\n    return None"
CRASHES = """
async def app(scope, receive, send):
    raise {error}

def build_app(hub):
    return app
"""
SILENT = """
async def app(scope, receive, send):
    pass

def build_app(hub):
    return app
"""
DEAD_PROCESS = """
import sys

def build_app(hub):
    return hub.process([sys.executable, "-c", "import sys; sys.exit('no database')"], {})
"""
DYING_PROCESS = """
import sys

SERVER = '''
import socket
listener = socket.create_server(("127.0.0.1", 0))
print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
'''

def build_app(hub):
    return hub.process([sys.executable, "-c", SERVER], {})
"""
BROKEN = {
    "dead": (DEAD, "dead/backend.py: RuntimeError: the disk is on fire"),
    "exits": (EXITS, "exits/backend.py: SystemExit: bye"),
    "no-build": (NO_BUILD, "no-build/backend.py: AttributeError"),
    "nothing": (NOTHING, "nothing/backend.py: build_app returns no application"),
    "crashes": (CRASHES.format(error="ValueError('odd')"), "crashes crashed: ValueError: odd"),
    "quits": (CRASHES.format(error="SystemExit(3)"), "quits crashed: SystemExit: 3"),
    "silent": (SILENT, "silent gave no answer"),
    "dead-process": (DEAD_PROCESS, "dead-process: its server has ended: no database"),
    "dying-process": (DYING_PROCESS, "dying-process: its server"),
    "no-syntax": ("def (", "no-syntax/backend.py: SyntaxError"),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub whose apps are broken in every way, and one that works."""
    apps = tmp_path_factory.mktemp("apps")
    for number, (slug, (backend, _)) in enumerate(BROKEN.items(), start=1):
        write_app(apps, slug, number, backend=backend, groups=["users"])
    write_app(apps, "good", groups=["users"])
    write_app(apps, "renamed", 50, groups=["users"], slug="other", auth__authentik_app_slug="other")
    write_app(apps, "archived", 51, groups=["users"], lifecycle__status="archived")
    (apps / "missing-backend").mkdir()
    write_app(apps, "gone", 52, groups=["users"])
    (apps / "gone" / "backend.py").unlink()
    with HubProcess(apps) as started:
        yield started


def heard(hub: HubProcess, said: bytes) -> bytes:
    """Say something to the hub as it stands, and return its whole answer."""
    address = ("127.0.0.1", urlsplit(hub.url).port or 80)
    with socket.create_connection(address, timeout=15) as line:
        line.sendall(said)
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize("slug", BROKEN)
def test_a_broken_app_answers_502_with_its_reason(
    hub: HubProcess, client: Client, slug: str
) -> None:
    reply = client.get(f"{hub.app_urls[slug]}/api/me")
    page = client.get(f"{hub.app_urls[slug]}/health", accept="text/html")

    assert (502, "bad_gateway") == (reply.status, reply.json["error"])
    assert BROKEN[slug][1] in reply.json["message"]
    assert 502 == page.status
    assert "<h1>" in page.text


def test_the_others_work_all_the_while(hub: HubProcess, client: Client) -> None:
    good = hub.app_urls["good"]

    assert {"status": "ok"} == client.get(f"{good}/health").json
    assert 200 == client.get(f"{good}/api/me", **bearer(client.token("good"))).status
    assert "Good" in client.get(f"{good}/").text


def test_an_app_without_a_backend_says_so(hub: HubProcess, client: Client) -> None:
    assert (
        "gone: there is no backend.py"
        == client.get(f"{hub.app_urls['gone']}/health").json["message"]
    )


def test_a_broken_manifest_is_told_at_the_name_of_its_folder(
    hub: HubProcess, client: Client
) -> None:
    reply = client.get(f"{hub.app_urls['renamed']}/")

    assert 502 == reply.status
    assert "slug is 'other', and the folder is called 'renamed'" in reply.json["message"]


@pytest.mark.parametrize("host", ["archived", "nobody", "a.b", "x" * 300])
def test_names_that_nobody_has_are_refused(hub: HubProcess, client: Client, host: str) -> None:
    port = hub.url.rpartition(":")[2]

    reply = client.get(f"http://{host}.localhost:{port}/")

    assert (404, "no_such_host") == (reply.status, reply.json["error"])


@pytest.mark.parametrize(
    "host", ["example.org", "good.example.org", "evil-localhost", "", "a@localhost"]
)
def test_a_foreign_host_is_refused(hub: HubProcess, client: Client, host: str) -> None:
    reply = client.request("GET", f"{hub.url}/", headers={"host": host})

    assert 404 == reply.status


def test_a_new_app_appears_and_an_archived_one_goes_without_a_restart(
    hub: HubProcess, client: Client
) -> None:
    folder = write_app(hub.apps, "fresh", 90, groups=["users"])
    url = hub.app_urls["good"].replace("good", "fresh")

    assert 200 == client.get(f"{url}/health").status
    assert "fresh" in _shown(client)

    archived = manifest_of("fresh", 90, lifecycle__status="archived")
    (folder / "app.manifest.yml").write_text(yaml.safe_dump(archived), encoding="utf-8")

    assert "fresh" not in _shown(client)


def _shown(client: Client) -> list[str]:
    listed = client.get(f"{client.url}/api/apps", **bearer(client.token("portal")))
    return [app["slug"] for app in listed.json["apps"]]


def test_every_answer_carries_the_common_headers(hub: HubProcess, client: Client) -> None:
    good = hub.app_urls["good"]
    for url in (f"{good}/", f"{good}/health", f"{good}/nothing-here", f"{hub.url}/login"):
        headers = client.get(url).headers

        assert "nosniff" == headers["x-content-type-options"], url
        assert "default-src" in headers["content-security-policy"], url
        assert "same-origin" == headers["cross-origin-opener-policy"], url
        assert "camera=()" in headers["permissions-policy"], url


@pytest.mark.parametrize(
    "said",
    [
        b"no such thing\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
        b"GET http://other/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
    ],
)
def test_whatever_no_app_is_asked_for_is_refused_with_the_common_headers(
    hub: HubProcess, said: bytes
) -> None:
    head, _, body = heard(hub, said).partition(b"\r\n\r\n")

    assert {"error", "message"} == json.loads(body).keys()
    for header in (b"nosniff", b"default-src 'none'", b"cross-origin-opener-policy: same-origin"):
        assert header in head


@pytest.mark.parametrize(
    "first",
    [
        b"GET http://other.example/health HTTP/1.1",
        b"GET /health#part HTTP/1.1",
        b"GET /health HTTP/1.1\r\nTransfer-Encoding: gzip, chunked",
        b"GET /health HTTP/1.0\r\nTransfer-Encoding: chunked",
    ],
    ids=["another host", "a fragment", "another coding", "chunks in HTTP/1.0"],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(hub: HubProcess, first: bytes) -> None:
    rest_of_head = f"\r\nHost: {urlsplit(hub.url).netloc}\r\nConnection: close\r\n\r\n".encode()

    status, _, rest = heard(hub, first + rest_of_head).partition(b"\r\n")

    assert b"HTTP/1.1 400 Bad Request" == status
    assert "bad_request" == json.loads(rest.partition(b"\r\n\r\n")[2])["error"]


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "without an end"])
def test_a_head_that_is_too_long_is_refused(hub: HubProcess, end: bytes) -> None:
    first = f"GET /health HTTP/1.1\r\nHost: {urlsplit(hub.url).netloc}\r\n".encode()
    line_of_many = b"X-Long: " + b"x" * 1_000 + b"\r\n"

    answer = heard(hub, first + line_of_many * 400 + b"X-Last: x" + end)

    status, _, rest = answer.partition(b"\r\n")
    assert b"HTTP/1.1 431 Request Header Fields Too Large" == status
    assert "request_head_too_large" == json.loads(rest.partition(b"\r\n\r\n")[2])["error"]


def test_files_outside_the_front_end_are_not_served(hub: HubProcess, client: Client) -> None:
    good = hub.app_urls["good"]
    for path in ("/../backend.py", "/%2e%2e/backend.py", "/..%2fapp.manifest.yml", "/backend.py"):
        assert 404 == client.get(good + path).status, path


def test_a_hub_of_one_app_serves_no_other(hub: HubProcess) -> None:
    with HubProcess(hub.apps, "--app", "good") as alone, Client(alone.url) as client:
        port = alone.url.rpartition(":")[2]

        assert {"good"} == set(alone.app_urls)
        assert 200 == client.get(f"{alone.app_urls['good']}/health").status
        assert 404 == client.get(f"http://dead.localhost:{port}/").status


def test_an_app_that_was_late_holds_up_no_other_and_works_when_it_is_ready(
    make_app: Callable[..., Path], apps: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    waits = f"import os, time\nwhile not os.path.exists({str(ready)!r}): time.sleep(0.01)\n"
    make_app("late", backend=waits + BACKEND)
    make_app("good")
    with HubProcess(apps, "--ready-seconds", "0.5") as hub, Client(hub.url) as client:
        early = client.get(f"{hub.app_urls['late']}/health")
        wait_until(lambda: client.get(f"{hub.app_urls['good']}/health").status == 200, "the other")
        ready.touch()
        wait_until(lambda: client.get(f"{hub.app_urls['late']}/health").status == 200, "its health")

    assert (502, "late/backend.py: is not ready in 0.5 s") == (early.status, early.json["message"])
