"""The hub's own icons, by their names: line drawings on a grid of 24 units, for tiles."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Name -> the inside of an <svg viewBox="0 0 24 24">, drawn for this project.
DRAWINGS: Final = MappingProxyType(
    {
        "box": '<path d="M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8"/>',
        "calendar": '<rect x="4" y="5" width="16" height="15" rx="2"/><path d="M4 10h16M8 3v4M16 3v4"/>',
        "chart-bar": '<path d="M4 20h16M7 16v-4M12 16V6M17 16v-7"/>',
        "circle": '<circle cx="12" cy="12" r="8"/>',
        "clock": '<circle cx="12" cy="12" r="8"/><path d="M12 7v5l3 2"/>',
        "contrast": '<circle cx="12" cy="12" r="8"/><path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor"/>',
        "file-text": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
        "folder": '<path d="M3 6h6l2 2h10v11H3z"/>',
        "globe": '<circle cx="12" cy="12" r="8"/><path d="M4 12h16M12 4c5 5 5 11 0 16-5-5-5-11 0-16z"/>',
        "heart": '<path d="M12 20S4 15 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z"/>',
        "inbox": '<path d="M4 13l3-8h10l3 8v6H4zM4 13h5l1 3h4l1-3h5"/>',
        "list-checks": '<path d="M4 6l2 2 3-4M4 13l2 2 3-4M4 20l2 2 3-4M12 7h8M12 14h8M12 21h8"/>',
        "map": '<path d="M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14"/>',
        "message-circle": '<path d="M4 20l1-4a8 8 0 1 1 3 3z"/>',
        "rocket": '<path d="M9 15l-3-3c2-6 6-9 14-8 1 8-2 12-8 14zM6 12H3l3-4M12 18v3l4-3M5 16c-1 1-2 4-1 4s3 0 4-1"/>',
        "shapes": '<circle cx="8" cy="8.5" r="5"/><circle cx="16" cy="8.5" r="5"/><circle cx="12" cy="15.5" r="5"/>',
        "users": '<circle cx="9" cy="8" r="4"/><path d="M2 20a7 7 0 0 1 14 0M16 4a4 4 0 0 1 0 8M18 14a7 7 0 0 1 4 6"/>',
        "wrench": '<path d="M14 7a4 4 0 0 1 6-3l-3 3 1 2 2 1 3-3a4 4 0 0 1-6 5l-8 8-3-3 8-8z"/>',
    }
)


def is_known(name: str) -> bool:
    """Whether the hub has an icon of this name."""
    return name in DRAWINGS
