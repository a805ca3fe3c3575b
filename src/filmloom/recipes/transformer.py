"""The diffusion transformer on cached latents: rectified flow from text, and with a sketch as control its residual.

Single pictures come first (a fifth of the tokens of a window): places and colours are learnt there, then motion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from filmloom.core.png import grid
from filmloom.core.random import seed_from
from filmloom.data.film_set import Row, to_signed
from filmloom.data.latents import LatentSet, cached_latents
from filmloom.diffusion.denoisers import Denoiser, control_denoiser, velocity_denoiser
from filmloom.diffusion.guidance import guided
from filmloom.diffusion.samplers import euler
from filmloom.diffusion.schedules import add_noise, flow_sigmas, logit_normal_sigmas
from filmloom.evaluate.recogniser import Recogniser
from filmloom.models.dit import DiT
from filmloom.models.text_encoder import Text, TextEncoder
from filmloom.models.video_vae import VideoVAE
from filmloom.recipes.film_set import opened
from filmloom.recipes.recogniser import as_seen, cropped, judge_of, picture
from filmloom.recipes.recogniser import scores as accuracies
from filmloom.recipes.run import Run, begun, frozen, has_part, record
from filmloom.recipes.sizes import Mini
from filmloom.training.losses import pixel_loss, weighted_mean
from filmloom.training.trainer import Moment, Result, Stage

TEXT_DROP = 0.1
ROLLING_SHARE = 0.3  # of windows whose first latent frame is given clean, as the windows after a film's first are
BALANCE_WEIGHT = 1e-2
GOING_ON = 0.5  # of the learning rate and of the single pictures, where earlier weights are refined
SUBJECT_GAIN = 4.0  # a latent cell full of subject counts 1 + this: figures are small, and are learnt last
RESIDUAL_WEIGHTS = (0.15, 2.0)  # in latents, in pixels (second study, section 5)
GUIDANCE = 3.0
PREVIEW_STEPS = 12


@dataclass(frozen=True)
class Library:
    """What the transformer's batches come from: latents, every caption encoded, and the frozen models around them."""

    mini: Mini
    latents: LatentSet
    texts: Text  # row i of the latents has captions num_captions * i ...
    num_captions: int
    null: Text  # of batch 1
    codec: VideoVAE
    sigma_residual: Tensor  # [C], spread of clean - control
    control_share: float
    image_share: float  # of the schedule that is spent on single pictures
    batch_size: int
    device: str


@dataclass(frozen=True)
class Batch:
    """Clean latents [B, C, G, h, w], sketches alike, each latent cell's `weight` [B, 1, G, h, w] in the loss, and per
    sample: is the control there, is the first frame given, what is told."""

    clean: Tensor
    control: Tensor
    weight: Tensor
    present: Tensor
    given: Tensor
    text: Text


def transformer(run: Run) -> Result:
    """Train `transformer`; scores are what the recogniser names in films sampled from captions."""
    parts = nn.ModuleDict({"transformer": begun(run, "transformer", DiT, without=("transformer", "distill"))})
    library = stocked(run, "reduced" if run.reduced else "clips")
    judge = judged(run)
    tests = prompts(run, "reduced_test" if run.reduced else "test", run.mini.pick(2, 16, 128))
    stage = Stage(
        "transformer",
        parts,
        batch=lambda moment: draw_batch(library, moment),
        loss=lambda parts, batch, moment: loss(parts["transformer"], batch, moment, library),
        sheet=lambda parts: sheet(parts["transformer"], library, tests),
        scores=lambda parts: scores(parts["transformer"], library, tests, judge),
        batch_size=library.batch_size,
        record=record(
            run, "transformer", dict(parts), clips=len(library.latents), reduced=run.reduced,
            sigma_residual=[round(v, 5) for v in library.sigma_residual.tolist()],
        ),
    )  # fmt: skip
    rate = run.mini.pick(1e-3, 1e-3, 6e-4) * (GOING_ON if goes_on(run) else 1)
    schedule = run.schedule(learning_rate=rate, warmup=run.mini.pick(10, 100, 300), decay_from=0.6, ema_decay=0.999)
    return run.train(stage, schedule)


