"""What documents count in words, held against what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.claims import findings
from runbook.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
LIMIT: int = 3
KEPT = frozenset({"one", "two"})
SECONDS = 90 * 24 * 3600.0
parser.add_argument("--wait", type=int, default=10)
parser.add_argument("--port", type=int)
ROUNDS = int(os.environ.get("SHOP_ROUNDS", "200"))
NAMES = (first(), second(), third())


class Settings:
    most_bytes: int = 262_144
"""
PROJECT = '[project]\nrequires-python = ">=3.11,<4"\ndependencies = []\n[tool.x]\nparts = {a = 1, b = 2}\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two documents on legal matters, and some constants."""
    (tmp_path / "legal").mkdir()
    for name in ("legal/a.md", "legal/b.md", "legal/c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "settings.py").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def said(root: Path, phrase: str, source: str, text: str) -> list[str]:
    """What is found in one document, by one claim."""
    return list(findings(root, {phrase: source}, {"README.md": text}))


@pytest.mark.parametrize(
    ("phrase", "source", "so", "not_so"),
    [
        ("# legal pages", "legal/*.md", "the two legal pages", "The three legal pages"),
        ("# legal pages", "legal/*.md", "Two\nlegal\n> pages", "Twenty-two legal pages"),
        ("at most #", "settings.py::LIMIT", "at most 3, and", "at most 3.5"),
        ("# kinds", "settings.py::KEPT", "2 kinds", "No kinds"),
        ("# rounds", "settings.py::ROUNDS", "200 rounds", "2000 rounds"),
        ("# names", "settings.py::NAMES", "three names", "eleven names"),
        ("for # days", "settings.py::SECONDS", "for ninety days", "for 9 days"),
        ("`--wait` (#)", "settings.py::--wait", "`--wait` (10)", "`--wait` (20)"),
        ("# KiB", "settings.py::Settings.most_bytes", "256 KiB", "262,144 KiB"),
        ("# bytes", "settings.py::Settings.most_bytes", "262,144 bytes", "262 bytes"),
        ("Python # or later", "pyproject.toml::project.requires-python",
         "Python 3.11 or later", "Python 3.12 or later"),
        ("# parts", "pyproject.toml::tool.x.parts", "two parts", "4 parts"),
    ],
)  # fmt: skip
def test_a_number_is_held_against_what_there_is(
    root: Path, phrase: str, source: str, so: str, not_so: str
) -> None:
    assert [] == said(root, phrase, source, f"There: {so}.")

    (found,) = said(root, phrase, source, f"There: {not_so}.")
    assert found.startswith("README.md: says ")
    assert f", and {source} has " in found


def test_a_finding_says_both_numbers(root: Path) -> None:
    found = said(root, "# legal pages", "legal/*.md", "two legal pages, five legal pages")

    assert ["README.md: says '5 legal pages', and legal/*.md has 2"] == found


def test_words_that_are_no_number_claim_none(root: Path) -> None:
    text = (
        "two legal pages; the legal pages; all legal pages; two legal pagesets; 1.9 illegal pages"
    )

    assert [] == said(root, "# legal pages", "legal/*.md", text)


def test_a_phrase_without_a_number_says_that_there_is_none(root: Path) -> None:
    phrase, source = "standard library alone", "pyproject.toml::project.dependencies"
    assert [] == said(root, phrase, source, "It is standard\nlibrary alone.")

    pyproject = root / "pyproject.toml"
    pyproject.write_text(PROJECT.replace("[]", "['msgspec']"), encoding="utf-8")

    expected = [f"README.md: says '{phrase}', and {source} has 1"]
    assert expected == said(root, phrase, source, "It is standard library alone.")


def test_a_claim_that_no_document_makes_any_more_is_found(root: Path) -> None:
    expected = "pyproject.toml: no document says '# legal pages'; mend: [tool.runbook.claims]"

    assert [expected] == said(root, "# legal pages", "legal/*.md", "some legal pages")


@pytest.mark.parametrize(
    "source",
    [
        "gone.py::LIMIT",
        "settings.py::GONE",
        "settings.py::--gone",
        "settings.py::--port",
        "settings.py::Gone.most_bytes",
        "pyproject.toml::tool.y.z",
    ],
)
def test_a_place_where_nothing_can_be_counted_is_refused(root: Path, source: str) -> None:
    with pytest.raises(UsageError, match=r"which does not exist$"):
        said(root, "# things", source, "two things")
