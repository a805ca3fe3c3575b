"""The public Wan2.2 models: their sizes, and how each is sampled.

    MODELS["wan2.2-t2v-a14b"].transformer      # DiTConfig of either expert
    MODELS["wan2.2-t2v-a14b"].preset.shift     # 12.0, not the 3.0 of the scheduler file beside diffusers' weights

Numbers are those of the original's own configuration (Wan-Video/Wan2.2, wan/configs); files that come with weights
never override a preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from filmloom.core.types import Size
from filmloom.models.dit import DiTConfig
from filmloom.models.umt5 import UMT5_XXL
from filmloom.models.wan_vae import WAN21, WAN22, WanVAEConfig

# What the models were validated against; the original puts it wherever the user's negative prompt is empty.
NEGATIVE = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，"
    "形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走"
)


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How a model is sampled. The high-noise expert serves at sigma >= `boundary`, with `guidance_high`.

    guidance: velocity = without + guidance (with - without); 1 needs one forward a step and no negative prompt.
    `boundary` is None where there is one transformer. `sampler` and `grid` name functions of the diffusion wing.
    `sizes` are those the model was trained for; others are whole multiples of `WanModel.multiple`.
    """

    steps: int
    shift: float
    guidance_high: float
    guidance_low: float
    boundary: float | None
    frames: int
    fps: int
    sizes: tuple[Size, ...]
    sampler: str = "unipc"
    grid: str = "unipc"
    negative: str = NEGATIVE

    @property
    def is_guided(self) -> bool:
        return (self.guidance_high, self.guidance_low) != (1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class WanModel:
    """One public model. `image`: whether a request may bring a first frame: none, required or optional."""

    name: str
    transformer: DiTConfig  # of each expert
    video_vae: WanVAEConfig
    preset: Preset
    distilled: Preset | None = None  # for weights distilled to four steps, merged or as a LoRA
    image: str = "none"
    text_encoder: Mapping[str, Any] = field(default_factory=lambda: UMT5_XXL)
    text_len: int = 512

    @property
    def transformers(self) -> tuple[str, ...]:
        """Names of the transformer parts, the one for high noise first."""
        return ("transformer",) if self.preset.boundary is None else ("transformer_high", "transformer_low")

    @property
    def parts(self) -> tuple[str, ...]:
        return ("text_encoder", *self.transformers, "video_vae")

    @property
    def multiple(self) -> int:
        """Width and height are whole multiples of this many pixels: one token."""
        return self.video_vae.codec.space * self.transformer.patch[-1]


A14B = DiTConfig(
    in_channels=16,
    out_channels=16,
    width=5120,
    num_layers=40,
    num_heads=40,
    mlp_width=13824,
    text_width=4096,
    patch=(1, 2, 2),
)
# Besides the noise, the channels of the image's latent and 4 of a mask that says which frames it covers.
I2V_A14B = replace(A14B, in_channels=16 + 4 + 16)
TI2V_5B = DiTConfig(
    in_channels=48,
    out_channels=48,
    width=3072,
    num_layers=30,
    num_heads=24,
    mlp_width=14336,
    text_width=4096,
    patch=(1, 2, 2),
)

T2V_PRESET = Preset(
    steps=40,
    shift=12.0,
    guidance_high=4.0,
    guidance_low=3.0,
    boundary=0.875,
    frames=81,
    fps=16,
    sizes=(Size(1280, 720), Size(720, 1280), Size(832, 480), Size(480, 832)),
)
# The original suggests a shift of 3 for areas of 832x480. The image gives the aspect, `sizes` only the area.
I2V_PRESET = replace(T2V_PRESET, shift=5.0, guidance_high=3.5, guidance_low=3.5, boundary=0.9)
TI2V_PRESET = Preset(
    steps=50,
    shift=5.0,
    guidance_high=5.0,
    guidance_low=5.0,
    boundary=None,
    frames=121,
    fps=24,
    sizes=(Size(1280, 704), Size(704, 1280)),
)


def distilled(preset: Preset) -> Preset:
    """The four-step models' sampling (Wan2.2-Lightning, LightX2V): two Euler steps for each expert, unguided."""
    return replace(
        preset,
        steps=4,
        shift=5.0,
        guidance_high=1.0,
        guidance_low=1.0,
        boundary=0.875,
        sampler="euler",
        grid="distilled",
        negative="",
    )


MODELS = {
    model.name: model
    for model in (
        WanModel(
            name="wan2.2-t2v-a14b",
            transformer=A14B,
            video_vae=WAN21,
            preset=T2V_PRESET,
            distilled=distilled(T2V_PRESET),
        ),
        WanModel(
            name="wan2.2-i2v-a14b",
            transformer=I2V_A14B,
            video_vae=WAN21,
            preset=I2V_PRESET,
            distilled=distilled(I2V_PRESET),
            image="required",
        ),
        WanModel(
            name="wan2.2-ti2v-5b",
            transformer=TI2V_5B,
            video_vae=WAN22,
            preset=TI2V_PRESET,
            image="optional",
        ),
    )
}
