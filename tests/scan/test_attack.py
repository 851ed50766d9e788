"""wapiti from outside: it crawls the site, attacks what it finds, and must find nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.scan.conftest import Target

MODULES = (
    *("xss", "permanentxss", "csp", "http_headers", "cookieflags", "redirect", "crlf"),
    *("file", "exec", "sql", "csrf", "backup", "methods"),
)
PAGES = ("/index.html", "/studio.html", "/pair.html", "/settings.html", "/dashboard.html")
# What is found and stays, by category, each with its reason.
ACCEPTED = {
    "Cross Site Request Forgery": "the forms of pages are sent by scripts as JSON, with a token in a "
    "header or with a cookie and the right Origin; a form's own POST to a page is answered with 405",
    "HTTP Strict Transport Security (HSTS)": "the server speaks plain HTTP on this machine; "
    "a proxy that ends TLS adds the header",
}


def test_nothing_is_found(target: Target, tmp_path: Path) -> None:
    found = attacked(target, tmp_path)

    assert found["infos"]["crawled_pages_nbr"] >= len(PAGES)
    problems = _problems(found["vulnerabilities"]) + _problems(found["anomalies"])
    assert [] == [each for each in problems if each.split(":")[0] not in ACCEPTED]
    assert "Traceback" not in target.panel.log()


def attacked(target: Target, folder: Path) -> dict[str, Any]:
    """Crawl and attack a server from its pages on; return the report."""
    wapiti = shutil.which("wapiti", path=str(Path(sys.executable).parent))
    assert wapiti
    report = folder / "report.json"
    starts = [
        *PAGES,
        f"/canvas/{target.public}.html",
        "/ensemble/canvases?filter=newest&limit=5&cursor=x",
    ]
    command = [wapiti, "-u", f"{target.url}/", "--scope", "folder", "-m", ",".join(MODULES)]
    command += [part for start in starts for part in ("-s", target.url + start)]
    # Its own endpoints are elsewhere; everything stays on this machine.
    command += ["--endpoint", f"{target.url}/", "--dns-endpoint", "localhost", "--no-bugreport"]
    command += ["--max-scan-time", "60", "--max-attack-time", "15", "--flush-session"]
    command += ["--store-session", str(folder), "-f", "json", "-o", str(report)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def _problems(categories: dict[str, list[dict[str, Any]]]) -> list[str]:
    return [
        f"{category}: {each['method']} {each['path']} {each['info']}"
        for category, entries in categories.items()
        for each in entries
    ]
