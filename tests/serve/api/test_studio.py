"""The studio, as a person and as a screen reader meet it: Debian's Chromium on a real server, table and films."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from filmloom.serve.app import WEB
from filmloom.serve.table import TALK
from filmloom.world.scene import COLOURS, MOODS, MOVES, SEASONS, STYLES, TIMES, WEATHERS

pytestmark = [pytest.mark.filterwarnings("ignore::ResourceWarning"), pytest.mark.timeout(240)]

MESSAGES = {language: json.loads((WEB / f"messages/{language}.json").read_text()) for language in ("en", "zh")}
SCRIPTS = {path.name: path.read_text() for path in sorted((WEB / "js").glob("*.js"))}
CODE = "".join(SCRIPTS.values())
# Families of words whose keys end in a value: word("time", x), t(`job.${order}`), or in a number.
FAMILIES = {*re.findall(r'word\("([\w.]+)"', CODE), *re.findall(r"t\(`([\w.]+)\.\$\{", CODE), "make.example"}
FAMILIES |= {"style", "season", "time", "weather", "mood", "camera"}  # word(name, x), for each part of the look
PATIENCE = 40_000  # milliseconds; the machines of tests are busy


# --- What it says


def test_the_languages_say_the_same_things():
    english, chinese = MESSAGES["en"], MESSAGES["zh"]
    assert list(english) == list(chinese)
    for key, message in english.items():
        assert message and chinese[key]
        assert sorted(re.findall(r"\{\w+\}", message)) == sorted(re.findall(r"\{\w+\}", chinese[key])), key


def test_every_message_is_said_somewhere_and_none_is_missing():
    literal = set(re.findall(r'"([a-z]+(?:\.[\w]+)+)"', CODE))
    unused = [key for key in MESSAGES["en"] if key not in literal and key.rpartition(".")[0] not in FAMILIES]
    assert not unused
    missing = [key for key in re.findall(r'\bt\("([\w.]+)"', CODE) if key not in MESSAGES["en"]]
    assert not missing


def test_choices_of_the_look_are_the_scenes_own_and_are_translated():
    words = {"style": STYLES, "season": SEASONS[1:], "time": TIMES, "weather": WEATHERS, "mood": MOODS, "camera": MOVES}
    look = SCRIPTS["options.js"].partition("LOOK = {")[2].partition("};")[0]
    for name, values in words.items():
        listed = re.search(rf"{name}: \[(.*?)\]", look)[1]
        assert tuple(re.findall(r'"(\w+)"', listed)) == values
        assert all(f"{name}.{value}" in MESSAGES["zh"] for value in values)
    assert all(f"colour.{name}" in MESSAGES["zh"] for name in COLOURS)


def test_nothing_is_inline_and_nothing_comes_from_outside():
    page = (WEB / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for path in [path for path in WEB.rglob("*") if path.suffix in (".html", ".css", ".js", ".json", ".svg")]:
        found = re.findall(r"https?://[^\s\"')]+", path.read_text())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path
        assert max(map(len, path.read_text().splitlines()), default=0) < 400, path


# --- A browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    program = shutil.which("chromium")
    if program is None or find_spec("playwright") is None:
        pytest.skip("Chromium (Debian: chromium) or playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--headless=new", "--disable-gpu"]
        )
        yield browser
        browser.close()


def until(page, true: str, value: object = None) -> None:
    """Wait for an expression. Playwright's own way to wait for one is an eval, which our policy forbids the page."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(true, value):
        assert time.monotonic() < deadline, f"not within {PATIENCE / 1000:g} s: {true}"
        page.wait_for_timeout(50)


