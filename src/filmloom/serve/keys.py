"""API keys: who may do what, and how much of it.

A secret is shown once and kept only as a salted hash. It is 192 random bits, so one SHA-256 is enough: there is nothing
to guess, unlike in a password.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from filmloom.core.errors import RequestError
from filmloom.serve.database import Database, Row
from filmloom.serve.errors import NoKey, NotAllowed, QuotaExceeded

SCOPES = ("make", "read", "delete", "admin")
PREFIX = "fl"
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Quota:
    """None: no limit. `weight`: this key's share of the service beside another's."""

    max_waiting: int | None = None
    films_per_day: int | None = None
    seconds_per_day: float | None = None
    requests_per_minute: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Key:
    id: str
    name: str
    scopes: tuple[str, ...] = SCOPES
    quota: Quota = field(default_factory=Quota)
    created: float = 0.0
    revoked: float | None = None

    @property
    def weight(self) -> float:
        return self.quota.weight

    def require(self, scope: str) -> None:
        if scope not in self.scopes and "admin" not in self.scopes:
            raise NotAllowed(f"This key may {', '.join(self.scopes)}; that needs {scope}.")


EVERYBODY = Key(id="", name="everybody on this machine")  # where the house uses no keys


class Keys:
    """The keys of one table."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time):
        self.database, self.clock = database, clock

    def create(
        self, name: str, *, scopes: Sequence[str] = ("make", "read", "delete"), quota: Quota | None = None
    ) -> tuple[Key, str]:
        """A key and its secret, which nobody can read again."""
        for scope in scopes:
            if scope not in SCOPES:
                raise RequestError("scope", scope, f"it must be one of {', '.join(SCOPES)}", "read")
        quota = quota or Quota()
        if not quota.weight > 0:
            raise RequestError("weight", quota.weight, "it must be above 0", 1.0)
        key = Key(id=secrets.token_hex(6), name=name, scopes=tuple(scopes), quota=quota, created=self.clock())
        secret, salt = f"{PREFIX}-{key.id}-{secrets.token_urlsafe(24)}", secrets.token_hex(16)
        values = {
            "id": key.id, "name": name, "salt": salt, "hash": _hashed(secret, salt), "scopes": json.dumps(key.scopes),
            "weight": quota.weight, "max_waiting": quota.max_waiting, "films_per_day": quota.films_per_day,
            "seconds_per_day": quota.seconds_per_day, "requests_per_minute": quota.requests_per_minute,
            "created": key.created,
        }  # fmt: skip
        marks = ", ".join("?" * len(values))
        with self.database.write():
            self.database.run(f"INSERT INTO keys ({', '.join(values)}) VALUES ({marks})", *values.values())
        return key, secret

    def authenticate(self, secret: str) -> Key:
        """The key of a secret, or NoKey: the same answer and the same time for an unknown and a wrong one."""
        parts = secret.split("-", 2)
        rows = self.database.rows("SELECT * FROM keys WHERE id = ?", parts[1]) if len(parts) == 3 else []
        row = rows[0] if rows else {"salt": "", "hash": "0" * 64, "revoked": 0.0}
        if not hmac.compare_digest(_hashed(secret, row["salt"]), row["hash"]) or row["revoked"] is not None:
            raise NoKey("This API key is unknown or was revoked; `filmloom keys create NAME` makes one.")
        return _key(row)

    def get(self, key: str) -> Key:
        rows = self.database.rows("SELECT * FROM keys WHERE id = ?", key)
        if not rows:
            raise RequestError("key", key, "there is no such key; `filmloom keys list` shows them")
        return _key(rows[0])

    def limits(self, key: str) -> Key:
        return self.get(key) if key else EVERYBODY

    def list(self) -> list[Key]:
        return [_key(row) for row in self.database.rows("SELECT * FROM keys ORDER BY created")]

    def revoke(self, key: str) -> Key:
        """It opens nothing from now on; its jobs stay."""
        self.get(key)
        with self.database.write():
            self.database.run("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", self.clock(), key)
        return self.get(key)

    def usage(self, key: str, *, days: int = 30) -> list[dict[str, Any]]:
        """Films and seconds asked for, by day (UTC), newest first."""
        return self.database.rows("SELECT * FROM usage WHERE key = ? ORDER BY day DESC LIMIT ?", key, days)


def charged(database: Database, key: Key, request: dict[str, Any], now: float) -> None:
    """Count one film against the key's quota, within the transaction that submits it; or QuotaExceeded."""
    if not key.id:
        return
    quota, day = key.quota, time.strftime("%Y-%m-%d", time.gmtime(now))
    asked = float(request.get("seconds") or 4.0)
    rows = database.rows("SELECT * FROM usage WHERE key = ? AND day = ?", key.id, day)
    films, seconds = (rows[0]["films"], rows[0]["seconds"]) if rows else (0, 0.0)
    tomorrow = DAY - math.fmod(now, DAY)
    if quota.films_per_day is not None and films + 1 > quota.films_per_day:
        raise QuotaExceeded(f"This key may make {quota.films_per_day} films a day.", retry_after=tomorrow)
    if quota.seconds_per_day is not None and seconds + asked > quota.seconds_per_day:
        raise QuotaExceeded(f"This key may make {quota.seconds_per_day:g} seconds of film a day.", retry_after=tomorrow)
    if quota.max_waiting is not None:
        waiting = database.rows("SELECT COUNT(*) AS num FROM jobs WHERE key = ? AND state = 'queued'", key.id)
        if waiting[0]["num"] >= quota.max_waiting:
            raise QuotaExceeded(f"{quota.max_waiting} jobs of this key wait already.", retry_after=30)
    if rows:
        sql = "UPDATE usage SET films = films + 1, seconds = seconds + ? WHERE key = ? AND day = ?"
        database.run(sql, asked, key.id, day)
    else:
        database.run("INSERT INTO usage (key, day, films, seconds) VALUES (?, ?, 1, ?)", key.id, day, asked)


def _key(row: Row) -> Key:
    names = ("max_waiting", "films_per_day", "seconds_per_day", "requests_per_minute", "weight")
    quota = Quota(**{name: row[name] for name in names})
    kept = {name: row[name] for name in ("id", "name", "created", "revoked")}
    return Key(**kept, scopes=tuple(json.loads(row["scopes"])), quota=quota)


def _hashed(secret: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()
