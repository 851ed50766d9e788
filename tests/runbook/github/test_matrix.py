"""The matrix of a workflow."""

from __future__ import annotations

from typing import Any

import pytest

from runbook.errors import UsageError
from runbook.github.matrix import matrix

SESSIONS: list[dict[str, Any]] = [
    {"name": "fast", "python": None, "tags": ["ci"]},
    {"name": "fast-on-3.9", "python": "3.9", "tags": ["pythons"]},
    {"name": "fast-on-3.13", "python": "3.13", "tags": ["pythons"]},
    {"name": "pages", "python": None, "tags": ["browser"]},
]


def test_it_has_the_sessions_of_the_tags_in_order_each_on_its_python_or_the_newest() -> None:
    assert {
        "include": [
            {"session": "fast", "python": "3.13"},
            {"session": "fast-on-3.9", "python": "3.9"},
            {"session": "fast-on-3.13", "python": "3.13"},
        ]
    } == matrix(SESSIONS, ["pythons", "ci"])


def test_where_no_session_names_a_python_any_will_do() -> None:
    assert {"include": [{"session": "fast", "python": "3.x"}]} == matrix(SESSIONS[:1], ["ci"])


def test_a_matrix_of_nothing_is_refused() -> None:
    with pytest.raises(
        UsageError, match="no session is tagged browsre; there are: browser, ci, pythons"
    ) as refused:
        matrix(SESSIONS, ["browsre"])

    assert "bin/invoke ci.plan --tags browser" == refused.value.next_step
