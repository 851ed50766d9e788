"""Watches the process that serves, and starts it anew without the app that has ended it or holds it up.

The code of apps runs in the process that serves, where one of them can end it: ``os._exit``, a crash in C, a loop
without end. This process loads no app. It keeps the ports open meanwhile, so that nobody is turned away; a new
process is a copy of this one, which takes no time.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final, NoReturn

from hub.errors import EXIT_ENVIRONMENT, EXIT_GREEN, EXIT_INTERRUPTED
from hub.watching.blame import Blame, Death, Pulse, Suspicion, ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.watching.board import Board

    # Given a descriptor, at whose end it stops, and whether it is the first; its result is the exit code.
    Serve = Callable[[int, bool], int]

POLL_SECONDS: Final = 0.5
GRACE_SECONDS: Final = 5.0  # between asking the process to end and ending it
_AT_ONCE_SECONDS: Final = 1.0  # a process that dies so soon has answered hardly anybody
_MOST_AT_ONCE: Final = 5
_STDIN: Final = 0


class Supervisor:
    """Keeps one process serving until it is told to stop.

    Attributes:
        blamed: The apps that are not run, by slug; the next process sees them.

    Args:
        board: What the process writes on.
        hang_seconds: How long the event loop may stand still.
        ends_with_stdin: Whether the end of standard input is the end of all.
    """

    def __init__(self, board: Board, hang_seconds: float, *, ends_with_stdin: bool) -> None:
        self.blamed: dict[str, Blame] = {}
        self._board = board
        self._hang_seconds = hang_seconds
        self._inputs = [_STDIN] if ends_with_stdin else []
        self._hang = ""
        self._suspicion = Suspicion()
        self._exit_code: int | None = None  # since it was told to stop
        self._woken = -1

    def run(self, serve: Serve) -> int:
        """Serve until a signal comes or standard input ends.

        Args:
            serve: Serves in a process of its own, until the descriptor that it is given is at its end; it is
                told whether it is the first to do so.

        Returns:
            130 after Ctrl-C, 0 after SIGTERM and the end of standard input; else what ``serve`` returned.
        """
        self._listen_to_signals()
        is_first, died_at_once = True, 0
        while True:
            started = time.monotonic()
            status = self._run_once(serve, is_first=is_first)
            if self._exit_code is not None:
                return self._exit_code
            if self._board.is_finished:
                return status
            is_known = self._judge(self._hang or ending(status))
            lasted = time.monotonic() - started >= _AT_ONCE_SECONDS
            died_at_once = 0 if is_known or lasted else died_at_once + 1
            if died_at_once == _MOST_AT_ONCE:
                sys.stderr.write("error: the process that serves ends again and again\n")
                return EXIT_ENVIRONMENT
            is_first = False

    def _listen_to_signals(self) -> None:
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _: object) -> None:
        if number != signal.SIGCHLD:
            self._exit_code = EXIT_INTERRUPTED if number == signal.SIGINT else EXIT_GREEN

    def _run_once(self, serve: Serve, *, is_first: bool) -> int:
        """Start a process and wait for its end; return its exit code, or minus the signal that ended it."""
        self._board.clear()
        lifeline, ours = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if not child:
            os.close(ours)
            self._be_the_child(serve, lifeline, is_first=is_first)
        os.close(lifeline)
        return self._wait_for(child, ours)

    def _be_the_child(self, serve: Serve, lifeline: int, *, is_first: bool) -> NoReturn:
        """Serve, and end without a way back into what the parent was doing."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Ctrl-C goes to both processes: the parent alone hears it, and passes it on by the lifeline.
            # They are heard and not ignored, because what the apps start would inherit that.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: None)
            status = serve(lifeline, is_first)
            self._board.finish()
        except Exception:  # noqa: BLE001 - an error of the hub's own, and the end of it
            traceback.print_exc()
            self._board.finish()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _wait_for(self, child: int, lifeline: int) -> int:
        """Wait for the end of a process, which comes by itself, or because all ends, or because it hangs."""
        self._hang = ""
        asked_at = None
        pulse = Pulse(self._hang_seconds)
        while True:
            self._wait_a_little()
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                break
            now = time.monotonic()
            if self._exit_code is not None and asked_at is None:
                asked_at = now
                os.close(lifeline)
            if asked_at is not None and now - asked_at > GRACE_SECONDS:
                os.kill(child, signal.SIGKILL)
            elif pulse.has_stopped(self._board.beats, now) and self._somebody_is_at_work():
                self._hang = f"held up the whole hub for {self._hang_seconds:g} s"
                os.kill(child, signal.SIGKILL)
        if asked_at is None:
            os.close(lifeline)
        return os.waitstatus_to_exitcode(status)

    def _wait_a_little(self) -> None:
        ready, _, _ = select.select([self._woken, *self._inputs], [], [], POLL_SECONDS)
        if self._woken in ready:
            os.read(self._woken, 4096)
        if _STDIN in ready and not os.read(_STDIN, 4096):
            self._inputs.clear()
            self._exit_code = EXIT_GREEN

    def _somebody_is_at_work(self) -> bool:
        return bool(self._board.running or self._board.served)

    def _judge(self, what: str) -> bool:
        """Blame the app that did it, if that is known; say so to whoever reads the log."""
        death = Death(self._board.running, self._board.served)
        culprit = self._suspicion.culprit(death)
        if culprit:
            self.blamed[culprit] = Blame(f"{culprit} {what}", time.time())
        sys.stderr.write(f"{culprit or 'some app'} {what}; the hub starts anew\n")
        sys.stderr.flush()
        return bool(culprit)
