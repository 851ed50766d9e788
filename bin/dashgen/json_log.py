"""The log: one JSON object a line on standard error."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec

_FIELDS = "fields"
_encode = msgspec.json.Encoder().encode


class JsonLineFormatter(logging.Formatter):
    """Writes a record as one line of JSON, so that no text in it can forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Encode `record` with its time in Unix seconds, and its traceback if it has one."""
        line: dict[str, Any] = {
            "ts": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        line.update(record.__dict__.get(_FIELDS, {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        try:
            return _encode(line).decode()
        except UnicodeEncodeError:
            return _encode(_encodable(line)).decode()


def configure(level: str) -> None:
    """Send every logger of the process to standard error as JSON lines, from `level` up."""
    # Our lines say nothing of the place in the source, the thread and the process. Finding these out took a
    # third of the time of a line, and every request writes one.
    logging._srcfile = None  # noqa: SLF001 - logging's own manual says so
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def with_fields(**fields: object) -> dict[str, dict[str, object]]:
    """The `extra` of a logging call that adds `fields` to the line."""
    return {_FIELDS: fields}


def _encodable(line: dict[str, Any]) -> dict[str, Any]:
    """Replace lone surrogates, which file names may hold and UTF-8 may not."""
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in line.items()
    }
