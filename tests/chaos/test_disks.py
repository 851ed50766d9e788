"""Disks that are full, read-only, or fail once: nothing false is acknowledged, reads go on."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos import steps
from tests.chaos.durability import loose_ends
from tests.chaos.tracing import traced_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore
    from tests.chaos.victims import Zygote
    from tests.dashgen.conftest import Answer, ControlPanel, Creator

    Start = Callable[..., ControlPanel]
    OpenAgain = Callable[[], CanvasStore]

# A mount of one's own, seen by nobody else, and gone with the process.
NAMESPACE = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-Urm")
LARGE_ROOM = {"components": [{"type": "text", "props": {"text": "x" * 4000}} for _ in range(10)]}


def mounted(script: str) -> tuple[str, ...]:
    """What to start a server through so that it finds its data root mounted otherwise."""
    return (*NAMESPACE, "sh", "-c", f'{script} && exec "$@"', "sh")


def make(panel: ControlPanel, creator: Creator) -> Answer:
    body = {"title": "one more", "room_state": LARGE_ROOM}
    return panel.post("/studio/canvas", body, token=creator.token)


def fill_until_refused(panel: ControlPanel, creator: Creator) -> Answer:
    for _ in range(200):
        answer = make(panel, creator)
        if answer.status != 201:
            return answer
    pytest.fail("the disk never became full")


def check_refusal(answer: Answer, *statuses: int) -> None:
    """A refusal of the contract's shape that says where the trouble is."""
    assert answer.status in statuses, answer
    body = answer.json()
    assert "storage_failed" == body["error"]
    assert "storage" in body["message"].lower()


