"""Find the offending upgrade: the entry to the search."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runbook.culprit.core.rates import STEADY
from runbook.culprit.probes.guarded import GuardedFolder
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.upgrades.case import Case, open_case
from runbook.upgrades.conclusion import conclude
from runbook.upgrades.contradiction import blame_what_contradicts
from runbook.upgrades.core.asking import Answer, Contradicted, Free, Move, Prove, drive
from runbook.upgrades.core.noise import Rates, learn
from runbook.upgrades.core.pins import changes
from runbook.upgrades.core.search import Problem, Search
from runbook.upgrades.environments.laboratory import describe
from runbook.upgrades.environments.uv import UvFailed
from runbook.upgrades.environments.workshop import NOT_INSTALLED
from runbook.upgrades.outside import AS_PINNED, Yard, look_outside
from runbook.upgrades.report import Result, Verdict
from runbook.upgrades.unresolved import blame_too, leave_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook.upgrades.core.search import Findings
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.options import Options
    from runbook.upgrades.report import Culprit

_BASELINE = Move(frozenset())
_NEWEST = Free()
_ENDS = 8  # runs of each end, where one of them contradicted itself
_TRIES = 4  # runs of the baseline before it counts as red
_SUSPECTED = 0.1  # a command that lied once does so at least this often
_RESTARTS = 2
_LAST = 2  # more runs of what is claimed where the command may lie
_TIMEOUT = "error:Timeout"
_NO_VERDICT = frozenset({"error:Status126", "error:Status127", _TIMEOUT})


def find_offending_upgrade(options: Options, say: Callable[[str], None] = lambda _: None) -> Result:
    """Search for the upgrades that broke a command; no file of the user's project is ever written.

    Args:
        options: What to search.
        say: Is told of the progress, a line at a time.

    Raises:
        UsageError: The project, the baseline or an option is not what a search needs.
        EnvironmentNotReady: No uv, no such Python, no index, no space, or a command that cannot be run.
    """
    options.check()
    with guarded_folder() as folder:
        case = open_case(options, folder, say)
        with case.laboratory() as laboratory:
            return search_in(case, laboratory)


def try_state(options: Options, state: Move | Free, say: Callable[[str], None]) -> Answer:
    """Try one state, as a proof is repeated: some packages moved, or constraints on the newest.

    Raises:
        UsageError: As of `find_offending_upgrade`; also where the state does not resolve.
        EnvironmentNotReady: As of `find_offending_upgrade`.
    """
    options.check()
    with guarded_folder() as folder:
        case = open_case(options, folder, say)
        try:
            case.resolver.resolve_baseline(case.resolver.wanted)
            if isinstance(state, Move):
                _resolve_newest_if_it_can_be(case)
        except UvFailed as error:
            raise UsageError(
                error.what, next_step="search again without --only and --pins"
            ) from error
        with case.laboratory() as laboratory:
            (answer,) = laboratory.answer([state])
            return answer


def try_as_pinned(
    options: Options, build_pins: tuple[str, ...], say: Callable[[str], None]
) -> Answer:
    """Try the baseline as it is pinned, with everything built anew, under constraints on build requirements.

    Raises:
        UsageError: As of `find_offending_upgrade`.
        EnvironmentNotReady: As of `find_offending_upgrade`.
    """
    options.check()
    with guarded_folder() as folder:
        case = open_case(options, folder, say)
        with case.laboratory() as laboratory:
            asked = " ".join([AS_PINNED, *build_pins])
            return Yard(case, laboratory).try_baseline(asked, build_pins=build_pins)


def _resolve_newest_if_it_can_be(case: Case) -> None:
    """Where there is no newest side, what moves goes to its own newest; that may be just what cannot be resolved."""
    with suppress(UvFailed):
        case.resolver.resolve_newest()


@contextmanager
def guarded_folder() -> Iterator[GuardedFolder]:
    """Make a folder that is gone afterwards.

    Raises:
        EnvironmentNotReady: The machine lacked something meanwhile, such as room on its disk.
    """
    folder = GuardedFolder()
    try:
        yield folder
    except OSError as error:
        raise EnvironmentNotReady(
            f"{error.filename}: {error.strerror}", next_step="free some space, or set TMPDIR"
        ) from error
    finally:
        folder.close()


def search_in(case: Case, laboratory: Laboratory) -> Result:
    """Confirm that the baseline is green, and then compare the newest with it."""
    resolver = case.resolver
    try:
        resolver.resolve_baseline(resolver.wanted)
    except UvFailed as error:
        why = f"what the project requires does not resolve: {error.what}"
        result = look_outside(case, laboratory, why, resolves=False)
        return _without_a_newest_side(case, result, error)
    case.note_differences()
    if case.options.newest_first and _is_newest_green(case, laboratory):
        return conclude(case, laboratory, Verdict.CLEAN, "the newest is green")
    green = _baseline(case, laboratory)
    if not green.is_green:
        return look_outside(case, laboratory, "the baseline is red today: it is not the lock")
    left_out: tuple[Culprit, ...] = ()
    try:
        resolver.resolve_newest()
    except UvFailed as error:
        left_out = leave_out(case, laboratory, error)
        if not left_out:
            why = f"the newest does not resolve: {error.what}"
            result = conclude(case, laboratory, Verdict.UNRESOLVABLE, why)
            return _without_a_newest_side(case, result, error)
    return blame_too(_compare(case, laboratory), left_out)


def _without_a_newest_side(case: Case, result: Result, error: UvFailed) -> Result:
    if result.verdict is not Verdict.UNRESOLVABLE:
        return result
    return blame_what_contradicts(result, case.resolver, error.output)


def _is_newest_green(case: Case, laboratory: Laboratory) -> bool:
    """Whether the newest resolves and is green; what stands in the way is found out in the usual order."""
    try:
        case.resolver.resolve_newest()
    except UvFailed:
        return False
    (newest,) = laboratory.answer([_NEWEST])
    return newest.is_green


def _baseline(case: Case, laboratory: Laboratory) -> Answer:
    """Try the baseline; where it fails, often enough to know whether it is flaky."""
    (answer,) = laboratory.answer([_BASELINE])
    if answer.is_green or NOT_INSTALLED in answer.fingerprint:
        return answer
    if answer.fingerprint & _NO_VERDICT:
        said = laboratory.output_of(_BASELINE).strip()[-200:] or ", ".join(answer.fingerprint)
        if _TIMEOUT in answer.fingerprint:
            said = f"it did not end in {case.options.timeout:g} s"
        raise EnvironmentNotReady(
            f"the command gives no verdict in the baseline: {said}",
            next_step="run the command by hand, or raise --timeout",
        )
    if laboratory.repeat(_BASELINE, _TRIES)[1]:
        fails, passes = laboratory.repeat(_BASELINE, _ENDS)
        _presume_flaky(case, laboratory, fails / (fails + passes))
        case.notes.append(
            f"the command is flaky: it failed {fails} of {fails + passes} times in the baseline"
        )
    (answer,) = laboratory.answer([_BASELINE])
    return answer


def _presume_flaky(case: Case, laboratory: Laboratory, rate: float) -> None:
    known = laboratory.rates.good_fails
    least = known + _SUSPECTED if known > STEADY else _SUSPECTED
    laboratory.rates = Rates(good_fails=max(least, min(0.45, rate)), error=case.options.error)


def _compare(case: Case, laboratory: Laboratory) -> Result:
    """Try the newest, and search where it is red."""
    resolver = case.resolver
    if resolver.newest.pins == resolver.baseline.pins:
        return conclude(case, laboratory, Verdict.CLEAN, "nothing moved")
    (newest,) = laboratory.answer([Prove(_NEWEST)])
    has_lied = newest.is_green and laboratory.counts(_NEWEST)[0]
    if has_lied and _is_worse(case, laboratory):
        (newest,) = laboratory.answer([Prove(_NEWEST)])
    elif has_lied:
        case.notes.append(
            "the newest failed and then passed, no more often than the baseline: a flake"
        )
    if newest.is_green:
        return conclude(case, laboratory, Verdict.CLEAN, "the newest is green")
    return _hunt(case, laboratory, newest)


def _is_worse(case: Case, laboratory: Laboratory) -> bool:
    """Whether the newest, which passes now and then, fails more often than the baseline; learn the rates."""
    if laboratory.rates.good_fails > _SUSPECTED / 2:
        return False  # a flake that is known: one pass settled it
    for times in (_ENDS, 2 * _ENDS):  # what looks worse by chance seldom does so twice
        ends = [laboratory.repeat(state, times) for state in (_BASELINE, _NEWEST)]
        rates = learn(ends[0], ends[1], case.options.error)
        if rates is None:
            return False
        learnt = rates
    laboratory.rates = learnt
    return True


def _hunt(case: Case, laboratory: Laboratory, red: Answer) -> Result:
    """Search, and once more as for a flaky command where what was found contradicts itself."""
    resolver, options = case.resolver, case.options
    problem = Problem(
        changes(resolver.baseline, resolver.newest), resolver.newest, resolver.closure, resolver,
        lambda: laboratory.imports, resolver.versions, options.jobs, is_bounded=options.bound,
        suspected=dict(options.suspected),
    )  # fmt: skip
    for _ in range(1 + _RESTARTS):
        search = Search(problem, red, laboratory.hunt)
        try:
            found = drive(search.run(), laboratory.answer)
            _confirm(found, laboratory)
            laboratory.answered = laboratory.environments
            drive(search.tighten(), laboratory.answer)
        except Contradicted as error:
            red = _learn_to_doubt(case, laboratory, error.state)
            if red.is_green:
                why = "the newest is green after all: a flake"
                return conclude(case, laboratory, Verdict.CLEAN, why)
            continue
        verdict = Verdict.INCONCLUSIVE if found.green is None else Verdict.FOUND
        return conclude(case, laboratory, verdict, found.why, search)
    why = "the command contradicts itself too often"
    return conclude(case, laboratory, Verdict.INCONCLUSIVE, why)


def _learn_to_doubt(case: Case, laboratory: Laboratory, state: Move | Free) -> Answer:
    """Take the command for flaky, since a state was red and then green; return what the newest comes to by that."""
    case.notes.append(
        f"{describe(state)} was red and then green: the search went on as for a flaky command"
    )
    laboratory.hunted = None
    fails, passes = laboratory.repeat(_BASELINE, _ENDS)
    _presume_flaky(case, laboratory, fails / (fails + passes))
    return _run_again(laboratory, _NEWEST)


def _confirm(found: Findings, laboratory: Laboratory) -> None:
    """See once more that the newest is red, and each set that is named, unless one run is known to settle them.

    That the newest was red is the one thing that every step of the search stood upon. One upgrade that explains
    everything is hardly ever found by chance; two, or two together, are what a flake looks like.

    Raises:
        Contradicted: One of them is not.
    """
    if found.green is None or (laboratory.rates.are_steady and found.are_plain):
        return
    more = 1 if laboratory.rates.are_steady else _LAST
    states: list[Move | Free] = [_NEWEST, *found.shown.values()]
    hunted, laboratory.hunted = laboratory.hunted, None  # each has a failure of its own
    for state in states:
        if not _run_again(laboratory, state, more).is_red:
            raise Contradicted(state)
    laboratory.hunted = hunted


def _run_again(laboratory: Laboratory, state: Move | Free, more: int = _LAST) -> Answer:
    """Run a state some more times, and return what it comes to with them."""
    laboratory.repeat(state, sum(laboratory.counts(state)) + more)
    (answer,) = laboratory.answer([state])
    return answer
