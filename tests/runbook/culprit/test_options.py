"""What a search is asked for."""

from __future__ import annotations

from pathlib import Path

from runbook.culprit.options import Options

ASKED = Options(
    Path(),
    "x",
    suspects=("web/a.py", "web/", "../shared/b.py"),
    overlay=("tests",),
    unseen=("*.md",),
)


def test_at_the_top_paths_stay_as_they_are() -> None:
    assert ASKED == ASKED.seen_from_the_top("")


def test_in_a_folder_paths_are_of_that_folder() -> None:
    seen = ASKED.seen_from_the_top("one/two")

    assert ("one/two/web/a.py", "one/two/web/", "one/shared/b.py") == seen.suspects
    assert (("one/two/tests",), ("one/two/*.md",)) == (seen.overlay, seen.unseen)
