"""Any record is one line of JSON."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.serving import json_log
from dashgen.serving.json_log import JsonLineFormatter, with_fields


def _record(message: str, **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("dashgen.x", logging.INFO, "f.py", 1, message, (), None)
    record.__dict__.update(with_fields(**fields))
    return record


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_text_makes_one_line_of_json(message: str, path: str) -> None:
    line = JsonLineFormatter().format(_record(message.replace("%", "%%"), http_path=path))
    assert [line] == line.splitlines()
    assert line.isascii()
    decoded = json.loads(line)
    assert "info" == decoded["level"]
    assert "dashgen.x" == decoded["logger"]
    assert isinstance(decoded["http_path"], str)


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\x9b31m", "\u202e", "\ud800", "\n", "\x1b"])
def test_what_ends_a_line_or_commands_a_terminal_is_spelled_out(
    sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(json_log, "_handler", json_log._OwnHandler(written))
    logging.getLogger("dashgen.x").setLevel(logging.INFO)
    json_log.tell(logging.getLogger("dashgen.x"), "request", http_path=f"/a{sign}b")
    (line,) = written.getvalue().splitlines()
    assert line.isascii()
    assert f"/a{sign}b" == json.loads(line)["http_path"]


def test_a_trace_stays_in_its_line() -> None:
    record = _record("failed")
    try:
        int("a\nb")
    except ValueError:
        record.exc_info = sys.exc_info()
    line = JsonLineFormatter().format(record)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["trace"]
