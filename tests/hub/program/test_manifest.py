"""The manifest: what it must hold, and every way in which it may be wrong."""

from __future__ import annotations

import inspect
import json
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub import manifest
from hub.errors import ManifestError
from tests.hub.hub_process import ROOT
from tests.hub.program.conftest import change, manifest_of

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "app-manifest.schema.json").read_text())
REQUIRED = [
    *("manifest_version", "id", "slug", "name", "kind", "description", "icon", "color"),
    *("routing", "routing.subdomain", "routing.ports", "routing.ports.frontend"),
    *("routing.ports.backend", "routing.health_path"),
    *("auth", "auth.required", "auth.authentik_app_slug", "auth.required_groups", "auth.scopes"),
]


def parse(document: Any) -> manifest.Manifest:
    return manifest.parse(yaml.safe_dump(document))


def refusal_of(document: Any) -> str:
    with pytest.raises(ManifestError) as refused:
        parse(document)
    return str(refused.value)


def is_valid(document: Any) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_a_whole_manifest_is_read_with_its_defaults() -> None:
    found = parse(manifest_of("team-notes"))

    assert ("team-notes", True, "active") == (found.slug, found.hub.visible, found.lifecycle.status)


def test_the_fields_that_other_tools_write_are_taken_too() -> None:
    known = {
        "database": {"name": "notes", "migrations": "alembic"},
        "hub": {"visible": True, "category": "Tools", "order": 3},
        "lifecycle": {"status": "archived"},
        "dependencies": {"events_publish": ["note.made"], "events_subscribe": []},
        "owner": "team-a",
    }

    assert "note.made" in parse(manifest_of("notes") | known).dependencies.events_publish


@pytest.mark.parametrize("lost", REQUIRED)
def test_a_lost_field_is_named(lost: str) -> None:
    document = manifest_of("notes")
    change(document, lost, None)

    assert f"{lost} is missing" == refusal_of(document)
    assert not is_valid(document)


@pytest.mark.parametrize(
    "place", ["colour", "routing.host", "auth.audience", "routing.ports.debug"]
)
def test_an_unknown_field_is_named(place: str) -> None:
    document = manifest_of("notes")
    change(document, place, "x")

    assert f"{place} is no field of a manifest" == refusal_of(document)
    assert not is_valid(document)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("manifest_version", 2),
        ("manifest_version", "1"),
        ("name", ""),
        ("kind", "toy"),
        ("color", "blue"),
        ("color", "#12345"),
        ("routing.ports.frontend", "5174"),
        ("routing.ports.backend", 80),
        ("routing.health_path", "health"),
        ("auth.required", "yes"),
        ("auth.required_groups", "users"),
        ("auth.scopes", ["everything"]),
        ("hub.order", "first"),
        ("lifecycle.status", "gone"),
        ("database", {"name": "n", "migrations": "by hand"}),
        ("slug", 7),
        ("icon", "/etc/passwd"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_code_and_schema(place: str, value: object) -> None:
    document = manifest_of("notes")
    change(document, place, value)

    assert place in refusal_of(document)
    assert not is_valid(document)


@pytest.mark.parametrize(
    "slug", ["Notes", "team_notes", "-notes", "notes-", "a--b", "1st", "n" * 41, "nötes"]
)
def test_a_slug_that_is_not_kebab_case_is_refused(slug: str) -> None:
    assert "slug" in refusal_of(manifest_of(slug))


@pytest.mark.parametrize("slug", ["portal", "api", "template-app", "localhost"])
def test_a_reserved_slug_is_refused(slug: str) -> None:
    assert f"slug {slug!r} is reserved for the hub itself" == refusal_of(manifest_of(slug))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("routing.subdomain", "hub", "routing.subdomain 'hub' is reserved"),
        ("auth.authentik_app_slug", "other", "must be the slug, 'notes'"),
        ("routing.ports", {"frontend": 5000, "backend": 5000}, "must differ"),
        ("id", "not-a-uuid", "is no UUID"),
        ("icon", "assets/../../other/icon.svg", "is outside the app's folder"),
        ("hub.order", float("nan"), "must be a finite number"),
        ("color", "#336699\n", "holds a control character"),
    ],
)
def test_what_only_code_can_tell_is_refused(place: str, value: object, said: str) -> None:
    document = manifest_of("notes")
    change(document, place, value)

    assert said in refusal_of(document)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("database.password", "x"),
        ("auth.client_secret", "x"),
        ("api_key", "x"),
        ("description", "see postgres://me:hunter2@db/notes"),
        ("description", "ghp_abcdefghijklmnop1234"),
        ("name", "-----BEGIN PRIVATE KEY-----"),
    ],
)
def test_a_secret_is_refused(place: str, value: str) -> None:
    document = manifest_of("notes")
    change(document, place, value)

    assert "looks like a secret" in refusal_of(document)


@pytest.mark.parametrize("left", ["{{ APP_NAME }}", "{{APP_SLUG}}", "APP_NAME", "{% if x %}"])
def test_a_placeholder_that_was_left_over_is_refused(left: str) -> None:
    assert "still holds a placeholder" in refusal_of(manifest_of("notes", name=left))


@pytest.mark.parametrize("text", ["", "[]", "just text", "3", "null"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        manifest.parse(text)


def test_the_schema_in_the_documents_is_the_one_of_the_code() -> None:
    assert SCHEMA == json.loads(json.dumps(manifest.schema())), (
        "mend: bin/nox -s hub-command -- schema"
    )


def test_the_schema_is_the_same_on_every_python() -> None:
    """From 3.13 on a docstring is kept without its indentation."""
    descriptions = [part["description"] for part in manifest.schema()["$defs"].values()]

    assert [inspect.cleandoc(each) for each in descriptions] == descriptions
    assert (
        "\n\nAttributes:\n    subdomain: " in manifest.schema()["$defs"]["Routing"]["description"]
    )


ODD = [None, True, 0, 70_000, 1.5, "", "x", "a-b", "#123456", "/health", [], ["x"], {}, {"x": 1}]


@given(
    st.dictionaries(
        st.sampled_from([*REQUIRED, "hub.visible", "hub.order", "owner"]),
        st.sampled_from(ODD),
        max_size=3,
    )
)
def test_what_the_schema_refuses_the_code_refuses(changes: dict[str, Any]) -> None:
    document = manifest_of("notes")
    for place, value in changes.items():
        try:
            change(document, place, value)
        except (KeyError, TypeError):
            continue  # a field above it was taken out or replaced

    try:
        parse(document)
    except ManifestError:
        return

    assert is_valid(document)
