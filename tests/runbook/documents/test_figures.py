"""Measured figures in documents, and the commands that print them."""

from __future__ import annotations

import pytest

from runbook.documents.figures import unproved


@pytest.mark.parametrize(
    "text",
    [
        "A start takes 0.5 s.",
        "19 ms, and then more.",
        "It holds 39.7 MB",
        "13 microseconds each",
        "It takes `so long`, 1,200 ms.",
        "| a |\n| --- |\n| 5 ms |",
        "A paragraph.\n\n| 5 ms |",
        "`bin/nox -s fast`\n\nIn another paragraph: 2 s.",
        "<!-- generated: a -->\n5 ms\n<!-- end of a -->\n\nIt takes 5 ms.",
    ],
)
def test_a_figure_alone_is_found(text: str) -> None:
    assert 1 == len(list(unproved(text)))


@pytest.mark.parametrize(
    "text",
    [
        "`python benchmarks/a.py --rounds 3` says 0.5 s.",
        "0.5 s\n(`bin/nox -s fast`)",
        "`bin/invoke run` says:\n\n| a |\n| --- |\n| 5 ms |",
        "<!-- generated: a -->\n5 ms\n<!-- end of a -->",
        "```console\nRESULT green seconds=1.8 5 ms\n```",
        "Ten rows, 90 days, 256 KiB, 3 steps, a 2-s cell, and 5 small ones.",
    ],
)
def test_what_has_its_command_or_is_no_figure_is_left_alone(text: str) -> None:
    assert [] == list(unproved(text))


def test_what_is_found_is_the_figure_itself() -> None:
    assert ["1,200 ms", "3 s"] == list(unproved("In 1,200 ms.\n\nAfter 3 s."))
