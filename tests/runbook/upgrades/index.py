"""A package index on this machine: tiny wheels and source packages, each with an upload time."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class File:
    """One file of a release."""

    name: str
    content: bytes
    uploaded: str


@dataclass
class Index:
    """Packages and their files; `serve` answers for them as a simple index does (PEP 691, 700).

    Attributes:
        has_dates: Whether it says when a file was uploaded.
        url: Where it listens.
    """

    files: dict[str, list[File]] = field(default_factory=dict)
    has_dates: bool = True
    url: str = ""

    def wheel(
        self, name: str, version: str, code: str = "", *, requires: Sequence[str] = (), day: str = "2024-01-01"
    ) -> None:  # fmt: skip
        """Add a wheel of one module, called like the package."""
        folder = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
        members = {
            f"{name}.py": f"VERSION = {version!r}\n{code}\n",
            f"{folder}/METADATA": metadata,
            f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{each},,\n" for each in (*members, f"{folder}/RECORD"))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for each, text in {**members, f"{folder}/RECORD": record}.items():
                archive.writestr(each, text)
        self._add(name, File(f"{name}-{version}-py3-none-any.whl", buffer.getvalue(), day))

    def source(
        self, name: str, version: str, *, backend: str, day: str = "2024-01-01", says_what_it_requires: bool = True
    ) -> None:  # fmt: skip
        """Add a source package that needs a build backend: a package whose module is the backend.

        Args:
            name: What it is called.
            version: Its version.
            backend: The build requirement.
            day: When it was uploaded.
            says_what_it_requires: Whether that can be read without a build (Metadata 2.2).
        """
        metadata = "2.2" if says_what_it_requires else "2.1"
        top = f"{name}-{version}"
        members = {
            "pyproject.toml": f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{backend}"\n',
            "PKG-INFO": f"Metadata-Version: {metadata}\nName: {name}\nVersion: {version}\n",
        }
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for each, text in members.items():
                info = tarfile.TarInfo(f"{top}/{each}")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
        self._add(name, File(f"{top}.tar.gz", buffer.getvalue(), day))

    def _add(self, name: str, file: File) -> None:
        self.files.setdefault(name, []).append(file)

    def page(self, name: str) -> dict[str, Any]:
        """Return what the index says of a package."""
        return {
            "meta": {"api-version": "1.1"},
            "name": name,
            "versions": [],
            "files": [self._entry(each) for each in self.files[name]],
        }

    def _entry(self, file: File) -> dict[str, Any]:
        entry = {
            "filename": file.name,
            "url": f"{self.url}/files/{file.name}",
            "hashes": {"sha256": hashlib.sha256(file.content).hexdigest()},
            "size": len(file.content),
        }
        return entry | ({"upload-time": f"{file.uploaded}T00:00:00Z"} if self.has_dates else {})

    def answer(self, path: str) -> tuple[bytes, str]:
        """Return what is at an address, and its type; nothing where nothing is."""
        kind, _, name = path.strip("/").partition("/")
        if kind == "simple" and name in self.files:
            return json.dumps(self.page(name)).encode(), "application/vnd.pypi.simple.v1+json"
        all_files = (file for files in self.files.values() for file in files)
        found = (file.content for file in all_files if (kind, file.name) == ("files", name))
        return next(found, b""), "application/octet-stream"

    def serve(self) -> ThreadingHTTPServer:
        """Start to answer on a port that the system chooses."""
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content, what = index.answer(self.path)
                self.send_response(200 if content else 404)
                self.send_header("Content-Type", what)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_HEAD = do_GET  # noqa: N815 - as `http.server` calls it

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
