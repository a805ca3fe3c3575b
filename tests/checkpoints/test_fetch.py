"""Fetching from a local server that speaks a model hub's routes: needed files alone, resumed, checked, recorded."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from filmloom.checkpoints.digests import RECORD, read_digests
from filmloom.checkpoints.fetch import FETCHABLE, fetch
from filmloom.checkpoints.public import open_public
from filmloom.core.errors import CheckpointError, ResourceError
from filmloom.models.names import TABLES

hub = pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
COMMIT = "5be7df9619b54f4e2667b2755bc6a756675b5cd7"
LARGE = (".safetensors", ".pth")


class Hub(ThreadingHTTPServer):
    """Serves one folder as the repository asked for, whatever its name."""

    daemon_threads = True

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), Route)
        self.folder, self.served, self.ranges = folder, [], []
        self.breaks: dict[str, int] = {}  # file -> bytes after which its next transfer breaks off
        self.spoilt: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def files(self) -> dict[str, bytes]:
        files = {file.relative_to(self.folder).as_posix(): file for file in self.folder.rglob("*") if file.is_file()}
        return {name: file.read_bytes() for name, file in sorted(files.items())}

    def handle_error(self, *_: object) -> None:
        pass  # a client that goes away is no news


class Route(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if "/resolve/" in path:
            self.file(path.split("/resolve/")[1].partition("/")[2])
        elif "/tree/" in path:
            self.json(
                [{"type": "file", "path": name, **facts(name, data)} for name, data in self.server.files().items()]
            )
        elif path.startswith("/api/models/") and not path.endswith("/revision/absent"):
            files = [{"rfilename": name, **facts(name, data)} for name, data in self.server.files().items()]
            self.json({"id": path.split("/api/models/")[1], "sha": COMMIT, "siblings": files})
        else:
            self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "no such revision"})

    def file(self, name: str) -> None:
        data = self.server.files()[name]
        headers = {"ETag": f'"{facts(name, data)["oid"]}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if name in self.server.spoilt:
            data = bytes(len(data))
        wanted = self.headers.get("Range")
        if self.command == "GET":
            self.server.served.append(name)
        if not wanted:
            self.send(200, data, headers, breaks=self.server.breaks.pop(name, None) if self.command == "GET" else None)
            return
        begin = int(wanted.removeprefix("bytes=").partition("-")[0])
        self.server.ranges.append((name, begin))
        self.send(206, data[begin:], headers | {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"})

    def json(self, body: object) -> None:
        self.send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, body: bytes, headers: dict, *, breaks: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:breaks])
        self.close_connection = breaks is not None

    def log_message(self, *_: object) -> None:
        pass


def facts(name: str, data: bytes) -> dict:
    """Large files are known by their sha256, small ones by git's sha1."""
    if not name.endswith(LARGE):
        return {"size": len(data), "oid": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()}
    sha256 = hashlib.sha256(data).hexdigest()
    return {
        "size": len(data),
        "oid": sha256,
        "lfs": {"oid": sha256, "sha256": sha256, "size": len(data), "pointerSize": 9},
    }


@pytest.fixture
def served(diffusers_folder, original_folder, monkeypatch, tmp_path):
    """Start a server for a layout."""
    servers = []
    monkeypatch.setattr(hub.constants, "DOWNLOAD_CHUNK_SIZE", 4096)  # what is kept of a broken transfer: whole chunks

    def start(layout: str) -> Hub:
        server = Hub({"diffusers": diffusers_folder, "original": original_folder}[layout])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def resumed(server: Hub, name: str) -> bool:
    return any(file == name and 90_000 < begin <= 100_000 for file, begin in server.ranges)


@pytest.mark.parametrize(
    ("name", "layout"), [("wan2.2-t2v-a14b", "original"), ("wan2.2-t2v-a14b-diffusers", "diffusers")]
)
def test_a_model_arrives_whole_with_its_digests(served, tmp_path, name, layout):
    server = served(layout)
    path = fetch(name, tmp_path / "model", endpoint=server.address)
    folder = open_public(path, TABLES)
    assert (folder.layout, folder.model) == (layout, "wan2.2-t2v-a14b")
    folder.verify()
    arrived = {name: (path / name).read_bytes() for name in read_digests(path)}
    assert arrived == server.files()


