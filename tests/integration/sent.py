"""What more than one asker sends to a server, or lays before it."""

from __future__ import annotations

_SCRIPT = "javascript:alert(1)"
# Components that no room can have, each with the field by whose name they are refused.
ODD_PARTS: tuple[tuple[object, str], ...] = (
    ({}, ""),
    ([{"type": "no-such"}], "[0].type"),
    ([{"type": "text", "id": "?"}], "[0].id"),
    ([{"type": "text", "x": "far"}], "[0].x"),
    ([{"type": "text", "w": -1}], "[0].w"),
    ([{"type": "text", "locked": 1}], "[0].locked"),
    ([{"type": "text", "events": []}], "[0].events"),
    ([{"type": "text", "props": {"a": [{"Href": _SCRIPT}]}}], "[0].props.a[0].Href"),
    ([{"type": "prop", "interaction": {"link": {"url": _SCRIPT}}}], "[0].interaction.link.url"),
    ([{"type": "prop", "events": {"press": {"src": _SCRIPT}}}], "[0].events.press.src"),
    ([{"type": "text", "props": {"text": "x" * 20_001}}], "[0].props.text"),
    ([{"type": "text", "props": {"k" * 81: 1}}], "[0].props"),
    ([{"type": "text", "id": "same"}] * 2, "[1].id"),
)
# A record that a rollback has left.
INCIDENT = {
    "schema": "incident/1",
    "id": "one",
    "opened": 1.0,
    "severity": "high",
    "status": "found",
    "rows": [{"test": "test_one"}],
    "culprit": {"sha": "0123456789abcdef", "subject": "a change"},
    "next": ["bin/invoke rollback"],
}
