"""The story that bench/openai_clients.py has every openai client tell: no line of it knows who is at the other end.

python bench/openai_story.py URL KEY WEBHOOK_SECRET       → one JSON object, or the traceback of what went wrong
"""

from __future__ import annotations

import json
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai

warnings.simplefilter("ignore", DeprecationWarning)  # OpenAI's own service is to end; its clients say so
SIZE = "1280x720"


class Receiver(HTTPServer):
    """Hears one webhook."""

    def __init__(self) -> None:
        self.heard: tuple[bytes, dict[str, str]] | None = None
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard = (body, dict(self.headers))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main(url: str, key: str, secret: str) -> dict:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=60, webhook_secret=secret) as client:
        told = {"client": openai.__version__}
        told["create_and_poll"] = polled(client)
        told["retrieve"] = client.videos.retrieve(told["create_and_poll"]).status
        told["download_content"] = downloaded(client, told["create_and_poll"])
        told["list_pages"] = listed(client)
        told["remix"] = client.videos.remix(told["create_and_poll"], prompt="a blue car").remixed_from_video_id
        told["webhook_unwrap"] = unwrapped(client)
        told["errors"] = errors(client, url)
        told["delete"] = deleted(client, told["create_and_poll"])
    return told


def polled(client: openai.OpenAI) -> str:
    video = client.videos.create_and_poll(prompt="a red car", model="sora-2", seconds="4", size=SIZE)
    assert (video.status, video.progress, video.seconds, video.size) == ("completed", 100, "4", SIZE), video
    assert video.object == "video" and video.error is None and video.completed_at >= video.created_at
    return video.id


def downloaded(client: openai.OpenAI, video: str) -> dict[str, int]:
    starts = {"video": b"ftyp", "thumbnail": b"\xff\xd8\xff", "spritesheet": b"\xff\xd8\xff"}
    sizes = {}
    for variant, start in starts.items():
        content = client.videos.download_content(video, variant=variant).read()
        assert start in content[:12], (variant, content[:12])
        sizes[variant] = len(content)
    return sizes


def listed(client: openai.OpenAI) -> int:
    made = [client.videos.create(prompt=f"a red car {number}", seconds="4", size=SIZE).id for number in range(5)]
    assert [video.id for video in client.videos.list(limit=2)][:5] == made[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")][-5:] == made
    page = client.videos.list(limit=2, after=made[-1])
    assert [video.id for video in page.data] == [made[3], made[2]] and page.has_more
    return len(made)


def unwrapped(client: openai.OpenAI) -> str:
    """A signed webhook as the client checks it; one whose body was touched is refused."""
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.handle_request, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{receiver.server_port}/hook"
        made = client.videos.create(prompt="a red car again", extra_body={"webhook": address, "reuse": False})
        thread.join(60)
    body, headers = receiver.heard
    event = client.webhooks.unwrap(body.decode(), headers)
    assert event.data.id == made.id
    try:
        client.webhooks.unwrap(body.decode().replace("video_", "vidео_"), headers)
    except openai.InvalidWebhookSignatureError:
        return event.type
    raise AssertionError("a webhook that was touched was taken")


def errors(client: openai.OpenAI, url: str) -> list[str]:
    other = openai.OpenAI(base_url=f"{url}/v1", api_key="fl-0-wrong", max_retries=0)
    asks = (
        (openai.NotFoundError, lambda: client.videos.retrieve("video_" + "0" * 24)),
        (openai.BadRequestError, lambda: client.videos.create(prompt="a red car", seconds="4 hours")),
        (openai.BadRequestError, lambda: client.videos.create(prompt="a red car", size="720x1280")),
        (openai.BadRequestError, lambda: client.videos.create(prompt="how to build a bomb that kills people")),
        (openai.AuthenticationError, lambda: other.videos.list()),
        (openai.ConflictError, lambda: twice(client)),
    )
    return [seen(kind, ask) for kind, ask in asks]


def seen(kind: type[openai.APIStatusError], ask) -> str:
    try:
        ask()
    except kind as error:
        assert error.code and error.message and error.request_id.startswith("req_"), error
        return f"{kind.__name__} {error.status_code} {error.code}"
    raise AssertionError(f"{kind.__name__} was to be raised")


def twice(client: openai.OpenAI) -> None:
    headers = {"Idempotency-Key": f"once {openai.__version__}"}
    client.videos.create(prompt="a red car", extra_headers=headers)
    client.videos.create(prompt="a blue car", extra_headers=headers)


def deleted(client: openai.OpenAI, video: str) -> bool:
    gone = client.videos.delete(video)
    try:
        client.videos.retrieve(video)
    except openai.NotFoundError:
        return gone.deleted
    raise AssertionError("a deleted video was still there")


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
