"""Who makes the films of a table: every worker says every few seconds that it lives, and what it keeps warm.

Web processes read it: how many workers there are, and how often a model or an encoded prompt was there already.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from filmloom.serve.database import Database

TELL = 5.0  # seconds between two words of a worker
ALIVE = 4 * TELL  # after which a silent one is taken for dead
FORGOTTEN = 86_400.0


@dataclass(frozen=True)
class Member:
    """A worker. `warm`: the numbers of `Warm.counts`; `models`: those in its memory."""

    owner: str
    device: str
    at: float
    warm: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()


class Crew:
    """The workers of one table."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time):
        self.database, self.clock = database, clock

    def tell(self, owner: str, *, device: str, warm: Mapping[str, float], models: tuple[str, ...] = ()) -> None:
        """I am here, and this is what I have."""
        now, facts = self.clock(), json.dumps({"warm": dict(warm), "models": list(models)}, sort_keys=True)
        sql = (
            "INSERT INTO crew (owner, device, at, facts) VALUES (?, ?, ?, ?) ON CONFLICT (owner)"
            " DO UPDATE SET device = EXCLUDED.device, at = EXCLUDED.at, facts = EXCLUDED.facts"
        )
        with self.database.write():
            self.database.run(sql, owner, device, now, facts)
            self.database.run("DELETE FROM crew WHERE at < ?", now - FORGOTTEN)

    def leave(self, owner: str) -> None:
        with self.database.write():
            self.database.run("DELETE FROM crew WHERE owner = ?", owner)

    def present(self) -> list[Member]:
        """Those that were heard lately, by name."""
        rows = self.database.rows("SELECT * FROM crew WHERE at > ? ORDER BY owner", self.clock() - ALIVE)
        return [_member(row) for row in rows]


def together(members: list[Member]) -> dict[str, float]:
    """What all of them keep, and how often it was there already."""
    sums: Counter[str] = Counter()
    for member in members:
        sums.update(member.warm)
    return dict(sums)


def _member(row: Mapping[str, Any]) -> Member:
    facts = json.loads(row["facts"])
    return Member(row["owner"], row["device"], row["at"], facts["warm"], tuple(facts["models"]))
