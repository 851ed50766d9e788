"""The catalogue: what is an app, what is shown to whom, and what two apps cannot share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub import manifest
from hub.catalogue import APPS, App, Catalogue, scan
from hub.entitlement import Entitlement
from hub.errors import EnvironmentNotReady
from hub.manifest import Status
from tests.hub.program.conftest import manifest_of, write_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUPS = ("users", "testers", "staff")
BASE = manifest.parse(yaml.safe_dump(manifest_of("base")))


def test_the_apps_that_ship_are_usable() -> None:
    found = scan(APPS)

    assert () == found.broken
    assert {"ensemble", "checklists", "contrast"} <= {app.slug for app in found.apps}


def test_every_folder_with_a_manifest_is_an_app_and_nothing_else_is(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")
    (apps / "drafts").mkdir()
    (apps / "readme.txt").touch()
    write_app(apps, ".scaffold-1", 70)

    assert ["notes"] == [app.slug for app in scan(apps).apps]
    assert () == scan(apps).broken


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="cannot be read"):
        scan(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"id": "00000000-0000-4000-8000-000000000000"},
            "id 00000000-0000-4000-8000-000000000000 is also that of",
        ),
        ({"routing__subdomain": "same"}, "routing.subdomain same is also that of"),
        ({"routing__ports__frontend": 5999}, "routing.ports 5999 is also that of"),
        ({"routing__ports__backend": 5999}, "routing.ports 5999 is also that of"),
    ],
)
def test_what_two_apps_share_is_told_of_both_and_harms_no_third(
    make_app: Callable[..., Path], apps: Path, changes: dict[str, object], said: str
) -> None:
    make_app("one", **changes)
    make_app("two", **changes)
    make_app("three")

    found = scan(apps)

    assert ["three"] == [app.slug for app in found.apps]
    assert [f"{said} two", f"{said} one"] == [app.reason.partition(": ")[2] for app in found.broken]


def test_a_copied_folder_is_told_and_the_first_one_works(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")
    write_app(apps, "copy", 60, slug="notes", auth__authentik_app_slug="notes")

    found = scan(apps)

    assert ["notes"] == [app.slug for app in found.apps]
    assert ["copy/app.manifest.yml: slug is 'notes', and the folder is called 'copy'"] == [
        app.reason for app in found.broken
    ]


def _icon_outside(folder: Path) -> None:
    (folder.parent / "secret.svg").write_text("<svg/>")
    (folder / "icon.svg").symlink_to("../secret.svg")


def _icon_missing(_: Path) -> None:
    pass


def _icon_folder(folder: Path) -> None:
    (folder / "icon.svg").mkdir()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_icon_outside, "outside the app's folder"),
        (_icon_missing, "is no icon"),
        (_icon_folder, "is no icon"),
    ],
)
def test_an_icon_that_is_no_file_of_the_app_is_refused(
    make_app: Callable[..., Path], apps: Path, prepare: Callable[[Path], None], said: str
) -> None:
    make_app("good")
    prepare(make_app("notes", icon="icon.svg"))

    found = scan(apps)

    assert ["good"] == [app.slug for app in found.apps]
    assert said in found.broken[0].reason


def test_an_icon_in_the_folder_is_taken(make_app: Callable[..., Path], apps: Path) -> None:
    folder = make_app("notes", icon="frontend/icon.svg")
    (folder / "frontend" / "icon.svg").write_text("<svg/>")

    assert folder / "frontend" / "icon.svg" == scan(apps).apps[0].icon_file


@pytest.mark.parametrize(
    "text", ["app: other\ngroups: [users]", "groups: [users]", "app: notes\ngroups: []", "]"]
)
def test_an_entitlement_that_is_wrong_breaks_its_app(
    make_app: Callable[..., Path], apps: Path, text: str
) -> None:
    folder = make_app("notes")
    (folder / "entitlement.yml").write_text(text)

    (broken,) = scan(apps).broken
    assert "notes" == broken.slug
    assert broken.reason.startswith("notes/entitlement.yml: is ")


def test_a_number_that_is_none_breaks_its_app_alone(
    make_app: Callable[..., Path], apps: Path
) -> None:
    make_app("notes")
    folder = make_app("plans")
    file = folder / "app.manifest.yml"
    file.write_text(file.read_text() + "owner: !!int nobody\n")

    found = scan(apps)

    assert ["notes"] == [app.slug for app in found.apps]
    assert ["plans/app.manifest.yml:"] == [app.reason.split(" ")[0] for app in found.broken]
    assert "'nobody' is no int" in found.broken[0].reason


def test_bytes_that_are_no_text_break_their_app(make_app: Callable[..., Path], apps: Path) -> None:
    (make_app("notes") / "app.manifest.yml").write_bytes(b"\xff\xfe")

    assert "notes/app.manifest.yml: is not UTF-8" == scan(apps).broken[0].reason


@st.composite
def some_apps(draw: st.DrawFn) -> list[App]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        found = manifest.Manifest(
            **{
                **{field: getattr(BASE, field) for field in BASE.__struct_fields__},
                "slug": f"app-{number}",
                "name": draw(st.sampled_from("AbCd")),
                "auth": manifest.Auth(
                    required=True,
                    authentik_app_slug=f"app-{number}",
                    required_groups=tuple(draw(st.lists(st.sampled_from(GROUPS), max_size=1))),
                    scopes=(),
                ),
                "hub": manifest.HubEntry(
                    visible=draw(st.booleans()),
                    category=draw(st.sampled_from(["Tools", "places"])),
                    order=draw(st.sampled_from([1, 2.5, -1])),
                ),
                "lifecycle": manifest.Lifecycle(status=draw(st.sampled_from(Status))),
            }
        )
        groups = tuple(draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2)))
        grant = draw(st.sampled_from([None, Entitlement(f"app-{number}", groups)]))
        made.append(App(APPS / f"app-{number}", found, grant))
    return made


@given(some_apps(), st.sets(st.sampled_from(GROUPS)))
def test_nobody_is_shown_what_is_not_theirs(apps: list[App], groups: set[str]) -> None:
    shown = Catalogue(tuple(apps)).shown_to(groups)

    for app in apps:
        is_theirs = (
            app.entitlement is not None
            and bool(set(app.entitlement.groups) & groups)
            and set(app.manifest.auth.required_groups) <= groups
        )
        is_offered = (
            app.manifest.hub.visible and app.manifest.lifecycle.status is not Status.archived
        )
        assert (is_theirs and is_offered) == (app in shown)


@given(some_apps())
def test_what_is_shown_is_grouped_and_sorted(apps: list[App]) -> None:
    shown = Catalogue(tuple(apps)).shown_to(GROUPS)
    places = [(app.manifest.hub.category.casefold(), app.manifest.hub.order) for app in shown]

    assert sorted(places) == places
