"""One search over a range of a real repository, while it goes on."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook.culprit.core import prior, stopping
from runbook.culprit.core.evidence import Outcome
from runbook.culprit.core.fingerprint import is_same
from runbook.culprit.core.posterior import GOOD_END, without
from runbook.culprit.core.search import Finding, Search, Word
from runbook.culprit.history import Range, names_of
from runbook.culprit.probes.probing import ProbeResult
from runbook.culprit.probes.probing import Word as Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook.culprit.history import Commit
    from runbook.culprit.options import Options
    from runbook.culprit.probes.prober import Prober

_PATIENCE = 0.25  # of the time that a round has taken: how long its stragglers are waited for


def new_search(searched: Range, options: Options, width: int) -> Search:
    """Return a search over a range that has seen nothing yet."""
    suspects = [names_of(path, searched.commits) for path in options.suspects]
    changes = [
        {name for change in commit.changes for name in (change.path, change.was)}
        for commit in searched.commits
    ]
    weights = prior.weigh(changes, suspects)
    return Search(
        searched.dag,
        weights,
        rate=options.flake_rate,
        earlier=searched.earlier,
        confidence=options.confidence,
        width=width,
        reserve=1,  # for the tip without the culprit, where several run at once
        is_wary=options.is_wary,
    )


def sha_of(searched: Range, site: int) -> str:
    """Return the commit of a site."""
    return searched.good.sha if site == GOOD_END else searched.commits[site].sha


class Hunt:
    """Asks the core which commits to run, has them run, and tells the core what they said.

    Args:
        options: What to search, and how.
        searched: The range.
        tip: The commit that a culprit is taken out of.
        prober: Runs and remembers.
        say: Is told of the progress, a line at a time.

    Attributes:
        range: What is searched.
        state: The search of the core.
    """

    def __init__(
        self,
        options: Options,
        searched: Range,
        tip: str,
        prober: Prober,
        say: Callable[[str], None],
    ) -> None:
        self._tip = tip
        self._of_tip: dict[int, ProbeResult] = {}  # the last run of the tip without each
        self._options = options
        self.range = searched
        self._prober = prober
        self._say = say
        self._sites = {commit.sha: site for site, commit in enumerate(searched.commits)}
        self._sites[searched.good.sha] = GOOD_END
        for sha, other in searched.standing_in.items():
            self._sites[sha] = self._sites[other]
        self._hunted: frozenset[str] = frozenset()
        self._seen = [
            (self._sites[each.sha], each)
            for each in prober.results
            if each.sha in self._sites and not each.without and each.word is not Said.CANCELLED
        ]
        self.state = self._retold()
        self._take_up_the_past()

    def run(self) -> Finding:
        """Probe until the search ends, and not by bad luck."""
        finding = self._probe()
        while finding.word is Word.INCONCLUSIVE and self._tried_again():
            finding = self._probe()
        return finding

    def _tried_again(self) -> bool:
        """Run a commit once more whose run ended in an error, such as being out of time; say whether to go on.

        One is tried at a time, the one that tells most: where it errs again, no other is.
        """
        told = [(site, each.word) for site, each in self._seen if not each.without]
        erred = Counter(site for site, word in told if word is Said.ERROR)
        again = [site for site, word in dict(told).items() if word is Said.ERROR]
        if not again or any(erred[site] > 1 for site in again):
            return False
        site = min(again, key=lambda each: abs(self.state.seen.posterior.mass(each) - 0.5))
        return self.run_again(site).word is not Said.ERROR

    def run_again(self, site: int) -> ProbeResult:
        """Run one site, alone; the search learns what it says."""
        result = self._prober.submit(*self._run_at(site)).result()
        self._prober.rounds += 1
        self._learn(site, result)
        return result

    def _probe(self) -> Finding:
        running: dict[Future[ProbeResult], int] = {}
        while (finding := self.state.finding()) is None or self._proof_of(
            finding
        ) in running.values():
            for site in self._next(list(running.values())):
                running[self._prober.submit(*self._run_at(site))] = site
            began = time.monotonic()
            wait(running, return_when=FIRST_COMPLETED)
            self._harvest(running)
            # A round whose probes take about equally long is worth waiting for: it leaves less for the next.
            wait(running, timeout=_PATIENCE * (time.monotonic() - began), return_when=ALL_COMPLETED)
            self._harvest(running)
        return finding

    def run_tip(self, culprit: int) -> ProbeResult:
        """Run the tip without a culprit once; the search is not told."""
        result = self._prober.submit(*self._run_at(without(self.range.dag, culprit))).result()
        self._prober.rounds += result.word is not Said.CONFLICT
        self._prober.keep(result)
        self._of_tip[culprit] = result
        return result

    def learn_of_tip(self, culprit: int) -> None:
        """Tell the search what the last run of the tip without a culprit said."""
        result, site = self._of_tip[culprit], without(self.range.dag, culprit)
        self._seen.append((site, result))
        self.state.record(site, self._outcome(result), remembered=result.remembered)

    def hindrance(self, culprit: int) -> ProbeResult | None:
        """Return the run that says why the tip without a culprit cannot be judged, if that is so."""
        if without(self.range.dag, culprit) not in self.state.seen.untestable:
            return None
        return self._of_tip.get(culprit)

    def _run_at(self, site: int) -> tuple[str, str]:
        """Return what to check out for a site, and what to take out of it."""
        commit = site - self.range.dag.size
        if commit < 0:
            return sha_of(self.range, site), ""
        return self._tip, self.range.commits[commit].sha

    def _proof_of(self, finding: Finding) -> int | None:
        """Return the site that proves who was found: a run that was sent ahead there is worth waiting for."""
        culprit = finding.culprit
        return None if culprit is None else without(self.range.dag, culprit)

    def _take_up_the_past(self) -> None:
        """Believe what is remembered, unless it contradicts itself or would end the search with nothing found."""
        own, before = self._seen, self._remembered()
        if not before:
            return
        self._seen = before + own
        self.state = self._retold()
        finding = self.state.finding()
        is_of_use = self.state.seen.is_consistent and (
            finding is None or finding.word is Word.FOUND
        )
        if self._options.resume or (is_of_use and not self._options.flake_rate):
            self._prober.results[:0] = [each for _, each in before]
        else:
            self._seen = own
            self.state = self._retold()

    def _remembered(self) -> list[tuple[int, ProbeResult]]:
        """Return what is remembered of each site: of its commit, or of one elsewhere that has the same files."""
        commits = [*enumerate(self.range.commits), (GOOD_END, self.range.good)]
        return [
            (site, replace(result, sha=commit.sha))
            for site, commit in commits
            for result in self._prober.past.get(commit.tree, [])
            if self._sites.get(result.sha, site) == site
        ]

    def _retold(self) -> Search:
        """Return a search that was told all that was seen, now that it is known which failure is hunted."""
        self._hunted = self._hunted_failure()
        search = new_search(self.range, self._options, self._prober.width)
        for site, result in self._seen:
            search.record(site, self._outcome(result), remembered=result.remembered)
        return search

    def _hunted_failure(self) -> frozenset[str]:
        """Return what the failure at the bad end looks like, or else at the newest commit that failed."""
        fails = [
            (site, each.fingerprint)
            for site, each in self._seen
            if each.word is Said.FAIL and not each.without
        ]
        newest = max((site for site, shown in fails if shown), default=GOOD_END)
        return next((shown for site, shown in fails if shown and site == newest), frozenset())

    def ask_bad_end(self) -> bool:
        """Run the bad end, which says what failure is hunted, unless that is done; return whether it was run."""
        tip = self.range.dag.tip
        if any(site == tip and not each.without for site, each in self._seen):
            return False
        self.run_again(tip)
        return True

    def ask_once_more(self, culprit: int) -> bool:
        """Run a culprit again that no revert can prove, where that is worth a run; return whether it was run."""
        if not self.state.demands.is_worth_a_doubt(culprit):
            return False
        self.run_again(culprit)
        return True

    def insist(self) -> Finding:
        """Go on until the answer is much surer: the tip did not confirm it."""
        self.state.terms.confidence = stopping.insistent(self.state.terms.confidence)
        self._options = replace(self._options, confidence=self.state.terms.confidence)
        return self.run()

    def doubt(self, culprit: int) -> Finding:
        """Run a culprit and its parents twice more, and go on if they do not say again what they said before."""
        for site in 2 * (culprit, *(self.range.dag.parents[culprit] or (GOOD_END,))):
            if self.state.seen.is_consistent:
                self.run_again(site)
        if not self.state.seen.is_consistent:
            self.learn_of_tip(culprit)
        return self.run()

    def after(self, commit: Commit) -> Iterator[Commit]:
        """Yield the candidates that have ``commit`` among their ancestors, oldest first."""
        site = self._sites[commit.sha]
        for number, other in enumerate(self.range.commits):
            if number != site and self.range.dag.ancestors(number) >> site & 1:
                yield other

    def is_other_failure(self, result: ProbeResult) -> bool:
        """Whether it failed in another way than the bad end does."""
        return result.word is Said.FAIL and not is_same(result.fingerprint, self._hunted)

    def _outcome(self, result: ProbeResult) -> Outcome:
        """Say what a result means for the search: what is no verdict on this bug is no evidence."""
        if result.word in (Said.ERROR, Said.CONFLICT) or self.is_other_failure(result):
            return Outcome.UNTESTABLE
        return Outcome(result.word)

    def _next(self, pending: list[int]) -> list[int]:
        tip = self.range.dag.tip
        if self._prober.is_never_set_up:
            return self._ends_left(pending)
        is_doubtful = any(self.is_other_failure(each) for _, each in self._seen)
        if is_doubtful and tip not in pending and all(site != tip for site, _ in self._seen):
            return [tip]  # there are two kinds of failure: the bad end says which one is hunted
        wanted = self.state.next_probes(pending)
        self._prober.rounds += bool(wanted)
        return wanted

    def _ends_left(self, pending: list[int]) -> list[int]:
        """Return the ends that were not run yet, for who names them has seen them run; refuse where they were.

        Raises:
            EnvironmentNotReady: The set-up fails there, too.
        """
        told = {site for site, _ in self._seen}
        left = [site for site in (self.range.dag.tip, GOOD_END) if site not in told]
        if not left:
            self._prober.refuse_broken_setup()
        wanted = [site for site in left if site not in pending][: self._prober.width - len(pending)]
        self._prober.rounds += bool(wanted)
        return wanted

    def _harvest(self, running: dict[Future[ProbeResult], int]) -> None:
        """Learn from the probes that are over, and end those that have become useless."""
        for future in [each for each in running if each.done()]:
            self._learn(running.pop(future), future.result())
        finding = self.state.finding()
        proof = self._proof_of(finding) if finding else None
        for future, site in list(running.items()):
            if site != proof and (finding or self.state.is_useless(site)):
                del running[future]
                self._prober.cancel(future, *self._run_at(site))

    def _learn(self, site: int, result: ProbeResult) -> None:
        self._prober.keep(result)
        if result.without and result.word is Said.FAIL and self.state.demands.is_presumed_steady:
            return  # that another commit breaks the tip as well is looked into once one is named
        self._seen.append((site, result))
        if result.without:
            self._of_tip[site - self.range.dag.size] = result
        if self._hunted_failure() == self._hunted:
            self.state.record(site, self._outcome(result))
        else:
            rounds = self.state.seen.rounds
            self.state = self._retold()
            self.state.seen.rounds = rounds
        best, chance = self.state.seen.likeliest()
        taken_out = f" without {result.without[:10]}" if result.without else ""
        self._say(
            f"probe {self._prober.runs}: {result.sha[:10]}{taken_out} {result.word} in {result.seconds:.1f} s; "
            f"likeliest {self.range.commits[best].sha[:10]} ({chance:.0%}), about {self.state.runs_left} more"
        )
