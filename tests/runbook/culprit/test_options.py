"""What a search is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runbook.culprit.options import Options
from runbook.errors import UsageError

ASKED = Options(
    Path(),
    "x",
    suspects=("web/a.py", "web/", "../shared/b.py"),
    overlay=("tests",),
    unseen=("*.md",),
)


def test_what_decides_the_outcome_can_be_asked_again() -> None:
    asked = replace(
        ASKED,
        setup="make it",
        confidence=0.9,
        flake_rate=0.0,
        row="tests/a.py::test_a",
        first_parent=True,
    )

    here = str(Path.cwd())

    assert (
        "--repo", here, "--setup", "make it", "--flake-rate", "0.0", "--row", "tests/a.py::test_a",
        "--confidence", "0.9",
        "--suspect", "web/a.py", "--suspect", "web/", "--suspect", "../shared/b.py",
        "--overlay", "tests", "--unseen", "*.md", "--first-parent",
    ) == asked.as_arguments()  # fmt: skip
    assert ("--repo", here) == Options(Path(), "x", jobs=3, good="a", bad="b").as_arguments()


@pytest.mark.parametrize("address", ["10.0.0.1", "tcp://host", "tcp://host:", "tcp://host:x"])
def test_a_cluster_has_a_host_and_a_port(address: str) -> None:
    """Dask itself would take twenty seconds to get over it."""
    with pytest.raises(UsageError, match="it names a host and a port"):
        replace(ASKED, cluster=address).check()
    replace(ASKED, cluster="tcp://10.0.0.1:8786").check()


def test_who_believes_nothing_does_not_believe_all() -> None:
    with pytest.raises(UsageError, match="--fresh believes nothing") as refused:
        replace(ASKED, fresh=True, resume=True).check()
    assert "leave --fresh away" in refused.value.next_step


def test_at_the_top_paths_stay_as_they_are() -> None:
    assert ASKED == ASKED.seen_from_the_top("")


def test_in_a_folder_paths_are_of_that_folder() -> None:
    seen = ASKED.seen_from_the_top("one/two")

    assert ("one/two/web/a.py", "one/two/web/", "one/shared/b.py") == seen.suspects
    assert (("one/two/tests",), ("one/two/*.md",)) == (seen.overlay, seen.unseen)
