"""What documents count in words, held against what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.documents.claims import findings
from runbook.documents.measured import FOLDER
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


class Colour(Enum):
    '''Two of them.'''

    RED = "red"
    BLUE = "blue"

    def paint(self):
        tone = 1
"""
SPEED = f"{FOLDER}/speed.json"
PROJECT = '[project]\nrequires-python = ">=3.11,<4"\ndependencies = []\n[tool.x]\nparts = {a = 1, b = 2}\n'


RECORD = {
    "schema": "benchmark/1",
    "command": "python benchmarks/speed.py --rounds 21",
    "machine": "2 cores",
    "date": "2026-11-22",
    "head": ["Store", "Canvases", "Ratio", "Goal", "Reached"],
    "rows": [
        ["files", "10", "1.85", "2.0", "1.44 L, 95/100 right, 5 wrong"],
        ["files", "1,000", "1.90", "at most 2", "2,050 of them"],
        ["sqlite", "10", "2.10", "-", "none"],
    ],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two documents on legal matters, and some constants."""
    (tmp_path / "legal").mkdir()
    for name in ("legal/a.md", "legal/b.md", "legal/c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "settings.py").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "speed.json").write_text(json.dumps(RECORD), encoding="utf-8")
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
        ("# colours", "settings.py::Colour", "two colours", "three colours"),
        ("# names", "settings.py::NAMES", "three names", "eleven names"),
        ("for # days", "settings.py::SECONDS", "for ninety days", "for 9 days"),
        ("`--wait` (#)", "settings.py::--wait", "`--wait` (10)", "`--wait` (20)"),
        ("# KiB", "settings.py::Settings.most_bytes", "256 KiB", "262,144 KiB"),
        ("# bytes", "settings.py::Settings.most_bytes", "262,144 bytes", "262 bytes"),
        ("Python # or later", "pyproject.toml::project.requires-python",
         "Python 3.11 or later", "Python 3.12 or later"),
        ("# parts", "pyproject.toml::tool.x.parts", "two parts", "4 parts"),
        ("# rounds", f"{SPEED}::--rounds", "21 rounds", "nine rounds"),
        ("# as quick", f"{SPEED}::files | 10::Ratio", "1.85 as quick", "1.86 as quick"),
        ("# as quick", f"{SPEED}::files | 10::Ratio", "1.9 as quick", "1.7 as quick"),
        ("# as quick", f"{SPEED}::files | 10::Ratio", "2 as quick", "1 as quick"),
        ("# as quick", f"{SPEED}::files | 10::Ratio", "1.8 as quick", "1.850 as quick"),
        ("# are wrong", f"{SPEED}::files | 10::Reached::# wrong", "5 are wrong", "four are wrong"),
        ("# of 100", f"{SPEED}::files | 10::Reached::#/100 right", "95 of 100", "96 of 100"),
        ("# of all", f"{SPEED}::1,000::Reached", "2,050 of all", "2,051 of all"),
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


@pytest.mark.parametrize(
    ("comparison", "so"),
    [
        ("Ratio <= Goal", True),
        ("Ratio < 2", False),
        ("Ratio > 1.85", False),
        ("Canvases >= 10", True),
    ],
)
def test_a_phrase_without_a_number_says_what_holds_in_each_line_of_a_record(
    root: Path,
    comparison: str,
    so: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    phrase, source = "All meet their goals", f"{SPEED}::{comparison}"

    found = said(root, phrase, source, f"{phrase}.")

    assert ([] if so else [f"README.md: says '{phrase}', and {source} has 1"]) == found


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
        f"{FOLDER}/gone.json::files | 10::Ratio",
        f"{SPEED}::--gone",
        f"{SPEED}::files | 10::Reached::# gone",
    ],
)
def test_a_place_where_nothing_can_be_counted_is_refused(root: Path, source: str) -> None:
    with pytest.raises(UsageError, match=r"which does not exist$"):
        said(root, "# things", source, "two things")


@pytest.mark.parametrize("place", ["files::Ratio", "gone::Ratio", "sqlite::Gone", "::Ratio"])
def test_a_cell_that_is_none_or_several_is_refused(root: Path, place: str) -> None:
    with pytest.raises(
        UsageError, match=r"lines of 'python benchmarks/speed\.py --rounds 21' are "
    ):
        said(root, "# things", f"{SPEED}::{place}", "two things")
