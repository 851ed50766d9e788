"""The site written as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashgen.__main__ import main, write_site
from dashgen.build_id import served_build
from dashgen.canvas_schema import Canvas, CanvasDraft, Owner, Visibility
from dashgen.grid_cursor import GridOrder
from dashgen.pages.canvas_view import render_canvas_page
from dashgen.pages.grid import render_index_page
from dashgen.pages.layout import assets
from dashgen.slots import Tier
from dashgen.storage.canvas_store import JsonFileCanvasStore
from tests.integration.gates import open_gate

REPOSITORY = Path(__file__).resolve().parents[2]
LEGAL = REPOSITORY / "docs" / "legal"
NOW = 1_790_000_000.0
ALICE = Owner("usr_0123456789ab", "alice")


@pytest.fixture
def store(tmp_path: Path) -> JsonFileCanvasStore:
    return JsonFileCanvasStore(tmp_path / "data")


def published(
    store: JsonFileCanvasStore, slot: int, visibility: Visibility = Visibility.public
) -> Canvas:
    draft = store.create(ALICE, CanvasDraft(title=f"canvas {slot}"), NOW)
    return store.publish(
        draft.id, ALICE.id, slot_index=slot, visibility=visibility, tier=Tier.pro, now=NOW
    )


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_page_and_asset_is_written(store: JsonFileCanvasStore, tmp_path: Path) -> None:
    canvas = published(store, 0)
    out = tmp_path / "out"

    written = write_site(out, store, LEGAL, now=NOW)

    pages = {f"{name}.html" for name in ("index", "studio", "pair", "dashboard", "settings")}
    slugs = ("terms", "privacy", "acceptable-use", "dmca", "cookies")
    assert files_below(out) == (
        pages
        | {f"legal/{slug}.html" for slug in slugs}
        | {f"assets/{name}" for name in assets()}
        | {f"canvas/{canvas.id}.html"}
    )
    assert written == len(files_below(out))


def test_files_hold_what_the_pages_render(store: JsonFileCanvasStore, tmp_path: Path) -> None:
    canvas = published(store, 0)

    write_site(tmp_path / "out", store, LEGAL, now=NOW)

    grid = store.list_published(GridOrder.featured, 20, "")
    index = render_index_page(grid.cards, grid.next_cursor, "featured")
    page = render_canvas_page(canvas, now=NOW)
    assert (tmp_path / "out/index.html").read_bytes() == index.html.encode()
    assert (tmp_path / f"out/canvas/{canvas.id}.html").read_bytes() == page.html.encode()


def test_only_public_canvases_are_written(store: JsonFileCanvasStore, tmp_path: Path) -> None:
    published(store, 0, Visibility.private)
    published(store, 1, Visibility.unlisted)
    store.create(ALICE, CanvasDraft(title="a draft"), NOW)

    write_site(tmp_path / "out", store, LEGAL, now=NOW)

    assert not (tmp_path / "out/canvas").exists()


def test_more_canvases_than_one_page_are_written(
    store: JsonFileCanvasStore, tmp_path: Path
) -> None:
    made = {f"{published(store, slot).id}.html" for slot in range(103)}

    write_site(tmp_path / "out", store, LEGAL, now=NOW)

    assert made == {path.name for path in (tmp_path / "out/canvas").iterdir()}


def test_a_canvas_that_was_unpublished_loses_its_file_and_other_files_stay(
    store: JsonFileCanvasStore, tmp_path: Path
) -> None:
    canvas = published(store, 0)
    out = tmp_path / "out"
    write_site(out, store, LEGAL, now=NOW)
    (out / "canvas/cnv_notes.html").write_text("mine", encoding="utf-8")

    store.unpublish(canvas.id, ALICE.id)
    write_site(out, store, LEGAL, now=NOW)

    assert ["cnv_notes.html"] == [path.name for path in (out / "canvas").iterdir()]


def test_a_closed_gate_keeps_every_canvas_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = JsonFileCanvasStore(tmp_path / "data")
    published(store, 0)
    environment = {
        "ORCH_DATA": str(tmp_path / "orch"),
        "ENSEMBLE_DATA_ROOT": str(tmp_path / "data"),
    }

    assert 0 == main([str(tmp_path / "out")], environment)

    assert "the public grid is closed" in capsys.readouterr().err
    assert not (tmp_path / "out/canvas").exists()
    assert "canvas 0" not in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_an_open_gate_lets_them_out(tmp_path: Path) -> None:
    canvas = published(JsonFileCanvasStore(tmp_path / "data"), 0)
    orch = tmp_path / "orch"
    orch.mkdir()
    open_gate(orch / "gate.json", served_build(REPOSITORY), now=NOW)

    main(
        [str(tmp_path / "out"), "--data-root", str(tmp_path / "data"), "--legal", str(LEGAL)],
        {"ORCH_DATA": str(orch)},
    )

    assert f"canvas/{canvas.id}.html" in files_below(tmp_path / "out")
    assert "canvas 0" in (tmp_path / "out/index.html").read_text(encoding="utf-8")
