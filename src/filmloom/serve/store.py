"""The store: one folder for all that jobs leave behind. The table says what exists; the store only keeps it.

    results/ab/abcd….mp4 (+ .json)   finished films, named by the SHA-256 of the MP4: equal films are one file
    checkpoints/JOB/                 where an unfinished job's sampler stands
    previews/JOB.jpg                 the last picture of where a running job is heading
    uploads/abcd….png                what clients sent, named by its SHA-256
    variants/abcd…-thumbnail.jpg     made from a result on demand, and may go at any time
    parts/JOB-TOKEN/                 what a worker is writing; TOKEN is its lease

A path is only ever made of a job's id, a digest or a word from a list, each checked by its form. No name from outside
becomes a path, so there is nothing to escape with.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filmloom.core.errors import RequestError, ResourceError
from filmloom.core.machine import bytes_text, disk_free

KINDS = ("results", "checkpoints", "previews", "uploads", "variants", "parts")
VARIANTS = ("thumbnail", "spritesheet")
UPLOADS = (".png", ".jpg", ".webp", ".mp4")
SPARE = 512 * 2**20  # bytes that stay free for everybody else on the disk
OLD = 3600.0  # seconds after which a file that nobody owns is an orphan

JOB = re.compile(r"video_[0-9a-z]{24}")
DIGEST = re.compile(r"[0-9a-f]{64}")
TOKEN = re.compile(r"[0-9a-f]{32}")
RESULT = re.compile(r"results/([0-9a-f]{2})/(\1[0-9a-f]{62})\.mp4")
UPLOAD = re.compile(r"uploads/[0-9a-f]{64}\.(png|jpg|webp|mp4)")


class Store:
    """Safe to use from many threads and processes on one machine. `spare`: bytes of the disk that are left alone."""

    def __init__(self, folder: str | Path, *, spare: int = SPARE):
        self.folder, self.spare = Path(folder).absolute(), spare
        for kind in KINDS:
            (self.folder / kind).mkdir(parents=True, exist_ok=True)

    # --- Where things are

    def result_path(self, result: str) -> Path:
        """The film of a job, by its `result`: the path below the store's folder that `keep` gave."""
        return self.folder / _formed("result", result, RESULT)

    def sidecar_path(self, result: str) -> Path:
        """The JSON beside a film: its settings and what making it took."""
        film = self.result_path(result)
        return film.with_name(f"{film.name}.json")

    def checkpoint_path(self, job: str) -> Path:
        """A folder in which a job's unfinished state waits."""
        return self.folder / "checkpoints" / _formed("job", job, JOB)

    def preview_path(self, job: str) -> Path:
        return self.folder / "previews" / f"{_formed('job', job, JOB)}.jpg"

    def variant_path(self, digest: str, variant: str) -> Path:
        """Where a picture made from a film belongs; `write` puts it there."""
        if variant not in VARIANTS:
            raise RequestError("variant", variant, f"it must be one of {', '.join(VARIANTS)}", VARIANTS[0])
        return self.folder / "variants" / f"{_formed('digest', digest, DIGEST)}-{variant}.jpg"

    def upload_path(self, upload: str) -> Path:
        """What a client sent, by the name that `upload` gave."""
        return self.folder / _formed("upload", upload, UPLOAD)

    def part_path(self, token: str, job: str) -> Path:
        """Where the worker with this lease writes the job's film. The folder is made, and is the lease's own."""
        folder = self._part_folder(token, job)
        folder.mkdir(exist_ok=True)
        return folder / f"{job}.mp4"

    # --- Putting things there

    def write(self, path: Path, data: bytes) -> Path:
        """`data` at one of this store's paths: whole or not at all."""
        assert self.folder in path.parents, f"{path} is not in {self.folder}"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(data)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return path

    def upload(self, data: bytes, suffix: str) -> str:
        """Keep what a client sent. → its name; the same bytes have the same one. What is in it, the caller checked."""
        if suffix not in UPLOADS:
            raise RequestError("upload", suffix, f"it must be one of {', '.join(UPLOADS)}", UPLOADS[0])
        self.require_room(len(data))
        name = f"uploads/{hashlib.sha256(data).hexdigest()}{suffix}"
        path = self.upload_path(name)
        if path.exists():
            os.utime(path)  # it is young again, and no orphan yet
        else:
            self.write(path, data)
        return name

    def keep(self, part: Path) -> tuple[str, str]:
        """A finished film from `part_path`, with its sidecar, under its final name. → (result, digest).

        Call it and tell the table within one `locked` block, lest the film go as an orphan in between."""
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        result = f"results/{digest[:2]}/{digest}.mp4"
        path = self.result_path(result)
        path.parent.mkdir(exist_ok=True)
        sidecar = part.with_name(f"{part.name}.json")
        if sidecar.exists():
            os.replace(sidecar, self.sidecar_path(result))
        os.replace(part, path)  # the same bytes, if there was one
        _on_disk(path.parent)
        return result, digest

    # --- Room

    def require_room(self, num_bytes: int) -> None:
        """ResourceError, before any work, where so much would not leave the disk its spare."""
        free = disk_free(self.folder)
        if free - num_bytes < self.spare:
            raise ResourceError(
                f"The store's disk has {bytes_text(free)} free; {bytes_text(num_bytes)} are needed and "
                f"{bytes_text(self.spare)} must stay free. Delete films, or move the store to a larger disk."
            )

    def sizes(self) -> dict[str, int]:
        """Bytes of each kind of thing, and `free` on the disk."""
        found = {kind: sum(size for _, size in _files(self.folder / kind)) for kind in KINDS}
        return {**found, "free": disk_free(self.folder)}

    # --- Taking things away

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Films neither come nor go elsewhere while this is held. The lock dies with its process."""
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def remove_unused(self, result: str, is_used: Callable[[str], bool]) -> bool:
        """Remove a film that no job has any more (`table.is_used`). → whether it went."""
        with self.locked():
            if not result or is_used(result):
                return False
            self._remove_result(result)
            return True

    def remove_job(self, job: str) -> None:
        """What only served to make a job's film."""
        self.remove_checkpoint(job)
        self.preview_path(job).unlink(missing_ok=True)

    def remove_checkpoint(self, job: str) -> None:
        shutil.rmtree(self.checkpoint_path(job), ignore_errors=True)

    def remove_part(self, token: str, job: str) -> None:
        shutil.rmtree(self._part_folder(token, job), ignore_errors=True)

    def sweep(
        self,
        *,
        is_used: Callable[[str], bool],
        is_alive: Callable[[str], bool],
        is_wanted: Callable[[str], bool] = lambda upload: True,
        older_than: float = OLD,
    ) -> list[str]:
        """Remove orphans: what dead workers began, checkpoints and previews of jobs that are over, films and
        variants of no job, uploads that no request names. Young files stay: the table may be about to hear of them.

        `is_used(result)`, `is_alive(job)`: not in a final state; `is_wanted(upload)`. → what went, as names."""
        before = time.time() - older_than
        of_jobs = [name for kind in ("parts", "checkpoints", "previews") for name in self._old(kind, before)]
        gone = [name for name in of_jobs if not _belongs(name, is_alive) and self._dropped(name)]
        gone += [n for n in self._old("uploads", before) if not is_wanted(n) and self._dropped(n)]
        for folder in sorted((self.folder / "results").iterdir()):
            films = [name for name in self._old(f"results/{folder.name}", before) if name.endswith(".mp4")]
            gone += [name for name in films if self.remove_unused(name, is_used)]
        gone += [name for name in self._old("variants", before) if not self._has_film(name) and self._dropped(name)]
        return gone

    def _part_folder(self, token: str, job: str) -> Path:
        return self.folder / "parts" / f"{_formed('job', job, JOB)}-{_formed('token', token, TOKEN)}"

    def _old(self, kind: str, before: float) -> list[str]:
        """Names in a folder of the store, those not touched since."""
        found = []
        for path in sorted((self.folder / kind).iterdir()):
            newest = max((time_ for time_, _ in _files(path)), default=_time(path))
            if newest < before:
                found.append(f"{kind}/{path.name}")
        return found

    def _dropped(self, name: str) -> bool:
        path = self.folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        return True

    def _has_film(self, variant: str) -> bool:
        digest = Path(variant).name[:64]
        return bool(DIGEST.fullmatch(digest)) and self.result_path(f"results/{digest[:2]}/{digest}.mp4").exists()

    def _remove_result(self, result: str) -> None:
        path = self.result_path(result)
        path.unlink(missing_ok=True)
        self.sidecar_path(result).unlink(missing_ok=True)
        for variant in VARIANTS:
            self.variant_path(path.stem, variant).unlink(missing_ok=True)


def _formed(field: str, value: str, form: re.Pattern) -> str:
    """`value` if it has the form of such names."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise RequestError(field, value, "it is no name that this store gave")
    return value


def _belongs(name: str, is_alive: Callable[[str], bool]) -> bool:
    """Whether what is named after a job is that of a living one."""
    job = JOB.match(Path(name).name)
    return job is not None and is_alive(job[0])


def _files(path: Path) -> Iterator[tuple[float, int]]:
    """(time, bytes) of every file in and below `path`; what goes while we look is not counted."""
    for one in [path] if path.is_file() else path.rglob("*"):
        try:
            told = one.lstat()
        except FileNotFoundError:
            continue
        if one.is_file():
            yield told.st_mtime, told.st_size


def _time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return time.time()


def _on_disk(folder: Path) -> None:
    """A name that the table will speak of must outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