class Studio:
    """One person's browser, open at the studio of a server."""

    def __init__(self, chromium, live, **chosen: str):
        self.live, self.trouble, self.asked = live, [], []
        self.context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE)
        kept = json.dumps({"language": "en", "ask": {"size": "128x72", "mode": "draw"}, **chosen})
        self.context.add_init_script(f"if (!localStorage.filmloom) localStorage.filmloom = JSON.stringify({kept})")
        self.page = self.tab()

    def tab(self, address: str = "#/"):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda line: self.trouble.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{self.live.url}/{address}")
        page.wait_for_selector("#page h1")
        return page

    def go(self, address: str):
        self.page.evaluate("address => { location.hash = address }", address)
        return self.page

    def ask(self, words: str) -> None:
        self.page.fill("#prompt", words)
        self.page.press("#prompt", "Enter")
        self.page.wait_for_selector(".making [data-state=queued]")

    def close(self) -> None:
        self.context.close()
        assert self.trouble == []
        assert [url for url in self.asked if not url.startswith((self.live.url, "blob:", "data:"))] == []


@pytest.fixture
def studio(chromium, live) -> Iterator[Studio]:
    opened = Studio(chromium, live)
    yield opened
    opened.close()


def preview(live, job: str, level: int, done: int = 1) -> None:
    """What a worker does after a step: a picture in the store, a word in the table."""
    _, data = cv2.imencode(".jpg", np.full((72, 128, 3), level, np.uint8))
    live.store.write(live.store.preview_path(job), data.tobytes())
    live.table.event(job, "preview", {"stage": "draw", "done": done, "total": 120})


def seen(page, level: int) -> None:
    """The live picture is that grey."""
    until(
        page,
        """level => { const image = document.querySelector(".screen img");
        if (!image || image.hidden || !image.naturalWidth) return false;
        const canvas = new OffscreenCanvas(1, 1).getContext("2d"); canvas.drawImage(image, 0, 0, 1, 1);
        return Math.abs(canvas.getImageData(0, 0, 1, 1).data[0] - level) < 4 }""",
        level,
    )


def test_a_film_from_the_first_word_to_the_last_picture(studio):
    """Type, be helped, watch previews step by step; the film is there without a reload."""
    page, live = studio.page, studio.live
    page.fill("#prompt", "a red caar driving through the city at night")
    page.wait_for_selector(".unknown .chip")
    assert "caar" in page.inner_text(".unknown")
    page.click(".unknown .chip")
    assert "caar" not in page.input_value("#prompt")
    until(page, "document.querySelectorAll('.facts li').length > 0 && !document.querySelector('.unknown')")
    told = "[...document.querySelectorAll('.facts li')].map(one => one.textContent)"
    assert page.evaluate(told) == ["red car · drive", "city", "Night"], "what was said, and not what a take invents"
    page.click(".ask-form button.main")
    page.wait_for_selector(".making [data-state=queued]")
    claim = live.table.claim("test")
    assert claim.job.request["mode"] == "draw" and claim.job.request["size"] == "128x72"
    for progress, level in ((0.25, 60), (0.5, 160)):
        time.sleep(1.2 * TALK)  # the table thins what workers say of their progress
        live.table.heartbeat(claim, stage="draw", progress=progress, seconds_left=4.0)
        preview(live, claim.job.id, level, done=round(120 * progress))
        seen(page, level)
        until(
            page,
            "done => document.querySelector('.count').textContent === `Frame ${done} of 120`",
            round(120 * progress),
        )
    assert page.locator(".reel canvas").count() == 2, "every picture so far, in a row"
    until(page, "document.querySelector('.making progress').value === 50")
    assert "Drawing" in page.inner_text(".making .told") and "4 s left" in page.inner_text(".making .told")
    part = live.store.part_path(claim.token, claim.job.id)
    shutil.copy(live.film, part)
    result, digest = live.store.keep(part)
    live.table.finish(claim, result=result, digest=digest)
    page.wait_for_selector(f".latest [data-job={claim.job.id}] img")
    assert page.locator(".making").count() == 0


