"""Run folders → the weights folder that is shipped: every part at the precision it bears, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import nn

from filmloom.checkpoints.folder import Folder, config_from_dict, open_folder, save_model
from filmloom.core.errors import CheckpointError
from filmloom.evaluate.recogniser import Recogniser, RecogniserConfig
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.interpolator import Interpolator, InterpolatorConfig
from filmloom.models.light import Light, LightConfig, mark
from filmloom.models.onsets import OnsetConfig, OnsetFinder
from filmloom.models.planner import Planner, PlannerConfig
from filmloom.models.text_encoder import TextEncoder, TextEncoderConfig
from filmloom.models.upsampler import Upsampler, UpsamplerConfig
from filmloom.models.video_vae import VideoVAE, VideoVAEConfig
from filmloom.recipes.light import made_light
from filmloom.recipes.run import MAKERS, Run, filled
from filmloom.recipes.sizes import Mini
from filmloom.training.trainer import Result, run_record, write_json

MAX_FILE, MAX_TOTAL = 15 * 2**20, 40 * 2**20  # bytes
CLASSES: dict[str, tuple[type, type]] = {
    "text_encoder": (TextEncoder, TextEncoderConfig), "planner": (Planner, PlannerConfig),
    "transformer": (DiT, DiTConfig), "video_vae": (VideoVAE, VideoVAEConfig),
    "interpolator": (Interpolator, InterpolatorConfig), "upsampler": (Upsampler, UpsamplerConfig),
    "recogniser": (Recogniser, RecogniserConfig), "onsets": (OnsetFinder, OnsetConfig),
}  # fmt: skip
WITH_LIGHT = CLASSES | {"light": (Light, LightConfig)}  # there only where it was made for this very transformer
# Half precision costs nothing that a score can see; where flows are in pixels, float16's finer steps are kept. The
# transformer takes 8 bits where 16 would not fit into one file.
DTYPES = {
    "text_encoder": "bfloat16", "planner": "float32", "transformer": "bfloat16", "light": "bfloat16",
    "video_vae": "float16",
    "interpolator": "float16", "upsampler": "float16", "recogniser": "float16",
    "onsets": "float16",
}  # fmt: skip
TRAINING_KEYS = (
    "recipe", "command", "minutes", "machine", "step", "samples", "losses", "scores", "clips", "reduced", "languages",
    "walks", "earlier",
)  # fmt: skip


def assemble(run: Run) -> Result:
    """Write `run.folder` from the run folders beside it, with parts of `run.start` where there are none."""
    parts, makers = gathered(run)
    folder = written(run, parts, makers)
    for line in table(folder):
        run.say(line)
    return Result(0, 0.0, True, {}, {"bytes": float(total_bytes(folder)), "parts": float(len(folder.parts))})


def gathered(run: Run) -> tuple[dict[str, nn.Module], dict[str, dict]]:
    """Every part that can be had, and the record of the run that made it."""
    parts, makers = {}, {}
    for name, (cls, config) in CLASSES.items():
        for maker in MAKERS[name]:
            made = run_record(run.neighbour(maker))
            if name in made.get("configs", {}):
                where = f"{run.neighbour(maker)}: {name}"
                module = cls(config_from_dict(config, made["configs"][name], where=where))
                parts[name], makers[name] = filled(module, run.neighbour(maker), name).eval(), made
                break
    return parts, makers


def written(run: Run, parts: Mapping[str, nn.Module], makers: Mapping[str, dict]) -> Folder:
    """The weights folder, atomically; parts of an earlier one are kept where there is nothing newer."""
    earlier = open_folder(Path(run.start)) if run.start is not None else None
    parts = dict(parts)
    for name in earlier.parts if earlier else ():
        if name not in parts and name in WITH_LIGHT:
            cls, config = WITH_LIGHT[name]
            parts[name] = earlier.load(name, cls(earlier.build_config(name, config))).eval()
    parts, makers = lightened(run, parts, makers)
    parts = {name: parts[name] for name in WITH_LIGHT if name in parts}  # the same order, whichever run made what
    old = earlier.record if earlier else {}
    if (Path(run.folder) / "model.json").exists():
        old = old | open_folder(Path(run.folder)).record
    record = {
        "name": "mini", "size": run.size, "licence": "Apache-2.0", "geometry": run.mini.geometry(),
        "preset": preset(run.mini, makers) or old.get("preset", preset(run.mini, {"transformer": {}})),
        "repertoire": repertoire(makers) or old.get("repertoire", "full"),
        "modes": old.get("modes", MODES), "gate": old.get("gate", GATE),
        "training": old.get("training", {}) | {made["recipe"]: trained(made) for made in makers.values()},
    }  # fmt: skip
    folder = save_model(Path(run.folder), parts, record, dtype=dtypes(parts))
    checked(folder)
    return folder


def lightened(
    run: Run, parts: Mapping[str, nn.Module], makers: Mapping[str, dict]
) -> tuple[dict[str, nn.Module], dict[str, dict]]:
    """With the light part of a run beside this one, or of the earlier folder: only where it changes this very
    transformer, since of any other it would make noise."""
    made, whole = run_record(run.neighbour("light")), parts.get("transformer")
    parts, makers = dict(parts), dict(makers)
    of = mark(whole) if whole is not None and dtypes({"transformer": whole})["transformer"] == "bfloat16" else None
    if "light" in made.get("configs", {}) and made["configs"]["light"]["of"] == of:
        config = config_from_dict(LightConfig, made["configs"]["light"], where=str(run.neighbour("light")))
        parts["light"], makers["light"] = made_light(run.neighbour("light"), config, whole), made
    if "light" in parts and parts["light"].config.of != of:
        run.say("light: left out, since it was made for another transformer; train light again")
        del parts["light"]
    if "light" not in parts:
        left_out(Path(run.folder), "light")
    return parts, makers


def left_out(folder: Path, name: str) -> None:
    """The part taken out of a weights folder that is about to be written again."""
    if (folder / "model.json").exists() and name in (record := open_folder(folder).record)["parts"]:
        entry = record["parts"].pop(name)
        write_json(folder / "model.json", record)
        (folder / entry["file"]).unlink()


MODES = {"text": {"passes": False}, "plan": {"passes": False}, "draw": {"passes": True}}
GATE = {
    "attributes": "at least 0.9 of the ceiling", "sharpness": "at least 0.8 of the codec of the truth",
    "flow": "within 0.15 of renders",
}  # fmt: skip


def repertoire(makers: Mapping[str, dict]) -> str | None:
    """Which world the transformer was taught, and so where films from text can be judged."""
    if "transformer" not in makers:
        return None
    return "reduced" if makers["transformer"].get("reduced") else "full"


def trained(made: dict) -> dict:
    """What `model.json` keeps of a run."""
    return {name: made[name] for name in TRAINING_KEYS if name in made}


def preset(mini: Mini, makers: Mapping[str, dict]) -> dict:
    """How to sample: few steps without guidance once distilled, many with guidance before."""
    if "transformer" not in makers:
        return {}
    made = makers["transformer"]
    distilled = made.get("recipe") == "distill"
    walk = (
        {"sampler": "few_step", "steps": 8, "guidance": 1.0}
        if distilled
        else {"sampler": "unipc", "steps": 16, "guidance": 3.0}
    )
    return walk | {
        "few_steps": 4, "shift": 1.0, "sigma_residual": made.get("sigma_residual", 0.7),
        "plan": {"sampler": "euler", "steps": mini.pick(1, 2, 4), "guidance": 1.0},
    }  # fmt: skip


def dtypes(parts: Mapping[str, nn.Module]) -> dict[str, str]:
    """Each part's precision; 8 bits where 16 would make a file too large."""
    chosen = {}
    for name, part in parts.items():
        size = 2 * sum(value.numel() for value in part.state_dict().values())
        chosen[name] = "int8" if size > 0.98 * MAX_FILE else DTYPES[name]
    return chosen


def checked(folder: Folder) -> None:
    """Files of at most 15 MiB, 40 MiB in all, or CheckpointError."""
    large = [name for name, part in folder.record["parts"].items() if part["bytes"] > MAX_FILE]
    if large or total_bytes(folder) > MAX_TOTAL:
        what = ", ".join(large) or f"{total_bytes(folder) / 2**20:.1f} MiB in all"
        raise CheckpointError(f"{folder.path}: {what} is too large; files may have 15 MiB, all of them 40 MiB")


def total_bytes(folder: Folder) -> int:
    return sum(part["bytes"] for part in folder.record["parts"].values())


def table(folder: Folder) -> list[str]:
    """Lines: part, parameters, precision, bytes, who made it."""
    rows = [f"{'part':14} {'parameters':>12} {'as':>9} {'KiB':>8}"]
    for name, part in folder.record["parts"].items():
        rows.append(f"{name:14} {part['params']:12,} {part['dtype']:>9} {part['bytes'] / 1024:8.0f}")
    return [*rows, f"{'all':14} {'':12} {'':>9} {total_bytes(folder) / 1024:8.0f}"]
