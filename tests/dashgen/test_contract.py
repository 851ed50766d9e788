"""The contract, its OpenAPI file and the running server, held against each other.

Every status that is documented for a route is provoked, and its answer is checked against the
schema. What cannot be provoked is not documented, and what is answered is.
"""

from __future__ import annotations

import errno
import json
import re
import resource
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from starlette.routing import Route

from dashgen.app import build_app
from dashgen.links import safe_href
from dashgen.route_table import ROUTES
from dashgen.settings import REPOSITORY, Settings
from dashgen.storage.atomic_file import UnsyncedError
from tests.dashgen.in_process import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.dashgen.conftest import Answer, ControlPanel, Creator

CONTRACTS: Final = REPOSITORY / "docs" / "architecture" / "api-contracts"
CONTRACT: Final = (CONTRACTS / "CHUNK_2_API_CONTRACT.md").read_text()
OPENAPI: Final[dict[str, Any]] = yaml.safe_load((CONTRACTS / "openapi.yaml").read_text())
PROSE: Final = re.compile(r"`(?:[A-Z]+ )?(/[\w/{}.-]*)` answers (\d{3})\b")
METHODS: Final = ("get", "put", "post", "delete")
UNKNOWN: Final = "cnv_000000000000"


class Operation(NamedTuple):
    """A method and an address, as documents and routes write them."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


Case = tuple[Operation, int]


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the file, if this is one."""
    reference = node.get("$ref")
    if reference is None:
        return node
    found: dict[str, Any] = OPENAPI
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    return found


def documented() -> dict[Operation, dict[int, dict[str, Any]]]:
    return {
        Operation(method.upper(), path): {
            int(status): resolve(answer)
            for status, answer in operations[method]["responses"].items()
        }
        for path, operations in OPENAPI["paths"].items()
        for method in METHODS
        if method in operations
    }


DOCUMENTED: Final = documented()
CASES: Final = [(operation, status) for operation in DOCUMENTED for status in DOCUMENTED[operation]]
ANY_OPERATION: Final = {
    int(status): resolve(answer) for status, answer in OPENAPI["x-any-operation"].items()
}


