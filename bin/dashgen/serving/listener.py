"""The socket that visitors come to: room for as many as the system allows, and patience where there is none."""

from __future__ import annotations

import errno
import logging
import resource
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# More would cost the system more than a process can make of them.
_MOST_DESCRIPTORS: Final = 65_536

_log = logging.getLogger(__name__)


class PatientListener(socket.socket):
    """A listening socket that tells the event loop once where no more connections can be taken.

    asyncio then waits a second before it asks again; but first, in some versions of Python, it asks as
    often as the backlog is long, and has each refusal logged: thirty megabytes in ten seconds.
    """

    _has_refused = False

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection; directly behind a refusal there is none to be taken."""
        if self._has_refused:
            self._has_refused = False
            raise BlockingIOError
        try:
            return super().accept()
        except OSError as problem:
            self._has_refused = problem.errno in _EXHAUSTED
            raise


def allow_many_connections() -> None:
    """Raise the number of files that this process may have open, as far as that is its own to do."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _MOST_DESCRIPTORS)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def tell_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's handler of faults: that there is no more room is nobody's, and takes one line."""
    problem = context.get("exception")
    if isinstance(problem, OSError) and problem.errno in _EXHAUSTED:
        _log.warning("no more connections can be taken: %s", problem.strerror)
    else:
        loop.default_exception_handler(context)
