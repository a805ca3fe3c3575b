"""Retake the pictures of the studio: its stills of styles and templates, and the guide's pages, from true films.

    python docs/studio_pictures.py stills
    python docs/studio_pictures.py guide [FOLDER]

The guide's pictures need Chromium, playwright and the extra `serve`. Its films are kept in FOLDER, if one is named, and
found there the next time.
"""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request as Ask
from urllib.request import urlopen

import numpy as np
from PIL import Image

import filmloom
import filmloom.serve
from filmloom.core.types import Size
from filmloom.serve.templates import STYLES, TEMPLATES
from filmloom.world.draw import draw
from filmloom.world.scene import Scene

GUIDE = Path(__file__).parent / "images" / "studio"
PICTURES = Path(filmloom.serve.__file__).parent / "web" / "pictures"
SHOWN = "a girl in a red dress dancing under a cherry tree in spring"
MOMENT = 1.6  # seconds into the film
DRAWN, KEPT = Size(960, 540), (480, 270)
LARGEST = 150_000  # bytes of a picture in the guide
GIRL = "a girl in a red dress dancing under a cherry tree in spring, a gentle breeze"
FILMS = (
    ("a black horse running in the mountains in the fog", 9),
    ("a blue car driving through the city at night in the rain", 4),
    ("a sailboat on the sea at sunset, the camera slowly pushes in", 6),
    ("an orange fish swimming in a coral reef", 7),
    ("First a fox runs through a snowy forest, then it sleeps", 8),
    (GIRL, 3),
)
COMING = (
    ("a white rabbit jumping in the snow in winter", 22),
    ("a red balloon flying over the village", 23),
)
DESKTOP, PHONE = (1280, 860), (390, 844)


