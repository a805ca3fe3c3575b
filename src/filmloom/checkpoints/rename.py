"""Names from one layout to another, by a table of (ours, original, diffusers) rows: see `models/names/`.

    rename("blocks.7.attn1.to_q.bias", TABLE, source="diffusers", target="ours")    # blocks.7.self_attn.q.bias

The same table read the other way undoes it; `tests/checkpoints/test_rename.py` shows so over every public name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

LAYOUTS = ("ours", "original", "diffusers")
Table = Sequence[tuple[str, str, str]]


def rename(name: str, table: Table, *, source: str, target: str) -> str | None:
    """What `target` calls the tensor that `source` calls `name`; None where the table does not know it.

    The row with the longest matching beginning applies, and what follows the beginning is kept.
    """
    for pattern, form in _rules(tuple(table), source, target):
        if found := pattern.match(name):
            return form.format(**found.groupdict()) + name[found.end() :]
    return None


@dataclass(frozen=True)
class Renamed:
    """`names`: {new: old}; `unknown`: not in the table; `repeated`: old names whose new name was already taken."""

    names: dict[str, str]
    unknown: list[str]
    repeated: list[str]


def rename_all(names: Iterable[str], table: Table, *, source: str, target: str) -> Renamed:
    """Every name of a file at once."""
    found = Renamed({}, [], [])
    for name in names:
        new = rename(name, table, source=source, target=target)
        if new is None:
            found.unknown.append(name)
        elif new in found.names:
            found.repeated.append(name)
        else:
            found.names[new] = name
    return found


def gaps(names: Collection[str], table: Table, *, source: str) -> list[str]:
    """Beginnings that the table lists and `names` lack, counting blocks up to the last one there is.

    Rows with the same name in `ours` are spellings of one tensor: the first that is there will do.
    """
    read = LAYOUTS.index(source)
    numbers = [int(number) for name in names for number in re.findall(r"^(?:\w+\.)*?(?:blocks?)\.(\d+)\.", name)]
    beginnings = {".".join(name.split(".")[:length]) for name in names for length in range(1, name.count(".") + 2)}
    wanted: dict[str, list[str]] = {}
    for row in table:
        for i in range(max(numbers, default=0) + 1) if "{i}" in row[0] else (0,):
            wanted.setdefault(row[0].format(i=i), []).append(row[read].format(i=i))
    return [spelt[0] for spelt in wanted.values() if not beginnings & set(spelt)]


@cache
def _rules(table: Table, source: str, target: str) -> list[tuple[re.Pattern, str]]:
    read, write = LAYOUTS.index(source), LAYOUTS.index(target)
    rows = sorted(table, key=lambda row: (row[read].count("."), row[read]), reverse=True)
    return [(_pattern(row[read]), row[write]) for row in rows]


def _pattern(beginning: str) -> re.Pattern:
    """`blocks.{i}.norm` as an expression that ends at a dot or at the end of the name."""
    numbered = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>\\d+)", re.escape(beginning))
    return re.compile(rf"{numbered}(?=\.|$)")
