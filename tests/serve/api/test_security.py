"""What strangers try: other names, other sites, other addresses, odd paths, huge bodies, guessed keys."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import socket
import struct
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from PIL import Image

from filmloom.cli import keys
from filmloom.cli.serve import serve as serve_command
from filmloom.core.errors import RequestError, UserError
from filmloom.serve import fetching
from filmloom.serve.errors import NoKey
from filmloom.serve.fetching import FetchError, asked, checked_url, fetched, is_public
from filmloom.serve.keys import Quota
from filmloom.serve.limits import Buckets, RateExceeded
from filmloom.serve.logs import JsonLines
from filmloom.serve.settings import is_loopback
from filmloom.serve.table import open_table
from filmloom.serve.uploads import as_png, check_film

PATHS = (
    "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/static/..\\..\\secret",
    "/v1/videos/../../etc/passwd/content", "/v1/videos/..%2f..%2fetc%2fpasswd/content", "/v1/videos/%00/content",
    "/api/jobs/video_%2e%2e%2f%2e%2e%2fjobs.sqlite/film", "/api/jobs/%ff%fe/film", "/%00", "/index.html%00.png",
    "//etc/passwd", "/file:///etc/passwd", "/api/jobs/" + "a" * 4000, "/api/jobs/video_" + "०" * 24,
    "/%c0%ae%c0%ae/etc/passwd", "/api/jobs/%0d%0aSet-Cookie:x=1", "/.env", "/web/../desk.py", "/../desk.py",
)  # fmt: skip
ADDRESSES = (
    "http://127.0.0.1/", "http://localhost/", "http://a.localhost/", "http://[::1]/", "http://0.0.0.0/", "http://10.0.0.1/",
    "http://192.168.1.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/",
    "http://[fe80::1]/", "http://[fc00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://100.64.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/", "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/",
    "http://user:secret@example.com/", "http://example.com:0/", "http:///nobody", "http://example.com/\r\nHost: b", "",
    "http://[::1", "javascript:alert(1)", "http://example.com/" + "a" * 3000, "http://exämple.com/", "//example.com",
)  # fmt: skip
DISGUISED = ("http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/")


def raw(live, data: bytes) -> bytes:
    """Bytes as no client would send them."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            return b"".join(iter(lambda: connection.recv(65536), b""))
    return b""


def test_no_path_leads_out_of_the_house_or_breaks_it(live):
    for path in PATHS:
        for method in ("GET", "POST", "DELETE"):
            request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            answer = raw(live, request.encode())
            status = int(answer.split(b" ", 2)[1])
            assert 400 <= status < 500, (method, path, answer[:200])
            assert b"root:" not in answer and b"Set-Cookie" not in answer and b"SQLite" not in answer


def test_odd_headers_break_nothing(live):
    odd = {
        "Range": ("bytes=", "bytes=a-b", "bytes=-", "bytes=9-1", "bytes=0-0,1-1,2-2", "x" * 999,
                  "bytes=99999999999999-"),
        "If-None-Match": ('"', "*", "é", "W/" * 99), "Accept": ("\x80\xff",), "Cookie": ("filmloom_key=x; a=;;;=",),
        "Authorization": ("Bearer", "Bearer ", "Basic !!", "Bearer a-b-c", "é"), "X-Request-Id": ("a b", "x" * 999),
        "Content-Type": ("", "application/json; charset=utf-7", "multipart/form-data"), "Last-Event-ID": ("-1",),
        "Content-Length": ("0",), "Idempotency-Key": ("é" * 10,),
    }  # fmt: skip
    job = live.make()
    for name, values in odd.items():
        for value in values:
            request = b"GET /api/jobs/" + job.encode() + b"/film HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            answer = raw(live, request + f"{name}: {value}\r\n\r\n".encode("latin-1"))
            assert int(answer.split(b" ", 2)[1]) in (200, 206, 304, 400, 416), (name, value, answer[:200])


def test_a_name_that_only_resolves_to_us_is_not_ours(live):
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1"):
        assert live.web.get("/livez", headers={"Host": host}).status_code == 421, host
    for host in ("localhost", "localhost:1234", "127.0.0.1", "[::1]:8000"):
        assert live.web.get("/livez", headers={"Host": host}).status_code == 200, host


