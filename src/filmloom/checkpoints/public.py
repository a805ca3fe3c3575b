"""The public Wan2.2 models as their authors, diffusers or ComfyUI store them, and as `convert` writes them for us.

    folder = open_public(path, TABLES)                      # headers alone; TABLES are those of models/names
    folder.model, folder.layout, folder.parts               # "wan2.2-t2v-a14b", "diffusers", ("text_encoder", ...)
    folder.load("transformer_high", module)                 # strict, one tensor at a time

Nothing is guessed from a model's name. The layout is what lies in the folder, the spelling of each part is the one its
keys fit best, sizes are read from shapes; only ComfyUI's loose experts say by their file names which is which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from filmloom.checkpoints.architecture import FIELDS, MODELS, PARTS_OF, TOLD, model_named
from filmloom.checkpoints.digests import Digests, check_digests, digest_of_all, read_digests
from filmloom.checkpoints.folder import Folder, open_folder
from filmloom.checkpoints.gguf import open_gguf
from filmloom.checkpoints.layouts import EXPECTED, PARTS, Found, Place, find, kind_of
from filmloom.checkpoints.rename import Renamed, Table, gaps, rename_all
from filmloom.checkpoints.source import (
    INDEX,
    TensorSource,
    descaled,
    fill,
    listed,
    open_pth,
    open_safetensors,
    open_sharded,
    read_json,
    without_prefix,
)
from filmloom.core.errors import CheckpointError

Tables = Mapping[str, Sequence[Table]]  # by kind: transformer, text_encoder, video_vae
WHOLE = ("transformer", "text_encoder")  # kinds whose every table row must be there; autoencoders' tables list options
WAN21 = ("img_emb.", "condition_embedder.image_embedder.")


class Part(NamedTuple):
    """One part of a model: its tensors in our names, what they were called, and the fields of its config."""

    file: Path
    source: TensorSource
    fields: dict[str, object]
    spelling: str  # "ours", "original" or "diffusers"
    table: Table


@dataclass(frozen=True)
class PublicFolder:
    path: Path
    layout: str  # "original", "diffusers", "comfyui" or "ours"
    model: str
    held: Mapping[str, Part]
    tokenizer: Path | None = None
    digests: Digests | None = None
    checked: set[str] = field(default_factory=set, compare=False)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.held)

    @property
    def digest(self) -> str | None:
        """One sha256 for the whole folder; None where no digests were recorded."""
        return None if self.digests is None else digest_of_all(self.digests)

    def source(self, part: str) -> TensorSource:
        """The part's tensors under our names."""
        return self._part(part).source

    def config(self, part: str) -> dict[str, object]:
        """The fields of `DiTConfig`, of `WanVAEConfig`, or, for the text encoder, of transformers' UMT5Config."""
        return dict(self._part(part).fields)

    def load(self, part: str, module: nn.Module, dtype: torch.dtype | None = None) -> nn.Module:
        """Fill `module` strictly and return it. Where digests are recorded, the part's files are checked first."""
        self.verify(part)
        held = self._part(part)
        return fill(module, held.source, where=held.file, dtype=dtype)

    def verify(self, *parts: str) -> None:
        """The files of these parts (of all, when none is named) have the recorded digests; each part is read once."""
        for part in parts or self.parts:
            if self.digests is not None and part not in self.checked:
                check_digests(self.path, self._part(part).source.files, self.digests)
                self.checked.add(part)

    def _part(self, part: str) -> Part:
        if part in self.held:
            return self.held[part]
        expected = EXPECTED.get(self.layout, {}).get(part)
        where = f"; {self.path / expected} was expected" if expected else ""
        raise CheckpointError(f"{self.path} has no part {part!r}, it has {', '.join(self.parts)}{where}.")


def open_public(path: Path, tables: Tables) -> PublicFolder:
    """Find, read and check the headers of a public model: a folder in any layout, or one file. No weights are read."""
    path = Path(path)
    if (path / "model.json").is_file():
        return _open_ours(path, tables)
    found = find(path)
    digests = read_digests(path) if path.is_dir() else None
    held = {part: _open_part(part, place, tables) for part, place in found.places.items()} or _loose(found, tables)
    model = _model_of(path, found, held)
    held = {part: held[part] for part in PARTS if part in held}
    return PublicFolder(path, found.layout, model, held, found.tokenizer, digests)


