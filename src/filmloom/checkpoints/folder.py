"""A model folder: `model.json` beside one `<part>.safetensors` per part.

    model.json = {"format": 1, ..., "parts": {name: {"file", "bytes", "sha256", "dtype", "params", "config"}}}

Format 2, written for large models, splits a part into several files: `"files": [{"file", "bytes", "sha256"}, ...]` in
place of the first three. Format 1 is read and written as ever.

Reading is strict: a missing, truncated or altered file is named; missing, unknown or misshapen tensors are listed.
Writing is atomic per file, `model.json` last, so that a reader never sees half a file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from filmloom.checkpoints.quantised import dequantise, is_worth_quantising, quantise
from filmloom.checkpoints.source import Entry, TensorSource, open_safetensors
from filmloom.core.errors import CheckpointError

FORMAT, FORMAT_OF_SHARDS = 1, 2
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "int8": torch.int8}
SCALE = ".int8_scale"
Config = typing.TypeVar("Config")


@dataclass(frozen=True)
class Folder:
    """A folder whose `model.json` has been read; weights are read part by part with `load`."""

    path: Path
    record: dict

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.record["parts"])

    @property
    def digest(self) -> str:
        """One sha256 for the whole model: that of its parts' digests, in order of their names."""
        lines = [f"{name} {file['sha256']}" for name in sorted(self.parts) for file in self.files(name)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def config(self, part: str) -> dict:
        """The plain values that build `part`."""
        return self._entry(part)["config"]

    def build_config(self, part: str, cls: type[Config]) -> Config:
        """`cls`, a dataclass of plain values (and such dataclasses), filled from the folder; unknown fields refused."""
        return config_from_dict(cls, self.config(part), where=f"{self.path / 'model.json'}: {part}")

    def files(self, part: str) -> list[dict]:
        """{"file", "bytes", "sha256"} of each file of `part`, in order."""
        entry = self._entry(part)
        return entry["files"] if "files" in entry else [{key: entry[key] for key in ("file", "bytes", "sha256")}]

    def source(self, part: str) -> TensorSource:
        """The part's tensors as they are stored, over all its files; weights are read when asked for."""
        entries: dict[str, Entry] = {}
        for listed in self.files(part):
            entries |= open_safetensors(self.path / listed["file"]).entries
        return TensorSource(entries)

    def verify(self) -> None:
        """Every part's files are there with the recorded digests, or CheckpointError names the file."""
        for part in self.parts:
            for file in self.files(part):
                self._read(file)

    def load(self, part: str, module: nn.Module) -> nn.Module:
        """Fill `module` with the part's weights, strictly, and return it."""
        stored: dict[str, Tensor] = {}
        for entry in self.files(part):
            file = self.path / entry["file"]
            try:
                stored |= safetensors.torch.load(self._read(entry))
            except (SafetensorError, ValueError, KeyError) as error:
                raise CheckpointError(f"{file} is not a readable safetensors file ({error}). Fetch it again.") from None
        _fill(module, _restore(stored), file)
        return module

    def _entry(self, part: str) -> dict:
        if part not in self.record["parts"]:
            raise CheckpointError(f"{self.path} has no part {part!r}; it has {', '.join(self.parts) or 'none'}.")
        return self.record["parts"][part]

    def _read(self, entry: dict) -> bytes:
        file = self.path / entry["file"]
        _check_length(file, entry["bytes"])
        data = file.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != entry["sha256"]:
            raise CheckpointError(
                f"{file} is corrupt: sha256 {found[:12]}..., model.json says {entry['sha256'][:12]}.... Fetch it again."
            )
        return data


def open_folder(path: Path) -> Folder:
    """Read and check `model.json` and the lengths of the files it names; no weights are read."""
    path = Path(path)
    file = path / "model.json"
    if not file.is_file():
        raise CheckpointError(f"{path} is not a model folder: {file} does not exist.")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file} is not JSON ({error}).") from None
    _check_record(record, file)
    folder = Folder(path, record)
    for entry in (entry for part in folder.parts for entry in folder.files(part)):
        _check_length(path / entry["file"], entry["bytes"])
    return folder