def test_an_operator_may_add_names(serve):
    live = serve(hosts=("films.example",))
    assert live.web.get("/livez", headers={"Host": "films.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_pages_of_other_sites_change_nothing(live, headers):
    answer = live.web.post("/api/jobs", json={"prompt": "a red car"}, headers=headers)
    assert answer.status_code == 403 and answer.json()["error"]["code"] == "other_origin"
    assert sum(live.table.depth().values()) == 0
    own = {"Origin": live.url, "Sec-Fetch-Site": "same-origin"}
    assert live.web.post("/api/jobs", json={"prompt": "a red car"}, headers=own).status_code == 200


def test_a_form_that_any_page_could_send_is_not_json(live):
    answer = live.web.post("/api/jobs", content=b'{"prompt": "a red car"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'"a"', b'{"prompt": NaN}', b'{"seconds": 1e999}', b'{"seed": ' + b"9" * 5000 + b"}",
     b"[" * 100_000, b'{"prompt": "\\ud800"}', b'{"prompt": "\\u0000"}', b"\xff\xfe",
     b'{"a":' * 2000 + b"1" + b"}" * 2000],
    ids=range(12),
)  # fmt: skip
def test_what_is_not_our_json_is_refused(live, body):
    answer = live.web.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] in ("invalid_json", "invalid_value"), (
        answer.text
    )


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=a", "multipart/form-data; boundary="]
)
def test_broken_forms_are_refused(live, kind):
    for body in (
        b"",
        b"--a",
        b"--a\r\n\r\n",
    ):
        answer = live.web.post("/v1/videos", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400, (kind, body, answer.text)


def test_bodies_are_limited_whether_or_not_they_say_their_length(serve):
    live = serve(largest_json=1000, largest_upload=2000)
    big = {"prompt": "x" * 2000}
    assert live.web.post("/api/jobs", json=big).status_code == 413
    pieces = (b"x" * 500 for _ in range(10))
    assert live.web.post("/api/uploads", content=pieces).status_code == 413


def test_a_body_that_never_comes_is_not_waited_for(serve):
    live = serve(body_seconds=0.3)
    head = b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: 10\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("begun", [b"", b"GET /livez HTTP/1.1\r\nHost: loc"])
def test_a_head_that_never_ends_is_not_waited_for(live, begun):
    """Also that of the second request of a connection; and who says nothing wrong is not hurried."""
    whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for before in (b"", whole):
        with socket.create_connection(("127.0.0.1", live.port), timeout=5) as connection:
            answer = connection.makefile("rb")
            if before:
                connection.sendall(before)
                assert answer.readline().startswith(b"HTTP/1.1 200")
                while (line := answer.readline()) != b"\r\n":
                    assert line
                assert answer.read(14) == b'{"alive":true}'
            connection.sendall(begun)
            if begun or not before:
                assert answer.read() == b"", "it is closed"
            else:
                time.sleep(0.5)  # between two requests uvicorn's five seconds are for anybody
                connection.sendall(whole)
                assert answer.readline().startswith(b"HTTP/1.1 200")


def test_addresses_that_are_not_public_are_never_asked(live):
    for url in ADDRESSES:
        with pytest.raises(RequestError):
            checked_url(url)
        answer = live.web.post("/v1/videos", json={"prompt": "a red car", "input_reference": {"image_url": url}})
        assert answer.status_code == 400, url
    for url in DISGUISED:
        with pytest.raises(FetchError):
            fetched(url, limit=10)


def test_a_name_with_one_private_address_is_refused_and_the_checked_one_is_used(monkeypatch):
    told = [[("93.184.216.34", 80), ("127.0.0.1", 80)]]
    answers = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in told[0]]  # noqa: E731
    monkeypatch.setattr(fetching.socket, "getaddrinfo", answers)
    with pytest.raises(FetchError, match="not a public address"):
        fetched("http://rebind.example/", limit=10)
    connected = []

    def connect(address, timeout):
        connected.append(address)
        raise OSError

    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    told[0] = [("93.184.216.34", 80)]
    with pytest.raises(FetchError, match="does not answer"):
        fetched("http://rebind.example/", limit=10)
    assert connected == [("93.184.216.34", 80)]  # the address, not the name


