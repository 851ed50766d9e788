"""What the faults have proved: which rows each turned red, and which of them was told first.

Pure: outcomes in, lines, tables and JSON out.
"""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from runbook.documents.document import table
from runbook.lines import line
from runbook.runs.report_lines import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook.prove.fault import Fault

SCHEMA = "prove/1"
_FEW = 2  # names of tests that fit into a line beside the rest
_OWN, _OTHER, _CONSEQUENCE = "●", "○", "·"


@dataclass(frozen=True, slots=True)
class Proof:
    """What one fault did to its tier.

    Attributes:
        row: The test that should be red.
        name: The fault.
        tier: The tier that was run.
        cause: What was broken.
        red: The tests that failed by an assertion of their own, in the order in which they are told.
        blocked: Those of which only a precondition failed, told behind them.
        got: What the first of them got, in a few words.
    """

    row: str
    name: str
    tier: str
    cause: str
    red: tuple[str, ...]
    blocked: tuple[str, ...]
    got: str

    @property
    def told(self) -> tuple[str, ...]:
        """All that is red, in the order in which it is told."""
        return self.red + self.blocked

    @property
    def is_killed(self) -> bool:
        """Whether the row noticed."""
        return self.row in self.told

    @property
    def is_first(self) -> bool:
        """Whether the row is what a reader sees first."""
        return self.told[:1] == (self.row,)

    @property
    def others(self) -> tuple[str, ...]:
        """What turned red besides."""
        return tuple(test for test in self.told if test != self.row)

    def line(self) -> str:
        """Say it in one line."""
        fields = [
            ("fault", self.name),
            ("killed", _yes(self.is_killed)),
            ("first", _yes(self.is_first)),
            ("got", self.got),
            ("also", ",".join(_first_few(self.others)) or "none"),
        ]
        return line(["PROOF", self.row], fields, quoted=frozenset({"got"}))


@dataclass(frozen=True, slots=True)
class Matrix:
    """All proofs of a run.

    Attributes:
        proofs: One a fault, in the order of the rows.
        green: How many runs without a fault were green.
        unfaulted: How many runs without a fault there were.
        seconds: The wall time of it all.
    """

    proofs: tuple[Proof, ...]
    green: int
    unfaulted: int
    seconds: float

    @property
    def is_proved(self) -> bool:
        """Whether every fault killed its row and was named first, and nothing else was red."""
        is_calm = self.green == self.unfaulted
        return is_calm and all(proof.is_killed and proof.is_first for proof in self.proofs)

    def lines(self) -> list[str]:
        """One line a fault, then the result."""
        fields = [
            ("faults", len(self.proofs)),
            ("killed", sum(proof.is_killed for proof in self.proofs)),
            ("first", sum(proof.is_first for proof in self.proofs)),
            ("unfaulted", f"{self.green}/{self.unfaulted}"),
            ("seconds", f"{self.seconds:.1f}"),
        ]
        word = "proved" if self.is_proved else "unproved"
        return [*(proof.line() for proof in self.proofs), line(["RESULT", word], fields)]

    def brief_lines(self, *, log: str) -> list[str]:
        """Of more faults than fit on a screen those that fell short, as many as do, and the result.

        Args:
            log: What holds all of them.
        """
        short = [each.line() for each in self.proofs if not (each.is_killed and each.is_first)]
        shown = short[: MOST_LINES - 2]
        cut = [("proofs", len(self.proofs) - len(shown)), ("in", log)]
        return [*shown, line(["CUT"], cut), self.lines()[-1]]

    def as_json(self) -> dict[str, Any]:
        """The matrix as one object with stable keys."""
        return {
            "schema": SCHEMA,
            "verdict": "proved" if self.is_proved else "unproved",
            "faults": len(self.proofs),
            "killed": sum(proof.is_killed for proof in self.proofs),
            "first": sum(proof.is_first for proof in self.proofs),
            "unfaulted": {"runs": self.unfaulted, "green": self.green},
            "seconds": round(self.seconds, 1),
            "proofs": [
                {**asdict(proof), "killed": proof.is_killed, "first": proof.is_first}
                for proof in self.proofs
            ],
        }


def make_proof(
    fault: Fault, failures: Iterable[Mapping[str, str]], reasons: Sequence[str] = ()
) -> Proof:
    """Judge a fault by the failures of its run, as ``smoke --json`` lists them.

    Args:
        fault: What was injected.
        failures: With ``name``, ``got`` and ``precondition``, in the order in which they are told.
        reasons: Why the run is not green besides, such as that it did not end.
    """
    told = list(failures)
    own = dict.fromkeys(each["name"] for each in told if not each["precondition"])
    blocked = dict.fromkeys(each["name"] for each in told if each["precondition"])
    return Proof(
        fault.row,
        fault.name,
        fault.tier,
        fault.cause,
        red=tuple(own),
        blocked=tuple(name for name in blocked if name not in own),
        got=(told[0]["got"] if told else "; ".join(reasons) or "nothing failed")[:200],
    )


def read_proof(entry: Mapping[str, Any]) -> Proof:
    """Take a proof out of the JSON again."""
    known = {key: entry[key] for key in ("row", "name", "tier", "cause")}
    got = entry.get("got", "")
    return Proof(**known, red=tuple(entry["red"]), blocked=tuple(entry["blocked"]), got=got)


def markdown(proofs: Sequence[Proof], rows: Mapping[str, Sequence[str]]) -> str:
    """Return the matrix of each tier as a table, faults down and tests across.

    Args:
        proofs: Of all tiers.
        rows: The tests of each tier, in their order.
    """
    return "\n\n".join(
        _tier_table(tier, [proof for proof in proofs if proof.tier == tier], tests)
        for tier, tests in rows.items()
        if any(proof.tier == tier for proof in proofs)
    )


def _tier_table(tier: str, proofs: Sequence[Proof], tests: Sequence[str]) -> str:
    killed = sum(proof.is_killed for proof in proofs)
    first = sum(proof.is_first for proof in proofs)
    summary = (
        f"Tier {tier}: {len(proofs)} faults, {killed} killed by their row, {first} named first."
    )
    numbers = [str(number) for number, _ in enumerate(tests, start=1)]
    key = "\n".join(f"{number}. `{test}`" for number, test in zip(numbers, tests, strict=True))
    head = ["Row", "What is broken", *numbers, "First"]
    body = [
        [
            str(tests.index(proof.row) + 1),
            html.escape(proof.cause, quote=False),
            *(_cell(proof, test) for test in tests),
            "yes" if proof.is_first else "**no**",
        ]
        for proof in proofs
    ]
    return f"{summary}\n\n{key}\n\n{table(head, body)}"


def _cell(proof: Proof, test: str) -> str:
    if test == proof.row and proof.is_killed:
        return _OWN
    return _OTHER if test in proof.red else _CONSEQUENCE if test in proof.blocked else ""


def _first_few(names: Sequence[str]) -> list[str]:
    few = list(names[:_FEW])
    return [*few, f"+{len(names) - len(few)}"] if len(names) > len(few) else few


def _yes(value: bool) -> str:  # noqa: FBT001 - it is what is said
    return "yes" if value else "no"