def save_model(
    folder: Path,
    parts: Mapping[str, nn.Module],
    record: Mapping[str, object],
    *,
    dtype: str | Mapping[str, str] = "float32",
) -> Folder:
    """Write each module to `<part>.safetensors` and `record` to `model.json`; parts there and not given are kept.

    `dtype` is one of float32, bfloat16, float16, int8, for all parts or by part. With int8, parameters of at least 4096
    elements are stored in 8 bits with a scale per row; buffers and small parameters stay float32.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    kept = open_folder(folder).record["parts"] if (folder / "model.json").exists() else {}
    written = {
        name: _serialise(module, dtype if isinstance(dtype, str) else dtype.get(name, "float32"))
        for name, module in parts.items()
    }
    entries = {**kept, **{name: _entry_of(name, parts[name], *made) for name, made in written.items()}}
    whole = {"format": FORMAT, **record, "parts": entries}
    files = {entries[name]["file"]: data for name, (data, _) in written.items()}
    files["model.json"] = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
    _replace_all(folder, files)
    return Folder(folder, json.loads(files["model.json"]))


def config_from_dict(cls: type[Config], data: object, *, where: str) -> Config:
    """A dataclass from `dataclasses.asdict` gone through JSON: nested dataclasses are rebuilt, lists become tuples."""
    if not isinstance(data, dict):
        raise CheckpointError(f"{where}: {data!r} should be an object with the fields of {cls.__name__}.")
    hints = typing.get_type_hints(cls)
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(set(data) - known):
        raise CheckpointError(
            f"{where}: {cls.__name__} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}."
        )
    return cls(**{name: _plain(hints[name], value, f"{where}.{name}") for name, value in data.items()})


def _plain(hint: object, value: object, where: str) -> object:
    if isinstance(value, dict):
        choices = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
        nested = [choice for choice in choices if dataclasses.is_dataclass(choice)]
        return (
            config_from_dict(nested[0], value, where=where)
            if nested
            else {k: _plain(object, v, where) for k, v in value.items()}
        )
    return tuple(_plain(object, item, where) for item in value) if isinstance(value, list) else value


def _check_record(record: object, file: Path) -> None:
    if not isinstance(record, dict) or not isinstance(record.get("parts"), dict):
        raise CheckpointError(f'{file} does not describe a model: it needs an object with "parts".')
    if record.get("format") not in (FORMAT, FORMAT_OF_SHARDS):
        raise CheckpointError(f"{file} has format {record.get('format')!r}; this release reads format {FORMAT}.")
    for name, entry in record["parts"].items():
        sharded = record["format"] == FORMAT_OF_SHARDS
        needed = ("files", "config") if sharded else ("file", "bytes", "sha256", "config")
        _check_fields(entry, needed, f"{file}: part {name!r}")
        for one in entry["files"] if sharded else [entry]:
            _check_fields(one, ("file", "bytes", "sha256"), f"{file}: part {name!r}")
            if Path(one["file"]).name != one["file"]:
                raise CheckpointError(
                    f"{file}: part {name!r} names {one['file']!r}; a part's file lies beside model.json."
                )


def _check_fields(entry: object, needed: tuple[str, ...], where: str) -> None:
    missing = [key for key in needed if not isinstance(entry, dict) or key not in entry]
    if missing:
        raise CheckpointError(f"{where} lacks {', '.join(missing)}.")


def _check_length(file: Path, expected: int) -> None:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing; model.json names it.")
    if (found := file.stat().st_size) != expected:
        raise CheckpointError(
            f"{file} is truncated or altered: {found} bytes, model.json says {expected}. Fetch it again."
        )


def _serialise(module: nn.Module, dtype: str) -> tuple[bytes, str]:
    if dtype not in DTYPES:
        raise CheckpointError(f"dtype is {dtype!r}; it must be one of {', '.join(DTYPES)}.")
    parameters = {name for name, _ in module.named_parameters()}
    tensors: dict[str, Tensor] = {}
    for name, tensor in module.state_dict().items():
        tensor = tensor.detach().cpu()
        if dtype == "int8" and name in parameters and is_worth_quantising(tensor):
            tensors[name], tensors[name + SCALE] = quantise(tensor)
        else:
            tensors[name] = tensor.to(_float_of(dtype)) if tensor.is_floating_point() else tensor
    return safetensors.torch.save({name: tensor.contiguous().clone() for name, tensor in tensors.items()}), dtype


def _float_of(dtype: str) -> torch.dtype:
    return torch.float32 if dtype == "int8" else DTYPES[dtype]


def _entry_of(name: str, module: nn.Module, data: bytes, dtype: str) -> dict:
    return {
        "file": f"{name}.safetensors",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "dtype": dtype,
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "config": dataclasses.asdict(module.config),
    }


def _replace_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file beside its place first, then move them in; a failure while writing changes nothing."""
    beside = {folder / f".{name}.{os.getpid()}.part": folder / name for name in files}
    try:
        for temporary, data in zip(beside, files.values()):
            temporary.write_bytes(data)
        for temporary, final in beside.items():
            os.replace(temporary, final)
    finally:
        for temporary in beside:
            temporary.unlink(missing_ok=True)


def _restore(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    names = [name for name in stored if not name.endswith(SCALE)]
    return {
        name: dequantise(stored[name], stored[name + SCALE]) if name + SCALE in stored else stored[name]
        for name in names
    }


def _fill(module: nn.Module, tensors: Mapping[str, Tensor], file: Path) -> None:
    own = module.state_dict()
    shapes = {name: (list(tensors[name].shape), list(own[name].shape)) for name in own if name in tensors}
    faults = [f"missing {name}" for name in own if name not in tensors]
    faults += [f"unknown {name}" for name in tensors if name not in own]
    faults += [f"{name} is {found}, should be {wanted}" for name, (found, wanted) in shapes.items() if found != wanted]
    if faults:
        shown = "; ".join(faults[:12]) + (f"; and {len(faults) - 12} more" if len(faults) > 12 else "")
        raise CheckpointError(f"{file} does not fit {type(module).__name__}: {shown}.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
