"""An estimate, not a measurement: a few-step clip of 81 frames at 720p, added up from pieces that were measured.

    PYTHONPATH=src python3 bench/gpu/clip.py

Reads forward_1280x720.json and autoencoder_1280x720.json, which their jobs wrote. Four forwards (the distilled
models' steps, unguided), one decode by the fastest way that ran. What is left out: text encoder, loading, swapping
experts, sampler, writing the file. Both experts are assumed to be on the GPU.
"""

from __future__ import annotations

import json
from pathlib import Path

from job import Job

STEPS = 4


def main() -> None:
    job = Job.parsed("clip_estimate", __doc__, size={"default": "1280x720"})
    forward, decode = (opened(job, f"{name}_{job.options.size}") for name in ("forward", "autoencoder"))
    for way in ("ours", "diffusers"):
        for mode in ("eager", "compiled"):
            step = fastest(forward, way=way, mode=mode)
            codec = fastest(decode, way=way)
            if step is None or codec is None:
                job.skip("a piece of it was not measured", way=way, mode=mode)
                continue
            job.add(
                what="estimate from measured pieces",
                way=way,
                mode=mode,
                card=forward["machine"].get("card"),
                forward_seconds=step["seconds"],
                steps=STEPS,
                decode_seconds=codec["seconds"],
                decode=f"{codec['dtype']}, {codec.get('chunk', 1)} at a time",
                seconds=STEPS * step["seconds"] + codec["seconds"],
            )


def opened(job: Job, name: str) -> dict:
    file: Path = job.options.results / f"{name}.json"
    if not file.exists():
        raise SystemExit(f"{file} does not exist: run {name.split('_')[0]}.py first; nothing is estimated without it.")
    record = json.loads(file.read_text())
    assert record["dry_run"] == job.options.dry_run, f"{file} is of a {'dry' if record['dry_run'] else 'real'} run"
    return record


def fastest(record: dict, **about: str) -> dict | None:
    rows = [row for row in record["rows"] if "tflops" in row and about.items() <= row.items()]
    return min(rows, key=lambda row: row["seconds"], default=None)


if __name__ == "__main__":
    main()