def goes_on(run: Run) -> bool:
    """Whether this run refines weights that an earlier one made."""
    return has_part(run, "transformer", without=("transformer", "distill"))


def stocked(run: Run, kind: str) -> Library:
    """Encode what the film set holds by now, and its captions."""
    codec = frozen(run, "video_vae", VideoVAE(run.mini.video_vae))
    encoder = frozen(run, "text_encoder", TextEncoder(run.mini.text_encoder))
    if kind in run.latents:
        return library(run, run.latents[kind], encoder, codec)
    films = opened(run, kind)
    run.say(f"transformer: latents of {len(films)} clips")
    with torch.no_grad():
        folder = run.neighbour("latents") / kind
        latents = cached_latents(films, folder, codec.encode, digest(codec), device=run.device).to(run.device)
    return library(run, latents, encoder, codec)


def library(run: Run, latents: LatentSet, encoder: TextEncoder, codec: VideoVAE) -> Library:
    captions = [caption["text"] for row in latents.rows for caption in row.captions]
    with torch.no_grad():
        null = Text(*(part.clone() for part in (encoder.null(1).tokens, encoder.null(1).pooled)))
    return Library(
        mini=run.mini,
        latents=latents,
        texts=kept_texts(run, encoder, captions),
        num_captions=len(captions) // len(latents),
        null=null,
        codec=codec,
        sigma_residual=residual_spread(latents),
        control_share=run.mini.pick(0.5, 0.3, 0.5),
        image_share=run.mini.pick(0.5, 0.55, 0.25) * (GOING_ON if goes_on(run) else 1),
        batch_size=run.mini.pick(4, 32, 128),
        device=run.device,
    )


def digest(codec: VideoVAE) -> str:
    """A mark of the encoder: latents are good as long as it is the same."""
    data = b"".join(buffer.detach().cpu().numpy().tobytes() for _, buffer in sorted(codec.named_buffers()))
    return hashlib.sha256(data).hexdigest()


def kept_texts(run: Run, encoder: TextEncoder, captions: Sequence[str]) -> Text:
    """Every caption, encoded; on a CPU, where that takes minutes, what was encoded once is kept beside the latents."""
    weights = b"".join(value.detach().cpu().numpy().tobytes() for value in encoder.state_dict().values())
    mark = hashlib.sha256("\n".join(captions).encode() + weights).hexdigest()[:16]
    path = run.neighbour("latents") / f"texts_{mark}.safetensors"
    if path.exists():
        return Text(**load_file(path))
    run.say(f"transformer: encoding {len(captions)} captions")
    texts = encoded_texts(encoder, captions)
    if run.device == "cpu":
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"tokens": texts.tokens, "pooled": texts.pooled}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    return texts


@torch.no_grad()
def encoded_texts(encoder: TextEncoder, captions: Sequence[str], *, size: int | None = None) -> Text:
    """Every caption, encoded; half precision, where the encoder is. Captions of like length share a batch."""
    size = size or (64 if encoder.null_tokens.device.type == "cpu" else 512)
    order = sorted(range(len(captions)), key=lambda i: len(captions[i]))
    chunks = [order[first : first + size] for first in range(0, len(order), size)]
    texts = Text.stack([encoder.encode([captions[i] for i in chunk]).to(torch.float16) for chunk in chunks])
    return texts[torch.tensor(order, device=texts.pooled.device).argsort()]


def residual_spread(latents: LatentSet, *, limit: int = 1024) -> Tensor:
    """[C]: root mean square of clean - control, per channel."""
    numbers = np.arange(min(limit, len(latents)))
    error = latents.take("latent", numbers) - latents.take("control", numbers)
    return error.square().mean(dim=(0, 2, 3, 4)).sqrt().clamp(min=1e-3)


