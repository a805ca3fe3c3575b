"""Attention over all tokens of A14B, one layer, by each of torch's backends in turn; and over a prompt's 512.

    PYTHONPATH=src python3 bench/gpu/attention.py

40 heads of 128, bfloat16, laid out as the transformer has them. `auto` is what torch chooses by itself. A backend that
cannot run, or wants more memory than there is (math holds all scores), is a row with the reason.
"""

from __future__ import annotations

from contextlib import nullcontext

import torch
from job import TEXT, Job, difference, tokens_of
from torch.nn.attention import SDPBackend, sdpa_kernel

from filmloom.kernels.attention import attention

BACKENDS = {
    "auto": None,
    "flash": SDPBackend.FLASH_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "math": SDPBackend.MATH,
}


@torch.no_grad()
def main() -> None:
    job = Job.parsed("attention", __doc__, sizes={"nargs": "+", "default": ["832x480", "1280x720"]})
    for text in job.options.sizes:
        size = job.size(text)
        num_tokens = tokens_of(job.latent(size))
        for kind, num_keys in (("self", num_tokens), ("cross", TEXT)):
            query, key, value = parts(job, num_tokens, num_keys)
            truth = None
            for name, backend in BACKENDS.items():
                run = by(backend, query, key, value)
                about = {"size": str(size), "kind": kind, "tokens": num_tokens, "keys": num_keys, "backend": name}
                truth = apart(job, run, truth, about)
                flops = 4 * num_tokens * num_keys * query.shape[2] * query.shape[3]
                job.measure(run, flops=flops, products=torch.bfloat16, **about)


def parts(job: Job, num_tokens: int, num_keys: int) -> tuple[torch.Tensor, ...]:
    """Query, key, value [1, N, A, d]."""
    heads = job.config.num_heads
    made = {"device": job.device, "dtype": torch.bfloat16}
    return tuple(torch.randn(1, n, heads, job.config.width // heads, **made) for n in (num_tokens, num_keys, num_keys))


def by(backend: SDPBackend | None, *parts: torch.Tensor):
    def run() -> torch.Tensor:
        with nullcontext() if backend is None else sdpa_kernel(backend):
            return attention(*parts)

    return run


def apart(job: Job, run, truth: torch.Tensor | None, about: dict) -> torch.Tensor | None:
    """How far a backend is from `auto`."""
    try:
        found = run()
    except (torch.OutOfMemoryError, RuntimeError):
        return truth  # `measure` meets it again and gives the reason
    if truth is not None:
        job.add(**about, difference_from_auto=difference(found, truth))
    return found if truth is None else truth


if __name__ == "__main__":
    main()
