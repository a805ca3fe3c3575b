"""All that the API says of itself, asked with schemathesis; then all that strangers try, from lists of our own.

    python bench/contract.py --cases 10000

A real house on a loopback socket: the web process, a table, a store, and a maker that brings one small real film for
most jobs and fails or refuses the rest, so that every state is met. Pass one generates requests of every operation and
follows the links of the OpenAPI page from answer to request (create, look, pause, remix, delete ...). Pass two sends
hostile paths, headers, queries, bodies, forms, addresses and broken HTTP. Nothing may be answered with a 5xx, nothing
may hang, no answer may hold a file's or an error's inside, and no address of this machine may be asked.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import socket
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import schemathesis
import uvicorn
from hostile import Attack, attacks
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

import filmloom
from filmloom.serve.app import create_app
from filmloom.serve.messages import Failure
from filmloom.serve.protocol import Hurried
from filmloom.serve.settings import Settings
from filmloom.serve.store import Store
from filmloom.serve.table import JobTable, open_table

ROOT = Path(__file__).parent.parent
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "use_after_free")  # fmt: skip
PATIENCE = 20.0  # seconds after which a request hangs
ENDLESS = "/api/events"  # pass two reads its beginning
LEAKS = (
    b"root:x:0",
    b"SQLite format",
    b"Traceback (most",
    b"site-packages",
    b"jobs.sqlite",
    b"sqlite3.",
    b"-----BEGIN",
)


class Prompt(Hurried):
    head_seconds = 2.0


class House:
    """A web process in a thread, and the maker."""

    def __init__(self, folder: Path, *, always: bool = False, **told: object):
        """`always`: the maker never fails. `told`: further settings."""
        self.folder, self.over, self.always = folder, threading.Event(), always
        self.table: JobTable = open_table(folder / "jobs.sqlite", queue_cap=10**6)
        self.store = Store(folder / "store", spare=0)
        usual = {"least_free": 0, "body_seconds": 2.0, "webhook_secret": "whsec_" + "c2VjcmV0" * 4}
        usual |= {"requests_per_minute": 10**9, "wrong_keys_per_minute": 10**9}
        settings = Settings(**usual | told)
        self.app = create_app(self.table, self.store, settings)
        config = uvicorn.Config(self.app, port=0, log_level="critical", ws="none", http=Prompt)
        self.server = uvicorn.Server(config)
        self.threads = [threading.Thread(target=self.server.run), threading.Thread(target=self.make)]
        self.film = folder / "film.mp4"
        filmloom.make("a red car", size="128x72", seconds=0.5, fps=8, mode="draw", silent=True).save(self.film)
        for thread in self.threads:
            thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.over.set()
        self.app.state.desk.bell.close()
        self.server.should_exit = True
        for thread in self.threads:
            thread.join(30)
        self.table.close()

    def make(self) -> None:
        """One job after another, each to some end, some of them slowly."""
        source = random.Random(1)
        while not self.over.is_set():
            claim = self.table.claim("maker", lease=60)
            if claim is None:
                self.over.wait(0.05)
            elif not self.always and source.random() < 0.1:
                self.table.fail(claim, Failure("internal", "As it happens.", retryable=source.random() < 0.5))
            elif not self.always and source.random() < 0.1:
                self.table.refuse(claim, Failure("refused", "As it happens."))
            else:
                self.bring(claim, slowly=source.random() < 0.2)

    def bring(self, claim, *, slowly: bool) -> None:
        for done in range(3 if slowly else 0):
            wants = self.table.heartbeat(claim, stage="denoise", progress=done / 3, seconds_left=1.0)
            if wants:
                (self.table.cancelled if wants == "cancel" else self.table.paused)(claim)
                return
            self.over.wait(0.05)
        part = self.store.part_path(claim.token, claim.job.id)
        shutil.copy(self.film, part)
        part.with_name(f"{part.name}.json").write_text('{"made": "by a bench"}')
        with self.store.locked():
            result, digest = self.store.keep(part)
            self.table.finish(claim, result=result, digest=digest)


# --- Pass one


@schemathesis.hook("map_body")
def plain(context: object, body: object) -> object:
    """Half of the requests that a film could be made of say no more than what one needs: random sizes, scenes and
    names of uploads are refused nearly always, and then there is no job to follow a link from."""
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), str) or zlib.crc32(repr(body).encode()) % 2:
        return body
    return {"prompt": "a red car", "size": "128x72", "seed": zlib.crc32(repr(body).encode()), "reuse": False}


def conformance(house: House, *, examples: int, walks: int, seed: int) -> dict:
    """schemathesis' engine: boundary values, `examples` random requests of each operation, `walks` along the links."""
    told = {"seed": seed, "continue-on-failure": True, "request-timeout": PATIENCE}
    told |= {"generation": {"max-examples": examples, "no-shrink": True, "database": "none"}}
    told |= {
        "phases": {
            "examples": {"enabled": False},
            "stateful": {"generation": {"max-examples": walks, "mode": "positive"}},
        }
    }
    told |= {"checks": {"enabled": False} | {one: {"enabled": True} for one in CHECKS}}
    config = SchemathesisConfig.from_dict(told)
    schema = schemathesis.openapi.from_url(f"{house.url}/openapi.json", config=config).exclude(path=ENDLESS)
    cases, statuses, failures, errors = Counter(), Counter(), Counter(), []
    walked, asked, slowest, began = Counter(), set(), (0.0, ""), time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            errors.append(str(getattr(event, "value", getattr(event, "exception", event)))[:300])
        if not isinstance(event, events.ScenarioFinished):
            continue
        cases[event.phase.value] += len(event.recorder.cases)
        for name, node in event.recorder.cases.items():
            operation = node.value.operation.label
            asked.add(operation)
            walked[node.transition is not None] += 1
            seen = event.recorder.interactions.get(name)
            if seen is None or seen.response is None:
                failures[f"no answer: {operation}"] += 1
                continue
            statuses[seen.response.status_code] += 1
            slowest = max(slowest, (round(seen.response.elapsed, 3), operation))
            failures.update(
                f"{check.name}: {operation} {seen.response.status_code}: {str(check.failure_info.failure)[:200]}"
                for check in event.recorder.checks.get(name, []) if check.failure_info
            )  # fmt: skip
    return {
        "cases": sum(cases.values()), "by_phase": dict(cases), "along_links": walked[True], "operations": len(asked),
        "by_status": {str(status): num for status, num in sorted(statuses.items())},
        "server_errors": sum(num for status, num in statuses.items() if status >= 500),
        "failures": dict(failures.most_common(40)), "errors": errors[:10],
        "slowest_seconds": slowest[0], "slowest": slowest[1], "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


# --- Pass two


@contextlib.contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A server of this machine's own network that nobody may ask."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, heard
        server.shutdown()
        thread.join()


def raw(port: int, data: bytes) -> bytes:
    """Bytes as no client would send them, and what comes back until the connection ends or a whole head is there."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            while len(answer) < 200_000 and (piece := connection.recv(65536)):
                answer += piece
                if b"text/event-stream" in answer:
                    break  # endless, and well begun
    return answer


def hostility(house: House, *, seed: int, share: float = 1.0) -> dict:
    """Every attack of the lists, or a share of them."""
    source, began = random.Random(seed), time.monotonic()
    num, statuses, wrong, slowest = Counter(), Counter(), [], 0.0
    job = _some_job(house)
    with canary() as (port, heard):
        for attack in attacks(job, port):
            if source.random() >= share:
                continue
            sent = time.monotonic()
            fault, status = judged(attack, lambda data: raw(house.port, data))
            slowest = max(slowest, time.monotonic() - sent)
            num[attack.family] += 1
            statuses[status] += 1
            if fault:
                print(f"{attack.family}: {attack.what[:200]} {fault}", flush=True)
            if fault and len(wrong) < 50:
                wrong.append({"family": attack.family, "what": attack.what[:200], "fault": fault})
        alive = raw(house.port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return {
        "attacks": sum(num.values()), "by_family": dict(num),
        "by_status": {str(status): count for status, count in sorted(statuses.items())}, "wrong": wrong,
        "private_addresses_asked": len(heard), "answers_after": b" 200 " in alive[:20],
        "slowest_seconds": round(slowest, 3), "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def judged(attack: Attack, send: Callable[[bytes], bytes]) -> tuple[str, int]:
    """What is wrong with the answer, "" where nothing is; and its status, 0 where the connection was closed."""
    try:
        answer = send(attack.data)
    except TimeoutError:
        return "hangs", 0
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0
    if status >= 500:
        return f"answered {status}", status
    if any(leak in answer and leak not in attack.data for leak in LEAKS):
        return "tells what is inside", status
    if attack.never and any(one in answer for one in attack.never):
        return "does what was asked", status
    if attack.refused and not (status == 0 or 300 <= status < 500):
        return f"answered {status}", status
    return "", status


def _some_job(house: House) -> str:
    """A film that is there."""
    job = house.table.submit({"prompt": "a red car", "size": "128x72", "seconds": 0.5, "model": "mini"}).id
    until = time.monotonic() + PATIENCE
    while not house.table.get(job).is_final and time.monotonic() < until:
        time.sleep(0.02)
    return job


def run(folder: Path, *, examples: int, walks: int, seed: int, share: float = 1.0) -> dict:
    os.environ["FILMLOOM_HOME"] = str(folder)
    house = House(folder)
    try:
        found = {"conformance": conformance(house, examples=examples, walks=walks, seed=seed)}
        print(json.dumps(found, indent=1), flush=True)
        found["hostility"] = hostility(house, seed=seed, share=share)
    finally:
        house.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, help="at least so many of schemathesis'")
    parser.add_argument("--share", type=float, default=1.0, help="of the hostile lists")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/contract.json")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="filmloom-contract-"))
    found = run(folder, examples=options.cases // 50, walks=options.cases // 10, share=options.share, seed=options.seed)
    found["command"] = f"python bench/contract.py --cases {options.cases} --share {options.share} --seed {options.seed}"
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    one, two = found["conformance"], found["hostility"]
    bad = one["failures"] or one["errors"] or one["cases"] < options.cases
    if bad or two["wrong"] or two["private_addresses_asked"] or not two["answers_after"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
