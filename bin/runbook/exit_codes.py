"""The exit codes that the wrapper, the sessions' scripts and the tasks share."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command says by its exit status; the RESULT line says the rest."""

    GREEN = 0  # all asked for was green; a filtered run too, which says partial=yes
    RED = 1  # the thing under test failed
    USAGE = 2  # the call was wrong, or a filter matched nothing
    ENVIRONMENT = 4  # browser, port, network or interpreter could not be had
    REFUSED = 5  # the gate or a plan said no
    INCONCLUSIVE = 6  # a search ended without a proof
    UNTESTABLE = 125  # this commit cannot be tested: for a search only, never for a smoke
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.GREEN: "green; a filtered run too, which says `partial=yes`",
    ExitCode.RED: "red: the thing under test failed",
    ExitCode.USAGE: "usage; also a filter that matches nothing, with the nearest names",
    ExitCode.ENVIRONMENT: "the environment could not be prepared: browser, port, network, Python",
    ExitCode.REFUSED: "refused: the gate or a plan said no, with its reason",
    ExitCode.INCONCLUSIVE: "inconclusive: a search ended without a proof",
    ExitCode.UNTESTABLE: "this commit cannot be tested (searches only)",
    ExitCode.INTERRUPTED: "interrupted",
}