def draw_batch(library: Library, moment: Moment) -> Batch:
    """Pictures in the first part of the schedule, whole windows after: about as many tokens a step either way."""
    rng = moment.rng("clips")
    pictures = moment.fraction < library.image_share
    num = library.batch_size * (4 if pictures else 1)
    numbers = rng.integers(len(library.latents), size=num)
    if pictures:
        names = ("image", "image_control", "image_subject")
        clean, control, subject = (library.latents.take(name, numbers) for name in names)
        which = torch.as_tensor(rng.integers(clean.shape[1], size=num), device=clean.device)
        each = torch.arange(num, device=clean.device)
        clean, control, subject = (part[each, which] for part in (clean, control, subject))
    else:
        clean, control, subject = (library.latents.take(name, numbers) for name in ("latent", "control", "subject"))
    told = numbers * library.num_captions + rng.integers(library.num_captions, size=num)
    text = library.texts[torch.as_tensor(told, device=library.texts.pooled.device)].to(clean.device).to(torch.float32)
    heard = torch.as_tensor(rng.random(num) >= TEXT_DROP, device=clean.device)
    present = torch.as_tensor(rng.random(num) < library.control_share, device=clean.device)
    given = torch.as_tensor(rng.random(num) < (0 if pictures else ROLLING_SHARE), device=clean.device)
    return Batch(
        clean, degraded(control, rng), 1 + SUBJECT_GAIN * subject, present, given, text.where(heard, library.null)
    )


