"""Any record is one line of JSON."""

from __future__ import annotations

import json
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from dashgen.json_log import JsonLineFormatter, with_fields


def _record(message: str, **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("dashgen.x", logging.INFO, "f.py", 1, message, (), None)
    record.__dict__.update(with_fields(**fields))
    return record


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_text_makes_one_line_of_json(message: str, path: str) -> None:
    line = JsonLineFormatter().format(_record(message.replace("%", "%%"), http_path=path))
    assert "\n" not in line
    decoded = json.loads(line)
    assert decoded["level"] == "info"
    assert decoded["logger"] == "dashgen.x"
    assert isinstance(decoded["http_path"], str)


def test_a_trace_stays_in_its_line() -> None:
    record = _record("failed")
    try:
        int("a\nb")
    except ValueError:
        record.exc_info = sys.exc_info()
    line = JsonLineFormatter().format(record)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["trace"]
