"""One search over a range, and what it takes over from the probes that were made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.culprit.history import Repository
from runbook.culprit.hunt import Hunt
from runbook.culprit.options import Options
from runbook.culprit.probes.executor import LocalExecutor
from runbook.culprit.probes.prober import Prober
from runbook.culprit.probes.probing import Job, ProbeResult, Word

if TYPE_CHECKING:
    from tests.runbook.culprit.conftest import History


@pytest.mark.parametrize("cancelled", ["main", "main~5", "main~20"])
def test_a_second_search_learns_nothing_from_what_the_first_has_ended(
    history: History, cancelled: str
) -> None:
    """As where the latest break is looked for, and idle workers had been at commits of its range."""
    job = Job(history.command())
    options = Options(repo=history.root, command=job.command, fresh=True)
    repository = Repository(history.root)
    searched = repository.range(repository.resolve("main~20"), repository.resolve("main"))
    with LocalExecutor(repository.common, job, 1) as executor:
        prober = Prober(options, repository, executor, job)
        ended = ProbeResult(repository.resolve(cancelled), Word.CANCELLED, 0.0)
        prober.results.append(ended)
        finding = Hunt(options, searched, searched.bad, prober, lambda _: None).run()
    culprit = searched.commits[finding.culprit or 0]
    assert "commit 12" == history.git("show", "-s", "--format=%s", culprit.sha)
