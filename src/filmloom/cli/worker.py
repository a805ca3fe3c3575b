"""`filmloom worker`: processes that make the films of a job table, until they are told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

Table = Annotated[str, typer.Option(help="The job table: a path, sqlite:///PATH or postgresql://...")]
Executor = Annotated[str, typer.Option(help="Who runs workers: local, on this machine, or ray, in a Ray cluster.")]
RayAddress = Annotated[str, typer.Option(help="HOST:PORT of the Ray cluster; default: the one this machine is of.")]


def worker(
    table: Table = "",
    store: Annotated[Path | None, typer.Option(help="The folder of films; default: in FILMLOOM_HOME.")] = None,
    name: Annotated[str, typer.Option(help="What the table calls this worker; default: machine:process:device.")] = "",
    devices: Annotated[str, typer.Option(help="One worker process for each: cpu or cuda:0,cuda:1.")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="CPU threads of the nets; films are equal where it is.")
    ] = None,
    lease: Annotated[float, typer.Option(min=1, help="Seconds after which a silent worker's job is taken over.")] = 30,
    memory: Annotated[
        float | None, typer.Option(min=0.1, help="GiB that loaded models may hold between films.")
    ] = None,
    telemetry: Annotated[bool, typer.Option("--telemetry", help="Spans for OpenTelemetry.")] = False,
    executor: Executor = "local",
    ray_address: RayAddress = "",
) -> None:
    """Make the films that wait, one at a time per device, until Ctrl-C: jobs then go back to the queue."""
    stop, places = threading.Event(), [one.strip() for one in devices.split(",") if one.strip()]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    budget = None if memory is None else int(memory * 2**30)
    options = {"name": name, "threads": threads, "lease": lease, "budget": budget, "telemetry": telemetry}
    where = {"table": table, "store": "" if store is None else str(store.resolve())}
    with chosen(executor, len(places), address=ray_address, devices=places, **where, **options):
        print(f"{len(places)} working on {', '.join(places)}; Ctrl-C stops", file=sys.stderr)
        while not stop.wait(0.5):
            pass


def chosen(executor: str, num: int, *, address: str = "", **options):
    """The executor of this name, with `num` workers, not started yet."""
    from filmloom.core.errors import RequestError
    from filmloom.serve.executors import LocalExecutor
    from filmloom.serve.ray_executor import RayExecutor

    if executor == "ray":
        return RayExecutor(num, address=address or "auto", **options)
    if executor != "local":
        raise RequestError("executor", executor, "it must be local or ray", "local")
    if address:
        raise RequestError("ray-address", address, "only --executor ray has one", "--executor ray")
    return LocalExecutor(num, **options)
