"""``python -m runbook``: the engine in a project that has neither Nox nor Invoke.

Its commands have the names and options of the tasks, and their exit codes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook import commands
from runbook.arguments import Parser
from runbook.calls import call_module
from runbook.commands.option_texts import (
    EVIDENCE,
    GATE_CLOSE,
    GATE_OPEN,
    GATE_STATUS,
    JSON_FILE,
    JSON_LIST,
    JSON_OBJECT,
    REVERT,
    ROLLBACK,
    SEARCH,
)
from runbook.exit_codes import MEANINGS, ExitCode
from runbook.processes.standard_streams import open_closed_streams

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

_KINDS = ("run", "search", "drift")
_SEARCH_VALUES = (
    "good", "bad", "setup", "jobs", "flake_rate", "confidence", "cluster", "timeout", "json",
)  # fmt: skip
_SEARCH_SWITCHES = ("first_parent", "fresh", "resume", "dry_run")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command as the command line says; return an `ExitCode`."""
    open_closed_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["run"]:
        return _run(words[1:])
    if words[:1] == ["prove"]:
        return _prove(words[1:])
    if words[:1] == ["find-offending-upgrade"]:
        return _search_upgrades(words[1:])
    options = _parser().parse_args(words)
    handler: Callable[[argparse.Namespace], None] = options.handler
    try:
        handler(options)
    except SystemExit as ended:  # as every command ends, for the tasks
        return int(ended.code or 0)
    return ExitCode.GREEN


def _parser() -> Parser:
    codes = "; ".join(f"{int(code)} {meaning}" for code, meaning in MEANINGS.items())
    parser = Parser(
        prog=call_module("runbook"),  # as it can be typed here
        description="A smoke runbook that runs.",
        epilog=f"exit codes: {codes}",
    )
    add = parser.add_subparsers(title="commands", required=True, metavar="COMMAND").add_parser
    # Listed here alone, for what follows them is parsed by those who do the work.
    add("run", help="smoke a tier: [--tier T] [--json FILE] [-- pytest arguments]")
    add("find-offending-upgrade", help="name the upgrades that broke a command; needs uv")
    add("prove", help="show that rows turn red, by the faults in tests/faults")
    _add_filter(add("filter", help="run the subset of a tier that matches"))
    _add_explain(add("explain", help="explain a row: cause, suspects, severity, next steps"))
    _add_rows(add("rows", help="list every row of the runbook"))
    _add_search(add("find-offending-commit", help="name the commit that broke a row or a command"))
    _add_rollback(add("rollback", help="find what broke the smoke, revert it, prove that"))
    _add_revert(add("revert-and-resmoke", help="revert a commit on a branch, and smoke it there"))
    _add_open(add("gate.open", help="smoke exactly this commit, and open the gate if it is green"))
    _add_close(add("gate.close", help="close the gate; it always works"))
    _add_status(add("gate.status", help="say whether the gate is open, why, and what changes that"))
    _add_report(add("report", help="make one HTML page of the last run, search or drift"))
    _add_evidence(add("verify-evidence", help="recompute what a run left"))
    return parser


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", help="what the tests' names must match, as in pytest -k")
    parser.add_argument("--tier", default="fast", help="the tier to filter (default: %(default)s)")
    _add_options(parser, JSON_FILE, "json")
    parser.set_defaults(handler=_filter)


def _filter(options: argparse.Namespace) -> None:
    sys.exit(_run(["--tier", options.tier, "--json", options.json, "--", "-k", options.pattern]))


def _run(arguments: list[str]) -> int:
    from runbook.smoke.tier import main as smoke  # noqa: PLC0415 - a smoke starts pytest before all else

    return smoke(arguments)


def _prove(arguments: list[str]) -> int:
    from runbook.prove.__main__ import main as prove  # noqa: PLC0415 - no other command needs it

    return prove(arguments)


def _search_upgrades(arguments: list[str]) -> int:
    from runbook.upgrades.__main__ import main as search  # noqa: PLC0415 - no other command needs it

    return search(arguments)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("test", help="the test's name")
    _add_switches(parser, JSON_OBJECT, "json")
    parser.set_defaults(handler=lambda o: commands.explain(Path.cwd(), o.test, as_json=o.json))


def _add_rows(parser: argparse.ArgumentParser) -> None:
    _add_switches(parser, JSON_LIST, "json")
    parser.set_defaults(handler=lambda o: commands.rows(Path.cwd(), as_json=o.json))


