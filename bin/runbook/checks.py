"""The checks that nothing derived is stale and nothing named is gone: ``python -m runbook.checks``.

Each check yields one line a finding: where, what, and the command that mends it.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.describe import describe
from runbook.documents import claims, examples, figures, held, measured, samples, shown, transcript
from runbook.documents.document import (
    decisions_list,
    rows_table,
    sessions_table,
    stale_documents,
    table,
    tasks_table,
)
from runbook.documents.named import DECISIONS, SOURCES, Sources
from runbook.errors import RunbookError
from runbook.exit_codes import MEANINGS, ExitCode
from runbook.github.paths import as_yaml, watched
from runbook.project import find_project
from runbook.prove import extreme
from runbook.prove.fault import findings, read_faults
from runbook.prove.recorded import matrix_block, stale_records, unproved_records
from runbook.rows import read_rows, read_tests
from runbook.second_tries import find_second_tries
from runbook.sessions.locks import stale_locks
from runbook.sides import find_turned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook.project import Project

_TICKED_PATH = re.compile(r"`((?:bin|tests|docs|benchmarks|requirements)/[\w./-]+)(?:::([\w.]+))?`")
_LINK_BY_NUMBER = re.compile(r"\[(?:ADR )?(\d{4})\](?:\(|: )(?:[^)\s]*/)?([^)\s/]+)")
_REFERENCE = re.compile(r"\[((?:ADR )?\d{4})\](?![(:])")
_OTHER_SHELL = re.compile(r"^ *```(sh|shell|zsh|shell-session|sh-session)\b", re.MULTILINE)
_LINK = re.compile(
    r"(?:\]\(|^\[[^]\n]+\]: |<(?:a|img)\b[^>]*?\b(?:href|src)=[\"'])"  # inline, by reference, as HTML
    r"([^)#\s\"'>]*)#?([^)\s\"'>]*)",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TICKED_VARIABLE = re.compile(r"`(?:\$ ?)?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=[`= ])")
_TICKED_SETTING = re.compile(r"`\[([\w.-]+)\](?: ([\w-]+))?`")
CHANGES = "CHANGELOG.md"  # says what was so when it was written
PROMISES = "docs/legal/"  # are held by whoever runs the service
_SCOPES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def documents(root: Path) -> list[Path]:
    """Return the documents that may hold generated blocks and shown commands."""
    top = [root / name for name in ("README.md", "AGENTS.md", CHANGES)]
    workflows = sorted((root / ".github").rglob("*.yml"))
    return [
        path
        for path in [*top, *sorted((root / "docs").rglob("*.md")), *workflows]
        if path.is_file()
    ]


def generated_blocks(project: Project) -> dict[str, Callable[[], str]]:
    """Return the makers of the generated blocks, by name."""

    @cache
    def described() -> dict[str, Any]:
        return describe(project.root)

    return {
        **measured.blocks(project.root),
        "sessions": lambda: sessions_table(described()["sessions"]),
        "tasks": lambda: tasks_table(described()["tasks"]),
        "rows": lambda: rows_table(read_rows(project.root, project.test_paths)),
        "exit-codes": lambda: table(
            ["Exit", "Meaning"], ([str(int(c)), m] for c, m in MEANINGS.items())
        ),
        "transcript": lambda: transcript.as_markdown(project.root),
        "decisions": lambda: decisions_list(
            sorted(project.root.joinpath(*DECISIONS).glob("*.md")), folder=DECISIONS[-1]
        ),
        "paths": lambda: as_yaml(watched(project)),
        "fault-matrix": lambda: matrix_block(project),
        "survivors": lambda: extreme.survivors_block(project),
    }


def check(project: Project) -> Iterator[str]:
    """Yield every finding."""
    yield from _check_rows(project)
    yield from _check_assertions(project)
    yield from _check_faults(project)
    yield from _check_documents(project)
    yield from _check_transcript(project)
    yield from (f"{finding}; mend: {call('lock')}" for finding in stale_locks(project.root))


def _check_transcript(project: Project) -> Iterator[str]:
    """The transcript that documents show is of a run of the rows that there are."""
    if (project.root / transcript.FILE).is_file():
        rows = read_rows(project.root, next(iter(project.tiers.values())).tests)
        for finding in transcript.findings(transcript.read(project.root), rows=len(rows)):
            yield f"{transcript.FILE}: {finding}; mend: {call('docs --transcript')}"


def _check_rows(project: Project) -> Iterator[str]:
    """Every test of a tier has a row, and every suspect of a row exists."""
    tests = read_tests(project.root, project.test_paths)
    for test_id, count in Counter(test.id for test in tests).items():
        if count > 1:
            yield f"{test_id} is defined {count} times, and only the last is run"
    for test in tests:
        if test.row is None:
            yield f"{test.id} has no row; mend: add @pytest.mark.runbook(...)"
            continue
        for suspect in test.row.suspects:
            if not definition_exists(project.root, suspect.path, suspect.qualname):
                yield f"{test.row.file}:{test.row.line}: the suspect {suspect} does not exist"


def _check_assertions(project: Project) -> Iterator[str]:
    """No row forgives itself, and no test's FAIL line would take what was seen for what was wanted."""
    for place, what in find_second_tries(project.root, project.test_paths):
        yield f"{place}: {what}"
    for place, what in find_turned(project.root, "tests"):
        yield f"{place}: {what}"


