"""Every refusal that Ensemble may answer with: one family, each with its HTTP status and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class EnsembleError(Exception):
    """A request that cannot be granted.

    Attributes:
        status: HTTP status of the answer.
        error: Stable key for programs.
        message: One plain sentence for people.
        fields: Further keys of the answer's body.
    """

    def __init__(self, status: int, error: str, message: str, **fields: object) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.fields: Mapping[str, object] = fields

    def body(self) -> dict[str, object]:
        """The JSON body of the answer."""
        return {"error": self.error, "message": self.message, **self.fields}


class SchemaError(EnsembleError):
    """A value that breaks the schema; ``field`` says which, such as ``components[2].x``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(400, "invalid_field", f"{field} {message}", field=field)
        self.field = field


class SlotOutOfRange(SchemaError):
    """A slot number that no tier has."""

    def __init__(self, highest: int) -> None:
        super().__init__("slot_index", f"must be a whole number from 0 to {highest}")


class Unauthorised(EnsembleError):
    """No token, or one that is unknown, expired or revoked."""

    def __init__(self, message: str = "This needs a valid pairing token.") -> None:
        super().__init__(401, "unauthorised", message)


class SlotLimit(EnsembleError):
    """A publish that would go beyond what the owner's tier allows."""

    def __init__(self, tier: str, limit: int, current_published: int) -> None:
        super().__init__(
            402,
            "slot_limit",
            f"The {tier} tier has {limit} published slots; upgrade, or replace a canvas in one.",
            tier=tier,
            limit=limit,
            current_published=current_published,
        )
        self.tier = tier
        self.limit = limit
        self.current_published = current_published


class NotYours(EnsembleError):
    """A change to a public canvas of somebody else; any other canvas of theirs is NotFound."""

    def __init__(self) -> None:
        super().__init__(403, "not_yours", "This canvas belongs to somebody else.")


class GateClosed(EnsembleError):
    """The public grid is behind a closed gate."""

    def __init__(self) -> None:
        super().__init__(403, "grid_closed", "The public grid is closed at the moment.")


class NotFound(EnsembleError):
    """Nothing there, or nothing that this reader may know of."""

    def __init__(self, message: str = "There is no such canvas.") -> None:
        super().__init__(404, "not_found", message)


class PublishedCanvas(EnsembleError):
    """An edit of a canvas that is published, and so fixed."""

    def __init__(self) -> None:
        super().__init__(
            409,
            "canvas_published",
            "A published canvas is fixed: unpublish it, edit, publish again.",
        )


class NotPublished(EnsembleError):
    """A step that only a published canvas can take."""

    def __init__(self) -> None:
        super().__init__(409, "canvas_not_published", "Publish the canvas first.")


class ChangedMeanwhile(EnsembleError):
    """A change that was made on a state of the canvas which is no longer its state."""

    def __init__(self, etag: str) -> None:
        super().__init__(
            412,
            "changed_meanwhile",
            "This canvas was changed meanwhile, so nothing was done.",
            etag=etag,
        )


class HandleTaken(EnsembleError):
    """A signup with a handle that somebody else holds."""

    def __init__(self) -> None:
        super().__init__(409, "handle_taken", "Somebody else has this handle.")


class SmokeTestRequired(EnsembleError):
    """A step that waits for a passing smoke result of the project."""

    def __init__(self, checkpoint: str, current_state: str, target_state: str) -> None:
        super().__init__(
            409,
            "smoke_test_required",
            "Record a passing smoke result of this project first.",
            checkpoint=checkpoint,
            current_state=current_state,
            target_state=target_state,
        )


class StorageFailed(EnsembleError):
    """The disk refused a write; nothing was acknowledged."""

    def __init__(self, *, is_full: bool) -> None:
        status, what = (507, "is full") if is_full else (503, "cannot be written at the moment")
        super().__init__(status, "storage_failed", f"The storage {what}; nothing was changed.")


class OutcomeUnknown(EnsembleError):
    """A change whose acknowledgement got lost below us: it stands, or it was never made."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "outcome_unknown",
            "The storage broke off while it stored this, so it is not known whether the change was made: "
            "look, and repeat it if it was not.",
        )
