"""The film set on disk: drawn clips with labels and captions, in shards that are written once and read at random.

A shard is a pure function of its specification and number, so a cache can be filled by several processes, stopped and
resumed; a shard that exists is left alone. Pictures are uint8, channels before frames: video [n, 3, F, H, W].
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from filmloom.core.errors import CheckpointError
from filmloom.core.random import generator
from filmloom.core.types import Size
from filmloom.data.schema import DEFAULTS, fields
from filmloom.world import captions as captions_wing
from filmloom.world.captions import LANGUAGES, caption
from filmloom.world.cards import place_card, places, subject_card, subjects
from filmloom.world.draw import Drawing, draw
from filmloom.world.sample import Repertoire, sample_batch
from filmloom.world.scene import Scene


@dataclass(frozen=True)
class FilmSetSpec:
    """What is drawn. `kind` is one of `DRAWERS`; `unit` is pixels per frame height; `still` the full size, if any.

    A shard holds `num_programs` batches of `per_program` clips each.
    """

    kind: str
    size: Size
    unit: float
    num_frames: int = 17
    fps: float = 8.0
    still: Size | None = None
    reduced: bool = False
    split: str = "seen"
    seed: int = 0
    num_programs: int = 8
    per_program: int = 8
    num_captions: int = 4
    seconds: float = 4.0

    @property
    def clips_per_shard(self) -> int:
        return self.num_programs * self.per_program

    @property
    def repertoire(self) -> Repertoire:
        return Repertoire.reduced() if self.reduced else Repertoire.full()


@dataclass(frozen=True)
class Row:
    """What is known of a clip beside its pictures. `start`: seconds into the scene of its first frame."""

    scene: str
    fields: dict[str, str]
    captions: list[dict]
    start: float = 0.0


@dataclass
class Shard:
    """Tensors whose first axis is the clip, and a row per clip."""

    tensors: dict[str, Tensor]
    rows: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


def draw_shard(spec: FilmSetSpec, number: int, device: str = "cpu") -> Shard:
    """Draw and caption shard `number`: the same on every call, up to the device's rounding."""
    shards = [_draw_program(spec, number, index, device) for index in range(spec.num_programs)]
    names = shards[0].tensors
    return Shard(
        {name: torch.cat([shard.tensors[name] for shard in shards]) for name in names},
        [row for shard in shards for row in shard.rows],
    )


def _draw_program(spec: FilmSetSpec, number: int, index: int, device: str) -> Shard:
    rng = generator(spec.seed, spec.kind, spec.split, number, index)
    scenes = sample_batch(rng, spec.repertoire, spec.per_program, split=spec.split, seconds=spec.seconds)
    start = window_start(rng, spec)
    tensors = DRAWERS[spec.kind](spec, scenes, start, rng, device)
    return Shard(tensors, [_row(scene, start, spec, rng) for scene in scenes])


def window_start(rng: np.random.Generator, spec: FilmSetSpec) -> float:
    """Seconds into the scene at which a window begins: half of them at its start, as films do."""
    room = max(0.0, spec.seconds - (spec.num_frames - 1) / spec.fps)
    return 0.0 if rng.random() < 0.5 else float(rng.uniform(0, room))


def _row(scene: Scene, start: float, spec: FilmSetSpec, rng: np.random.Generator) -> Row:
    return Row(scene.to_json(), fields(scene), told(scene, rng, spec.num_captions), start)


def told(scene: Scene, rng: np.random.Generator, num: int) -> list[dict]:
    """`num` captions of a scene, in as many languages, from a random one on in their order."""
    first = int(rng.integers(len(LANGUAGES)))
    languages = [LANGUAGES[(first + i) % len(LANGUAGES)] for i in range(num)]
    made = [caption(scene, language, rng, split="seen") for language in languages]
    return [{"text": c.text, "language": c.language, "stated": sorted(c.stated)} for c in made]


def _clips(
    spec: FilmSetSpec, scenes: list[Scene], start: float, rng: np.random.Generator, device: str
) -> dict[str, Tensor]:
    """Skeleton windows: `video` and `sketch` [n, 3, F, H, W], `mask` [n, F, H, W]."""
    times = start + np.arange(spec.num_frames) / spec.fps
    full = _drawn(spec, scenes, times, device, labels=True)
    sketch = _drawn(spec, scenes, times, device, style="sketch")
    return {"video": to_bytes(full.video), "sketch": to_bytes(sketch.video), "mask": full.mask}


