"""What is looked up once for all whom one round of the event loop serves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class OncePerRound(Generic[_T]):
    """Looks something up, and holds it until the round of the event loop is over.

    What a round serves had begun to arrive before the round began: the loop asks the system which
    connections have something, and only then reads them. So what is looked up in the round is no
    older than any request of it.

    Args:
        look: Looks it up; must not wait.
    """

    def __init__(self, look: Callable[[], _T]) -> None:
        self._look = look
        self._seen: tuple[_T] | None = None

    def __call__(self) -> _T:
        """What was seen in this round; whatever looking raises is raised, and held by nobody."""
        if self._seen is None:
            self._seen = (self._look(),)
            # Runs first in the next round, before whatever that one serves.
            asyncio.get_running_loop().call_soon(self._forget)
        return self._seen[0]

    def _forget(self) -> None:
        self._seen = None
