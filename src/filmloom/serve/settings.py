"""What an operator decides about one web process."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`models`: name → what `filmloom.load` is given; the first is the default. A client names a model, never a folder.

    `hosts`: further names that this service may be called by, beside those of this machine. `allow_private`: webhooks
    and pictures by address may be on the operator's own network."""

    host: str = "127.0.0.1"
    port: int = 8000
    models: dict[str, str] = field(default_factory=lambda: {"mini": "mini"})
    hosts: tuple[str, ...] = ()
    workers: int = 1
    requests_per_minute: int = 1200  # of a key that has no limit of its own, or of one address where there are no keys
    wrong_keys_per_minute: int = 30  # of one address
    largest_json: int = 1 * MIB
    largest_upload: int = 64 * MIB
    body_seconds: float = 60.0
    least_free: int = 1024 * MIB  # bytes of disk below which nothing new is taken
    most_streams: int = 100
    most_in_batch: int = 64
    poll_after: float = 1.0  # seconds that a client is asked to wait before it looks again
    webhook_secret: str = ""
    allow_private: bool = False
    telemetry: bool = False

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
