"""Our own API, over a real socket."""

from __future__ import annotations

import io
import json
import threading

import pytest
from PIL import Image

from filmloom.serve.templates import TEMPLATES
from filmloom.world.captions import unknown_words
from filmloom.world.scene import Scene


def ask(live, prompt="a red car", **fields):
    answer = live.web.post("/api/jobs", json={"prompt": prompt, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(live, fields, *, path="/api/jobs"):
    answer = live.web.post(path, json=fields)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def test_a_job_from_asking_to_film(live):
    job = ask(live, "a red car and a dragon", seconds=8, seed=5, device="cuda", foo=1)
    assert job["state"] == "queued" and job["position"] == 0 and job["unknown_words"] == ["dragon"]
    assert [line.split(" was")[0] for line in job["warnings"]] == ["device", "foo"]
    assert job["urls"] == dict.fromkeys(("film", "thumbnail", "spritesheet", "report", "preview"))
    live.bring()
    done = live.web.get(f"/api/jobs/{job['id']}").json()
    assert (done["state"], done["progress"], done["has_film"], done["position"]) == ("done", 1.0, True, None)
    assert live.web.get(done["urls"]["film"]).content == live.film.read_bytes()
    assert live.web.get(done["urls"]["report"]).json() == {"made": "in a test"}
    for name in ("thumbnail", "spritesheet", "preview"):
        answer = live.web.get(done["urls"][name])
        assert answer.headers["content-type"] == "image/jpeg"
        Image.open(io.BytesIO(answer.content)).load()


def test_two_ways_to_say_a_request_are_one_film(live):
    one = ask(live, seconds=4, seed=0, fps=30, mode="auto")
    two = ask(live, seconds=4.0, size="1280x720", model="mini")
    other = ask(live, seed=1)
    contents = [live.table.get(job["id"]).content for job in (one, two, other)]
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seconds", 0), ("seconds", "long"), ("size", "720x1280"), ("size", {}), ("fps", "1/0"), ("fps", "1e9"),
        ("seed", -1), ("seed", 1.5), ("mode", "best"), ("steps", 0), ("guidance", "high"), ("fast", "yes"),
        ("scene", {"setting": "moon"}), ("scene", {"setting": []}), ("scene", {"time": {}}),
        ("scene", [1]), ("model", "/etc"), ("start", "../../etc/passwd"),
        ("image", "uploads/" + "0" * 64 + ".png"), ("band", "highest"), ("webhook", "ftp://example.com"),
        ("webhook", "http://127.0.0.1/"), ("idempotency_key", 7), ("reuse", "no"), ("prompt", ""),
        ("prompt", "x" * 600), ("negative", 5), ("within", 5000),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_made(live, field, value):
    error = refused(live, {"prompt": "a red car", field: value})
    assert error["param"].split(".")[0].split("[")[0] == field and error["type"] == "invalid_request_error"
    assert sum(live.table.depth().values()) == 0


def test_a_scene_is_filmed_as_it_is(live):
    scene = json.loads(Scene(setting="beach").to_json())
    job = ask(live, scene=scene, prompt="")
    assert live.table.get(job["id"]).request["scene"] == scene


def test_orders_to_a_running_and_a_waiting_job(live):
    first, second = ask(live, reuse=False), ask(live, "a blue car")
    claim = live.table.claim("worker")
    path = f"/api/jobs/{first['id']}"
    assert live.web.post(f"{path}/pause").json()["wants"] == "pause"
    assert live.web.post(f"{path}/resume").json()["wants"] == ""
    assert live.web.post(f"{path}/cancel").json()["wants"] == "cancel"
    assert live.table.heartbeat(claim) == "cancel"
    live.table.cancelled(claim)
    assert live.web.post(f"{path}/pause").status_code == 409
    assert live.web.post(f"{path}/retry").json()["state"] == "queued"
    path = f"/api/jobs/{second['id']}"
    assert live.web.post(f"{path}/pause").json()["state"] == "paused"
    assert live.web.post(f"{path}/resume").json()["state"] == "queued"
    assert live.web.delete(path).json() == {"id": second["id"], "deleted": True}
    assert live.web.get(path).status_code == 404


def test_remix_changes_what_is_said(live):
    scene = json.loads(Scene(setting="beach").to_json())
    first = ask(live, seed=4, seconds=8, scene=scene)
    again = live.web.post(f"/api/jobs/{first['id']}/remix", json={"seed": 9}).json()
    assert again["request"] == first["request"] | {"seed": 9} and again["remix_of"] == first["id"]
    other = live.web.post(f"/api/jobs/{first['id']}/remix", json={"prompt": "a blue car"}).json()
    assert "scene" not in other["request"] and other["request"]["seed"] == 4


def test_a_batch_is_all_or_nothing(live):
    error = refused(live, {"requests": [{"prompt": "a red car"}, {"prompt": "x", "seconds": 0}]}, path="/api/batch")
    assert error["param"] == "requests[1].seconds" and live.table.depth()["queued"] == 0
    made = live.web.post("/api/batch", json={"requests": [{"prompt": "a red car"}, {"prompt": "a dog"}]}).json()["data"]
    assert [job["prompt"] for job in made] == ["a red car", "a dog"] and live.table.depth()["queued"] == 2


def test_a_matrix_is_every_combination(live):
    asked = {"base": {"prompt": "a red car"}, "vary": {"seed": [1, 2], "mode": ["plan", "draw"]}}
    made = live.web.post("/api/matrix", json=asked).json()["data"]
    assert [(job["request"]["seed"], job["mode"]) for job in made] == [
        (1, "plan"), (1, "draw"), (2, "plan"), (2, "draw"),
    ]  # fmt: skip
    error = refused(live, {"base": {"prompt": "x"}, "vary": {"seed": list(range(100))}}, path="/api/matrix")
    assert error["param"] == "vary" and "64" in error["message"]


def test_lists_are_searched_and_filtered(live):
    live.make("a red car")
    ask(live, "a brown dog")
    found = lambda **query: [job["prompt"] for job in live.web.get("/api/jobs", params=query).json()["data"]]  # noqa: E731
    assert found() == ["a brown dog", "a red car"] and found(order="asc") == ["a red car", "a brown dog"]
    assert found(state="done") == ["a red car"] and found(search="DOG") == ["a brown dog"]
    assert found(state="queued,done", limit=1) == ["a brown dog"]
    assert live.web.get("/api/jobs", params={"state": "dreaming"}).status_code == 400


def read_events(live, num, **asked):
    """The first `num` events of a stream, as (number, kind, data)."""
    events, block = [], {}
    with live.web.stream("GET", "/api/events", **asked) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                block[name] = value
            elif "event" in block:
                events.append((int(block["id"]), block["event"], json.loads(block["data"])))
                block = {}
            if len(events) == num:
                return events


def test_events_come_as_they_happen_and_nothing_is_missed_after_a_break(live):
    job = live.make()
    told = read_events(live, 3, params={"job": job})
    assert [kind for _, kind, _ in told] == ["queued", "claimed", "done"]
    assert all(data["job"] == job for _, _, data in told)
    rest = read_events(live, 2, params={"job": job}, headers={"Last-Event-ID": str(told[0][0])})
    assert rest == told[1:]


def test_a_stream_hears_what_happens_while_it_listens_from_any_process(live):
    live.make()
    heard = []
    listening = threading.Thread(target=lambda: heard.extend(read_events(live, 2)))
    listening.start()
    while not live.app.state.desk.bell.listeners:
        pass
    job = ask(live, "a brown dog")["id"]  # the worker's side goes past the web process, straight to the table
    live.table.claim("another process")
    listening.join(10)
    assert [(kind, data["job"]) for _, kind, data in heard] == [("queued", job), ("claimed", job)]


def test_previews_of_a_running_job(live):
    job = ask(live)["id"]
    live.table.claim("worker")
    path = f"/api/jobs/{job}/preview"
    assert live.web.get(path).json()["error"]["code"] == "not_ready"
    assert live.web.get(f"/api/jobs/{job}").json()["urls"]["preview"] is None
    picture = io.BytesIO()
    Image.new("RGB", (64, 36), "red").save(picture, "JPEG")
    live.store.write(live.store.preview_path(job), picture.getvalue())
    assert live.web.get(f"/api/jobs/{job}").json()["urls"]["preview"] == path
    answer = live.web.get(path)
    assert answer.content == picture.getvalue() and answer.headers["content-type"] == "image/jpeg"
    assert live.web.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_an_upload_is_judged_by_what_is_in_it(live):
    name = live.web.post("/api/uploads", content=live.film.read_bytes()).json()["name"]
    assert live.store.upload_path(name).read_bytes() == live.film.read_bytes()
    form = live.web.post("/api/uploads", files={"file": ("film.exe", live.film.read_bytes())}).json()
    assert form["name"] == name
    assert live.table.get(ask(live, start=name, seconds=0.5)["id"]).request["start"] == name
    for data in (b"", b"MZ\x90", b"#EXTM3U\nfile:///etc/passwd", b"\x89PNG\r\n\x1a\nnothing", b"\0\0\0\x18ftypmp42"):
        assert live.web.post("/api/uploads", content=data).status_code == 400, data


def test_a_picture_is_written_anew_and_carries_nothing_along(live):
    picture, exif = io.BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"
    Image.new("RGB", (40, 20), "red").save(picture, "JPEG", exif=exif)
    name = live.web.post("/api/uploads", content=picture.getvalue() + b"PK\x03\x04 and a zip").json()["name"]
    kept = Image.open(live.store.upload_path(name))
    assert kept.format == "PNG" and kept.size == (20, 40) and not kept.getexif()
    assert b"PK" not in live.store.upload_path(name).read_bytes()


def test_a_plan_names_the_words_that_mean_nothing(live):
    plan = live.web.post("/api/plan", json={"prompt": "a red dragon dancing on the beach", "seed": 3}).json()
    assert plan["scene"]["setting"] == "beach" and Scene.from_json(json.dumps(plan["scene"]))
    assert [entry["word"] for entry in plan["unknown_words"]] == ["dragon"]


def test_what_the_house_has(live):
    models = live.web.get("/api/models").json()["data"]
    assert models[0]["id"] == "mini" and models[0]["parameters"] > 1_000_000
    assert (models[0]["family"], models[0]["image"]) == ("mini", "none")
    assert [style["id"] for style in live.web.get("/api/styles").json()["data"]] == [
        "storybook", "flat", "ink", "night_neon",
    ]  # fmt: skip
    templates = live.web.get("/api/templates").json()["data"]
    assert len(templates) == len(TEMPLATES) and not any(unknown_words(one["prompt"]) for one in templates)


def test_capacity_follows_from_what_was_made(live):
    assert live.web.get("/api/capacity").json()["seconds_estimate"] is None
    job = ask(live, reuse=False)["id"]
    live.bring()
    live.table.database.run("UPDATE jobs SET started = finished - 20 WHERE id = ?", job)  # 20 s for a film of cost 4
    told = live.web.get("/api/capacity").json()
    assert told["seconds_estimate"] == pytest.approx(20) and told["based_on"] == 1 and told["workers"] == 1
    assert live.web.get("/api/capacity", params={"seconds": 8}).json()["seconds_estimate"] == pytest.approx(40)
    ask(live, "a brown dog")
    busy = live.web.get("/api/capacity").json()
    assert busy["seconds_estimate"] == pytest.approx(40) and busy["queued"] == 1


def test_capacity_promises_nothing_that_it_does_not_know(live):
    job = ask(live, reuse=False)["id"]
    live.bring()
    live.table.database.run("UPDATE jobs SET started = finished - 20 WHERE id = ?", job)
    other = live.web.get("/api/capacity", params={"mode": "draw"}).json()
    assert (other["seconds_estimate"], other["based_on"]) == (None, 0), "of this mode none was made yet"
    live.table.crew.leave("test")
    nobody = live.web.get("/api/capacity").json()
    assert (nobody["seconds_estimate"], nobody["workers"]) == (None, 0), "and with nobody at work nothing is made"
    assert live.web.get("/api/capacity", params={"model": "sora"}).status_code == 400


def test_what_is_warm_and_what_was_there_already_is_shown(live):
    live.table.crew.tell("second", device="cpu", warm={"hits": 1, "misses": 1, "prompt_hits": 4, "prompt_misses": 2})
    live.make(reuse=True)
    assert ask(live)["state"] == "done"
    told = live.web.get("/api/capacity").json()
    assert told["warm"] == {"hits": 4, "misses": 2, "prompt_hits": 4, "prompt_misses": 2}
    assert told["films"] == {"made": 1, "reused": 1} and told["workers"] == 2
    assert live.web.get("/api/models").json()["data"][0]["warm"] is True
    page = live.web.get("/metrics").text
    for line in (
        "filmloom_workers 2.0",
        'filmloom_warm_total{kind="models",was="there"} 4.0',
        'filmloom_films_total{how="reused"} 1.0',
        'filmloom_warm_total{kind="prompts",was="missing"} 2.0',
    ):  # fmt: skip
        assert line in page, page


def test_a_template_made_ahead_is_there_at_once(live):
    first = live.web.get("/api/templates").json()["data"][0]
    assert first["request"] is None and first["urls"] == {"film": None, "thumbnail": None}
    assert live.web.get(f"/api/templates/{first['id']}/film").status_code == 409
    job = live.web.post(f"/api/templates/{first['id']}/render").json()
    assert job["band"] == "low" and job["state"] == "queued" and job["request"]["scene"]["style"] == first["style"]
    assert live.web.post(f"/api/templates/{first['id']}/render").json()["id"] == job["id"], "once is enough"
    assert live.bring() == job["id"]
    shown = live.web.get("/api/templates").json()["data"][0]
    assert live.web.get(shown["urls"]["film"]).content == live.film.read_bytes()
    clicked = live.web.post("/api/jobs", json=shown["request"]).json()
    assert clicked["state"] == "done" and clicked["same_as"] == job["id"], "a click is answered with the film"
    assert refused(live, {}, path="/api/templates/nobody/render")["param"] == "name"


def test_votes_are_counted(live):
    left, right = live.make("a red car"), live.make("a blue car")
    vote = {"left": left, "right": right, "winner": "left", "blind": True}
    assert live.web.post("/api/vote", json=vote).status_code == 200
    assert refused(live, vote | {"winner": "me"}, path="/api/vote")["param"] == "winner"
    kept = live.web.get("/api/votes").json()["data"]
    assert [{name: one[name] for name in vote} for one in kept] == [vote]


def test_health_and_numbers(live):
    live.make()
    assert live.web.get("/livez").json() == {"alive": True}
    assert live.web.get("/readyz").json() == {"ready": True, "checks": {"table": True, "disk": True}}
    page = live.web.get("/metrics").text
    assert 'filmloom_jobs{state="done"} 1.0' in page
    assert 'filmloom_requests_total{method="POST",route="/api/jobs",status="200"} 1.0' in page


def test_a_full_disk_takes_nothing_new(serve):
    live = serve(least_free=2**60)
    answer = live.web.post("/api/jobs", json={"prompt": "a red car"})
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "insufficient_resources"
    assert answer.headers["retry-after"] == "60" and live.web.get("/readyz").status_code == 503


def test_the_studio_is_served_beside_it(live):
    page = live.web.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
