"""What the options of the commands do, in the words of their help: for the tasks, and for ``python -m runbook``."""

from __future__ import annotations

from typing import Final

# Invoke takes the texts out of the dictionary that it is given: each task gets one of its own.
JSON_OBJECT: Final = {"json": "print one JSON object"}
JSON_LIST: Final = {"json": "print one JSON list"}
JSON_FILE: Final = {"json": "write the result as JSON to this file; - is standard output"}

SEARCH: Final = {
    "test": "the row that is red",
    "command": "searched for instead of a row: exit 0 pass, 125 untestable, 126 and up an error, else fail",
    "file": "a suspected file; its end is enough",
    "good": "a commit that passes; looked for by itself where none is given",
    "bad": "a commit that fails",
    "repo": "the repository to search; this one by default",
    "setup": "run before the command; where it fails the commit is untestable",
    "jobs": "probes at once",
    "flake_rate": "how often a good commit fails, if that is known; 0 for never",
    "confidence": "be this sure, even if the command lies",
    "cluster": "the address of a Dask scheduler",
    "timeout": "seconds for one run; 600 by default",
    "fresh": "believe nothing that earlier searches saw",
    "first_parent": "let a merge stand for all that it brought",
    "resume": "go on from a search that was ended",
    "dry_run": "say what would be done",
    **JSON_FILE,
}

# Of whatever is a plan before it is carried out.
PLAN: Final = {
    "dry_run": "print the plan and touch nothing; with --json as a file for --plan",
    "plan": "apply exactly this plan, or refuse if anything has changed since",
    "resume": "go on at the step at which this same call ended",
    **JSON_FILE,
}

REVERT: Final = {
    "commit": "the commit to revert",
    "mainline": "of a merge: the parent to go back to, 1 for the first",
    "yes": "a person has looked: more reverts than four a day are all right",
    **PLAN,
}

ROLLBACK: Final = {
    **REVERT,
    "file": "a suspected file; its end is enough",
    "test": "the row to get back to green; by default the likeliest that is red",
    "commit": "the culprit, if it is known: it is verified instead of searched for",
    "jobs": "probes at once",
    "fresh": SEARCH["fresh"],
}

GATE_OPEN: Final = {
    "bot": "as an automaton: opens again only what one has closed",
    "dry_run": PLAN["dry_run"],
    "plan": PLAN["plan"],
    "json": "write what was proved as JSON to this file; - is standard output",
}
GATE_CLOSE: Final = {"reason": "why, for whoever wants to open it again", **JSON_OBJECT}
GATE_STATUS: Final = {
    "url": "where the server listens, if not where it always does",
    **JSON_OBJECT,
}
EVIDENCE: Final = {"run": "its id or folder; the newest by default", **JSON_OBJECT}