def still(scene: Scene, path: Path) -> None:
    video = draw([scene], np.array([MOMENT]), DRAWN).video[0, :, 0].permute(1, 2, 0)
    pixels = ((video.clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
    Image.fromarray(pixels).resize(KEPT, Image.Resampling.LANCZOS).save(path, quality=82, optimize=True)


def stills() -> None:
    film = filmloom.load("mini")
    PICTURES.mkdir(exist_ok=True)
    shown = film.plan(filmloom.Request(prompt=SHOWN, seed=3)).scene
    for style in STYLES:
        still(replace(shown, style=style["id"]), PICTURES / f"style-{style['id']}.jpg")
    for template in TEMPLATES:
        scene = film.plan(filmloom.Request(prompt=template["prompt"], seed=3)).scene
        still(replace(scene, style=template["style"]), PICTURES / f"template-{template['id']}.jpg")


# --- The guide


class House:
    """A service on a free port of this machine."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, path: str, fields: dict | None = None) -> dict:
        body = None if fields is None else json.dumps(fields).encode()
        with urlopen(Ask(f"{self.url}{path}", body, {"Content-Type": "application/json"}), timeout=60) as answer:
            return json.load(answer)

    def order(self, prompt: str, seed: int, **fields: object) -> str:
        return self.ask("/api/jobs", {"prompt": prompt, "seed": seed, **fields})["id"]

    def film(self, prompt: str, seed: int) -> str:
        """A film that is there; made if it is not there yet."""
        for job in self.ask("/api/jobs?state=done&limit=100")["data"]:
            if (job["prompt"], job["request"].get("seed")) == (prompt, seed) and "scene" not in job["request"]:
                return job["id"]
        made = self.order(prompt, seed)
        self.wait(made)
        return made

    def styled(self, prompt: str, seed: int, style: str) -> str:
        """The same scene in another style, made anew."""
        scene = self.ask("/api/plan", {"prompt": prompt, "seed": seed, "seconds": 4})["scene"] | {"style": style}
        return self.order(prompt, seed, scene=scene, reuse=False)

    def wait(self, job: str, state: str = "done") -> None:
        while (now := self.ask(f"/api/jobs/{job}")["state"]) != state:
            assert now in ("queued", "running"), f"{job} is {now}, not {state}"
            time.sleep(1)


@contextmanager
def house(folder: str) -> Iterator[House]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "filmloom"
    command = ["env", f"FILMLOOM_HOME={folder}", program, "serve", "--port", str(port)]
    with subprocess.Popen(command) as service:
        try:
            opened = House(f"http://127.0.0.1:{port}")
            _until(lambda: _answers(opened))
            yield opened
        finally:
            service.terminate()


def _answers(opened: House) -> bool:
    try:
        return opened.ask("/readyz")["ready"]
    except (URLError, ConnectionError):
        return False


def _until(true: Callable[[], bool], seconds: float = 1800) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:g} s"
        time.sleep(0.3)


class Camera:
    """Takes pictures of pages, each in a browser that remembers nothing but what it is given."""

    def __init__(self, browser, opened: House):
        self.browser, self.opened = browser, opened

    def take(
        self, name: str, address: str, act: Callable, *, size=DESKTOP, theme="light", language="en", scale=1.0
    ) -> None:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", device_scale_factor=scale
        )
        context.set_default_timeout(180_000)
        kept = json.dumps({"theme": theme, "language": language})
        context.add_init_script(f"localStorage.filmloom ??= JSON.stringify({kept})")
        page = context.new_page()
        page.goto(f"{self.opened.url}/{address}")
        page.wait_for_selector("#page h1")
        act(page)
        page.wait_for_timeout(1500)
        save(page.screenshot(), GUIDE / f"{name}.jpg")
        context.close()


def save(png: bytes, path: Path) -> None:
    """The best JPEG that is small enough."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 40, -4):
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
        if written.tell() < LARGEST:
            break
    path.write_bytes(written.getvalue())
    print(path.name, written.tell(), f"quality {quality}")


def loaded(selector: str, least: int) -> Callable:
    """Wait until so many pictures or films can be seen."""
    seen = "e.tagName === 'CANVAS' || (e.tagName === 'VIDEO' ? e.readyState > 1 : e.complete && e.naturalWidth)"
    there = f"[...document.querySelectorAll(selector)].filter(e => {seen}).length"

    def act(page) -> None:
        _until(lambda: page.evaluate(f"selector => {there}", selector) >= least)

    return act


def wiped(page) -> None:
    loaded(".wall video", 2)(page)
    page.check("input[value=wipe]")
    page.get_by_label("Where the wipe is").fill("62")
    page.get_by_label("Moment in the films").fill("0.4")
    page.evaluate("scrollTo(0, 0)")


def making(page) -> None:
    """In the middle of it, with every picture so far."""
    loaded(".reel canvas", 5)(page)
    page.evaluate("scrollTo(0, document.querySelector('.live').offsetTop - 90)")


def guide(folder: str) -> None:
    from playwright.sync_api import sync_playwright

    with house(folder) as opened, sync_playwright() as playwright:
        jobs = [opened.film(prompt, seed) for prompt, seed in FILMS]
        launched = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox", "--disable-gpu"]}
        camera = Camera(playwright.chromium.launch(**launched), opened)
        inked = opened.styled(*FILMS[-1], "ink")
        waiting = [opened.order(prompt, seed) for prompt, seed in COMING]
        opened.wait(inked, "running")
        busy(camera)
        for job in waiting:
            opened.ask(f"/api/jobs/{job}/cancel", {})
        opened.wait(inked)
        calm(camera, jobs, inked)


def busy(camera: Camera) -> None:
    """While a film is made and others wait."""
    camera.take("live", "#/", making)
    camera.take("phone", "#/", loaded(".screen img", 1), size=PHONE, theme="dark", scale=2)
    camera.take("queue", "#/queue", loaded(".line .still img", 1))


def calm(camera: Camera, jobs: list[str], inked: str) -> None:
    camera.take("films", "#/films?state=done", loaded(".gallery img", len(jobs)))
    camera.take("film", f"#/film/{jobs[-1]}", loaded(".stage video", 1), theme="dark", language="zh")
    camera.take("compare", f"#/compare?films={jobs[-1]},{inked}", wiped)


def main() -> None:
    what, *folder = sys.argv[1:] or ["stills"]
    if what == "stills":
        stills()
    else:
        with tempfile.TemporaryDirectory() as spare:
            guide(*folder or [spare])


if __name__ == "__main__":
    main()
