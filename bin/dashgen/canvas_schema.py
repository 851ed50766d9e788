"""The canvas as it is sent, stored and shown, and the limits of each field."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dashgen.decoding import ShapeError, decode
from dashgen.errors import SchemaError
from dashgen.ids import CanvasId, is_user_id, new_canvas_id
from dashgen.room_schema import RoomState, normalise_room, unknown_name

SCHEMA_VERSION = 1
MAX_TITLE = 80
MAX_DESCRIPTION = 240
DEFAULT_THEME = "warm"
THEMES = (
    "crimson",
    "ruby",
    "rose",
    "sunset",
    "amber",
    "lemon",
    "warm",
    "sand",
    "sage",
    "lime",
    "forest",
    "teal",
    "ocean",
    "slate",
    "cobalt",
    "midnight",
    "aurora",
    "plum",
    "ash",
    "mono",
    "paper",
)

_Title = Annotated[str, Meta(max_length=MAX_TITLE)]
_Description = Annotated[str, Meta(max_length=MAX_DESCRIPTION)]
_ShortAnswer = Annotated[str, Meta(max_length=80)]
_LongAnswer = Annotated[str, Meta(max_length=500)]

_T = TypeVar("_T")


class Visibility(StrEnum):
    """Who may read a published canvas: all and listed, all who know its URL, its owner."""

    public = "public"
    unlisted = "unlisted"
    private = "private"


class Source(StrEnum):
    """How a canvas came to be."""

    manual = "manual"
    procedural_fill = "procedural_fill"
    claude_genesis = "claude_genesis"


def display_title(title: str, owner_handle: str, owner_id: str) -> str:
    """The title, or one made from the owner's handle where a reader would see none."""
    return title if title.strip() else f"{owner_handle.strip() or owner_id}'s canvas"


class Owner(msgspec.Struct, frozen=True):
    """A paired user."""

    id: str
    handle: str


class CanvasContent(msgspec.Struct, kw_only=True):
    """What a canvas says, apart from whether and where it is published. Times in Unix seconds."""

    id: CanvasId
    owner_id: str
    owner_handle: str
    room_state: RoomState
    theme: str = DEFAULT_THEME
    title: str = ""
    description: str = ""
    source: Source = Source.manual
    source_metadata: dict[str, object] = {}
    featured_score: float = 0.0
    featured_locked: bool = False
    pack_id: str | None = None
    created_at: float
    updated_at: float
    schema_version: int = SCHEMA_VERSION

    @property
    def display_title(self) -> str:
        """What the canvas is called wherever it is shown; see the function of this name."""
        return display_title(self.title, self.owner_handle, self.owner_id)


class Canvas(CanvasContent, kw_only=True):
    """A canvas: a draft, or published in a slot."""

    slot_index: int | None = None
    published_at: float | None = None
    visibility: Visibility = Visibility.private
    is_showcase: bool = False

    @property
    def is_published(self) -> bool:
        """Whether the canvas holds a slot."""
        return self.published_at is not None

    @property
    def place_in_own_list(self) -> tuple[bool, int, float]:
        """The place among an owner's canvases: published ones by slot, then drafts, the last edited first."""
        return (not self.is_published, self.slot_index or 0, -self.updated_at)


class Card(msgspec.Struct, frozen=True):
    """What the grid shows of a canvas."""

    id: CanvasId
    title: str
    owner_handle: str
    description: str
    theme: str
    published_at: float
    thumbnail_url: str | None = None


class SignupContext(msgspec.Struct, frozen=True):
    """A newcomer's answers."""

    handle: _ShortAnswer = ""
    building: _LongAnswer = ""
    vibe: _ShortAnswer = ""
    color_scheme: _ShortAnswer = ""
    problem: _LongAnswer = ""
    github_handle: _ShortAnswer = ""


class CanvasDraft(msgspec.Struct, kw_only=True):
    """A canvas to be: what a client may send, checked, or what procedural fill made."""

    room_state: RoomState = msgspec.field(default_factory=RoomState)
    theme: str = DEFAULT_THEME
    title: str = ""
    description: str = ""
    source: Source = Source.manual
    source_metadata: dict[str, object] = {}
    signup_context: SignupContext | None = None