def _add_search(parser: argparse.ArgumentParser) -> None:
    _add_options(parser, SEARCH, "test", "command", "file", "repo", *_SEARCH_VALUES)
    _add_switches(parser, SEARCH, *_SEARCH_SWITCHES)
    parser.set_defaults(handler=_search, bad="HEAD")


def _search(options: argparse.Namespace) -> None:
    commands.find_offending_commit(
        Path.cwd(),
        test=options.test,
        file=options.file,
        repo=options.repo,
        command=options.command,
        options={_typed(name): getattr(options, name) for name in _SEARCH_VALUES},
        flags={_typed(name): getattr(options, name) for name in _SEARCH_SWITCHES},
    )


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    wanted = ("file", "test", "commit")
    _add_options(parser, ROLLBACK, *wanted)
    parser.add_argument("--jobs", type=int, default=1, help=ROLLBACK["jobs"])
    _add_switches(parser, ROLLBACK, "fresh")
    _add_procedure(parser)
    parser.set_defaults(
        handler=lambda o: commands.rollback(
            Path.cwd(), _picked(o, *wanted, "jobs", "mainline", "fresh", "yes"), _how(o)
        )
    )


def _add_revert(parser: argparse.ArgumentParser) -> None:
    _add_options(parser, REVERT, "commit")
    _add_procedure(parser)
    parser.set_defaults(
        handler=lambda o: commands.revert_and_resmoke(
            Path.cwd(), _picked(o, "commit", "mainline", "yes"), _how(o)
        )
    )


def _add_procedure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mainline", type=int, default=0, help=REVERT["mainline"])
    _add_switches(parser, REVERT, "yes", "dry_run", "resume")
    _add_options(parser, REVERT, "plan", "json")


def _add_options(parser: argparse.ArgumentParser, texts: Mapping[str, str], *names: str) -> None:
    """Add options that take a value."""
    for name in names:
        parser.add_argument(f"--{_typed(name)}", default="", help=texts[name])


def _add_switches(parser: argparse.ArgumentParser, texts: Mapping[str, str], *names: str) -> None:
    """Add options that take none."""
    for name in names:
        parser.add_argument(f"--{_typed(name)}", action="store_true", help=texts[name])


def _typed(name: str) -> str:
    """The name of an option as it is typed."""
    return name.replace("_", "-")


def _picked(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names}


def _how(options: argparse.Namespace) -> dict[str, Any]:
    return {**_picked(options, "dry_run", "plan", "resume"), "json_file": options.json}


def _add_open(parser: argparse.ArgumentParser) -> None:
    _add_switches(parser, GATE_OPEN, "bot", "dry_run")
    _add_options(parser, GATE_OPEN, "plan", "json")
    parser.set_defaults(
        handler=lambda o: commands.gate_open(
            Path.cwd(), bot=o.bot, dry_run=o.dry_run, plan_file=o.plan, json_file=o.json
        )
    )


def _add_close(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help=GATE_CLOSE["reason"])
    _add_switches(parser, GATE_CLOSE, "json")
    parser.set_defaults(
        handler=lambda o: commands.gate_close(Path.cwd(), reason=o.reason, as_json=o.json)
    )


def _add_status(parser: argparse.ArgumentParser) -> None:
    _add_options(parser, GATE_STATUS, "url")
    _add_switches(parser, GATE_STATUS, "json")
    parser.set_defaults(
        handler=lambda o: commands.gate_status(Path.cwd(), url=o.url, as_json=o.json)
    )


def _add_evidence(parser: argparse.ArgumentParser) -> None:
    _add_options(parser, EVIDENCE, "run")
    _add_switches(parser, EVIDENCE, "json")
    parser.set_defaults(
        handler=lambda o: commands.verify_evidence(Path.cwd(), run=o.run, as_json=o.json)
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    for kind in _KINDS:
        parser.add_argument(f"--{kind}", default="", metavar="ID", help=f"the {kind} to show")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    _add_switches(parser, JSON_OBJECT, "json")
    parser.set_defaults(handler=_report)


def _report(options: argparse.Namespace) -> None:
    asked = {kind: getattr(options, kind) for kind in _KINDS}
    commands.report(Path.cwd(), asked=asked, show=options.open, as_json=options.json)
