"""`filmloom models lora` as a user meets it: a table on stdout, and an exit code that says whether the adapter fits."""

from __future__ import annotations

import pytest
import safetensors.torch
import torch
import typer
from typer.testing import CliRunner

from filmloom.cli.lora import _ranges, lora
from filmloom.core.errors import CheckpointError, RequestError

WIDTH = 5120


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(lora)
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)


def tensors(width, blocks=range(40), rank=2):
    made = {}
    for i in blocks:
        stem = f"diffusion_model.blocks.{i}.self_attn.q"
        made[f"{stem}.lora_down.weight"] = torch.zeros(rank, width, dtype=torch.float16)
        made[f"{stem}.lora_up.weight"] = torch.zeros(width, rank, dtype=torch.float16)
        made[f"{stem}.alpha"] = torch.tensor(1.0)
    return made


def written(path, made):
    safetensors.torch.save_file(made, path)
    return path


def test_a_fitting_file_exits_with_0_and_is_told_in_full(run, tmp_path):
    extra = {
        "diffusion_model.blocks.3.diff_m": torch.zeros(1, 6, WIDTH),
        "diffusion_model.head.head.diff_b": torch.zeros(64),
    }
    done = run(written(tmp_path / "a.safetensors", {**tensors(WIDTH), **extra}))
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[1] == "beside wan2.2-t2v-a14b, wan2.2-i2v-a14b: 122 keys matched, 0 ignored, 0 at fault"
    assert "LoRA 2 1 0.5 native any 40" in lines and "difference - - 1 native any 2" in lines
    assert "0-2, 4-39 self_attn.q" in lines and "3 modulation, self_attn.q" in lines
    assert lines[-1] == "none head.linear.bias"


def test_the_best_fitting_model_is_found_by_shapes(run, tmp_path):
    done = run(written(tmp_path / "a.safetensors", tensors(3072, range(30))))
    assert done.exit_code == 0 and "beside wan2.2-ti2v-5b: 90 keys" in done.stdout
    done = run(written(tmp_path / "b.safetensors", tensors(256, range(2))), "--model", "mini")
    assert "beside mini: " in done.stdout


def test_what_does_not_fit_is_listed_and_exits_with_2(run, tmp_path):
    odd = {
        "diffusion_model.blocks.1.self_attn.qq.lora_up.weight": torch.zeros(1),
        "diffusion_model.blocks.2.self_attn.k.diff_b": torch.zeros(7),
    }
    file = written(tmp_path / "a.safetensors", {**tensors(WIDTH), **odd})
    done = run(file, "--model", "wan2.2-t2v-a14b")
    assert done.exit_code == 2
    assert "120 keys matched, 1 ignored, 1 at fault" in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "diffusion_model.blocks.1.self_attn.qq.lora_up.weight blocks.1.self_attn.q.weight" in lines
    assert any("misshapen: blocks.2.self_attn.k.bias: diff [7] makes [7], should be [5120]" in line for line in lines)


def test_a_file_or_a_model_that_is_not_there(run, tmp_path):
    with pytest.raises(CheckpointError, match="is missing"):
        run(tmp_path / "none.safetensors")
    with pytest.raises(RequestError, match="no-model"):
        run(written(tmp_path / "a.safetensors", tensors(8, [0])), "--model", "no-model")


def test_ranges():
    assert [_ranges(numbers) for numbers in ([0], [0, 1, 2], [0, 2, 3, 7])] == ["0", "0-2", "0, 2-3, 7"]
