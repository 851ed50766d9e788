"""What the tasks do: each function is one procedure, ends the process with an `ExitCode`, and prints for people."""

from __future__ import annotations

import functools
import inspect
import json
import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from runbook import browsers, locks
from runbook import changed as changes
from runbook import describe as description
from runbook import explain as explanation
from runbook.call_folder import call_folder
from runbook.calls import call
from runbook.checks import documents, generated_blocks
from runbook.document import refresh
from runbook.errors import EnvironmentNotReady, RunbookError, UsageError, tell
from runbook.exit_codes import ExitCode
from runbook.gate import project_gate
from runbook.project import find_project
from runbook.rows import read_rows
from runbook.sessions import run_session
from runbook.smoke import empty_json
from runbook.transcript import record as record_transcript
from runbook.upgrades.options import moment
from runbook.wheel import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook.project import Tier

P = ParamSpec("P")


def _command(function: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Turn a function into a command: errors that a person can act on are said, and end it with their code."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or ExitCode.GREEN
        except RunbookError as error:
            given = inspect.signature(function).bind(*args, **kwargs).arguments
            code = tell(error, _json_place(given))
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        sys.exit(code)

    return command


def _json_place(given: Mapping[str, Any]) -> str:
    """Where a call wants its JSON; some calls have this among options that they pass on."""
    if given.get("as_json"):
        return "-"
    tables = (given, given.get("options", {}), given.get("how", {}))
    places = (table.get(name) for table in tables for name in ("json_file", "json"))
    return next((str(place) for place in places if place), "")


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # as in `invoke rows | head -1`; what is left to say has no reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _as_json(schema: str, **facts: object) -> str:
    """One JSON object that says what it is."""
    return json.dumps({"schema": schema, **facts}, indent=2)


@_command
def run(  # noqa: PLR0913 - these are its options
    root: Path,
    *,
    tier: str = "fast",
    changed: bool = False,
    json_file: str = "",
    report_to: str = "",
    pytest_arguments: Sequence[str] = (),
) -> ExitCode:
    """Run a tier, or those that the changed files need, each in its session; the worst exit code wins."""
    project = find_project(root)
    own = ["--report-to", report_to] if report_to else []
    arguments = [*own, "--", *pytest_arguments]
    empty_json(json_file)
    if not changed:
        return _run_tiers(root, [project.tier(tier)], arguments, json_file)
    tiers = changes.tiers_for(project, changes.changed_files(root))
    said = ", ".join(each.name for each in tiers) or "none: nothing that a tier watches has changed"
    print(f"tiers that the change needs: {said}", file=sys.stderr)
    return _run_tiers(root, tiers, arguments, json_file, are_together=True)


def _run_tiers(
    root: Path,
    tiers: Sequence[Tier],
    arguments: Sequence[str],
    json_file: str,
    *,
    are_together: bool = False,
) -> ExitCode:
    """Run tiers, or none; the JSON of several runs, or of those that are asked for together, is one object."""
    codes, runs = [], []
    with call_folder(find_project(root).state) as folder:
        file = folder / "runs.jsonl"
        own = ["--add-json", str(file)] if json_file else []
        lines = sys.stderr if json_file == "-" else None
        for tier in tiers:
            try:
                codes.append(run_session(root, tier.session, [*own, *arguments], stdout=lines))
            except EnvironmentNotReady as error:
                if not are_together:
                    raise
                codes.append(tell(error, ""))  # the other tiers may well run
        if file.exists():
            runs = [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()]
    worst = max(codes, default=ExitCode.GREEN)
    names = [each.name for each in tiers]
    if json_file and (are_together or len(runs) > 1):
        together = {"schema": "runs/1", "tiers": names, "exit_code": int(worst), "runs": runs}
        _write_or_print(together, json_file)
    elif json_file and runs:
        _write_or_print(runs[0], json_file)
    return worst


@_command
def filter_tests(root: Path, pattern: str, *, tier: str, json_file: str = "") -> None:
    """Run the tests of a tier whose names match."""
    if not pattern:
        raise UsageError("filter needs a pattern", next_step=call("filter visitor"))
    run(root, tier=tier, json_file=json_file, pytest_arguments=["-k", pattern])


@_command
def explain(root: Path, test: str, *, as_json: bool) -> None:
    """Print the row of a test."""
    explained = explanation.explain(find_project(root), test)
    _say(json.dumps(explained.as_json(), indent=2) if as_json else explained.as_text())


@_command
def prove(root: Path, *, test: str, tier: str, jobs: int, json_file: str) -> ExitCode:
    """Prove a row, or all of them, in the environment of the session for it."""
    options = {"--tier": tier, "--jobs": jobs, "--json": _from_here(json_file)}
    chosen = [word for name, value in options.items() if value for word in (name, str(value))]
    return run_session(root, "faults", [*([test] if test else []), *chosen])


def _from_here(file: str) -> str:
    """A file as it is found from any folder; - and no file at all stay as they are."""
    return file if file in {"", "-"} else str(Path(file).absolute())


@_command
def rows(root: Path, *, as_json: bool) -> None:
    """Print every row in short."""
    project = find_project(root)
    found = read_rows(project.root, project.test_paths)
    brief = [
        {"test": row.test, "id": row.id, "severity": row.severity, "cause": row.cause}
        for row in found
    ]
    _say(json.dumps(brief, indent=2) if as_json else explanation.overview(found))


@_command
def describe(root: Path, *, as_json: bool) -> None:
    """Print what can be called."""
    described = description.describe(root)
    if as_json:
        _say(json.dumps(described, indent=2))
        return
    for kind in ("tasks", "sessions"):
        width = max(len(entry["name"]) for entry in described[kind])
        _say(f"{kind}:")
        for entry in described[kind]:
            _say(f"  {entry['name']:<{width}}  {entry['help']}")


@_command
def install_browsers(root: Path, *, check: bool, as_json: bool) -> None:
    """Find a Chromium that works, or install one; say which it is."""
    nox = [sys.executable, "-m", "nox", "--noxfile", str(root / "noxfile.py")]
    playwright = [*nox, "--session", "playwright", "--"]
    proof = browsers.find_working_browser() if check else browsers.install_browser(playwright)
    _say(json.dumps(proof.as_json(), indent=2) if as_json else str(proof))


@_command
def find_offending_commit(  # noqa: PLR0913 - these are its options
    root: Path,
    *,
    test: str,
    file: str,
    repo: str,
    command: str,
    options: Mapping[str, str | int],
    flags: Mapping[str, bool],
) -> ExitCode:
    """Search the history for the commit that broke a row or a command.

    Args:
        root: This project's root.
        test: A row of this project, instead of a command.
        file: A suspected file; its end is enough.
        repo: The repository to search, or empty for this one.
        command: What tells good from bad.
        options: Further options of the search, by name; those that are empty are left out, a 0 is not.
        flags: Switches of the search, by name.
    """
    from runbook.culprit.__main__ import main as search  # noqa: PLC0415
    from runbook.culprit.row_search import file_arguments, row_search  # noqa: PLC0415

    if bool(test) == bool(command):
        raise UsageError("a search needs either --test or --command", next_step=call("rows"))
    where = Path(repo) if repo else root
    arguments = ["--repo", str(where)]
    may_make = not flags["dry-run"]
    arguments += (
        row_search(find_project(root), test, may_make=may_make).as_arguments()
        if test
        else ["--command", command]
    )
    arguments += file_arguments(where, file) if file else []
    for name, value in options.items():
        arguments += [f"--{name}", str(value)] if value != "" else []
    arguments += [f"--{name}" for name, is_on in flags.items() if is_on]
    return ExitCode(search(arguments))


@_command
def rollback(root: Path, arguments: Mapping[str, Any], how: Mapping[str, Any]) -> ExitCode:
    """Roll back; see `runbook.rollback.command.rollback`, and `How` for how it is called."""
    from runbook.rollback import command  # noqa: PLC0415

    return command.rollback(find_project(root), arguments, command.How(**how))


@_command
def revert_and_resmoke(
    root: Path, arguments: Mapping[str, Any], how: Mapping[str, Any]
) -> ExitCode:
    """Revert one commit and smoke it; see `runbook.rollback.command.revert_and_resmoke`."""
    from runbook.rollback import command  # noqa: PLC0415

    if not (arguments["commit"] or how["plan"]):
        raise UsageError(
            "revert-and-resmoke needs a commit",
            next_step=call("revert-and-resmoke --commit SHA"),
        )
    return command.revert_and_resmoke(find_project(root), arguments, command.How(**how))


@_command
def verify_evidence(root: Path, *, run: str, as_json: bool) -> ExitCode:
    """Recompute the evidence of a run; of the newest one where none is named."""
    from runbook import evidence  # noqa: PLC0415

    folder = evidence.find_run(find_project(root).state, run)
    if not as_json:
        return evidence.print_findings(folder)
    findings = evidence.verify(folder)
    _say(_as_json("evidence/1", run=folder.id, holds=not findings, findings=findings))
    return ExitCode.RED if findings else ExitCode.GREEN


@_command
def gate_open(root: Path, *, bot: bool, dry_run: bool, plan_file: str, json_file: str) -> None:
    """Smoke HEAD in a tree of its own and open the gate for it, or say why not.

    Args:
        root: This project's root.
        bot: Open it as a bot, which opens only what a bot has closed.
        dry_run: Say what would be done, and do nothing.
        plan_file: A plan that was made by a dry run, which must still hold; or empty.
        json_file: Where the plan, or what was proved, is written as JSON; ``-`` is standard output.
    """
    from runbook.gate.opening import open_gate, plan_opening  # noqa: PLC0415
    from runbook.step_runner import read_plan_file  # noqa: PLC0415

    project, by = find_project(root), project_gate.BOT if bot else project_gate.person()
    if dry_run:
        plan = plan_opening(project, by=by)
        _say_or_write(plan.as_text(), plan.as_json(), json_file)
        return
    approved = read_plan_file(Path(plan_file)) if plan_file else None
    facts = open_gate(project, by=by, say=_narrate, approved=approved)
    said = f"gate open for commit {facts['commit'][:10]}, build {facts['build'][:12]}"
    _say_or_write(said, facts, json_file)


def _narrate(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _write_or_print(result: object, json_file: str) -> None:
    """Write a result as JSON to a file; ``-`` is standard output."""
    if json_file == "-":
        _say(json.dumps(result, indent=2))
    else:
        Path(json_file).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _say_or_write(text: str, result: object, json_file: str) -> None:
    """Print a result as text, and write it as JSON where that is asked for, to a file or in the text's place."""
    if json_file:
        _write_or_print(result, json_file)
    if json_file != "-":
        _say(text)


@_command
def gate_close(root: Path, *, reason: str, as_json: bool) -> None:
    """Close the gate, as the person who runs this."""
    if not reason.strip():
        raise UsageError("gate.close needs a reason", next_step='--reason "what is wrong"')
    by = project_gate.person()
    why = " ".join(reason.split())
    project_gate.close(find_project(root), reason=why, by=by)
    _say(_as_json("gate-close/1", gate="closed", reason=why, by=by) if as_json else "gate closed")


@_command
def gate_status(root: Path, *, url: str, as_json: bool) -> None:
    """Print what the gate says, what is served, and what would change it."""
    from runbook.gate.status import read_status  # noqa: PLC0415

    status = read_status(find_project(root), url)
    _say(json.dumps(status.as_json(), indent=2) if as_json else status.as_text())


@_command
def report(root: Path, *, asked: Mapping[str, str], show: bool, as_json: bool) -> None:
    """Write one self-contained page, and say where it is.

    Args:
        root: This project's root.
        asked: What it is about: the id of a ``run``, a ``search`` or a ``drift``; all empty for the last.
        show: Whether to open it in a browser.
        as_json: Whether to say where it is as one JSON object.
    """
    from runbook.report_page.sources import choose  # noqa: PLC0415 - no other task needs it
    from runbook.report_page.write import write_page  # noqa: PLC0415

    project = find_project(root)
    subject = choose(project, **asked)
    file = write_page(project, subject)
    if show and not webbrowser.open(file.as_uri()):
        raise EnvironmentNotReady(f"no browser could be opened; the page is {file}")
    about = {"schema": "report/1", "kind": subject.kind, "id": subject.id, "page": str(file)}
    _say(json.dumps(about, indent=2) if as_json else os.path.relpath(file))


@_command
def ci_plan(root: Path, *, tags: str, as_json: bool) -> None:
    """Print which sessions a workflow runs, and tell its runner."""
    from runbook.github.commands import plan  # noqa: PLC0415

    planned = plan(root, tags)
    listed = (f"{each['session']} on {each['python']}" for each in planned["matrix"]["include"])
    lines = [f"needed: {planned['needed']}", *listed]
    _say(json.dumps(planned, indent=2) if as_json else "\n".join(lines))


@_command
def ci_drift(root: Path, *, way: str, as_json: bool) -> ExitCode:
    """Run one way of drift, for a job of a workflow."""
    from runbook.github.drift import float_dependencies, judged  # noqa: PLC0415

    record = float_dependencies(root, way, output=sys.stderr if as_json else sys.stdout)
    if as_json:
        _say(json.dumps(record, indent=2))
    return judged(record)


@_command
def ci_publish_drift(  # noqa: PLR0913 - these are its options
    root: Path, *, folder: str, dry_run: bool, plan_file: str, resume: bool, json_file: str
) -> None:
    """Tell the repository what drift has found, or print the plan of that."""
    from runbook.github.publish_drift import plan_telling, publish  # noqa: PLC0415
    from runbook.step_runner import read_plan_file  # noqa: PLC0415

    project = find_project(root)
    telling = plan_telling(project, Path(folder))
    if dry_run:
        _say_or_write(telling.plan.as_text(), telling.plan.as_json(), json_file)
        return
    approved = read_plan_file(Path(plan_file)) if plan_file else None
    done = publish(project, telling, approved=approved, resume=resume, say=_narrate)
    facts = {"schema": "ci-publish-drift/1", "plan": telling.plan.digest, "done": done}
    _say_or_write("\n".join(done) or "nothing to tell", facts, json_file)


@_command
def ci_gate(*, as_json: bool) -> ExitCode:
    """Say whether every job that was needed succeeded."""
    from runbook.github.commands import gate as decide  # noqa: PLC0415

    closed = decide()
    said = ["not green:", *(f"  {line}" for line in closed)]
    text = "\n".join(said) if closed else "every job that was needed succeeded"
    _say(_as_json("ci-gate/1", green=not closed, findings=closed) if as_json else text)
    return ExitCode.RED if closed else ExitCode.GREEN


@_command
def hub(root: Path, arguments: Sequence[str]) -> None:
    """Become the hub's own command line, in its environment; Ctrl-C and exit codes are then its own.

    Raises:
        EnvironmentNotReady: The environment could not be made.
    """
    session = "hub-command"
    make = ["--noxfile", str(root / "noxfile.py"), "--session", session, "--install-only"]
    made = subprocess.run(
        [sys.executable, "-m", "nox", *make], capture_output=True, text=True, check=False
    )
    python = root / ".nox" / session / "bin" / "python"
    if made.returncode:
        print(made.stdout + made.stderr, file=sys.stderr)
        raise EnvironmentNotReady(
            "the hub's environment could not be made", next_step=f"bin/nox -s {session} -- --help"
        )
    environment = os.environ | {"PYTHONPATH": str(root / "bin")}
    sys.stdout.flush()
    os.execve(python, [str(python), "-m", "hub", *arguments], environment)  # noqa: S606 - no shell


@_command
def find_offending_upgrade(
    *,
    baseline: str,
    command: str,
    options: Mapping[str, str | int],
    lists: Mapping[str, str],
    flags: Mapping[str, bool],
) -> ExitCode:
    """Search the upgrades since a baseline for those that broke a command.

    Args:
        baseline: A file of pins that was green.
        command: What tells green from red.
        options: Further options of the search, by name; those that are empty are left out, a 0 is not.
        lists: Options that may be given several times, their values with commas between.
        flags: Switches of the search, by name.
    """
    from runbook.upgrades.__main__ import main as search  # noqa: PLC0415

    if not (baseline and command):
        example = call("find-offending-upgrade --baseline pins.txt --command 'python -m pytest -q'")
        raise UsageError("a search needs --baseline and --command", next_step=example)
    arguments = [f"--baseline={baseline}", f"--command={command}"]
    arguments += [f"--{name}={value}" for name, value in options.items() if value != ""]
    arguments += [
        f"--{name}={each}" for name, values in lists.items() for each in values.split(",") if each
    ]
    arguments += [f"--{name}" for name, is_on in flags.items() if is_on]
    return ExitCode(search(arguments))


@_command
def wheel(root: Path, *, as_json: bool) -> None:
    """Build the engine's wheel and say where it is."""
    built = build_wheel(root)
    _say(_as_json("wheel/1", wheel=str(built)) if as_json else os.path.relpath(built))


@_command
def drift_history(root: Path, *, as_json: bool) -> None:
    """Print what every run of drift saw, the oldest first."""
    from runbook.upgrades import evidence  # noqa: PLC0415

    runs = evidence.history(evidence.read_all(find_project(root).state))
    if as_json:
        _say(json.dumps(runs, indent=2))
        return
    for each in runs:
        blamed = "; ".join(" with ".join(group) for group in each["culprits"])
        said = f"{each['date']:<14}{each['verdict']:<14}{each['drifted']:>3} moved since the lock"
        said += f", {len(each['since_last'])} since the run before"
        _say(
            f"{said}{f'; to blame: {blamed}' if blamed else ''}{'; ' if each['pins'] else ''}{' '.join(each['pins'])}"
        )
    if not runs:
        _say("no drift has been looked at yet; next: bin/nox -s drift")


@_command
def lock(  # noqa: PLR0913 - these are its options
    root: Path, *, upgrade: bool, only: str, as_of: str, dry_run: bool, as_json: bool
) -> None:
    """Compile the locks and say which changed, or would."""
    when = moment(as_of) if as_of else ""
    done = locks.compile_locks(root, upgrade=upgrade, only=only, as_of=when, dry_run=dry_run)
    moved = [each.name for each in done if each.has_changed]
    said = f"{'would change' if dry_run else 'changed'}: {', '.join(moved)}"
    lines = [said if moved else "every lock is as it was"]
    lines += [
        f"as of {each.as_of}: {each.name}; nothing older fits its requirements"
        for each in done
        if each.as_of != when
    ]
    dates = {each.name: each.as_of for each in done if when}
    _say(_as_json("lock/1", changed=moved, as_of=dates) if as_json else "\n".join(lines))


@_command
def docs(root: Path, *, transcript: bool, as_json: bool) -> None:
    """Make the generated blocks of the documents anew; the transcript only when it is asked for."""
    if transcript:
        record_transcript(root)
    project = find_project(root)
    files = refresh(documents(root), generated_blocks(project))
    changed = [file.relative_to(root).as_posix() for file in files]
    said = "\n".join(f"changed: {file}" for file in changed) or "every document is as it was"
    _say(_as_json("docs/1", changed=changed) if as_json else said)
