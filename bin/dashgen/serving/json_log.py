"""The log: one JSON object a line on standard error."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any, TextIO

import msgspec

_FIELDS = "fields"
_encode = msgspec.json.Encoder().encode
_handler: _OwnHandler | None = None


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
        return _encoded(line)


class _OwnHandler(logging.StreamHandler[TextIO]):
    """Takes lines that are written already, too."""

    def write(self, line: str) -> None:
        self.acquire()
        try:
            self.stream.write(line + self.terminator)
            self.flush()
        except OSError:  # as with records, a log that cannot be written stops nobody
            pass
        finally:
            self.release()


def configure(level: str) -> None:
    """Send every logger of the process to standard error as JSON lines, from `level` up."""
    # Our lines say nothing of the place in the source, the thread and the process. Finding these out took a
    # third of the time of a line, and every request writes one.
    logging._srcfile = None  # noqa: SLF001 - logging's own manual says so
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    global _handler  # noqa: PLW0603 - as there is one log of a process
    _handler = _OwnHandler(sys.stderr)
    _handler.setFormatter(JsonLineFormatter())
    logging.basicConfig(level=level, handlers=[_handler], force=True)


def tell(logger: logging.Logger, message: str, **fields: object) -> None:
    """Write a line of level info with `fields`, as `logger.info` would.

    The server writes one about every request, and a record of the logging module takes longer to make than
    the answer: where the process logs to our handler, the line goes to it without one.
    """
    if not logger.isEnabledFor(logging.INFO):
        return
    if _handler is None:
        logger.info(message, extra=with_fields(**fields))
        return
    about = {"ts": round(time.time(), 3), "level": "info", "logger": logger.name, "msg": message}
    _handler.write(_encoded(about | fields))


def with_fields(**fields: object) -> dict[str, dict[str, object]]:
    """The `extra` of a logging call that adds `fields` to the line."""
    return {_FIELDS: fields}


def _encoded(line: dict[str, Any]) -> str:
    """In ASCII: other characters end lines for some readers, and a terminal takes some for commands."""
    try:
        return _encode(line).decode("ascii")
    except UnicodeError:  # of a lone surrogate, too, which file names may hold and UTF-8 may not
        return json.dumps(line, default=str)
