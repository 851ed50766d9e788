"""A run as JUnit XML, for whatever reads that. Pure.

It is made from the verdict and not by pytest, so that both say the same: a test that was skipped or did not run at all
is ``skipped``, and a run that broke beside its tests has an error of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.rows import function_id
from runbook.runs.verdict import Failure, Outcome, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NO_XML = {*range(32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF}
# The standard library's own escape brings its HTTP client along, which takes longer than all the rest here.
_ENTITIES: dict[int, str] = {
    **dict.fromkeys(_NO_XML, "\ufffd"),
    **{ord(c): f"&#{ord(c)};" for c in "\t\n\r"},
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
}


def junit_xml(tier: str, verdict: Verdict, seconds: Mapping[str, float]) -> str:
    """Return the XML.

    Args:
        tier: The suite's name.
        verdict: Of the run.
        seconds: How long each test took, by its node id without parameters.
    """
    failures: dict[str, list[Failure]] = {}
    for failure in verdict.failures:
        failures.setdefault(function_id(failure.test), []).append(failure)
    cases = [
        _case(test, outcome, seconds.get(test, 0.0), failures.get(test, []))
        for test, outcome in verdict.outcomes.items()
    ]
    broken = verdict.word is Word.RED and not failures
    cases += [_broken(verdict.reasons)] if broken else []
    counts = verdict.counts
    numbers = {
        "tests": len(cases),
        "failures": counts[Outcome.FAILED],
        "errors": int(broken),
        "skipped": counts[Outcome.SKIPPED] + counts[Outcome.MISSING],
        "time": f"{sum(seconds.values()):.3f}",
    }
    suite = f"<testsuite{_attributes({'name': tier, **numbers})}>"
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return "\n".join([head, "<testsuites>", suite, *cases, "</testsuite>", "</testsuites>", ""])


def _case(test: str, outcome: Outcome, seconds: float, failures: Iterable[Failure]) -> str:
    file, _, name = test.partition("::")
    facts = {"classname": file, "file": file, "name": name, "time": f"{seconds:.3f}"}
    inner = "".join(_failure(failure) for failure in failures)
    if outcome in {Outcome.SKIPPED, Outcome.MISSING}:
        inner = f"<skipped{_attributes({'message': outcome})}/>"
    return f"<testcase{_attributes(facts)}>{inner}</testcase>"


def _failure(failure: Failure) -> str:
    wish = f"want {failure.want}\n" if failure.want else ""
    text = f"{failure.test}\n{failure.phase} at {failure.at}\n{wish}got {failure.got}\n"
    return f"<failure{_attributes({'message': failure.got})}>{_escape(text)}</failure>"


def _broken(reasons: Iterable[str]) -> str:
    inner = f"<error{_attributes({'message': '; '.join(reasons)})}/>"
    return f"<testcase{_attributes({'classname': 'session', 'name': 'session'})}>{inner}</testcase>"


def _attributes(facts: Mapping[str, object]) -> str:
    return "".join(f' {name}="{_escape(str(value))}"' for name, value in facts.items())


def _escape(text: str) -> str:
    """Write text as XML; what XML cannot hold, such as the escapes of a terminal, is replaced."""
    return text.translate(_ENTITIES)
