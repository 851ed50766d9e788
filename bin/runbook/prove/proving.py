"""Prove rows by their faults: each tier as it is, then in shuffled order, then with one fault after the other."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from runbook.prove.matrix import Matrix, Proof, make_proof
from runbook.prove.workshop import Workshop
from runbook.rows import read_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.project import Project, Tier
    from runbook.prove.fault import Fault
    from runbook.prove.workshop import Ran


def prove(
    project: Project,
    faults: Sequence[Fault],
    *,
    jobs: int,
    unfaulted: int,
    say: Callable[[str], None],
) -> Matrix:
    """Inject every fault into a scratch tree of its own for a while, and see what turns red.

    Args:
        project: Whose rows are proved; nothing in it is touched.
        faults: What to inject.
        jobs: Runs at once.
        unfaulted: Runs of each tier without a fault, in shuffled order; the first is in the usual order.
        say: Is told of the progress, a line each.

    Raises:
        EnvironmentNotReady: A tier cannot be run, or is not green without a fault.
        UsageError: A fault no longer fits its file.
    """
    started = time.monotonic()
    proofs: list[Proof] = []
    calm: list[bool] = []
    for fault in faults:  # before any time is spent
        fault.edit((project.root / fault.file).read_text(encoding="utf-8"))
    with Workshop(project, jobs) as workshop:
        for name in dict.fromkeys(fault.tier for fault in faults):
            tier = project.tier(name)
            ran = workshop.open(tier)
            calm.append(True)
            say(f"{name}: green without a fault in {ran.seconds:.1f} s")
            calm += _calm(workshop, tier, _shuffled(project, tier, unfaulted - 1), say)
            proofs += _proofs(workshop, tier, [each for each in faults if each.tier == name], say)
    return Matrix(tuple(proofs), sum(calm), len(calm), time.monotonic() - started)


def _shuffled(project: Project, tier: Tier, times: int) -> list[list[str]]:
    """The tests of a tier in as many orders, the same ones each time."""
    tests = [test.id for test in read_tests(project.root, tier.tests)]
    return [random.Random(seed).sample(tests, len(tests)) for seed in range(times)]  # noqa: S311 - no secret


def _calm(
    workshop: Workshop, tier: Tier, orders: Sequence[Sequence[str]], say: Callable[[str], None]
) -> list[bool]:
    """Run without a fault; whether each was green."""
    green = []
    for place, ran in workshop.run_all(tier, [(None, order) for order in orders]):
        green.append(ran.verdict == "green")
        if not green[-1]:
            say(f"{tier.name}: order {place} is {ran.verdict} without a fault: {_why(ran)}")
    if orders:
        say(f"{tier.name}: {sum(green)} of {len(green)} shuffled runs without a fault are green")
    return green


def _proofs(
    workshop: Workshop, tier: Tier, faults: Sequence[Fault], say: Callable[[str], None]
) -> list[Proof]:
    proofs: dict[int, Proof] = {}
    for place, ran in workshop.run_all(tier, [(fault, ()) for fault in faults]):
        proofs[place] = make_proof(faults[place], ran.failures, ran.reasons)
        word = "killed" if proofs[place].is_killed else "SURVIVED"
        if proofs[place].is_killed and not proofs[place].is_first:
            word = f"killed, behind {proofs[place].told[0]}"
        say(f"[{len(proofs)}/{len(faults)}] {ran.seconds:.1f} s {faults[place].title}: {word}")
    return [proofs[place] for place in sorted(proofs)]


def _why(ran: Ran) -> str:
    return "; ".join([f"{each['name']}: {each['got']}" for each in ran.failures] or ran.reasons)
