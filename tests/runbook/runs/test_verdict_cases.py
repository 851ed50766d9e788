"""Every known way to a green run that proves nothing, each with real pytest in a tiny project.

The cases are those in which plain pytest exits with 0 though tests were left out, were not run, or failed. What the
verdict alone cannot see is at the end, with the name of what does: see docs/architecture/gate.md.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from tests.runbook.support import PYPROJECT, module, row_test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.runbook.support import TinyProject

ONE, TWO = row_test("test_one"), row_test("test_two")
RED = row_test("test_one", "assert 1 == 2")
HOOK = "import pytest\n\n\n"
DROPS = HOOK + "def pytest_collection_modifyitems(items):\n    del items[1:]\n"
EXITS_GREEN = (
    HOOK
    + "@pytest.hookimpl(trylast=True)\n"
    + "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
)
FORGES = (
    HOOK
    + "@pytest.hookimpl(wrapper=True)\n"
    + "def pytest_runtest_makereport(item, call):\n"
    + "    report = yield\n    report.outcome = 'passed'\n    return report\n"
)
SWALLOWS = HOOK + "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
CATCHES = (
    HOOK
    + "@pytest.hookimpl(wrapper=True)\n"
    + "def pytest_pyfunc_call(pyfuncitem):\n"
    + "    try:\n        return (yield)\n    except AssertionError:\n        return True\n"
)
RETRIES = (
    HOOK
    + "from _pytest.runner import runtestprotocol\n\n"
    + "def pytest_runtest_protocol(item, nextitem):\n"
    + "    for _ in range(2):\n"
    + "        reports = runtestprotocol(item, nextitem=nextitem, log=False)\n"
    + "        if not any(report.failed for report in reports):\n            break\n"
    + "    for report in reports:\n        item.ihook.pytest_runtest_logreport(report=report)\n"
    + "    return True\n"
)
CALLS_TWICE = (
    HOOK
    + "def pytest_pyfunc_call(pyfuncitem):\n"
    + "    arguments = pyfuncitem._fixtureinfo.argnames\n"
    + "    values = {name: pyfuncitem.funcargs[name] for name in arguments}\n"
    + "    try:\n        pyfuncitem.obj(**values)\n"
    + "    except Exception:\n        pyfuncitem.obj(**values)\n"
    + "    return True\n"
)
RUNS_TWICE = (
    HOOK
    + "def pytest_runtest_call(item):\n"
    + "    plain = item.runtest\n"
    + "    def again():\n"
    + "        try:\n            plain()\n        except Exception:\n            plain()\n"
    + "    item.runtest = again\n"
).replace("def pytest_runtest_call", "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_call")
FORGIVES = (
    HOOK
    + "@pytest.hookimpl(wrapper=True)\n"
    + "def pytest_pyfunc_call(pyfuncitem):\n"
    + "    try:\n        return (yield)\n    except OSError:\n        return True\n"
)
AGAIN = (
    HOOK
    + "def again(test):\n"
    + "    def run(**values):\n"
    + "        try:\n            test(**values)\n        except Exception:\n            test(**values)\n"
    + "    return run\n\n\n"
)
WRAPS = (
    AGAIN
    + "def pytest_collection_modifyitems(items):\n"
    + "    for item in items:\n        item.obj = again(item.obj)\n"
)
WRAPS_BY_FIXTURE = (
    AGAIN
    + "@pytest.fixture(autouse=True)\n"
    + "def steady(request):\n    request.node.obj = again(request.node.obj)\n"
)
EMPTIES = (
    HOOK
    + "def pytest_collection_modifyitems(items):\n"
    + "    for item in items:\n        item.obj = lambda: None\n"
)
PUTS_ANOTHER = (
    HOOK
    + "def pytest_collection_modifyitems(items):\n"
    + "    one, two = items\n"
    + "    one.module.test_one = one.obj = two.obj\n"
)
WITHIN = (
    "def make():\n    def test_one():\n        pass\n\n    return test_one\n\n\n"
    "globals()['test_one'] = make()\n"
)
ONE_ALONE = "    if pyfuncitem.name != 'test_one':\n        return None\n"
CALLS_ONE_TWICE = CALLS_TWICE.replace("    arguments =", ONE_ALONE + "    arguments =")
FORGIVES_ONE = (
    HOOK
    + "@pytest.hookimpl(wrapper=True)\n"
    + "def pytest_pyfunc_call(pyfuncitem):\n"
    + "    try:\n        return (yield)\n"
    + "    except AssertionError:\n"
    + "        if pyfuncitem.name == 'test_one':\n            return True\n        raise\n"
)
ONE_BY_FIXTURE = WRAPS_BY_FIXTURE.replace(
    "    request.node.obj =", "    if request.node.name == 'test_one':\n        request.node.obj ="
)
STOPS = (
    HOOK
    + "def pytest_runtest_logfinish():\n    pass\n\n\n"
    + "@pytest.hookimpl(trylast=True)\n"
    + "def pytest_runtest_teardown(item):\n    item.session.shouldstop = 'enough'\n"
)
SHUTS = HOOK + "import os\n\n\ndef pytest_runtest_setup():\n    os.closerange(3, 100)\n"
FLAKY = row_test(
    "test_one", "import pathlib; p = pathlib.Path('second'); e = p.exists(); p.touch(); assert e"
)


IN_CLASS = "class TestIt:\n" + textwrap.indent(RED.replace("test_one()", "test_one(self)"), "    ")
NUMBERED = ONE.replace("test_one()", "test_one(n)")
SUBTEST = row_test("test_one", "with subtests.test():\n        assert 1 == 2").replace(
    "test_one()", "test_one(subtests)"
)


@dataclass(frozen=True)
class Case:
    """A trick.

    Attributes:
        verdict: The word of the RESULT line, and the exit status.
        because: What the narration or a FAIL line says of it; empty where arguments say it all.
        tests: The source of the test file.
        conftest: The source of its folder's conftest.
        files: Further files.
        arguments: Of the smoke.
        variables: Of its environment.
    """

    verdict: tuple[str, int]
    because: str = ""
    tests: tuple[str, ...] = (ONE, TWO)
    conftest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


PARTIAL, RED_RUN, USAGE = ("partial", 0), ("red", 1), ("partial", ExitCode.USAGE)
STOPPED = ("partial", ExitCode.INTERRUPTED)
UNPREPARED = ("partial", ExitCode.ENVIRONMENT)
PYTEST_INI = "[pytest]\naddopts = --disable-plugin-autoload -p runbook.plugin -k one\n"
SKIP, XFAIL = "@pytest.mark.skip\n", "@pytest.mark.xfail\n"

CASES: dict[str, Case] = {
    "all are skipped": Case(PARTIAL, "skipped: test_one, test_two", (SKIP + ONE, SKIP + TWO)),
    "all are expected to fail": Case(
        PARTIAL, "skipped: test_one, test_two", (XFAIL + RED, XFAIL + TWO.replace("pass", "1 / 0"))
    ),
    "all pass unexpectedly": Case(PARTIAL, "skipped: test_one", (XFAIL + ONE, XFAIL + TWO)),
    "a filter": Case(PARTIAL, arguments=("-k", "one")),
    "one is deselected": Case(PARTIAL, arguments=("--deselect", "tests/test_app.py::test_two")),
    "nothing is collected": Case(USAGE, "no test", conftest="collect_ignore_glob = ['*']\n"),
    "a filter that matches nothing": Case(USAGE, "no test matches", arguments=("-k", "three")),
    "a module whose import is optional": Case(
        PARTIAL,
        "missing: test_three",
        files={
            "tests/test_more.py": 'import pytest\n\npytest.importorskip("no_such_module")\n\n\n'
            + row_test("test_three")
        },
    ),
    "only collected": Case(PARTIAL, arguments=("--collect-only", "-q")),
    "only planned": Case(PARTIAL, arguments=("--setup-plan",)),
    "a filter from the environment": Case(
        PARTIAL, "missing: test_two", variables={"PYTEST_ADDOPTS": "-k one"}
    ),
    "a plugin from the environment": Case(
        RED_RUN,
        "the negative control in tests passed",
        files={"forger.py": FORGES},
        variables={"PYTEST_PLUGINS": "forger"},
    ),
    "a filter from another file of settings": Case(
        PARTIAL, "missing: test_two", files={"pytest.ini": PYTEST_INI}
    ),
    "the process ends itself": Case(
        RED_RUN, "the session did not finish", (row_test("test_one", "os._exit(0)"), TWO)
    ),
    "the session ends itself": Case(
        PARTIAL, "missing: test_", (row_test("test_one", "pytest.exit('x', returncode=0)"), TWO)
    ),
    "a conftest drops tests": Case(PARTIAL, "missing: test_two", conftest=DROPS),
    "a conftest sets the exit status": Case(RED_RUN, "FAIL test_one", (RED, TWO), EXITS_GREEN),
    "a conftest forges reports": Case(RED_RUN, "FAIL test_one", (RED, TWO), FORGES),
    "a conftest forges reports, and none is red": Case(
        RED_RUN, "the negative control in tests passed", conftest=FORGES
    ),
    "a conftest swallows the calls": Case(
        RED_RUN, "the negative control in tests passed", (RED, TWO), SWALLOWS
    ),
    "a conftest catches failures": Case(RED_RUN, "FAIL test_one", (RED, TWO), CATCHES),
    "assertions are switched off": Case(
        RED_RUN,
        "the negative control in tests passed",
        (RED, TWO),
        arguments=("--assert=plain", "-W", "ignore"),
        variables={"PYTHONOPTIMIZE": "1"},
    ),
    "a test that is green at the second try": Case(RED_RUN, "FAIL test_one", (FLAKY, TWO), RETRIES),
    "a conftest calls a test twice": Case(RED_RUN, "FAIL test_one", (FLAKY, TWO), CALLS_TWICE),
    "a conftest runs a test twice": Case(RED_RUN, "FAIL test_one", (FLAKY, TWO), RUNS_TWICE),
    "a conftest forgives one kind of error": Case(
        RED_RUN,
        "FAIL test_one",
        (row_test("test_one", "raise TimeoutError"), TWO),
        FORGIVES,
    ),
    "a conftest calls one test twice, and the controls once": Case(
        RED_RUN, "FAIL test_one", (FLAKY, TWO), CALLS_ONE_TWICE
    ),
    "a conftest forgives one test, and no control": Case(
        RED_RUN, 'want="1" got="2"', (RED, TWO), FORGIVES_ONE
    ),
    "a conftest forgives one test of a class, and no control": Case(
        RED_RUN, "FAIL test_one", (IN_CLASS, TWO), FORGIVES_ONE
    ),
    "a fixture gives one test a second try, and no control": Case(
        RED_RUN, "FAIL test_one", (FLAKY, TWO), ONE_BY_FIXTURE
    ),
    "a conftest calls tests twice, and none is red": Case(
        RED_RUN, "the negative control in tests passed", conftest=CALLS_TWICE
    ),
    "a conftest forgives one kind of error, and none is red": Case(
        RED_RUN, "the negative control in tests passed", conftest=FORGIVES
    ),
    "a conftest gives each test a second try": Case(
        PARTIAL, "test_one was replaced", (FLAKY, TWO), WRAPS
    ),
    "a fixture gives each test a second try": Case(
        RED_RUN, "FAIL test_one", (FLAKY, TWO), WRAPS_BY_FIXTURE
    ),
    "a conftest empties the tests": Case(PARTIAL, "test_one was replaced", (RED, TWO), EMPTIES),
    "a conftest puts another test into the module": Case(
        PARTIAL, "test_one was replaced", (RED, TWO), PUTS_ANOTHER
    ),
    "a module gives one test's name to another": Case(
        PARTIAL, "test_one was replaced", (RED, TWO, "globals()['test_one'] = test_two\n")
    ),
    "a module empties a test": Case(
        PARTIAL,
        "test_one was replaced",
        (RED, TWO, "test_one.__code__ = (lambda: None).__code__\n"),
    ),
    "a module defines a test out of sight": Case(
        PARTIAL, "test_one was replaced", (RED, TWO, "exec('def test_one(): pass')\n")
    ),
    "a function of a module defines a test": Case(
        PARTIAL, "test_one was replaced", (RED, TWO, WITHIN)
    ),
    "a conftest stops the session": Case(STOPPED, "missing: test_two", conftest=STOPS),
    "a conftest shuts the file of events": Case(RED_RUN, "", (RED, TWO), SHUTS),
    "no parameter is left": Case(
        PARTIAL, "skipped: test_one", ("@pytest.mark.parametrize('n', [])\n" + NUMBERED, TWO)
    ),
    "a test ends the process well": Case(
        RED_RUN, "FAIL test_one", (row_test("test_one", "raise SystemExit(0)"), TWO)
    ),
    "a test says that it failed": Case(
        RED_RUN, "FAIL test_one", (row_test("test_one", "return False"), TWO)
    ),
    "a part of a test fails": Case(RED_RUN, "FAIL test_one", (SUBTEST, TWO)),
    "the plugin is left out": Case(
        UNPREPARED, "leave the engine's plugin out", arguments=("-p", "no:runbook.plugin")
    ),
    "the plugin is left out by a variable": Case(
        UNPREPARED,
        "next: leave no:runbook.plugin out",
        variables={"PYTEST_ADDOPTS": "-p no:runbook.plugin"},
    ),
    "nothing counts as a test": Case(
        USAGE, "no test", arguments=("-o", "python_functions=nothing")
    ),
    "two tests of one name, of which the first fails": Case(
        PARTIAL, "test_one is defined 2 times", (RED, ONE, TWO)
    ),
    "a test of the folder has no row": Case(
        PARTIAL, "no row: test_three", (ONE, TWO, "def test_three():\n    pass\n")
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_run_that_proves_nothing_is_not_green(project: TinyProject, case: Case) -> None:
    project.write("pyproject.toml", PYPROJECT)
    project.write("tests/test_app.py", module(*case.tests))
    if case.conftest:
        project.write("tests/conftest.py", case.conftest)
    for name, text in case.files.items():
        project.write(name, text)

    smoked = project.smoke("--", *case.arguments, **case.variables)

    last = smoked.out.splitlines()[-1]
    assert (f"RESULT {case.verdict[0]} ", case.verdict[1]) == (
        last[: len(f"RESULT {case.verdict[0]} ")],
        smoked.status,
    )
    assert case.because in smoked.out + smoked.err
