"""Webhooks that a receiver can trust, over real sockets; `openai` and `standardwebhooks` check them."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai
import pytest
import standardwebhooks

from filmloom.serve import deliveries
from filmloom.serve.messages import Failure
from filmloom.serve.table import open_table
from filmloom.serve.webhooks import HOLD, Sender, house_secret, signed


class Receiver(HTTPServer):
    """Keeps what it is told, and answers with the statuses given, the last one for ever."""

    def __init__(self, *statuses):
        self.statuses, self.told = list(statuses or (200,)), []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?id=1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((body, dict(self.headers), self.path))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiving(*statuses):
    with Receiver(*statuses) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def owing(tmp_path, clock):
    """A table, and how a job with a webhook ends."""
    table = open_table(tmp_path / "jobs.sqlite", clock=clock)

    def ended(url, *, failure=None):
        job = table.submit({"prompt": "a red car"}, webhook=url)
        claim = table.claim("worker")
        table.fail(claim, failure) if failure else table.finish(claim, result="a", digest="b")
        return job.id

    yield table, ended
    table.close()


def test_a_client_is_told_of_its_film_and_can_trust_it(serve, secret):
    live = serve(allow_private=True)
    with receiving() as hook:
        made = live.web.post("/api/jobs", json={"prompt": "a red car", "webhook": hook.url})
        assert made.status_code == 200, made.text
        live.bring()
        while not hook.told:
            pass
        body, headers, path = hook.told[0]
    assert path == "/hook?id=1"
    with openai.OpenAI(api_key="x", webhook_secret=secret) as client:
        event = client.webhooks.unwrap(body, headers)
        assert event.type == "video.completed" and event.object == "event"
        assert event.data.id == made.json()["id"] and event.id == headers["webhook-id"]
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body + b" ", headers)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body, headers | {"webhook-id": "evt_0"})


def test_signatures_are_those_of_the_specification(secret):
    import time

    headers = signed(b'{"a": 1}', secret, "evt_1", time.time())
    assert standardwebhooks.Webhook(secret).verify(b'{"a": 1}', headers) == {"a": 1}


def test_a_miss_is_tried_again_under_the_same_id_and_given_up_at_last(owing, clock, secret):
    table, ended = owing
    with receiving(500, 302, 200) as hook:
        ended(hook.url)
        sender = Sender(table, secret, allow_private=True)
        assert sender.send_due() == 0 and sender.send_due() == 0 and len(hook.told) == 1
        clock += deliveries.WAITS[0]
        assert sender.send_due() == 0 and len(hook.told) == 2  # a redirect is no yes, and is not followed
        clock += deliveries.WAITS[1]
        assert sender.send_due() == 1 and len(hook.told) == 3
        clock += 10**6
        assert sender.send_due() == 0 and len({headers["webhook-id"] for _, headers, _ in hook.told}) == 1
    ended("http://127.0.0.1:1/nobody")
    for wait in (*deliveries.WAITS, 0, 0):
        assert sender.send_due() == 0
        clock += wait
    assert deliveries.due(table.database, clock() + 10**9) == []


def test_failures_and_refusals_are_told_and_cancelling_is_not(owing, secret):
    table, ended = owing
    with receiving() as hook:
        job = ended(hook.url, failure=Failure("bad_request", "no such colour"))
        table.cancel(table.submit({"prompt": "a dog"}, webhook=hook.url).id)
        assert Sender(table, secret, allow_private=True).send_due() == 1
        body = hook.told[0][0]
    assert b"video.failed" in body and job.encode() in body


def test_of_several_web_processes_one_sends(owing, clock, secret):
    table, ended = owing
    with receiving() as hook:
        ended(hook.url)
        one, two = (Sender(table, secret, allow_private=True) for _ in range(2))
        due = deliveries.due(table.database, clock())[0]
        held = [deliveries.held(sender.table.database, due, clock(), HOLD) for sender in (one, two)]
        assert held == [True, False]
        assert two.send_due() == 0 and not hook.told
        clock += HOLD  # the first one died before it sent
        assert two.send_due() == 1 and len(hook.told) == 1


def test_private_addresses_are_not_told_anything(owing, secret):
    table, ended = owing
    with receiving() as hook:
        ended(hook.url)
        assert Sender(table, secret).send_due() == 0 and hook.told == []


def test_the_house_s_secret_stays_and_is_its_owner_s(tmp_path):
    one = house_secret(tmp_path)
    assert one == house_secret(tmp_path) and one.startswith("whsec_") and len(one) > 40
    assert (tmp_path / "webhook.secret").stat().st_mode & 0o077 == 0
