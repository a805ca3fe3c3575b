"""The bench: films and renders of the same scenes, judged one clip at a time, and summed up row by row."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from filmloom.evaluate.cases import SPLITS, Case, cases, fields, recoded, rendered
from filmloom.evaluate.judge import Judge, Verdict
from filmloom.evaluate.metrics import frechet_distance, mean_distance
from filmloom.evaluate.sheets import Strip, sheet, strip
from filmloom.generate.pipeline import Film
from filmloom.generate.progress import Reporter
from filmloom.generate.request import Request
from filmloom.generate.window import Geometry
from filmloom.world.captions import LANGUAGES
from filmloom.world.fields import agreeing
from filmloom.world.scene import Scene

ALL = "all"
STRIPS_PER_SPLIT = 4
PLANS_PER_CLIP = 50  # captions read by the planner alone, per clip and split: they cost next to nothing


@dataclass
class Row:
    """Verdicts of one way of making clips, in the order of the cases. `twins`: of the second film (or render) of the
    same prompt, by the case's place. `seconds`: per stage, one number per film."""

    verdicts: list[Verdict] = field(default_factory=list)
    twins: dict[int, Verdict] = field(default_factory=dict)
    strips: list[Strip] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def features(self) -> Tensor:
        return torch.stack([verdict.features for verdict in self.verdicts])

    def mean(self, name: str) -> float:
        """Of a figure over the clips where it could be measured."""
        values = [getattr(verdict, name) for verdict in self.verdicts]
        values = [value for value in values if not math.isnan(value)]
        return float(np.mean(values)) if values else float("nan")

    def diversity(self, places: Sequence[int]) -> float:
        """Mean distance between the two films of a prompt, in features."""
        pairs = [(self.verdicts[i].features, self.twins[i].features) for i in places]
        return mean_distance(*(torch.stack(side) for side in zip(*pairs)))


@dataclass
class Bench:
    """A model under test, its judge and what it is asked."""

    film: Film
    clips: int
    seed: int
    out: Path
    num_worlds: int
    report: Reporter
    done: int = 0

    @cached_property
    def judge(self) -> Judge:
        return Judge.of(self.film.folder)

    @cached_property
    def geometry(self) -> Geometry:
        return Geometry.of(self.film.folder.record)

    @property
    def num_cases(self) -> int:
        return self.clips * len(SPLITS)

    @property
    def seconds(self) -> float:
        """One window: as many frames at the key frames' rate as it holds."""
        return self.geometry.frames / self.geometry.fps

    def world(self, name: str, modes: Sequence[str]) -> dict:
        """All rows of one repertoire, what each case was asked, and the sheets written."""
        asked = list(cases(name, self.clips, self.seed, self.seconds))
        rows: dict[str, Row] = defaultdict(Row)
        self.report.begin("measure", self.num_worlds * self.num_cases)
        for place, case in enumerate(asked):
            for row, video in self.references(case, with_sketch="plan" in modes):
                self.enter(rows[row], case, video)
            rows["ceiling"].twins[place] = self.judge(self.render(case.another))
            for mode in modes:
                self.filmed(rows[mode], place, case, mode)
            self.done += 1
            self.report("measure", self.done, self.num_worlds * self.num_cases)
        sheets = {row: sheet(found.strips, self.out / sheet_name(row, name)).name for row, found in rows.items()}
        found = summaries(asked, rows, tuple(self.judge.schema))
        return {"rows": found, "sheets": sheets, "cases": _told(asked, rows)}

    def references(self, case: Case, *, with_sketch: bool) -> Iterator[tuple[str, Tensor]]:
        """The render of the scene, and what the codec leaves of it."""
        truth = rendered(case.scene, self.geometry)
        yield "ceiling", self.geometry.cropped(truth)[0]
        if "video_vae" not in self.film.folder.parts:
            return
        codec, device = self.film.part("video_vae"), self.film.device
        yield "codec", self.geometry.cropped(recoded(codec, truth, device))[0]
        if with_sketch and codec.config.sketch:
            sketch = rendered(case.scene, self.geometry, style="sketch")
            yield "codec with sketch", self.geometry.cropped(recoded(codec, truth, device, sketch))[0]

    def render(self, scene: Scene) -> Tensor:
        return self.geometry.cropped(rendered(scene, self.geometry))[0]

    def enter(self, row: Row, case: Case, video: Tensor) -> None:
        verdict = self.judge(video)
        row.verdicts.append(verdict)
        if case.number < STRIPS_PER_SPLIT:
            row.strips.append(strip(video, case, wrong(case, verdict)))

    def filmed(self, row: Row, place: int, case: Case, mode: str) -> None:
        """One film of the case's prompt, or two where seeds are compared."""
        with self.film.stream(self.request(case, mode, case.seed)) as stream:
            self.enter(row, case, stream.skeleton())
            for stage, spent in stream.reporter.seconds.items():
                row.seconds[stage].append(spent)
        if case.twice:
            with self.film.stream(self.request(case, mode, case.seed + 1)) as stream:
                row.twins[place] = self.judge(stream.skeleton())

    def request(self, case: Case, mode: str, seed: int) -> Request:
        seconds, fps = self.seconds, self.geometry.fps
        return Request(prompt=case.told.text, mode=mode, seconds=seconds, fps=fps, seed=seed, model=self.film.name)

    def planner(self) -> dict | None:
        """How often the planned scene has what a caption states: per split and field, and per language."""
        if not {"planner", "text_encoder"} <= set(self.film.folder.parts):
            return None
        asked = list(cases("full", PLANS_PER_CLIP * self.clips, self.seed, self.seconds))
        plans = [fields(self.film.plan(self.request(case, "draw", case.seed)).scene) for case in asked]
        names = tuple(fields(asked[0].scene))
        return {"captions": len(asked), **accuracies(asked, plans, names)}


