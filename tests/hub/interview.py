"""What the apps are asked, ahead of the tests that judge their answers.

The hub answers while pytest is busy with itself: either of them takes about half of the time of an app's smoke.
No question changes anything where the app is as it should be; each is asked once, and its answer goes to one test
alone. The questions to a few apps leave together, so that neither side wakes for each of them.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from tests.hub.client import Client, bearer, password_grant, token_in
from tests.hub.conversation import Conversation, Question
from tests.hub.forgeries import KINDS, UNSIGNED, forge
from tests.hub.front_end_calls import calls_for_members
from tests.hub.hub_process import HubUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from tests.hub.client import Reply
    from tests.hub.hub_process import HubProcess

_AT_ONCE: Final = 2  # where an app hangs, the other one goes on
_LOT: Final = 8  # apps; few, because the first test waits for the first lot
_HEALTH_PATH: Final = re.compile(r"^ +health_path: *(\S+)", re.MULTILINE)
NOBODY, ANOTHER_SITE = "by nobody", "by another site"
_Asked = tuple[str, str]  # what, and of which app


class Interview:
    """Asks every app every question; a test that comes too early waits for its answer.

    Args:
        hub: Who serves the apps.
        slugs: The apps, in the order in which the tests come to them.
        stranger: A token that is good, and is for no app.
    """

    def __init__(self, hub: HubProcess, slugs: Iterable[str], stranger: str) -> None:
        self._hub = hub
        self._stranger = stranger
        self._own = threading.local()  # a connection serves one thread
        self._opened: list[Client | Conversation] = []
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="interview")
        self._lots: dict[str, Future[dict[_Asked, Reply | HubUnusable]]] = {}
        slugs = tuple(slugs)
        self._doubted = frozenset(slugs[:_LOT])
        for start in range(0, len(slugs), _LOT):
            lot = slugs[start : start + _LOT]
            self._lots |= dict.fromkeys(lot, self._pool.submit(self._ask, lot))

    def answer(self, what: str, slug: str) -> Reply:
        """Return what an app answers.

        Raises:
            HubUnusable: Nobody answers.
        """
        answer = self._lots[slug].result()[what, slug]
        if isinstance(answer, HubUnusable):
            raise answer
        return answer

    def forgeries(self, slug: str) -> tuple[str, ...]:
        """With which forgeries an app is asked: all share a verifier, so of many only a few with all."""
        return KINDS if slug in self._doubted else (UNSIGNED,)

    def finds(self, slug: str) -> bool:
        """Whether the hub has said where an app is."""
        return slug in self._hub.app_urls

    def close(self) -> None:
        """Ask nothing more; what is being asked ends with the hub."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def _ask(self, lot: Sequence[str]) -> dict[_Asked, Reply | HubUnusable]:
        """Get a token for each app of a lot, then ask everything."""
        tokens = self._put({("token", slug): self._for_token(slug) for slug in lot})
        questions = {
            (what, slug): question
            for slug in lot
            for what, question in self._questions(slug, tokens["token", slug]).items()
        }
        return tokens | self._put(questions)

    def _for_token(self, slug: str) -> Question:
        return Question(f"{self._hub.url}/identity/token", form=password_grant(slug))

    def _questions(self, slug: str, token: Reply | HubUnusable) -> dict[str, Question]:
        at = self._hub.app_urls.get(slug, f"{self._hub.url}/missing")
        own = str(token) if isinstance(token, HubUnusable) else token_in(token)
        key = self._hub.data / "signing-key.json"
        forged = {kind: forge(kind, own, key) for kind in self.forgeries(slug)}
        return {
            "health": Question(at + health_path(self._hub.apps / slug)),
            "me of nobody": Question(f"{at}/api/me"),
            "me of a stranger": Question(f"{at}/api/me", bearer(self._stranger)),
            **{kind: Question(f"{at}/api/me", bearer(each)) for kind, each in forged.items()},
            **self._calls(slug, at, {"cookie": f"hub_token={own}"}),
            "me": Question(f"{at}/api/me", bearer(own)),
            "page": Question(f"{at}/", {"accept": "text/html"}),
            "manifest": Question(f"{at}/.hub/manifest"),
        }

    def _calls(self, slug: str, at: str, kept: Mapping[str, str]) -> dict[str, Question]:
        """What its front end calls, by nobody; and every change by a browser that another site sends."""
        calls = calls_for_members(self._hub.apps / slug)
        return {
            " ".join((*call, by)): Question(at + call.path, headers, method=call.method)
            for by, headers in ((NOBODY, {}), (ANOTHER_SITE, kept))
            for call in calls
            if call.method != "GET" or by == NOBODY
        }

    def _put(self, questions: dict[_Asked, Question]) -> dict[_Asked, Reply | HubUnusable]:
        """Put the questions at once; whatever an app that broke off has left open, one by one."""
        conversation, client = self._connections()
        answers: list[Reply | HubUnusable] = [*conversation.ask(list(questions.values()))]
        answers += [_ask_again(client, each) for each in [*questions.values()][len(answers) :]]
        return dict(zip(questions, answers, strict=True))

    def _connections(self) -> tuple[Conversation, Client]:
        if not hasattr(self._own, "connections"):
            self._own.connections = Conversation(self._hub.url), Client(self._hub.url)
            self._opened += self._own.connections
        found: tuple[Conversation, Client] = self._own.connections
        return found


def _ask_again(client: Client, question: Question) -> Reply | HubUnusable:
    headers = {name.replace("-", "_"): value for name, value in question.headers.items()}
    try:
        if question.form:
            return client.form(question.url, question.form, **headers)
        return client.request(question.method or "GET", question.url, headers=headers)
    except HubUnusable as error:
        return error


def health_path(folder: Path) -> str:
    """Return where an app says how it is, of a manifest that may be broken too."""
    text = (folder / "app.manifest.yml").read_text(encoding="utf-8", errors="replace")
    found = _HEALTH_PATH.search(text)
    return found[1].strip("\"'") if found else "/health"