def test_reload_second_tab_pause_and_cancel(studio):
    """The server is the truth: every tab shows it, and what one tab orders happens in the other."""
    studio.ask("a blue car driving through the city")
    live, first = studio.live, studio.page
    claim = live.table.claim("test")
    live.table.heartbeat(claim, stage="draw", progress=0.3)
    preview(live, claim.job.id, 90)
    seen(first, 90)
    first.reload()
    seen(first, 90)
    assert first.evaluate("document.querySelector('.making progress').value") == 30
    second = studio.tab("#/queue")
    second.click(".line [data-order=pause]")
    until(second, "document.querySelector('.told').textContent.includes('Pausing')")
    assert live.table.heartbeat(claim) == "pause"
    live.table.paused(claim)
    for page in (first, second):
        page.wait_for_selector(".badge.paused")
    first.click(".making [data-order=resume]")
    second.wait_for_selector(".badge.queued")
    claim = live.table.claim("test")
    second.wait_for_selector(".badge.running")
    first.click(".making [data-order=cancel]")
    until(first, "document.querySelector('.told').textContent.includes('Stopping')")
    assert live.table.heartbeat(claim) == "cancel"
    live.table.cancelled(claim)
    first.wait_for_selector(".making .badge.cancelled")
    second.wait_for_selector(".queue .empty")
    first.click(".making [data-order=retry]")
    second.wait_for_selector(".badge.queued")


def test_offline_and_back(studio):
    page, live = studio.page, studio.live
    studio.ask("a green bus driving through the city")
    page.fill("#prompt", "a white rabbit jumping")
    studio.context.set_offline(True)
    page.wait_for_selector("#note:not([hidden])")
    page.press("#prompt", "Enter")
    page.wait_for_selector(".toast.bad")
    assert page.input_value("#prompt") == "a white rabbit jumping"
    done = live.bring()
    studio.context.set_offline(False)
    page.wait_for_selector("#note", state="hidden")
    page.wait_for_selector(f".latest [data-job={done}]")
    assert page.input_value("#prompt") == "a white rabbit jumping"


def test_remix_and_retake(studio):
    live = studio.live
    source = live.make("a red car", seed=5, mode="draw", size="128x72", seconds=2)
    page = studio.go(f"#/film/{source}")
    until(page, "document.querySelector('.stage video')?.videoWidth === 128")
    page.locator(".moment").nth(1).click()
    assert page.inner_text(".side .rows").count("128") == 1
    page.click(".remix > summary")
    page.fill(".remix #prompt", "a blue car")
    page.click(".remix button.main")
    page.wait_for_selector(".panel .queued")
    remix = live.table.list(limit=1)[0][0]
    assert (remix.remix_of, remix.request["prompt"], remix.request["seed"]) == (source, "a blue car", 5)
    studio.go(f"#/film/{source}")
    page.click(".acts button:has-text('Another take')")
    page.wait_for_selector(".panel .queued")
    take = live.table.list(limit=1)[0][0]
    assert take.request["prompt"] == "a red car" and take.request["seed"] != 5


def test_gallery_by_keyboard_and_films_in_step(studio):
    """Search, walk by arrows, tick two, compare: side by side in step, wipe, and a blind vote that is counted."""
    live = studio.live
    ids = [live.make(f"a {colour} car", seed=n) for n, colour in enumerate(("red", "blue", "green"))]
    page = studio.go("#/films")
    page.wait_for_selector(".gallery .card >> nth=2")
    page.keyboard.press("/")
    page.keyboard.type("blue")
    until(page, "document.querySelectorAll('.gallery .card').length === 1")
    page.fill("#search", "")
    until(page, "document.querySelectorAll('.gallery .card').length === 3")
    page.locator(".gallery a.open").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('.card').dataset.job") == ids[1]
    for box in (0, 2):
        page.locator(".pickbox input").nth(box).check()
    page.click(".tray .main")
    until(page, "[...document.querySelectorAll('.wall video')].filter(v => v.readyState > 1).length === 2")
    page.click(".transport button.main")
    until(page, "document.querySelector('.wall video').currentTime > 0.1")
    times = "[...document.querySelectorAll('.wall video')].map(video => video.currentTime)"
    until(page, f"(([a, b]) => Math.abs(a - b) < 0.06)({times})")
    page.check("input[value=wipe]")
    page.get_by_label("Where the wipe is").fill("25")
    assert "25%" in page.evaluate("getComputedStyle(document.querySelectorAll('.wall video')[1]).clipPath")
    page.check("input[value=blind]")
    assert "car" not in page.inner_text(".wall")
    page.click("[data-vote=B]")
    page.wait_for_selector(".won")
    vote = live.web.get("/api/votes").json()["data"][0]
    assert vote["blind"] and vote["winner"] in ("left", "right") and {vote["left"], vote["right"]} == {ids[0], ids[2]}
    winner = live.table.get(vote[vote["winner"]]).request["prompt"]
    assert winner in page.inner_text(".won")
    until(page, "document.querySelector('.verdict .hint').textContent.includes('A 0, B 1, equal 0')")


