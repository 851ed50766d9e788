"""Find the offending commit: the entry to the search."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from runbook.culprit.core import stopping
from runbook.culprit.core.earlier import told
from runbook.culprit.core.search import Finding, Word
from runbook.culprit.good_end import find_good_end, milestones, told_of
from runbook.culprit.history import Description, Range, Repository
from runbook.culprit.hunt import Hunt, new_search, sha_of
from runbook.culprit.probes.executor import ClusterExecutor, Executor, LocalExecutor
from runbook.culprit.probes.prober import Prober
from runbook.culprit.probes.probing import Job
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.probes.worktrees import read_overlay
from runbook.culprit.proof import Proof, Tip, green_again, prove
from runbook.culprit.report import Plan, Result
from runbook.culprit.row_history import read_row_runs, tallies

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook.culprit.core.earlier import Tally
    from runbook.culprit.options import Options


@dataclass(frozen=True, slots=True)
class _Case:
    """What a report is made from, besides the search itself."""

    options: Options
    repository: Repository
    prober: Prober
    bad: str
    started: float


def find_offending_commit(options: Options, say: Callable[[str], None] = lambda _: None) -> Result:
    """Search the history for the commit that broke a command; the user's own tree is never touched.

    Args:
        options: What to search.
        say: Is told of the progress, a line at a time.

    Raises:
        UsageError: The repository or an option is not what a search needs.
        EnvironmentNotReady: The command cannot be run, or there is no space.
    """
    options.check()
    result = replace(_find(options, say), asked=options.as_arguments(), row=options.row)
    return replace(result, besides=_besides(options, result))


def _besides(options: Options, result: Result) -> tuple[str, ...]:
    """Return the options of a search for who else breaks the tip: from the culprit on, and without its change."""
    if result.culprit is None or result.proof is None or result.proof.tip is not Tip.RED:
        return ()
    mainline = "--mainline 1 " if result.is_merge else ""
    undo = f"git revert --no-commit {mainline}{result.culprit.sha}"
    setup = f"{undo} && {options.setup}" if options.setup else undo
    return replace(options, setup=setup).as_arguments()


def _find(options: Options, say: Callable[[str], None]) -> Result:
    started = time.monotonic()
    repository = Repository(options.repo)
    options = options.seen_from_the_top(repository.below)
    bad = repository.resolve(options.bad)
    tip = repository.resolve(options.tip) if options.tip else bad
    if not options.setup:
        repository.refuse_what_a_checkout_lacks(bad)
    searched = (
        _range(repository, options, repository.resolve(options.good), bad) if options.good else None
    )
    job = Job(
        options.command,
        options.setup,
        options.timeout,
        read_overlay(options.overlay_root or repository.root, options.overlay),
        repository.below,
    )
    with _executor(options, repository, bad, job) as executor:
        case = _Case(options, repository, Prober(options, repository, executor, job), bad, started)
        if searched is None:
            good = find_good_end(case.prober, repository, bad, options.suspects, say)
            if not good:
                return _never_green(case)
            searched = _range(repository, options, good, bad)
        _tell_of_earlier_runs(searched, say)
        return _search(case, searched, tip, say)


def _tell_of_earlier_runs(searched: Range, say: Callable[[str], None]) -> None:
    if searched.earlier:
        say(told(searched.earlier))


def _search(case: _Case, searched: Range, tip: str, say: Callable[[str], None]) -> Result:
    """Search, prove on the tip what was found, and go on where that proof fails."""
    hunt = Hunt(case.options, searched, tip, case.prober, say)
    finding = hunt.run()
    has_insisted = False
    while (site := finding.culprit) is not None:
        culprit = hunt.range.commits[site]
        proof = prove(hunt, site, tip)
        say(f"the tip without {culprit.sha[:10]}: {proof.tip}")
        undone_by = case.repository.undoing(culprit.sha, case.bad)
        if later := green_again(hunt, case.prober, culprit, proof, undone_by):
            say(f"{later[:10]} is green after it: looking for the latest break")
            searched = _range(case.repository, case.options, later, case.bad)
            hunt = Hunt(case.options, searched, tip, case.prober, say)
            finding, has_insisted = hunt.run(), False
        elif hunt.state.demands.is_presumed_steady and proof.tip is Tip.RED:
            finding = hunt.doubt(site)
            if finding.culprit == site and hunt.state.demands.is_presumed_steady:
                return _result(finding, hunt, case, proof)
        elif (
            proof.tip is Tip.UNSETTLED
            or (proof.tip is Tip.UNKNOWN and hunt.ask_bad_end())
            or (proof.tip is Tip.CONFLICT and hunt.ask_once_more(site))
        ):
            finding = hunt.run()
        elif (
            hunt.state.demands.is_presumed_steady
            or proof.tip is Tip.GREEN
            or site == hunt.state.demands.one_of_several()
        ):
            return _result(hunt.state.finding() or finding, hunt, case, proof)
        elif not has_insisted:
            finding, has_insisted = hunt.insist(), True
        else:
            return _result(finding, hunt, case, proof)
    return _result(finding, hunt, case)


def plan(options: Options) -> Plan:
    """Say what `find_offending_commit` would do, running nothing and writing nothing."""
    options.check()
    repository = Repository(options.repo)
    options = options.seen_from_the_top(repository.below)
    bad = repository.resolve(options.bad)
    if not options.good:
        return Plan(
            "", bad, 0, 0, tuple(islice(milestones(repository, bad, options.suspects), 3)), ()
        )
    searched = _range(repository, options, repository.resolve(options.good), bad)
    search = new_search(searched, options, options.jobs or 1)
    first = tuple(sha_of(searched, site) for site in search.next_probes())
    chances = zip(
        (commit.sha for commit in searched.commits), search.seen.posterior.commits, strict=True
    )
    likeliest = sorted(chances, key=lambda pair: -pair[1])[:5]
    size = searched.dag.size
    return Plan(
        searched.good.sha, bad, size, stopping.steady_limit(size, 1), first, tuple(likeliest)
    )


def _range(repository: Repository, options: Options, good: str, bad: str) -> Range:
    # What is laid over every tree is the same in all of them: no commit is to blame for it.
    unseen = (*options.unseen, *options.overlay)
    searched = repository.range(good, bad, first_parent=options.first_parent, unseen=unseen)
    return replace(searched, earlier=_earlier(repository, options.row, good))


def _earlier(repository: Repository, row: str, good: str) -> tuple[Tally, ...]:
    """Return how a row did before the candidates: what it did at one of them, the culprit may have made it do."""
    runs = list(read_row_runs(repository.state, row)) if row else []
    return tallies(runs, repository.known_to(good, {run.commit for run in runs})) if runs else ()


def _executor(options: Options, repository: Repository, bad: str, job: Job) -> Executor:
    if options.cluster:
        return ClusterExecutor(options.cluster, repository.common, bad, job, options.jobs)
    return LocalExecutor(repository.common, job, options.jobs or 1)


def _result(finding: Finding, hunt: Hunt, case: _Case, proof: Proof | None = None) -> Result:
    now = hunt.state.believed
    shas = [commit.sha for commit in hunt.range.commits]
    ranked = sorted(range(len(shas)), key=lambda site: -now.commits[site])
    order = dict.fromkeys((*finding.suspects, *ranked))  # who is not ruled out comes first
    culprit = None
    if finding.culprit is not None:
        culprit = case.repository.describe(shas[finding.culprit])
    elif finding.word is Word.BORN_RED:
        culprit = _adder(case)
    return Result(
        word=finding.word,
        probability=finding.probability,
        culprit=culprit,
        candidates=tuple((shas[site], now.commits[site]) for site in order),
        probes=tuple(case.prober.results),
        good=hunt.range.good.sha,
        bad=hunt.range.bad,
        size=len(shas),
        runs=case.prober.runs,
        rounds=case.prober.rounds,
        seconds=time.monotonic() - case.started,
        good_fails=now.good_fails,
        bad_passes=now.bad_passes,
        why=finding.why or _unseen_changes(finding.word, case),
        command=case.options.command,
        proof=proof,
        is_merge=finding.culprit is not None
        and len(hunt.range.commits[finding.culprit].parents) > 1,
    )


def _never_green(case: _Case) -> Result:
    """Say that no commit passed on the way back to the root, or that the root is all there is, and passes."""
    if all(result.word in (Said.UNTESTABLE, Said.ERROR) for result in case.prober.results):
        case.prober.ask(case.bad)
    said = Counter(result.word for result in case.prober.results)
    has_failed, has_passed = bool(said[Said.FAIL]), bool(said[Said.PASS])
    first = _first_testable(case) if has_failed else ""
    is_born_red = has_failed and not first
    word = Word.NOT_REPRODUCED if has_passed else Word.INCONCLUSIVE
    return Result(
        word=Word.BORN_RED if is_born_red else word,
        probability=float(is_born_red or has_passed),
        culprit=_adder(case) if is_born_red else None,
        candidates=(),
        probes=tuple(case.prober.results),
        good="",
        bad=case.bad,
        size=0,
        runs=case.prober.runs,
        rounds=case.prober.rounds,
        seconds=time.monotonic() - case.started,
        good_fails=0.0,
        bad_passes=0.0,
        why=_unseen_changes(word, case) if has_passed else _why_none_passes(said, first),
        command=case.options.command,
        first_testable=first,
    )


def _why_none_passes(said: Counter[Said], first: str) -> str:
    """Return what is known of the commits that were tried, none of which passes.

    Args:
        said: How often they said what.
        first: The oldest that fails where what is older cannot be tested, if that is so.
    """
    if first:
        return f"{first[:10]} fails, and nothing older can be tested"
    if not said[Said.FAIL]:
        return "no commit back to the root can be tested"
    silent = said.total() - said[Said.FAIL]
    return (
        f"{silent} of the {said.total()} commits that were tried cannot be tested" if silent else ""
    )


def _first_testable(case: _Case) -> str:
    """Return the oldest commit that fails where what is older cannot be tested; else nothing.

    Whether the test was there yet says nothing: who writes one for an old break wants to know who broke it.
    """
    line = case.repository.first_parents(case.bad)
    told = told_of(line, case.prober.results)
    return line[told.oldest_failing] if told.older else ""


def _unseen_changes(word: Word, case: _Case) -> str:
    """Return why a failure that somebody has seen may not be there: commits are run, and not the working tree."""
    if word is Word.NOT_REPRODUCED and case.repository.has_uncommitted(case.bad):
        return "what is not committed was not run"
    return ""


def _adder(case: _Case) -> Description | None:
    """Return the commit that added the test, where it is known which that is."""
    added = _added(case)
    return case.repository.describe(added) if added else None


def _added(case: _Case) -> str:
    asked = case.options
    if function := asked.row.rpartition("::")[2].partition("[")[0]:
        return case.repository.introduced(f"def {function}(", asked.overlay, case.bad)
    files = case.repository.files_below(asked.overlay, case.bad)
    named = files if len(files) == 1 else [file for file in files if file in asked.command]
    return case.repository.added(named[0], case.bad) if len(named) == 1 else ""
