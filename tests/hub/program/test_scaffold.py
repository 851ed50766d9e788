"""New apps: whole, smoked and in place, or not there at all; and what breaks one later is noticed."""

from __future__ import annotations

import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hub import scaffold
from hub.catalogue import scan
from hub.errors import EnvironmentNotReady, SmokeRed
from tests.hub import breaking
from tests.hub.commands import Said, new_app, run, smoke

if TYPE_CHECKING:
    from pathlib import Path

# The checks of the script by the tests that are their like.
TESTS = {
    "test_app_is_healthy": "health",
    "test_app_refuses_whoever_is_not_signed_in": "auth-refused",
    "test_app_knows_who_is_signed_in": "auth-accepted",
    "test_app_serves_its_own_front_page": "front-page",
    "test_app_has_a_valid_manifest": "manifest",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """A folder with one new app, and what was said when it was made."""
    apps = tmp_path_factory.mktemp("apps")
    return apps, new_app(apps, "fresh-start", name='A "Fresh" Start & more')


def test_a_new_app_runs_and_is_smoked(made: tuple[Path, Said]) -> None:
    apps, said = made

    assert 0 == said.returncode, said.stdout + said.stderr
    assert "RESULT green total=5 passed=5" in said.stdout
    assert "ports frontend=5174 backend=8174" in said.stdout
    assert ["fresh-start"] == [path.name for path in apps.iterdir()], "nothing else is left"
    assert 'A "Fresh" Start & more' == scan(apps).apps[0].manifest.name
    assert (
        "A &#34;Fresh&#34; Start &amp; more</h1>"
        in (apps / "fresh-start/frontend/index.html").read_text()
    )


def test_json_stands_alone_and_the_smoke_is_told_beside_it(tmp_path: Path) -> None:
    said = new_app(tmp_path, "for-programs", "--json")

    record = json.loads(said.stdout)
    assert ("new-app/1", "for-programs") == (record["schema"], record["slug"])
    assert "RESULT green total=5 passed=5" in said.stderr


def test_nothing_of_the_template_is_left_over(
    made: tuple[Path, Said],
) -> None:
    for file in (path for path in (made[0] / "fresh-start").rglob("*") if path.is_file()):
        assert not re.search(r"\{\{|\{%|APP_|\.jinja", file.name + file.read_text()), file


def test_the_next_app_gets_the_next_ports(made: tuple[Path, Said], tmp_path: Path) -> None:
    apps = tmp_path / "apps"
    shutil.copytree(made[0], apps)

    with ThreadPoolExecutor() as threads:
        said = list(
            threads.map(lambda slug: new_app(apps, slug, "--kind", "client"), ("one", "two"))
        )

    assert [0, 0] == [each.returncode for each in said], [each.stderr for each in said]
    ports = {app.slug: app.manifest.routing.ports.frontend for app in scan(apps).apps}
    assert ({5174, 5175, 5176}, 5174) == (set(ports.values()), ports["fresh-start"])
    assert () == scan(apps).broken


@pytest.mark.parametrize(
    ("slug", "options", "said"),
    [
        ("Fresh", (), "is not kebab-case"),
        ("fresh_start", (), "is not kebab-case"),
        ("../fresh", (), "is not kebab-case"),
        ("portal", (), "is reserved for the hub itself"),
        ("template-app", (), "is reserved for the hub itself"),
        ("fresh-start", (), "there is an app 'fresh-start' already"),
        ("other", ("--kind", "toy"), "there is no kind 'toy'"),
        ("other", ("--name", ""), "the name '' is empty"),
        ("other", ("--name", "{{ x }}"), "or one of {}<>"),
        ("other", ("--name", "a\nslug: b"), "holds a control character"),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    made: tuple[Path, Said],
    slug: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    apps, _ = made
    before = sorted(apps.rglob("*"))

    refused = new_app(apps, slug, *options)

    assert 2 == refused.returncode
    assert said in refused.stderr
    assert "\n  next: " in refused.stderr
    assert before == sorted(apps.rglob("*"))


def test_a_red_app_is_not_put_into_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "template"
    shutil.copytree(scaffold.TEMPLATE, template)
    breaking.replace(template / "app" / "backend.py.jinja", '"status": "ok"', '"status": "sick"')
    monkeypatch.setattr(scaffold, "TEMPLATE", template)

    with pytest.raises(SmokeRed):
        scaffold.new_app(tmp_path / "apps", "some-app", "Some App", "internal")

    assert [] == list((tmp_path / "apps").iterdir())


def test_without_the_tools_of_the_smoke_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "sed", "mktemp", "rm"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(tools))

    with pytest.raises(EnvironmentNotReady, match="ended with 4"):
        scaffold.new_app(tmp_path / "apps", "some-app", "Some App", "internal")

    assert [] == list((tmp_path / "apps").iterdir())


def test_what_a_kill_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "apps" / ".scaffold-dead"
    left.mkdir(parents=True)
    (left / "half").touch()

    with scaffold._locked(tmp_path / "apps"), scaffold._scratch(tmp_path / "apps"):
        assert not left.exists()


@pytest.fixture(scope="module")
def broken(made: tuple[Path, Said], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The new app, and copies of it that are broken in every way that the fast tier must notice."""
    apps = tmp_path_factory.mktemp("broken") / "apps"
    shutil.copytree(made[0], apps)
    for number, (slug, (break_it, _)) in enumerate(breaking.FAST.items()):
        break_it(breaking.copy_as(apps / "fresh-start", slug, number))
    return apps


def check_of(slug: str) -> str:
    return breaking.FAST[slug][1]


@pytest.fixture(scope="module")
def of_the_script(broken: Path) -> dict[str, set[str]]:
    """What the script says of all of them: the failed checks by app."""
    said = smoke(broken, "--all")
    fails = re.findall(r"(?m)^FAIL ([a-z-]+)\[([a-z-]+)\] ", said.stdout)

    assert 1 == said.returncode, said.stderr
    assert all(len(line) <= 400 and line.isascii() for line in said.stdout.splitlines())
    assert f"RESULT red total={5 * (1 + len(breaking.FAST))} " in said.stdout.splitlines()[-1]
    assert f"failed={len(fails)} " in said.stdout.splitlines()[-1]
    return {
        slug: {check for check, app in fails if app == slug} for slug in {app for _, app in fails}
    }


@pytest.fixture(scope="module")
def of_the_tests(broken: Path) -> dict[str, set[str]]:
    """What the tests say of all of them."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "tests/hub/test_apps.py"]
    said = run(*command, HUB_APPS=str(broken), COLUMNS="300")
    fails = re.findall(r"(?m)^FAILED \S+::(\w+)\[([a-z-]+)\]", said.stdout)

    assert 1 == said.returncode, said.stdout
    return {
        slug: {TESTS[test] for test, app in fails if app == slug}
        for slug in {app for _, app in fails}
    }


@pytest.mark.parametrize("slug", breaking.FAST)
def test_the_script_notices_what_is_broken(of_the_script: dict[str, set[str]], slug: str) -> None:
    assert check_of(slug) in of_the_script[slug]


@pytest.mark.parametrize("slug", breaking.FAST)
def test_the_tests_notice_what_is_broken(of_the_tests: dict[str, set[str]], slug: str) -> None:
    assert check_of(slug) in of_the_tests[slug]


@pytest.mark.parametrize(
    "slug",
    [slug for slug, (_, check) in breaking.FAST.items() if check not in {"health", "manifest"}],
)
def test_what_still_works_is_not_blamed(
    of_the_script: dict[str, set[str]], of_the_tests: dict[str, set[str]], slug: str
) -> None:
    allowed = {check_of(slug)} | ({"auth-accepted"} if slug == "auth-forgotten" else set())
    allowed |= {"auth-refused"} if slug == "nobody-comes-in" else set()

    assert of_the_script[slug] <= allowed
    assert of_the_tests[slug] <= allowed


def test_the_healthy_one_is_green_beside_them(
    of_the_script: dict[str, set[str]], of_the_tests: dict[str, set[str]]
) -> None:
    assert "fresh-start" not in of_the_script
    assert "fresh-start" not in of_the_tests
