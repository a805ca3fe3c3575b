"""Text encoder and planner together, from captions alone: no picture is drawn.

Every field is asked of every caption: what it states is learnt as a fact, what it leaves open as a distribution.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.data.captions import Captioned, cached_captions, captioned_scenes, mistyped
from filmloom.data.schema import indices
from filmloom.models.planner import STATED, Planner
from filmloom.models.text_encoder import TextEncoder, tokenise
from filmloom.recipes.run import Run, begun, record
from filmloom.training.trainer import Moment, Result, Stage
from filmloom.world.captions import LANGUAGES
from filmloom.world.sample import Repertoire

OPEN_WEIGHT = 0.3  # of the loss of a field that the caption leaves open
SPLITS = {
    "unseen wordings": ("seen", "unseen"),
    "unseen combinations": ("unseen", "seen"),
    "unseen both": ("unseen", "unseen"),
}


def planner(run: Run) -> Result:
    """Train `text_encoder` and `planner`; scores are accuracies over stated fields on what was never seen."""
    num_captions, batch_size, num_tests = run.mini.pick((400, 16, 20), (200_000, 32, 1200), (400_000, 256, 3000))
    repertoire = Repertoire.full()
    classes = {"text_encoder": TextEncoder, "planner": Planner}
    parts = nn.ModuleDict({name: begun(run, name, cls, without=("planner",)) for name, cls in classes.items()})
    run.say(f"planner: {num_captions} captions")
    rows = cached_captions(run.folder / "captions", run.clips or num_captions, seed=run.seed, repertoire=repertoire)
    tests = {
        name: list(captioned_scenes(num_tests, seed="test", repertoire=repertoire, scenes=scenes, wordings=wordings))
        for name, (scenes, wordings) in SPLITS.items()
    }
    stage = Stage(
        "planner",
        parts,
        batch=lambda moment: draw_batch(rows, parts, moment, batch_size),
        loss=loss,
        scores=lambda parts: scores(parts, tests),
        batch_size=batch_size,
        record=record(run, "planner", dict(parts), captions=len(rows)),
    )
    schedule = run.schedule(learning_rate=1e-3, warmup=100, decay_from=0.5, weight_decay=0.02, ema_decay=0.998)
    return run.train(stage, schedule)


def draw_batch(rows: Sequence[Captioned], parts: nn.ModuleDict, moment: Moment, size: int) -> tuple[Tensor, ...]:
    """Random captions, mistyped: ids [B, T], mask [B, T], options [B, P] and whether each is stated [B, P]."""
    rng = moment.rng("captions")
    chosen = [rows[i] for i in rng.integers(len(rows), size=size)]
    texts = [mistyped(row.text, row.language, rng) for row in chosen]
    return *tokenise(texts, parts["text_encoder"].config), *answers(chosen, parts["planner"].config.schema)


def answers(rows: Sequence[Captioned], schema: dict[str, tuple[str, ...]]) -> tuple[Tensor, Tensor]:
    """Option indices [B, P] and stated flags [B, P] in the schema's order."""
    options = indices([row.fields for row in rows], schema)
    stated = torch.tensor([[name in row.stated for name in schema] for row in rows])
    return torch.stack([options[name] for name in schema], dim=1), stated


def loss(parts: nn.ModuleDict, batch: tuple[Tensor, ...], moment: Moment) -> dict[str, Tensor]:
    """Cross-entropy of every field, less for the open ones, and whether each field is stated."""
    planner = parts["planner"]
    device = next(planner.parameters()).device
    ids, mask, options, stated = (tensor.to(device, non_blocking=True) for tensor in batch)
    logits = planner(parts["text_encoder"](ids, mask))
    weight = torch.where(stated, 1.0, OPEN_WEIGHT)
    entropy = torch.stack(
        [
            F.cross_entropy(logits[name].float(), options[:, i], reduction="none")
            for i, name in enumerate(planner.config.schema)
        ],
        dim=1,
    )
    named = F.binary_cross_entropy_with_logits(logits[STATED].float(), stated.float())
    facts = (entropy * stated).sum() / stated.sum().clamp(min=1)
    return {"loss": (entropy * weight).sum() / weight.sum() + named, "facts": facts, "named": named}


def scores(parts: nn.ModuleDict, tests: dict[str, list[Captioned]]) -> dict[str, float]:
    """Share of stated fields that are right, per kind of unseen caption and language; `named`: of `stated` flags."""
    found = {}
    for name, rows in tests.items():
        for language in LANGUAGES:
            spoken = [row for row in rows if row.language == language]
            if not spoken:
                continue
            right, stated, named = judge(parts, spoken)
            found[f"{name}, {language}"] = round(float(right[stated].float().mean()), 4)
            found[f"{name}, {language}, named"] = round(float(named.float().mean()), 4)
        right, stated, _ = judge(parts, rows)
        for i, field in enumerate(parts["planner"].config.schema):
            if stated[:, i].any():
                found[f"{name}: {field}"] = round(float(right[stated[:, i], i].float().mean()), 4)
    return found


def judge(parts: nn.ModuleDict, rows: Sequence[Captioned]) -> tuple[Tensor, Tensor, Tensor]:
    """Per row and field, [B, P]: is the likeliest option right, is the field stated, was that recognised."""
    planner, encoder = parts["planner"], parts["text_encoder"]
    options, stated = answers(rows, planner.config.schema)
    with torch.no_grad():
        logits = planner(encoder.encode([row.text for row in rows]))
    best = torch.stack([logits[name].argmax(dim=-1) for name in planner.config.schema], dim=1).cpu()
    return best == options, stated, (logits[STATED].cpu() > 0) == stated
