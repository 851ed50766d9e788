"""What to type once a search has ended. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.calls import call, typed
from runbook.culprit.core.search import Word
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.proof import Tip
from runbook.git import step_where_full

if TYPE_CHECKING:
    from runbook.culprit.report import Result

_LOOKED_AT = 5  # suspects, or files
_SUSPICIOUS = 0.01  # probability of the suspects
_HINDERED = (Said.UNTESTABLE, Said.ERROR)
_DOUBT = "--confidence 0.95"


def next_steps(result: Result) -> tuple[str, ...]:
    """Return the commands that go on from how a search ended, the first one first."""
    steps = _of_this(result)
    # What the command needs may have been mended since.
    is_doubtful = result.word is not Word.FOUND and any(each.remembered for each in result.probes)
    return (*steps, f"{result.replay()} --fresh") if is_doubtful else steps


def _of_this(result: Result) -> tuple[str, ...]:
    match result.word:
        case Word.FOUND:
            return _of_found(result)
        case Word.BORN_RED:
            further = (result.replay_from_nowhere(),) if result.good else ()
            return (*further, *(_show(result) if result.culprit else ()))
        case Word.NOT_REPRODUCED:
            return _doubted(result)
    full = {step: None for each in result.probes if (step := step_where_full(each.why))}
    if full:
        return (*full, result.replay(), *_show(result))
    is_hindered = any(each.word in _HINDERED for each in result.probes)
    return (*_show(result), *(() if is_hindered else (f"{result.replay()} --resume",)))


def _of_found(result: Result) -> tuple[str, ...]:
    other = result.search_besides()
    if result.proof is not None and result.proof.tip is Tip.CONFLICT:
        return (*_show(result), _built_upon(result), *_doubted(result))
    return (*((other,) if other else ()), _revert(result), *_show(result))


def _doubted(result: Result) -> tuple[str, ...]:
    """The search of a command that may lie, where nobody asked for that: no run of the tip has ruled it out."""
    is_doubted = {"--confidence", "--flake-rate"} & set(result.asked)
    return () if is_doubted else (f"{result.replay()} {_DOUBT}",)


def _git(result: Result) -> str:
    return typed(["git", "-C", result.elsewhere]) if result.elsewhere else "git"


def _revert(result: Result) -> str:
    """Only the project's own commits can be smoked once they are reverted."""
    mainline = " --mainline 1" if result.is_merge else ""
    if result.elsewhere:
        return f"{_git(result)} revert{mainline} {_short(result)}"
    return call(f"revert-and-resmoke --commit {_short(result)}{mainline} --dry-run")


def _built_upon(result: Result) -> str:
    files = result.culprit.files if result.culprit else ()
    since = f"{_short(result)}..{result.bad[:10]}"
    return f"{_git(result)} log --oneline {since} -- {typed(files[:_LOOKED_AT])}"


def _show(result: Result) -> tuple[str, ...]:
    if result.culprit:
        return (f"{_git(result)} show {_short(result)}",)
    suspects = [sha[:10] for sha, chance in result.candidates if chance >= _SUSPICIOUS]
    suspects += [result.first_testable[:10]] if result.first_testable else []
    return (f"{_git(result)} show --stat {' '.join(suspects[:_LOOKED_AT])}",) if suspects else ()


def _short(result: Result) -> str:
    return result.culprit.sha[:10] if result.culprit else ""
