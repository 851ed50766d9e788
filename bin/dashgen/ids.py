"""Names of things: made at random, and checked before they touch a path."""

from __future__ import annotations

import re
import secrets
from typing import NewType

CanvasId = NewType("CanvasId", str)

_CANVAS_ID = re.compile(r"cnv_[0-9a-f]{12}", re.ASCII)
_USER_ID = re.compile(r"usr_[0-9a-z]{1,32}", re.ASCII)


def new_canvas_id() -> CanvasId:
    """A fresh canvas id: ``cnv_`` and 12 hexadecimal digits."""
    return CanvasId(f"cnv_{secrets.token_hex(6)}")


def new_component_id() -> str:
    """A fresh component id: ``comp_`` and 8 hexadecimal digits."""
    return f"comp_{secrets.token_hex(4)}"


def new_user_id() -> str:
    """A fresh user id: ``usr_`` and 12 hexadecimal digits."""
    return f"usr_{secrets.token_hex(6)}"


def parse_canvas_id(text: str) -> CanvasId | None:
    """The text as a canvas id, or None when it is not one."""
    return CanvasId(text) if _CANVAS_ID.fullmatch(text) else None


def is_user_id(text: str) -> bool:
    """Whether the text is a user id, and so is safe as the name of a folder or file."""
    return _USER_ID.fullmatch(text) is not None
