"""Generated text in documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.documents.document import (
    decisions_list,
    refresh,
    render,
    rows_table,
    stale_documents,
    table,
)
from runbook.errors import UsageError
from runbook.rows import Row, Severity, Suspect

if TYPE_CHECKING:
    from pathlib import Path

STALE = "# Title\n<!-- generated: rows -->\nold\n<!-- end of rows -->\nafter\n"
FRESH = STALE.replace("old", "new")
BLOCKS = {"rows": lambda: "new\n\n", "empty": lambda: ""}


def test_only_what_stands_between_the_markers_is_made_anew() -> None:
    assert FRESH == render(STALE, BLOCKS)
    assert FRESH == render(FRESH, BLOCKS)


def test_an_empty_block_is_filled_and_several_stand_apart() -> None:
    both = "<!-- generated: empty -->\n<!-- end of empty -->\n" + STALE

    assert "<!-- generated: empty -->\n\n<!-- end of empty -->\n" + FRESH == render(both, BLOCKS)


@given(text=st.text().filter(lambda text: "<!--" not in text))
def test_text_without_markers_is_left_as_it_is(text: str) -> None:
    assert text == render(text, BLOCKS)


def test_a_block_that_nobody_makes_is_refused() -> None:
    with pytest.raises(
        UsageError, match="nobody generates a block 'faults'; there are: empty, rows"
    ):
        render(STALE.replace("rows", "faults"), BLOCKS)


def test_documents_are_stale_until_they_are_refreshed(tmp_path: Path) -> None:
    stale, plain = tmp_path / "stale.md", tmp_path / "plain.md"
    stale.write_text(STALE, encoding="utf-8")
    plain.write_text("\N{SNOWMAN}\n", encoding="utf-8")

    assert [stale] == stale_documents([stale, plain], BLOCKS)
    assert STALE == stale.read_text(encoding="utf-8")
    assert [stale] == refresh([stale, plain], BLOCKS)

    assert FRESH == stale.read_text(encoding="utf-8")
    assert [] == stale_documents([stale, plain], BLOCKS)
    assert [] == refresh([stale, plain], BLOCKS)


@given(cells=st.lists(st.text(alphabet="a|\\ ", min_size=1), min_size=1, max_size=3))
def test_no_cell_breaks_its_table(cells: list[str]) -> None:
    last = table(["h"] * len(cells), [cells]).splitlines()[-1]

    bars = last.replace("\\|", "").count("|")
    assert bars == len(cells) + 1


def test_the_table_of_rows_has_a_line_for_each() -> None:
    suspects = (Suspect("bin/a.py", "serve"), Suspect("bin/b.py"))
    rows = [
        Row("test_a", "t.py", 1, Severity.HIGH, "a | b", suspects),
        Row("test_b", "t.py", 2, Severity.NORMAL, "c", suspects[1:]),
    ]

    assert [
        "| Failing test | Severity | Likely root cause | Suspects |",
        "| --- | --- | --- | --- |",
        "| `test_a` | **high** | a \\| b | `bin/a.py::serve`<br>`bin/b.py` |",
        "| `test_b` | normal | c | `bin/b.py` |",
    ] == rows_table(rows).splitlines()


def test_tags_in_a_cause_are_shown_and_not_swallowed() -> None:
    row = Row("test_a", "t.py", 1, Severity.HIGH, "lets </script> & co through", (Suspect("a"),))

    assert "lets &lt;/script&gt; &amp; co through" in rows_table([row])


def test_a_block_in_yaml_is_indented_as_its_markers_are() -> None:
    stale = "on:\n  paths:\n    # generated: rows\n    - old\n    # end of rows\n  # after\n"
    blocks = {"rows": lambda: '- "a"\n- "b"\n'}

    fresh = render(stale, blocks)

    assert (
        'on:\n  paths:\n    # generated: rows\n    - "a"\n    - "b"\n    # end of rows\n  # after\n'
        == fresh
    )
    assert fresh == render(fresh, blocks)


def test_a_heading_is_no_marker() -> None:
    text = "# generated: rows\nsome text, and no end\n"

    assert text == render(text, BLOCKS)


def test_a_decision_is_listed_by_its_heading(tmp_path: Path) -> None:
    file = tmp_path / "0001-locks.md"
    file.write_text("# 0001 Locks are files\n\nText.\n", encoding="utf-8")

    assert "- [0001 Locks are files](adr/0001-locks.md)" == decisions_list([file], folder="adr")
