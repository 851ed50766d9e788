"""Compiled templates: used when they are the source's, compiled anew when they are not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from dashgen.pages.template_cache import TemplateCache

if TYPE_CHECKING:
    from pathlib import Path


class Site:
    """A folder with one template, its settings and its cache."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "page.html"
        self.settings = folder / "settings.py"
        self.cache = folder / "cache"
        self.template.write_text("<p>{{ word }}</p>", encoding="utf-8")
        self.settings.write_text("autoescape = True\n", encoding="utf-8")

    def render(self, word: str = "<b>", *, autoescape: bool = True) -> str:
        environment = Environment(
            loader=FileSystemLoader(self.template.parent),
            autoescape=autoescape,  # noqa: S701 - what the test is about
            bytecode_cache=TemplateCache(self.cache, self.settings),
        )
        return environment.get_template("page.html").render(word=word)

    @property
    def kept(self) -> list[Path]:
        return sorted(self.cache.iterdir()) if self.cache.exists() else []


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return Site(tmp_path)


def test_a_second_rendering_uses_what_the_first_kept(site: Site) -> None:
    first = site.render()
    (kept,) = site.kept
    before = kept.stat().st_mtime_ns, kept.stat().st_ino

    assert "<p>&lt;b&gt;</p>" == first == site.render()
    assert before == (kept.stat().st_mtime_ns, kept.stat().st_ino)


def test_a_template_that_is_edited_is_compiled_anew(site: Site) -> None:
    site.render()
    site.template.write_text("<h1>{{ word }}</h1>", encoding="utf-8")

    assert "<h1>x</h1>" == site.render("x")
    assert 1 == len(site.kept)


def test_settings_that_are_edited_count_though_no_template_was(site: Site) -> None:
    site.render(Markup("<i>"))
    site.settings.write_text("autoescape = False\n", encoding="utf-8")

    assert "<p><b></p>" == site.render(autoescape=False)


def test_another_jinja_compiles_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.render()
    before = site.kept[0].read_bytes()
    monkeypatch.setattr("jinja2.__version__", "99.0")
    site.render()

    assert before != site.kept[0].read_bytes()


@pytest.mark.parametrize("keep", [0, 7, 40, 60, 200])
def test_what_is_cut_off_is_not_used(site: Site, keep: int) -> None:
    whole = site.render()
    (kept,) = site.kept
    kept.write_bytes(kept.read_bytes()[:keep])

    assert whole == site.render()


def test_nothing_is_written_where_python_writes_no_bytecode(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert "<p>x</p>" == site.render("x")
    assert [] == site.kept


def test_a_folder_that_cannot_be_made_is_no_error(site: Site) -> None:
    site.cache.write_text("a file stands in the way", encoding="utf-8")

    assert "<p>x</p>" == site.render("x")
