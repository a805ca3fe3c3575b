"""`filmloom make` with a public model: the same command, the same file; refusals with exit code 2."""

from __future__ import annotations

import subprocess
import sys

import av
import pytest
import safetensors.torch
import torch

from filmloom.finishing.mp4 import read_settings

QUICK = ("--size", "48x32", "--seconds", "0.5", "--fps", "16", "--steps", "2")


def filmloom(*words, home):
    program = "import sys; from filmloom.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, timeout=300,
        env={"FILMLOOM_HOME": str(home), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("more", [(), ("--lora", "{style}:0.5:0"), ("--fast",)], ids=["plain", "lora", "fast"])
def test_a_public_folder_makes_a_film(diffusers_folder, tmp_path, more):
    style = tmp_path / "style.safetensors"
    name = "diffusion_model.blocks.0.ffn.0"
    factors = {f"{name}.lora_down.weight": torch.ones(2, 24), f"{name}.lora_up.weight": torch.ones(32, 2)}
    safetensors.torch.save_file(factors, style)
    words = [word.format(style=style) for word in more]
    done = filmloom(
        "make", "abba", "--model", diffusers_folder, "-o", tmp_path / "a.mp4", *QUICK, *words, home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    with av.open(tmp_path / "a.mp4") as film:
        assert [film.streams.video[0].frames, film.streams.video[0].average_rate] == [8, 16]
    settings = read_settings(tmp_path / "a.mp4")
    assert settings["model"] == "wan2.2-t2v-a14b"
    assert settings["adapters"] == (["style.safetensors (0.5, 0)"] if "--lora" in more else [])
    assert settings["sampling"]["sampler"] == ("euler" if "--fast" in more else "unipc")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("--mode", "draw"), "films from the text alone"),
        (("--size", "50x32"), "whole multiples of 16"),
        (("--lora", "a.safetensors:strong"), "strengths are numbers"),
        (("--image", __file__), "takes no picture"),
        (("--reference", "comfyui"), "one of original, diffusers"),
    ],
)
def test_what_it_cannot_do_is_refused(diffusers_folder, tmp_path, words, rule):
    done = filmloom(
        "make", "abba", "--model", diffusers_folder, "-o", tmp_path / "a.mp4", *QUICK, *words, home=tmp_path
    )
    assert done.returncode == 2 and rule in done.stderr and not (tmp_path / "a.mp4").exists()


def test_mini_takes_no_adapter(tmp_path):
    done = filmloom("make", "a cat", "-o", tmp_path / "a.mp4", "--lora", "a.safetensors", home=tmp_path)
    assert done.returncode == 2 and "mini takes none" in done.stderr
