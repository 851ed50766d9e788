"""Which functions of Ensemble a request can reach: ``python -m tests.reach.crawl FILE``.

A real server on files is asked for every route: by everybody that there is, with what the route is for and with
what it must refuse, while the gate is open and while it is closed. What it calls meanwhile is written to FILE.
"""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dashgen.canvas_schema import CanvasDraft, Owner, Visibility
from dashgen.ids import new_user_id
from dashgen.pairing import PairingStore
from dashgen.room_schema import COMPONENT_TYPES
from dashgen.route_table import ROUTES
from dashgen.slots import Tier
from runbook.gate.file import GateFile
from tests.integration import hostile
from tests.integration.gates import open_gate
from tests.integration.sent import INCIDENT, ODD_PARTS
from tests.integration.server_process import DASHBOARD_TOKEN, ROOT, Roots, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.routing import Route

LINK = {"type": "click-to-link", "label": "out", "url": "https://example.org/a?b#c"}
ANSWERS = {
    "building": "a chess club",
    "vibe": "cozy",
    "color_scheme": "cool",
    "problem": "lost games",
}
EVERY_KIND = [
    {"type": kind, "x": 5, "props": {"text": "a", "url": "/"}} for kind in COMPONENT_TYPES
]
NOTES = "# One\n\n[in](/docs/x.md) ![an image](/x.png)\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n`code` <b>bold</b>"
READ = {
    "type": "click-to-read",
    "label": "Read",
    "content": NOTES * 40,
    "rotation": 20,
    "w": 3,
    "h": 4,
    "z": 5,
}
ROOM = {
    "stage": {"width": 800},
    "components": [*EVERY_KIND, LINK, READ, {"id": "own", "type": "text"}],
}
# What each route is for; what is refused besides is in `BAD`.
GOOD: Mapping[str, Sequence[object]] = {
    "/studio/canvas": (
        {},
        {"title": "A canvas", "theme": "forest", "room_state": ROOM},
        {"signup_context": {"handle": "ada", **ANSWERS, "github_handle": "ada"}},
        {"signup_context": {"vibe": "lounge"}},
    ),
    "/studio/canvas/{canvas_id:canvas}": (
        {"title": "Another", "description": "words", "theme": "ruby", "room_state": ROOM},
    ),
    "/studio/canvas/{canvas_id:canvas}/publish": tuple(
        {"slot_index": slot, "visibility": seen}
        for slot, seen in (
            (0, "private"),
            (1, "unlisted"),
            (2, "public"),
            (9, "public"),
            (0, "public"),
        )
    ),
    "/studio/canvas/{canvas_id:canvas}/showcase": ({"is_showcase": True}, {"is_showcase": False}),
    "/studio/signup": tuple(
        {"handle": handle, "tos_accepted": accepted, "answers": ANSWERS}
        for handle, accepted in (("newcomer", True), ("newcomer", True), ("nobody", False))
    ),
    "/studio/generate-from-answers": (ANSWERS,),
    "/first-run/advance": ({"step": "canvas-generated"}, {"step": "questions-answered"}),
    "/smoke-test-result": ({"slug": "app", "result": "pass"}, {"slug": "app", "result": "fail"}),
    "/fire": tuple(
        {"slug": slug, "minutes": 5, "prompt": "go"} for slug in ("app", "calm", "none")
    ),
}
GOOD_LINKS = ("http://127.0.0.1/", "http://[::1]/", "mailto:ada@example.org", "/legal/terms.html#a")
LINKS = [[{"type": "click-to-link", "url": url}] for url in (*hostile.ADDRESSES, *GOOD_LINKS)]
PARTS: list[object] = [
    *LINKS,
    *(parts for parts, _ in ODD_PARTS),
    ["text"],
    [{"type": "text", "x": 1e9}],
]
BAD: Sequence[bytes] = (
    b"", b"{", b"[]", b"null", b'{"title": 1}', b'{"title": "a", "title": "b"}', b"\xff", b"NaN",
    b"[" * 5_000, b'{"title": ' + b"[" * 5_000, b" " * 300_000,
    *(json.dumps(body).encode() for body in (
        {"theme": "no-such-theme"}, {"title": "x" * 99}, {"handle": "?", "tos_accepted": True}, {"slot_index": -1},
        {"slot_index": 10_000}, {"step": "none"}, {"token": "none"}, {"token": DASHBOARD_TOKEN}, {"room_state": 1},
        {"slug": "app", "minutes": 0}, {"slug": "../app", "minutes": 1, "prompt": "x" * 30_000},
        {"slug": "app", "result": "fail", "notes": "x" * 5_000}, {"stage": {"width": -1}},
        *({"room_state": {"components": parts}} for parts in PARTS),
    )),
)  # fmt: skip
QUERIES = (
    "", "?filter=newest&limit=1", "?filter=random&limit=2", "?filter=none", "?limit=0", "?cursor=none",
    "?filter=featured&limit=1", "?v=none",
)  # fmt: skip
PATHS: Mapping[str, Sequence[str]] = {
    "{slug}": ("terms", "privacy", "none"),
    "{path:path}": ("getting-started/SMOKE_RUNBOOK", "architecture/gate", "none", "../x", "adr"),
    "{name}": ("site.js", "none"),
}
ODD = ("/none", "/none.html", "/health/", "/a%2fb", "/%0a", "/studio/canvas/cnv_none")
WHOLE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
# Nothing at all, half a head, one request and no more, and one that would speak something else.
IDLE = (
    b"",
    b"GET / HTTP/1.1\r\n",
    WHOLE + b"\r\n",
    WHOLE + b"Connection: Upgrade\r\nUpgrade: x\r\n\r\n",
)
VISIBILITIES = ("private", "unlisted", "public")
READS = {"GET", "HEAD"}
DRAFT, CANVAS = "cnv_000000000000", "{canvas_id:canvas}"


