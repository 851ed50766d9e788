"""Reading the dashboard token, and refusing all others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dashgen.operator_token import OperatorToken

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "DASHBOARD_TOKEN=right",
        "# a comment\nOTHER=1\nexport DASHBOARD_TOKEN = 'right'\n",
        'DASHBOARD_TOKEN="right"\r\n',
    ],
)
def test_the_token_of_the_file_is_right(tmp_path: Path, text: str) -> None:
    file = tmp_path / ".env.local"
    file.write_text(text)
    token = OperatorToken(file)
    assert token.matches("right")
    assert not token.matches("wrong")
    assert not token.matches("")
    assert not token.matches("right ")


@pytest.mark.parametrize(
    "content", [b"", b"DASHBOARD_TOKEN=\n", b"DASHBOARD_TOKEN=''", b"\xff\xfe"]
)
def test_without_a_token_none_is_right(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".env.local"
    file.write_bytes(content)
    token = OperatorToken(file)
    assert not token.matches("")
    assert not token.matches("DASHBOARD_TOKEN")


def test_a_missing_file_and_a_folder_grant_nothing(tmp_path: Path) -> None:
    assert not OperatorToken(tmp_path / "none").matches("")
    assert not OperatorToken(tmp_path).matches("")


def test_a_pipe_is_not_waited_on_and_grants_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env.local")
    assert not OperatorToken(tmp_path / ".env.local").matches("right")


def test_links_that_go_round_grant_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env.local").symlink_to(".env.local")
    assert not OperatorToken(tmp_path / ".env.local").matches("right")


def test_a_file_may_be_linked_to(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("DASHBOARD_TOKEN=right")
    (tmp_path / ".env.local").symlink_to("secrets")
    assert OperatorToken(tmp_path / ".env.local").matches("right")


def test_a_new_token_holds_at_once(tmp_path: Path) -> None:
    file = tmp_path / ".env.local"
    file.write_text("DASHBOARD_TOKEN=old")
    token = OperatorToken(file)
    assert token.matches("old")
    file.write_text("DASHBOARD_TOKEN=new")
    assert token.matches("new")
    assert not token.matches("old")