def _check_faults(project: Project) -> Iterator[str]:
    """Every fault fits its file, and stands in the document as it was proved."""
    faults = read_faults(project)
    yield from findings(project, faults)
    yield from stale_records(project, faults)
    yield from unproved_records(project)
    yield from extreme.findings(project)


def definition_exists(root: Path, path: str, qualname: str) -> bool:
    """Whether a file exists and, where a name is given, defines it.

    A name in a file that is no Python is looked up as a word.
    """
    file = root / path
    if not qualname or not file.is_file():
        return file.exists() and not qualname
    source = file.read_bytes()
    if file.suffix != ".py":
        return re.search(rb"\b%b\b" % re.escape(qualname.encode()), source) is not None
    found: list[ast.AST] = [ast.parse(source)]
    for part in qualname.split("."):
        found = [node for scope in found for node in _inside(scope) if _name(node) == part]
    return bool(found)


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a scope, in its ifs and trys too, and not in the scopes within."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, _SCOPES):
            yield from _inside(node)


def _name(node: ast.AST) -> str:
    """The name that a node defines or assigns, or nothing."""
    if isinstance(node, _SCOPES):
        return node.name
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else ""


def _check_documents(project: Project) -> Iterator[str]:
    root = project.root
    known = shown.Known.of(root, describe(root))
    words, sources = _words(root), Sources.of(root, known)
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for stale in stale_documents(documents(root), generated_blocks(project)):
        yield f"{stale.relative_to(root)} is stale; mend: {call('docs')}"
    yield from _check_figures(root)
    yield from _check_claims(root, settings)
    yield from _check_held(root, settings)
    for document in documents(root):
        text, name = document.read_text(encoding="utf-8"), document.relative_to(root)
        tests = known.tests | set(shown.tests_in(text))
        yield from (f"{name}: {finding}" for finding in _dead_links(document, text))
        yield from (f"{name}: {finding}" for finding in _misnumbered(text))
        yield from (f"{name}: {finding}" for finding in _untyped(text))
        yield from (f"{name}: {finding}" for finding in _gone_names(root, text))
        yield from (f"{name}: {finding}" for finding in sources.gone(text))
        yield from (f"{name}: {finding}" for finding in _gone_commands(known, text, tests))
        yield from (f"{name}: {finding}" for finding in _gone_variables(words, text))
        yield from (f"{name}: {finding}" for finding in _gone_settings(settings, text))
        yield from (f"{name}: {finding}" for finding in examples.findings(text))
        wrong = samples.findings(text, tiers=project.tiers, tests=tests)
        yield from (f"{name}: {finding}" for finding in wrong)


def _check_figures(root: Path) -> Iterator[str]:
    """Every benchmark keeps a table that a document shows, and every other figure has its command beside it."""
    texts = {each.relative_to(root): each.read_text(encoding="utf-8") for each in documents(root)}
    yield from measured.findings(root, texts.values())
    for name, text in texts.items():
        if name.parts[:2] != DECISIONS:  # they say what was seen on their day
            for figure in figures.unproved(text):
                yield f"{name}: gives {figure!r}, and no command beside it prints that"


def _check_claims(root: Path, settings: dict[str, Any]) -> Iterator[str]:
    """What documents count in words is so."""
    yield from claims.findings(root, _phrases(settings), _texts_of_today(root))


def _phrases(settings: dict[str, Any]) -> dict[str, str]:
    said: dict[str, str] = settings.get("tool", {}).get("runbook", {}).get("claims", {})
    return said