@dataclass
class Caller:
    """Somebody who asks.

    Attributes:
        headers: What is sent each time.
        canvases: The ids that this caller tries: own, other people's, and none.
        is_thorough: Whether this one also sends what is refused of everybody.
    """

    headers: dict[str, str]
    canvases: list[str]
    is_thorough: bool = False


class Crawl:
    """Everything that is asked of one server."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        self._pairings = PairingStore(server.roots.orch / "pairings")
        self.count = 0

    def run(self) -> None:
        """Ask for every route, with the gate open and closed; meanwhile a few never finish what they ask."""
        address = urlsplit(self._server.url)
        idle = [socket.create_connection((address.hostname, address.port)) for _ in IDLE]
        for connection, said in zip(idle, IDLE, strict=True):
            connection.sendall(said)
        self._run()
        for connection in idle:
            connection.settimeout(60)
            while connection.recv(65_536):  # until the server has lost its patience
                pass
            connection.close()

    def _run(self) -> None:
        build = json.loads(self.ask("GET", "/health", {}))["build"]
        gate = self._server.roots.orch / "gate.json"
        projects = self._server.roots.orch / "projects"
        projects.mkdir()
        for slug in ("app", "calm"):
            (projects / f"{slug}.json").write_text(f'{{"slug": "{slug}"}}', encoding="utf-8")
        self._server.roots.incidents.mkdir()
        incident = self._server.roots.incidents / "one.json"
        incident.write_text(json.dumps(INCIDENT), encoding="utf-8")
        for caller in self._callers():  # there is no gate yet
            self.ask("GET", f"/canvas/{caller.canvases[0]}.html", caller.headers)
        self.ask("GET", "/index.html", {})
        open_gate(gate, build, now=time.time())
        self._ask_all()
        open_gate(gate, "another", now=time.time())
        self.ask("GET", "/ensemble/canvases", {})
        GateFile(gate).close("crawled", by="crawl", now=time.time())
        self.ask("GET", "/index.html", {})

    def _ask_all(self) -> None:
        callers = list(self._callers())
        reading_first = sorted(ROUTES, key=lambda route: route.methods != READS)
        for route in reading_first:
            for caller in callers:
                self._ask_route(route, caller)
        for path, method in itertools.product(ODD, ("GET", "POST", "PATCH")):
            self.ask(method, path, {}, b"{}")
        for caller in callers:  # at the end: whoever is unpaired cannot ask for more
            self.ask("DELETE", f"/studio/canvas/{caller.canvases[0]}", caller.headers)
            self.ask("POST", "/studio/unpair", caller.headers, b"{}")
        for name in ("none", "."):
            self.ask("GET", f"/{'x' * 70_000}", {"host": name})

    def _callers(self) -> Iterator[Caller]:
        users = [(new_user_id(), f"{name}-{self.count}") for name in ("ada", "bob", "carol")]
        tokens = [self._pairings.issue(*user, now=time.time()) for user in users]
        by_header = [{"authorization": f"Bearer {token}"} for token in tokens]
        own = [[self._create(headers) for _ in range(5)] for headers in by_header]
        for headers, canvases in zip(by_header, own, strict=True):
            self._publish(headers, canvases)
        self._seed(users[0][0])
        cookie = {"cookie": f"pairing_token={tokens[2]}"}
        yield Caller(by_header[0], [*own[0], own[1][0], DRAFT], is_thorough=True)
        yield Caller(by_header[1], [*own[1][:2], own[0][4]])
        yield Caller(cookie | {"origin": self._server.url}, own[2])
        others = [cookie, {"authorization": "Bearer wrong"}, {"authorization": "Basic a"}, {}]
        for headers in others:
            yield Caller(headers, [own[0][2], own[1][0], DRAFT])
        yield Caller({"authorization": f"Bearer {DASHBOARD_TOKEN}"}, [own[0][2]], is_thorough=True)

    def _create(self, headers: dict[str, str]) -> str:
        body = json.dumps({"title": "One", "room_state": ROOM}).encode()
        made = self.ask("POST", "/studio/canvas", headers, body)
        return str(json.loads(made)["id"])

    def _publish(self, headers: dict[str, str], canvases: list[str]) -> None:
        for slot, canvas in enumerate(canvases[2:]):
            body = json.dumps({"slot_index": slot, "visibility": VISIBILITIES[slot]}).encode()
            self.ask("POST", f"/studio/canvas/{canvas}/publish", headers, body)

    def _seed(self, user: str) -> None:
        """Publish past the server, as another process would: it reads the index anew."""
        store, pro = self._server.roots.stores.canvases, Tier.pro
        canvas = store.create(Owner(user, "seeded"), CanvasDraft(title="Seeded"), now=time.time())
        slot, public = 7, Visibility.public
        store.publish(
            canvas.id, user, slot_index=slot, visibility=public, tier=pro, now=time.time()
        )

    def _ask_route(self, route: Route, caller: Caller) -> None:
        for place, path in enumerate(self._paths(route.path, caller)):
            if route.methods == READS:
                for query in QUERIES if caller.is_thorough else ("",):
                    self.ask("GET", path + query, caller.headers)
                self.ask("HEAD", path, caller.headers)
            elif route.path != "/studio/unpair" and route.methods != {"DELETE"}:
                (method,) = route.methods or {"POST"}
                good = [json.dumps(body).encode() for body in GOOD.get(route.path, ({},))]
                bad = BAD if caller.is_thorough and place == 0 else ()
                for body in (*good, *bad):
                    self.ask(method, path, caller.headers, body)
        self.ask("PATCH", next(self._paths(route.path, caller)), caller.headers, b"{}")

    def _paths(self, pattern: str, caller: Caller) -> Iterator[str]:
        if CANVAS in pattern:
            yield from (pattern.replace(CANVAS, canvas) for canvas in caller.canvases)
            return
        for place, names in PATHS.items():
            if place in pattern:
                yield from (pattern.replace(place, name) for name in names)
                return
        yield pattern

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> bytes:
        """Send one request, whatever the answer."""
        self.count += 1
        kind = {"content-type": "application/json"} if body is not None else {}
        try:
            self._connection.request(method, path, body, {**kind, **headers})
            return self._connection.getresponse().read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            return b""


def main(argv: Sequence[str]) -> int:
    """Crawl, and write what was reached."""
    (file,) = argv
    notes = Path(file)
    notes.unlink(missing_ok=True)
    program: list[Any] = [ROOT / "tests" / "reach" / "recorded_server.py", notes.absolute()]
    server = ServerProcess(Roots(), program=program)
    try:
        crawl = Crawl(server)
        crawl.run()
    finally:
        server.stop()
    reached = len(notes.read_text(encoding="utf-8").splitlines())
    print(f"{crawl.count} requests reach {reached} functions", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
