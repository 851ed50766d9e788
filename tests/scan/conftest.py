"""A server with something on it, for scanners."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.dashgen.conftest import ControlPanel, Creator

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPONENTS = [
    {"type": "text", "x": 10, "y": 10, "props": {"text": "A harbour at noon"}},
    {"type": "click-to-read", "x": 10, "y": 90, "props": {"label": "Log", "content": "# Low tide"}},
    {"type": "click-to-link", "x": 10, "y": 180, "props": {"label": "Tides", "url": "/docs"}},
]
# A scan makes more requests a minute than anybody should.
MANY = {"ENSEMBLE_SIGNUPS_PER_MINUTE": "1000000", "ENSEMBLE_TOKEN_CHECKS_PER_MINUTE": "1000000"}


class Target(NamedTuple):
    """What is scanned.

    Attributes:
        panel: The server; its gate is open.
        creator: Somebody who has canvases there.
        public: A canvas in the grid.
        draft: One that is not.
    """

    panel: ControlPanel
    creator: Creator
    public: str
    draft: str

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.panel.port}"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server with two creators, canvases in every state, and a project."""
    with ControlPanel(tmp_path_factory.mktemp("scanned"), MANY) as panel:
        panel.open_gate()
        creator, other = panel.signup(), panel.signup()
        room = {"components": COMPONENTS}
        public = panel.published(creator, title="On view", room_state=room)
        panel.published(creator, slot=1, visibility="unlisted", room_state=room)
        panel.published(other, title="Of another", room_state=room)
        projects = panel.orch / "projects"
        projects.mkdir()
        (projects / "smoke.json").write_text('{"slug": "smoke", "name": "Smoke", "active": true}')
        yield Target(panel, creator, public, panel.draft(creator, title="Unfinished"))
