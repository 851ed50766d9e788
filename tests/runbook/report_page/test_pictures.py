"""Screenshots in a page."""

from __future__ import annotations

from runbook.report_page.pictures import Picture, data_address, gallery
from tests.runbook.report_page.pages import PNG


def test_only_a_picture_is_put_in() -> None:
    assert data_address(PNG).startswith("data:image/png;base64,iVBORw0KGgo")
    assert data_address(b"\xff\xd8\xff\xe0").startswith("data:image/jpeg;base64,")
    assert not data_address(b"<svg onload=alert(1)>")
    assert not data_address(b"")


def test_a_picture_stands_beside_the_one_before_it() -> None:
    new, old = data_address(PNG), data_address(PNG + b"1")
    made = gallery([Picture("a/home.png", "", new, old), Picture("a/new.png", "", new)])

    assert (3, 1) == (made.count("<img"), made.count("changed"))
    assert "unchanged" in gallery([Picture("home.png", "", new, new)])
    assert "<figcaption>new.png</figcaption>" in gallery(
        [Picture("a/new.png", "", new)], has_short_names=True
    )