@pytest.fixture(params=["files", "sqlite"])
def database_in_root(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Variables for a store inside the data root."""
    data = tmp_path / "data"
    data.mkdir()
    is_files = request.param == "files"
    return {"ENSEMBLE_DATABASE_URL": "" if is_files else f"sqlite:///{data}/store.db"}


def test_a_full_disk_is_told_and_once_there_is_room_all_is_well(
    start: Start, database_in_root: dict[str, str]
) -> None:
    tmpfs = mounted('mount -t tmpfs -o size=768k,mode=700 tmpfs "$ENSEMBLE_DATA_ROOT"')
    panel = start(prefix=tmpfs, **database_in_root)
    panel.open_gate()
    creator = panel.signup()
    shown = panel.published(creator)
    inside = Path(f"/proc/{panel.process.pid}/root{panel.data}")
    ballast = inside / "ballast"
    free = os.statvfs(inside)
    ballast.write_bytes(b"\0" * (free.f_bavail * free.f_frsize // 2))

    check_refusal(fill_until_refused(panel, creator), 507)
    before = panel.get("/studio/canvas/mine", token=creator.token).json()
    for _ in range(3):
        check_refusal(make(panel, creator), 507)
    assert before == panel.get("/studio/canvas/mine", token=creator.token).json()
    assert [shown] == panel.grid_ids()
    assert 200 == panel.get(f"/canvas/{shown}.html").status

    ballast.unlink()
    assert 201 == make(panel, creator).status
    panel.published(creator, slot=1)
    assert 2 == len(panel.grid_ids())
    assert "Traceback" not in _without_refusals(panel)


def test_a_limit_on_the_size_of_files_is_told_and_survived(
    start: Start, database_in_root: dict[str, str]
) -> None:
    panel = start(**database_in_root)
    panel.open_gate()
    creator = panel.signup()
    shown = panel.published(creator)
    limits = resource.prlimit(panel.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(panel.process.pid, resource.RLIMIT_FSIZE, (8192, limits[1]))
    check_refusal(make(panel, creator), 507, 503)
    assert [shown] == panel.grid_ids()
    resource.prlimit(panel.process.pid, resource.RLIMIT_FSIZE, limits)
    assert 201 == make(panel, creator).status
    panel.published(creator, slot=1)
    assert 2 == len(panel.grid_ids())


def test_a_read_only_root_is_served_and_says_so(start: Start) -> None:
    first = start()
    first.open_gate()
    creator = first.signup()
    shown = first.published(creator)
    assert "ok" == first.get("/health").json()["storage"]
    first.stop()

    read_only = " && ".join(
        f'mount --bind "${root}" "${root}" && mount -o remount,ro,bind "${root}"'
        for root in ("ENSEMBLE_DATA_ROOT", "ORCH_DATA")
    )
    panel = start(prefix=mounted(read_only))
    assert "read-only" == panel.get("/health").json()["storage"]
    assert [shown] == panel.grid_ids()
    assert 200 == panel.get(f"/canvas/{shown}.html").status
    assert 200 == panel.get("/studio/canvas/mine", token=creator.token).status
    check_refusal(make(panel, creator), 503)
    body = {"handle": "late", "tos_accepted": True}
    check_refusal(panel.post("/studio/signup", body), 503)
    assert "Traceback" not in _without_refusals(panel)


def _without_refusals(panel: ControlPanel) -> str:
    """The log, apart from the lines that go with an answer of 500 and above."""
    lines = panel.log().splitlines()
    return "\n".join(line for line in lines if '"request failed"' not in line)


@pytest.mark.parametrize(
    ("store_url", "failing", "told"),
    [
        pytest.param("files", 1, "storage_failed", id="files, its bytes"),
        pytest.param("files", 2, "outcome_unknown", id="files, its name"),
        pytest.param("sqlite", 1, "outcome_unknown", id="sqlite"),
    ],
    indirect=["store_url"],
)
def test_a_failed_fsync_is_told_and_the_next_step_goes_through(
    zygote: Zygote, open_again: OpenAgain, tmp_path: Path, failing: int, told: str
) -> None:
    store = open_again()
    before = steps.prepare(store)
    fail = f"inject=fsync,fdatasync:error=EIO:when={failing}"
    acknowledged, code = traced_step(zygote, "one 0", tmp_path / "log", "-e", fail)
    assert (0, 1, [told]) == (acknowledged, code, zygote.refusals)
    assert "(INJECTED)" in (tmp_path / "log").read_text()
    now = steps.state_of(open_again())
    assert now == before if told == "storage_failed" else now in (before, steps.after(before, 1))
    state = steps.state_of(store)
    assert (1, 0) == traced_step(zygote, "one 0", tmp_path / "log")
    assert steps.state_of(open_again()) == steps.after(state, 1)


@pytest.mark.parametrize("store_url", ["files", "sqlite"], indirect=True)
@pytest.mark.parametrize("is_unpublish", [False, True], ids=["swap", "unpublish"])
def test_everything_is_on_the_disk_before_it_is_acknowledged(
    zygote: Zygote, open_again: OpenAgain, tmp_path: Path, *, is_unpublish: bool
) -> None:
    store = open_again()
    steps.prepare(store)
    canvases = {canvas.title: canvas for canvas in store.mine(steps.ALICE.id)}
    for earlier in range(8):
        steps.take(store, canvases, earlier)
    state = steps.state_of(store)
    number = next(n for n in range(8, 99) if steps.changes(state, n, is_unpublish=is_unpublish))
    log = tmp_path / "log"
    assert (1, 0) == traced_step(zygote, f"one {number}", log)
    ledger = loose_ends(log.read_text(), str(tmp_path))
    assert [] == ledger.problems
    assert ledger.checked


@pytest.mark.parametrize(
    ("trace", "problem"),
    [
        ('1 write(3</r/a>, "x", 1) = 1\n1 write(1</p>, "ack 0\\n", 6) = 6', "unsynced bytes"),
        ('1 write(3</r/a>, "x", 1) = 1\n1 rename("/r/a", "/r/b") = 0\n', "renamed before"),
        ('1 rename("/r/a", "/r/b") = 0\n1 write(1</p>, "ack 0\\n", 6) = 6', "unsynced names in /r"),
        ('1 write(3</r/a>, "x", 1) = 1\n', "nothing was acknowledged"),
    ],
)
def test_the_check_of_the_order_can_fail(trace: str, problem: str) -> None:
    assert any(problem in each for each in loose_ends(trace, "/r").problems)


def test_the_check_of_the_order_can_pass() -> None:
    trace = """\
1 write(3</r/a>, "x", 1) = 1
1 fsync(3</r/a>) = 0
1 rename("/r/a", "/r/b") = 0
1 fsync(4</r>) = 0
1 write(1</p>, "ack 0\\n", 6) = 6
"""
    ledger = loose_ends(trace, "/r")
    assert ([], 2) == (ledger.problems, ledger.checked)


def test_a_server_that_is_killed_over_and_over_keeps_what_it_acknowledged(start: Start) -> None:
    panel = start()
    panel.open_gate()
    creator = panel.signup()
    drafts = [panel.draft(creator, title=str(number)) for number in range(4)]
    for round_number in range(5):
        occupant: Any = None
        for number in range(round_number, round_number + 7):
            canvas_id = drafts[number % 4]
            body = {"slot_index": 0, "visibility": "public"}
            done = panel.post(f"/studio/canvas/{canvas_id}/publish", body, token=creator.token)
            assert 200 == done.status
            occupant = canvas_id
        os.kill(panel.process.pid, signal.SIGKILL)
        panel.stop()
        panel = start()
        assert [occupant] == panel.grid_ids()
        mine = panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
        assert {each["id"] for each in mine} == set(drafts)
        assert [occupant] == [each["id"] for each in mine if each["published_at"]]
