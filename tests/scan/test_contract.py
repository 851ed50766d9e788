"""schemathesis against the OpenAPI file: whatever is sent, the answer is one that the file knows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scan.conftest import Target

CONTRACT = Path(__file__).parents[2] / "docs" / "architecture" / "api-contracts" / "openapi.yaml"
# What is not checked, each with its reason.
LEFT_OUT = {
    # The file says what a field may hold; which combinations mean something is the app's to refuse.
    "positive_data_acceptance": "a valid body is refused where a canvas, a slot or a project is not there",
}
SEED = os.environ.get("SCAN_SEED", "8")
# A body that is both wrong and too long is refused for its length, which schemathesis does not expect.
SETTINGS = """\
[checks]
negative_data_rejection.expected-statuses = [
  400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"
]
"""


@pytest.mark.parametrize("who", ["visitor", "creator", "operator"])
def test_every_answer_is_in_the_contract(target: Target, who: str, tmp_path: Path) -> None:
    token = {
        "visitor": "",
        "creator": target.creator.token,
        "operator": target.panel.operator_token,
    }[who]
    headers = ["--header", f"Authorization: Bearer {token}"] if token else []
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(CONTRACT)]
    command += ["--url", target.url, "--seed", SEED, "--max-examples", "15", "--max-time", "40"]
    command += ["--phases", "examples,coverage,fuzzing", "--checks", "all", "--no-color"]
    command += ["--exclude-checks", ",".join(LEFT_OUT), "--generation-database", "none", *headers]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == done.returncode, _in_short(done.stdout) + done.stderr[-1000:]
    assert 200 == target.panel.get("/health").status
    assert target.public in target.panel.grid_ids() or who == "creator"
    assert "Traceback" not in target.panel.log()


def _in_short(said: str) -> str:
    """What was said, without the rest of long bodies."""
    return "\n".join(line[:300] for line in said.splitlines())
