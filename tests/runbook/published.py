"""The schemas of `docs/schemas` that programs read results by: what is published is what is written, and no more."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
from referencing import Registry

from runbook.runs.evidence import DIGESTS, verify
from runbook.runs.run_folder import RunFolder
from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = ROOT / "docs" / "schemas"


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """Return a schema as it is published, such as that of ``culprit``."""
    read: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_bytes())
    return read


def hold(record: dict[str, Any]) -> None:
    """Hold a result against the schema that it names, every key of it: one that is not published is refused."""
    kind = record["schema"].partition("/")[0]
    strict = _strict(schema_of(kind))
    jsonschema.Draft202012Validator(strict, registry=_all_strict()).validate(record)


@cache
def _all_strict() -> Registry[Any]:
    """Return the schemas by the names that they know each other by."""
    names = [file.name for file in SCHEMAS.iterdir()]
    return Registry().with_contents(
        (name, _strict(schema_of(name.removesuffix(".schema.json")))) for name in names
    )


def hold_runs(project: Path) -> None:
    """Hold what the runs of a project have left as they left it; what a test wrote in their place is its own."""
    for run in map(RunFolder, project.glob(".runbook/runs/*")):
        if (run.path / DIGESTS).is_file() and "result.json was changed" not in verify(run):
            hold(json.loads(run.result.read_bytes()))


def _strict(node: Any) -> Any:
    """Return a schema that takes no further keys, where the published one leaves room for them."""
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _strict(value) for key, value in node.items()}
    is_whole = "required" in node and "properties" in node
    return closed | ({"additionalProperties": False} if is_whole else {})
