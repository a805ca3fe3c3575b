"""An expert of A14B brought to the GPU block by block, beside the same expert resident: peak memory and slowdown.

    PYTHONPATH=src python3 bench/gpu/offload.py --size 832x480
    PYTHONPATH=src python3 bench/gpu/offload.py --size 1280x720

The blocks wait in pinned memory (28.6 GB of it) and are copied while the block before works. With whole feed-forwards
the result must be the same to the bit: `equal_bits`. Where a block's copy (0.7 GB) takes longer than its work, the copy
is what is measured.
"""

from __future__ import annotations

import torch
from job import Job, clocked, forward_flops, free, inputs, random_expert, tokens_of

from filmloom.generate.offload import Held, Place, chunked, layerwise
from filmloom.models.dit import DiT


class Drawn:
    """The source of tensors that no file holds."""

    def file(self, name: str) -> str:
        return "random weights"


@torch.no_grad()
def main() -> None:
    job = Job.parsed("offload", __doc__, size={"default": "832x480"})
    job.name = f"offload_{job.options.size}"
    size, config = job.size(job.options.size), job.config
    latent = job.latent(size)
    x, sigma, text = inputs(latent, config, job.device)
    flops = forward_flops(config, tokens_of(latent), prepared=True)
    about = {"size": str(size), "frames": job.frames, "tokens": tokens_of(latent)}
    place = Place(device=job.device, dtype=torch.bfloat16)

    def measured(model: DiT, way: str) -> torch.Tensor:
        prepared = model.prepared(text)
        run = lambda: model(x, sigma, prepared).velocity  # noqa: E731
        job.measure(run, flops=flops, products=torch.bfloat16, **about, way=way)
        return run()

    model = random_expert(config, job.device)
    truth = measured(model, "resident")
    tensors, seconds = pinned(job, model)
    model.to("meta")
    free()
    job.add(**about, way="expert to pinned memory", seconds=seconds)
    for parts in (1, 4):
        streamed = chunked(layerwise(config, Held(Drawn(), tensors), place), parts)
        found = measured(streamed, f"layerwise, feed-forward in {parts} parts")
        job.add(**about, way=f"layerwise in {parts} parts", equal_bits=torch.equal(found, truth))
        del streamed
        free()
    slowdown(job, about)


def pinned(job: Job, model: DiT) -> tuple[dict[str, torch.Tensor], float]:
    tensors = {}

    def copy() -> None:
        for name, tensor in model.state_dict().items():
            room = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=job.device.type == "cuda")
            tensors[name] = room.copy_(tensor)

    return tensors, clocked(copy, job.device)


def slowdown(job: Job, about: dict) -> None:
    timed = {row["way"]: row for row in job.rows if "tflops" in row}
    resident, streamed = timed.get("resident"), timed.get("layerwise, feed-forward in 1 parts")
    if resident and streamed:
        job.add(**about, way="layerwise over resident", slowdown=streamed["seconds"] / resident["seconds"])


if __name__ == "__main__":
    main()
