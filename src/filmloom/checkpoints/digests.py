"""`filmloom.digests.json`: the length and sha256 of every file of a folder, written by convert and fetch.

    {"format": 1, "files": {"transformer/config.json": {"bytes": 412, "sha256": "..."}}}

Lengths are checked whenever the folder is opened, digests before a part is loaded: flipped bits and swapped experts,
which no name or shape betrays, are caught.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from filmloom.checkpoints.source import read_json
from filmloom.core.errors import CheckpointError

RECORD = "filmloom.digests.json"
Digests = Mapping[str, Mapping[str, object]]


def digest_of(file: Path) -> dict[str, object]:
    """{"bytes", "sha256"} of a file, read in pieces."""
    with file.open("rb") as opened:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def write_digests(folder: Path, files: Digests) -> None:
    record = {"format": 1, "files": dict(sorted(files.items()))}
    replace_text(folder / RECORD, json.dumps(record, indent=1) + "\n")


def read_digests(folder: Path) -> Digests | None:
    """What the folder's record says, with every length checked; None where there is no record."""
    file = folder / RECORD
    if not file.is_file():
        return None
    files = read_json(file).get("files")
    if not isinstance(files, dict) or not all(_is_entry(name, entry) for name, entry in files.items()):
        raise CheckpointError(f"{file} is not a record of digests; delete it, or fetch the folder again.")
    for name, entry in files.items():
        _check_length(folder / name, entry["bytes"], file)
    return files


def check_digests(folder: Path, files: Iterable[Path], digests: Digests) -> None:
    """Each file has the recorded sha256; a file that the record does not name is refused too."""
    for file in files:
        name = file.relative_to(folder).as_posix()
        if name not in digests:
            raise CheckpointError(f"{file} is not in {RECORD}; it was added after the record was written.")
        found, expected = digest_of(file)["sha256"], digests[name]["sha256"]
        if found != expected:
            raise CheckpointError(
                f"{file} is corrupt or swapped: sha256 {found[:12]}..., {RECORD} says {expected[:12]}.... "
                "Fetch it again."
            )


def digest_of_all(digests: Digests) -> str:
    """One sha256 for the whole folder."""
    lines = [f"{name} {digests[name]['sha256']}" for name in sorted(digests)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def replace_text(file: Path, text: str) -> None:
    """Write beside and move into place, so that a reader sees the old file or the new."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def _is_entry(name: str, entry: object) -> bool:
    inside = not Path(name).is_absolute() and ".." not in Path(name).parts
    return inside and isinstance(entry, dict) and type(entry.get("bytes")) is int and _is_sha256(entry.get("sha256"))


def _is_sha256(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64


def _check_length(file: Path, expected: int, record: Path) -> None:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing; {record.name} names it. Fetch it again.")
    if (found := file.stat().st_size) != expected:
        raise CheckpointError(
            f"{file} is truncated or altered: {found} bytes, {record.name} says {expected}. Fetch it again."
        )
