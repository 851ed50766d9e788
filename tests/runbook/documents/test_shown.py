"""Commands that documents show: which they are, and what is wrong with them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from runbook.checks import documents
from runbook.documents.shown import Known, commands, problems
from tests.documents.test_as_shown import LEFT_TO_OTHERS, TYPED
from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LEADING = ("README.md", "AGENTS.md", "docs/getting-started/SMOKE_RUNBOOK.md")
OURS = ("bin/nox", "bin/invoke", "bash")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("```bash\nnox -l  # all\n\nls x\n```\n", [("nox", "-l"), ("ls", "x")]),
        ("```console\n$ bin/nox -s a\n```\n", [("bin/nox", "-s", "a")]),
        ("1. So:\n\n   ```sh\n   invoke a\n   ```\n", [("invoke", "a")]),
        ("```bash\nA=b B='c d' nox\n```\n", [("nox",)]),
        ("```bash\nnox &&  invoke a | tee b; ls 2>c\n```\n", None),
        ("```bash\ninvoke a \\\n  --b 'c | d'\n```\n", [("invoke", "a", "--b", "c | d")]),
        ("```bash\nit's prose\n```\n", []),
        ("```python\nnox -s gone\n```\n", []),
        ("Type `bin/invoke a --b` or `nox`.", [("bin/invoke", "a", "--b"), ("nox",)]),
        ("`bash bin/x.sh`, not `bin/x.sh`", [("bash", "bin/x.sh")]),
        ("`.nox/a/bin/python benchmarks/b.py`", [(".nox/a/bin/python", "benchmarks/b.py")]),
        ("`source bin/x.bash`", [("source", "bin/x.bash")]),
        ("`E2E_PYTHON=x bash bin/x.sh -v`", [("bash", "bin/x.sh", "-v")]),
        ("``invoke a``, `git x`", []),
    ],
)
def test_commands_stand_in_blocks_of_shell_and_between_backticks(
    text: str, shown: list[tuple[str, ...]] | None
) -> None:
    expected = [("nox",), ("invoke", "a"), ("tee", "b"), ("ls", "2"), ("c",)]

    assert (expected if shown is None else shown) == list(commands(text))


@pytest.fixture
def known(tmp_path: Path) -> Known:
    """A project with a task, a session, a script, a program and a test."""
    for name, text in {
        "bin/own.sh": "# --gone\ncase $1 in --all | --some) ;; esac\nmain\n",
        "bin/forwards.sh": 'exec pytest -- "$@"\n',
        "bin/package/part.py": 'add("--deep")\n',
        "bin/orders/__main__.py": 'p.add_subparsers().add_parser("serve").add("--deep")\n',
        "bin/package/tool.py": 'add("--flat")\n',
        "benchmarks/speed.py": 'add("--rounds")\n',
        "tests/test_it.py": "def test_it(): ...\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    options = [{"name": "--loud", "type": "bool"}, {"name": "--size", "type": "int"}]
    say = {"name": "say", "positional": ["the_word"], "options": options}
    sessions = [{"name": "fast-3.11"}, {"name": "scan(pages)"}]
    return Known.of(tmp_path, {"tasks": [say], "sessions": sessions})


@pytest.mark.parametrize(
    "command",
    [
        "invoke",
        "invoke --list",
        "bin/invoke say hello --loud --size 3",
        "invoke say --size=3 --the-word x --help",
        "invoke say [--loud]",
        "invoke TASK",
        "nox",
        "nox -l",
        "nox -s",
        "nox -s fast fast-3.12 scan(other) SESSION -r",
        "nox -s fast -- --deep -k x",
        "bash bin/own.sh --all --some -v",
        "bash bin/forwards.sh --anything tests/test_it.py::test_it",
        "python -m package --deep=1 --flat",
        "python -m package.tool --flat",
        "python -m elsewhere --any",
        "python -m elsewhere any",
        "python -m orders serve --deep x",
        "python -m orders COMMAND",
        "python -m package word",
        "python benchmarks/speed.py --rounds 3",
        "python -c pass",
        "invoke say test_it",
        "cat bin/gone",
    ],
)
def test_what_can_be_called_has_no_problem(command: str, known: Known) -> None:
    assert [] == list(problems(command.split(), known))


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("invoke sya", "there is no task sya"),
        ("invoke say --luod", "say has no option --luod"),
        ("invoke say --luod=1", "say has no option --luod"),
        ("invoke say a b", "say takes 1 words"),
        ("invoke say a --loud b", "say takes 1 words"),
        ("nox -s gone", "there is no session gone"),
        ("bin/nox -s fast gone -- -k x", "there is no session gone"),
        ("nox -s fast -- --gone", "nothing knows its option --gone"),
        ("nox -s fast -- --dee", "nothing knows its option --dee"),
        ("bash bin/gone.sh", "bin/gone.sh does not exist"),
        ("bash bin/own.sh --gone", "nothing knows its option --gone"),
        ("bash bin/own.sh --al", "nothing knows its option --al"),
        ("bash bin/forwards.sh tests/gone.py", "tests/gone.py does not exist"),
        ("bash bin/forwards.sh tests/test_it.py::test_gone", "there is no test test_gone"),
        ("python -m package --gone", "nothing knows its option --gone"),
        ("python -m package.tool --deep", "nothing knows its option --deep"),
        ("python -m orders serv --deep", "it has no command serv"),
        ("source bin/gone.bash", "bin/gone.bash does not exist"),
        ("python -m package.gone", "there is no module package.gone"),
        (".venv/bin/python benchmarks/speed.py --round", "nothing knows its option --round"),
        ("invoke say test_gone", "there is no test test_gone"),
    ],
)
def test_what_cannot_be_called_is_said(command: str, problem: str, known: Known) -> None:
    assert problem in list(problems(command.split(), known))


def test_there_are_commands_in_every_document_that_leads() -> None:
    found = {
        document.relative_to(ROOT).as_posix(): list(commands(document.read_text(encoding="utf-8")))
        for document in documents(ROOT)
    }

    assert all(found[name] for name in ("README.md", "AGENTS.md"))
    assert all(found[f"docs/getting-started/{name}.md"] for name in ("SMOKE_RUNBOOK", "COMMANDS"))
    assert sum(map(len, found.values())) > 40


def test_every_command_that_is_shown_is_typed_in_a_fresh_clone_or_left_to_another() -> None:
    shown = {
        shlex.join(words)
        for name in LEADING
        for words in commands((ROOT / name).read_text(encoding="utf-8"))
        if words[0] in OURS
    }

    assert shown == {typed.shown for typed in TYPED} | LEFT_TO_OTHERS.keys()
