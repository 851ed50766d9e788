"""Whether a run that was green before proves that a tier would be green now.

Pure: what is written of that run and what is here in, a doubt out. See docs/adr/0026-a-tier-beside-another.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA = "proof/1"
_GREEN = {"verdict": "green", "exit_code": 0, "partial": False, "was_a_run": True}


def record_of(run: str, content: str) -> dict[str, str]:
    """Return what is kept of a run: its name, and the digest of all that it stood on."""
    return {"schema": SCHEMA, "run": run, "content": content}


def doubt(
    record: Mapping[str, Any],
    result: Mapping[str, Any],
    findings: Sequence[str],
    *,
    tier: str,
    content: str,
) -> str:
    """Say why a record proves nothing.

    Args:
        record: What was kept; empty where nothing is.
        result: What the run that it names says of itself, ``smoke/1``; empty where it is gone.
        findings: In what that run's evidence does not fit together.
        tier: The tier that it should prove.
        content: The digest of all that the tier stands on now; empty where it cannot be told.

    Returns:
        The first doubt, in a few words; nothing where there is none.
    """
    name = f"run {record.get('run')}"
    is_record = record.get("schema") == SCHEMA and isinstance(record.get("run"), str)
    is_of_this = result.get("tier") == tier and result.get("content") == content
    is_green = all(result.get(key) == value for key, value in _GREEN.items())
    doubts = {
        "what it stands on cannot be told here": not content,
        "no green run of it is known here": not is_record,
        f"something that it watches is not as in {name}": record.get("content") != content,
        f"{name} is gone": not result,
        f"{name} is not as it was left: {'; '.join(findings[:1])}": bool(findings),
        f"{name} was of something else": not is_of_this,
        f"{name} was not green": not is_green,
    }
    return next((why for why, is_so in doubts.items() if is_so), "")
