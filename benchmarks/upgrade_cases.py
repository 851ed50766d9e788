"""Development cases of the upgrade search: real breakages, each with its truth, at two frozen dates.

A case is a handful of requirements, the day on which it was green, and a test. The truth was read from the change
logs of the packages and is what the search has to find: minimal sets that are red by themselves, how many packages
end below their newest where all is green again, and the first bad release. Where two packages can only move
together, either name is right.
"""

from __future__ import annotations

from dataclasses import dataclass

NEWEST = "2026-10-01T00:00:00Z"
_FILLER = "attrs rich requests jinja2 pyyaml"
_LARGE = (
    "flask requests rich httpx sqlalchemy marshmallow jinja2 pyyaml attrs black tox sphinx mkdocs django celery cattrs"
    " pydantic starlette uvicorn tornado twine paramiko fabric invoke ipython virtualenv pre-commit pylint mypy"
    " cryptography"
)
_CLICK = (
    "def test_cli():\n    from click.testing import CliRunner\n    CliRunner(mix_stderr=False)\n"
)
_TRAPZ = "def test_area():\n    from scipy.integrate import trapz\n    trapz([1, 2])\n"
_PROXIES = "def test_client():\n    import httpx\n    httpx.Client(proxies=None)\n"
_NO_MATRIX = "def test_graph():\n    import networkx\n    networkx.to_numpy_matrix\n"
_MARSHMALLOW = "def test_schema():\n    from marshmallow import fields\n    fields.Int(missing=1)\n"
_PARTS = {
    "applehelp": "1.0.8", "devhelp": "1.0.6", "htmlhelp": "2.0.5", "qthelp": "1.0.7", "serializinghtml": "1.1.10",
}  # fmt: skip  # the first of each that asks for Sphinx 5


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: What it shows.
        requires: Requirements, with spaces between.
        day: When the baseline was newest.
        test: The test file.
        culprits: The minimal red sets; in a name, ``a|b`` stands for either.
        hold: How many packages end below their newest; 0 where it is not known or there is nothing to hold.
        first_bad: Of culprits, where it is known.
        verdict: What the search must end with.
        flake_rate: What the search is told.
        command: What is run.
    """

    name: str
    requires: str
    day: str
    test: str
    culprits: tuple[frozenset[str], ...] = ()
    hold: int = 0
    first_bad: tuple[tuple[str, str], ...] = ()
    verdict: str = "found"
    flake_rate: float = 0.0
    command: str = "python -m pytest -q -p no:cacheprovider"


def _one(name: str) -> tuple[frozenset[str], ...]:
    return (frozenset({name}),)


CASES = (
    Case(
        "held back, it breaks against another (pandas 2, then numpy 2)", f"pandas {_FILLER} pytest", "2023-03-01",
        "def test_frame():\n    import pandas\n    pandas.DataFrame({'a': [1]}).append({'a': 2}, ignore_index=True)\n",
        _one("pandas"), 2, (("pandas", "2.0.0"),),
    ),
    Case(
        "a module moves to another package (lxml 5.2)", f"lxml {_FILLER} pytest", "2024-03-01",
        "def test_clean():\n    from lxml.html.clean import clean_html\n    clean_html('<p>')\n",
        _one("lxml"), 1, (("lxml", "5.2.0"),),
    ),
    Case(
        "a function goes from a compiled package (scipy 1.14)", f"scipy numpy {_FILLER} pytest", "2024-05-01", _TRAPZ,
        _one("scipy"), 2, (("scipy", "1.14.0"),),
    ),
    Case(
        "the way out goes as well (lxml 5.2 with httpx 0.28)", f"lxml httpx {_FILLER} pytest", "2024-03-01",
        "def test_either():\n    try:\n        from lxml.html.clean import clean_html\n    except ImportError:\n"
        "        import httpx\n        httpx.Client(proxies=None)\n",
        (frozenset({"lxml", "httpx"}),), 1,
    ),
    Case(
        "two tests, two causes (scipy 1.14, httpx 0.28)", f"scipy httpx {_FILLER} pytest", "2024-05-01",
        _TRAPZ + _PROXIES, (frozenset({"scipy"}), frozenset({"httpx"})), 3,
        (("scipy", "1.14.0"), ("httpx", "0.28.0")),
    ),
    Case(
        "an extension stays behind its framework (werkzeug 3 under flask-login)",
        "flask-login<0.6.3 flask requests rich pytest", "2023-06-01",
        "def test_login():\n    import flask_login\n", _one("werkzeug"), 2, (("werkzeug", "3.0.0"),),
    ),
    Case(
        "a function goes (networkx 3)", f"networkx {_FILLER} pytest", "2022-12-01", _NO_MATRIX, _one("networkx"), 1,
        (("networkx", "3.0"),),
    ),
    Case(
        "the same, seen by a flaky command that is not told", f"networkx {_FILLER} pytest", "2022-12-01",
        f"{_NO_MATRIX}    import random\n    assert random.random() > 0.2\n", _one("networkx"), 1,
        (("networkx", "3.0"),),
    ),
    Case(
        "an attribute goes (click 8.2)", f"click {_FILLER} pytest", "2025-01-01", _CLICK, _one("click"), 1,
        (("click", "8.2.0"),),
    ),
    Case(
        "a transitive package breaks its user (werkzeug 3.1)", "flask<2.3 requests rich httpx pytest", "2023-06-01",
        'def test_app():\n    from flask import Flask\n    Flask("x").test_client().get("/")\n', _one("werkzeug"), 1,
        (("werkzeug", "3.1.0"),),
    ),
    Case(
        "a major carries its parts (pydantic 2)", f"pydantic {_FILLER} pytest", "2023-06-01",
        "def test_settings():\n    from pydantic import BaseSettings\n", _one("pydantic"), 1, (("pydantic", "2.0"),),
    ),
    Case(
        "a carrier must move along (urllib3 2)", "requests urllib3 rich pytest", "2023-03-01",
        "def test_ciphers():\n    from urllib3.util.ssl_ import DEFAULT_CIPHERS\n", _one("urllib3"), 1,
        (("urllib3", "2.0.2"),),
    ),
    Case(
        "a method goes (SQLAlchemy 2)", f"sqlalchemy {_FILLER} pytest", "2022-12-01",
        "def test_execute():\n    from sqlalchemy import create_engine\n"
        '    create_engine("sqlite://").execute("select 1")\n',
        _one("sqlalchemy"), 1, (("sqlalchemy", "2.0.0"),),
    ),
    Case(
        "a keyword goes (marshmallow 4)", f"marshmallow {_FILLER} pytest", "2024-12-01", _MARSHMALLOW,
        _one("marshmallow"), 1, (("marshmallow", "4.0.0"),),
    ),
    Case(
        "a name goes, seen by another package (MarkupSafe 2.1)",
        "jinja2<3 markupsafe requests rich pytest", "2022-01-01",
        "def test_template():\n    import jinja2\n", _one("markupsafe"), 1, (("markupsafe", "2.1.0"),),
    ),
    Case(
        "two independent ones", f"click marshmallow {_FILLER} pytest", "2024-12-01", _CLICK + _MARSHMALLOW,
        (frozenset({"click"}), frozenset({"marshmallow"})), 2, (("click", "8.2.0"), ("marshmallow", "4.0.0")),
    ),
    Case(
        "two that break only together", f"click marshmallow {_FILLER} pytest", "2024-12-01",
        "def test_both():\n    from importlib.metadata import version\n"
        '    old = [version("click") < "8.2", version("marshmallow") < "4"]\n    assert any(old), "not both"\n',
        (frozenset({"click", "marshmallow"}),), 1,
    ),
    Case(
        "a pair, of which one takes another back (packaging 22 with importlib-metadata 5)",
        "importlib-metadata packaging requests rich attrs pytest", "2022-09-15",
        "def test_plugins():\n    from importlib_metadata import entry_points\n    try:\n"
        "        entry_points().get('x', ())\n    except AttributeError:\n"
        "        from packaging.version import LegacyVersion\n",
        (frozenset({"importlib-metadata", "packaging"}),), 1,
        (("importlib-metadata", "5.0.0"), ("packaging", "22.0")),
    ),
    Case(
        "three that move in step (opentelemetry-sdk 1.39)", f"opentelemetry-sdk {_FILLER} pytest", "2024-06-01",
        "def test_logs():\n    from opentelemetry.sdk._logs import LogData\n", _one("opentelemetry-sdk"), 3,
        (("opentelemetry-sdk", "1.39.0"),),
    ),
    Case(
        "a coupled hold (pydantic-core)", f"pydantic {_FILLER} pytest", "2024-06-01",
        "def test_core():\n    from importlib.metadata import version\n"
        '    assert version("pydantic_core").startswith("2.18"), "core"\n',
        _one("pydantic|pydantic-core"), 2,
    ),
    Case(
        "a confounder with another failure (httpx 0.28 under an old starlette)",
        f"starlette httpx click {_FILLER} pytest", "2024-10-01",
        "def test_app():\n    from starlette.applications import Starlette\n"
        "    from starlette.testclient import TestClient\n"
        "    TestClient(Starlette())\n    from click.testing import CliRunner\n    CliRunner(mix_stderr=False)\n",
        _one("click"), 1, (("click", "8.2.0"),),
    ),
    Case(
        "a flaky test, told", f"click {_FILLER} pytest", "2025-01-01",
        f"{_CLICK}    import random\n    assert random.random() > 0.2\n", _one("click"), 1, flake_rate=0.2,
    ),
    Case(
        "a flaky test, not told", f"click {_FILLER} pytest", "2025-01-01",
        f"{_CLICK}    import random\n    assert random.random() > 0.2\n", _one("click"), 1,
    ),
    Case(
        "a build requirement (setuptools 58)", "anyjson==0.3.3 rich", "2021-09-03",
        "def test_json():\n    import anyjson\n", _one("setuptools"), verdict="outside-lock",
        first_bad=(("setuptools", "58.0.0"),), command="python -c 'import anyjson'",
    ),
    Case(
        "nothing to blame", f"click {_FILLER} pytest", "2025-01-01", "def test():\n    import click\n", verdict="clean",
    ),
    Case(
        "a flaky test, and nothing to blame", f"click {_FILLER} pytest", "2025-01-01",
        "def test():\n    import random\n    import click\n    assert random.random() > 0.2\n", verdict="clean",
    ),
    Case(
        "a client is built on one that refuses an argument (httpx 0.28 under openai)",
        "openai<1.55 httpx requests rich jinja2 pyyaml pytest", "2024-10-01",
        'def test_client():\n    from openai import OpenAI\n    OpenAI(api_key="x")\n', _one("httpx"), 1,
        (("httpx", "0.28.0"),),
    ),
    Case(
        "compiled against the other major (numpy 2 under pandas)",
        "pandas<2.1 numpy requests rich jinja2 pyyaml attrs pytest", "2023-07-01",
        "def test_frame():\n    import pandas\n", _one("numpy"), 1, (("numpy", "2.0.0"),),
    ),
    Case(
        "a module goes (pkg_resources)", "fs setuptools requests rich jinja2 pyyaml attrs pytest", "2024-01-01",
        "def test_fs():\n    import fs\n", _one("setuptools"), 1, (("setuptools", "82.0.0"),),
    ),
    Case(
        "a plugin that only moves with its runner (pytest-asyncio 1)",
        "pytest-asyncio pytest requests rich jinja2 pyyaml attrs", "2024-06-01",
        "def test_loop(event_loop):\n    assert event_loop\n", _one("pytest-asyncio"), 2,
        (("pytest-asyncio", "1.0.0"),),
    ),
    Case(
        "the runner under a plugin that stays (pytest 8)",
        "pytest-lazy-fixture pytest requests rich jinja2 pyyaml attrs", "2023-12-01",
        "import pytest\n@pytest.fixture\ndef one():\n    return 1\n"
        '@pytest.mark.parametrize("it", [pytest.lazy_fixture("one")])\ndef test_it(it):\n    assert it == 1\n',
        _one("pytest"), 1, (("pytest", "8.0.0"),),
    ),
    Case(
        "a new warning where warnings are errors (jsonschema 4.18)", "jsonschema requests rich jinja2 pyyaml pytest",
        "2023-06-01", 'def test_it():\n    from jsonschema import RefResolver\n    RefResolver("", {})\n',
        _one("jsonschema"), 1, (("jsonschema", "4.18.0"),),
        command="python -m pytest -q -p no:cacheprovider -W error::DeprecationWarning",
    ),
    Case(
        "no test at all, and no trace (black 24)", "black requests rich jinja2 pyyaml attrs pytest", "2023-06-01",
        '"""Say hello."""\nimport os\n', _one("black"), 1, (("black", "24.1.0"),),
        command="black --check test_case.py",
    ),
    Case(
        "the trace points at one that moved too (click 8.2 under typer)",
        "typer<0.15.4 click requests jinja2 pyyaml attrs pytest", "2025-01-01",
        "def test_help():\n    import typer\n    app = typer.Typer()\n    @app.command()\n"
        '    def run(name: str) -> None: ...\n    app(["--help"], standalone_mode=False)\n',
        _one("click"), 1, (("click", "8.2.0"),),
    ),
    Case(
        "one hides the other (numpy 2 and SQLAlchemy 2 under pandas)",
        "pandas<2 numpy sqlalchemy requests rich jinja2 pyyaml pytest", "2023-01-15",
        "import pandas\ndef test_sql():\n    from sqlalchemy import create_engine\n"
        '    pandas.read_sql("select 1", create_engine("sqlite://"))\n',
        (frozenset({"numpy"}), frozenset({"sqlalchemy"})), 2, (("numpy", "2.0.0"), ("sqlalchemy", "2.0.0")),
    ),
    Case(
        "two independent ones, seen by a flaky command", f"click marshmallow {_FILLER} pytest", "2024-12-01",
        "def test_cli():\n    import random\n    assert random.random() > 0.15\n"
        "    from click.testing import CliRunner\n    CliRunner(mix_stderr=False)\n" + _MARSHMALLOW,
        (frozenset({"click"}), frozenset({"marshmallow"})), 2, (("click", "8.2.0"), ("marshmallow", "4.0.0")),
    ),
    Case(
        "a constant goes, under another name than the package's (Pillow 10)", f"pillow {_FILLER} pytest", "2023-05-01",
        "def test_picture():\n    from PIL import Image\n    Image.new('L', (4, 4)).resize((2, 2), Image.ANTIALIAS)\n",
        _one("pillow"), 1, (("pillow", "10.0.0"),),
    ),
    Case(
        "code that an older compiler wrote (protobuf 4 under googleapis-common-protos)",
        f"googleapis-common-protos<1.56.1 protobuf {_FILLER} pytest", "2022-05-01",
        "def test_status():\n    from google.rpc import status_pb2\n", _one("protobuf"), 1,
        (("protobuf", "4.21.1"),),  # 4.21.0 is yanked
    ),
    Case(
        "a framework stays behind its templates (Jinja 3.1 under Flask 1.1.2)",
        "flask==1.1.2 jinja2 werkzeug<2.1 itsdangerous<2.1 requests rich pyyaml attrs pytest", "2022-03-01",
        "def test_page():\n    import flask\n    assert flask.Flask(__name__)\n",
        _one("jinja2"), 1, (("jinja2", "3.1.0"),),
    ),
    Case(
        "five parts ask for a newer whole, one after the other (sphinxcontrib under Sphinx 4)",
        "sphinx<5 requests rich pytest", "2023-12-01",
        "def test_documents(tmp_path):\n    from sphinx.application import Sphinx\n"
        "    (tmp_path / 'conf.py').touch()\n    where = [str(tmp_path / each) for each in ('', '', 'out', 'trees')]\n"
        "    Sphinx(*where, 'html')\n",
        tuple(frozenset({f"sphinxcontrib-{each}"}) for each in _PARTS), 5,
        tuple((f"sphinxcontrib-{each}", version) for each, version in _PARTS.items()),
    ),
    Case(
        "a plugin stays behind its library (SQLAlchemy 2 under Flask-SQLAlchemy 2)",
        "flask-sqlalchemy<3 flask<2.3 werkzeug<2.3 requests rich pytest", "2022-12-01",
        "def test_database():\n    from flask import Flask\n    from flask_sqlalchemy import SQLAlchemy\n"
        "    SQLAlchemy(Flask(__name__))\n",
        _one("sqlalchemy"), 1, (("sqlalchemy", "2.0.0"),),
    ),
    Case(
        "a number that others read goes (marshmallow 4 under environs)", "environs<10 requests rich pyyaml pytest",
        "2025-01-01", "def test_setting():\n    from environs import Env\n    Env()\n", _one("marshmallow"), 1,
        (("marshmallow", "4.0.0"),),
    ),
    Case(
        "an alias goes (numpy 2)", f"numpy {_FILLER} pytest", "2024-05-01",
        "def test_number():\n    import numpy\n    assert numpy.float_(1) == 1\n", _one("numpy"), 1,
        (("numpy", "2.0.0"),),
    ),
    Case(
        "no test at all, and a stricter checker (mypy 0.990)", "mypy requests rich attrs", "2022-10-01",
        'def greet(name: str = None) -> str:\n    return "hi"\n', _one("mypy"), 1, (("mypy", "0.990"),),
        command="mypy test_case.py",
    ),
    Case(
        "a binding that goes under its user (cryptography 39 under pyOpenSSL 22.0)",
        "pyopenssl<22.1 cryptography requests rich attrs pytest", "2022-10-15",
        "def test_key():\n    from OpenSSL import crypto\n    crypto.PKey()\n", _one("cryptography"), 1,
        (("cryptography", "39.0.0"),),
    ),
    Case(
        "a portal goes under its user (anyio 4 under starlette 0.20)",
        "starlette<0.21 anyio requests rich attrs pytest", "2023-06-01",
        "def test_page():\n    from starlette.applications import Starlette\n"
        "    from starlette.testclient import TestClient\n    with TestClient(Starlette()) as client:\n"
        '        client.get("/")\n',
        _one("anyio"), 1, (("anyio", "4.0.0"),),
    ),
    Case(
        "a framework that only moves with what is built on it (starlette 1 under fastapi)",
        "fastapi<0.140 starlette requests rich attrs jinja2 pytest", "2025-06-01",
        "def test_start():\n    from starlette.applications import Starlette\n"
        '    Starlette().add_event_handler("startup", lambda: None)\n',
        _one("starlette"), 1, (("starlette", "1.0.0"),),
    ),
    Case(
        "two who use it stay behind with it (protobuf 6.30 with grpcio-status)",
        "grpcio-status requests rich attrs pyyaml pytest", "2024-01-15",
        "def test_factory():\n    from google.protobuf import message_factory\n"
        "    message_factory.MessageFactory().GetPrototype\n",
        _one("protobuf"), 3, (("protobuf", "6.30.0"),),
    ),
    Case(
        "two tests, two causes, one of them under the runner (numpy 1.24, packaging 22)",
        f"numpy packaging {_FILLER} pytest", "2022-12-01",
        "def test_number():\n    import numpy\n    numpy.float(1)\n"
        "def test_version():\n    from packaging.version import LegacyVersion\n",
        (frozenset({"numpy"}), frozenset({"packaging"})), 3, (("numpy", "1.24.0"), ("packaging", "22.0")),
    ),
    Case(
        "a build requirement of an extension (Cython 3 under PyYAML 5.4.1)", "pyyaml==5.4.1 rich", "2023-07-01",
        "def test_yaml():\n    import yaml\n", _one("cython"), verdict="outside-lock",
        first_bad=(("cython", "3.0.0"),), command="python -c 'import yaml'",
    ),
    Case(
        "many packages", f"{_LARGE} click pytest", "2024-06-01", _CLICK, _one("click"), 0, (("click", "8.2.0"),),
    ),
    Case(
        "many packages, and a trace that names nobody", f"{_LARGE} click pytest", "2024-06-01",
        "def test_cli():\n    from importlib.metadata import version\n"
        '    if version("cl" + "ick") >= "8.2":\n        raise SystemExit(3)\n',
        _one("click"), 0, (("click", "8.2.0"),),
    ),
)  # fmt: skip
