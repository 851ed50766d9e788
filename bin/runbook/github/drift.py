"""The weekly drift on a runner: one way of floating a job, and then what is told the repository of all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.git import git
from runbook.github.actions import add_summary
from runbook.github.drift_issues import Action, Deed, decide
from runbook.github.summary import code, table, text
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

WAYS = {"now": [], "lowest": ["--resolution", "lowest-direct"], "prerelease": ["--prerelease"]}
BUNDLE = "branches.bundle"
_LABEL = "drift"
_CONCLUSIVE = {"clean", "found", "outside-lock", "baseline-red", "unresolvable"}


def float_dependencies(root: Path, way: str, *, output: IO[str]) -> dict[str, Any]:
    """Run ``nox -s drift`` one way, and leave its table in the job's summary and its branches in a bundle.

    Args:
        root: This project's root.
        way: One of `WAYS`.
        output: Where what the session prints goes.

    Returns:
        What it has found, ``drift/1``.

    Raises:
        UsageError: There is no such way.
        EnvironmentNotReady: It left no record.
    """
    if way not in WAYS:
        raise UsageError(f"no way is called {way!r}; the nearest: {', '.join(nearest(way, WAYS))}")
    before = {folder for folder, _ in _records(root / ".runbook" / "drift")}
    nox = [sys.executable, "-m", "nox", "--noxfile", str(root / "noxfile.py"), "--session", "drift"]
    subprocess.call([*nox, "--", *WAYS[way]], cwd=root, stdout=output)
    new = [pair for pair in _records(root / ".runbook" / "drift") if pair[0] not in before]
    if not new:
        raise EnvironmentNotReady(
            "drift left no record; the reason stands above", next_step="bin/nox -s drift"
        )
    folder, record = new[-1]
    add_summary(summary(record, way))
    branches = [str(each).partition(" ")[0] for each in record.get("branches", [])]
    if branches:
        git(root, "bundle", "create", str(folder / BUNDLE), *branches, "^HEAD")
    return record


def judged(record: Mapping[str, Any]) -> ExitCode:
    """Return how a job ends that has found this: the week is judged, not the search."""
    return ExitCode.GREEN if record["verdict"] == "clean" else ExitCode.RED


def summary(record: Mapping[str, Any], way: str) -> str:
    """Return what moved, and what that broke, as Markdown."""
    guilty = {each["name"] for group in record["culprits"] for each in group}
    lines = [
        f"| {code(each['name'])} | {text(each['from'] or 'absent')} | {text(each['to'] or 'absent')} "
        f"| {'direct' if each.get('direct') else 'transitive'} | {'**culprit**' if each['name'] in guilty else ''} |"
        for each in record["changed"]
    ]
    pins = ", ".join(code(pin) for pin in [*record["pins"], *record.get("build_pins", [])])
    return "\n".join(
        [
            f"### {text(record['verdict'])}: drift, {text(way)}",
            "",
            f"Green again with: {pins}" if pins else "",
            "",
            *table(["Package", "From", "To", "Kind", ""], lines),
            "",
        ]
    )


def publish(root: Path, folder: Path) -> list[str]:
    """Tell the repository what drift has found: its issues, and a pull request a pin. Nothing is forced.

    Args:
        root: This project's root.
        folder: Where the records of all ways are, at any depth.

    Returns:
        What was done, a line each.

    Raises:
        EnvironmentNotReady: ``gh`` is not there, or refused.
    """
    records = [record for _, record in _records(folder)]
    if not records:
        raise UsageError(f"no record of drift in {folder}", next_step="bin/nox -s drift")
    is_whole = len(records) >= len(WAYS) and all(each["verdict"] in _CONCLUSIVE for each in records)
    found = [json.loads(file.read_bytes()) for file in sorted(folder.rglob("issues/*.json"))]
    listed = ["issue", "list", "--label", _LABEL, "--state", "all", "--limit", "500"]
    there = json.loads(_gh(*listed, "--json", "number,state,body"))
    done = [_do(action) for action in decide(found, there, is_whole=is_whole)]
    for bundle in sorted(folder.rglob(BUNDLE)):
        done += _offer(root, bundle)
    add_summary("\n".join(["### drift", "", *(f"- {text(line)}" for line in done), ""]))
    return done


def _records(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every record of drift below a folder, the oldest first."""
    files = sorted(folder.rglob("result.json"), key=lambda file: file.stat().st_mtime_ns)
    for file in files:
        record = json.loads(file.read_bytes())
        if record.get("schema") == "drift/1":
            yield file.parent, record


def _do(action: Action) -> str:
    number = str(action.number)
    if action.deed is Deed.CLOSE:
        _gh("issue", "close", number, "--comment", action.body)
        return f"closed issue {number}, {action.key}"
    if action.deed is Deed.OPEN:
        _gh("label", "create", _LABEL, "--force", "--description", "dependency drift")
        said = _gh(
            "issue",
            "create",
            "--title",
            action.title,
            "--label",
            _LABEL,
            "--body-file",
            "-",
            stdin=action.body,
        )
        return f"opened {said.strip()}, {action.key}"
    if action.deed is Deed.REOPEN:
        _gh("issue", "reopen", number)
    _gh("issue", "edit", number, "--title", action.title, "--body-file", "-", stdin=action.body)
    return f"updated issue {number}, {action.key}"


def _offer(root: Path, bundle: Path) -> Iterator[str]:
    """Push each branch of a bundle and open a pull request for it, unless there was one ever."""
    heads = git(root, "bundle", "list-heads", str(bundle)).splitlines()
    for head in heads:
        sha, _, ref = head.partition(" ")
        branch = ref.removeprefix("refs/heads/")
        if json.loads(_gh("pr", "list", "--head", branch, "--state", "all", "--json", "number")):
            yield f"{branch} has a pull request already"
            continue
        git(root, "fetch", "--quiet", str(bundle), ref)
        where = (
            f"{os.environ.get('GITHUB_SERVER_URL', '')}/{os.environ.get('GITHUB_REPOSITORY', '')}"
        )
        helper = "credential.helper=!gh auth git-credential"
        git(root, "-c", helper, "push", "--quiet", where, f"{sha}:{ref}")
        title = git(root, "log", "-1", "--format=%s", sha)
        body = git(root, "log", "-1", "--format=%b", sha)
        note = "\n\nA bot opened this, so its checks wait: close and reopen it to start them."
        url = _gh(
            "pr",
            "create",
            "--head",
            branch,
            "--title",
            title,
            "--body-file",
            "-",
            stdin=body + note,
        )
        yield f"opened {url.strip()} for {branch}"


def _gh(*arguments: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            ["gh", *arguments], input=stdin, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EnvironmentNotReady("gh is not on PATH", next_step="install GitHub's gh") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise EnvironmentNotReady(f"gh {' '.join(arguments[:2])}: {said}")
    return done.stdout
