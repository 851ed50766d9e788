"""``python -m runbook.culprit --repo DIR --good REV --bad REV --command CMD``: the search from a command line."""

from __future__ import annotations

import os

try:
    import sys
    from dataclasses import asdict, replace
    from pathlib import Path
    from typing import TYPE_CHECKING, Any

    from runbook.arguments import Parser
    from runbook.calls import call
    from runbook.culprit.command_line import Ended, add_shared, end
    from runbook.culprit.find import find_offending_commit, plan
    from runbook.culprit.options import Options
    from runbook.culprit.report import Result, render, render_plan
    from runbook.culprit.search_folder import keep_search
    from runbook.errors import RunbookError
    from runbook.exit_codes import ExitCode
    from runbook.git import GitError, git
    from runbook.processes.standard_streams import narrate
    from runbook.project import find_project
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Search as the command line says; return an `ExitCode`."""
    arguments: dict[str, Any] = vars(_parser().parse_args(argv))
    json_file, is_dry = arguments.pop("json"), arguments.pop("dry_run")
    lists = {name: tuple(arguments[name]) for name in ("suspects", "overlay", "unseen")}
    options = Options(**arguments | lists)

    def search() -> Ended:
        return _dry_run(options) if is_dry else _search(options)

    return end(search, json_file, interrupted="--resume goes on from here")


def _search(options: Options) -> Ended:
    result = find_offending_commit(options, say=narrate)
    result = replace(result, elsewhere=_elsewhere(options.repo))
    _keep(options, result)
    return Ended(render(result), result.to_json(), result.exit_code)


def _elsewhere(repository: Path) -> str:
    """Return the top of a repository, where it is not that of the project here: nothing is smoked there."""
    top = _top(repository)
    try:
        return top if top != _top(find_project(Path.cwd()).root) else ""
    except RunbookError:
        return top


def _top(folder: Path) -> str:
    try:
        return git(folder, "rev-parse", "--show-toplevel")
    except GitError:
        return ""


def _keep(options: Options, result: Result) -> None:
    """Keep the search for `invoke report`; where that fails, its result is not worth less."""
    try:
        state = find_project(Path.cwd()).state
        kept = keep_search(state, options.repo, result.to_json(), replay=result.replay())
    except (RunbookError, OSError) as error:
        narrate(f"note: the search is not kept for invoke report: {error}")
    else:
        narrate(f"{call(f'report --search {kept.name}')} shows it as a page")


def _dry_run(options: Options) -> Ended:
    planned = plan(options)
    record = {"schema": "culprit-plan/1", **asdict(planned)}
    return Ended(render_plan(planned), record, ExitCode.GREEN)


def _parser() -> Parser:
    parser = Parser(prog=call("find-offending-commit"), description=__doc__)
    _add_what_is_searched(parser)
    _add_how_it_is_searched(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    add_shared(parser)
    return parser


def _add_what_is_searched(parser: Parser) -> None:
    add = parser.add_argument
    here = "the repository, or the folder of it to run in (default: here)"
    add("--repo", type=Path, default=Path(), help=here)
    add("--good", default="", help="a commit that passes (default: looked for)")
    add("--bad", default="HEAD", help="a commit that fails (default: HEAD)")
    add("--command", required=True, help="exit 0 pass, 125 untestable, 126 and up error, else fail")
    add("--setup", default="", help="run before the command; if it fails the commit is untestable")
    add("--first-parent", action="store_true", help="let a merge stand for all that it brought")
    several: dict[str, Any] = {"action": "append", "default": []}
    add("--suspect", dest="suspects", **several, help="a file the failure points at")
    add("--overlay", **several, help="a path of today to lay over every tree")
    add("--unseen", **several, help="a glob of files that the command cannot see")


def _add_how_it_is_searched(parser: Parser) -> None:
    add = parser.add_argument
    add("--jobs", type=int, help="probes at once (default: 1, or the cluster's threads)")
    add("--confidence", type=float, help="be this sure even if the command lies")
    add("--row", default="", help="the row that is run: the kept smokes tell how often it lies")
    past = "believe all that earlier searches of this command saw"
    add("--resume", action="store_true", help=past)
    add("--cluster", default="", help="the address of a Dask scheduler")


if __name__ == "__main__":
    sys.exit(main())
