"""A page of the grid while others publish: each reading of the tables sees what was committed before it."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING, Any

from dashgen.grid_cursor import GridOrder
from dashgen.storage import sql_grid
from dashgen.stores import open_url
from tests.dashgen.store_steps import ALICE, draft, publish

if TYPE_CHECKING:
    import pytest


def test_what_is_published_again_while_a_page_is_read_stands_on_it_once(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read in the last half of the circle of lots, and again in the first, at its new lot."""
    lots = iter(
        [0.9, 0.5, 0.1]
    )  # when it is published, where the visitor starts, and published again
    monkeypatch.setattr(random, "randrange", lambda below: int(next(lots) * below))
    real = sql_grid._range
    with closing(open_url(postgresql_url)) as stores, closing(open_url(postgresql_url)) as others:
        canvas = publish(stores.canvases, draft(stores.canvases))
        readings = []

        def read(*asked: Any) -> sql_grid.Rows:
            readings.append(rows := real(*asked))
            if len(readings) == 1:
                others.canvases.unpublish(canvas.id, ALICE.id)
                publish(others.canvases, canvas)
            return rows

        monkeypatch.setattr(sql_grid, "_range", read)
        page = stores.canvases.list_published(GridOrder.random, 10, "")

    assert [1, 1] == [len(rows) for rows in readings]
    assert [canvas.id] == [card.id for card in page.cards]
