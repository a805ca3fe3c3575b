"""Requests per second and p99 latency of the routes that make no film, while one is being made, beside bare FastAPI.

    python bench/load.py --seconds 3 --rounds 3

Two web processes on loopback sockets: ours, as `filmloom serve` starts it (keys off, log on, a table with a thousand
jobs), and FastAPI's hello world under the same uvicorn; a worker process draws one film after another all the while. A
client with keep-alive connections asks one route after another, in turns, round by round, so that what else the machine
does falls on both alike. The figure to look at is the ratio to hello.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
JOBS = 1000  # in the table
CONNECTIONS = 8
FILM = {"prompt": "a red car driving in the city", "size": "1280x720", "seconds": 8.0, "mode": "draw", "silent": True,
        "model": "mini"}  # fmt: skip


def hello() -> object:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"message": "Hello World"}

    return app


def house() -> object:
    from filmloom.core.env import home
    from filmloom.serve.app import create_app
    from filmloom.serve.logs import log_lines
    from filmloom.serve.settings import Settings
    from filmloom.serve.store import Store
    from filmloom.serve.table import open_table

    log_lines()
    return create_app(open_table(home() / "jobs.sqlite"), Store(home() / "store"), Settings(requests_per_minute=10**9))


def serve(what: str, port: int) -> None:
    """As a process of its own."""
    import uvicorn

    app = {"hello": hello, "house": house}[what]()
    uvicorn.run(app, port=port, log_config=None, access_log=False, server_header=False, ws="none")


def filled(folder: Path) -> str:
    """A table with jobs that are done, one that a client looks at, and films to be made. → that job."""
    from filmloom.serve.table import open_table

    table = open_table(folder / "jobs.sqlite")
    with table.database.write():
        for number in range(JOBS):
            job = table.submit({"prompt": f"a red car {number}", "size": "128x72", "seconds": 0.5, "model": "mini"})
            table.finish(table.claim("bench"), result=f"results/aa/{number}.mp4", digest="")
        for seed in range(200):
            table.submit(FILM | {"seed": seed})
    table.close()
    return job.id


async def asked(port: int, path: str, *, seconds: float, connections: int) -> list[float]:
    """Seconds of each answer, asked one after another on each connection until the time is over."""
    until, request = time.perf_counter() + seconds, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()

    async def one() -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        times = []
        while (began := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head[:100]
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()
        return times

    return [each for times in await asyncio.gather(*(one() for _ in range(connections))) for each in times]


def measured(ports: dict[str, int], job: str, *, seconds: float, rounds: int) -> dict[str, list[dict]]:
    routes = {
        "hello world": ("hello", "/"), "/livez": ("house", "/livez"), "/api/styles": ("house", "/api/styles"),
        "/v1/videos/{id}": ("house", f"/v1/videos/{job}"), "/api/jobs/{id}": ("house", f"/api/jobs/{job}"),
        "/v1/videos?limit=20": ("house", "/v1/videos?limit=20"), "/api/capacity": ("house", "/api/capacity"),
        "/metrics": ("house", "/metrics"), "the studio's page": ("house", "/"),
    }  # fmt: skip
    found: dict[str, list[dict]] = {name: [] for name in routes}
    for number in range(rounds + 1):  # the first one only warms up
        for name, (server, path) in routes.items():
            took = seconds if number else 0.5
            times = sorted(asyncio.run(asked(ports[server], path, seconds=took, connections=CONNECTIONS)))
            if number:
                found[name].append({"per_second": len(times) / took, "p50": statistics.median(times),
                                    "p99": times[int(0.99 * len(times))]})  # fmt: skip
    return found


def table_of(found: dict[str, list[dict]]) -> list[dict]:
    """Medians over the rounds; ratios within each round, then their median."""
    base = found["hello world"]
    return [
        {
            "route": name, "per_second": round(statistics.median(r["per_second"] for r in rounds)),
            "p50_ms": round(1000 * statistics.median(r["p50"] for r in rounds), 2),
            "p99_ms": round(1000 * statistics.median(r["p99"] for r in rounds), 2),
            "of_hello": round(statistics.median(r["per_second"] / b["per_second"] for r, b in zip(rounds, base)), 3),
            "p99_of_hello": round(statistics.median(r["p99"] / b["p99"] for r, b in zip(rounds, base)), 2),
        }
        for name, rounds in found.items()
    ]  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def awaited(port: int, path: str, *, seconds: float = 240.0) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except OSError:
            assert time.monotonic() < until, f"{path} on {port} did not answer in {seconds} s"
            time.sleep(0.2)


def run(folder: Path, *, seconds: float, rounds: int) -> dict:
    from filmloom.serve.executors import LocalExecutor
    from filmloom.serve.table import open_table

    os.environ["FILMLOOM_HOME"] = str(folder)
    job, ports = filled(folder), {"hello": free_port(), "house": free_port()}
    command = [sys.executable, __file__, "--serve"]
    servers = [subprocess.Popen([*command, what, str(port)], stderr=subprocess.DEVNULL) for what, port in ports.items()]
    try:
        awaited(ports["hello"], "/")
        awaited(ports["house"], "/readyz")
        with LocalExecutor(1, table=str(folder / "jobs.sqlite"), threads=1, spare=0):
            table = open_table(folder / "jobs.sqlite")
            while not table.depth()["running"]:
                time.sleep(0.2)
            found = measured(ports, job, seconds=seconds, rounds=rounds)
            depth = table.depth()
            table.close()
        assert depth["running"] or depth["queued"] < 200, "a film was being made"
    finally:
        for server in servers:
            server.terminate()
            server.wait(20)
    load = os.getloadavg()[0]
    return {"cores": os.cpu_count(), "connections": CONNECTIONS, "seconds": seconds, "rounds": rounds,
            "films_made_meanwhile": depth["done"] - JOBS, "load_average": round(load, 1),
            "routes": table_of(found)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", nargs=2, metavar=("WHAT", "PORT"), help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each route in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/load.json")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve[0], int(options.serve[1]))
        return
    folder = Path(tempfile.mkdtemp(prefix="filmloom-load-"))
    found = run(folder, seconds=options.seconds, rounds=options.rounds)
    found["command"] = f"python bench/load.py --seconds {options.seconds:g} --rounds {options.rounds}"
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{'route':<22} {'per second':>10} {'p50 ms':>8} {'p99 ms':>8} {'of hello':>9} {'p99 of hello':>13}")
    for row in found["routes"]:
        told = (row["per_second"], row["p50_ms"], row["p99_ms"], row["of_hello"], row["p99_of_hello"])
        print("{:<22} {:>10} {:>8} {:>8} {:>9} {:>13}".format(row["route"], *told))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
