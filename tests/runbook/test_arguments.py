"""A command line that is refused: said to a person, and as JSON where that was asked for."""

from __future__ import annotations

import json

import pytest

from runbook.arguments import Parser, above_nothing, asked_json, at_least_one


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ([], ""),
        (["explain", "test_one"], ""),
        (["--json"], "-"),
        (["--json", "-"], "-"),
        (["--json", "test_one"], "-"),
        (["--json", "--nosuch"], "-"),
        (["--json", "out/run.json", "--nosuch"], "out/run.json"),
        (["--json=out"], "out"),
        (["--jsonl", "x.json"], ""),
    ],
)
def test_where_a_command_line_wants_its_json(words: list[str], place: str) -> None:
    assert place == asked_json(words)


def test_a_refusal_has_its_next_step_and_its_json(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="python -m tool")
    parser.add_argument("--way", choices=["now"])
    parser.add_argument("--json")

    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--way", "later", "--json", "-"])

    said = capsys.readouterr()
    assert 2 == ended.value.code
    assert said.err.startswith("error: argument --way: invalid choice: 'later'")
    assert said.err.endswith("\n  next: python -m tool --help\n")
    record = json.loads(said.out)
    assert ("error/1", "usage", 2) == (record["schema"], record["verdict"], record["exit_code"])


def test_a_command_refuses_as_its_parser_does(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="tool")
    parser.add_subparsers(required=True, metavar="COMMAND").add_parser("explain")

    with pytest.raises(SystemExit):
        parser.parse_args(["explain", "--nosuch"])

    assert (
        "error: unrecognized arguments: --nosuch\n  next: tool --help\n" == capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--rounds", "0"], "argument --rounds: 0 is not 1 or more"),
        (["--rounds", "few"], "argument --rounds: invalid at_least_one value: 'few'"),
        (["--seconds", "0"], "argument --seconds: 0 is not above 0"),
        (["--seconds", "nan"], "argument --seconds: nan is not above 0"),
        (["--seconds", "inf"], "argument --seconds: inf is not above 0"),
    ],
)
def test_a_number_that_means_nothing_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Parser(prog="measure")
    parser.add_argument("--rounds", type=at_least_one)
    parser.add_argument("--seconds", type=above_nothing)

    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)

    assert 2 == ended.value.code
    assert capsys.readouterr().err.startswith(f"error: {why}\n")


def test_a_number_that_means_something_is_taken() -> None:
    assert (1, 0.5) == (at_least_one("1"), above_nothing("0.5"))