def test_four_takes_asked_for_together_are_compared_together(studio):
    live, page = studio.live, studio.page
    page.click(".dials > summary")
    page.check("input[name=takes][value='4']")
    page.fill("#prompt", "a red car")
    page.press("#prompt", "Enter")
    until(page, "document.querySelectorAll('.making').length === 4")
    requests = [live.table.get(live.bring()).request for _ in range(4)]
    assert len({request.pop("seed") for request in requests}) == 4 and requests == requests[:1] * 4
    page.click(".takes a")
    until(page, "document.querySelectorAll('.wall video').length === 4")
    until(page, "[...document.querySelectorAll('.wall video')].every(v => v.readyState > 1)")
    page.get_by_label("One frame on").click()
    page.get_by_label("One frame on").click()
    times = page.evaluate("[...document.querySelectorAll('.wall video')].map(video => video.currentTime)")
    assert times == times[:1] * 4 and times[0] > 0
    page.select_option(".speed", "0.25")
    assert page.evaluate("[...document.querySelectorAll('.wall video')].map(v => v.playbackRate)") == [0.25] * 4


def test_a_picture_goes_along_where_the_model_takes_one(studio):
    """Mini takes none, and the page says so instead of asking for one."""
    page, sent = studio.page, []
    page.click(".dials > summary")
    page.wait_for_selector(".reference:has-text('mini makes its first picture itself')")
    assert page.locator("input[type=file]").count() == 0
    models = [{"id": "mini", "family": "mini", "image": "none"}, {"id": "wan", "family": "w", "image": "required"}]
    page.route("**/api/models", lambda route: route.fulfill(json={"data": models}))
    page.route("**/api/jobs", lambda route: (sent.append(route.request.post_data_json), route.abort()))
    page.reload()
    page.click(".dials > summary")
    page.click(".more > summary")
    page.select_option("select[name=model]", "wan")
    _, data = cv2.imencode(".png", np.zeros((36, 64, 3), np.uint8))
    page.set_input_files("#picture", {"name": "a.png", "mimeType": "image/png", "buffer": data.tobytes()})
    page.wait_for_selector(".chosen img")
    page.fill("#prompt", "a red car")
    page.press("#prompt", "Enter")
    until(page, "document.querySelector('.toast.bad') !== null")
    assert sent[0]["model"] == "wan" and studio.live.store.upload_path(sent[0]["image"]).is_file()


def test_templates_made_ahead_open_at_once(studio):
    live = studio.live
    ahead = live.web.post("/api/templates/dog/render").json()
    assert live.bring() == ahead["id"]
    page = studio.go("#/looks")
    page.click("button:has-text('Watch it now')")
    until(page, "document.querySelector('.stage video')?.videoWidth === 128")
    newest = live.table.list(limit=1)[0][0]
    assert newest.same_as == ahead["id"] and newest.request["prompt"] == ahead["prompt"]


def test_the_queue_tells_what_was_kept_warm(studio):
    live = studio.live
    warm = {"hits": 3, "misses": 1, "prompt_hits": 1, "prompt_misses": 4, "bytes": 5e8, "budget": 2e9}
    live.table.crew.tell("test", device="cpu", warm=warm)
    page = studio.go("#/queue")
    page.wait_for_selector(".warm dd")
    told = dict(zip(page.locator(".warm dt").all_inner_texts(), page.locator(".warm dd").all_inner_texts()))
    assert told["Models found loaded"] == "75 % of 4" and told["Words found read"] == "20 % of 5"
    assert told["Memory held"] == "500 MB of 2.0 GB"


# --- For everybody