def sheet_name(row: str, world: str) -> str:
    return f"sheet-{row.replace(' ', '-')}{'' if world == 'full' else '-' + world}.png"


def wrong(case: Case, verdict: Verdict) -> dict[str, str]:
    """What the clip seems to show where the prompt states something else."""
    stated = case.fields
    named = agreeing(verdict.named, stated)
    return {name: told for name, told in named.items() if name in stated and told != stated[name]}


def summaries(asked: Sequence[Case], rows: Mapping[str, Row], names: tuple[str, ...]) -> dict[str, dict]:
    """Every row in figures, beside the ceiling and the codec."""
    ceiling = rows["ceiling"]
    limit = accuracies(asked, [verdict.named for verdict in ceiling.verdicts], names)
    places = [i for i, case in enumerate(asked) if case.twice]
    spread = ceiling.diversity(places)
    others = torch.stack([ceiling.twins[i].features for i in range(len(asked))])
    found = {}
    for name, row in rows.items():
        scored = accuracies(asked, [verdict.named for verdict in row.verdicts], names, limit)
        features = others if name == "ceiling" else row.features
        far = row.diversity(places) if row.twins else None
        found[name] = scored | {
            **_picture(row, ceiling),
            "frechet": rounded(frechet_distance(features, ceiling.features), 4),
            "diversity": None if far is None else {"distance": rounded(far, 4), "of_render": ratio(far, spread)},
            "seconds": {stage: rounded(float(np.mean(spent))) for stage, spent in row.seconds.items()} or None,
        }
    return found


def accuracies(
    asked: Sequence[Case],
    named: Sequence[Mapping[str, str]],
    names: Sequence[str],
    limit: Mapping | None = None,
) -> dict:
    """Of what captions state, how much is named right: "accuracy" per split and field, "language" per language.

    Each entry counts `right` and `of`, and is a `share` of 1; with a `limit`, also `of_ceiling`.
    """
    splits = {split: [i for i, case in enumerate(asked) if case.split == split] for split in SPLITS}
    splits[ALL] = list(range(len(asked)))
    table = {split: {name: _hits(asked, named, places, (name,)) for name in names} for split, places in splits.items()}
    for split, places in splits.items():
        table[split][ALL] = _hits(asked, named, places, names)
    if limit is not None:
        for split, row in table.items():
            for name, entry in row.items():
                entry["of_ceiling"] = ratio(entry["share"], limit["accuracy"][split][name]["share"])
    told = {
        language: _hits(asked, named, [i for i, case in enumerate(asked) if case.told.language == language], names)
        for language in LANGUAGES
    }
    return {"accuracy": table, "language": told}


def _picture(row: Row, ceiling: Row) -> dict:
    """Sharpness, flow and flicker beside those of renders."""
    beside = {
        name: ratio(row.mean(name), ceiling.mean(name)) for name in ("energy", "flow_error", "flow_share", "flicker")
    }
    own = {name: rounded(row.mean(name), 5) for name in ("energy", "found", "flow_error", "flow_share", "flicker")}
    return {
        "sharpness": {"energy": own["energy"], "of_render": beside["energy"], "found": own["found"]},
        "flow": {
            "error": own["flow_error"], "error_of_render": beside["flow_error"], "share": own["flow_share"],
            "share_of_render": beside["flow_share"],
        },
        "flicker": {"levels": own["flicker"], "of_render": beside["flicker"]},
    }  # fmt: skip


def _hits(
    asked: Sequence[Case], named: Sequence[Mapping[str, str]], places: Sequence[int], names: Sequence[str]
) -> dict:
    hits = []
    for i in places:
        stated = asked[i].fields
        said = agreeing(named[i], stated)  # of a pair, either one may have been named first
        hits += [said[name] == value for name, value in stated.items() if name in names]
    return {"right": sum(hits), "of": len(hits), "share": rounded(sum(hits) / len(hits), 4) if hits else None}


def _told(asked: Sequence[Case], rows: Mapping[str, Row]) -> list[dict]:
    """Each case's question and what was seen in each row's clip."""
    return [
        {
            "split": case.split, "number": case.number, "language": case.told.language, "prompt": case.told.text,
            "seed": case.seed, "stated": case.fields, "on_sheet": case.number < STRIPS_PER_SPLIT,
            "wrong": {name: wrong(case, row.verdicts[i]) for name, row in rows.items()},
        }
        for i, case in enumerate(asked)
    ]  # fmt: skip


def ratio(value: float | None, of: float | None) -> float | None:
    """None where either is unknown or there is nothing to compare with."""
    if value is None or of is None or math.isnan(value) or math.isnan(of) or of == 0:
        return None
    return rounded(value / of, 4)


def rounded(value: float, digits: int = 3) -> float | None:
    return None if math.isnan(value) else round(value, digits)
