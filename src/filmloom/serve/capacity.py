"""How busy the house is, and how long a film would take: from what it has made, not from what was hoped for.

A film's cost is its seconds at 1280x720. Films of a model and a mode cost about the same seconds of work per unit, so
those of the same kind are asked first; where there are none, nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from filmloom.core.machine import disk_free
from filmloom.generate.request import Request
from filmloom.serve.crew import together
from filmloom.serve.desk import Desk
from filmloom.serve.submit import cost_of

RECENT = 200  # films that are looked at
ENOUGH = 20  # of the same kind


def capacity_of(desk: Desk, request: Request) -> dict[str, Any]:
    """For a film like `request`: work ahead, shared out among the workers, and then its own."""
    database, crew = desk.table.database, desk.table.crew.present()
    sums = database.rows(
        "SELECT state, COUNT(*) AS num, SUM(cost * (1 - progress)) AS ahead FROM jobs"
        " WHERE state IN ('queued', 'running') GROUP BY state"
    )
    num = {row["state"]: row["num"] for row in sums}
    ahead = sum(row["ahead"] or 0.0 for row in sums)
    made = _made(desk)
    alike = [(cost, spent) for kind, cost, spent in made if kind == kind_of(request)][:ENOUGH]
    usual, pace = _pace([(cost, spent) for _, cost, spent in made]), _pace(alike)
    workers = _workers(desk, {member.owner for member in crew})
    known = pace is not None and usual is not None and workers > 0  # with nobody at work, nobody knows
    estimate = round(pace * cost_of(request) + usual * ahead / workers, 1) if known else None
    return {
        "queued": num.get("queued", 0), "running": num.get("running", 0), "workers": workers,
        "seconds_estimate": estimate, "based_on": len(alike), "free_bytes": disk_free(desk.store.folder),
        "warm": together(crew), "films": desk.table.films(),
    }  # fmt: skip


def _workers(desk: Desk, heard: set[str]) -> int:
    """Those that were heard lately, and those that hold a job."""
    sql = "SELECT DISTINCT lease_owner FROM jobs WHERE state = 'running' AND lease_until > ?"
    return len(heard | {row["lease_owner"] for row in desk.table.database.rows(sql, desk.table.clock())})


def kind_of(request: Request) -> tuple[str, str]:
    return str(request.model), request.mode


def _made(desk: Desk) -> list[tuple[tuple[str, str], float, float]]:
    """(model and mode, cost, seconds from start to end) of the last films that were made, newest first."""
    rows = desk.table.database.rows(
        "SELECT request, cost, finished - started AS spent FROM jobs"
        " WHERE state = 'done' AND same_as = '' ORDER BY finished DESC LIMIT ?", RECENT,
    )  # fmt: skip
    return [(_kind(json.loads(row["request"])), row["cost"], row["spent"]) for row in rows]


def _kind(kept: dict[str, Any]) -> tuple[str, str]:
    return str(kept.get("model", "mini")), kept.get("mode", "auto")


def _pace(films: Sequence[tuple[float, float]]) -> float | None:
    """Seconds of work for one of cost."""
    cost = sum(cost for cost, _ in films)
    return sum(spent for _, spent in films) / cost if cost else None
