"""The one dial. `Mini("cpu")` says every size of every part: what two cores can teach.

"gpu" is what minutes of a GPU can teach, "toy" what a test can.
"""

from __future__ import annotations

from dataclasses import dataclass

from filmloom.core.errors import RequestError
from filmloom.core.types import Codec, LatentShape, Size
from filmloom.data.schema import schema
from filmloom.evaluate.recogniser import RecogniserConfig
from filmloom.models.dit import DiTConfig
from filmloom.models.interpolator import InterpolatorConfig
from filmloom.models.moe import MoE
from filmloom.models.onsets import OnsetConfig
from filmloom.models.planner import PlannerConfig
from filmloom.models.text_encoder import TextEncoderConfig
from filmloom.models.upsampler import UpsamplerConfig
from filmloom.models.video_vae import VideoVAEConfig
from filmloom.world.events import SHOWN

SIZES = ("toy", "cpu", "gpu")
# What a recogniser can see: all but what is told by tone alone.
SEEN_FIELDS = tuple(name for name in schema() if name not in ("light", "mood"))


@dataclass(frozen=True)
class Mini:
    """All numbers of the built-in model at one size."""

    size: str = "cpu"

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise RequestError("size", self.size, f"it must be one of {', '.join(SIZES)}", "cpu")

    def pick(self, toy, cpu, gpu):
        """The value at this size."""
        return {"toy": toy, "cpu": cpu, "gpu": gpu}[self.size]

    # Geometry. The skeleton is drawn `unit` pixels per frame height and may carry rows above and below the frame, so
    # that it divides into latent cells: 128x80 around a frame of 128x72.
    @property
    def skeleton(self) -> Size:
        return self.pick(Size(64, 48), Size(128, 80), Size(256, 144))

    @property
    def unit(self) -> int:
        return self.pick(36, 72, 144)

    @property
    def overscan(self) -> int:
        """Rows above the frame, and as many below it."""
        return (self.skeleton.height - self.unit) // 2

    @property
    def frame(self) -> Size:
        """The skeleton without its overscan."""
        return Size(self.skeleton.width, self.unit)

    @property
    def num_frames(self) -> int:
        return 17

    @property
    def fps(self) -> int:
        return 8

    @property
    def codec(self) -> Codec:
        return self.video_vae.codec

    @property
    def latent(self) -> LatentShape:
        return self.codec.latent(self.num_frames, self.skeleton)

    @property
    def still(self) -> Size:
        """Pictures that the upsampler learns from, and what they are enlarged from."""
        return self.pick(Size(320, 180), Size(1280, 720), Size(1280, 720))

    @property
    def small_still(self) -> Size:
        return Size(self.still.width // self.upsampler.scale, self.still.height // self.upsampler.scale)

    def geometry(self) -> dict:
        """What `model.json` says about pixels and time."""
        frame, latent = self.frame, self.latent
        return {
            "size": self.size, "width": frame.width, "height": frame.height, "overscan": self.overscan,
            "unit": self.unit, "frames": self.num_frames, "fps": self.fps, "scale": self.upsampler.scale,
            "latent": [latent.channels, latent.frames, latent.height, latent.width],
        }  # fmt: skip

    # Parts.
    @property
    def text_encoder(self) -> TextEncoderConfig:
        if self.size == "toy":
            return TextEncoderConfig(
                width=32, num_layers=1, num_heads=2, mlp_width=48, num_tokens=4, num_buckets=512, num_ngram_buckets=512,
                hash_width=16,
            )  # fmt: skip
        return TextEncoderConfig()

    @property
    def planner(self) -> PlannerConfig:
        return PlannerConfig(schema=schema(), width=self.pick(32, 128, 128), text_width=self.text_encoder.width)

    @property
    def recogniser(self) -> RecogniserConfig:
        whole = schema()
        return RecogniserConfig(schema={name: whole[name] for name in SEEN_FIELDS}, drift=True)

    @property
    def video_vae(self) -> VideoVAEConfig:
        if self.size == "toy":
            return VideoVAEConfig(channels=16, latent_width=16, latent_blocks=1, widths=(16, 8, 8))
        return VideoVAEConfig(channels=self.pick(16, 64, 128), latent_width=self.pick(16, 128, 192))

    @property
    def transformer(self) -> DiTConfig:
        channels = self.codec.channels
        width, layers, heads, mlp = self.pick((32, 2, 2, 64), (256, 6, 4, 768), (320, 8, 5, 960))
        return DiTConfig(
            in_channels=channels, width=width, num_layers=layers, num_heads=heads, mlp_width=mlp,
            text_width=self.text_encoder.width,
            moe=MoE(hidden=self.pick(16, 96, 96), shared_hidden=self.pick(16, 256, 384)),
            control_channels=channels, pooled_text=True, step_embedding=True,
        )  # fmt: skip

    @property
    def interpolator(self) -> InterpolatorConfig:
        return InterpolatorConfig()

    @property
    def upsampler(self) -> UpsamplerConfig:
        width, blocks = self.pick((8, 1), (48, 6), (48, 6))
        return UpsamplerConfig(scale=5, width=width, num_blocks=blocks, text_width=self.text_encoder.width)

    @property
    def onsets(self) -> OnsetConfig:
        return OnsetConfig(
            kinds=SHOWN, width=self.pick(16, 96, 96), eye_widths=self.pick((8, 8, 8), *2 * ((16, 32, 48),))
        )
