"""`filmloom jobs`: what waits, runs and is done in a job table, and what to do about it."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.options import AsJson
from filmloom.cli.worker import Table
from filmloom.serve.messages import STATES

app = typer.Typer(no_args_is_help=True, help="The jobs of a table: look, stop, go on, back up.")
Id = Annotated[str, typer.Argument(help="The job, as `filmloom jobs list` shows it.")]


@contextmanager
def opened(table: str) -> Iterator:
    from filmloom.core.env import home
    from filmloom.serve.table import open_table

    one = open_table(table or home() / "jobs.sqlite")
    try:
        yield one
    finally:
        one.close()


def the_store():
    from filmloom.core.env import home
    from filmloom.serve.store import Store

    return Store(home() / "store")


@app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help=f"Only these: {', '.join(STATES)}; several with commas.")] = "",
    search: Annotated[str, typer.Option(help="Only prompts with these words in them.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    table: Table = "",
    as_json: AsJson = False,
) -> None:
    """Jobs, newest first."""
    from filmloom.core.errors import RequestError
    from filmloom.world.scene import nearest_word

    states = [one.strip() for one in state.split(",") if one.strip()] or list(STATES)
    for one in states:
        if one not in STATES:
            raise RequestError("state", one, f"it must be one of {', '.join(STATES)}", nearest_word(one, STATES))
    with opened(table) as jobs:
        found, more = jobs.list(states=states, search=search, limit=limit)
    for job in found:
        print(told(job) if as_json else line(job))
    if more and not as_json:
        print(f"… and more; --limit {2 * limit} shows them")


@app.command()
def show(job: Id, table: Table = "") -> None:
    """All that the table knows of one job, as JSON, with what happened to it."""
    with opened(table) as jobs:
        found, events = jobs.get(job), jobs.events(job=job)
        position = jobs.position(found)
    facts = dataclasses.asdict(found) | {"position": position, "film": None}
    if found.result:
        facts["film"] = str(the_store().result_path(found.result))
    facts["events"] = [{"number": e.number, "at": e.at, "kind": e.kind, **e.data} for e in events]
    print(json.dumps(facts, ensure_ascii=False, indent=1))


@app.command()
def cancel(job: Id, table: Table = "") -> None:
    """Stop a job for good: at once if it waits, within one step if it runs."""
    _did("cancel", job, table)


@app.command()
def pause(job: Id, table: Table = "") -> None:
    """Put a job down where it is; `resume` goes on from there."""
    _did("pause", job, table)


@app.command()
def resume(job: Id, table: Table = "") -> None:
    """Let a paused job go on."""
    _did("resume", job, table)


@app.command()
def retry(job: Id, table: Table = "") -> None:
    """Let a failed or cancelled job try again."""
    _did("retry", job, table)


@app.command()
def watch(
    job: Id,
    table: Table = "",
    as_json: AsJson = False,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 0.5,
) -> None:
    """Follow a job to its end; exit 1 if there is no film then."""
    after = 0
    with opened(table) as jobs:
        while True:
            found = jobs.get(job)
            for event in jobs.events(job=job, after=after):
                after = event.number
                facts = {"number": event.number, "at": event.at, "kind": event.kind, **event.data}
                print(
                    json.dumps(facts, ensure_ascii=False) if as_json else f"{event.kind:<9} {_facts(event.data)}",
                    flush=True,
                )
            if found.is_final:
                break
            time.sleep(every)
    if found.state != "done":
        raise typer.Exit(1)


@app.command()
def purge(
    table: Table = "",
    older_than: Annotated[
        float, typer.Option(min=0, help="Seconds for which a file without owner is left alone.")
    ] = 3600,
) -> None:
    """Forget jobs whose time is over, with their films, and remove files that no job has."""
    store = the_store()
    with opened(table) as jobs:
        gone = jobs.purge()
        for job in gone:
            store.remove_job(job.id)
        films = sum(store.remove_unused(result, jobs.is_used) for result in {job.result for job in gone if job.result})
        orphans = store.sweep(is_used=jobs.is_used, is_alive=lambda job: _is_alive(jobs, job), older_than=older_than)
    print(f"{len(gone)} jobs, {films} films and {len(orphans)} orphans went")


@app.command()
def backup(path: Annotated[Path, typer.Argument(help="The file to write, JSON lines.")], table: Table = "") -> None:
    """Write the whole table, of whatever kind, to one file. Films are files in the store: copy those beside it."""
    from filmloom.serve.backup import backup as written

    with opened(table) as jobs:
        print(_counts(written(jobs, path)))


@app.command()
def restore(path: Annotated[Path, typer.Argument(help="What `backup` wrote.")], table: Table = "") -> None:
    """Fill an empty table from a backup, also from another kind of database."""
    from filmloom.serve.backup import restore as read

    with opened(table) as jobs:
        print(_counts(read(jobs, path)))


def told(job) -> str:
    from filmloom.serve.messages import to_json

    return to_json(job)


def line(job) -> str:
    """One line for a person."""
    share = f"{100 * job.progress:3.0f}%" if job.state in ("running", "paused", "done") else "    "
    why = f"  ({job.failure.code}: {job.failure.message})" if job.failure else ""
    age = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.created))
    return f"{job.id}  {job.state:<9} {share}  {age}  {str(job.request.get('prompt', ''))[:60]}{why}"


def _did(what: str, job: str, table: str) -> None:
    with opened(table) as jobs:
        found = getattr(jobs, what)(job)
    print(f"{found.id}  {found.state}" + (f", asked to {found.wants}" if found.wants else ""))


def _is_alive(jobs, job: str) -> bool:
    from filmloom.serve.errors import UnknownJob

    try:
        return not jobs.get(job).is_final
    except UnknownJob:
        return False


def _facts(data: dict) -> str:
    told = {name: f"{value:.0%}" if name == "progress" else value for name, value in data.items()}
    return ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{num} {name}" for name, num in counts.items()) or "nothing"
