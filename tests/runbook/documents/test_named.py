"""What documents name without its folder, or set as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.documents.named import Sources
from runbook.documents.shown import Known

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "bin/app/shop.py": "LIMIT: int = 3\n\nasync def serve(): ...\n\nclass Cart:\n    def total(self): ...\n",
    "bin/app/__init__.py": "",
    "bin/app/parts/__init__.py": "",
    "bin/app/manifest.json": '{"field": "auth.groups"}',
    "tests/test_shop.py": "page.clock.run_for(1)\n",
    "docs/adr/0007-a-choice.md": "# A choice\n",
}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A project of one module."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    tasks = {"gate.open": {"options": [{"name": "--slow"}]}}
    return Sources.of(tmp_path, Known(tmp_path, tasks, frozenset(), frozenset()))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ADR 0007",
            "`shop.py`",
            "`test_shop.py`",
            "`shop.serve`",
            "`app.shop.serve(1, 2)`",
            "`shop.LIMIT`",
        ),
        *(
            "`shop.total`",
            "`app.shop`",
            "`app.parts`",
            "`gate.open`",
            "`page.clock`",
            "`auth.groups`",
        ),
        *("shop.gone", "`shop`", "`$ shop.gone`", "`app/parts/`", "`parts`", "`Cart.total`"),
        *("`field`", "`/parts/shop.html`", "`SOME_NAME`", "`FAIL`", "`--slow`", "`-x`"),
        *("`page: why`", '`field="page.cl..."`'),
        *("`Auth.Groups`", "`field=else`", "`tests/gone`", "`dist/gone-1.whl`"),
        "\n```python\n`gone`\n```\n",
        "<!-- generated: x -->\n`gone`\n<!-- end of x -->",
    ],
)
def test_what_is_there_may_be_named(sources: Sources, text: str) -> None:
    assert [] == list(sources.gone(f"As {text} says."))


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("ADR 0008", "names ADR 0008, which does not exist"),
        ("`gone.py`", "names `gone.py`, which does not exist"),
        ("`shop.gone`", "names `shop.gone`, which no source has"),
        ("`shop.serve_all()`", "names `shop.serve_all`, which no source has"),
        ("`app.gone`", "names `app.gone`, which no source has"),
        ("`hop.serve`", "names `hop.serve`, which no source has"),
        ("`gate.opened`", "names `gate.opened`, which no source has"),
        ("`age.clock`", "names `age.clock`, which no source has"),
        ("`gone`, `gone`", "names `gone`, which no source has"),
        ("`gone=1`", "names `gone`, which no source has"),
        ("`gone.json`", "names `gone.json`, which no source has"),
        ("`part/`", "names `part`, which no source has"),
        ("`app/port`", "names `app/port`, which no source has"),
        ("`/parts/gone.html`", "names `/parts/gone.html`, which no source has"),
        ("`Cart.gone`", "names `Cart.gone`, which no source has"),
        ("`Gone.total`", "names `Gone.total`, which no source has"),
        ("`Auth-Gone`", "names `Auth-Gone`, which no source has"),
        ("`--gone`", "names `--gone`, which no source has"),
        ("`gone: why`", "names `gone`, which no source has"),
        ("`page/1`", "names `page/1`, which no source has"),
        ('`cause="gone: ..."`', "shows 'gone:', which no source says"),
        ("`fields`", "names `fields`, which no source has"),
    ],
)
def test_what_is_gone_is_found(sources: Sources, text: str, finding: str) -> None:
    assert [finding] == list(sources.gone(f"As {text} says."))
