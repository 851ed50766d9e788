"""The legal pages as parts of the site; `tests/legal_render` looks at their contents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashgen.legal_pages import render_legal_pages
from dashgen.pages.navigation import LEGAL_PAGES

REPOSITORY = Path(__file__).resolve().parents[2]
LEGAL = REPOSITORY / "docs" / "legal"


def test_every_document_becomes_a_page() -> None:
    assert [page.slug for page in LEGAL_PAGES] == list(render_legal_pages(LEGAL))


def test_a_missing_document_is_an_error(tmp_path: Path) -> None:
    for page in LEGAL_PAGES[1:]:
        (tmp_path / page.source).write_text("# Title\n", encoding="utf-8")

    with pytest.raises(FileNotFoundError, match="TERMS_OF_SERVICE"):
        render_legal_pages(tmp_path)


def test_nothing_but_the_renderer_is_needed() -> None:
    program = (
        "import sys; from pathlib import Path; from dashgen.legal_pages import render_legal_pages;"
        f"render_legal_pages(Path({str(LEGAL)!r}));"
        "print(sorted({'msgspec', 'starlette', 'uvicorn', 'anyio'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(REPOSITORY / "bin")},
        text=True,
        timeout=60,
    )

    assert "[]" == done.stdout.strip()
