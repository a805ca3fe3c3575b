"""Delivered films in a browser that people have: Debian's Chromium shows their size, length and colours."""

from __future__ import annotations

import shutil
import threading
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import numpy as np
import pytest

from filmloom.core.types import Size
from filmloom.finishing.delivery import deliver
from filmloom.finishing.frame import framed_size
from filmloom.finishing.presets import PRESETS

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and find_spec("playwright")), reason="Chromium and playwright are not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.timeout(240),
]
PATIENCE = 60_000  # milliseconds; the machines of tests are busy
BARS = [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0)]
SIZE, RATE, NUM = Size(512, 288), Fraction(24), 24
AWAY = {"gif": 0, "png": 0}  # codes by which a bar's middle may differ; 3 for what a coder and a browser's matrix round
FILMS = ("web", "social-9x16", "social-1x1", "social-4x5", "av1", "vp9")
PICTURES = ("gif", "webp", "png")
# Not a browser's: professional forms, and HEVC, which Debian's Chromium hands to hardware alone. ffmpeg decodes them
# in test_delivery.py.
OTHERS = {"hevc", "prores-hq", "prores-4444", "ffv1", "exr", "broadcast-25", "broadcast-29.97", "broadcast-50"}
PLAYER = """async ([name, where]) => {
    const address = URL.createObjectURL(await (await fetch(name)).blob());
    const film = document.createElement("video");
    const done = (event) => new Promise((good, bad) => {
        film.addEventListener(event, good, {once: true});
        film.addEventListener("error", () => bad(new Error(film.error.message)), {once: true});
    });
    film.muted = true;
    film.src = address;
    await done("loadeddata");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
    const context = canvas.getContext("2d", {colorSpace: "srgb"});
    const [colours, codes] = [[], []];
    for (const time of where) {
        film.currentTime = time;
        await done("seeked");
        context.drawImage(film, 0, 0);
        codes.push(await decoded(film));
        colours.push([...Array(8).keys()].map((i) =>
            [...context.getImageData((i + 0.5) * canvas.width / 8, canvas.height / 2, 1, 1).data].slice(0, 3)));
    }
    return {width: film.videoWidth, height: film.videoHeight, duration: film.duration, colours, codes};
}"""
# The codes that the decoder gave, before the browser's own arithmetic: Y, Cb, Cr in the middle of each bar, of 255.
DECODED = """async (film) => {
    const frame = new VideoFrame(film, {timestamp: 0});
    const {width, height} = frame.visibleRect, space = frame.colorSpace, format = frame.format;
    const bytes = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(bytes);
    frame.close();
    const wide = format.endsWith("P10") ? 2 : 1;
    const at = (plane, x, y) => {
        const place = layout[plane].offset + y * layout[plane].stride + x * wide;
        return wide === 2 ? (bytes[place] + 256 * bytes[place + 1]) / 4 : bytes[place];
    };
    const row = Math.floor(height / 2), half = Math.floor(height / 4), bars = [...Array(8).keys()];
    const column = (i, count) => Math.floor((i + 0.5) * count / 8);
    const chroma = (i, which) => format === "NV12" ? at(1, 2 * column(i, width / 2) + which, half)
        : at(1 + which, column(i, width / 2), half);
    return {format, matrix: space.matrix, primaries: space.primaries, full: space.fullRange,
        codes: bars.map((i) => [at(0, column(i, width), row), chroma(i, 0), chroma(i, 1)])};
}"""
PLAYER = PLAYER.replace("async ([name, where]) => {", f"async ([name, where]) => {{ const decoded = {DECODED};", 1)
VIEWER = """async (name) => {
    const picture = new Image();
    picture.src = name;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const colours = [...Array(8).keys()].map((i) =>
        [...context.getImageData((i + 0.5) * canvas.width / 8, canvas.height / 2, 1, 1).data].slice(0, 3));
    return {width: canvas.width, height: canvas.height, colours};
}"""


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".webm": "video/webm", ".mp4": "video/mp4"}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder, and the address under which it is served."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "index.html").write_text("<!doctype html><title>films</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def page(place):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(place[1] + "index.html")
        yield page
        browser.close()


def bars(size):
    """Half a second of eight bars, half a second of the same from right to left."""
    row = np.array(BARS, np.uint8)[np.arange(size.width) * len(BARS) // size.width]
    picture = np.broadcast_to(row, (size.height, size.width, 3))
    return np.stack([picture if number < NUM // 2 else picture[:, ::-1] for number in range(NUM)])


def delivered(folder, preset):
    shape = PRESETS[preset]
    size = framed_size(Size(1024, 576), shape.aspect) if shape.aspect else SIZE  # where bars are narrow, they blur
    path = folder / f"{preset}{shape.suffix}"
    deliver(path, [bars(size)], preset=preset, size=size, rate=RATE)
    return path, size


def away(colours, wanted):
    return np.abs(np.array(colours) - np.array(wanted)).max()


def bt709(rgb):
    """Y, Cb, Cr in limited range, not rounded (Rec. ITU-R BT.709-6, 3.2 to 3.5)."""
    red, green, blue = (channel / 255 for channel in rgb)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748


@pytest.mark.parametrize("preset", FILMS)
def test_a_film_has_its_size_its_length_and_its_colours_to_the_end(page, place, preset):
    path, size = delivered(place[0], preset)
    shown = page.evaluate(PLAYER, [path.name, [0.25, 0.8]])
    assert (shown["width"], shown["height"]) == (size.width, size.height)
    assert shown["duration"] == pytest.approx(float(NUM / RATE), abs=0.005)
    for told, order in zip(shown["codes"], (BARS, BARS[::-1])):
        assert (told["matrix"], told["primaries"], told["full"]) == ("bt709", "bt709", False), told
        assert away(told["codes"], [bt709(bar) for bar in order]) <= 1, told
    # The browser's own matrix cuts a coefficient off at 2 where BT.709 has 2.11: its blue is darker than the codes say.
    off = np.abs(np.array(shown["colours"], int) - [BARS, BARS[::-1]]).max(axis=(0, 1))
    assert (off <= [4, 4, 16]).all(), off


@pytest.mark.parametrize("preset", PICTURES)
def test_a_picture_has_its_size_and_its_colours(page, place, preset):
    path, size = delivered(place[0], preset)
    shown = page.evaluate(VIEWER, f"{path.name}/000001.png" if preset == "png" else path.name)
    assert (shown["width"], shown["height"]) == (size.width, size.height)
    assert away(shown["colours"], BARS) <= AWAY.get(preset, 3)


def test_every_preset_is_for_a_browser_or_is_told_why_not():
    assert {*FILMS, *PICTURES} | OTHERS == set(PRESETS) and not OTHERS & {*FILMS, *PICTURES}
