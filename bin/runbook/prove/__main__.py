"""Prove rows: ``python -m runbook.prove [TEST...] [--tier NAME] [--jobs N] [--json FILE] [--record]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.arguments import Parser, check_count
from runbook.calls import before_options, call, has_tasks
from runbook.errors import RunbookError, tell
from runbook.exit_codes import ExitCode
from runbook.json_files import hand_out
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project
from runbook.prove.fault import faults_of, read_faults, unfaulted_tiers
from runbook.prove.proving import prove
from runbook.prove.recorded import write_record
from runbook.runs.report_lines import MOST_LINES
from runbook.sessions import brief
from runbook.sessions.nox_session import end_with_callers
from runbook.sessions.told_codes import take_codes_file, tell_exit_code

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from runbook.prove.matrix import Matrix

UNFAULTED = 20  # runs of each tier without a fault, where all of its rows are proved


def main(argv: Sequence[str] | None = None) -> int:
    """Prove what the command line names; return an `ExitCode`."""
    told = take_codes_file()  # not for the smokes that are run
    options = _parse(argv)
    end_with_callers(told)
    try:
        code = _prove(options)
    except RunbookError as error:
        code = tell(error, options.json)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    tell_exit_code(told, code)
    return code


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog=before_options("faults", module="runbook.prove"), allow_abbrev=False)
    parser.add_argument("tests", nargs="*", metavar="TEST", help="rows; all where none is named")
    parser.add_argument("--tier", action="append", default=[], help="only rows of this tier")
    parser.add_argument("--jobs", type=int, default=0, help="runs at once; as many as cores")
    parser.add_argument(
        "--unfaulted", type=int, default=0, help="runs of each tier without a fault"
    )
    parser.add_argument("--json", default="", help="write the matrix to this file; - is stdout")
    parser.add_argument("--record", action="store_true", help="keep the matrix for the document")
    return parser.parse_args(argv)


def _prove(options: argparse.Namespace) -> ExitCode:
    check_count("--jobs", options.jobs)
    check_count("--unfaulted", options.unfaulted)
    project = find_project(Path.cwd())
    known = read_faults(project)
    faults = faults_of(project, known, options.tests, options.tier)
    for tier in () if options.tests or options.tier else unfaulted_tiers(project, known):
        narrate(f"note: no row of the tier {tier} is asked: none has a fault in {project.faults}")
    jobs = options.jobs or os.cpu_count() or 1
    unfaulted = options.unfaulted or (1 if options.tests else UNFAULTED)
    matrix = prove(project, faults, jobs=jobs, unfaulted=unfaulted, say=narrate)
    results = sys.stderr if options.json == "-" else sys.stdout
    for text in printed(project.root, matrix):
        say(text, results)
    hand_out(matrix.as_json(), options.json)
    if options.record:
        next_step = f"; next: {call('docs')}" if has_tasks() else ""
        narrate(f"recorded in {write_record(project, matrix.proofs, known)}{next_step}")
    return ExitCode.GREEN if matrix.is_proved else ExitCode.RED


def printed(root: Path, matrix: Matrix) -> list[str]:
    """Return what is printed; where that is not all, all of it stands in the log of the session."""
    lines = matrix.lines()
    if len(lines) <= MOST_LINES or not brief.is_wanted():
        return lines
    log = brief.log_file(root, "faults")
    log.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return matrix.brief_lines(log=log.relative_to(root).as_posix())


if __name__ == "__main__":
    sys.exit(main())