def _pairs(
    spec: FilmSetSpec, scenes: list[Scene], start: float, rng: np.random.Generator, device: str
) -> dict[str, Tensor]:
    """Two neighbouring key frames and one between: `a`, `m`, `b` [n, 3, H, W], `t` [n] in (0, 1), exact flows a→b, b→a,
    m→a, m→b as `flow` [n, 4, 2, H, W] in pixels, `known` (exact and visible at both ends) and `valid` [n, 4, H, W]."""
    step = float(rng.choice([1, 1, 1, 2])) / spec.fps  # now and then a double step, so that faster motion is known too
    t = float(rng.uniform(0.08, 0.92))
    # A walk over m→a→b→a→m→b passes each of the four wanted flows once.
    times = start + step * np.array([t, 0, 1, 0, t, 1])
    drawing = _drawn(spec, scenes, times, device, labels=True)
    wanted = [1, 2, 0, 4]
    valid = drawing.valid[:, 0, wanted]
    frames = to_bytes(drawing.video)
    return {
        "a": frames[:, :, 1], "m": frames[:, :, 0], "b": frames[:, :, 2],
        "t": torch.full((len(scenes),), t, device=drawing.video.device),
        "flow": drawing.flow[:, :, wanted].transpose(1, 2).half(),
        "known": (valid & ~drawing.occluded[:, 0, wanted]).byte(), "valid": valid.byte(),
        "mask": drawing.mask[:, :3],
    }  # fmt: skip


def _stills(
    spec: FilmSetSpec, scenes: list[Scene], start: float, rng: np.random.Generator, device: str
) -> dict[str, Tensor]:
    """Full-size pictures: `picture` [n, 3, H, W]."""
    picture = draw(scenes, np.array([start + rng.uniform(0, 1)]), spec.still, device=device).video
    return {"picture": to_bytes(picture)[:, :, 0]}


def _joint(
    spec: FilmSetSpec, scenes: list[Scene], start: float, rng: np.random.Generator, device: str
) -> dict[str, Tensor]:
    """Clips at twice the key frames' rate with exact flow, for decoder, interpolator and upsampler at once: `video`
    [n, 3, 2F - 1, H, W], `sketch` [n, 3, F, H, W], `flow` [n, 2, 2F - 2, H, W], `known` and `mask`; `picture`
    [n, 3, H, W] is key frame number `key` [n] at full size."""
    times = start + np.arange(2 * spec.num_frames - 1) / (2 * spec.fps)
    full = _drawn(spec, scenes, times, device, labels=True)
    sketch = _drawn(spec, scenes, times[::2], device, style="sketch")
    key = int(rng.integers(spec.num_frames))
    picture = draw(scenes, times[2 * key : 2 * key + 1], spec.still, device=device).video
    return {
        "video": to_bytes(full.video), "sketch": to_bytes(sketch.video), "mask": full.mask,
        "flow": full.flow.half(), "known": (full.valid & ~full.occluded)[:, 0].byte(),
        "picture": to_bytes(picture)[:, :, 0], "key": torch.full((len(scenes),), key),
    }  # fmt: skip


DRAWERS: dict[str, Callable[..., dict[str, Tensor]]] = {
    "clips": _clips, "pairs": _pairs, "stills": _stills, "joint": _joint,
}  # fmt: skip


def _drawn(spec: FilmSetSpec, scenes: list[Scene], times: np.ndarray, device: str, **options: object) -> Drawing:
    return draw(scenes, times, spec.size, unit=spec.unit, device=device, **options)


def to_bytes(video: Tensor) -> Tensor:
    """[-1, 1] → uint8."""
    return video.add(1).mul(127.5).round_().clamp_(0, 255).byte()


def to_signed(video: Tensor) -> Tensor:
    """uint8 → [-1, 1] float32."""
    return video.float().div_(127.5).sub_(1)


def cache(
    spec: FilmSetSpec,
    folder: Path,
    num_clips: int,
    *,
    device: str = "cpu",
    worker: int = 0,
    num_workers: int = 1,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[str], None] = lambda line: None,
) -> int:
    """Draw the missing shards of `num_clips` clips into `folder`, every `num_workers`-th of them; → shards there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _agree(spec, folder)
    num_shards = -(-num_clips // spec.clips_per_shard)
    for number in range(worker, num_shards, num_workers):
        path = shard_path(folder, number)
        if path.exists():
            continue
        if stop():
            break
        save_shard(draw_shard(spec, number, device), path)
        report(f"film set: {spec.kind} {number + 1} of {num_shards} shards")
    return sum(shard_path(folder, number).exists() for number in range(num_shards))


def _agree(spec: FilmSetSpec, folder: Path) -> None:
    """A folder holds one specification; another one is refused, since its clips would be mixed up."""
    path = folder / "spec.json"
    mine = json.loads(json.dumps(dataclasses.asdict(spec)))
    if path.exists() and (theirs := json.loads(path.read_text())) != mine:
        differing = sorted(name for name in mine if mine[name] != theirs.get(name))
        raise CheckpointError(
            f"{folder} holds clips of another specification ({', '.join(differing)}); choose another folder"
        )
    part = path.with_name(f"spec.json.{os.getpid()}.part")
    part.write_text(json.dumps(mine, indent=1))
    os.replace(part, path)


def shard_path(folder: Path, number: int) -> Path:
    return Path(folder) / f"shard_{number:05d}.safetensors"


def save_shard(shard: Shard, path: Path) -> None:
    """Write atomically; rows travel in the file's metadata."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    rows = json.dumps([vars(row) for row in shard.rows], ensure_ascii=False)
    save_file({name: value.cpu().contiguous() for name, value in shard.tensors.items()}, part, {"rows": rows})
    os.replace(part, path)


