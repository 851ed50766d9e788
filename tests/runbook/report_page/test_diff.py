"""A patch with its lines coloured."""

from __future__ import annotations

from runbook.report_page.diff import MAX_LINES, diff


def test_lines_have_their_kinds() -> None:
    made = diff("--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same")

    assert 3 == made.count('class="meta"')
    assert '<span class="cut">-old</span>' in made
    assert '<span class="add">+new</span>' in made
    assert "<span> same</span>" in made


def test_a_long_patch_is_cut_and_says_so() -> None:
    made = diff("\n".join(["+x"] * (MAX_LINES + 7)))

    assert MAX_LINES == made.count(">+x<")
    assert "... 7 more lines" in made
    assert "more lines" not in diff("+x")
