"""What is said of the functions without a body; trying them is `bin/nox -s extreme` itself."""

from __future__ import annotations

import sys

import pytest

from runbook.exit_codes import ExitCode
from runbook.prove.extreme import lines, main

NEEDED = ["--sources", "bin", "--reached", "nowhere.txt"]


def test_survivors_fit_on_a_screen_and_what_was_cut_is_said() -> None:
    printed = lines([f"a.py::f{n}" for n in range(38)], killed=391, left=0)

    assert 30 == len(printed)
    assert "SURVIVED a.py::f27" == printed[27]
    assert "CUT survivors=10 in=.runbook/extreme.jsonl" == printed[28]
    assert "RESULT proved functions=429 killed=391 percent=91.1 survived=38 left=0" == printed[29]


def test_so_many_as_fit_are_all_shown() -> None:
    printed = lines([f"a.py::f{n}" for n in range(29)], killed=1, left=0)

    assert [f"SURVIVED a.py::f{n}" for n in range(29)] == printed[:-1]


def test_what_is_too_little_says_what_to_do_next() -> None:
    (*_, result) = lines(["a.py::f", "a.py::g"], killed=8, left=0)

    assert result.startswith("RESULT unproved functions=10 killed=8 percent=80.0 ")
    assert result.endswith('next="a test that misses a survivor, then bin/nox -s extreme"')


def test_what_was_ended_says_how_to_go_on() -> None:
    (result,) = lines([], killed=0, left=4)

    expected = "RESULT partial functions=4 killed=0 percent=0.0 survived=0 left=4"
    assert f'{expected} next="bin/nox -s extreme"' == result


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nosuch"], "unrecognized arguments: --nosuch\n  next: "),
        (["--jobs", "0"], "--jobs is 0; it is 1 or more\n"),
        (["--seconds", "nan"], "--seconds is nan; it is 0, which is without an end, or more"),
        (["--seconds", "-1"], "--seconds is -1; it is 0, which is without an end, or more"),
        ([], "--reached nowhere.txt: No such file or directory\n  next: bin/nox -s extreme\n"),
    ],
)
def test_a_wrong_call_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        sys.exit(main([*NEEDED, *words]))

    printed = capsys.readouterr()
    assert ExitCode.USAGE == ended.value.code
    assert not printed.out
    assert printed.err.startswith(f"error: {said}"), printed.err
