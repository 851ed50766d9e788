"""What Ensemble asks of any store of canvases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from dashgen.errors import SchemaError
from dashgen.ids import is_user_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dashgen.canvas_schema import Canvas, CanvasChanges, CanvasDraft, Card, Owner, Visibility
    from dashgen.grid_cursor import GridOrder
    from dashgen.serving.preconditions import EntityTags
    from dashgen.slots import Tier

MAX_PAGE = 100


class GridPage(msgspec.Struct, frozen=True):
    """One page of the grid; an empty cursor says that it is the last."""

    cards: list[Card]
    next_cursor: str


class SetAside(msgspec.Struct, frozen=True):
    """Something in the root that was moved away: paths relative to the root, and why."""

    path: str
    kept_as: str
    why: str


class CanvasStore(Protocol):
    """What Ensemble asks of any store of canvases.

    Every change is durable when its method returns, and all of it happens or none. Any text may
    be given for an id: one that is none is an id of nobody and of nothing.

    A method that changes a canvas takes ``owner_id``, who asks for it, and may raise:

        NotYours: It is a public canvas of another owner.
        NotFound: Nothing else that this owner may know of has this id.
        StorageFailed: The disk, or the database, refuses; nothing was changed.
        OutcomeUnknown: It broke off in the middle; the change was made, or it was not.

    Attributes:
        is_local: Whether looking something up takes less time than handing the work to a thread.
    """

    @property
    def is_local(self) -> bool: ...  # noqa: D102 - said above

    def create(self, owner: Owner, draft: CanvasDraft, now: float) -> Canvas:
        """Store a new draft.

        Args:
            owner: Whose it is.
            draft: What it says.
            now: When it is made, in Unix seconds.

        Raises:
            SchemaError: The owner's id is not a user id, or the canvas is larger than one may be.
        """

    def find(self, canvas_id: str, *, reader: str | None) -> Canvas | None:
        """Find a published canvas of anyone, or a draft of the reader's own.

        Whether a published canvas may be shown is for the caller to judge by its visibility.

        Args:
            canvas_id: Which one.
            reader: The id of the user who looks, None for a visitor.
        """

    def mine(self, owner_id: str) -> list[Canvas]:
        """The owner's canvases: published ones by slot, then drafts, the last edited first."""

    def update(
        self,
        canvas_id: str,
        owner_id: str,
        changes: CanvasChanges,
        now: float,
        *,
        accepted: EntityTags | None = None,
    ) -> Canvas:
        """Change a draft, in the same step in which its state is looked at.

        Args:
            canvas_id: Which one.
            owner_id: Who asks for it.
            changes: The fields that are set take the place of what was there.
            now: When it is edited, in Unix seconds.
            accepted: The states in which it is to be changed; any where that is None.

        Raises:
            PublishedCanvas: It is published, and so is fixed.
            ChangedMeanwhile: It is in no accepted state, nor already as it would become.
            SchemaError: It would be larger than a canvas may be.
        """

    def publish(  # noqa: PLR0913 - a publish is these facts
        self,
        canvas_id: str,
        owner_id: str,
        *,
        slot_index: int,
        visibility: Visibility,
        tier: Tier,
        now: float,
    ) -> Canvas:
        """Publish into a slot; its occupant becomes a draft in the same step.

        Args:
            canvas_id: Which one. One that is published already moves, and leaves its slot free.
            owner_id: Who asks for it.
            slot_index: Which slot, from 0.
            visibility: Who may see it.
            tier: What the owner pays for: how many slots that makes is known to ``slots.decide_publish``.
            now: When it is published, in Unix seconds.

        Raises:
            SlotOutOfRange: There is no such slot.
            SlotLimit: It would go beyond the tier.
        """

    def unpublish(self, canvas_id: str, owner_id: str) -> Canvas:
        """Make the canvas a draft; one that is a draft stays so."""

    def delete(self, canvas_id: str, owner_id: str, *, accepted: EntityTags | None = None) -> None:
        """Remove the canvas, wherever it is shown; a crash leaves all of it or nothing.

        Raises:
            ChangedMeanwhile: It is in no accepted state.
        """

    def set_showcase(self, canvas_id: str, owner_id: str, *, on: bool) -> Canvas:
        """Make a published canvas the owner's only showcase, or no longer.

        Raises:
            NotPublished: It is a draft.
        """

    def list_published(self, order: GridOrder, limit: int, cursor: str) -> GridPage:
        """One page of the public canvases.

        Args:
            order: Which of them come first.
            limit: How many cards there may be, 1 to ``MAX_PAGE``.
            cursor: The ``next_cursor`` of the page before; empty for the first.

        Raises:
            SchemaError: The limit or the cursor is none.
        """

    def count(self) -> int:
        """How many canvases are published."""

    def revision(self) -> str:
        """A text that is different after every publish and unpublish.

        Raises:
            StorageFailed: It cannot be read.
        """

    def owners(self) -> Iterator[str]:
        """Everybody who has a canvas, in order."""

    def replace(self, by_owner: Mapping[str, Sequence[Canvas]]) -> None:
        """Make these, as they are, all that each of these owners has: how canvases move between stores.

        Raises:
            SchemaError: There are canvases of somebody else among them.
        """

    def unreadable(self) -> Iterator[str]:
        """Name what is stored and this program cannot read, such as a later program's; move nothing."""

    def sweep(self) -> list[SetAside]:
        """Look through everything stored and set broken and foreign things aside."""


class SubscriptionStore(Protocol):
    """Who pays for what."""

    def tier(self, owner_id: str) -> Tier:
        """The owner's tier; free when nothing says otherwise."""

    def set_tier(self, owner_id: str, tier: Tier) -> None:
        """Put an owner on a tier; raises ValueError for what is not a user id."""

    def all(self) -> Iterator[tuple[str, Tier]]:
        """Everybody who was ever put on a tier, in order of their ids."""

    def unreadable(self) -> Iterator[str]:
        """Name whose tier is stored in a way that this program cannot read."""


def check_page_limit(limit: int) -> None:
    """Sees that a page of the grid is of a size that may be asked for.

    Raises:
        SchemaError: it is not.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise SchemaError("limit", f"must be between 1 and {MAX_PAGE}")


def check_owners(by_owner: Mapping[str, Sequence[Canvas]]) -> None:
    """Sees that canvases stand below the id of the user who owns them.

    Raises:
        SchemaError: they do not.
    """
    for owner_id, canvases in by_owner.items():
        if not is_user_id(owner_id) or any(canvas.owner_id != owner_id for canvas in canvases):
            raise SchemaError("owner_id", "is not a user id, or not that of every canvas")
