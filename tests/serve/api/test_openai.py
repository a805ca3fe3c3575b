"""The unmodified openai client over a real socket."""

from __future__ import annotations

import io
import threading
import time
import warnings

import av
import openai
import pytest
from PIL import Image

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def client(live):
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="whatever", max_retries=0) as client:
        yield client


def worker(live, num=1):
    """Brings so many films, as they are asked for."""

    def work():
        left = num
        while left:
            time.sleep(0.02)
            if live.table.depth()["queued"]:
                live.bring()
                left -= 1

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_create_and_poll_then_download_all_there_is(live, client, tmp_path):
    thread = worker(live)
    video = client.videos.create_and_poll(prompt="a red car", model="sora-2", seconds="4", size="1280x720")
    thread.join()
    assert (video.status, video.progress, video.seconds, video.size) == ("completed", 100, "4", "1280x720")
    assert video.object == "video" and video.error is None and video.completed_at >= video.created_at
    assert video.expires_at > video.completed_at and video.model == "mini" and video.prompt == "a red car"
    client.videos.download_content(video.id).write_to_file(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == live.film.read_bytes()
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 4
    for variant in ("thumbnail", "spritesheet"):
        picture = Image.open(io.BytesIO(client.videos.download_content(video.id, variant=variant).content))
        assert picture.format == "JPEG" and min(picture.size) > 30


def test_what_is_passed_over_is_said(client):
    video = client.videos.create(
        prompt="a red car and a dragon", model="sora-2-pro", extra_body={"seed": 7, "mode": "draw", "mood_ring": 3}
    )
    assert video.warnings[0] == "sora-2-pro is not here; mini makes the film."
    assert video.warnings[1] == "mood_ring was ignored: there is no such field."
    assert video.unknown_words == ["dragon"] and video.status == "queued" and video.progress == 0


def test_fields_of_ours_come_through_a_form_with_their_types(live, client):
    video = client.videos.create(prompt="a red car", extra_body={"seed": 7, "silent": True, "fps": "30000/1001"})
    assert live.table.get(video.id).request == {
        "prompt": "a red car", "seed": 7, "silent": True, "fps": "30000/1001", "size": "1280x720", "seconds": 4.0,
        "model": "mini",
    }  # fmt: skip


def test_what_is_said_beside_a_film_comes_through_a_form_too(live, client):
    first = live.make(reuse=True)
    beside = {"reuse": False, "band": "low", "idempotency_key": "7"}
    made = client.videos.create(prompt="a red car", extra_body=beside)
    job = live.table.get(made.id)
    assert (job.state, job.band, job.idempotency) == ("queued", "low", "7") and made.id != first


def test_json_and_form_are_the_same_request(live, client):
    form = client.videos.create(prompt="a red car", seconds="8", size="640x360")
    plain = live.web.post("/v1/videos", json={"prompt": "a red car", "seconds": "8", "size": "640x360"}).json()
    assert live.table.get(form.id).content == live.table.get(plain["id"]).content


def test_sizes_that_are_nearly_wide_become_so_and_upright_ones_are_refused(client):
    video = client.videos.create(prompt="a red car", size="1792x1024")
    assert video.size == "1792x1008" and "1792x1008" in video.warnings[0]
    with pytest.raises(openai.BadRequestError, match="1280x720") as error:
        client.videos.create(prompt="a red car", size="720x1280")
    assert (error.value.param, error.value.code, error.value.type) == ("size", "invalid_value", "invalid_request_error")


def test_list_turns_pages_until_the_end(client):
    made = [client.videos.create(prompt=f"a red car {i}").id for i in range(5)]
    assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
    page = client.videos.list(limit=2, after=made[3])
    assert [video.id for video in page.data] == [made[2], made[1]] and page.has_more


def test_a_client_is_told_when_to_look_again(client):
    raw = client.videos.with_raw_response.create(prompt="a red car")
    assert raw.headers["openai-poll-after-ms"] == "50" and raw.headers["x-request-id"].startswith("req_")


def test_remix_keeps_everything_but_the_prompt(live, client):
    first = client.videos.create(prompt="a red car", seconds="8", extra_body={"seed": 3})
    second = client.videos.remix(first.id, prompt="a blue car")
    assert second.remixed_from_video_id == first.id and second.prompt == "a blue car" and second.seconds == "8"
    assert live.table.get(second.id).request == live.table.get(first.id).request | {"prompt": "a blue car"}


def test_delete_forgets_the_job_and_its_film(live, client):
    job = live.make()
    film = live.store.result_path(live.table.get(job).result)
    assert film.is_file()
    gone = client.videos.delete(job)
    assert gone.deleted and gone.object == "video.deleted" and gone.id == job and not film.exists()
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(job)


def test_errors_have_the_types_a_client_looks_for(live, client):
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve("video_" + "0" * 24)
    with pytest.raises(openai.BadRequestError) as error:
        client.videos.create(prompt="a red car", seconds="4 hours")
    assert error.value.param == "seconds"
    with pytest.raises(openai.BadRequestError) as error:
        client.videos.create(prompt="a red car", model="dall-e-3")
    assert error.value.param == "model" and "mini" in error.value.message
    waiting = client.videos.create(prompt="a red car")
    with pytest.raises(openai.ConflictError) as error:
        client.videos.download_content(waiting.id)
    assert error.value.code == "not_ready"


def test_a_refused_prompt_is_a_bad_request_and_makes_no_job(live, client):
    with pytest.raises(openai.BadRequestError) as error:
        client.videos.create(prompt="how to build a bomb, step by step, explosion of people")
    assert error.value.code == "moderation_blocked" and sum(live.table.depth().values()) == 0


def test_failed_and_cancelled_jobs_say_why(live, client):
    job = client.videos.create(prompt="a red car").id
    live.table.cancel(job)
    video = client.videos.poll(job)
    assert video.status == "failed" and video.error.code == "cancelled"


def test_an_idempotency_key_makes_one_job(live, client):
    headers = {"Idempotency-Key": "once"}
    one = client.videos.create(prompt="a red car", extra_headers=headers)
    two = client.videos.create(prompt="a red car", extra_headers=headers)
    assert one.id == two.id and live.table.depth()["queued"] == 1
    with pytest.raises(openai.ConflictError):
        client.videos.create(prompt="a blue car", extra_headers=headers)


def test_an_input_film_is_kept_and_a_picture_is_refused_by_mini(live, client):
    with live.film.open("rb") as film:
        video = client.videos.create(prompt="a red car", seconds="0.5", input_reference=film)
    kept = live.table.get(video.id).request["start"]
    assert live.store.upload_path(kept).read_bytes() == live.film.read_bytes()
    picture = io.BytesIO()
    Image.new("RGB", (64, 36), "red").save(picture, "PNG")
    with pytest.raises(openai.BadRequestError, match="mini makes its first frame itself"):
        client.videos.create(prompt="a red car", input_reference=("a.png", picture.getvalue(), "image/png"))
    with pytest.raises(openai.BadRequestError, match="PNG, JPEG or WebP"):
        client.videos.create(prompt="a red car", input_reference=("a.png", b"<svg onload=alert(1)>", "image/png"))


def test_a_film_that_is_there_is_used_again(live, client):
    first = live.make(reuse=True)
    again = client.videos.create(prompt="a red car")
    assert again.status == "completed" and again.id != first
    assert client.videos.download_content(again.id).content == live.film.read_bytes()


def test_parts_of_a_film_and_what_a_client_has_already(live):
    job, whole = live.make(), live.film.read_bytes()
    path = f"/v1/videos/{job}/content"
    answer = live.web.get(path)
    assert answer.content == whole and answer.headers["accept-ranges"] == "bytes"
    part = live.web.get(path, headers={"Range": "bytes=100-199", "If-Range": answer.headers["etag"]})
    assert part.status_code == 206 and part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert live.web.get(path, headers={"Range": "bytes=-50"}).content == whole[-50:]
    assert live.web.get(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert live.web.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert live.web.get(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'}).content == whole


def test_keys_are_asked_for_once_there_is_one(live):
    _, secret = live.table.keys.create("tests")
    for key, wanted in (("wrong", openai.AuthenticationError), (f"{secret}x", openai.AuthenticationError)):
        with openai.OpenAI(base_url=f"{live.url}/v1", api_key=key, max_retries=0) as client, pytest.raises(wanted):
            client.videos.list()
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key=secret, max_retries=0) as client:
        assert client.videos.list().data == []
    _, reading = live.table.keys.create("reader", scopes=("read",))
    with (
        openai.OpenAI(base_url=f"{live.url}/v1", api_key=reading, max_retries=0) as client,
        pytest.raises(openai.PermissionDeniedError),
    ):
        client.videos.create(prompt="a red car")


def test_the_client_of_asyncio_too(live):
    import asyncio

    async def story():
        async with openai.AsyncOpenAI(base_url=f"{live.url}/v1", api_key="x", max_retries=0) as client:
            video = await client.videos.create(prompt="a red car")
            return await client.videos.retrieve(video.id)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert asyncio.run(story()).status == "queued"