def degraded(control: Tensor, rng: np.random.Generator) -> Tensor:
    """Sketches not to be trusted entirely: a rectangle missing, fine channels gone, colours off. Never shifted."""
    control = control.clone()
    height, width = control.shape[-2:]
    for one in control:
        if rng.random() < 0.2:
            y, x = rng.integers(height), rng.integers(width)
            one[:, :, y : y + max(1, height // 2), x : x + max(1, width // 3)] = 0
        if rng.random() < 0.2:
            one[int(rng.integers(len(one) // 4, len(one))) :] = 0
        if rng.random() < 0.2:
            one *= 1 + 0.2 * float(rng.standard_normal())
    return control


def loss(model: DiT, batch: Batch, moment: Moment, library: Library) -> dict[str, Tensor]:
    """Velocity of every frame that is not given; where a control is present, the residual in latents and pixels."""
    clean, num_frames = batch.clean, batch.clean.shape[2]
    draws = moment.generator("noise", clean.device)
    noise = torch.randn(clean.shape, generator=draws, device=clean.device)
    sigma = noise_levels(batch, draws)
    frames = sigma[:, None].repeat(1, num_frames)
    frames[:, 0] = torch.where(batch.given, 0.0, frames[:, 0])
    x = add_noise(clean, noise, frames)
    out = model(x, frames, batch.text.tokens, pooled=batch.text.pooled, control=batch.control, present=batch.present)
    open_ = (frames > 0)[:, None, :, None, None]
    flow = weighted_mean((out.velocity.float() - (noise - clean)).square(), open_ * batch.weight)
    latent, pixels = residual_losses(out.residual.float(), batch, library)
    total = flow + RESIDUAL_WEIGHTS[0] * latent + RESIDUAL_WEIGHTS[1] * pixels + BALANCE_WEIGHT * out.balance
    idle = out.load.min() if out.load.numel() else out.balance
    return {
        "loss": total,
        "flow": flow,
        "residual": latent,
        "pixels": pixels,
        "balance": out.balance,
        "least load": idle,
    }


def noise_levels(batch: Batch, draws: torch.Generator) -> Tensor:
    """[B]: logit-normal; pure noise for a tenth of the samples from text, for half of those with a control."""
    num, device = len(batch.clean), batch.clean.device
    sigma = logit_normal_sigmas(num, pure_noise=0.1, generator=draws, device=device)
    whole = torch.rand(num, generator=draws, device=device) < 0.5
    return torch.where(batch.present & whole, 1.0, sigma)


def residual_losses(residual: Tensor, batch: Batch, library: Library) -> tuple[Tensor, Tensor]:
    """Of control + sigma_residual * residual: squared error in units of sigma_residual, and pixels through the PCA."""
    if not batch.present.any():
        return residual.sum() * 0, residual.sum() * 0
    spread = library.sigma_residual.view(-1, 1, 1, 1)
    rows = batch.present.nonzero().flatten()
    made = batch.control[rows] + spread * residual[rows]
    clean = batch.clean[rows]
    latent = weighted_mean(((made - clean) / spread).square(), batch.weight[rows])
    few = slice(0, 16)
    with torch.autocast(made.device.type, enabled=False):
        pixels = pixel_loss(library.codec.pca_decode(made[few]), library.codec.pca_decode(clean[few]))
    return latent, pixels


@dataclass(frozen=True)
class Prompts:
    """Held-back clips: their captions encoded, their sketches as latents, their rows."""

    text: Text
    control: Tensor
    rows: list[Row]

    def __len__(self) -> int:
        return len(self.rows)


def prompts(run: Run, kind: str, num: int) -> Prompts:
    films = opened(run, kind)
    codec = frozen(run, "video_vae", VideoVAE(run.mini.video_vae))
    encoder = frozen(run, "text_encoder", TextEncoder(run.mini.text_encoder))
    rows = films.rows[:num]
    with torch.no_grad():
        sketches = films.batches("sketch", 16, limit=num)
        control = torch.cat([codec.encode(to_signed(sketch.to(run.device))) for sketch in sketches])
        texts = [encoder.encode([row.captions[i % len(row.captions)]["text"]]) for i, row in enumerate(rows)]
    return Prompts(Text.stack(texts), control, rows)


def judged(run: Run) -> Recogniser | None:
    """The recogniser, where it has been trained."""
    return judge_of(run)


@torch.no_grad()
def sampled(
    model: DiT, library: Library, text: Text, control: Tensor | None, *, num_steps: int = PREVIEW_STEPS, seed: int = 0
) -> Tensor:
    """Latents for these prompts: from the text with guidance, or around the given sketches."""
    shape = library.mini.latent
    random = torch.Generator().manual_seed(seed_from("sheet", seed))
    noise = torch.randn(len(text), shape.channels, shape.frames, shape.height, shape.width, generator=random)
    denoiser = from_text(model, library, text) if control is None else from_control(model, library, text, control)
    return euler(denoiser, noise.to(text.pooled.device), flow_sigmas(num_steps))


def from_text(model: DiT, library: Library, text: Text, *, guidance: float = GUIDANCE) -> Denoiser:
    null = Text(library.null.tokens.expand(len(text), -1, -1), library.null.pooled.expand(len(text), -1))

    def toward(heard: Text) -> Denoiser:
        return velocity_denoiser(
            lambda x, sigma, *step: (
                model(x, sigma, heard.tokens, pooled=heard.pooled, step=step[0] if step else None).velocity
            )
        )

    return guided(toward(text), toward(null), guidance)


def from_control(model: DiT, library: Library, text: Text, control: Tensor) -> Denoiser:
    def residual(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
        return model(
            x, sigma, text.tokens, pooled=text.pooled, control=control, step=step[0] if step else None
        ).residual

    return control_denoiser(residual, control, library.sigma_residual)


def films(model: DiT, library: Library, tests: Prompts, *, controlled: bool, size: int = 16, sample=sampled) -> Tensor:
    """Decoded samples [n, 3, F, H, W] for all prompts."""
    made = []
    for first in range(0, len(tests), size):
        rows = slice(first, first + size)
        control = tests.control[rows] if controlled else None
        latent = sample(model, library, tests.text[rows], control, seed=first)
        with torch.no_grad():
            made.append(library.codec.decode(latent).float().clamp(-1, 1).cpu())
    return torch.cat(made)


def scores(
    model: DiT, library: Library, tests: Prompts, judge: Recogniser | None, *, sample=sampled
) -> dict[str, float]:
    """What the judge names in samples from text, and in samples around sketches."""
    if judge is None:
        return {}
    found = {}
    for name, controlled in (("text", False), ("plan", True)):
        made = films(model, library, tests, controlled=controlled, sample=sample)
        seen = as_seen(made, library.mini)
        right = accuracies(judge, lambda numbers, seen=seen: seen[list(numbers)], tests.rows, library.device)
        found |= {f"{name}: {field}": value for field, value in right.items()}
    return found


def sheet(model: DiT, library: Library, tests: Prompts, *, sample=sampled) -> np.ndarray:
    """Four prompts, five moments each: from text, and below it around the sketch."""
    few = Prompts(tests.text[:4], tests.control[:4], tests.rows[:4])
    lines = []
    kinds = [films(model, library, few, controlled=controlled, sample=sample) for controlled in (False, True)]
    for i in range(len(few)):
        for made in kinds:
            lines.append([picture(cropped(made[i, :, frame], library.mini)) for frame in range(0, made.shape[2], 4)])
    return grid(lines)
