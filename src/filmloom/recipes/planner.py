"""Text encoder and planner together, from captions alone: no picture is drawn.

Every field is asked of every caption: what it states is learnt as a fact, what it leaves open as a distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.checkpoints.folder import open_folder
from filmloom.data.captions import Captioned, cached_captions, captioned_scenes, mistyped
from filmloom.data.schema import indices
from filmloom.models.planner import STATED, Planner
from filmloom.models.text_encoder import TextEncoder, TextEncoderConfig, tokenise
from filmloom.recipes.run import Run, begun, record
from filmloom.training.trainer import Moment, Result, Stage
from filmloom.world.captions import LANGUAGES
from filmloom.world.sample import Repertoire

DENSE = ("zh", "ja", "ko")  # a letter of theirs says more, and takes longer to learn: shown twice as often
OPEN_WEIGHT = 0.3  # of the loss of a field that the caption leaves open
ANCHOR_WEIGHT, ANCHOR_SHARE = 2.0, 0.25  # of the loss that keeps old features; its captions, in batches
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
    rows += [row for row in rows if row.language in DENSE]
    tests = {
        name: list(captioned_scenes(num_tests, seed="test", repertoire=repertoire, scenes=scenes, wordings=wordings))
        for name, (scenes, wordings) in SPLITS.items()
    }
    anchor = anchored(run)
    stage = Stage(
        "planner",
        parts,
        batch=lambda moment: draw_batch(rows, parts, moment, batch_size),
        loss=lambda parts, batch, moment: loss(parts, batch, moment, anchor),
        scores=lambda parts: scores(parts, tests),
        batch_size=batch_size,
        record=record(run, "planner", dict(parts), captions=len(rows), languages=list(LANGUAGES)),
    )
    schedule = run.schedule(learning_rate=1e-3, warmup=100, decay_from=0.5, weight_decay=0.02, ema_decay=0.998)
    return run.train(stage, schedule)


def draw_batch(rows: Sequence[Captioned], parts: nn.ModuleDict, moment: Moment, size: int) -> tuple[Tensor, ...]:
    """Random captions, mistyped: ids [B, T], mask [B, T], options [B, P] and whether each is stated [B, P].

    Captions of like length share a batch, for padding costs as much as text: a quarter of four times as many.
    """
    rng = moment.rng("captions")
    near = sorted((rows[i] for i in rng.integers(len(rows), size=4 * size)), key=lambda row: len(row.text))
    first = size * int(rng.integers(4))  # whole quarters: else the shortest and the longest would hardly ever be drawn
    chosen = near[first : first + size]
    texts = [mistyped(row.text, row.language, rng) for row in chosen]
    return *tokenise(texts, parts["text_encoder"].config), *answers(chosen, parts["planner"].config.schema)


def answers(rows: Sequence[Captioned], schema: dict[str, tuple[str, ...]]) -> tuple[Tensor, Tensor]:
    """Option indices [B, P] and stated flags [B, P] in the schema's order."""
    options = indices([row.fields for row in rows], schema)
    stated = torch.tensor([[name in row.stated for name in schema] for row in rows])
    return torch.stack([options[name] for name in schema], dim=1), stated


@dataclass(frozen=True)
class Anchor:
    """The encoder that the start folder's transformer listens to, and captions of the world it was trained in.

    A transformer stays as it is when the text encoder learns new words, so what it has heard must go on sounding alike
    (learning without forgetting: arXiv 1606.09282)."""

    encoder: TextEncoder
    rows: list[Captioned]

    def loss(self, encoder: TextEncoder, moment: Moment, size: int) -> Tensor:
        """Mean square of what has changed in the features of `size` captions."""
        rng, device = moment.rng("anchor"), encoder.null_tokens.device
        texts = [self.rows[i].text for i in rng.integers(len(self.rows), size=size)]
        ids, mask = (tensor.to(device) for tensor in tokenise(texts, encoder.config))
        with torch.no_grad():
            old = self.encoder(ids, mask)
        new = encoder(ids, mask)
        return F.mse_loss(new.tokens, old.tokens) + F.mse_loss(new.pooled, old.pooled)


def anchored(run: Run) -> Anchor | None:
    """An anchor where the start folder has a transformer; in the languages that its encoder was taught."""
    if run.start is None:
        return None
    folder = open_folder(Path(run.start))
    if not {"transformer", "text_encoder"} <= set(folder.parts):
        return None
    encoder = folder.load("text_encoder", TextEncoder(folder.build_config("text_encoder", TextEncoderConfig)))
    taught = folder.record.get("training", {}).get("planner", {}).get("languages", ["en", "zh"])
    reduced = folder.record.get("repertoire") == "reduced"
    repertoire = Repertoire.reduced() if reduced else Repertoire.full()
    num = run.mini.pick(100, 8_000, 40_000) * len(LANGUAGES) // len(taught)
    rows = cached_captions(run.folder / "anchor", num, seed=run.seed, repertoire=repertoire)
    run.say(f"planner: the features of {', '.join(taught)} in the {'reduced' if reduced else 'whole'} world are kept")
    frozen = encoder.to(run.device).eval().requires_grad_(False)
    return Anchor(frozen, [row for row in rows if row.language in taught])


def loss(
    parts: nn.ModuleDict, batch: tuple[Tensor, ...], moment: Moment, anchor: Anchor | None = None
) -> dict[str, Tensor]:
    """Cross-entropy of every field, less for the open ones, whether each field is stated, and the anchor's pull."""
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
    found = {"loss": (entropy * weight).sum() / weight.sum() + named, "facts": facts, "named": named}
    if anchor is None:
        return found
    away = anchor.loss(parts["text_encoder"], moment, max(2, round(ANCHOR_SHARE * len(ids))))
    return found | {"loss": found["loss"] + ANCHOR_WEIGHT * away, "away": away}


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
