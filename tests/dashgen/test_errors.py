"""Every refusal has a status, a key, and a body that says so."""

from __future__ import annotations

import json

import pytest

from dashgen import errors

EVERY_REFUSAL = [
    (errors.SchemaError("title", "must be a string"), 400, "invalid_field"),
    (errors.SlotOutOfRange(9), 400, "invalid_field"),
    (errors.Unauthorised(), 401, "unauthorised"),
    (errors.SlotLimit("free", 3, 3), 402, "slot_limit"),
    (errors.NotYours(), 403, "not_yours"),
    (errors.GateClosed(), 403, "grid_closed"),
    (errors.NotFound(), 404, "not_found"),
    (errors.PublishedCanvas(), 409, "canvas_published"),
    (errors.NotPublished(), 409, "canvas_not_published"),
    (errors.HandleTaken(), 409, "handle_taken"),
    (errors.SmokeTestRequired("smoke", "Building", "Updates"), 409, "smoke_test_required"),
    (errors.ChangedMeanwhile('"1"'), 412, "changed_meanwhile"),
    (errors.StorageFailed(is_full=True), 507, "storage_failed"),
    (errors.StorageFailed(is_full=False), 503, "storage_failed"),
    (errors.OutcomeUnknown(), 503, "outcome_unknown"),
]


@pytest.mark.parametrize(("error", "status", "key"), EVERY_REFUSAL)
def test_refusal_has_its_status_and_key(error: errors.EnsembleError, status: int, key: str) -> None:
    assert (status, key) == (error.status, error.error)
    body = json.loads(json.dumps(error.body()))
    assert key == body["error"]
    assert body["message"] == str(error)


def test_no_refusal_is_left_out_of_the_list() -> None:
    named = {type(error) for error, _, _ in EVERY_REFUSAL}
    family = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EnsembleError)
    }
    assert {errors.EnsembleError} == family - named


def test_body_carries_the_fields() -> None:
    body = errors.SmokeTestRequired("smoke", "Building", "Updates").body()
    assert "smoke" == body["checkpoint"]
    assert "Building" == body["current_state"]
    assert "Updates" == body["target_state"]
    assert "title" == errors.SchemaError("title", "is odd").body()["field"]
