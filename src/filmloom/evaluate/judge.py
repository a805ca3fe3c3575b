"""One clip, judged: what it shows, where its subject is, how sharp it is there and how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from filmloom.checkpoints.folder import Folder
from filmloom.evaluate.metrics import EstimateFlow, dis_flow, flicker, flow_consistency, gradient_energy, motion
from filmloom.evaluate.recogniser import Recogniser, RecogniserConfig

SEEN_SIZE = (72, 128)  # rows and columns of what a recogniser is shown


@dataclass(frozen=True)
class Verdict:
    """`named`: field → option; `features` [D]; `energy`: squared gradient inside the subject, 0 where none was found;
    `found`: share of frames with a subject; the rest as in `metrics`, 8-bit levels."""

    named: dict[str, str]
    features: Tensor
    energy: float
    found: float
    flow_error: float
    flow_share: float
    flicker: float


@dataclass(frozen=True)
class Judge:
    """Judges clips [3, F, H, W] in [-1, 1] of any size; the flow is estimated at the clip's own."""

    recogniser: Recogniser
    estimate: EstimateFlow = dis_flow

    @classmethod
    def of(cls, folder: Folder) -> Judge:
        """The recogniser of a model folder."""
        config = folder.build_config("recogniser", RecogniserConfig)
        return cls(folder.load("recogniser", Recogniser(config)).eval().requires_grad_(False))

    @property
    def schema(self) -> dict[str, tuple[str, ...]]:
        return self.recogniser.config.schema

    @torch.no_grad()
    def __call__(self, video: Tensor) -> Verdict:
        seen = self.recogniser(shrunk(video)[None])
        mask = enlarged(seen.mask[0, 0], video)
        moved = motion(video, self.estimate)
        flow = flow_consistency(video, moved)
        return Verdict(
            named={name: options[seen.logits[name][0].argmax()] for name, options in self.schema.items()},
            features=seen.features[0],
            energy=gradient_energy(video, mask),
            found=mask.flatten(1).any(dim=1).float().mean().item(),
            flow_error=flow.error,
            flow_share=flow.share,
            flicker=flicker(video, moved),
        )


def shrunk(video: Tensor) -> Tensor:
    """At the recogniser's size."""
    if tuple(video.shape[-2:]) == SEEN_SIZE:
        return video
    frames = video.transpose(0, 1)
    resized = F.interpolate(frames, size=SEEN_SIZE, mode="bilinear", align_corners=False, antialias=True)
    return resized.transpose(0, 1)


def enlarged(logits: Tensor, video: Tensor) -> Tensor:
    """Mask logits [F, h, w] → 0 or 1 at the video's size [F, H, W], grown by one cell so that outlines belong to it."""
    grown = F.max_pool2d(logits[:, None], 3, stride=1, padding=1)
    return (F.interpolate(grown, size=video.shape[-2:], mode="bilinear", align_corners=False)[:, 0] > 0).float()
