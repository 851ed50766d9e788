"""What a publish with its unpublish, and a page of each order, take in a store itself, without a server."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.served_grid import a_grid
from dashgen.canvas_schema import Visibility
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from dashgen.stores import open_stores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TURNS = 11


class Work(NamedTuple):
    """What is done to a store of some size, in this process.

    Attributes:
        size: How many canvases it shows.
        steps: What is done, by its name.
        backends: The processes that do the database's part, if it is a server.
    """

    size: int
    steps: dict[str, Callable[[], object]]
    backends: Sequence[int]

    def cost(self, what: str, count: int) -> tuple[float, float]:
        """Take a step so often; the microseconds of the processors each took here, and in the database."""
        own, of_database = time.process_time(), self._database_seconds()
        for _ in range(count):
            self.steps[what]()
        own, of_database = time.process_time() - own, self._database_seconds() - of_database
        return own / count * 1e6, of_database / count * 1e6

    def _database_seconds(self) -> float:
        files = (Path(f"/proc/{number}/schedstat") for number in self.backends)
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9


@contextmanager
def work_on(store: str, size: int) -> Iterator[Work]:
    """The work on a store that shows so many canvases; it has a connection already."""
    with ExitStack() as stack:
        grid = stack.enter_context(a_grid(store, size))
        url, root = (
            grid.environment[name] for name in ("ENSEMBLE_DATABASE_URL", "ENSEMBLE_DATA_ROOT")
        )
        canvases = stack.enter_context(closing(open_stores(url, Path(root)))).canvases
        (canvas_id, _), owner_id = grid.drafts[0], grid.owners[0]

        def publish_and_back() -> None:
            canvases.publish(
                canvas_id, owner_id,
                slot_index=0, visibility=Visibility.public, tier=Tier.free, now=time.time(),
            )  # fmt: skip
            canvases.unpublish(canvas_id, owner_id)

        steps: dict[str, Callable[[], object]] = {"publish and unpublish": publish_and_back}
        for order in GridOrder:
            steps[f"a page, {order}"] = partial(canvases.list_published, order, 20, "")
        for step in steps.values():
            step()  # not counted; from now on there is a connection
        yield Work(size, steps, _backends(url) if store == "postgresql" else [])


def _backends(url: str) -> list[int]:
    """The processes of PostgreSQL that serve the other connections to a database."""
    import psycopg  # noqa: PLC0415 - where there is one

    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    return [number for (number,) in rows]


def in_turn(works: Sequence[Work], what: str, count: int) -> list[tuple[float, float]]:
    """What a step costs each, by medians of rounds in which all have their turn, forth and back."""
    rounds: list[list[tuple[float, float]]] = [[] for _ in works]
    for number in range(TURNS):
        turns = list(zip(works, rounds, strict=True))
        for work, costs in turns if number % 2 else reversed(turns):
            costs.append(work.cost(what, max(1, count // TURNS)))
    medians = ([statistics.median(part) for part in zip(*costs, strict=True)] for costs in rounds)
    return [(own, of_database) for own, of_database in medians]
