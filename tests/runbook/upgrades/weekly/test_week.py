"""What comes of a week: one record of all tiers, a last line, and a table of what moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runbook.exit_codes import ExitCode
from runbook.upgrades.core.pins import Change
from runbook.upgrades.weekly.floated import Floated
from runbook.upgrades.weekly.week import exit_code_of, last_line, not_looked_at, table, together
from tests.runbook.upgrades.records import RESULT, tier


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("clean", ExitCode.GREEN),
        ("found", ExitCode.RED),
        ("outside-lock", ExitCode.RED),
        ("baseline-red", ExitCode.RED),
        ("unresolvable", ExitCode.RED),
        ("inconclusive", ExitCode.INCONCLUSIVE),
    ],
)
def test_a_week_is_red_for_everything_but_clean(verdict: str, code: ExitCode) -> None:
    assert code is exit_code_of(verdict)


def test_the_record_of_all_tiers_has_the_most_serious_verdict_and_everything_found() -> None:
    whole = together([tier("legal-render", "clean", blamed=False), tier("fast")], "highest")

    assert ("drift/1", "found", "highest") == tuple(
        whole[key] for key in ("schema", "verdict", "way")
    )
    assert [["dog"]] == [[each["name"] for each in group] for group in whole["culprits"]]
    assert (8, 3.0) == (whole["environments"], whole["seconds"])
    assert "legal-render: clean; fast: found" == whole["why"]


def test_a_package_that_two_locks_pin_differently_is_counted_once() -> None:
    changed = [{"name": "dog", "from": "1.0", "to": "2.0"}]
    one = tier("fast") | {"changed": changed}
    other = tier("browser") | {"changed": [changed[0] | {"from": "1.1"}]}
    other["culprits"] = [[other["culprits"][0][0] | {"from": "1.1"}]]

    whole = together([one, other], "highest")

    assert changed == whole["changed"]
    assert [["dog"]] == [[each["name"] for each in group] for group in whole["culprits"]]


def test_what_could_not_be_looked_at_is_less_serious_than_what_was_found() -> None:
    floated = Floated("browser", "browser", Path("browser.txt"), "true")
    missed = not_looked_at(floated, "no browser", "2026-01-01T00:00:00Z")

    assert ["inconclusive", "found"] == [
        together(records, "highest")["verdict"] for records in ([missed], [missed, tier("fast")])
    ]


def test_the_last_line_says_who_is_to_blame_and_how_to_go_on() -> None:
    folder = Path(".runbook/drift/2026-01-01")

    found = last_line(together([tier("fast")], "highest"), folder, 9.5)
    clean = tier("fast", "clean", blamed=False)

    assert (
        'RESULT red verdict=found moved=0 culprits=dog pins="dog<2.0" environments=4 seconds=9.5'
        " evidence=.runbook/drift/2026-01-01"
    ) == found
    assert last_line(together([clean], "highest"), folder, 9.5).startswith(
        "RESULT green verdict=clean moved=0 culprits=none pins=none "
    )


def test_the_table_tells_what_moved_how_far_and_how_long_ago() -> None:
    moved = (*RESULT.changed, Change("tick", "1.1", None))

    lines = table(replace(RESULT, changed=moved)).splitlines()

    assert [
        "package from to age kind jump",
        "dog 1.0 3.0 12 d direct major",
        "flea absent 2 unknown transitive none",
        "tick 1.1 absent unknown transitive none",
    ] == [" ".join(line.split()) for line in lines]
    assert 1 == len(
        {
            line.index(word)
            for line, word in zip(lines[:3], ("kind", "direct", "transitive"), strict=True)
        }
    )


def test_a_table_without_a_line_says_why() -> None:
    assert "  nothing moved" == table(replace(RESULT, changed=()))
    assert "  there is no other side" == table(replace(RESULT, changed=(), newest={}))