def is_public(path: Path) -> bool:
    """Whether `path` is for `open_public`: anything but a folder whose model.json names no public model."""
    record = path / "model.json"
    return path.exists() and (not record.is_file() or read_json(record).get("name") in MODELS.values())


def open_file(file: Path) -> TensorSource:
    """Any file of tensors, by what it is called: an index of shards, safetensors, GGUF, or a `.pth`."""
    if file.name.endswith(INDEX):
        return open_sharded(file)
    if file.suffix in (".pth", ".pt"):
        return open_pth(file)
    opener = {".safetensors": open_safetensors, ".gguf": open_gguf}.get(file.suffix)
    if opener is None:
        raise CheckpointError(f"{file} is neither .safetensors, .gguf nor .pth.")
    return descaled(without_prefix(opener(file)))


def _open_part(part: str, place: Place, tables: Tables) -> Part:
    """Names translated, blocks complete, config.json and shapes in agreement."""
    kind, source = kind_of(part), open_file(place.file)
    if any(name.startswith(WAN21) for name in source.entries):
        raise CheckpointError(f"{place.file} has an image branch ({WAN21[0]}*): it is Wan2.1, and Wan2.2 is run here.")
    table, spelling, renamed = _spelling(source, tables[kind])
    faults = [f"unknown {name}" for name in renamed.unknown]
    faults += [f"missing {name}.*" for name in gaps(source.entries, table, source=spelling)] if kind in WHOLE else []
    if faults:
        raise CheckpointError(f"{place.file} is not a whole {kind} of Wan2.2: {listed(faults)}.")
    ours = TensorSource({new: source.entries[old] for new, old in renamed.names.items()})
    config = read_json(place.config) if place.config else {}
    return Part(place.file, ours, _fields(kind, ours, table, config, place.file), spelling, table)


def _spelling(source: TensorSource, tables: Sequence[Table]) -> tuple[Table, str, Renamed]:
    """The table and the layout that know most of the file's names."""
    tried = [
        (table, layout, rename_all(source.entries, table, source=layout, target="ours"))
        for table in tables
        for layout in ("original", "diffusers", "ours")
    ]
    return min(tried, key=lambda one: (len(one[2].unknown), len(one[2].repeated)))


def _fields(
    kind: str, ours: TensorSource, table: Table, config: Mapping[str, object], where: Path
) -> dict[str, object]:
    if kind == "transformer":
        return FIELDS[kind](ours, config, where)
    return FIELDS[kind](spelt(ours, table, "diffusers"), config, where)


def spelt(ours: TensorSource, table: Table, layout: str) -> TensorSource:
    """A source in our names under those of a layout."""
    renamed = rename_all(ours.entries, table, source="ours", target=layout)
    assert not renamed.unknown and not renamed.repeated, (renamed.unknown, renamed.repeated)
    return TensorSource({new: ours.entries[old] for new, old in renamed.names.items()})


def _loose(found: Found, tables: Tables) -> dict[str, Part]:
    """ComfyUI's files: each is the kind whose tables know its keys."""
    held: dict[str, Part] = {}
    for file in found.loose:
        kind = _kind_by_keys(file, tables)
        part = _expert(file, alone=len(found.loose) == 1) if kind == "transformer" else kind
        if part in held:
            raise CheckpointError(f"{held[part].file} and {file} are both the {part}; give a folder with one of them.")
        held[part] = _open_part(part, Place(file), tables)
    return held


def _kind_by_keys(file: Path, tables: Tables) -> str:
    source = open_file(file)
    unknown = {kind: len(_spelling(source, tables[kind])[2].unknown) for kind in tables}
    kind = min(unknown, key=unknown.get)
    if 2 * unknown[kind] >= len(source.entries):
        some = ", ".join(source.names()[:3])
        raise CheckpointError(f"{file} is no part of Wan2.2: its keys begin with {some}.")
    return kind


def _expert(file: Path, *, alone: bool) -> str:
    """`high` or `low` in a loose file's name: nothing inside it tells."""
    found = re.search(r"high|low", file.name, re.I)
    return f"transformer_{found[0].lower()}" if found and not alone else "transformer"


