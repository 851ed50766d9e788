"""How every command ends, and how it says what it found: to a person, or to a program that asked for JSON."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from typing import TYPE_CHECKING, Any, ParamSpec

from runbook.errors import Interrupted, RunbookError, leave, tell
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
_AGAIN = "the same command with --resume goes on from here"


def procedure(function: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Turn a function into a command: errors that a person can act on are said, and end it with their code."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or ExitCode.GREEN
        except RunbookError as error:
            code = tell(error, _json_place(_given(function, *args, **kwargs)))
        except KeyboardInterrupt:
            given = _given(function, *args, **kwargs)
            again = _AGAIN if "resume" in given.get("how", {}) else ""
            code = leave(Interrupted(next_step=again), _json_place(given))
        sys.exit(code)

    return command


def _given(function: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
    return inspect.signature(function).bind(*args, **kwargs).arguments


def _json_place(given: Mapping[str, Any]) -> str:
    """Where a call wants its JSON; some calls have this among options that they pass on."""
    if given.get("as_json"):
        return "-"
    tables = (given, given.get("options", {}), given.get("how", {}))
    places = (table.get(name) for table in tables for name in ("json_file", "json"))
    return next((str(place) for place in places if place), "")


def json_object(schema: str, **facts: object) -> str:
    """One JSON object that says what it is."""
    return json.dumps({"schema": schema, **facts}, indent=2)
