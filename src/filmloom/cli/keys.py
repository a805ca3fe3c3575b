"""`filmloom keys`: who may use the service, for what, and how much of it."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer

from filmloom.cli.options import AsJson
from filmloom.core.env import home

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.", rich_markup_mode=None)
Table = Annotated[str, typer.Option(help="The job table: a path, sqlite:///PATH or postgresql://...")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="make, read, delete or admin; several times.")] = None,
    max_waiting: Annotated[int | None, typer.Option(min=0, help="Jobs that may wait at once.")] = None,
    films_per_day: Annotated[int | None, typer.Option(min=0, help="Films a day (UTC).")] = None,
    seconds_per_day: Annotated[float | None, typer.Option(min=0, help="Seconds of film a day (UTC).")] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="Requests of any kind a minute.")] = None,
    weight: Annotated[float, typer.Option(help="Its share of the service beside another key's.")] = 1.0,
    table: Table = "",
) -> None:
    """Make a key and print its secret, this once; nobody can read it again."""
    from filmloom.serve.keys import Quota
    from filmloom.serve.table import open_table

    quota = Quota(
        max_waiting=max_waiting, films_per_day=films_per_day, seconds_per_day=seconds_per_day,
        requests_per_minute=requests_per_minute, weight=weight,
    )  # fmt: skip
    opened = open_table(table or home() / "jobs.sqlite")
    key, secret = opened.keys.create(name, scopes=scope or ("make", "read", "delete"), quota=quota)
    opened.close()
    print(f"{key.id} may {', '.join(key.scopes)}. This is its secret; keep it, it is not shown again:", file=sys.stderr)
    print(secret)


@app.command("list")
def list_keys(table: Table = "", as_json: AsJson = False) -> None:
    """Print every key: id, name, scopes, since when, and what it used today."""
    from filmloom.serve.table import open_table

    opened = open_table(table or home() / "jobs.sqlite")
    told = [_facts(key, opened.keys.usage(key.id, days=1)) for key in opened.keys.list()]
    opened.close()
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for key in told:
        state = "revoked" if key["revoked"] else f"{key['films']} films, {key['seconds']:g} s last used"
        print(f"{key['id']}  {key['name']}  {','.join(key['scopes'])}  since {key['created']}  {state}")


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")], table: Table = "") -> None:
    """Make a key useless from now on; its jobs stay."""
    from filmloom.serve.table import open_table

    opened = open_table(table or home() / "jobs.sqlite")
    revoked = opened.keys.revoke(key)
    opened.close()
    print(f"{revoked.id} {revoked.name} opens nothing any more")


@app.command("webhook-secret")
def webhook_secret() -> None:
    """Print the secret that this house signs its webhooks with; a receiver checks them by it."""
    from filmloom.serve.webhooks import house_secret

    print(house_secret(home()))


def _facts(key, usage: list[dict]) -> dict:
    day = usage[0] if usage else {"films": 0, "seconds": 0.0}
    moment = lambda at: at and time.strftime("%Y-%m-%d", time.gmtime(at))  # noqa: E731
    return {
        "id": key.id, "name": key.name, "scopes": list(key.scopes), "created": moment(key.created),
        "revoked": moment(key.revoked), "films": day["films"], "seconds": day["seconds"],
    }  # fmt: skip