def _model_of(path: Path, found: Found, held: Mapping[str, Part]) -> str:
    """The model that the transformers' shapes name; both experts there and alike, the autoencoder of its channels."""
    transformers = {part: one for part, one in held.items() if kind_of(part) == "transformer"}
    names = {part: _named(one, found.places.get(part)) for part, one in transformers.items()}
    if not names:
        if path.is_file():
            return "wan2.2-ti2v-5b" if held.get("video_vae", _NO_PART).fields.get("channels") == 48 else "wan2.2"
        raise CheckpointError(f"{path} has no transformer; it has {', '.join(held)}.")
    model = next(iter(names.values()))
    if path.is_dir():
        _check_experts(path, found.layout, model, transformers)
        _check_latents(transformers, held.get("video_vae"))
    return model


_NO_PART = Part(Path(), TensorSource({}), {}, "", ())


def _named(part: Part, place: Place | None) -> str:
    return model_named(part.fields, read_json(place.config) if place and place.config else {}, part.file)


def _check_experts(path: Path, layout: str, model: str, held: Mapping[str, Part]) -> None:
    wanted = PARTS_OF[model]
    if layout == "diffusers" and len(wanted) == 2 and "transformer" in held:  # its only one is the high-noise expert
        held = {"transformer_high": held["transformer"]}
    if missing := [part for part in wanted if part not in held]:
        expected = EXPECTED.get(layout, {})
        names = ", ".join(f"{part} ({expected[part]})" if part in expected else part for part in missing)
        raise CheckpointError(f"{path} is {model} without {names}; it has {', '.join(held)}.")
    if extra := [part for part in held if part not in wanted]:
        raise CheckpointError(f"{path} is {model} with {', '.join(extra)} beside {', '.join(wanted)}.")
    first, *others = held.values()
    for other in others:
        if other.fields != first.fields:
            raise CheckpointError(f"{first.file} and {other.file} differ: {first.fields} and {other.fields}.")


def _check_latents(held: Mapping[str, Part], video_vae: Part | None) -> None:
    transformer = next(iter(held.values()))
    if video_vae is not None and video_vae.fields["channels"] != transformer.fields["out_channels"]:
        raise CheckpointError(
            f"{video_vae.file} has {video_vae.fields['channels']} latent channels; {transformer.file} makes "
            f"{transformer.fields['out_channels']}."
        )


def _open_ours(path: Path, tables: Tables) -> PublicFolder:
    folder = open_folder(path)
    model = folder.record.get("name")
    if model not in MODELS.values():
        raise CheckpointError(f"{path / 'model.json'} is {model!r}; public models are {', '.join(MODELS.values())}.")
    held = {}
    for part in folder.parts:
        if part not in PARTS:
            raise CheckpointError(
                f"{path / 'model.json'}: {part!r} is no part of {model}; parts are {', '.join(PARTS)}."
            )
        held[part] = _our_part(folder, part, tables)
    digests = {file["file"]: file for part in folder.parts for file in folder.files(part)}
    tokenizer = path / "tokenizer"
    return PublicFolder(path, "ours", model, held, tokenizer if tokenizer.is_dir() else None, digests)


def _our_part(folder: Folder, part: str, tables: Tables) -> Part:
    """A part under our names. Two autoencoders share these: the table is the one that gives the recorded sizes."""
    kind, source, config = kind_of(part), folder.source(part), folder.config(part)
    config = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
    where, fields = folder.path / "model.json", None
    told = {theirs: config[ours] for ours, theirs in TOLD[kind].items() if ours in config}
    for table in tables[kind]:
        renamed = rename_all(source.entries, table, source="ours", target="diffusers")
        if renamed.unknown:
            continue
        fields = _fields(kind, source, table, told, where)
        if fields == config:
            return Part(source.files[0], source, config, "ours", table)
    if fields is None:
        raise CheckpointError(f"{source.files[0]} is no {kind}: unknown {', unknown '.join(renamed.unknown)}.")
    raise CheckpointError(f"{where}: {part} is recorded as {config}; its shapes say {fields}.")
