"""``python -m runbook``: the engine in a project that has neither Nox nor Invoke.

Its commands have the names and options of the tasks, and their exit codes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook import commands
from runbook.arguments import Parser
from runbook.exit_codes import MEANINGS, ExitCode
from runbook.standard_streams import open_closed_streams

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

_KINDS = ("run", "search", "drift")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command as the command line says; return an `ExitCode`."""
    open_closed_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["run"]:
        return _run(words[1:])
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
        prog="python -m runbook",
        description="A smoke runbook that runs.",
        epilog=f"exit codes: {codes}",
    )
    add = parser.add_subparsers(title="commands", required=True, metavar="COMMAND").add_parser
    # Listed here alone, for what follows them is parsed by those who do the work.
    add("run", help="smoke a tier: [--tier T] [--json FILE] [-- pytest arguments]")
    add("find-offending-upgrade", help="name the upgrades that broke a command; needs uv")
    _add_filter(add("filter", help="run the subset of a tier that matches"))
    _add_explain(add("explain", help="explain a row: cause, suspects, severity, next steps"))
    _add_rows(add("rows", help="list every row of the runbook"))
    _add_search(add("find-offending-commit", help="name the commit that broke a row or a command"))
    _add_rollback(add("rollback", help="find what broke the smoke, revert it, prove that"))
    _add_revert(add("revert-and-resmoke", help="revert a commit on a branch, and smoke it there"))
    _add_report(add("report", help="make one HTML page of the last run, search or drift"))
    return parser


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", help="what the tests' names must match, as in pytest -k")
    parser.add_argument("--tier", default="fast", help="the tier to filter (default: %(default)s)")
    parser.set_defaults(handler=_filter)


def _filter(options: argparse.Namespace) -> None:
    sys.exit(_run(["--tier", options.tier, "--", "-k", options.pattern]))


def _run(arguments: list[str]) -> int:
    from runbook.smoke import main as smoke  # noqa: PLC0415 - a smoke starts pytest before all else

    return smoke(arguments)


def _search_upgrades(arguments: list[str]) -> int:
    from runbook.upgrades.__main__ import main as search  # noqa: PLC0415 - no other command needs it

    return search(arguments)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("test", help="the test's name")
    _add_json(parser)
    parser.set_defaults(handler=lambda o: commands.explain(Path.cwd(), o.test, as_json=o.json))


def _add_rows(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.set_defaults(handler=lambda o: commands.rows(Path.cwd(), as_json=o.json))


def _add_search(parser: argparse.ArgumentParser) -> None:
    texts = {
        "test": "the row that is red",
        "command": "or a command: exit 0 pass, 125 untestable, 126 and up an error, else fail",
        "file": "a suspected file; its end is enough",
        "good": "a commit that passes; looked for by itself where none is given",
        "repo": "the repository to search; this one by default",
        "setup": "run before the command; where it fails the commit is untestable",
        "cluster": "the address of a Dask scheduler",
        "timeout": "seconds for one run; 600 by default",
        "jobs": "probes at once",
        "flake-rate": "how often a good commit fails, if that is known; 0 for never",
        "confidence": "be this sure, even if it lies",
        "json": "write the result as JSON to this file; - is standard output",
    }
    for name, text in texts.items():
        parser.add_argument(f"--{name}", default="", help=text)
    parser.add_argument("--bad", default="HEAD", help="a commit that fails (default: %(default)s)")
    parser.add_argument(
        "--first-parent", action="store_true", help="a merge stands for all it brought"
    )
    parser.add_argument("--fresh", action="store_true", help="believe nothing of earlier searches")
    parser.add_argument("--resume", action="store_true", help="go on from a search that was ended")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.set_defaults(handler=_search)


def _search(options: argparse.Namespace) -> None:
    valued = (
        "good",
        "bad",
        "setup",
        "jobs",
        "flake_rate",
        "confidence",
        "cluster",
        "timeout",
        "json",
    )
    switches = ("first_parent", "fresh", "resume", "dry_run")
    commands.find_offending_commit(
        Path.cwd(),
        test=options.test,
        file=options.file,
        repo=options.repo,
        command=options.command,
        options={name.replace("_", "-"): getattr(options, name) for name in valued},
        flags={name.replace("_", "-"): getattr(options, name) for name in switches},
    )


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    texts = {
        "file": "a suspected file; its end is enough",
        "test": "the row to get back to green; by default the likeliest that is red",
        "commit": "the culprit, if it is known: it is verified instead of searched for",
    }
    for name, text in texts.items():
        parser.add_argument(f"--{name}", default="", help=text)
    parser.add_argument("--jobs", type=int, default=1, help="probes at once")
    _add_procedure(parser)
    parser.set_defaults(
        handler=lambda o: commands.rollback(
            Path.cwd(), _picked(o, *texts, "jobs", "mainline", "yes"), _how(o)
        )
    )


def _add_revert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--commit", default="", help="the commit to revert")
    _add_procedure(parser)
    parser.set_defaults(
        handler=lambda o: commands.revert_and_resmoke(
            Path.cwd(), _picked(o, "commit", "mainline", "yes"), _how(o)
        )
    )


def _add_procedure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--mainline", type=int, default=0, help="of a merge: the parent to go back to")
    add("--yes", action="store_true", help="more reverts than four a day are all right")
    add("--dry-run", action="store_true", help="print the plan and touch nothing")
    add("--plan", default="", metavar="FILE", help="apply exactly this plan, or refuse")
    add("--resume", action="store_true", help="go on at the step at which this call ended")
    add("--json", default="", metavar="FILE", help="write the result as JSON; - is stdout")


def _picked(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names}


def _how(options: argparse.Namespace) -> dict[str, Any]:
    return {**_picked(options, "dry_run", "plan", "resume"), "json_file": options.json}


def _add_report(parser: argparse.ArgumentParser) -> None:
    for kind in _KINDS:
        parser.add_argument(f"--{kind}", default="", metavar="ID", help=f"the {kind} to show")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    _add_json(parser)
    parser.set_defaults(handler=_report)


def _report(options: argparse.Namespace) -> None:
    asked = {kind: getattr(options, kind) for kind in _KINDS}
    commands.report(Path.cwd(), asked=asked, show=options.open, as_json=options.json)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


if __name__ == "__main__":
    sys.exit(main())
