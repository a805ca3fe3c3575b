"""What strangers send: lists of our own, as bytes on the wire. `attacks` makes every attack out of them, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "G\0T",
    "X" * 300,
)
DOTS = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "..;/", "....//", "%c0%ae%c0%ae/",
        "%uff0e%uff0e/", "..%00/", ".%2e/", "%e0%80%ae%e0%80%ae/", "/./../", "..%09/")  # fmt: skip
TARGETS = ("etc/passwd", "jobs.sqlite", "proc/self/environ", "store/uploads", "desk.py", "webhook.secret")
DOORS = ("/", "/js/", "/css/../", "/api/jobs/", "/v1/videos/", "/messages/")
PATHS = (
    "//etc/passwd", "///etc/passwd", "/file:///etc/passwd", "/%00", "/index.html%00.png", "/%ff%fe", "/%", "/%zz",
    "/%f",
    "/.env", "/.git/config", "/web/../desk.py", "/con", "/api/jobs/con.mp4", "/api/jobs/video_" + "०" * 24,
    "/api/jobs/" + "a" * 8000, "/" + "a/" * 3000, "/api/jobs/%0d%0aSet-Cookie:%20x=1", "/api/jobs/%0aX:1",
    "/api//jobs",
    "/api/jobs/;id", "/api/jobs/$(id)", "/api/jobs/`id`", "/api/jobs/' OR 1=1--", "/api/jobs/%27%20OR%201=1--",
    "/api/jobs/video_'; DROP TABLE jobs;--", "/api/jobs/{{7*7}}", "/api/jobs/${7*7}", "/api/jobs/%7b%7b7*7%7d%7d",
    "*",
    "http://example.com/", "http://127.0.0.1:22/", "example.com:443", "/api/jobs/\udcff", "/?a=%00", "/#x",
    "/api/../../..",
    "/openapi.json/../../x", "/docs", "/redoc", "/metrics/..", "/livez/%2e%2e", "/api/jobs/0x0", "/api/jobs/-1",
    "/api/jobs/NaN",
)  # fmt: skip
HEADERS = {
    "Host": ("", "evil.example", "localhost:99999", "localhost:x", "[::1", "127.0.0.1.evil.example", "localhost\tx",
    "a" * 5000,
             "localhost, evil.example", "localhost@evil.example", "xn--", "０"),
    "Range": ("bytes=", "bytes=a-b", "bytes=-", "bytes=9-1", "bytes=0-0,1-1,2-2", "bytes=-0", "bytes=--1",
    "lines=1-2",
              "bytes=0-" + ",0-" * 2000, "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes=٣-٤",
              "x" * 4000),
    "If-Range": ('"', '""', "W/", "Tue, 99 Foo 2026 99:99:99 GMT", "é"),
    "If-None-Match": ('"', "*", "é", "W/" * 900, '"a",' * 900, ""),
    "If-Modified-Since": ("yesterday", "0", "Thu, 01 Jan 99999 00:00:00 GMT"),
    "Accept": ("\x80\xff", "*/*;q=" + "9" * 4000, "text/event-stream", ",,,,"),
    "Accept-Encoding": ("gzip" * 900, "br;q=nan", "identity;q=0, *;q=0"), "Accept-Language": ("zz-" * 900, "é"),
    "Cookie": ("a=;;;=", "filmloom_key=x; " * 200, "é=é", "\x01"),
    "Authorization": ("Bearer", "Bearer ", "Basic !!", "Bearer a-b-c", "é", "Bearer fl-' OR 1=1-x",
    "Bearer " + "x" * 6000,
                      "Bearer fl-\x00-x", "Digest username=\"", "bearer\tx", "Bearer ٣-٣-٣"),
    "X-Request-Id": ("a b", "x" * 900, "é", "a\tb", "${jndi:ldap://127.0.0.1/a}", "<script>", ""),
    "Last-Event-ID": ("-1", "a", "9" * 30, "٣", "1e9", " ", "0x10", "1;DROP TABLE events"),
    "Idempotency-Key": ("é" * 10, "x" * 256, "\x7f", "'; DROP TABLE jobs;--", " "),
    "Origin": ("null", "http://evil.example", "http://[", "file://", "http://localhost.evil.example", "é"),
    "Sec-Fetch-Site": ("cross-site", "same-site", "é", ""), "Referer": ("http://[", "é" * 900),
    "Content-Type": ("", "application/json; charset=utf-7", "multipart/form-data", "multipart/form-data; boundary=",
                     "multipart/form-data; boundary=" + "a" * 3000,
                     "application/x-www-form-urlencoded; charset=nothing",
                     "text/plain", "application/json/json", "multipart/form-data; boundary=\xff", ";;;", "*/*"),
    "Content-Encoding": ("gzip", "br", "x" * 900), "Expect": ("100-continue", "200-ok"),
    "X-Forwarded-For": ("127.0.0.1", "' OR 1=1", "::1" * 900), "X-Forwarded-Host": ("evil.example",),
    "X-Original-URL": ("/metrics",),
    "X-HTTP-Method-Override": ("DELETE",), "Upgrade": ("websocket", "h2c"), "Connection": ("upgrade",
    "keep-alive, host", "é"),
    "Forwarded": ("for=127.0.0.1;host=evil.example",), "Via": ("x" * 900,), "TE": ("trailers, deflate;q=0.5",),
    "A" * 300: ("b",), "X-Many": ("y" * 9000,),
}  # fmt: skip
ODD = (  # for texts, numbers and everything else that a field may hold
    "", " ", "\n", "\t\r\n", "null", "true", "NaN", "Infinity", "-Infinity", "-0", "0x10", "1e999", "1_000", "٣",
    "１２", "½",
    "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..\\..\\x", "C:\\x", "con", "\x7f", "\x1b[31m",
    "a\u202eb",
    "\ufeff", "\u2028", "👩‍👩‍👧‍👦" * 60, "é́́́́́" * 60, "ﷺ" * 200, "a" * 100_000, "' OR 1=1--",
    '"; DROP TABLE jobs;--', "%", "%s%n%x",
    "{{7*7}}", "${7*7}", "$(id)", "`id`", "<script>alert(1)</script>", "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "__proto__",
    "1280x720", "0x0", "-1x-1", "99999999999x1", "1x99999999999", "1280X720", "1280×720", "1e3x1e3", "1/0", "0/1",
    "30000/1001",
    0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, -0.0, 1e-300, 1e300, 60.0001, True, False, [], {}, [[]],
    {"": ""},
    [None], [1, "a", {}], {"a": {"b": {"c": []}}}, {"__class__": "x"}, {"$ref": "#"}, ["a red car"] * 500,
    {str(i): i for i in range(500)},
)  # fmt: skip
FIELDS = (
    "prompt", "size", "seconds", "fps", "seed", "mode", "scene", "steps", "guidance", "guidance_high",
    "guidance_low", "shift",
    "negative", "start", "strength", "image", "model", "fast", "silent", "within", "band", "webhook",
    "idempotency_key", "reuse",
    "input_reference", "device", "threads", "nobody_knows", "", "__proto__", "a" * 300,
)  # fmt: skip
BODIES = (
    b"", b" ", b"{", b"}", b"[]", b"null", b'"a"', b"0", b"true", b"\xff\xfe{}", b"\xef\xbb\xbf{}",
    b'{"prompt": NaN}', b"{'a': 1}",
    b'{"seconds": 1e999}', b'{"seed": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"prompt": "\\ud800"}', b'{"prompt": "\\u0000"}', b'{"prompt": "a", "prompt": 1}',
    b'{"prompt": "a"} {"prompt": "b"}',
    b'{"prompt": "a",}', b'{"prompt": "\x00"}', b'{"prompt": "\xed\xa0\x80"}', b"{" + b'"a":1,' * 50_000 + b'"b":1}',
    b"\x1f\x8b\x08",
    b'{"a": ' + b"1" * 20_000 + b"e5}", b"prompt=a%20red%20car", b"<xml/>", b"--a--", b"\x00" * 1000,
)  # fmt: skip
SHAPES = (  # of batch, matrix, plan, vote and remix
    {"requests": 1}, {"requests": []}, {"requests": [1]}, {"requests": [{}]}, {"requests": [{"prompt": "a"}] * 65},
    {"requests": {}},
    {"requests": [{"prompt": "a", "webhook": "http://127.0.0.1/"}]}, {"base": 1, "vary": 1}, {"base": {}, "vary": {}},
    {"base": {"prompt": "a"}, "vary": {"seed": list(range(10_000))}}, {"base": {}, "vary": {"seed": "abc"}},
    {"base": {"prompt": "a"}, "vary": {name: [0] * 9 for name in "abcdefghij"}}, {"base": {"prompt": "a"},
    "vary": {"prompt": [{}, [], None]}},
    {"prompt": "a", "seconds": {}, "seed": []}, {"prompt": 1, "seconds": "x", "seed": "y"}, {"prompt": "a",
    "seed": 1.5},
    {"left": 1, "right": [], "winner": "left"}, {"left": "../x", "right": "x", "winner": "left"}, {"winner": "left"},
    {"left": "a", "right": "b", "winner": "left", "blind": 3}, {"prompt": None}, {"prompt": []}, {},
)  # fmt: skip
POSTS = ("/api/jobs", "/v1/videos", "/api/batch", "/api/matrix", "/api/plan", "/api/vote", "/api/jobs/{job}/remix",
         "/v1/videos/{job}/remix", "/api/jobs/{job}/cancel", "/api/jobs/{job}/retry", "/api/uploads")  # fmt: skip
GETS = ("/api/jobs", "/v1/videos", "/api/jobs/{job}/film", "/v1/videos/{job}/content", "/api/capacity",
        "/api/events", "/api/votes",
        "/")  # fmt: skip
QUERIES = ("limit", "after", "order", "state", "search", "variant", "seconds", "size", "job", "__proto__", "")
FORMS = (  # with the boundary a
    b"", b"--a", b"--a--", b"--a\r\n\r\n", b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n",
    b'--a\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n' + b"x" * 2_000_000 + b"\r\n--a--\r\n",
    b'--a\r\nContent-Disposition: form-data; name="prompt\r\n\r\nx\r\n--a--\r\n',
    b'--a\r\nContent-Disposition: form-data; name="prompt"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!\r\n--a--\r\n',
    b'--a\r\nContent-Disposition: form-data; name="prompt"\r\nContent-Type: a/b; charset=x\r\n\r\n\xff\r\n--a--',
    b'--a\r\n' + b"X: y\r\n" * 5000 + b'Content-Disposition: form-data; name="prompt"\r\n\r\nx\r\n--a--\r\n',
    b'--a\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na red car\r\n' * 200 + b"--a--\r\n",
    b'--a\r\nContent-Disposition: form-data; name="prompt"; filename="x.png"\r\n\r\na red car\r\n--a--\r\n',
)  # fmt: skip
PROMPT = b'--a\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na red car\r\n'
FILES = (
    b"", b"x", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, b"\xff\xd8\xff",
    b"GIF89a" + b"\x00" * 100, b"%PDF-1.7",
    b"RIFF\x00\x00\x00\x00WEBP", b"<svg onload=alert(1)>", b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 200,
    b"PK\x03\x04" + b"\x00" * 99,
    b"\x00\x00\x00\x18ftypmp42#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"\x7fELF",
    b"\x00\x00\x00\x0cftyp" + b"\xff\xff\xff\xffmoov" * 50,
    b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
)  # fmt: skip
NAMES = (
    "../../x.png",
    "/etc/passwd",
    "x.png\x00.exe",
    "x" * 5000,
    "\\\\host\\x",
    'x".png',
    "é.png",
    "",
    ".",
    "con",
    "x\r\nSet-Cookie: a=b",
)
HOSTS = (
    "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "a.localhost", "127.1", "127.0.1", "2130706433",
    "0x7f000001", "0x7f.1",
    "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fe80::1]", "[fc00::1]", "[ff02::1]",
    "127.0.0.1%00",
    "127。0。0。1", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127.0.0.1.", "127.000.000.001", "169.254.169.254", "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "user@127.0.0.1",
    "user:x@127.0.0.1",
    "example.com@127.0.0.1", "127.0.0.1#@example.com", "example.com\\@127.0.0.1", "127.0.0.1\\.example.com",
    "ip6-localhost", "",
)  # fmt: skip
SCHEMES = (
    "http",
    "https",
    "HTTP",
    "file",
    "ftp",
    "gopher",
    "dict",
    "data",
    "javascript",
    "ws",
    "ldap",
    "jar:http",
    "http:http",
    "",
)
LIVE, JOBS = (f"{what} HTTP/1.1\r\nHost: localhost\r\n".encode() for what in ("GET /livez", "POST /api/jobs"))
BROKEN = (
    b"GET\r\n\r\n", b"GET /livez\r\n\r\n", b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /livez HTTP/1.1\r\n\r\n", LIVE + b"Host: evil.example\r\nConnection: close\r\n\r\n",
    LIVE + b" folded: x\r\nConnection: close\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 100,
    LIVE + b"X : y\r\nConnection: close\r\n\r\n", b"GET /livez HTTP/1.1\nHost: localhost\nConnection: close\n\n",
    b"GET  /livez  HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"\r\n" * 5000, b"A" * 200_000,
    LIVE + b"X: y\r\n" * 20_000 + b"\r\n", LIVE,
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: local",
    JOBS + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    JOBS + b"Content-Length: -1\r\n\r\n", JOBS + b"Content-Length: x\r\n\r\n",
    JOBS + b"Content-Length: 99999999999999999999\r\n\r\n",
    JOBS + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + LIVE + b"\r\n",
    JOBS + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    JOBS + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    JOBS + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    JOBS + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
)  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """`refused`: it must be, or the connection closed. `never`: what no answer may hold."""

    family: str
    what: str
    data: bytes
    refused: bool = False
    never: tuple[bytes, ...] = ()


def attacks(job: str, canary: int) -> Iterator[Attack]:
    """`job`: of a film that is there. `canary`: the port of a server on this machine that nobody may ask."""
    yield from _paths(job)
    yield from _headers(job)
    yield from _queries(job)
    yield from _bodies(job)
    yield from _fields(job)
    yield from _forms()
    yield from _addresses(canary)
    for number, data in enumerate(BROKEN):
        yield Attack("broken", f"{number}: {data[:60]!r}", data)


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    told = {"Host": "localhost", "Connection": "close"} | (headers or {})
    if body is not None:
        told["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + (body or b"")


def _paths(job: str) -> Iterator[Attack]:
    for door, dots, target, ending in product(DOORS, DOTS, TARGETS, ("", "/film")):
        path = door + dots * 6 + target + ending
        yield Attack("path", path, request("GET", path), refused=True)
    for method, path in product(METHODS, PATHS):
        yield Attack("path", f"{method} {path}", request(method, path, body=b""), never=(b"Set-Cookie", b"X:1"))
    for method, path in product(
        METHODS, ("/", "/livez", f"/api/jobs/{job}", f"/v1/videos/{job}x", "/api/uploads", "/openapi.json")
    ):
        if method != "DELETE" or job not in path or path.endswith("x"):
            yield Attack("method", f"{method} {path}", request(method, path, body=b""))


def _headers(job: str) -> Iterator[Attack]:
    doors = (
        ("GET", f"/api/jobs/{job}/film"),
        ("GET", "/api/jobs"),
        ("GET", "/api/events"),
        ("POST", "/api/plan"),
        ("GET", "/"),
    )
    for name, values in HEADERS.items():
        for value, (method, path) in product(values, doors):
            sent = {"Content-Type": "application/json"} if method == "POST" else {}
            body = b'{"prompt": "a red car"}' if method == "POST" else None
            told = {"Host": "localhost", "Connection": "close"} | sent | {name: value}
            yield Attack("header", f"{name}: {value[:80]} for {path}", request(method, path, told, body))


def _queries(job: str) -> Iterator[Attack]:
    for path, name, value in product(GETS, QUERIES, ODD):
        text = (value if isinstance(value, str) else json.dumps(value))[:8000]
        escaped = "".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02x}" for b in text.encode())[:20_000]
        target = f"{path.format(job=job)}?{name}={escaped}"
        yield Attack("query", target[:200], request("GET", target))


def _bodies(job: str) -> Iterator[Attack]:
    for path, body, kind in product(
        POSTS, BODIES, ("application/json", "text/plain", "application/x-www-form-urlencoded")
    ):
        yield Attack(
            "body", f"{path} {kind} {body[:60]!r}", request("POST", path.format(job=job), {"Content-Type": kind}, body)
        )
    for path, shape in product(POSTS, SHAPES):
        yield _json(path.format(job=job), shape)


def _fields(job: str) -> Iterator[Attack]:
    for path, name, value in product(("/api/jobs", "/v1/videos", "/api/plan", f"/api/jobs/{job}/remix"), FIELDS, ODD):
        yield _json(path, {"prompt": "a red car", "size": "128x72", "seconds": 0.5} | {name: value})


def _json(path: str, value: object, family: str = "field", **told: object) -> Attack:
    body = json.dumps(value).encode()
    return Attack(
        family, f"{path} {body[:150]!r}", request("POST", path, {"Content-Type": "application/json"}, body), **told
    )


def _forms() -> Iterator[Attack]:
    for path, body, kind in product(
        ("/v1/videos", "/api/uploads"), FORMS, ("; boundary=a", "; boundary=", "", '; boundary="a', "; boundary=b")
    ):
        yield Attack(
            "form",
            f"{path} {kind} {body[:80]!r}",
            request("POST", path, {"Content-Type": f"multipart/form-data{kind}"}, body),
        )
    for path, name, file in product(("/v1/videos", "/api/uploads"), NAMES, FILES):
        field = "file" if path == "/api/uploads" else "input_reference"
        head = f'--a\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
        body = PROMPT + head + b"Content-Type: image/png\r\n\r\n" + file + b"\r\n--a--\r\n"
        sent = {"Content-Type": "multipart/form-data; boundary=a"}
        yield Attack("form", f"{path} {name[:40]!r} {file[:30]!r}", request("POST", path, sent, body), refused=True)


def _addresses(canary: int) -> Iterator[Attack]:
    for scheme, host in product(SCHEMES, HOSTS):
        for ending in (f":{canary}/secret", "/latest/meta-data/", f":{canary}/a?b#c"):
            url = f"{scheme}://{host}{ending}"
            asked = {"prompt": "a red car", "size": "128x72", "seconds": 0.5}
            yield _json("/v1/videos", asked | {"input_reference": {"image_url": url}}, "address", refused=True)
            if scheme not in ("http", "https", "HTTP") or ending == f":{canary}/secret":
                yield _json("/api/jobs", asked | {"webhook": url}, "address")
