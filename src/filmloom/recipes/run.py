"""What every recipe is given: where it works, how long, at which size; and where it finds what earlier recipes made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from filmloom.checkpoints.folder import open_folder
from filmloom.core.errors import CheckpointError
from filmloom.core.random import seed_from
from filmloom.data.film_set import FilmSet
from filmloom.data.latents import LatentSet
from filmloom.recipes.grown import HEADS, carried
from filmloom.recipes.sizes import Mini
from filmloom.training.trainer import Habits, Result, Schedule, Stage, run_record, train, trained_weights

USUAL_MINUTES = 30.0  # of a run that is not told how long
BRIEFLY = ("command", "minutes", "samples", "machine")  # what is kept of a run that a later one went on from
# Later runs refine what earlier ones made: the first folder that has the part gives it.
MAKERS = {
    "text_encoder": ("joint", "planner"),
    "planner": ("planner",),
    "recogniser": ("recogniser",),
    "video_vae": ("joint", "autoencoder"),
    "transformer": ("distill", "transformer"),
    "interpolator": ("joint", "interpolator"),
    "upsampler": ("joint", "upsampler"),
    "onsets": ("onsets",),
}


@dataclass(frozen=True)
class Run:
    """One recipe's run in `folder`. Folders of other recipes lie beside it, each named after its recipe.

    `beside` says where else those lie. `start` is a weights folder whose parts are taken where no run has made them.
    `reduced` draws the small world that two cores can learn; `clips` replaces a size's number of clips or captions;
    `kinds` picks what the film set draws, `worker` of `num_workers` shares that work among processes. `films` and
    `latents`, by kind, are used in place of those on disk.
    """

    folder: Path
    size: str = "cpu"
    minutes: float | None = None
    steps: int | None = None
    device: str = "cpu"
    threads: int | None = None
    seed: int = 0
    start: Path | None = None
    beside: Path | None = None
    reduced: bool = False
    clips: int | None = None
    kinds: tuple[str, ...] = ()
    worker: int = 0
    num_workers: int = 1
    save_minutes: float = 3.0
    sheet_minutes: float = 10.0
    compile: bool = False
    report: Callable[[str], None] | None = None
    stop: Callable[[], bool] | None = None
    on_save: Callable[[], None] | None = None
    films: Mapping[str, FilmSet] = field(default_factory=dict)
    latents: Mapping[str, LatentSet] = field(default_factory=dict)

    @property
    def mini(self) -> Mini:
        return Mini(self.size)

    def neighbour(self, name: str) -> Path:
        return Path(self.beside or Path(self.folder).parent) / name

    def say(self, text: str) -> None:
        if self.report is not None:
            self.report(text)

    def schedule(self, **values: object) -> Schedule:
        minutes = USUAL_MINUTES if self.steps is None and self.minutes is None else self.minutes
        return Schedule(steps=self.steps, minutes=minutes, seed=self.seed, **values)

    def habits(self, **values: object) -> Habits:
        shared = {
            name: getattr(self, name)
            for name in ("device", "threads", "save_minutes", "sheet_minutes", "compile", "report", "stop", "on_save")
        }
        return Habits(**shared | values)

    def train(self, stage: Stage, schedule: Schedule, **habits: object) -> Result:
        return train(stage, Path(self.folder), schedule, self.habits(**habits))


def record(run: Run, recipe: str, parts: dict[str, nn.Module], **facts: object) -> dict:
    """What `run.json` keeps of a run: recipe, size, the command that repeats it, and each part's config and size.

    `earlier` lists the runs, oldest first, that made the weights it went on with.
    """
    return {
        "recipe": recipe,
        "size": run.size,
        "command": command(run, recipe),
        "earlier": earlier(run, recipe, parts),
        "configs": {name: dataclasses.asdict(part.config) for name, part in parts.items()},
        "params": {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()},
        **facts,
    }


def command(run: Run, recipe: str) -> str:
    """The line that repeats a run; the start folder by its name, since paths differ between machines."""
    words = [f"filmloom train {recipe} --size {run.size}"]
    words.append(f"--minutes {run.minutes or USUAL_MINUTES:g}" if run.steps is None else f"--steps {run.steps}")
    words += ["--reduced"] if run.reduced else []
    words += [f"--start {Path(run.start).name}"] if run.start is not None else []
    return " ".join(words)


def earlier(run: Run, recipe: str, parts: Iterable[str]) -> list[dict]:
    """The runs of this recipe that the start folder remembers, where it goes on with their weights."""
    if not any(in_start(run, name) or of_another_schema(run, name) for name in parts):
        return []
    before = open_folder(Path(run.start)).record.get("training", {}).get(recipe)
    return [] if before is None else [*before.get("earlier", []), {k: before[k] for k in BRIEFLY if k in before}]


def load_part(run: Run, name: str, module: nn.Module, *, without: tuple[str, ...] = ()) -> nn.Module:
    """Fill `module` with the best weights there are: a neighbour run's, else those of `start`; CheckpointError if none.

    `without` names recipes that are not asked, such as the one that is about to start from these weights.
    """
    for maker in MAKERS[name]:
        folder = run.neighbour(maker)
        if maker not in without and name in run_record(folder).get("configs", {}):
            return filled(module, folder, name)
    if in_start(run, name):
        return open_folder(Path(run.start)).load(name, module)
    places = ", ".join(str(run.neighbour(maker)) for maker in MAKERS[name])
    raise CheckpointError(
        f"no weights for {name}: neither {places} nor a start folder has them; train {MAKERS[name][-1]} first"
    )


def begun(run: Run, name: str, cls: type[nn.Module], *, without: tuple[str, ...]) -> nn.Module:
    """A part to train: new, from the run's seed, or with what an earlier run or the start folder has.

    A planner or recogniser of the start folder that knows fewer fields or options goes on with what it knows."""
    torch.manual_seed(seed_from(run.seed, "new", name))
    module = cls(getattr(run.mini, name))
    if has_part(run, name, without=without):
        return load_part(run, name, module, without=without)
    earlier = of_another_schema(run, name)
    if earlier is not None:
        new = carried(name, module, open_folder(Path(run.start)).load(name, cls(earlier)))
        run.say(f"{name}: went on with {Path(run.start).name}, whose schema lacks {len(new)}: {', '.join(new)}")
    return module


def of_another_schema(run: Run, name: str) -> object | None:
    """The config of the start folder's part where it is this size's but for the schema."""
    if run.start is None or name not in HEADS:
        return None
    folder, config = open_folder(Path(run.start)), getattr(run.mini, name)
    if name not in folder.parts:
        return None
    found = folder.build_config(name, type(config))
    newer = {name: getattr(config, name) for name in ("schema", "drift") if hasattr(config, name)}
    alike = dataclasses.replace(found, **newer) == config
    return found if alike and found != config else None


def filled(module: nn.Module, folder: Path, name: str) -> nn.Module:
    """The averaged weights of the run in `folder`, strictly."""
    try:
        module.load_state_dict(trained_weights(folder, name))
    except RuntimeError as error:
        shown = str(error).replace("\n\t", " ")[:400]
        raise CheckpointError(f"{folder}: {name} was trained in another form; train it again ({shown})") from None
    return module


def has_part(run: Run, name: str, *, without: tuple[str, ...] = ()) -> bool:
    """Whether `load_part` would find weights."""
    made = any(
        name in run_record(run.neighbour(maker)).get("configs", {}) for maker in MAKERS[name] if maker not in without
    )
    return made or in_start(run, name)


def in_start(run: Run, name: str) -> bool:
    """Whether the start folder has the part in this size's form: a small transformer is no use to a large mini."""
    if run.start is None:
        return False
    folder, config = open_folder(Path(run.start)), getattr(run.mini, name)
    return name in folder.parts and folder.build_config(name, type(config)) == config


def frozen(run: Run, name: str, module: nn.Module) -> nn.Module:
    """The part for use only: loaded, on the run's device, in eval mode, without gradients."""
    return load_part(run, name, module).to(torch.device(run.device)).eval().requires_grad_(False)
