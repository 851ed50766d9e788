"""What a program that failed has said last, and where in the project that arose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.last_words import last_words

if TYPE_CHECKING:
    from pathlib import Path

OF_PYTHON = """Traceback (most recent call last):
  File "{root}/bin/server.py", line 3, in <module>
    import app
  File "{root}/app.py", line 12, in <module>
    import json.nosuch
  File "/usr/lib/python3/json.py", line 5, in <module>
ModuleNotFoundError: No module named 'json.nosuch'
"""
OF_PYTEST = """ImportError while importing test module '{root}/tests/test_a.py'.
tests/test_a.py:3: in <module>
    import app
.nox/fast/lib/python3.11/site-packages/_pytest/assertion/rewrite.py:197: in exec_module
    exec(co, module.__dict__)
E     File "{root}/app.py", line 7
E       =======
E       ^
E   SyntaxError: invalid syntax
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OF_PYTHON, "ModuleNotFoundError: No module named 'json.nosuch' at app.py:12"),
        (OF_PYTEST, "SyntaxError: invalid syntax at app.py:7"),
        ("one\ntwo\n", "two"),
        ("\n", ""),
    ],
    ids=["Python", "pytest", "no place", "nothing"],
)
def test_the_error_is_told_with_its_innermost_line_of_the_project(
    tmp_path: Path, text: str, said: str
) -> None:
    assert said == last_words(text.replace("{root}", str(tmp_path)), tmp_path)