def _texts_of_today(root: Path) -> dict[str, str]:
    """The documents by name, without the decisions, which say what was so on their day."""
    names = (each.relative_to(root) for each in documents(root))
    return {
        str(name): (root / name).read_text(encoding="utf-8")
        for name in names
        if name.parts[:2] != DECISIONS
    }


def _check_held(root: Path, settings: dict[str, Any]) -> Iterator[str]:
    """What documents say of a source stands in that source."""
    said = claims.claims_of(root, _phrases(settings))

    @cache
    def facts(name: str) -> held.Facts | None:
        name, _, definition = name.partition("::")
        folders = (root / place for place in SOURCES if (root / place).is_dir())
        files = [root / name] if "/" in name else [f for each in folders for f in each.rglob(name)]
        texts = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
        if texts and definition:
            return held.facts_of_definition(texts[0], definition)
        return held.facts_of(texts[0], is_python=name.endswith(".py")) if texts else None

    for name, text in _texts_of_today(root).items():
        if name == CHANGES or name.startswith(PROMISES) or not name.endswith(".md"):
            continue
        spans = [span for claim in said for span in claim.places(text)]
        yield from (f"{name}: {each}" for each in held.findings(text, facts, claimed=spans))


def _dead_links(document: Path, text: str) -> Iterator[str]:
    for target, anchor in _LINK.findall(text):
        if re.match(r"[a-z]+:|/", target):  # somewhere else
            continue
        file = document.parent / target if target else document
        if not file.exists():
            yield f"links to {target}, which does not exist"
        elif anchor and anchor not in _anchors(file.read_text(encoding="utf-8")):
            yield f"links to {target}#{anchor}, and there is no such heading"


def _misnumbered(text: str) -> Iterator[str]:
    """A link by a decision's number leads to that decision."""
    for number, file in _LINK_BY_NUMBER.findall(text):
        if not file.startswith(number):
            yield f"calls {file} {number}"
    for name in dict.fromkeys(_REFERENCE.findall(text)):
        if f"\n[{name}]: " not in text:
            yield f"links to [{name}], and does not say where that is"


def _untyped(text: str) -> Iterator[str]:
    """Whoever reads the blocks of shell, to type or to check them, knows them by one name each."""
    for language in _OTHER_SHELL.findall(text):
        yield f"has a block of `{language}`, which nothing types or checks; mend: bash, or console"


def _anchors(markdown: str) -> set[str]:
    """The names by which a document's headings are linked to."""
    headings = _HEADING.findall(markdown)
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}


def _gone_names(root: Path, text: str) -> Iterator[str]:
    for path, qualname in _TICKED_PATH.findall(text):
        if "*" not in path and "<" not in path and not definition_exists(root, path, qualname):
            yield f"names `{path}{'::' if qualname else ''}{qualname}`, which does not exist"


def _gone_commands(known: shown.Known, text: str, tests: frozenset[str]) -> Iterator[str]:
    known = replace(known, tests=tests)
    for command in shown.commands(text):
        for problem in shown.problems(command, known):
            yield f"shows `{' '.join(command)}`, and {problem}"


def _gone_variables(words: set[str], text: str) -> Iterator[str]:
    for variable in _TICKED_VARIABLE.findall(text):
        if variable not in words:
            yield f"names the variable {variable}, which nothing reads"


def _gone_settings(settings: dict[str, Any], text: str) -> Iterator[str]:
    """Yield the tables and keys of the settings that a document names, and that are not there."""
    for table_name, key in _TICKED_SETTING.findall(text):
        found: Any = settings
        for part in [*table_name.split("."), *([key] if key else [])]:
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            yield f"names the setting [{table_name}] {key}".rstrip() + ", which does not exist"


def _words(root: Path) -> set[str]:
    """Every word in capitals that stands in a source."""
    places = [root / name for name in SOURCES]
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    sources = (file.read_bytes() for file in files if file.suffix in {".py", ".sh", ""})
    return {
        word.decode() for source in sources for word in re.findall(rb"\b[A-Z][A-Z0-9_]+\b", source)
    }


def main() -> int:
    """Print the findings; return an `ExitCode`."""
    try:
        findings = list(check(find_project(Path.cwd())))
    except RunbookError as error:
        findings = [str(error)]
    for finding in findings:
        print(f"error: {finding}")
    print(f"{len(findings)} stale or dangling")
    return ExitCode.RED if findings else ExitCode.GREEN


if __name__ == "__main__":
    sys.exit(main())
