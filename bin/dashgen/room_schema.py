"""What a room may hold: the shapes that are stored, and the reading of what a client sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from dashgen.errors import SchemaError
from dashgen.ids import new_component_id
from dashgen.links import safe_href

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_COMPONENTS = 200
MAX_DEPTH = 12
MAX_NODES = 20_000
MAX_STRING = 20_000
MAX_KEY = 80
MAX_NAME = 64
MAX_POSITION = 100_000.0
MAX_STAGE = 10_000
# JSON numbers beyond this lose digits in a browser.
MAX_NUMBER = 2**53

COMPONENT_TYPES = (
    "slot",
    "badge",
    "dot",
    "ticker",
    "card",
    "smoke",
    "text",
    "image",
    "svg",
    "staff",
    "prop",
    "link",
    "hover",
    "sound",
    "embed",
    "html",
    "style",
    "behavior",
    "sprite",
    "click-to-read",
    "click-to-link",
)
# Wherever one of these keys stands in a component, its value is a link.
LINK_KEYS = frozenset({"url", "href", "src"})

_COMPONENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)


class Stage(msgspec.Struct):
    """The surface that components stand on, in pixels."""

    width: int = 1920
    height: int = 1080
    background_layer: str = ""
    ambient_sound: str = ""


class Component(msgspec.Struct, omit_defaults=True):
    """One thing on the stage. A width or height of 0 means as large as its content."""

    id: str
    type: str
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    z: int = 0
    rotation: float = 0.0
    props: dict[str, object] = {}
    interaction: dict[str, object] = {}
    events: dict[str, object] = {}
    locked: bool = False
    hidden: bool = False


class RoomState(msgspec.Struct):
    """Everything that a creator put on a canvas."""

    preset: str = "blank"
    ambient: str = ""
    stage: Stage = msgspec.field(default_factory=Stage)
    components: list[Component] = []


_COMPONENT_FIELDS = frozenset(Component.__struct_fields__)


def normalise_room(raw: object) -> RoomState:
    """Read a room in either of the two shapes in use and give back the one that is stored.

    A flat component (``label`` or ``url`` on the component itself) becomes one with ``props``.
    Keys of the room that are not known are dropped; keys of a component are kept as props.

    Args:
        raw: Decoded JSON.

    Returns:
        The room. Normalising it again changes nothing.

    Raises:
        SchemaError: Something is out of bounds; the error names the field.
    """
    _check_tree(raw, "room_state")
    room = _object(raw, "room_state")
    return RoomState(
        preset=_text(room, "preset", "room_state", default="blank"),
        ambient=_text(room, "ambient", "room_state"),
        stage=_stage(room.get("stage"), "room_state.stage"),
        components=_components(room.get("components"), "room_state.components"),
    )


def unknown_name(field: str, name: str, known: Collection[str]) -> SchemaError:
    """The error for a name outside a fixed list, with the nearest names of that list."""
    import difflib  # noqa: PLC0415 - only an error needs it

    nearest = difflib.get_close_matches(name[:MAX_NAME], known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else f"; known: {', '.join(known)}"
    return SchemaError(field, f"is not known: {_printable(name)}{hint}")


def _check_tree(root: object, field: str) -> None:
    """Refuse what no part of a room may hold. A loop, not a recursion: depth is hostile."""
    pending: list[tuple[object, str, int]] = [(root, field, 1)]
    seen = 0
    while pending:
        value, at, depth = pending.pop()
        seen += 1
        if seen > MAX_NODES:
            raise SchemaError(field, f"holds more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise SchemaError(at, f"is nested more than {MAX_DEPTH} deep")
        if isinstance(value, dict):
            for key, child in value.items():
                pending.append((child, f"{at}.{_checked_key(key, at)}", depth + 1))
        elif isinstance(value, list):
            pending.extend((child, f"{at}[{n}]", depth + 1) for n, child in enumerate(value))
        else:
            _check_scalar(value, at)


def _checked_key(key: object, at: str) -> str:
    if not isinstance(key, str):
        raise SchemaError(at, "has a key that is not a string")
    _check_scalar(key, f"{at}: a key")
    if len(key) > MAX_KEY:
        raise SchemaError(at, f"has a key longer than {MAX_KEY} characters")
    return _printable(key)


def _check_scalar(value: object, at: str) -> None:
    if isinstance(value, str):
        if len(value) > MAX_STRING:
            raise SchemaError(at, f"is longer than {MAX_STRING} characters")
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise SchemaError(at, "holds a lone surrogate, which is not text")
    elif isinstance(value, float | int):
        if not abs(value) <= MAX_NUMBER:  # written so that NaN is refused too
            raise SchemaError(at, "is not a finite number in range")
    elif value is not None:
        raise SchemaError(at, "is not a JSON value")


def _printable(text: str) -> str:
    """The text as it can stand in a message: short, and ASCII."""
    return ascii(text[:MAX_NAME])[1:-1]


def _object(raw: object, at: str) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise SchemaError(at, "must be an object")
    return raw


def _optional_object(raw: object, at: str) -> dict[str, object]:
    return {} if raw is None else _object(raw, at)


def _text(
    source: dict[str, object], key: str, at: str, *, default: str = "", longest: int = MAX_NAME
) -> str:
    value = source.get(key, default)
    if not isinstance(value, str):
        raise SchemaError(f"{at}.{key}", "must be a string")
    if len(value) > longest:
        raise SchemaError(f"{at}.{key}", f"is longer than {longest} characters")
    return value


def _number(source: dict[str, object], key: str, at: str, *, low: float = -MAX_POSITION) -> float:
    value = source.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SchemaError(f"{at}.{key}", "must be a number")
    if not low <= value <= MAX_POSITION:
        raise SchemaError(f"{at}.{key}", f"must be between {low:g} and {MAX_POSITION:g}")
    return float(value)


def _flag(source: dict[str, object], key: str, at: str) -> bool:
    value = source.get(key, False)
    if not isinstance(value, bool):
        raise SchemaError(f"{at}.{key}", "must be true or false")
    return value


def _stage(raw: object, at: str) -> Stage:
    source = _optional_object(raw, at)
    return Stage(
        width=_pixels(source, "width", at, default=1920),
        height=_pixels(source, "height", at, default=1080),
        background_layer=_text(source, "background_layer", at, longest=200),
        ambient_sound=_text(source, "ambient_sound", at, longest=200),
    )


def _pixels(source: dict[str, object], key: str, at: str, *, default: int) -> int:
    value = _number({key: source.get(key, default)}, key, at)
    if not 1 <= value <= MAX_STAGE or value != int(value):
        raise SchemaError(f"{at}.{key}", f"must be a whole number between 1 and {MAX_STAGE}")
    return int(value)


def _components(raw: object, at: str) -> list[Component]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise SchemaError(at, "must be a list")
    if len(raw) > MAX_COMPONENTS:
        raise SchemaError(at, f"has more than {MAX_COMPONENTS} components")
    components = [_component(item, f"{at}[{n}]") for n, item in enumerate(raw)]
    seen: set[str] = set()
    for n, component in enumerate(components):
        if component.id in seen:
            raise SchemaError(f"{at}[{n}].id", "is the id of an earlier component")
        seen.add(component.id)
    return components


def _component(raw: object, at: str) -> Component:
    source = _object(raw, at)
    flat = {key: value for key, value in source.items() if key not in _COMPONENT_FIELDS}
    props = _optional_object(source.get("props"), f"{at}.props")
    return Component(
        id=_component_id(source, at),
        type=_component_type(source, at),
        x=_number(source, "x", at),
        y=_number(source, "y", at),
        w=_number(source, "w", at, low=0),
        h=_number(source, "h", at, low=0),
        z=round(_number(source, "z", at)),
        rotation=_number(source, "rotation", at),
        props=_linked({**flat, **props}, f"{at}.props"),
        interaction=_linked(
            _optional_object(source.get("interaction"), f"{at}.interaction"), f"{at}.interaction"
        ),
        events=_linked(_optional_object(source.get("events"), f"{at}.events"), f"{at}.events"),
        locked=_flag(source, "locked", at),
        hidden=_flag(source, "hidden", at),
    )


def _component_id(source: dict[str, object], at: str) -> str:
    if "id" not in source:
        return new_component_id()
    value = _text(source, "id", at)
    if not _COMPONENT_ID.fullmatch(value):
        raise SchemaError(f"{at}.id", "must be letters, digits and _ . : -")
    return value


def _component_type(source: dict[str, object], at: str) -> str:
    name = _text(source, "type", at).replace("_", "-")
    if name not in COMPONENT_TYPES:
        raise unknown_name(f"{at}.type", name, COMPONENT_TYPES)
    return name


def _linked(source: dict[str, object], at: str) -> dict[str, object]:
    """The same object with every link in it checked and re-serialised."""
    return {
        key: _linked_value(key, value, f"{at}.{_printable(key)}") for key, value in source.items()
    }


def _linked_value(key: str, value: object, at: str) -> object:
    if isinstance(value, dict):
        return _linked(value, at)
    if isinstance(value, list):
        return [_linked_value(key, item, f"{at}[{n}]") for n, item in enumerate(value)]
    if key.casefold() not in LINK_KEYS or value is None or value == "":
        return value
    href = safe_href(value) if isinstance(value, str) else None
    if href is None:
        raise SchemaError(at, "must be a link to http, https, mailto or a page of this site")
    return href