def table_rows(first_header: str) -> Iterator[list[str]]:
    """The rows of the contract's table whose first column is called so."""
    table = CONTRACT.partition(f"\n| {first_header} |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


# What each operation needs so that it succeeds.
BODIES: Final[Mapping[str, dict[str, object]]] = {
    "POST /studio/canvas": {},
    "PUT /studio/canvas/{canvas_id}": {"title": "New"},
    "POST /studio/canvas/{canvas_id}/publish": {"slot_index": 0, "visibility": "public"},
    "POST /studio/canvas/{canvas_id}/unpublish": {},
    "PUT /studio/canvas/{canvas_id}/showcase": {"is_showcase": True},
    "POST /studio/signup": {"handle": "", "tos_accepted": True},
    "POST /studio/generate-from-answers": {"building": "kites"},
    "POST /studio/renew": {},
    "POST /studio/unpair": {},
    "POST /first-run/advance": {"step": "questions-answered"},
    "POST /verify-token": {"token": ""},
    "POST /smoke-test-result": {"slug": "", "result": "pass"},
    "POST /fire": {"slug": "", "minutes": 5},
}
OPERATOR_ROUTES: Final = ("/state", "/smoke-test-result", "/fire")
PATH_VALUES: Final = {"slug": "terms", "path": "legal/DMCA", "name": "site.css"}


class World:
    """A server with a creator, somebody else, and projects, to provoke answers from.

    Args:
        panel: A server whose gate is open.
        limited: A server on which every limit is used up.
    """

    def __init__(self, panel: ControlPanel, limited: ControlPanel) -> None:
        self.panel = panel
        self.limited = limited
        self.other = panel.signup()
        self.theirs = panel.published(self.other)

    def provoke(self, operation: Operation, status: int) -> Answer:
        """Make the server answer an operation with a status, if it ever does."""
        special: Callable[[], Answer] | None = getattr(self, _method_name(operation, status), None)
        if special is not None:
            return special()
        general: Callable[[Operation], Answer] | None = getattr(self, f"_any_{status}", None)
        assert general is not None, f"nothing provokes {operation} {status}"
        return general(operation)

    def send(self, operation: Operation, **changes: Any) -> Answer:
        """Send what succeeds, as a new creator with a new draft, apart from some changes."""
        creator = changes.pop("creator", None) or self.panel.signup()
        token = self.panel.operator_token if operation.path in OPERATOR_ROUTES else creator.token
        body = changes.pop("body", self.body(operation, creator))
        path = changes.pop("path", None) or self.path(operation, creator)
        sent = {"token": token, **changes}
        return self.panel.request(operation.method, path, body, **sent)

    def path(self, operation: Operation, creator: Creator) -> str:
        """The address, with a canvas of the creator's where it names one."""
        path = operation.path
        if "{canvas_id}" in path:
            is_public = not path.startswith("/studio")
            make = self.panel.published if is_public or "showcase" in path else self.panel.draft
            path = path.replace("{canvas_id}", make(creator))
        for name, value in PATH_VALUES.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def body(self, operation: Operation, creator: Creator) -> dict[str, object] | None:
        """A body with which the operation succeeds."""
        body = BODIES.get(str(operation))
        if body is None:
            return None
        made = {
            "handle": f"c-{secrets.token_hex(6)}",
            "token": creator.token,
            "slug": self.project() if body.get("slug") == "" else "",
        }
        return {key: made.get(key, value) if value == "" else value for key, value in body.items()}

    def project(self, **fields: object) -> str:
        """Make a project and give its slug."""
        slug = f"c-{secrets.token_hex(6)}"
        folder = self.panel.orch / "projects"
        folder.mkdir(exist_ok=True)
        (folder / f"{slug}.json").write_text(json.dumps({"slug": slug, **fields}))
        return slug

    def _any_200(self, operation: Operation) -> Answer:
        return self.send(operation)

    _any_201 = _any_204 = _any_200

    def _any_400(self, operation: Operation) -> Answer:
        if operation.method in {"POST", "PUT"}:
            return self.send(operation, body=b"{")
        if "{" in operation.path:
            return self.send(operation, path=re.sub(r"\{\w+\}", "a%2Fb", operation.path))
        return self.send(operation, path=f"{operation.path}?limit=0")

    def _any_401(self, operation: Operation) -> Answer:
        if operation.path == "/verify-token":
            return self.send(operation, body={"token": "unknown"}, token=None)
        return self.send(operation, token=None)

    def _any_403(self, operation: Operation) -> Answer:
        if operation.path.startswith("/studio/canvas/{canvas_id}"):
            return self.send(operation, path=operation.path.format(canvas_id=self.theirs))
        if operation.method == "POST":
            cookie = {"Cookie": f"pairing_token={self.other.token}"}
            return self.send(operation, token=None, headers=cookie)
        path = operation.path.format(canvas_id=self.theirs)
        self.panel.close_gate()
        try:
            return self.panel.get(path)
        finally:
            self.panel.open_gate()

    def _any_404(self, operation: Operation) -> Answer:
        if operation.path in OPERATOR_ROUTES:
            body = BODIES[str(operation)] | {"slug": "no-such-project"}
            return self.send(operation, body=body)
        return self.send(operation, path=re.sub(r"\{\w+\}", UNKNOWN, operation.path))

    def _any_412(self, operation: Operation) -> Answer:
        return self.send(operation, headers={"If-Match": '"of-another-state"'})

    def _any_413(self, operation: Operation) -> Answer:
        return self.send(operation, body=b" " * 262_145)

    def _any_415(self, operation: Operation) -> Answer:
        return self.send(operation, headers={"Content-Type": "text/plain"})

    def _any_429(self, operation: Operation) -> Answer:
        body = BODIES.get(str(operation))
        sent = body and {key: value or "x" for key, value in body.items()}
        token = None if operation.path in {"/studio/signup", "/verify-token"} else "wrong"
        path = re.sub(r"\{\w+\}", UNKNOWN, operation.path)
        return self.limited.request(operation.method, path, sent, token=token)

    def _post_publish_402(self) -> Answer:
        creator = self.panel.signup()
        for slot in range(3):
            self.panel.published(creator, slot=slot)
        operation = Operation("POST", "/studio/canvas/{canvas_id}/publish")
        return self.send(operation, creator=creator, body={"slot_index": 3})

    def _put_canvas_id_409(self) -> Answer:
        creator = self.panel.signup()
        path = f"/studio/canvas/{self.panel.published(creator)}"
        return self.send(Operation("PUT", "/studio/canvas/{canvas_id}"), creator=creator, path=path)

    def _put_showcase_409(self) -> Answer:
        creator = self.panel.signup()
        path = f"/studio/canvas/{self.panel.draft(creator)}/showcase"
        operation = Operation("PUT", "/studio/canvas/{canvas_id}/showcase")
        return self.send(operation, creator=creator, path=path)

    def _post_signup_409(self) -> Answer:
        body = {"handle": self.other.handle, "tos_accepted": True}
        return self.send(Operation("POST", "/studio/signup"), body=body)

    def _post_advance_409(self) -> Answer:
        body = {"step": "canvas-generated"}
        return self.send(Operation("POST", "/first-run/advance"), body=body)

    def _post_fire_409(self) -> Answer:
        slug = self.project(pending_smoke_test=True)
        return self.send(Operation("POST", "/fire"), body={"slug": slug, "minutes": 5})


def _method_name(operation: Operation, status: int) -> str:
    last = operation.path.rsplit("/", 1)[-1].strip("{}")
    return f"_{operation.method.lower()}_{last}_{status}"


@pytest.fixture(scope="module")
def world(panel: ControlPanel, start_panel: Callable[..., ControlPanel]) -> World:
    limited = start_panel(ENSEMBLE_SIGNUPS_PER_MINUTE="1", ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="1")
    limited.signup()
    limited.get("/state", token="wrong")
    return World(panel, limited)


@pytest.fixture(scope="module")
def answers(world: World) -> dict[Case, Answer]:
    """The answer to every documented case."""
    return {case: world.provoke(*case) for case in CASES}


@pytest.fixture(scope="module")
def fault_answers(
    panel: ControlPanel,
    start_panel: Callable[..., ControlPanel],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[int, list[Answer]]:
    """Answers that any operation may get."""
    slow = start_panel(ENSEMBLE_REQUEST_SECONDS="1")
    unavailable, no_room = storage_answers(start_panel())
    return {
        400: [
            panel.parse_answer(panel.raw(b"not http\r\n\r\n")),
            panel.parse_answer(panel.raw(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")),
            panel.get("/health%00"),
        ],
        404: [panel.get("/nothing")],
        405: [panel.request("PATCH", "/health")],
        408: [slow.parse_answer(slow.raw(b"GET /health HTTP/1.1\r\n"))],
        431: [panel.parse_answer(panel.raw(b"GET / HTTP/1.1\r\nX: " + b"x" * 500_000))],
        500: [broken_app_answer(tmp_path_factory.mktemp("broken"), None)],
        503: [
            unavailable,
            broken_app_answer(tmp_path_factory.mktemp("unsynced"), Unsynced()),
        ],
        507: [no_room],
    }


def storage_answers(panel: ControlPanel) -> tuple[Answer, Answer]:
    """What a server says whose storage refuses: something stands in the way, and then there is no room."""
    maker = panel.signup()
    step = {"step": "questions-answered"}
    first_run = panel.data / "first_run" / f"{maker.user_id}.json"
    first_run.mkdir(parents=True)
    unavailable = panel.post("/first-run/advance", step, token=maker.token)
    first_run.rmdir()
    resource.prlimit(panel.process.pid, resource.RLIMIT_FSIZE, (1, 1))
    return unavailable, panel.post("/first-run/advance", step, token=maker.token)


class Unsynced:
    """Services whose disk takes what it is given, and cannot say that it will keep it."""

    def __getattr__(self, name: str) -> object:
        raise UnsyncedError(errno.EIO, "input/output error")


def broken_app_answer(folder: Path, services: object) -> Answer:
    """What the application answers with services that are missing, or raise."""
    app = build_app(Settings(orch_data=folder, plugin_data=folder, data_root=folder))
    app.state.services = services
    return ask(app, "/health")


def check_answer(answer: Answer, status: int, description: dict[str, Any]) -> None:
    """Hold one answer against its description in the OpenAPI file."""
    assert status == answer.status, answer
    for name, header in description.get("headers", {}).items():
        described = resolve(header)
        if described.get("required"):
            assert name.lower() in answer.headers
    content = description.get("content")
    if content is None:
        assert b"" == answer.body
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content
    if media_type == "application/json":
        schema = content[media_type]["schema"] | {"components": OPENAPI["components"]}
        Draft202012Validator(schema).validate(answer.json())


def check_fault(answer: Answer) -> None:
    """What every refusal has in common."""
    if answer.headers["content-type"] == "application/json":
        assert isinstance(answer.json()["error"], str)
        assert isinstance(answer.json()["message"], str)
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize(("operation", "status"), CASES, ids=str)
def test_a_documented_answer_is_the_server_s(
    answers: dict[Case, Answer], operation: Operation, status: int
) -> None:
    answer = answers[operation, status]
    check_answer(answer, status, DOCUMENTED[operation][status])
    if status >= 400:
        check_fault(answer)


@pytest.mark.parametrize("status", ANY_OPERATION)
def test_an_answer_of_any_operation(fault_answers: dict[int, list[Answer]], status: int) -> None:
    for answer in fault_answers[status]:
        check_answer(answer, status, ANY_OPERATION[status])
        check_fault(answer)


def test_routes_and_documents_know_the_same() -> None:
    routes = {
        Operation(method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path))
        for route in ROUTES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert set(DOCUMENTED) == routes
    assert all(isinstance(route, Route) for route in ROUTES)


def test_the_contract_s_table_is_the_openapi_file_s() -> None:
    stated = {
        route.strip("`"): [int(status) for status in statuses.split()]
        for route, _, statuses in table_rows("route")
    }
    assert stated == {str(operation): list(answers) for operation, answers in DOCUMENTED.items()}


def test_whoever_refuses_a_token_refuses_too_many() -> None:
    """They are counted where they are refused, whatever the route."""
    assert [] == [str(each) for each, said in DOCUMENTED.items() if 401 in said and 429 not in said]


def test_what_prose_says_of_a_route_is_in_the_openapi_file() -> None:
    documents = [REPOSITORY / "AGENTS.md", *(REPOSITORY / "docs").rglob("*.md")]
    paths = {operation.path for operation in DOCUMENTED}
    said = {
        (path, int(status))
        for document in documents
        for path, status in PROSE.findall(document.read_text(encoding="utf-8"))
        if path in paths  # the hub's apps have others
    }
    stated = {(each.path, status) for each in DOCUMENTED for status in DOCUMENTED[each]}

    assert {path for path, _ in said} >= {"/fire"}
    assert said <= stated


def test_a_status_that_prose_gives_with_its_error_is_that_error_s() -> None:
    stated = {(status, error.strip("`")) for status, error, *_ in table_rows("status")}
    errors = {error for _, error in stated}
    documents = (REPOSITORY / "docs").rglob("*.md")
    pairs = re.findall(
        r"\b([45]\d\d)[\s|]+`(\w+)`",
        "\n".join(each.read_text(encoding="utf-8") for each in documents),
    )
    said = {(status, error) for status, error in pairs if error in errors}

    assert {error for _, error in said} >= {"grid_closed", "not_yours", "smoke_test_required"}
    assert said <= stated


def test_the_agents_are_told_the_status_of_a_published_canvas() -> None:
    agents = (REPOSITORY / "AGENTS.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"A published canvas is fixed \((\d+)\)", agents)
    answers = OPENAPI["paths"]["/studio/canvas/{canvas_id}"]["put"]["responses"]

    assert [said] == [
        status
        for status, answer in answers.items()
        if answer.get("$ref", "").endswith("/CanvasPublished")
    ]


def test_the_contract_lists_every_error(
    answers: dict[Case, Answer], fault_answers: dict[int, list[Answer]]
) -> None:
    rows = [(int(status), error.strip("`"), everywhere) for status, error, _, everywhere in
            table_rows("status")]  # fmt: skip
    everywhere = {
        (answer.status, error_of(answer)) for some in fault_answers.values() for answer in some
    }
    seen = {
        (answer.status, error_of(answer)) for answer in answers.values() if answer.status >= 400
    }
    assert everywhere == {(status, error) for status, error, mark in rows if mark == "yes"}
    by_hand = {(400, "tos_required")}  # of signing up, where 400 was provoked in another way
    stated = {(status, error) for status, error, _ in rows}
    assert stated == {pair for pair in seen | everywhere | by_hand if pair[1] != "page"}


def error_of(answer: Answer) -> str:
    is_json = answer.headers["content-type"] == "application/json"
    return str(answer.json()["error"]) if is_json else "page"


def test_the_402_of_the_contract_is_the_server_s(answers: dict[Case, Answer]) -> None:
    stated = json.loads(CONTRACT.partition("```json slot-limit\n")[2].partition("```")[0])
    publish = Operation("POST", "/studio/canvas/{canvas_id}/publish")
    assert stated == answers[publish, 402].json()


def test_every_other_method_is_refused_with_those_that_are_known(panel: ControlPanel) -> None:
    for path in OPENAPI["paths"]:
        known = {op.method for op in DOCUMENTED if op.path == path}
        address = path.replace("{canvas_id}", UNKNOWN)
        for name, value in PATH_VALUES.items():
            address = address.replace(f"{{{name}}}", value)
        allowed = known | {"HEAD"} if "GET" in known else known
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} - known:
            answer = panel.request(method, address)
            check_answer(answer, 405, ANY_OPERATION[405])
            assert allowed == set(answer.headers["allow"].split(", "))


def test_the_openapi_file_is_sound() -> None:
    """Its references lead somewhere, its schemas are schemas, its operations have names."""
    text = (CONTRACTS / "openapi.yaml").read_text()
    for reference in set(re.findall(r'\$ref: "([^"]+)"', text)):
        assert resolve({"$ref": reference})
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    operations = [operation for path in OPENAPI["paths"].values() for method, operation in
                  path.items() if method in METHODS]  # fmt: skip
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    used = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert used == set(OPENAPI["components"]["schemas"])


NEW_CANVAS: Final = Draft202012Validator(
    {"$ref": "#/components/schemas/NewCanvas", "components": OPENAPI["components"]}
)


def of_component(**props: object) -> dict[str, object]:
    return {"room_state": {"components": [{"type": "text", "props": props}]}}


@pytest.mark.parametrize(
    ("bound", "make"),
    [
        pytest.param(80, lambda most: {"title": "x" * most}, id="title"),
        pytest.param(240, lambda most: {"description": "x" * most}, id="description"),
        pytest.param(64, lambda most: {"room_state": {"preset": "x" * most}}, id="name"),
        pytest.param(10_000, lambda most: {"room_state": {"stage": {"width": most}}}, id="stage"),
        pytest.param(80, lambda most: of_component(**{"k" * most: 1}), id="key"),
        pytest.param(20_000, lambda most: of_component(text="x" * most), id="text"),
        pytest.param(2**53, lambda most: of_component(number=most), id="number"),
        pytest.param(2_048, lambda most: of_component(url="/" + "x" * (most - 1)), id="link"),
        pytest.param(
            200, lambda most: {"room_state": {"components": [{"type": "dot"}] * most}}, id="parts"
        ),
    ],
)
def test_the_server_and_the_openapi_file_draw_the_same_bounds(
    world: World, bound: int, make: Callable[[int], dict[str, object]]
) -> None:
    for most, is_taken in ((bound, True), (bound + 1, False)):
        answer = world.panel.post("/studio/canvas", make(most), token=world.other.token)
        assert (201 if is_taken else 400) == answer.status
        assert is_taken == NEW_CANVAS.is_valid(make(most))


@pytest.mark.parametrize("key", ["props", "interaction", "events"])
@pytest.mark.parametrize(
    ("value", "is_taken"), [(None, True), ({}, True), ([], False), ("", False), (0, False)]
)
def test_the_server_and_the_openapi_file_take_the_same_for_what_a_component_holds(
    world: World, key: str, value: object, *, is_taken: bool
) -> None:
    body = {"room_state": {"components": [{"type": "dot", key: value}]}}

    answer = world.panel.post("/studio/canvas", body, token=world.other.token)

    assert (201 if is_taken else 400) == answer.status
    assert is_taken == NEW_CANVAS.is_valid(body)


@pytest.mark.parametrize("key", ["url", "href", "src"])
@pytest.mark.parametrize(
    ("value", "is_taken"),
    [
        (None, True), ("", True), ("/docs", True), ("AAA", True), ([], True), ({}, True),
        (["/docs", None], True), ({"label": 1, "url": "/docs"}, True),
        (0, False), (True, False), ("javascript:x", False), ("/a b", False), (["/docs", 0], False),
        ({"src": 0}, False), ([[{"href": "\\\\host"}]], False),
    ],
)  # fmt: skip
def test_the_server_and_the_openapi_file_take_the_same_for_a_link(
    world: World, key: str, value: object, *, is_taken: bool
) -> None:
    body = of_component(**{key: value})

    answer = world.panel.post("/studio/canvas", body, token=world.other.token)

    assert (201 if is_taken else 400) == answer.status
    assert is_taken == NEW_CANVAS.is_valid(body)


@given(st.text(alphabet="htpsmailo:/?#.@%-[]1\u00e9 \\\\\n", max_size=12))
@example("HTTPS://[::1]:8/\u00e9")
@example("mailto:a@b.c?subject=x")
def test_every_link_that_the_server_takes_fits_the_openapi_file(link: str) -> None:
    assert safe_href(link) is None or NEW_CANVAS.is_valid(of_component(url=link))


def test_every_body_that_may_be_sent_fits_its_schema(world: World) -> None:
    creator = world.other
    for text in BODIES:
        method, path = text.split()
        operation = Operation(method, path)
        described = OPENAPI["paths"][path][method.lower()]["requestBody"]
        schema = described["content"]["application/json"]["schema"]
        whole = schema | {"components": OPENAPI["components"]}
        Draft202012Validator(whole).validate(world.body(operation, creator))
