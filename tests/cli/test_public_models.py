"""`filmloom models` on a tiny public model: show from headers alone, convert, verify, and refusals with exit code 2."""

from __future__ import annotations

import json
import os

import pytest
import safetensors.torch
import torch

from filmloom.checkpoints.rename import rename
from filmloom.cli import main as entry
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.names.transformer import TABLE


@pytest.fixture
def filmloom(capsys, monkeypatch, tmp_path):
    """Run a command in a fresh folder; gives (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(entry.signal, "signal", lambda *_: None)

    def run(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            entry.main(list(args))
        out, err = capsys.readouterr()
        return stopped.value.code, out, err

    return run


@pytest.fixture
def ti2v(tmp_path):
    """A small transformer of the 5B kind in the original layout, written without diffusers."""
    torch.manual_seed(0)
    config = DiTConfig(
        in_channels=48, width=24, num_layers=2, num_heads=2, mlp_width=40, text_width=32, patch=(1, 2, 2)
    )
    tensors = DiT(config).state_dict()
    original = {rename(name, TABLE, source="ours", target="original"): tensor for name, tensor in tensors.items()}
    path = tmp_path / "model"
    path.mkdir()
    safetensors.torch.save_file(original, path / "diffusion_pytorch_model.safetensors")
    fields = {"dim": 24, "num_heads": 2, "num_layers": 2, "ffn_dim": 40, "in_dim": 48, "out_dim": 48, "freq_dim": 256}
    (path / "config.json").write_text(json.dumps(fields | {"model_type": "ti2v", "eps": 1e-6, "text_len": 512}))
    return path


def test_show_needs_headers_alone(filmloom, ti2v):
    file = ti2v / "diffusion_pytorch_model.safetensors"
    size = file.stat().st_size
    start = 8 + int.from_bytes(file.read_bytes()[:8], "little")
    os.truncate(file, start)
    os.truncate(file, size)  # nothing but holes where the weights were
    code, out, err = filmloom("models", "show", str(ti2v))
    assert (code, err) == (0, "") and out.startswith("wan2.2-ti2v-5b, layout original, no digests recorded.")
    assert "2 layers, width 24, 2 heads, 48 → 48 channels" in out and "F32" in out and "1 file" in out
    assert "unipc, 50 steps" in out and "121 frames at 24 fps" in out


def test_convert_writes_another_layout_and_show_verifies_it(filmloom, ti2v, tmp_path):
    assert filmloom("models", "convert", str(ti2v), "-o", "ours", "--layout", "ours")[:2] == (0, "ours\n")
    code, out, _ = filmloom("models", "show", "ours", "--verify")
    assert code == 0 and out.startswith("wan2.2-ti2v-5b, layout ours, every file has its recorded digest.")
    assert filmloom("models", "convert", "ours", "-o", "back", "--layout", "original")[0] == 0
    there, back = (
        safetensors.torch.load_file(path / "diffusion_pytorch_model.safetensors") for path in (ti2v, tmp_path / "back")
    )
    assert set(there) == set(back) and all(torch.equal(there[name], back[name]) for name in there)
    file = next((tmp_path / "ours").glob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    code, out, err = filmloom("models", "show", "ours", "--verify")
    assert (code, out) == (2, "") and f"{file.name} is corrupt" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", "model/absent"), "mini"),
        (("show", "empty"), "holds no model"),
        (("convert", "absent", "-o", "out"), "absent does not exist"),
        (("convert", "model", "-o", "out", "--layout", "comfyui"), "ours, original, diffusers"),
        (("convert", "model", "-o", "model"), "exists and is not this conversion"),
        (("fetch", "wan3", "-o", "out"), "wan2.2-t2v-a14b-diffusers"),
    ],
)
def test_mistakes_exit_with_2_and_say_what_would_work(filmloom, ti2v, tmp_path, args, said):
    (tmp_path / "empty").mkdir()
    code, out, err = filmloom("models", *args)
    assert (code, out) == (2, "") and said in err and "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_list_names_what_can_be_fetched(filmloom):
    code, out, _ = filmloom("models", "list")
    lines = out.splitlines()
    assert code == 0 and lines[0].startswith("mini  ")
    assert "wan2.2-t2v-a14b  117.5 GiB  to fetch from Wan-AI/Wan2.2-T2V-A14B" in lines


def test_mini_is_shown_and_verified_as_ever(filmloom):
    plain = filmloom("models", "show")
    assert plain[0] == 0 and plain[1].startswith("--mode auto films in mode")
    assert filmloom("models", "show", "mini", "--verify") == plain