class CanvasChanges(msgspec.Struct, kw_only=True):
    """What an update changes; a field that is not set stays as it is."""

    room_state: RoomState | UnsetType = UNSET
    theme: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET

    def fields(self) -> dict[str, Any]:
        """The fields that are set, and what they become."""
        given = msgspec.structs.asdict(self)
        return {field: value for field, value in given.items() if value is not UNSET}


class _DraftOnTheWire(msgspec.Struct):
    room_state: object = UNSET
    theme: str = DEFAULT_THEME
    title: _Title = ""
    description: _Description = ""
    source: Source = Source.manual
    signup_context: SignupContext | None = None


class _ChangesOnTheWire(msgspec.Struct):
    room_state: object = UNSET
    theme: str | UnsetType = UNSET
    title: _Title | UnsetType = UNSET
    description: _Description | UnsetType = UNSET


def new_canvas(owner: Owner, draft: CanvasDraft, now: float) -> Canvas:
    """Make the record of a new canvas, with an id of its own, for a store to keep.

    Args:
        owner: Whose it is.
        draft: What it says.
        now: When it is made, in Unix seconds.

    Raises:
        SchemaError: The owner's id is not a user id.
    """
    if not is_user_id(owner.id):
        raise SchemaError("owner_id", "is not a user id")
    return Canvas(
        id=new_canvas_id(),
        owner_id=owner.id,
        owner_handle=owner.handle,
        room_state=draft.room_state,
        theme=draft.theme,
        title=draft.title,
        description=draft.description,
        source=draft.source,
        source_metadata=draft.source_metadata,
        created_at=now,
        updated_at=now,
    )


def parse_draft(body: bytes) -> CanvasDraft:
    """Read the body of a create request. Unknown keys, such as an owner's id, are ignored.

    Raises:
        SchemaError: The body is not such an object; the error names the field.
    """
    wire = decode_body(body, _DraftOnTheWire)
    return CanvasDraft(
        room_state=RoomState() if wire.room_state is UNSET else normalise_room(wire.room_state),
        theme=_known_theme(wire.theme),
        title=wire.title,
        description=wire.description,
        source=wire.source,
        signup_context=wire.signup_context,
    )


def parse_changes(body: bytes) -> CanvasChanges:
    """Read the body of an update request. Unknown keys are ignored.

    Raises:
        SchemaError: The body is not such an object; the error names the field.
    """
    wire = decode_body(body, _ChangesOnTheWire)
    return CanvasChanges(
        room_state=UNSET if wire.room_state is UNSET else normalise_room(wire.room_state),
        theme=UNSET if wire.theme is UNSET else _known_theme(wire.theme),
        title=wire.title,
        description=wire.description,
    )


def decode_body(body: bytes, shape: type[_T]) -> _T:
    """Decode a JSON body into a struct.

    Raises:
        SchemaError: Not JSON, too deep, or not of that shape; the error names the field.
    """
    try:
        return decode(body, shape)
    except ShapeError as error:
        message, _, path = str(error).partition(" - at `$")
        raise SchemaError(path.strip(".`") or "body", f"is refused: {message}") from None
    except (ValueError, RecursionError):
        raise SchemaError("body", "is not valid JSON") from None


def public_record(canvas: Canvas) -> dict[str, object]:
    """What a visitor may see of a canvas: named key by key, so that a new field stays private."""
    return {
        "id": canvas.id,
        "owner_id": canvas.owner_id,
        "owner_handle": canvas.owner_handle,
        "room_state": canvas.room_state,
        "theme": canvas.theme,
        "title": canvas.title,
        "description": canvas.description,
        "slot_index": canvas.slot_index,
        "published_at": canvas.published_at,
        "visibility": canvas.visibility,
        "is_showcase": canvas.is_showcase,
        "schema_version": canvas.schema_version,
    }


def _known_theme(name: str) -> str:
    if name not in THEMES:
        raise unknown_name("theme", name, THEMES)
    return name
