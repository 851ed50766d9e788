"""Moving a grid between stores: whole, in pieces after a crash, and never over what is another's."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen import migrate
from dashgen.canvas_schema import Canvas, Owner, Visibility
from dashgen.errors import SchemaError, StorageFailed
from dashgen.grid_cursor import GridOrder
from dashgen.migrate import Exit, copy, digest_of, main, summarise, summary_of
from dashgen.room_schema import RoomState
from dashgen.slots import Tier
from dashgen.stores import open_url
from tests.dashgen.store_steps import draft, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from dashgen.stores import Stores

BIN = Path(__file__).parents[2] / "bin"


def fill(stores: Stores) -> None:
    """Five owners, on different tiers, with canvases in every state that there is."""
    for number in range(5):
        owner = Owner(f"usr_{number}", f"maker{number}")
        tier = Tier.pro if number % 2 else Tier.free
        stores.subscriptions.set_tier(owner.id, tier)
        made = [draft(stores.canvases, owner, f"{number} {n} \0 é 🙂") for n in range(5)]
        for slot, visibility in enumerate(Visibility):
            publish(stores.canvases, made[slot], slot, visibility)
        if tier is Tier.pro:
            publish(stores.canvases, made[3], 7, tier=tier)
        stores.canvases.set_showcase(made[0].id, owner.id, on=True)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """The URL of a file store that is filled."""
    url = str(tmp_path / "source")
    Path(url).mkdir()
    with closing(open_url(url)) as stores:
        fill(stores)
    return url


@pytest.fixture
def target(store_url: str, tmp_path: Path) -> str:
    """The URL of an empty store of each kind."""
    return f"{tmp_path}/target" if store_url == str(tmp_path) else store_url


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashgen.migrate", *arguments],
        env={**os.environ, "PYTHONPATH": str(BIN)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def contents(url: str) -> dict[str, list[Canvas]]:
    with closing(open_url(url)) as stores:
        return {owner: stores.canvases.mine(owner) for owner in stores.canvases.owners()}


def test_a_grid_moves_there_and_back(source: str, target: str, tmp_path: Path) -> None:
    done = run("--from", source, "--to", target, "--json")
    assert 0 == done.returncode, done.stderr
    report = json.loads(done.stdout)
    assert ("same", 5, 0) == (report["verdict"], report["copied"], report["same"])
    assert report["source"] == report["target"]
    assert (25, 17) == (report["source"]["canvases"], report["source"]["published"])
    assert contents(target) == contents(source)

    back = str(tmp_path / "back")
    assert Exit.SAME == main(["--from", target, "--to", back])
    assert contents(back) == contents(source)
    with closing(open_url(back)) as stores:
        assert ["free", "pro"] * 2 + ["free"] == [tier for _, tier in stores.subscriptions.all()]


def test_the_grid_reads_the_same_and_cursors_live_on(source: str, target: str) -> None:
    assert Exit.SAME == main(["--from", source, "--to", target])
    with closing(open_url(source)) as old, closing(open_url(target)) as new:
        for order in (GridOrder.newest, GridOrder.featured):
            first = old.canvases.list_published(order, 3, "")
            assert first == new.canvases.list_published(order, 3, "")
            rest = old.canvases.list_published(order, 50, first.next_cursor)
            assert rest == new.canvases.list_published(order, 50, first.next_cursor)


def test_what_was_begun_goes_on(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "CANVASES_AT_ONCE", 1)
    with closing(open_url(source)) as old, closing(open_url(target)) as new:
        replace, calls = new.canvases.replace, 0

        def fail_at_the_third(by_owner: Mapping[str, Sequence[Canvas]]) -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise StorageFailed(is_full=True)
            replace(by_owner)

        new.canvases.replace = fail_at_the_third  # type: ignore[method-assign]
        with pytest.raises(StorageFailed):
            copy(old, new, is_dry=False)
        new.canvases.replace = replace  # type: ignore[method-assign]
        assert (3, 2) == copy(old, new, is_dry=False)
        assert summary_of(old) == summary_of(new)
        assert (0, 5) == copy(old, new, is_dry=False)


def test_a_later_state_of_the_source_replaces_the_earlier(source: str, target: str) -> None:
    assert Exit.SAME == main(["--from", source, "--to", target])
    with closing(open_url(source)) as old:
        first, second, *_, last = old.canvases.mine("usr_0")
        old.canvases.delete(first.id, "usr_0")
        publish(old.canvases, last, second.slot_index or 0)
    assert Exit.SAME == main(["--from", source, "--to", target])
    assert contents(target) == contents(source)


def test_a_dry_run_makes_nothing(source: str, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    done = run("--from", source, "--to", f"sqlite:///{target}", "--dry-run")
    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("would copy 5 owners; 0 were the same already\n")
    assert not target.exists()


def test_it_refuses_to_replace_what_the_source_does_not_know(source: str, target: str) -> None:
    with closing(open_url(target)) as stores:
        mine = draft(stores.canvases, Owner("usr_stranger", "s"))
    done = run("--from", source, "--to", target)
    assert Exit.REFUSED == done.returncode
    assert "usr_stranger" in done.stderr
    assert "next: name an empty target" in done.stderr
    assert {"usr_stranger": [mine]} == contents(target)


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def write_later_canvas(root: Path) -> str:
    """Let a later program write one of the canvases of a file store; its name."""
    file = next((root / "canvases" / "usr_1").glob("cnv_*.json"))
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": 2}))
    return file.stem


def break_index(root: Path) -> str:
    (root / "canvases" / "_index.json").write_text('{"version": 2, "published": []}')
    return "_index.json"


def break_subscription(root: Path) -> str:
    (root / "subscriptions" / "usr_1.json").write_text('{"version": 1, "tier": "team"}')
    return "the tier of usr_1"


def put_link_for_owner(root: Path) -> str:
    (root / "canvases" / "usr_1").rename(root / "elsewhere")
    (root / "canvases" / "usr_1").symlink_to(root / "elsewhere")
    return "usr_1"


@pytest.mark.parametrize(
    "spoil", [write_later_canvas, break_index, break_subscription, put_link_for_owner]
)
def test_what_cannot_be_read_is_not_left_behind(
    source: str, target: str, spoil: Callable[[Path], str]
) -> None:
    name = spoil(Path(source))
    before = snapshot(Path(source))
    done = run("--from", source, "--to", target)
    assert Exit.REFUSED == done.returncode, done.stdout
    problem = f"the source holds 1 records that this program cannot read, {name} among them"
    assert problem in done.stderr
    assert before == snapshot(Path(source))
    assert {} == contents(target)


def test_rows_of_a_later_program_are_not_left_behind(source: str, tmp_path: Path) -> None:
    database, target = f"sqlite:///{tmp_path}/store.db", str(tmp_path / "target")
    assert Exit.SAME == main(["--from", source, "--to", database])
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as connection:
        (name,) = connection.execute("SELECT max(id) FROM canvases").fetchone()
        connection.execute(
            "UPDATE canvases SET about = replace(about, '\"schema_version\":1', '\"schema_version\":2')"
            " WHERE id = ?",
            (name,),
        )
    done = run("--from", database, "--to", target)
    assert Exit.REFUSED == done.returncode, done.stdout
    assert name in done.stderr
    assert Exit.REFUSED == run("--from", source, "--to", database).returncode, "as the target, too"
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        ids = [each for (each,) in connection.execute("SELECT id FROM canvases")]
    assert name in ids


@pytest.mark.parametrize("url", ["no/such/folder", "sqlite:////no/such.db", "mysql://x/y"])
def test_a_source_that_is_not_there_is_told(tmp_path: Path, url: str) -> None:
    target = tmp_path / "target"
    done = run("--from", url, "--to", str(target))
    assert Exit.ENVIRONMENT == done.returncode
    assert done.stderr.startswith("error: ")
    assert "next: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not target.exists()


def test_one_store_is_not_two(source: str) -> None:
    assert Exit.USAGE == main(["--from", source, "--to", source])


def test_nobody_is_given_what_is_anothers(open_stores: Callable[[], Stores]) -> None:
    store = open_stores().canvases
    foreign = publish(store, draft(store, Owner("usr_other", "o")))
    with pytest.raises(SchemaError, match="owner_id"):
        store.replace({"usr_bob": [], "usr_alice": [foreign]})
    assert [foreign] == store.mine("usr_other")
    assert [] == store.mine("usr_alice")


CANVASES = st.builds(
    Canvas,
    id=st.from_regex(r"cnv_[0-9a-f]{12}", fullmatch=True),
    owner_id=st.just("usr_a"),
    owner_handle=st.text(),
    room_state=st.builds(RoomState),
    title=st.text(),
    created_at=st.floats(0, 1e10),
    updated_at=st.floats(0, 1e10),
)


@given(st.lists(CANVASES, unique_by=lambda canvas: canvas.id), st.randoms())
def test_the_digest_does_not_depend_on_the_order(canvases: list[Canvas], chance: Random) -> None:
    shuffled = canvases.copy()
    chance.shuffle(shuffled)
    assert digest_of(shuffled) == digest_of(canvases)


@given(CANVASES, st.text(min_size=1))
def test_the_digest_depends_on_every_letter(canvas: Canvas, more: str) -> None:
    before = digest_of([canvas])
    canvas.title += more
    assert digest_of([canvas]) != before


def test_a_summary_asks_nothing_of_the_order_in_which_a_database_sorts(source: str) -> None:
    with closing(open_url(source)) as stores:
        owned = [
            (owner_id, stores.canvases.mine(owner_id)) for owner_id in stores.canvases.owners()
        ]
        paying = list(stores.subscriptions.all())

    assert summarise(owned, paying) == summarise(owned[::-1], paying[::-1])


def test_owners_with_nothing_do_not_count() -> None:
    empty = summarise([("usr_a", [])], [])
    assert empty == summarise([], [])
    assert (0, 0) == (empty.owners, empty.canvases)
