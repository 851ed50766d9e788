"""What the engine has left, read back: real runs of a tiny project."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from runbook.errors import UsageError
from runbook.project import find_project
from runbook.report_page.sources import choose, read_run, subjects
from tests.runbook.report_page.pages import PNG
from tests.runbook.support import module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.report_page.sources import Subject
    from tests.runbook.support import TinyProject

SHOOTS = """
@pytest.mark.runbook(severity="high", cause="it broke", suspects=["app.py"])
def test_shoots(record_property):
    folder = os.path.join(os.environ["RUNBOOK_EVIDENCE"], "test_shoots")
    os.makedirs(folder)
    with open(os.path.join(folder, "page.png"), "wb") as file:
        file.write({png!r} + {more!r})
    with open(os.path.join(folder, "no-picture.png"), "wb") as file:
        file.write(b"<svg onload=alert(1)>")
    record_property("evidence", os.path.relpath(folder))
    assert {want}


"""


def smoke(project: TinyProject, want: str = "True", more: bytes = b"") -> Path:
    """Smoke it once; return the run's folder."""
    project.write(
        "tests/test_app.py",
        module(row_test("test_one"), SHOOTS.format(png=PNG, more=more, want=want)),
    )
    return project.root / project.smoke().result[1]["evidence"]


def subject_of(project: TinyProject, folder: Path) -> Subject:
    return choose(find_project(project.root), run=folder.name)


def age(folder: Path, nanoseconds: int) -> None:
    os.utime(folder / "result.json", ns=(nanoseconds, nanoseconds))


def test_a_run_is_read_with_its_rows_times_versions_and_digests(project: TinyProject) -> None:
    folder = smoke(project, want="False")
    record = read_run(find_project(project.root), subject_of(project, folder))

    assert ("red", "fast") == (record.result["verdict"], record.result["tier"])
    assert ("it broke", "high") == record.causes["tests/test_app.py::test_shoots"]
    assert {
        "tests/test_app.py::test_one",
        "tests/test_app.py::test_shoots",
    } == record.seconds.keys()
    assert "python" in record.versions
    assert {"events.jsonl", "pytest.log"} <= record.digests.keys()
    assert "test_shoots" in record.log
    assert "bin/invoke run --tier fast" == record.command


def test_a_picture_belongs_to_the_failure_that_kept_it_and_what_is_none_is_left_out(
    project: TinyProject,
) -> None:
    folder = smoke(project, want="False")
    (picture,) = read_run(find_project(project.root), subject_of(project, folder)).pictures

    assert ("test_shoots/page.png", "") == (picture.name, picture.before)
    assert "tests/test_app.py::test_shoots" == picture.test
    assert picture.source.startswith("data:image/png;base64,")


def test_the_run_before_gives_each_picture_its_other_half(project: TinyProject) -> None:
    first = smoke(project, more=b"1")
    age(first, 1)
    (picture,) = read_run(
        find_project(project.root), subject_of(project, smoke(project, more=b"2"))
    ).pictures

    assert picture.before
    assert picture.before != picture.source
    assert "" == picture.test


def test_a_link_out_of_the_folder_is_not_followed(project: TinyProject) -> None:
    folder = smoke(project)
    secret = project.root / "secret.png"
    secret.write_bytes(PNG)
    (folder / "link.png").symlink_to(secret)

    record = read_run(find_project(project.root), subject_of(project, folder))

    assert ["test_shoots/page.png"] == [picture.name for picture in record.pictures]
    assert "link.png" not in record.digests


def test_the_trend_is_of_the_runs_before_it_of_its_tier_oldest_first(project: TinyProject) -> None:
    folders = [smoke(project) for _ in range(3)]
    for number, folder in enumerate(folders, start=1):
        age(folder, number)
    other = smoke(project)
    (other / "result.json").write_text(
        json.dumps({**json.loads((other / "result.json").read_text()), "tier": "slow"})
    )
    age(other, 2)
    torn = smoke(project)
    (torn / "result.json").write_text("{")
    age(torn, 1)

    trend = read_run(find_project(project.root), subject_of(project, folders[1])).trend

    assert [folders[0].name, folders[1].name] == [point.run for point in trend]
    assert [False, True] == [point.is_this for point in trend]


def test_the_last_is_whatever_ended_last(project: TinyProject) -> None:
    first, second = smoke(project), smoke(project)
    age(first, 2_000_000_000)
    age(second, 1_000_000_000)

    assert first.name == choose(find_project(project.root)).id
    assert [first.name, second.name] == [each.id for each in subjects(project.root / ".runbook")]
    assert "1970-01-01 00:00 UTC" == choose(find_project(project.root)).at


def test_what_is_not_there_is_said_with_the_nearest_and_what_makes_one(
    project: TinyProject,
) -> None:
    with pytest.raises(UsageError, match="nothing has been run here yet") as first:
        choose(find_project(project.root))
    assert "bin/invoke run" == first.value.next_step

    folder = smoke(project)
    with pytest.raises(
        UsageError, match=f"no run is called 'nonono'; the nearest: {folder.name}"
    ) as unknown:
        choose(find_project(project.root), run="nonono")
    assert f"bin/invoke report --run {folder.name}" == unknown.value.next_step
    with pytest.raises(UsageError, match="no search has ended here"):
        choose(find_project(project.root), search="abc")
    with pytest.raises(UsageError, match="about one thing") as several:
        choose(find_project(project.root), run="a", drift="b")
    assert "bin/invoke report --run a" == several.value.next_step


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_torn_record_is_said(project: TinyProject, content: str) -> None:
    folder = smoke(project)
    (folder / "result.json").write_text(content)

    with pytest.raises(UsageError, match=r"result\.json"):
        read_run(find_project(project.root), subject_of(project, folder))


def test_a_file_that_is_not_what_the_run_left_is_noticed(project: TinyProject) -> None:
    folder = smoke(project)
    assert () == read_run(find_project(project.root), subject_of(project, folder)).changed

    with folder.joinpath("pytest.log").open("a", encoding="utf-8") as log:
        log.write("more")
    folder.joinpath("events.jsonl").unlink()
    record = read_run(find_project(project.root), subject_of(project, folder))

    assert {"pytest.log", "events.jsonl"} == set(record.changed)
    assert "pytest" in record.versions
