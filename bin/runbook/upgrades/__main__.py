"""``python -m runbook.upgrades --project DIR --baseline FILE --command CMD``: the search from a command line."""

from __future__ import annotations

import os

try:
    import re
    import sys
    from pathlib import Path
    from typing import TYPE_CHECKING, Any

    from runbook.arguments import Parser
    from runbook.calls import call
    from runbook.culprit.command_line import Ended, add_shared, end
    from runbook.errors import UsageError
    from runbook.exit_codes import ExitCode
    from runbook.processes.standard_streams import narrate
    from runbook.upgrades.core.asking import Free, Move
    from runbook.upgrades.core.pins import normalise
    from runbook.upgrades.environments.laboratory import describe
    from runbook.upgrades.find import find_offending_upgrade, try_as_pinned, try_state
    from runbook.upgrades.options import RESOLUTIONS, Options
    from runbook.upgrades.outside import AS_PINNED
    from runbook.upgrades.report import render
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.upgrades.core.asking import Answer


def main(argv: Sequence[str] | None = None) -> int:
    """Search as the command line says; return an `ExitCode`."""
    arguments: dict[str, Any] = vars(_parser().parse_args(argv))
    json_file, only, pins = (arguments.pop(name) for name in ("json", "only", "pins"))
    as_pinned, build_pins = arguments.pop("as_pinned"), arguments.pop("build_pins")
    arguments |= {name: tuple(arguments[name]) for name in ("prerelease", "groups")}

    def search() -> Ended:
        options = Options(**arguments)
        if as_pinned or build_pins:
            return _try_as_pinned(options, tuple(filter(None, build_pins.split(","))))
        return _try(options, _state(only, pins)) if only or pins else _search(options)

    return end(search, json_file, interrupted="the same command goes on from here")


def _search(options: Options) -> Ended:
    result = find_offending_upgrade(options, say=narrate)
    return Ended(render(result), result.to_json(), result.exit_code)


def _state(only: str, pins: str) -> Move | Free:
    if only:
        parts = [name.partition("==") for name in only.split(",")]
        at = [(normalise(name.strip()), version.strip()) for name, _, version in parts if version]
        return Move(frozenset(normalise(name.strip()) for name, _, _ in parts), tuple(sorted(at)))
    found = [re.match(r"\s*([\w.-]+?)\s*([<>=!~].*)", pin) for pin in pins.split(",")]
    if not all(found):
        raise UsageError(
            f"--pins {pins}: constraints are written name<version, with commas between"
        )
    return Free(tuple(sorted((normalise(each[1]), each[2].strip()) for each in found if each)))


def _try(options: Options, state: Move | Free) -> Ended:
    """Try one state and say what came of it."""
    return _tried(try_state(options, state, say=narrate), describe(state))


def _try_as_pinned(options: Options, build_pins: tuple[str, ...]) -> Ended:
    """Try the baseline alone and say what came of it."""
    told = " ".join([AS_PINNED, *build_pins])
    return _tried(try_as_pinned(options, build_pins, say=narrate), told)


def _tried(answer: Answer, told: str) -> Ended:
    """Return what came of one state, for a person and for a program."""
    record = {
        "schema": "drift-probe/1",
        "outcome": str(answer.outcome),
        "moved": sorted(answer.moved),
        "fingerprint": sorted(answer.fingerprint),
    }
    code = ExitCode.GREEN if answer.is_green else ExitCode.RED
    return Ended(f"{answer.outcome}: {told}", record, code)


def _parser() -> Parser:
    parser = Parser(prog=call("find-offending-upgrade"), description=__doc__)
    _add_what_is_searched(parser)
    _add_the_newest_side(parser)
    _add_how_it_is_searched(parser)
    _add_single_states(parser)
    add_shared(parser)
    return parser


def _add_what_is_searched(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--project",
        type=Path,
        default=Path(),
        help="the project's folder, or its requirements file (default: here)",
    )
    add(
        "--baseline",
        type=Path,
        required=True,
        help="a file of name==version pins that was green, or a uv.lock",
    )
    add("--command", required=True, help="run in a copy of the project: exit 0 green, all else red")
    add("--group", dest="groups", action="append", default=[], help="a dependency group to take")
    add("--only-groups", action="store_true", help="take the named groups and nothing else")
    add(
        "--lift",
        action="store_true",
        help="leave out the constraints that drift wrote into pyproject.toml",
    )


def _add_the_newest_side(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--python",
        default="",
        help="a version or an interpreter (default: what uv finds for the project)",
    )
    add("--as-of", default="", help="search up to what was newest then: a date, or RFC 3339")
    add("--resolution", choices=RESOLUTIONS, default="highest", help="of the newest side")
    add(
        "--prerelease",
        action="append",
        default=[],
        help="a package of which pre-releases are taken; * for all",
    )


def _add_how_it_is_searched(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--error",
        type=float,
        default=0.01,
        help="chance of a wrong answer about one environment (default: %(default)g)",
    )
    add("--jobs", type=int, default=1, help="environments at once (default: 1)")
    add(
        "--no-bound",
        dest="bound",
        action="store_false",
        help="do not look for the first bad release",
    )


def _add_single_states(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--only",
        default="",
        help="search nothing: try the baseline with these packages at their newest, or at NAME==VERSION",
    )
    add("--pins", default="", help="search nothing: try the newest with these constraints")
    add("--as-pinned", action="store_true", help="search nothing: try the baseline as it is pinned")
    add(
        "--build-pins",
        default="",
        help="search nothing: try the pinned baseline with these constraints on build requirements",
    )


if __name__ == "__main__":
    sys.exit(main())
