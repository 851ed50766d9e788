"""What proofs amount to: killed, first, and the words and tables that say so."""

from __future__ import annotations

import json

from runbook.prove.fault import Fault
from runbook.prove.matrix import Matrix, Proof, make_proof, markdown, read_proof
from tests.runbook.published import hold
from tests.runbook.support import parse

FAULT = Fault("test_one", "the-number", "It serves <another>.", "app.py", "1", "2", "fast")


def failure(name: str, precondition: str = "") -> dict[str, str]:
    return {"name": name, "got": "2", "precondition": precondition}


def proof(*failures: dict[str, str]) -> Proof:
    return make_proof(FAULT, failures)


def test_a_run_that_did_not_end_says_so() -> None:
    hung = make_proof(FAULT, [], ["it did not end"])

    assert (False, "it did not end") == (hung.is_killed, hung.got)


def test_a_row_that_is_told_first_is_killed_and_first() -> None:
    made = proof(failure("test_one"), failure("test_two"), failure("test_three", "it is up"))

    assert (True, True) == (made.is_killed, made.is_first)
    assert ("test_two", "test_three") == made.others
    assert ("test_three",) == made.blocked


def test_a_row_behind_another_is_killed_and_not_first() -> None:
    made = proof(failure("test_two"), failure("test_one", "it is up"))

    assert (True, False) == (made.is_killed, made.is_first)


def test_a_row_that_stays_green_is_not_killed() -> None:
    assert (False, False) == (proof().is_killed, proof().is_first)
    assert not proof(failure("test_two")).is_killed


def test_the_parameters_of_a_test_are_one_row() -> None:
    made = proof(failure("test_one", "its set-up"), failure("test_one"), failure("test_one"))

    assert (("test_one",), ()) == (made.red, made.blocked)


def test_each_fault_has_a_line_and_the_last_is_the_result() -> None:
    good, bad = proof(failure("test_one"), failure("test_two")), proof(failure("test_two"))

    *lines, result = Matrix((good, bad), green=3, unfaulted=3, seconds=1.25).lines()

    assert [
        'PROOF test_one fault=the-number killed=yes first=yes got="2" also=test_two',
        'PROOF test_one fault=the-number killed=no first=no got="2" also=test_two',
    ] == lines
    assert "RESULT unproved faults=2 killed=1 first=1 unfaulted=3/3 seconds=1.2" == result


def test_more_faults_than_fit_on_a_screen_are_told_by_those_that_fell_short() -> None:
    good, bad = proof(failure("test_one")), proof(failure("test_two"))

    def brief(*proofs: Proof) -> list[str]:
        return Matrix(proofs, 1, 1, 0).brief_lines(log="all.log")

    assert ["CUT proofs=30 in=all.log"] == brief(*[good] * 30)[:-1]
    assert [bad.line(), "CUT proofs=29 in=all.log"] == brief(*[good] * 29, bad)[:-1]
    assert [bad.line()] * 28 + ["CUT proofs=12 in=all.log"] == brief(*[bad] * 40)[:-1]
    assert brief(*[bad] * 40)[-1].startswith("RESULT unproved faults=40 ")


def test_only_a_matrix_without_any_gap_is_proved() -> None:
    good = proof(failure("test_one"))

    assert Matrix((good,), 2, 2, 0).is_proved
    assert not Matrix((good,), 1, 2, 0).is_proved
    assert not Matrix((good, proof(failure("test_two"), failure("test_one"))), 2, 2, 0).is_proved


def test_the_json_holds_every_proof_and_gives_it_back() -> None:
    made = proof(failure("test_one"), failure("test_two", "it is up"))

    said = json.loads(json.dumps(Matrix((made,), 1, 1, 2.04).as_json()))
    hold(said)

    assert ("prove/1", "proved", 1, 1, 1, 2.0) == tuple(
        said[key] for key in ("schema", "verdict", "faults", "killed", "first", "seconds")
    )
    assert made == read_proof(said["proofs"][0])


def test_the_table_has_a_line_a_fault_and_a_column_a_test() -> None:
    made = proof(failure("test_one"), failure("test_two"), failure("test_three", "it is up"))

    text = markdown([made], {"fast": ["test_zero", "test_one", "test_two", "test_three"]})

    assert "Tier fast: 1 faults, 1 killed by their row, 1 named first." in text
    assert "2. `test_one`" in text
    assert "| 2 | It serves &lt;another&gt;. |  | ● | ○ | · | yes |" == text.splitlines()[-1]


def test_what_the_smoke_got_cannot_forge_a_line() -> None:
    made = make_proof(FAULT, [failure("test_one") | {"got": 'x" killed=no\nRESULT proved'}])

    head, fields = parse(made.line().replace("PROOF", "FAIL"))

    assert ("FAIL test_one", "yes") == (head, fields["killed"])
