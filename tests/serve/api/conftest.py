"""A real server on a free loopback port, and a worker that brings one real film: everything else is as in a house."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

import filmloom
from filmloom.serve.app import create_app
from filmloom.serve.protocol import Hurried
from filmloom.serve.settings import Settings
from filmloom.serve.store import Store
from filmloom.serve.table import JobTable, open_table

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBhbmQgbm90aGluZyBlbHNl"


class Prompt(Hurried):
    head_seconds = 0.3


class Live:
    """A web process in a thread. `bring` is what a worker does: claim, film, finish."""

    def __init__(self, folder: Path, film: Path, settings: Settings):
        self.film, self.folder = film, folder
        self.table: JobTable = open_table(folder / "jobs.sqlite")
        self.store = Store(folder / "store", spare=0)
        self.app = create_app(self.table, self.store, settings)
        config = uvicorn.Config(
            self.app, port=0, log_level="warning", timeout_graceful_shutdown=5, ws="none", http=Prompt
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.table.crew.tell("test", device="cpu", warm={"hits": 3, "misses": 1}, models=("mini",))
        self.web = httpx2.Client(base_url=self.url, timeout=20)

    def stop(self) -> None:
        self.web.close()
        self.app.state.desk.bell.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.table.close()

    def bring(self) -> str:
        """Make the film whose turn it is. → its job."""
        claim = self.table.claim("test")
        part = self.store.part_path(claim.token, claim.job.id)
        shutil.copy(self.film, part)
        part.with_name(f"{part.name}.json").write_text('{"made": "in a test"}')
        result, digest = self.store.keep(part)
        self.table.finish(claim, result=result, digest=digest)
        return claim.job.id

    def make(self, prompt: str = "a red car", **fields: Any) -> str:
        """A job whose film is there."""
        made = self.web.post("/api/jobs", json={"prompt": prompt, "reuse": False, **fields})
        assert made.status_code == 200, made.text
        assert self.bring() == made.json()["id"]
        return made.json()["id"]


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """A small film that filmloom drew."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILMLOOM_HOME", str(path.parent))
        filmloom.make("a red car", size="128x72", seconds=0.5, fps=8, mode="draw", silent=True).save(path)
    return path


@pytest.fixture
def serve(tmp_path, film, monkeypatch) -> Iterator[Callable[..., Live]]:
    """Starts servers with the settings given."""
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    started: list[Live] = []

    def start(**settings: Any) -> Live:
        usual = Settings(least_free=0, webhook_secret=SECRET, poll_after=0.05)
        started.append(Live(tmp_path, film, dataclasses.replace(usual, **settings)))
        return started[-1]

    yield start
    for live in started:
        live.stop()


@pytest.fixture
def live(serve) -> Live:
    return serve()


@pytest.fixture
def secret() -> str:
    return SECRET