CONTRAST = r"""() => {
  const parse = c => (c.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const ground = e => { for (; e; e = e.parentElement) { const s = getComputedStyle(e), c = parse(s.backgroundColor);
    if (s.backgroundImage !== "none") return null; if (c.length < 4 || c[3] > .9) return c; } return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!own || box.width < 2 || box.height < 2 || style.visibility === "hidden") continue;
    if (e.closest(":disabled, svg, .top")) continue;
    const under = ground(e); if (!under || style.color.startsWith("color(")) continue;
    const [a, b] = [light(parse(style.color)), light(under)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}`);
  }
  return found;
}"""
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, summary, video, progress")]
  .filter(e => e.checkVisibility() && !e.closest("[aria-hidden=true]")).filter(e => !(e.getAttribute("aria-label")
    || e.textContent.trim() || [...(e.labels ?? [])].some(l => l.textContent.trim()))).map(e => e.outerHTML)"""


def faults(page, axe: str) -> list[str]:
    """Serious faults on a page: axe's where it is installed, and ours anyway."""
    found = [f"nameless {one}" for one in page.evaluate(NAMELESS)]
    found += [f"contrast {one}" for one in page.evaluate(CONTRAST)]
    counts = page.evaluate("['main', 'header nav', 'h1'].map(name => document.querySelectorAll(name).length)")
    if counts != [1, 1, 1]:
        found.append(f"landmarks {counts}")
    if axe:
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
        found += [f"axe {one['id']}: {node['html'][:120]}" for one in serious for node in one["nodes"][:2]]
    return found


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, where a Python package brings it; it is no part of this project."""
    spec = find_spec("axe_playwright_python")
    return (Path(spec.origin).parent / "axe.min.js").read_text() if spec else ""


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh")])
def test_every_page_can_be_used_by_everybody(chromium, live, axe, theme, language):
    ids = [live.make(f"a {colour} car", seed=n) for n, colour in enumerate(("red", "blue"))]
    live.web.post("/api/jobs", json={"prompt": "a green car"})
    opened = Studio(chromium, live, theme=theme, language=language)
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
    ready: dict[str, Callable[[], object]] = {
        "#/": lambda: [page.click(".dials > summary"), page.click(".more > summary")],
        "#/films": lambda: page.wait_for_selector(".gallery .card"),
        f"#/film/{ids[0]}": lambda: page.wait_for_selector(".moment"),
        f"#/compare?films={ids[0]},{ids[1]}": lambda: page.check("input[value=blind]"),
        "#/looks": lambda: page.wait_for_selector(".style"),
        "#/queue": lambda: page.wait_for_selector(".house dd"),
        "#/setup": lambda: page.wait_for_selector("kbd"),
    }
    for address, act in ready.items():
        opened.go(address)
        act()
        assert faults(page, axe) == [], address
        page.set_viewport_size({"width": 320, "height": 640})  # WCAG 1.4.10: nothing is lost, nothing scrolls sideways
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        page.set_viewport_size({"width": 1280, "height": 800})
    opened.close()


def test_single_keys_can_be_switched_off(studio):
    """WCAG 2.1.4: who speaks to a computer, or hits keys by chance, must not be carried away."""
    page = studio.go("#/setup")
    page.check("input[name=keys][value=off]")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.press("n")
    assert page.evaluate("location.hash") == "#/setup"
    page.check("input[name=keys][value=on]")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    assert page.evaluate("location.hash") == "#/"


def test_the_keyboard_alone(studio):
    """Tab begins at the link past the menu, every stop shows that it is one, and none is a trap."""
    page = studio.tab("#/setup")
    page.wait_for_selector("kbd")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    stops = []
    for _ in range(14):
        page.keyboard.press("Tab")
        where, outline = page.evaluate(
            """() => { const e = document.activeElement, shown = e.type === "radio" ? e.nextElementSibling : e;
            return [e.outerHTML.slice(0, 60), getComputedStyle(shown).outlineStyle] }"""
        )
        assert outline != "none", where
        stops.append(where)
        if 'id="key"' in where:
            break
    assert 'id="key"' in stops[-1] and len(set(stops)) == len(stops)
