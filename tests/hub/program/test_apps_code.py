"""The apps that ship: what they compute and keep."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.serving.tiles import ink_on
from tests.hub.client import Client, bearer
from tests.hub.hub_process import APPS, HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

CHANNEL = st.integers(0, 255)
COLOUR = st.tuples(CHANNEL, CHANNEL, CHANNEL)


def _module(app: str, name: str) -> ModuleType:
    """Import a module of an app by its file, as the hub does."""
    spec = importlib.util.spec_from_file_location(f"tested_{app}_{name}", APPS / app / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


colours: Any = _module("contrast", "colours")


def test_contrast_is_that_of_the_standard() -> None:
    assert 21 == round(colours.ratio((0, 0, 0), (255, 255, 255)), 6)
    assert 4.48 == round(colours.ratio((119, 119, 119), (255, 255, 255)), 2)
    assert 4.54 == round(colours.ratio((118, 118, 118), (255, 255, 255)), 2)


@given(COLOUR, COLOUR)
def test_contrast_does_not_ask_which_is_which(one: Any, other: Any) -> None:
    assert colours.ratio(one, other) == colours.ratio(other, one) >= 1


@given(COLOUR, COLOUR)
def test_there_is_always_a_colour_that_can_be_read(text: Any, ground: Any) -> None:
    found = colours.nearest_readable(text, ground)

    assert colours.ratio(found, ground) >= 4.5
    if colours.ratio(text, ground) >= 4.5:
        assert text == found


@given(COLOUR)
def test_a_colour_comes_back_from_its_text(colour: Any) -> None:
    assert colour == colours.parse(colours.as_hex(colour))


@given(COLOUR)
def test_the_ink_of_a_tile_can_be_read(colour: Any) -> None:
    ground = colours.as_hex(colour)

    assert colours.ratio(colours.parse(ink_on(ground)), colour) >= 4.2


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345g", "#1234567", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        colours.parse(text)


@pytest.fixture(scope="module")
def hub() -> Iterator[HubProcess]:
    """The hub with the apps that ship."""
    with HubProcess(APPS) as started:
        yield started


def test_contrast_is_for_everybody(hub: HubProcess, client: Client) -> None:
    url = f"{hub.app_urls['contrast']}/api/contrast"

    assert {"ratio": 21.0, "aa": True, "aa_large": True, "aaa": True, "readable": "#000000"} == (
        client.get(f"{url}?text=%23000&ground=fff").json
    )
    assert 400 == client.get(f"{url}?text=red&ground=fff").status
    assert 400 == client.get(url).status


def test_a_checklist_is_kept_by_all_and_shows_who_did_what(hub: HubProcess, client: Client) -> None:
    url, me = f"{hub.app_urls['checklists']}/api", bearer(client.token("checklists"))
    made = client.json("POST", f"{url}/lists", {"title": " Release "}, **me).json["id"]
    step = client.json("POST", f"{url}/lists/{made}/items", {"text": "Tag <it>"}, **me).json["id"]
    ticked = client.json("PUT", f"{url}/items/{step}", {"done": True}, **me)

    shown = client.get(f"{url}/lists", **me).json["lists"]

    assert 204 == ticked.status
    item = {"id": step, "text": "Tag <it>", "done_by": "Test User"}
    assert [{"id": made, "title": "Release", "made_by": "Test User", "items": [item]}] == shown
    assert 204 == client.json("PUT", f"{url}/items/{step}", {"done": False}, **me).status
    assert "" == client.get(f"{url}/lists", **me).json["lists"][0]["items"][0]["done_by"]
    assert 204 == client.request("DELETE", f"{url}/lists/{made}", headers=me).status
    assert 404 == client.json("PUT", f"{url}/items/{step}", {"done": True}, **me).status


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/lists", {"title": ""}, 400),
        ("POST", "/lists", {"title": "  "}, 400),
        ("POST", "/lists", {"title": "x" * 201}, 400),
        ("POST", "/lists", {"title": 1}, 400),
        ("POST", "/lists", {"title": "x", "made_by": "me"}, 400),
        ("POST", "/lists", {"title": "x" * 300_000}, 413),
        ("POST", "/lists/none/items", {"text": "x"}, 404),
        ("PUT", "/items/none", {"done": True}, 404),
        ("PATCH", "/lists", {}, 405),
    ],
)
def test_what_is_no_checklist_is_refused(  # noqa: PLR0917 - a case
    hub: HubProcess, client: Client, method: str, path: str, body: object, status: int
) -> None:
    url, me = f"{hub.app_urls['checklists']}/api", bearer(client.token("checklists"))

    assert status == client.json(method, url + path, body, **me).status
    assert 401 == client.json("POST", f"{url}/lists", {"title": "x"}).status
