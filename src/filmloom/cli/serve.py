"""`filmloom serve`: the API and the studio in the browser, with workers of its own unless told otherwise."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.worker import Executor, RayAddress, chosen
from filmloom.core.env import home
from filmloom.core.errors import UserError

Host = Annotated[str, typer.Option(help="The address to listen at; beyond this machine only with a key.")]
Workers = Annotated[int, typer.Option(min=0, max=64, help="Worker processes to start.")]
NoWorker = Annotated[bool, typer.Option("--no-worker", help="Start none; `filmloom worker` makes the films.")]
Models = Annotated[list[str] | None, typer.Option(help="A model on offer, NAME or NAME=FOLDER; the first is usual.")]
Names = Annotated[list[str] | None, typer.Option(help="A further name that this service is called by.")]
Attempts = Annotated[int, typer.Option(min=1, max=10_000, help="Tries of a job whose machine fails or is taken away.")]
Private = Annotated[bool, typer.Option("--allow-private", help="Webhooks may go to private addresses.")]


def serve(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 8000,
    table: Annotated[str, typer.Option(help="The job table: a path, sqlite:///PATH or postgresql://...")] = "",
    workers: Workers = 1,
    no_worker: NoWorker = False,
    model: Models = None,
    allow_host: Names = None,
    allow_private: Private = False,
    attempts: Attempts = 3,
    telemetry: Annotated[bool, typer.Option("--telemetry", help="Spans for OpenTelemetry.")] = False,
    executor: Executor = "local",
    ray_address: RayAddress = "",
) -> None:
    """Serve the studio in the browser, OpenAI's video API under /v1 and our own under /api, until Ctrl-C."""
    from filmloom.serve.logs import log_lines
    from filmloom.serve.settings import Settings, is_loopback
    from filmloom.serve.store import Store
    from filmloom.serve.table import open_table
    from filmloom.serve.webhooks import house_secret

    folder = home()
    opened = open_table(table or folder / "jobs.sqlite", attempts=attempts)
    has_key = any(key.revoked is None for key in opened.keys.list())
    if not is_loopback(host) and not has_key:
        opened.close()
        raise UserError(f"{host} is reached by others, and there is no key; `filmloom keys create NAME` makes one.")
    settings = Settings(
        host=host, port=port, models=models(model or ["mini"]), hosts=tuple(allow_host or ()),
        workers=0 if no_worker else workers, allow_private=allow_private, telemetry=telemetry,
        webhook_secret=house_secret(folder),
    )  # fmt: skip
    log_lines()
    crew = chosen(executor, settings.workers, address=ray_address, table=table, telemetry=telemetry)
    run(opened, Store(folder / "store"), settings, crew if settings.workers else contextlib.nullcontext())


def run(opened, store, settings, crew) -> None:
    """Until a signal: the streams end, what is being answered is answered, workers put their jobs down."""
    import uvicorn

    from filmloom.serve.app import create_app
    from filmloom.serve.protocol import Hurried

    app = create_app(opened, store, settings)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: object) -> None:
            app.state.desk.bell.close()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=20, timeout_keep_alive=30, limit_concurrency=500, h11_max_incomplete_event_size=65536,
        http=Hurried,
    )  # fmt: skip
    print(f"http://{settings.host}:{settings.port}", file=sys.stderr)
    with crew:
        Server(config).run()


def models(given: list[str]) -> dict[str, str]:
    """`mini` or `wan=FOLDER`, each name to what is loaded."""
    pairs = [one.partition("=") for one in given]
    return {name: (folder and str(Path(folder).resolve())) or name for name, _, folder in pairs}
