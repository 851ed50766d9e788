"""What the process that serves tells the one that watches it: in memory that both share, which outlives it."""

from __future__ import annotations

import contextlib
import mmap
import types
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterator

# Where each begins; of more apps at once than there is room for, some are not named.
_DONE, _BEAT, _STEP, _SERVED, _END = 0, 1, 2, 66, 4096


class Board:
    """Who is at work in the serving process, and whether it still is."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _END)
        self._serving: Counter[str] = Counter()

    def clear(self) -> None:
        """Forget all: another process begins."""
        self._shared[:] = bytes(_END)
        self._serving.clear()

    def finish(self) -> None:
        """Say that the process ends because it should."""
        self._shared[_DONE] = 1

    @property
    def is_finished(self) -> bool:
        """Whether the process has ended because it should."""
        return bool(self._shared[_DONE])

    def beat(self) -> None:
        """Say that the event loop goes round."""
        self._shared[_BEAT] = (self._shared[_BEAT] + 1) % 256

    @property
    def beats(self) -> int:
        """Something else than before, if the event loop has gone round since."""
        return self._shared[_BEAT]

    @property
    def running(self) -> str:
        """The app whose code runs in the event loop at this moment, or nothing."""
        return self._text(_STEP, _SERVED)

    @property
    def served(self) -> list[str]:
        """The apps that have something to answer, or are being loaded."""
        said = self._text(_SERVED, _END)
        named = said.split(" ") if said else []
        return named[:-1] if len(said) == _END - _SERVED else named  # the last one may be cut off

    @contextlib.contextmanager
    def serving(self, slug: str) -> Iterator[None]:
        """Say that an app has something to do, in this thread or in others."""
        self._serving[slug] += 1
        self._note_served()
        try:
            yield
        finally:
            self._serving[slug] -= 1
            self._note_served()

    def _note_served(self) -> None:
        self._serving = +self._serving
        self._put(_SERVED, _END, " ".join(self._serving))

    @types.coroutine
    def running_of(self, slug: str, work: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
        """Do some work of an app, and say so whenever it is at work and not waiting."""
        answer: Any = None
        thrown: BaseException | None = None
        while True:
            self._put(_STEP, _SERVED, slug)
            try:
                awaited = work.send(answer) if thrown is None else work.throw(thrown)
            except StopIteration:
                return
            finally:
                self._put(_STEP, _SERVED, "")
            answer, thrown = None, None
            try:
                answer = yield awaited
            except BaseException as error:  # noqa: BLE001 - it is the work's, such as a cancellation
                thrown = error

    def _put(self, start: int, end: int, text: str) -> None:
        size = end - start
        self._shared[start:end] = text.encode()[:size].ljust(size, b"\0")

    def _text(self, start: int, end: int) -> str:
        return self._shared[start:end].rstrip(b"\0").decode(errors="replace")