def test_what_is_not_needed_stays_there(served, tmp_path, diffusers_folder):
    import shutil

    server = served("diffusers")
    server.folder = shutil.copytree(diffusers_folder, tmp_path / "repository")
    for extra in ("README.md", "assets/film.mp4", "text_encoder_2/model.safetensors"):
        (server.folder / extra).parent.mkdir(exist_ok=True)
        (server.folder / extra).write_bytes(b"large")
    path = fetch("wan2.2-t2v-a14b-diffusers", tmp_path / "model", endpoint=server.address)
    assert not (path / "README.md").exists() and not (path / "assets").exists()
    assert "assets/film.mp4" not in server.served and "vae/config.json" in server.served


def test_an_interrupted_download_goes_on_where_it_broke(served, tmp_path, original_folder):
    server, name = served("original"), "Wan2.1_VAE.pth"
    server.breaks[name] = 100_000
    path = fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    assert resumed(server, name), "the rest alone was asked for"
    assert (path / name).read_bytes() == (original_folder / name).read_bytes()
    server.served.clear()
    fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    assert server.served == [], "nothing is fetched twice"


def test_a_download_resumes_in_another_run(served, tmp_path, monkeypatch):
    """The connection breaks and the retry finds no server; what has arrived is used by the next run."""
    server, name = served("original"), "Wan2.1_VAE.pth"
    server.breaks[name] = 100_000
    answer = Route.file

    def gone(self, file):
        if (file, "GET") == (name, self.command) and self.headers.get("Range"):
            self.send(403, b"{}", {})
        else:
            answer(self, file)

    with monkeypatch.context() as broken:
        broken.setattr(Route, "file", gone)
        with pytest.raises(CheckpointError, match="run the same command again"):
            fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    assert not (tmp_path / "model" / name).exists() and not (tmp_path / "model" / RECORD).exists()
    fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    assert resumed(server, name)
    open_public(tmp_path / "model", TABLES).verify()


def test_a_file_that_arrives_damaged_is_deleted_and_said(served, tmp_path):
    server = served("original")
    server.spoilt.add("Wan2.1_VAE.pth")
    with pytest.raises(CheckpointError, match=r"Wan2.1_VAE.pth arrived damaged and was deleted"):
        fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    server.spoilt.clear()
    open_public(fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address), TABLES).verify()


def test_offline_unknown_and_full_are_said_before_anything_is_written(served, tmp_path, monkeypatch):
    with pytest.raises(
        CheckpointError, match=r"could not be fetched from Wan-AI/Wan2\.2-TI2V-5B: .* Without a network"
    ):
        fetch("wan2.2-ti2v-5b", tmp_path / "model", endpoint="http://127.0.0.1:9")
    with pytest.raises(CheckpointError, match=r"'wan3' cannot be fetched; these can: wan2\.2-t2v-a14b, "):
        fetch("wan3", tmp_path / "model")
    server = served("original")
    with pytest.raises(CheckpointError, match="could not be fetched"):
        fetch("wan2.2-t2v-a14b", tmp_path / "model", revision="absent", endpoint=server.address)
    monkeypatch.setattr("filmloom.checkpoints.fetch.disk_free", lambda folder: 1000)
    with pytest.raises(ResourceError, match="of disk"):
        fetch("wan2.2-t2v-a14b", tmp_path / "model", endpoint=server.address)
    assert not (tmp_path / "model").exists()


def test_every_public_model_has_both_layouts():
    names = ("wan2.2-t2v-a14b", "wan2.2-i2v-a14b", "wan2.2-ti2v-5b")
    assert list(FETCHABLE) == [name + suffix for name in names for suffix in ("", "-diffusers")]
    assert FETCHABLE["wan2.2-i2v-a14b"].repo == "Wan-AI/Wan2.2-I2V-A14B"
