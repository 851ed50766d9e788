"""The end of a search, for a person and for a program."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.errors import UsageError
from runbook.exit_codes import ExitCode
from runbook.upgrades.__main__ import _parser, _state
from runbook.upgrades.core.asking import Free, Move
from runbook.upgrades.report import Culprit, Verdict, headline, render
from tests.runbook.published import hold
from tests.runbook.support import ROOT
from tests.runbook.upgrades.records import OPTIONS, RESULT


def test_the_record_is_json_with_every_key_that_is_promised() -> None:
    record = json.loads(json.dumps(RESULT.to_json()))
    hold(record)
    assert ("drift/1", "found") == (record["schema"], record["verdict"])
    assert [[{"name": "dog", "from": "1.0", "to": "3.0", "first_bad": "2.0"}]] == record["culprits"]
    assert {
        "name": "dog",
        "from": "1.0",
        "to": "3.0",
        "direct": True,
        "jump": "major",
        "age_days": 12,
    } == (record["changed"][0])
    assert (None, None) == (record["changed"][1]["from"], record["changed"][1]["age_days"])
    assert {"asked", "moved", "outcome", "fingerprint", "seconds", "runs"} == record["probes"][
        0
    ].keys()


def test_a_person_reads_who_what_and_how_to_see_it_again() -> None:
    text = render(RESULT)
    assert "found: dog 2.0 broke it; green with dog<2.0" == text.splitlines()[-1]
    for said in (
        "dog 1.0 -> 3.0, first bad 2.0",
        "carried",
        "ValueError: no bark",
        "a note",
        "4 environments",
    ):
        assert said in text


def test_a_culprit_without_a_newest_version_is_said_to_have_none() -> None:
    text = render(replace(RESULT, culprits=((Culprit("dog", "1.0", ""),),)))
    assert "dog 1.0 -> no version that can be had\n" in text


def test_the_halves_of_the_proof_are_repeated_with_what_was_proved() -> None:
    repeat = RESULT.repeat()
    words = shlex.split(repeat["red"])
    assert "dog==2.0" == words[words.index("--only") + 1]
    at_newest = replace(RESULT, shown_at={}).repeat()
    assert at_newest["red"].endswith("--only dog")
    assert "dog<2.0" == shlex.split(repeat["green"])[-1]


def test_what_no_lock_pins_is_proved_on_the_baseline_as_it_is_pinned() -> None:
    outside = replace(
        RESULT, verdict=Verdict.OUTSIDE_LOCK, culprits=((Culprit("maker", "1.1", "2.1", "2.0"),),), pins=(),
        build_pins=("maker<2.0",),
    )  # fmt: skip
    built = outside.repeat()
    assert f"{built['search']} --as-pinned" == built["red"]
    assert f"{built['search']} --build-pins 'maker<2.0'" == built["green"]
    older = replace(
        outside, build_pins=(), culprits=((Culprit("python", "3.11.7", "3.12.1", "3.12"),),)
    ).repeat()
    assert f"{built['search']} --as-pinned" == older["red"]
    words = shlex.split(older["green"])
    assert "--as-pinned" == words[-1]
    assert "3.11.7" == _parser().parse_args(words[words.index("--project") :]).python


@given(
    st.lists(st.sampled_from(["ant", "bee-hive", "cow"]), min_size=1, unique=True),
    st.dictionaries(
        st.sampled_from(["ant", "bee-hive", "cow"]), st.sampled_from(["1.0", "2.0rc1"])
    ),
    st.text(st.sampled_from("abc '\"$&|"), min_size=1).filter(str.strip),
)
def test_what_is_printed_asks_for_just_the_state_that_was_tried(
    names: list[str], shown_at: dict[str, str], command: str
) -> None:
    """Through a shell and through the command line's own reader."""
    group = tuple(Culprit(name, "1", "3") for name in names)
    made = replace(
        RESULT, culprits=(group,), shown_at=shown_at, options=replace(OPTIONS, command=command)
    )
    words = shlex.split(made.repeat()["red"])
    read = _parser().parse_args(words[words.index("--project") :])
    at = tuple(sorted((name, shown_at[name]) for name in names if name in shown_at))
    assert Move(frozenset(names), at) == _state(read.only, "")
    assert command == read.command
    green = shlex.split(made.repeat()["green"])
    assert Free((("dog", "<2.0"),)) == _state("", green[-1])


@pytest.mark.parametrize("pins", ["cat", "dog<2.0,cat", "<2.0"])
def test_constraints_that_are_none_are_refused(pins: str) -> None:
    with pytest.raises(UsageError, match="constraints are written name<version"):
        _state("", pins)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.CLEAN, ExitCode.GREEN), (Verdict.FOUND, ExitCode.GREEN), (Verdict.OUTSIDE_LOCK, ExitCode.GREEN),
        (Verdict.BASELINE_RED, ExitCode.RED), (Verdict.UNRESOLVABLE, ExitCode.RED),
        (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_every_verdict_has_its_exit_code(verdict: Verdict, status: ExitCode) -> None:
    assert status == replace(RESULT, verdict=verdict).exit_code


def test_what_is_outside_the_lock_has_no_half_that_moves_it() -> None:
    outside = replace(RESULT, verdict=Verdict.OUTSIDE_LOCK, why="the interpreter", pins=())
    words = [word for each in outside.repeat().values() for word in shlex.split(each)]
    assert {"--only", "--pins"}.isdisjoint(words)
    assert "outside-lock: the interpreter" == headline(outside)


def test_several_sets_are_told_apart_from_one_set_of_several() -> None:
    ant, bee = Culprit("ant", "1", "2", "2"), Culprit("bee", "1", "2", "2")
    assert "ant 2 with bee 2 broke it" in headline(replace(RESULT, culprits=((ant, bee),)))
    assert "ant 2; and by itself bee 2 broke it" in headline(
        replace(RESULT, culprits=((ant,), (bee,)))
    )
    assert "only together" in render(replace(RESULT, culprits=((ant, bee),)))


@pytest.mark.parametrize("verdict", Verdict)
def test_the_document_gives_the_exit_code_of_each_verdict(verdict: Verdict) -> None:
    document = ROOT / "docs" / "architecture" / "drift.md"
    rows = [line.split("|") for line in document.read_text(encoding="utf-8").splitlines()]

    (told,) = [row for row in rows if [f"`{verdict}`"] == [cell.strip() for cell in row[1:2]]]

    assert str(int(replace(RESULT, verdict=verdict).exit_code)) == told[3].strip()
