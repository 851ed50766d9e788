"""A connection that answers a request it knows by itself, before anything is made of it.

A thousand visitors ask for the same in the same words. What a request asks for was found out by the
parser when it came for the first time; when the same bytes come again, and nothing but them, they
ask for the same, and neither the parser nor the application need look at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from dashgen.serving.connection import BoundedHttpProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Scope

_MOST_KNOWN: Final = 1024
_LONGEST_KNOWN: Final = 2048
# What is said in a head with one of these is a secret, and kept no longer than its request.
_SECRET: Final = frozenset({b"authorization", b"cookie"})
# A request with one of these has more to it than its head.
_NOT_ALL_YET: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_NEVER_KNOWN: Final = _SECRET | _NOT_ALL_YET


class KeptAnswers(Protocol):
    """Knows answers that need no application."""

    def asked_for(self, scope: Scope, url: bytes) -> bytes | None:
        """What a GET request asks for, if its answer may be here at times; told by its head alone."""

    def answer(self, asked: bytes, deliver: Callable[[bytes | None], None]) -> None:
        """Deliver the headers and the body of a 200, or None for what the application must answer.

        It may be delivered before this returns, or later on the same event loop.
        """


class KnownRequests:
    """What requests ask for that came before, by their bytes; one for all connections."""

    def __init__(self) -> None:
        self._asked: dict[bytes, bytes] = {}
        self.find = self._asked.get

    def learn(self, request: bytes, asked: bytes) -> None:
        """Remember what a request asks for, in bounded memory."""
        if len(request) > _LONGEST_KNOWN:
            return
        if len(self._asked) >= _MOST_KNOWN:
            self._asked.clear()  # who asks often is soon known again
        self._asked[request] = asked


class KeptHttpProtocol(BoundedHttpProtocol):
    """The bounded protocol, which looks first whether it knows the request; made by `protocol_with`.

    Attributes:
        answers: Who is asked for what is kept.
        known: The requests that may be answered with it.
    """

    answers: KeptAnswers
    known: KnownRequests

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun = 0
        self._asked: bytes | None = None
        self._unanswered: bytes | None = None
        self._behind = b""

    def data_received(self, data: bytes) -> None:
        """Answer a request that is known; what is not is taken, and may be known from then on."""
        if self._unanswered is not None:
            self._behind += data
            self.flow.pause_reading()
            return
        asked = self.known.find(data)
        if asked is None or not self._may_answer():
            self._take(data)
            return
        self._stop_clock()
        self._unanswered = data
        self.answers.answer(asked, self._deliver)

    def on_message_begin(self) -> None:
        """Count the requests that begin in what has just come."""
        super().on_message_begin()
        self._begun += 1
        self._asked = None

    def on_headers_complete(self) -> None:
        """Hand the request to the application, and see whether the next like it needs none."""
        super().on_headers_complete()
        parser = self.parser
        if (
            parser.get_method() == b"GET"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and _NEVER_KNOWN.isdisjoint(name for name, _ in self.headers)
        ):
            self._asked = self.answers.asked_for(cast("Scope", self.scope), self.url)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless its clock was left to run while requests were answered."""
        quiet = self.loop.time() - self._active_at
        if self._unanswered is None and quiet >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
            return
        rest = max(self.timeout_keep_alive - quiet, 0.001)
        self.timeout_keep_alive_task = self.loop.call_later(rest, self.timeout_keep_alive_handler)

    def _is_idle(self) -> bool:
        return self._unanswered is None and super()._is_idle()

    def _may_answer(self) -> bool:
        return (
            self._is_idle()
            and not self._ends_with_next
            and not self._refused
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _take(self, data: bytes) -> None:
        """Let the parser have it; one whole request and no more is learned."""
        is_between = not self._arriving
        self._begun = 0
        super().data_received(data)
        is_one = is_between and self._begun == 1 and not self._arriving
        if is_one and self._asked is not None:
            self.known.learn(data, self._asked)

    def _deliver(self, kept: bytes | None) -> None:
        """Answer the request that waits for it, and take what came behind it."""
        request, behind = self._unanswered, self._behind
        self._unanswered, self._behind = None, b""
        if request is None or self.transport.is_closing():
            return
        if kept is None or self._ends_with_next:
            behind = request + behind
        else:
            always = b"".join(b"%b: %b\r\n" % each for each in self.server_state.default_headers)
            self.transport.write(b"".join((STATUS_LINE[200], always, kept)))
            self._note_answered()
        if behind:
            self.flow.resume_reading()
            self._take(behind)

    def _note_answered(self) -> None:
        """As after any answer; but the clock of an idle connection is not set anew for each."""
        self.server_state.total_requests += 1
        self._active_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )


def protocol_with(
    request_seconds: float, refusal_headers: Sequence[tuple[bytes, bytes]], answers: KeptAnswers
) -> type[KeptHttpProtocol]:
    """Make the protocol class that uvicorn is given.

    Args:
        request_seconds: A request must have arrived whole within so many seconds.
        refusal_headers: What every refusal carries.
        answers: Knows answers that need no application.
    """
    attributes = {
        "request_seconds": request_seconds,
        "refusal_headers": refusal_headers,
        "answers": answers,
        "known": KnownRequests(),
    }
    return type("Protocol", (KeptHttpProtocol,), attributes)
