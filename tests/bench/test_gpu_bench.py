"""Jobs for a GPU are rehearsed where there is none: on a bare machine they run, record, and say what they lack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from filmloom.models.wan import A14B

GPU = Path(__file__).parents[2] / "bench" / "gpu"
SOURCE = Path(__file__).parents[2] / "src"
NEVER_THERE = ("typer", "pydantic", "av", "cv2", "rich", "PIL", "transformers", "tokenizers", "huggingface_hub")
RUN = """
import runpy, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} is not on a bare machine")

sys.meta_path.insert(0, Absent())
sys.path.insert(0, {folder!r})
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def rehearsed(script: str, results: Path, *options: str, absent: tuple[str, ...] = (*NEVER_THERE, "diffusers")) -> dict:
    """A dry run in a process of its own → its record."""
    argv = [str(GPU / f"{script}.py"), "--dry-run", "--results", str(results), *options]
    code = RUN.format(absent=absent, folder=str(GPU), argv=argv)
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    before = set(results.glob("*"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, env=env, timeout=300
    )
    assert done.returncode == 0, done.stderr
    made = set(results.glob("*")) - before
    record = json.loads(made.pop().read_text())
    assert not made and record["dry_run"] and record["machine"]["torch"] == torch.__version__
    return record


def timed(record: dict) -> list[dict]:
    return [row for row in record["rows"] if "tflops" in row]


def test_forward_and_autoencoder_beside_diffusers_and_the_clip_added_up(tmp_path):
    pytest.importorskip("diffusers")
    forward = rehearsed("forward", tmp_path, "--size", "1280x720", absent=())
    assert [(row["way"], row["mode"]) for row in timed(forward)] == [
        (way, mode) for mode in ("eager", "compiled") for way in ("ours", "ours, diffusers' rounding", "diffusers")
    ]
    assert {row["mode"] for row in forward["rows"] if row.get("relative_difference", 1) < 0.02} == {"beside diffusers"}
    decode = rehearsed("autoencoder", tmp_path, "--sizes", "1280x720", absent=())
    assert [row["relative_difference"] < 1e-4 for row in timed(decode) if row["way"] == "diffusers"] == [True, False]
    assert [(row["way"], row.get("chunk")) for row in timed(decode)] == 2 * [
        ("diffusers", None), ("ours", 1), ("ours", 2), ("ours", 4),
    ]  # fmt: skip
    clip = rehearsed("clip", tmp_path)
    assert len(clip["rows"]) == 4
    for row in clip["rows"]:
        assert row["what"] == "estimate from measured pieces"
        assert row["seconds"] == 4 * row["forward_seconds"] + row["decode_seconds"]


@pytest.mark.parametrize("script", ["forward", "autoencoder"])
def test_without_diffusers_its_rows_say_so(tmp_path, script):
    record = rehearsed(script, tmp_path, *(["--no-compile"] if script == "forward" else []))
    skipped = [row for row in record["rows"] if "skipped" in row]
    assert skipped and {(row["way"], row["skipped"]) for row in skipped} == {
        ("diffusers", "diffusers is not installed")
    }
    assert timed(record) and record["machine"]["diffusers"] is None


def test_every_backend_of_attention_is_measured_or_says_why_not(tmp_path):
    rows = rehearsed("attention", tmp_path, "--sizes", "832x480")["rows"]
    told = [(row["kind"], row["backend"]) for row in rows if "tflops" in row or "skipped" in row]
    assert told == [(k, b) for k in ("self", "cross") for b in ("auto", "flash", "cudnn", "efficient", "math")]


def test_offload_gives_the_same_bits_and_a_slowdown(tmp_path):
    rows = rehearsed("offload", tmp_path)["rows"]
    assert next(row for row in rows if row["way"] == "layerwise in 1 parts")["equal_bits"]
    assert [row["slowdown"] for row in rows if "slowdown" in row]


def test_the_first_step_leaves_no_files(tmp_path):
    record = rehearsed("first_step", tmp_path / "results", "--work", str(tmp_path / "expert"))
    ours = next(row for row in record["rows"] if row["way"] == "ours")
    assert ours["to_end_of_first_forward"] == ours["load_seconds"] + ours["first_forward_seconds"]
    assert not (tmp_path / "expert").exists()


def test_a_clip_is_not_estimated_from_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, str(GPU / "clip.py"), "--dry-run", "--results", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 1 and "run forward.py first" in done.stderr


@pytest.fixture
def job(monkeypatch):
    monkeypatch.syspath_prepend(str(GPU))
    import job

    return job


@pytest.mark.parametrize(("tokens", "tflop"), [(32_760, 1678.4), (75_600, 6523.4)])
def test_flops_of_a_forward_are_the_specifications(job, tokens, tflop):
    assert job.forward_flops(A14B, tokens) / 1e12 == pytest.approx(tflop, abs=0.05)
    spared = job.forward_flops(A14B, tokens) - job.forward_flops(A14B, tokens, prepared=True)
    assert spared / 1e12 == pytest.approx(2.15 + 0.05, abs=0.01)


def test_flops_are_torchs_count(job):
    """With attention written out: its counter does not know the one that is fused for the CPU."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    model = job.random_expert(job.TOY, torch.device("cpu"), torch.float32)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(torch.randn(1, 16, 2, 8, 12), torch.tensor([0.5]), torch.randn(1, 512, 64))
    assert counter.get_total_flops() == job.forward_flops(job.TOY, 48)