def test_public_is_public():
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1:248:1893:25c8:1946")


@contextlib.contextmanager
def a_server(answer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_redirects_are_not_followed_and_large_answers_not_taken():
    def moved(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1/secret")
        handler.end_headers()

    def large(handler):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(ConnectionError):
            handler.wfile.write(b"x" * 300_000)

    with a_server(moved) as url:
        assert asked("GET", url, allow_private=True)[0] == 302
        with pytest.raises(FetchError, match="302"):
            fetched(url, limit=10, allow_private=True)
    with a_server(large) as url, pytest.raises(FetchError, match="more than 1000 bytes"):
        fetched(url, limit=1000, allow_private=True)


def test_a_picture_that_unpacks_into_gigabytes_is_refused():
    small = io.BytesIO()
    Image.new("1", (8, 8)).save(small, "PNG")
    data = small.getvalue()
    head = b"IHDR" + struct.pack(">II", 30_000, 30_000) + data[24:29]
    bomb = data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]
    with pytest.raises(RequestError, match="Bomb"):
        as_png(bomb)
    assert as_png(data)


def test_a_playlist_in_a_film_s_clothes_reads_no_other_file():
    with pytest.raises(RequestError):
        check_film(b"\0\0\0\x18ftypmp42#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")


def test_keys_see_their_own_jobs_only(live):
    secrets = {name: live.table.keys.create(name)[1] for name in ("anna", "bert")}
    secrets["boss"] = live.table.keys.create("boss", scopes=("admin",))[1]
    as_key = lambda name: {"Authorization": f"Bearer {secrets[name]}"}  # noqa: E731
    job = live.web.post("/api/jobs", json={"prompt": "a red car"}, headers=as_key("anna")).json()["id"]
    seen = {name: live.web.get("/api/jobs", headers=as_key(name)).json()["data"] for name in secrets}
    assert [len(seen[name]) for name in ("anna", "bert", "boss")] == [1, 0, 1]
    for path in ("", "/film", "/preview", "/report"):
        assert live.web.get(f"/api/jobs/{job}{path}", headers=as_key("bert")).status_code == 404
    assert live.web.post(f"/api/jobs/{job}/cancel", headers=as_key("bert")).status_code == 404
    assert live.web.get("/api/events", params={"job": job}, headers=as_key("bert")).status_code == 404
    for path in ("/api/jobs", "/metrics", "/v1/videos", "/api/events"):
        answer = live.web.get(path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_scopes_and_quotas_are_kept(live):
    reader = live.table.keys.create("reader", scopes=("read",))[1]
    small = live.table.keys.create("small", quota=Quota(films_per_day=1))[1]
    for method, path in (("POST", "/api/jobs"), ("DELETE", "/api/jobs/video_" + "0" * 24), ("POST", "/api/uploads")):
        assert live.web.request(method, path, headers={"Authorization": f"Bearer {reader}"}).status_code == 403
    asks = lambda: live.web.post("/api/jobs", json={"prompt": "a car"}, headers={"Authorization": f"Bearer {small}"})  # noqa: E731
    assert asks().status_code == 200
    refused = asks()
    assert refused.status_code == 429 and refused.json()["error"]["code"] == "quota_exceeded"
    assert int(refused.headers["retry-after"]) > 0


def test_who_asks_too_often_is_told_when_to_come_back(serve):
    live = serve(requests_per_minute=3)
    answers = [live.web.get("/api/styles") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded" and int(answers[-1].headers["retry-after"]) >= 1
    assert live.web.get("/livez").status_code == 200


def test_guessing_keys_soon_ends(serve):
    live = serve(wrong_keys_per_minute=3)
    live.table.keys.create("one")
    guesses = [live.web.get("/api/jobs", headers={"Authorization": f"Bearer fl-{i}-x"}) for i in range(5)]
    assert [answer.status_code for answer in guesses] == [401, 401, 401, 429, 429]


def test_a_bucket_fills_evenly_and_forgets_who_is_gone():
    now = [0.0]
    buckets = Buckets(lambda: now[0], most=2)
    for _ in range(60):
        buckets.take("a", 60)
    with pytest.raises(RateExceeded) as error:
        buckets.take("a", 60)
    assert error.value.retry_after == pytest.approx(1)
    now[0] += 1
    buckets.take("a", 60)
    for name in ("b", "c"):
        buckets.take(name, 60)
    buckets.take("a", 60)  # forgotten: it starts anew


def test_a_full_queue_says_so(live):
    live.table.queue_cap = 1
    live.web.post("/api/jobs", json={"prompt": "a red car"})
    answer = live.web.post("/api/jobs", json={"prompt": "a blue car"})
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "queue_full"
    assert answer.headers["retry-after"] == "30"


def test_streams_are_limited(serve):
    live = serve(most_streams=0)
    assert live.web.get("/api/events").status_code == 503


def test_a_fault_of_ours_is_told_without_its_inside(live, monkeypatch, caplog):
    def broken():
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(live.table, "depth", broken)
    answer = live.web.get("/readyz")
    assert answer.status_code == 500 and "swordfish" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]


def test_the_log_is_one_object_a_line_and_never_tells_a_prompt_or_a_key(live, caplog):
    _, secret = live.table.keys.create("one")
    with caplog.at_level(logging.INFO, "filmloom.serve"):
        as_key = {"Authorization": f"Bearer {secret}"}
        job = live.web.post("/api/jobs", json={"prompt": "a very private wish"}, headers=as_key).json()["id"]
        live.web.get(f"/api/jobs/{job}", params={"search": "very private"}, headers=as_key)
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "filmloom.serve"]
    told = [json.loads(line) for line in lines]
    assert [(line["method"], line["status"]) for line in told] == [("POST", 200), ("GET", 200)]
    assert told[1]["job"] == job and told[1]["request_id"].startswith("req_")
    assert not any("private" in line or secret in line for line in lines)


@pytest.mark.parametrize(
    "secret, text",
    [
        ("fl-0123456789ab-Ab_cdefghijk-lmnop", "key fl-0123456789ab-Ab_cdefghijk-lmnop was used"),
        ("whsec_c2VjcmV0+/==", "signed with whsec_c2VjcmV0+/=="),
        ("c3dvcmRmaXNo", "Authorization: Bearer c3dvcmRmaXNo"),
        ("swordfish", "postgresql://films:swordfish@db/films is away"),
        ("swordfish", "GET https://a.example/x?X-Amz-Signature=swordfish&b=1"),
    ],
)
def test_a_line_of_the_log_keeps_its_job_and_tells_no_secret(secret, text):
    """Wherever it is: in the words, in a fact, or in an error's trace."""
    try:
        raise RuntimeError(text)
    except RuntimeError:
        error = sys.exc_info()
    facts = {"job": "video_1", "note": text, "prompt": "a very private wish", "facts": {"path": text}}
    record = logging.LogRecord("filmloom", logging.WARNING, "x.py", 1, text, (), error)
    vars(record).update(facts)
    line = JsonLines().format(record)
    assert secret not in line and "private" not in line and "\n" not in line
    told = json.loads(line)
    assert told["job"] == "video_1" and told["level"] == "warning" and "RuntimeError" in told["error"]


def test_beyond_this_machine_only_with_a_key(tmp_path, monkeypatch):
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    for host in ("0.0.0.0", "::", "192.168.1.5", "films.example"):
        with pytest.raises(UserError, match="filmloom keys create") as error:
            serve_command(host=host)
        assert error.value.exit_code == 2
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"))


def test_keys_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    keys.create("studio", scope=["read"], films_per_day=3)
    secret = capsys.readouterr().out.strip()
    with contextlib.closing(open_table(tmp_path / "jobs.sqlite")) as table:
        key = table.keys.authenticate(secret)
        assert (key.name, key.scopes, key.quota.films_per_day) == ("studio", ("read",), 3)
    keys.list_keys(as_json=True)
    told = capsys.readouterr().out
    assert json.loads(told)[0]["id"] == key.id and secret not in told
    keys.revoke(key.id)
    with contextlib.closing(open_table(tmp_path / "jobs.sqlite")) as table, pytest.raises(NoKey):
        table.keys.authenticate(secret)