def read_shard(path: Path, device: str | torch.device = "cpu") -> Shard:
    """A whole shard, its tensors on the device."""
    with safe_open(path, "pt") as file:
        rows = rows_of(file.metadata()["rows"])
        return Shard({name: file.get_tensor(name).to(device) for name in file.keys()}, rows)  # noqa: SIM118


def rows_of(text: str) -> list[Row]:
    """Rows from a shard's metadata; fields that an older film set did not know are as they were in its world."""
    return [Row(**row | {"fields": DEFAULTS | row["fields"]}) for row in json.loads(text)]


def recaptioned(rows: Sequence[Row], shard: Path, num: int) -> list[Row]:
    """The rows with captions made anew from their scenes: no clip is drawn again where languages or wordings change.

    They are kept beside the shard until the next change."""
    path, mark = shard.with_suffix(".captions.json"), f"{vocabulary()}/{num}"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.get("mark") != mark:
        rng = generator(shard.parent.name, shard.stem, "captions")
        kept = {"mark": mark, "captions": [told(Scene.from_json(row.scene), rng, num) for row in rows]}
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        os.replace(part, path)
    return [dataclasses.replace(row, captions=captions) for row, captions in zip(rows, kept["captions"])]


@functools.cache
def vocabulary() -> str:
    """One mark of all that captions are made of: the tables' sources and the words on the cards."""
    sources = sorted(Path(captions_wing.__file__).parent.glob("*.py"))
    cards = [subject_card(kind) for kind in subjects()], [place_card(name) for name in places()]
    parts = [*(path.read_bytes() for path in sources), repr(cards).encode()]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


class FilmSet:
    """Clips of a cache, by number. On disk they are read row by row; `resident` copies them to a device for speed."""

    def __init__(self, rows: list[Row], files: list, starts: np.ndarray, tensors: dict[str, Tensor] | None = None):
        self.rows, self._files, self._starts, self._tensors = rows, files, starts, tensors

    @classmethod
    def open(cls, folder: Path, *more: Path, limit: int | None = None, num_captions: int | None = None) -> FilmSet:
        """The shards that are complete, at most `limit` clips' worth; those of `more` folders follow, where there are
        any. `num_captions` replaces the captions that were stored by as many in today's languages and wordings."""
        rows, files, starts = [], [], []
        for path in chain(*(sorted(Path(one).glob("shard_*.safetensors")) for one in (folder, *more))):
            if limit is not None and len(rows) >= limit:
                break
            file = safe_open(path, "pt")
            starts.append(len(rows))
            files.append(file)
            found = rows_of(file.metadata()["rows"])
            rows += found if num_captions is None else recaptioned(found, path, num_captions)
        if not rows:
            raise CheckpointError(f"{folder} holds no clips; draw them first: filmloom train film_set")
        return cls(rows, files, np.array(starts))

    @classmethod
    def of(cls, shards: Sequence[Shard]) -> FilmSet:
        """Shards that were drawn just now, kept where they are."""
        tensors = {name: torch.cat([shard.tensors[name] for shard in shards]) for name in shards[0].tensors}
        return cls([row for shard in shards for row in shard.rows], [], np.array([0]), tensors)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, name: str, numbers: Sequence[int] | np.ndarray) -> Tensor:
        """The named tensor of these clips, in this order."""
        if self._tensors is not None:
            tensor = self._tensors[name]
            return tensor[torch.as_tensor(np.asarray(numbers), device=tensor.device)]
        return torch.cat([self._read(name, int(number)) for number in numbers])

    def _read(self, name: str, number: int) -> Tensor:
        shard = int(np.searchsorted(self._starts, number, side="right")) - 1
        at = number - int(self._starts[shard])
        return self._files[shard].get_slice(name)[at : at + 1]

    def resident(self, device: str | torch.device, names: Sequence[str]) -> FilmSet:
        """The same clips with the named tensors in the device's memory."""
        if self._tensors is not None:
            return FilmSet(self.rows, [], np.array([0]), {name: self._tensors[name].to(device) for name in names})
        numbers = np.arange(len(self))
        return FilmSet(self.rows, [], np.array([0]), {name: self.take(name, numbers).to(device) for name in names})

    def batches(self, name: str, size: int, *, limit: int | None = None) -> Iterator[Tensor]:
        """The named tensor of the first `limit` clips in runs of `size`."""
        end = min(len(self), limit or len(self))
        for first in range(0, end, size):
            yield self.take(name, range(first, min(first + size, end)))
