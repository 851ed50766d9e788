"""The checks find every way in which tests, documents, commands and source can come apart."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from runbook.checks import check, definition_exists
from runbook.project import read_project
from tests.runbook.support import ROOT, completed, engine_environment, module, row_test

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.runbook.support import TinyProject

ROW_TABLE = "<!-- generated: rows -->\n{}\n<!-- end of rows -->\n"


def findings(project: TinyProject) -> list[str]:
    """Return what the checks find."""
    return list(check(read_project(project.root / "pyproject.toml")))


@pytest.fixture
def tidy(project: TinyProject) -> TinyProject:
    """A project in which nothing is stale."""
    project.write("tests/test_app.py", module(row_test("test_one", suspects=("app.py::serve",))))
    project.write("bin/run.sh", "")
    project.write(
        "README.md",
        "[here](docs/more.md) [part](docs/part.md#a-part-of-it) [out](https://example.org)\n"
        "`bin/run.sh` `bin/run.sh` `bin/*.gone`\n"
        "```bash\nbash bin/run.sh -v\nls /gone\n```\n",
    )
    project.write("docs/more.md", "# More\n")
    project.write(
        "docs/part.md",
        "# A `PART`: of it\n[up](#a-part-of-it), `PAGER`, `APP_PORT=1`, `[tool.pytest] addopts`\n",
    )
    project.write("docs/adr/0001-first.md", "# First\n")
    project.write("bin/port.sh", "port=${APP_PORT:-0}\n")
    return project


def test_a_tidy_project_has_no_findings(tidy: TinyProject) -> None:
    assert [] == findings(tidy)


@pytest.mark.parametrize(
    ("suspect", "is_there"),
    [
        ("app.py", True),
        ("app.py::serve", True),
        ("bin", True),
        ("app.py::gone", False),
        ("gone.py", False),
        ("gone.py::serve", False),
    ],
)
def test_a_suspect_that_is_gone_is_found(
    tidy: TinyProject, suspect: str, *, is_there: bool
) -> None:
    tidy.write("tests/test_app.py", module(row_test("test_one", suspects=(suspect,))))

    expected = [] if is_there else [f"tests/test_app.py:7: the suspect {suspect} does not exist"]
    assert expected == findings(tidy)


@pytest.mark.parametrize(
    ("qualname", "is_there"),
    [
        ("LIMIT", True),
        ("TYPED", True),
        ("Store", True),
        ("Store.size", True),
        ("Store.drop", True),
        ("Store.drop.inner", True),
        ("Store.gone", False),
        ("Store.size.gone", False),
        ("drop", False),
        ("later", True),
    ],
)
def test_a_name_is_looked_up_where_it_is_defined(
    tmp_path: Path, qualname: str, *, is_there: bool
) -> None:
    (tmp_path / "a.py").write_text(
        "LIMIT = 1\nTYPED: int = 2\nclass Store:\n    size = 3\n"
        "    async def drop(self):\n        def inner(): ...\n"
        "if LIMIT:\n    def later(): ...\n",
        encoding="utf-8",
    )

    assert is_there is definition_exists(tmp_path, "a.py", qualname)


def test_a_name_in_a_file_that_is_no_python_is_looked_up_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("function draw() {}\n", encoding="utf-8")

    assert definition_exists(tmp_path, "a.js", "draw")
    assert not definition_exists(tmp_path, "a.js", "dra")


def test_a_test_without_a_row_is_found(tidy: TinyProject) -> None:
    tidy.write("tests/test_more.py", "def test_more(): ...\n")

    expected = "tests/test_more.py::test_more has no row; mend: add @pytest.mark.runbook(...)"
    assert [expected] == findings(tidy)


def test_two_tests_of_one_name_are_found_for_only_the_last_is_run(tidy: TinyProject) -> None:
    tidy.write("tests/test_app.py", module(row_test("test_one"), row_test("test_one")))

    expected = "tests/test_app.py::test_one is defined 2 times, and only the last is run"
    assert [expected] == findings(tidy)


def test_a_row_that_may_forgive_itself_is_found(tidy: TinyProject) -> None:
    forgiving = "try:\n        assert serve()\n    except Exception:\n        pass"
    row = row_test("test_one", suspects=("app.py::serve",), body=forgiving)
    tidy.write("tests/test_app.py", module(row))

    (found,) = findings(tidy)
    assert found.endswith("catches the failure of an assertion, and goes on")


def test_an_assertion_of_any_test_that_is_turned_round_is_found(tidy: TinyProject) -> None:
    tidy.write("tests/deep/test_of_no_tier.py", "assert serve() == 200\n")

    (found,) = findings(tidy)
    assert found.startswith("tests/deep/test_of_no_tier.py:1: expects on the right of ==")


def test_a_stale_table_is_found(tidy: TinyProject) -> None:
    tidy.write("docs/more.md", ROW_TABLE.format("| old |"))

    assert ["docs/more.md is stale; mend: bin/invoke docs"] == findings(tidy)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[x](gone.md)", "links to gone.md, which does not exist"),
        ("[x](../gone.md#part)", "links to ../gone.md, which does not exist"),
        ("[x](../README.md#gone)", "links to ../README.md#gone, and there is no such heading"),
        ("# A\n[x](#b)", "links to #b, and there is no such heading"),
        ("`NO_SUCH_NAME=1 ls`", "names the variable NO_SUCH_NAME, which nothing reads"),
        ("`[tool.gone]`", "names the setting [tool.gone], which does not exist"),
        (
            "`[tool.pytest] gone`",
            "names the setting [tool.pytest] gone, which does not exist",
        ),
        ("Both, tier=slow+fast.", "shows tier=slow+fast, and there is no tier slow"),
        (
            "```text\nRESULT rot total=0 passed=0\n```",
            "other fields than total passed failed skipped missing partial seconds gate evidence",
        ),
        ("[0001](part.md)", "calls part.md 0001"),
        ("[0001]\n\n[0001]: part.md", "calls part.md 0001"),
        ("[0001]", "links to [0001], and does not say where that is"),
        ("It takes 5.", "and does not say what holds that; mend: <!-- held by: FILE -->"),
        ("```sh\nls\n```", "which nothing types or checks; mend: bash, or console"),
        ("[x][y]\n\n[y]: gone.md", "links to gone.md, which does not exist"),
        ('<img alt="" src="gone.png">', "links to gone.png, which does not exist"),
        ("See ADR 0099.", "names ADR 0099, which does not exist"),
        ("`test_gone.py`", "names `test_gone.py`, which does not exist"),
        ("`bin/gone.sh`", "names `bin/gone.sh`, which does not exist"),
        ("`tests/test_app.py::gone`", "names `tests/test_app.py::gone`, which does not exist"),
        ("```bash\nnox -s gone\n```", "shows `nox -s gone`, and there is no session gone"),
        ("Type `bin/invoke gone`.", "shows `bin/invoke gone`, and there is no task gone"),
        (
            "```bash\nbash bin/gone.sh\n```",
            "shows `bash bin/gone.sh`, and bin/gone.sh does not exist",
        ),
    ],
)
def test_what_a_document_shows_and_is_gone_is_found(
    tidy: TinyProject, text: str, finding: str
) -> None:
    tidy.write("docs/more.md", f"{text}\n")

    (found,) = findings(tidy)

    assert found.startswith("docs/more.md: ")
    assert found.endswith(finding)


def test_a_figure_without_a_command_is_found_but_not_in_a_decision(tidy: TinyProject) -> None:
    tidy.write("docs/adr/0001-quick.md", "It took 5 ms.\n")
    tidy.write("bin/times.py", "QUICK, SLOW = 5, 6\n")
    text = "It takes 5 ms.\n\nIt takes 6 ms, says `bin/run.sh --time`.\n"
    tidy.write("docs/more.md", f"<!-- all held by: bin/times.py -->\n\n{text}")

    assert ["docs/more.md: gives '5 ms', and no command beside it prints that"] == findings(tidy)


def test_what_a_document_says_of_a_source_is_held_against_that(tidy: TinyProject) -> None:
    tidy.write("bin/shop.py", "MOST = 12\n")
    tidy.write("docs/held.md", "<!-- held by: bin/shop.py -->\n\nAt most 13 of them.\n")
    tidy.write("docs/row.md", "| at most 12 | `shop.py` |\n| at most 14 | `shop.py` |\n")
    tidy.write("docs/owed.md", "It answers 404.\n")
    tidy.write("docs/adr/0001-a.md", "# 0001 A\n\nIt answered 404.\n")
    tidy.write("docs/legal/TERMS.md", "We answer with 404.\n")
    tidy.write("CHANGELOG.md", "- It answers 404.\n")

    assert [
        "docs/held.md: says 'At most 13 of them.', and bin/shop.py say no 13",
        "docs/owed.md: says 'It answers 404.', and does not say what holds that; mend: <!-- held by: FILE -->",
        "docs/row.md: says '| at most 14 | `shop.py`', and shop.py say no 14",
    ] == findings(tidy)


def test_what_is_counted_in_words_is_held_against_the_files_but_not_in_a_decision(
    tidy: TinyProject,
) -> None:
    settings = (tidy.root / "pyproject.toml").read_text(encoding="utf-8")
    claims = '[tool.runbook.claims]\n"# documents" = "docs/*.md"\n'
    tidy.write("pyproject.toml", f"{settings}\n{claims}")
    tidy.write("docs/adr/0001-few.md", "There was one documents.\n")
    tidy.write("docs/more.md", "There are three documents.\n")

    assert ["docs/more.md: says '3 documents', and docs/*.md has 2"] == findings(tidy)


def test_what_the_changelog_shows_is_held_too(tidy: TinyProject) -> None:
    tidy.write("CHANGELOG.md", "- [x](gone.md)\n")

    assert ["CHANGELOG.md: links to gone.md, which does not exist"] == findings(tidy)


def test_a_benchmark_that_has_kept_no_table_is_found(tidy: TinyProject) -> None:
    tidy.write("benchmarks/speed.py", 'if __name__ == "__main__":\n    ...\n')

    assert ["benchmarks/speed.py has kept no table; mend: run it with --record"] == findings(tidy)


def test_a_stale_lock_is_found_with_what_mends_it(tidy: TinyProject) -> None:
    text = (tidy.root / "pyproject.toml").read_text(encoding="utf-8")
    tidy.write("pyproject.toml", f"{text}\n[tool.runbook.locks]\nfast = {{}}\n")

    assert ["requirements/fast.txt is missing; mend: bin/invoke lock"] == findings(tidy)


def test_what_is_shown_is_held_against_the_sessions_and_tasks_that_there_are(
    tidy: TinyProject,
) -> None:
    tidy.write(
        "noxfile.py",
        "import nox\n@nox.session(name='fast', tags=['ci'])\ndef fast(session): 'Smoke.'\n",
    )
    tidy.write(
        "tasks.py", "from invoke import task\n@task(help={})\ndef show(c, brief=False): 'Show.'\n"
    )
    tidy.write("docs/more.md", "`nox -s fast gone`, `invoke show --brief`, `invoke show --bref`\n")

    assert [
        "docs/more.md: shows `nox -s fast gone`, and there is no session gone",
        "docs/more.md: shows `invoke show --bref`, and show has no option --bref",
    ] == findings(tidy)


def test_a_test_that_a_document_makes_up_may_be_shown(tidy: TinyProject) -> None:
    shown = "`nox -l test_made_up`\n"

    tidy.write("docs/more.md", shown)
    assert ["docs/more.md: shows `nox -l test_made_up`, and there is no test test_made_up"] == (
        findings(tidy)
    )
    tidy.write("docs/more.md", f"{shown}```python\ndef test_made_up(): ...\n```\n")
    assert [] == findings(tidy)


def test_the_command_prints_its_findings_and_ends_red(tidy: TinyProject) -> None:
    def command() -> subprocess.CompletedProcess[str]:
        return completed(
            [sys.executable, "-m", "runbook.checks"], cwd=tidy.root, env=engine_environment()
        )

    clean = command()
    assert (0, "0 stale or dangling\n") == (clean.returncode, clean.stdout)

    tidy.write("docs/more.md", "`bin/gone`\n")

    found = command()
    finding = "error: docs/more.md: names `bin/gone`, which does not exist"
    assert (1, [finding, "1 stale or dangling"]) == (found.returncode, found.stdout.splitlines())


def test_the_licence_is_the_same_wherever_it_is_named() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"([\w.-]+), see \[LICENSE\]", readme)

    assert [settings["project"]["license"]] == said
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{said[0]} License\n")
