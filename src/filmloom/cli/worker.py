"""`filmloom worker`: processes that make the films of a job table, until they are told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

Table = Annotated[str, typer.Option(help="The job table: a path, sqlite:///PATH or postgresql://...")]


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
) -> None:
    """Make the films that wait, one at a time per device, until Ctrl-C: jobs then go back to the queue."""
    from filmloom.serve.executors import LocalExecutor

    stop, places = threading.Event(), [one.strip() for one in devices.split(",") if one.strip()]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    budget = None if memory is None else int(memory * 2**30)
    options = {"name": name, "threads": threads, "lease": lease, "budget": budget}
    where = {"table": table, "store": "" if store is None else str(store.resolve())}
    with LocalExecutor(len(places), devices=places, **where, **options) as executor:
        print(f"{len(executor.pids)} working on {', '.join(places)}; Ctrl-C stops", file=sys.stderr)
        while not stop.wait(0.5):
            pass
