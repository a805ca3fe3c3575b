"""Where the parts of a public model lie on disk. Folders alone are looked at here; what files hold is checked later.

original   high_noise_model/ low_noise_model/ (5B: the root)  models_t5_*.pth  Wan2.x_VAE.pth  google/umt5-xxl/
diffusers  transformer/ (the HIGH expert) transformer_2/      text_encoder/    vae/            tokenizer/
comfyui    single files, loose or in diffusion_models/, text_encoders/, vae/; which is which their keys tell
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from filmloom.checkpoints.source import INDEX
from filmloom.core.errors import CheckpointError

SINGLE = (".safetensors", ".gguf", ".pth", ".pt")
PARTS = ("text_encoder", "transformer_high", "transformer_low", "transformer", "video_vae")
LOOSE = (".", "diffusion_models", "unet", "text_encoders", "clip", "vae")
TOKENIZERS = ("tokenizer", "google/umt5-xxl", "umt5-xxl")
UNFINISHED = ".filmloom-convert.json"  # there while a conversion or download is not
WEIGHTS = "diffusion_pytorch_model"
EXPECTED = {
    "original": {
        "text_encoder": "models_t5_umt5-xxl-enc-bf16.pth",
        "transformer_high": "high_noise_model/",
        "transformer_low": "low_noise_model/",
        "transformer": f"{WEIGHTS}*.safetensors",
        "video_vae": "Wan2.1_VAE.pth or Wan2.2_VAE.pth",
    },
    "diffusers": {
        "text_encoder": "text_encoder/",
        "transformer_high": "transformer/",
        "transformer_low": "transformer_2/",
        "transformer": "transformer/",
        "video_vae": "vae/",
    },
}


@dataclass(frozen=True)
class Place:
    """One part's file (an index where there are shards), and the config.json beside it if there is one."""

    file: Path
    config: Path | None = None


@dataclass(frozen=True)
class Found:
    layout: str
    places: dict[str, Place] = field(default_factory=dict)
    loose: tuple[Path, ...] = ()  # comfyui: files whose part is not known yet
    tokenizer: Path | None = None


def kind_of(part: str) -> str:
    """`transformer` for both experts: the kind whose table and shapes apply."""
    return "transformer" if part.startswith("transformer") else part


def find(path: Path) -> Found:
    """The layout of a file or folder, and where its parts lie."""
    if path.is_file():
        return Found("comfyui", loose=(path,))
    if not path.is_dir():
        raise CheckpointError(f"{path} does not exist.")
    if (path / UNFINISHED).is_file():
        raise CheckpointError(f"{path} is an unfinished conversion. Run `filmloom models convert` again to finish it.")
    if (path / "model_index.json").is_file() or (path / "transformer").is_dir():
        return Found("diffusers", _diffusers(path), tokenizer=_tokenizer(path))
    if places := _original(path):
        return Found("original", places, tokenizer=_tokenizer(path))
    loose = [file for folder in LOOSE for file in sorted((path / folder).glob("*")) if file.suffix in SINGLE]
    if not loose:
        raise CheckpointError(
            f"{path} holds no model: neither model.json (ours), nor model_index.json (diffusers), nor "
            f"high_noise_model/ or {WEIGHTS}*.safetensors (original), nor {', '.join(SINGLE)} files (ComfyUI)."
        )
    return Found("comfyui", loose=tuple(loose), tokenizer=_tokenizer(path))


def weights_in(folder: Path) -> Place:
    """The one index, or the one `.safetensors` file, of a part's folder."""
    indices, files = sorted(folder.glob(f"*{INDEX}")), sorted(folder.glob("*.safetensors"))
    chosen = _plainest(indices) or _plainest(files)
    if chosen is None:
        held = ", ".join(file.name for file in indices or files)
        raise CheckpointError(
            f"{folder} holds {held} and no index that says which belong together."
            if held
            else f"{folder} holds no .safetensors file."
        )
    config = folder / "config.json"
    return Place(chosen, config if config.is_file() else None)


def _plainest(files: list[Path]) -> Path | None:
    """The only file, or the one under its usual name beside variants such as `...-bf16`."""
    usual = [file for file in files if file.name.split(".")[0] in (WEIGHTS, "model") and file.name.count(".") in (1, 3)]
    return files[0] if len(files) == 1 else usual[0] if len(usual) == 1 else None


def _diffusers(path: Path) -> dict[str, Place]:
    both = (path / "transformer_2").is_dir()
    folders = {
        "text_encoder": "text_encoder",
        ("transformer_high" if both else "transformer"): "transformer",
        "transformer_low": "transformer_2",
        "video_vae": "vae",
    }
    return {part: weights_in(path / name) for part, name in folders.items() if (path / name).is_dir()}


def _original(path: Path) -> dict[str, Place]:
    places = {}
    for part, pattern in (("text_encoder", "models_t5*.pth"), ("video_vae", "Wan2*_VAE.pth")):
        files = sorted(path.glob(pattern))
        if len(files) > 1:
            raise CheckpointError(f"{path} holds {', '.join(file.name for file in files)}; one of them is the {part}.")
        if files:
            places[part] = Place(files[0])
    for part, name in (("transformer_high", "high_noise_model"), ("transformer_low", "low_noise_model")):
        if (path / name).is_dir():
            places[part] = weights_in(path / name)
    if any(path.glob(f"{WEIGHTS}*")):
        places["transformer"] = weights_in(path)
    return places if any(part.startswith("transformer") for part in places) else {}


def _tokenizer(path: Path) -> Path | None:
    for name in TOKENIZERS:
        if any((path / name / file).is_file() for file in ("tokenizer.json", "spiece.model")):
            return path / name
    return None
