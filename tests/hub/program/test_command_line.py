"""Calls of the hub's command that cannot be meant: what is said, and what to run instead."""

from __future__ import annotations

import pytest

from hub.__main__ import main


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "-1", "--port is -1; it is 0 to 65535"),
        ("--port", "65536", "--port is 65536; it is 0 to 65535"),
        ("--ready-seconds", "0", "--ready-seconds is 0; it is above 0"),
        ("--hang-seconds", "nan", "--hang-seconds is nan; it is above 0"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    assert 2 == main(["serve", "--up", option, value])

    shown = capsys.readouterr()
    assert ("", True) == (shown.out, shown.err.startswith(f"error: {said}\n"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: COMMAND\n  next: bin/nox -s hub-command -- --help\n"),
        (["serve", "--port", "x"], "argument --port: invalid int value: 'x'\n  next: "),
        (["nosuch"], "argument COMMAND: invalid choice: 'nosuch' (choose from "),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_read_says_what_to_run(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert 2 == ended.value.code
    assert capsys.readouterr().err.startswith(f"error: {said}")
