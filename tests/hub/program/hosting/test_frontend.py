"""The pages of an app: what a browser gets of each file, of a part of it, and of what has not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hub.client import Client
from tests.hub.hub_process import HubProcess
from tests.hub.program.conftest import write_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE = bytes(range(256)) * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of one app: a front page, a large file, a file below, a link to outside."""
    apps = tmp_path_factory.mktemp("apps")
    made = write_app(apps, "notes") / "frontend"
    (made / "large.bin").write_bytes(LARGE)
    (made / "below").mkdir()
    (made / "below" / "index.html").write_text("<h1>Below</h1>", encoding="utf-8")
    (apps / "notes" / "secret.txt").write_text("secret", encoding="utf-8")
    (made / "out.txt").symlink_to(apps / "notes" / "secret.txt")
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    """Somebody who talks to that app."""
    with (
        HubProcess(folder.parents[1]) as hub,
        Client(hub.app_urls["notes"], at=f"http://127.0.0.1:{hub.port}") as made,
    ):
        yield made


def test_a_file_is_what_is_on_the_disk_now(client: Client, folder: Path) -> None:
    (folder / "note.txt").write_text("one", encoding="utf-8")
    first = client.get(f"{client.url}/note.txt")
    (folder / "note.txt").write_text("another", encoding="utf-8")
    second = client.get(f"{client.url}/note.txt")

    assert ("one", "another") == (first.text, second.text)
    assert "text/plain; charset=utf-8" == second.headers["content-type"]
    assert ("7", "no-cache") == (second.headers["content-length"], second.headers["cache-control"])


def test_a_file_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    first = client.get(f"{client.url}/")
    second = client.get(f"{client.url}/", if_none_match=first.headers["etag"])

    assert (200, 304, b"") == (first.status, second.status, second.body)


def test_a_large_file_comes_whole_or_in_part(client: Client) -> None:
    whole = client.get(f"{client.url}/large.bin")
    part = client.get(f"{client.url}/large.bin", range="bytes=256-259")

    assert LARGE == whole.body
    assert (206, b"\0\1\2\3") == (part.status, part.body)


def test_a_part_of_a_small_file_is_a_part(client: Client) -> None:
    part = client.get(f"{client.url}/", range="bytes=1-4")

    assert (206, b"meta") == (part.status, part.body)


def test_head_has_the_length_and_no_body(client: Client) -> None:
    whole = client.get(f"{client.url}/")
    head = client.request("HEAD", f"{client.url}/", headers={})

    assert (200, b"") == (head.status, head.body)
    assert whole.headers["content-length"] == head.headers["content-length"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/out.txt", "/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd"]
)
def test_what_is_not_in_the_folder_is_not_there(client: Client, path: str) -> None:
    assert 404 == client.get(f"{client.url}{path}").status


def test_a_folder_is_its_front_page(client: Client) -> None:
    assert "<h1>Below</h1>" == client.get(f"{client.url}/below/").text
    assert 307 == client.get(f"{client.url}/below").status
