"""What became of every key of an adapter's file, and whether that will do."""

from __future__ import annotations

from dataclasses import dataclass, field

from filmloom.checkpoints.lora_deltas import Delta
from filmloom.checkpoints.source import listed
from filmloom.core.errors import CheckpointError

SHOWN = 12  # faults in a message; the report holds all


@dataclass(frozen=True)
class Match:
    """Keys that found their parameter."""

    parameter: str
    keys: tuple[str, ...]
    dialect: str
    delta: Delta
    expert: str | None


@dataclass(frozen=True)
class Ignored:
    """A key without a place: its name is unknown, or (`is_adapter` False) its ending says nothing."""

    key: str
    nearest: str | None
    is_adapter: bool = True

    def __str__(self) -> str:
        what = "names nothing here" if self.is_adapter else "does not end as an adapter's keys do"
        return f"{self.key} {what}" + (f" (nearest: {self.nearest})" if self.nearest else "")


@dataclass(frozen=True)
class Fault:
    """Keys that cannot be used as they are. `kind` is misshapen, incomplete, duplicate or unsupported."""

    kind: str
    keys: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason} ({', '.join(self.keys[:4])}{', ...' if len(self.keys) > 4 else ''})"


@dataclass
class Report:
    """What became of every key of a file."""

    where: str
    matched: list[Match] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def misshapen(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind == "misshapen"]

    @property
    def dialects(self) -> list[str]:
        """Without `any`, the names that are spelt alike in all, unless there are no others."""
        found = dict.fromkeys(match.dialect for match in self.matched)
        return [dialect for dialect in found if dialect != "any"] or list(found)

    def check(self, *, allow_ignored: bool = False) -> None:
        """CheckpointError unless every key found its place. Ignored keys may be allowed, faults never."""
        if not self.matched and not self.faults:
            found = listed([str(one) for one in self.ignored], SHOWN) or "it is empty"
            raise CheckpointError(f"{self.where} holds no adapter for this transformer: {found}.")
        wrong = [str(fault) for fault in self.faults] + ([] if allow_ignored else [str(one) for one in self.ignored])
        if wrong:
            hint = " Allow ignored keys to merge the rest." if self.ignored and not self.faults else ""
            raise CheckpointError(f"{self.where} does not fit this transformer: {listed(wrong, SHOWN)}.{hint}")
