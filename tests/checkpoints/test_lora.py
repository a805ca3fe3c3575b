"""Adapters mean here what they mean to diffusers, PEFT and LyCORIS; they come, change and go bit for bit."""

from __future__ import annotations

import copy
import json
import warnings
import weakref

import pytest
import safetensors.torch
import torch
from torch import nn

from filmloom.checkpoints.lora import (
    Strength,
    examine,
    pair,
    read_lora,
    shapes_of,
    stacked,
    translate,
)
from filmloom.checkpoints.lora_export import save_diffusers
from filmloom.checkpoints.lora_merge import Adapted, merge, merged_source, summed
from filmloom.checkpoints.rename import rename
from filmloom.checkpoints.source import fill, open_safetensors
from filmloom.core.errors import CheckpointError
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.moe import MoE
from filmloom.models.names.transformer import TABLE

CONFIG = DiTConfig(in_channels=16, width=24, num_layers=2, num_heads=2, mlp_width=32, text_width=20, patch=(1, 2, 2))
WAN = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "ffn_dim": 32,
    "num_layers": 2,
    "text_dim": 20,
    "in_channels": 16,
    "out_channels": 16,
    "rope_max_seq_len": 32,
}
RANK, ALPHA = 4, 8.0
BLOCK = [*(f"{attn}.{part}" for attn in ("self_attn", "cross_attn") for part in "qkvo"), "ffn.0", "ffn.2"]
LINEARS = [f"blocks.{i}.{module}" for i in range(2) for module in BLOCK]
OUTER = ["time_embedding.mlp.0", "time_embedding.mlp.2", "time_projection", "text_embedding.0", "text_embedding.2"]


def original(path):
    return rename(path, TABLE, source="ours", target="original")


def diffusers_name(path):
    return rename(path, TABLE, source="ours", target="diffusers")


def under(path):
    return original(path).replace(".", "_")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = DiT(CONFIG).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def shapes(model):
    return shapes_of(model)


@pytest.fixture(scope="module")
def factors(shapes):
    """{our module: (down, up)}."""
    made = torch.Generator().manual_seed(1)
    return {
        path: (
            torch.randn(RANK, shapes[f"{path}.weight"][1], generator=made) / 4,
            torch.randn(shapes[f"{path}.weight"][0], RANK, generator=made) / 4,
        )
        for path in [*LINEARS, *OUTER]
    }


def spelt(factors, paths, down, up, alpha=None):
    """A file's tensors: `down`, `up` and `alpha` turn our module's name into a key."""
    tensors = {}
    for path in paths:
        tensors |= {down(path): factors[path][0], up(path): factors[path][1]}
        if alpha:
            tensors[alpha(path)] = torch.tensor(ALPHA)
    return {key: tensor.clone() for key, tensor in tensors.items()}


def native(factors, paths=LINEARS, *, down="lora_down.weight", up="lora_up.weight", alpha=True):
    ends = [lambda p, e=e: f"diffusion_model.{original(p)}.{e}" for e in (down, up, "alpha")]
    return spelt(factors, paths, *(ends if alpha else ends[:2]))


def peft(factors, paths=LINEARS, *, prefix="transformer."):
    return spelt(factors, paths, *(lambda p, e=e: f"{prefix}{diffusers_name(p)}.lora_{e}.weight" for e in "AB"))


def kohya(factors, paths=LINEARS):
    ends = ("lora_down.weight", "lora_up.weight", "alpha")
    return spelt(factors, paths, *(lambda p, e=e: f"lora_unet_{under(p)}.{e}" for e in ends))


def biases(shapes, paths):
    made = torch.Generator().manual_seed(2)
    return {f"diffusion_model.{original(p)}.diff_b": torch.randn(shapes[f"{p}.bias"], generator=made) for p in paths}


def extracted(factors, shapes):
    """What LightX2V's extractor writes, as far as diffusers reads it."""
    made = torch.Generator().manual_seed(3)
    tensors = native(factors, [*LINEARS, *OUTER], alpha=False)
    head = {"diffusion_model.head.head.diff": torch.randn(shapes["head.linear.weight"], generator=made)}
    return {**tensors, **head, **biases(shapes, [*LINEARS, *OUTER, "head.linear"])}


def written(path, tensors, **metadata):
    safetensors.torch.save_file(tensors, path, metadata=metadata or None)
    return path


def merged(model, *stack):
    again = copy.deepcopy(model)
    merge(again, stack)
    return again.state_dict()


@pytest.fixture
def quiet():
    """diffusers and PEFT warn about their own dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def wan(model, quiet):
    """The same weights in diffusers' class."""
    from diffusers import WanTransformer3DModel

    theirs = WanTransformer3DModel(**WAN)
    theirs.load_state_dict({diffusers_name(name): tensor.clone() for name, tensor in model.state_dict().items()})
    return theirs.eval()


def by_diffusers(wan, source, **where):
    """Weights in our names after diffusers has loaded and fused an adapter: tensors, or a folder and `weight_name`."""
    from diffusers.loaders import WanLoraLoaderMixin

    if isinstance(source, dict):
        source = {key: tensor.clone() for key, tensor in source.items()}  # its converter works in place
    found, metadata = WanLoraLoaderMixin.lora_state_dict(source, return_lora_metadata=True, **where)
    WanLoraLoaderMixin.load_lora_into_transformer(found, wan, adapter_name="x", metadata=metadata)
    wan.fuse_lora()
    return ours(wan.state_dict())


def ours(state):
    state = {name.replace(".base_layer", ""): tensor for name, tensor in state.items() if "lora_" not in name}
    return {rename(name, TABLE, source="diffusers", target="ours"): tensor for name, tensor in state.items()}


def assert_close(found, wanted, atol=1e-6):
    assert found.keys() == wanted.keys()
    for name in wanted:
        error = (found[name] - wanted[name]).abs().max()
        assert error <= atol, f"{name} is off by {error}"


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    assert [name for name in wanted if not torch.equal(found[name], wanted[name])] == []


def changed(found, model):
    return {name for name, tensor in model.state_dict().items() if not torch.equal(found[name], tensor)}


FORMATS = {
    "native with alpha": lambda f, s: native(f),
    "native without alpha": lambda f, s: native(f, alpha=False),
    "native A and B": lambda f, s: native(f, down="lora_A.weight", up="lora_B.weight", alpha=False),
    "diffusers": lambda f, s: peft(f),
    "kohya": lambda f, s: kohya(f),
    "bias deltas": lambda f, s: {**native(f), **biases(s, LINEARS)},
    "extracted": extracted,
}


@pytest.mark.parametrize("name", FORMATS)
def test_merging_equals_diffusers(name, model, shapes, factors, wan):
    tensors = FORMATS[name](factors, shapes)
    lora = translate(tensors, shapes, TABLE)
    lora.report.check()
    assert sum(len(match.keys) for match in lora.report.matched) == len(tensors)
    found = merged(model, (lora.adapter(), 1.0))
    assert_close(found, by_diffusers(wan, tensors))
    assert {f"{path}.weight" for path in LINEARS} <= changed(found, model)


VARIANTS = {
    "to_q_lora.down": lambda p, e: f"transformer.{diffusers_name(p)}_lora.{'down' if e == 'A' else 'up'}.weight",
    "processor": lambda p, e: f"transformer.{processor(p)}_lora.{'down' if e == 'A' else 'up'}.weight",
    ".lora.down": lambda p, e: f"unet.{diffusers_name(p)}.lora.{'down' if e == 'A' else 'up'}.weight",
    "linear layer": lambda p, e: f"{diffusers_name(p)}.lora_linear_layer.{'down' if e == 'A' else 'up'}.weight",
    "bare": lambda p, e: f"diffusion_model.{original(p)}.lora_{e}",
    "default": lambda p, e: f"base_model.model.{diffusers_name(p)}.lora_{e}.default.weight",
    "two prefixes": lambda p, e: f"base_model.model.transformer.{diffusers_name(p)}.lora_{e}.weight",
    "ComfyUI": lambda p, e: f"model.diffusion_model.{original(p)}.lora_{e}.weight",
    "no prefix": lambda p, e: f"{original(p)}.lora_{e}.weight",
    "our names": lambda p, e: f"{p}.lora_{e}.weight",
    "LyCORIS": lambda p, e: f"lycoris_{under(p)}.lora_{'down' if e == 'A' else 'up'}.weight",
    "kohya on diffusers": lambda p, e: (
        f"lora_transformer_{diffusers_name(p).replace('.', '_')}.lora_{'down' if e == 'A' else 'up'}.weight"
    ),
}


def processor(path):
    """blocks.0.attn1.processor.to_out, as diffusers wrote it before PEFT."""
    return diffusers_name(path).replace(".to_", ".processor.to_").replace("to_out.0", "to_out")


@pytest.mark.parametrize("name", VARIANTS)
def test_every_spelling_is_the_same_adapter(name, shapes, factors):
    paths = [*LINEARS, *OUTER]
    lora = translate(spelt(factors, paths, *(lambda p, e=e: VARIANTS[name](p, e) for e in "AB")), shapes, TABLE)
    lora.report.check()
    deltas = lora.adapter().deltas
    assert set(deltas) == {f"{path}.weight" for path in paths}
    for path in paths:
        down, up = factors[path]
        assert torch.equal(deltas[f"{path}.weight"].expanded(), up @ down)
        assert deltas[f"{path}.weight"].scale == 1.0


def test_every_name_of_the_large_models_is_spelt_one_way_only():
    """No two modules of A14B share a spelling, with dots or underscores, in any layout."""
    from filmloom.checkpoints.lora_dialects import spell

    with torch.device("meta"):
        config = DiTConfig(
            in_channels=16, width=5120, num_layers=40, num_heads=40, mlp_width=13824, text_width=4096, patch=(1, 2, 2)
        )
        large = shapes_of(DiT(config))
    names = spell(large, TABLE)
    assert len(large) == 1095 and None not in names.spellings.values()
    for i in (0, 12, 39):
        assert names.find(f"blocks_{i}_cross_attn_o", "lora_up").path == f"blocks.{i}.cross_attn.o"
        assert names.find(f"blocks.{i}.norm3", "diff").path == f"blocks.{i}.norm2"
        assert names.find(f"blocks.{i}", "diff_m").path == f"blocks.{i}.modulation"


def test_whole_differences_reach_norms_modulations_and_convolutions(model, shapes):
    """diffusers drops these: the target is constructed, W + difference."""
    made = torch.Generator().manual_seed(4)
    wanted = {name: tensor + torch.randn(tensor.shape, generator=made) for name, tensor in model.state_dict().items()}
    tensors = {}
    for name, tensor in model.state_dict().items():
        module, _, leaf = name.rpartition(".")
        key = f"{original(module)}.diff" if leaf != "modulation" else module
        key += {"weight": "", "bias": "_b", "modulation": ".diff_m"}[leaf]
        tensors[f"diffusion_model.{key}"] = wanted[name] - tensor
    assert {"diffusion_model.blocks.1.diff_m", "diffusion_model.head.diff_m"} <= set(tensors)
    assert "diffusion_model.blocks.0.norm3.diff_b" in tensors
    lora = translate(tensors, shapes, TABLE)
    lora.report.check()
    assert_close(merged(model, (lora.adapter(), 1.0)), wanted)
    half = {name: tensor + 0.5 * (wanted[name] - tensor) for name, tensor in model.state_dict().items()}
    assert_close(merged(model, (lora.adapter(), 0.5)), half)


def test_a_norm_of_lycoris_and_a_convolution_of_low_rank(model, shapes):
    made = torch.Generator().manual_seed(5)
    down, up = torch.randn(3, 16, 1, 2, 2, generator=made), torch.randn(24, 3, 1, 1, 1, generator=made)
    tensors = {
        "lycoris_blocks_0_norm3.w_norm": torch.full((24,), 0.25),
        "lycoris_blocks_0_norm3.b_norm": torch.full((24,), 0.5),
        "lora_unet_patch_embedding.lora_down.weight": down,
        "lora_unet_patch_embedding.lora_up.weight": up,
        "lora_unet_patch_embedding.alpha": torch.tensor(1.5),
    }
    lora = translate(tensors, shapes, TABLE)
    lora.report.check()
    assert lora.report.dialects == ["kohya"]
    found, before = merged(model, (lora.adapter(), 2.0)), model.state_dict()
    torch.testing.assert_close(found["blocks.0.norm2.weight"], before["blocks.0.norm2.weight"] + 0.5)
    torch.testing.assert_close(found["blocks.0.norm2.bias"], before["blocks.0.norm2.bias"] + 1.0)
    product = torch.einsum("or,richw->oichw", up[:, :, 0, 0, 0], down)
    torch.testing.assert_close(found["patch_embedding.weight"], before["patch_embedding.weight"] + product)


# LyCORIS


def lycoris_modules():
    from lycoris.modules.locon import LoConModule
    from lycoris.modules.loha import LohaModule
    from lycoris.modules.lokr import LokrModule

    linear, conv = nn.Linear(24, 32), nn.Conv3d(16, 24, (1, 2, 2), (1, 2, 2))
    return {
        "loha": (LohaModule, linear, {}),
        "loha conv": (LohaModule, conv, {}),
        "loha conv tucker": (LohaModule, conv, {"use_tucker": True}),
        "loha rank-stabilised": (LohaModule, linear, {"rs_lora": True}),
        "lokr": (LokrModule, linear, {"lora_dim": 2}),
        "lokr both decomposed": (LokrModule, linear, {"lora_dim": 1, "decompose_both": True, "factor": 4}),
        "lokr whole": (LokrModule, linear, {"full_matrix": True}),
        "lokr unbalanced": (LokrModule, linear, {"lora_dim": 2, "factor": 4, "unbalanced_factorization": True}),
        "lokr conv": (LokrModule, conv, {"lora_dim": 1}),
        "lokr conv whole": (LokrModule, conv, {"full_matrix": True}),
        "lokr conv tucker": (LokrModule, conv, {"lora_dim": 1, "use_tucker": True}),
        "locon conv": (LoConModule, conv, {}),
        "locon conv tucker": (LoConModule, conv, {"use_tucker": True}),
    }


LYCORIS = (
    "loha",
    "loha conv",
    "loha conv tucker",
    "loha rank-stabilised",
    "lokr",
    "lokr both decomposed",
    "lokr whole",
    "lokr unbalanced",
    "lokr conv",
    "lokr conv whole",
    "lokr conv tucker",
    "locon conv",
    "locon conv tucker",
)


@pytest.mark.parametrize("name", LYCORIS)
def test_lycoris_modules_expand_as_lycoris_does(name, shapes, quiet):
    torch.manual_seed(6)
    kind, layer, settings = lycoris_modules()[name]
    module = kind("x", layer, **{"lora_dim": 3, "alpha": 1.5, **settings})
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter))
    stored = {key: tensor.detach().clone() for key, tensor in module.custom_state_dict().items()}
    target = "ffn_0" if isinstance(layer, nn.Linear) else "patch_embedding"
    stem = f"lycoris_blocks_0_{target}" if target == "ffn_0" else f"lycoris_{target}"
    lora = translate({f"{stem}.{key}": tensor for key, tensor in stored.items()}, shapes, TABLE)
    lora.report.check()
    (delta,) = lora.adapter().deltas.values()
    wanted = module.make_weight() * module.scale if name.startswith("locon") else module.get_weight(delta.shape)
    torch.testing.assert_close(delta.expanded() * delta.scale, wanted.detach().view(delta.shape), rtol=1e-5, atol=1e-5)
    up, down = delta.low_rank()
    torch.testing.assert_close((up @ down).view(delta.shape), wanted.detach().view(delta.shape), rtol=1e-5, atol=2e-5)
    assert len(down) <= min(up.shape[0], down.shape[1])


# PEFT's own files


def peft_config(kind):
    from peft import LoHaConfig, LoKrConfig, LoraConfig

    modules = ["to_q", "to_out.0", "net.2", "time_proj"]
    return {
        "lora": LoraConfig(r=4, lora_alpha=6, target_modules=modules, init_lora_weights=False),
        "patterns": LoraConfig(
            r=4,
            lora_alpha=6,
            target_modules=modules,
            rank_pattern={"blocks.0.attn1.to_q": 2},
            alpha_pattern={"attn1.to_q": 3, "blocks.1.ffn.net.2": 16},
            init_lora_weights=False,
        ),
        "rank-stabilised": LoraConfig(
            r=4, lora_alpha=6, target_modules=modules, use_rslora=True, init_lora_weights=False
        ),
        "bias": LoraConfig(r=4, lora_alpha=6, target_modules=modules, lora_bias=True, init_lora_weights=False),
        "loha": LoHaConfig(r=2, alpha=3, target_modules=modules, init_weights=False),
        "lokr": LoKrConfig(r=2, alpha=3, target_modules=modules, init_weights=False),
    }[kind]


@pytest.mark.parametrize("kind", ["lora", "patterns", "rank-stabilised", "bias", "loha", "lokr"])
def test_a_folder_that_peft_saved_merges_as_peft_merges(kind, model, shapes, wan, tmp_path):
    from peft import get_peft_model

    torch.manual_seed(7)
    adapted = get_peft_model(wan, peft_config(kind))
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.copy_(0.3 * torch.randn_like(parameter))
    adapted.save_pretrained(tmp_path)
    lora = read_lora(tmp_path, shapes, TABLE)
    found = merged(model, (lora.adapter(), 1.0))
    assert_close(found, ours(adapted.merge_and_unload().state_dict()))
    assert len(changed(found, model)) >= 7


def test_metadata_that_diffusers_writes_gives_alpha(model, shapes, factors, wan, tmp_path):
    config = {
        "r": RANK,
        "lora_alpha": 6,
        "alpha_pattern": {"blocks.0.attn1.to_q": 12},
        "target_modules": [diffusers_name(path) for path in LINEARS],
    }
    metadata = json.dumps({f"transformer.{key}": value for key, value in config.items()})
    file = written(tmp_path / "a.safetensors", peft(factors), format="pt", lora_adapter_metadata=metadata)
    lora = read_lora(file, shapes, TABLE)
    assert lora.adapter().deltas["blocks.0.self_attn.q.weight"].scale == 3.0
    assert lora.adapter().deltas["blocks.1.self_attn.q.weight"].scale == 1.5
    theirs = by_diffusers(wan, str(tmp_path), weight_name="a.safetensors")
    assert_close(merged(model, (lora.adapter(), 1.0)), theirs)


def test_a_tensor_alpha_outweighs_the_configured_one(shapes, factors, tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": RANK, "lora_alpha": 2}))
    tensors = native(factors)
    del tensors[f"diffusion_model.{original('blocks.0.ffn.0')}.alpha"]
    written(tmp_path / "adapter_model.safetensors", tensors)
    deltas = read_lora(tmp_path, shapes, TABLE).adapter().deltas
    assert deltas["blocks.0.ffn.0.weight"].scale == 2 / RANK
    assert deltas["blocks.0.ffn.2.weight"].scale == ALPHA / RANK


# Merging, unmerging, swapping


@pytest.fixture(scope="module")
def two(factors, shapes):
    """Two adapters that overlap: all block linears with biases and a modulation, and some of them as a LoHa."""
    made = torch.Generator().manual_seed(8)
    one = {**native(factors), **biases(shapes, LINEARS), "diffusion_model.blocks.1.diff_m": torch.ones(1, 6, 24)}
    parts = {"hada_w1_a": (32, 3), "hada_w1_b": (3, 24), "hada_w2_a": (32, 3), "hada_w2_b": (3, 24)}
    other = {
        f"lycoris_{under(path)}.{part}": torch.randn(shape, generator=made)
        for path in ("blocks.0.ffn.0", "blocks.1.ffn.0")
        for part, shape in parts.items()
    }
    return tuple(translate(tensors, shapes, TABLE).adapter() for tensors in (one, other))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("with_source", [False, True], ids=["kept", "from the file"])
def test_swapping_equals_a_fresh_merge_and_unmerging_restores_every_bit(dtype, with_source, model, two, tmp_path):
    live = copy.deepcopy(model).to(dtype)
    before = {name: tensor.clone() for name, tensor in live.state_dict().items()}
    source = open_safetensors(written(tmp_path / "m.safetensors", before)) if with_source else None
    one, other = two
    adapted = Adapted(live, source)
    fresh = copy.deepcopy(live)
    for stack in ([(one, 0.8)], [(other, 1.0), (one, -0.3)], [(other, 0.25)], [(one, 0.5), (one, 0.5), (other, 1.0)]):
        adapted.swap(stack)
        assert_same(live.state_dict(), merged(fresh, *stack))
    adapted.unmerge()
    assert_same(live.state_dict(), before)
    adapted.merge(other, 0.7)
    adapted.merge(one)
    assert_same(live.state_dict(), merged(fresh, (other, 0.7), (one, 1.0)))
    adapted.unmerge()
    assert_same(live.state_dict(), before)


def test_subtracting_would_not_have_restored_them(model, two):
    """Why originals are kept: in bfloat16 what was added cannot be taken away."""
    live = copy.deepcopy(model).to(torch.bfloat16)
    before = {name: tensor.clone() for name, tensor in live.state_dict().items()}
    merge(live, [(two[0], 1.0)])
    merge(live, [(two[0], -1.0)])
    assert not torch.equal(live.state_dict()["blocks.0.ffn.0.weight"], before["blocks.0.ffn.0.weight"])


def test_only_differing_weights_are_kept_and_none_with_a_source(model, two, tmp_path):
    source = open_safetensors(written(tmp_path / "m.safetensors", model.state_dict()))
    for adapted, held in ((Adapted(copy.deepcopy(model)), 2), (Adapted(copy.deepcopy(model), source), 0)):
        adapted.swap([(two[0], 1.0)])
        adapted.swap([(two[1], 1.0)])
        assert sum(kept is not None for kept in adapted._kept.values()) == held
        assert set(adapted._kept) == {"blocks.0.ffn.0.weight", "blocks.1.ffn.0.weight"}


def test_a_module_that_differs_from_its_file_is_refused(model, two, tmp_path):
    source = open_safetensors(written(tmp_path / "m.safetensors", model.state_dict()))
    live = copy.deepcopy(model)
    live.blocks[0].ffn[0].weight[0, 0] += 1
    before = {name: tensor.clone() for name, tensor in live.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"blocks\.0\.ffn\.0\.weight is not as .*m\.safetensors has it"):
        Adapted(live, source).swap([(two[1], 1.0)])
    assert_same(live.state_dict(), before)


def test_an_interrupted_swap_can_be_undone(model, two, monkeypatch):
    live = copy.deepcopy(model)
    adapted = Adapted(live)
    calls = []

    def failing(weight, changes):
        calls.append(1)
        if len(calls) == 5:
            raise MemoryError
        return summed(weight, changes)

    monkeypatch.setattr("filmloom.checkpoints.lora_merge.summed", failing)
    with pytest.raises(MemoryError):
        adapted.swap([(two[0], 1.0)])
    assert len(changed(live.state_dict(), model)) == 4
    adapted.unmerge()
    assert_same(live.state_dict(), model.state_dict())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_source_read_with_deltas_equals_merging(dtype, model, two, tmp_path):
    live = copy.deepcopy(model).to(dtype)
    source = open_safetensors(written(tmp_path / "m.safetensors", live.state_dict()))
    stack = [(two[0], 0.6), (two[1], 1.0)]
    streamed = merged_source(source, stack)
    facts = lambda s: [(n, s.shape(n), s.dtype(n), s.file(n)) for n in s.names()]  # noqa: E731
    assert facts(streamed) == facts(source)
    assert_same({name: streamed.read(name) for name in streamed.names()}, merged(live, *stack))
    assert_same(fill(DiT(CONFIG).to(dtype), streamed, where="here").state_dict(), merged(live, *stack))
    untouched = {name: source.read(name) for name in source.names()}
    assert_same(untouched, live.state_dict())


def test_any_source_gains_deltas(model, two, tmp_path):
    """A protocol is asked for, not a class: sources held in memory are wrapped alike."""

    class Held:
        def __init__(self, source):
            self.names, self.shape, self.dtype, self.read, self.file = (
                getattr(source, name) for name in ("names", "shape", "dtype", "read", "file")
            )

    source = open_safetensors(written(tmp_path / "m.safetensors", model.state_dict()))
    plain, wrapped = (merged_source(kind, [(two[0], 0.6)]) for kind in (source, Held(source)))
    assert_same({n: wrapped.read(n) for n in wrapped.names()}, {n: plain.read(n) for n in plain.names()})
    facts = [(e.file, e.shape, e.dtype, e.stored, e.num_bytes) for e in plain.entries.values()]
    assert [(e.file, e.shape, e.dtype, e.stored, e.num_bytes) for e in wrapped.entries.values()] == facts


def test_one_sum_is_alive_at_a_time(model, two, monkeypatch):
    """Merging a 14B expert needs room for one weight, not for a second expert."""
    made = []

    def watched(weight, changes):
        assert not any(earlier() is not None for earlier in made)
        total = summed(weight, changes)
        made.append(weakref.ref(total))
        return total

    monkeypatch.setattr("filmloom.checkpoints.lora_merge.summed", watched)
    merge(copy.deepcopy(model), [(two[0], 1.0)])
    assert len(made) == len(two[0].deltas)


def test_the_sum_is_made_in_float32_and_rounded_once(two, model):
    live = copy.deepcopy(model).to(torch.bfloat16)
    stack = [(two[0], 0.8), (two[1], 0.4)]
    exact = merged(copy.deepcopy(live).float(), *stack)
    assert_same(merged(live, *stack), {name: tensor.bfloat16() for name, tensor in exact.items()})


def test_strength_zero_changes_nothing_and_strengths_are_linear(model, two):
    assert_same(merged(model, (two[0], 0.0)), model.state_dict())
    once, twice = (merged(model, (two[0], strength)) for strength in (0.5, 1.0))
    before = model.state_dict()
    assert_close({n: 2 * (once[n] - before[n]) for n in before}, {n: twice[n] - before[n] for n in before}, atol=2e-6)


def test_adapters_of_another_model_touch_nothing(model, two, tmp_path):
    from dataclasses import replace

    small = DiT(replace(CONFIG, width=16)).requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"blocks\.0\.self_attn\.q\.weight is \[16, 16\].* changes \[24, 24\]"):
        merge(small, [(two[0], 1.0)])
    assert_same(small.state_dict(), before)
    source = open_safetensors(written(tmp_path / "m.safetensors", before))
    with pytest.raises(CheckpointError, match="do not fit"):
        merged_source(source, [(two[0], 1.0)])


def test_output_changes_as_diffusers_output_does(model, shapes, factors, wan):
    """Not only weights: the adapted transformer says what diffusers' adapted transformer says."""
    tensors = {**native(factors), **biases(shapes, LINEARS)}
    live = copy.deepcopy(model)
    merge(live, [(translate(tensors, shapes, TABLE).adapter(), 0.5)])
    from diffusers.loaders import WanLoraLoaderMixin

    found = WanLoraLoaderMixin.lora_state_dict({key: tensor.clone() for key, tensor in tensors.items()})
    WanLoraLoaderMixin.load_lora_into_transformer(found, wan, adapter_name="x")
    wan.set_adapters("x", 0.5)
    made = torch.Generator().manual_seed(9)
    latent, text = torch.randn(1, 16, 2, 4, 4, generator=made), torch.randn(1, 5, 20, generator=made)
    with torch.no_grad():
        theirs = wan(latent, torch.tensor([500]), text).sample
        mine = live(latent, torch.tensor([0.5]), text).velocity
        bare = model(latent, torch.tensor([0.5]), text).velocity
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    assert (mine - bare).abs().max() > 0.01


# Experts


def test_one_file_serves_both_experts_with_their_own_strengths(model, shapes, factors, two):
    lora = translate(native(factors), shapes, TABLE)
    loras = [(lora, Strength(high=1.0, low=0.25))]
    high, low = (merged(model, *stacked(loras, expert)) for expert in ("high", "low"))
    before, name = model.state_dict(), "blocks.0.ffn.0.weight"
    torch.testing.assert_close(low[name] - before[name], 0.25 * (high[name] - before[name]), rtol=0, atol=1e-6)
    assert stacked(loras)[0][1] == 1.0


def test_a_folder_with_a_file_for_each_expert(shapes, factors, tmp_path):
    doubled = {path: (down, 2 * up) for path, (down, up) in factors.items()}
    written(tmp_path / "high_noise_model.safetensors", native(factors))
    written(tmp_path / "low_noise_model.safetensors", native(doubled))
    lora = read_lora(tmp_path, shapes, TABLE)
    name = "blocks.1.cross_attn.v.weight"
    high, low = (lora.adapter(expert).deltas[name] for expert in ("high", "low"))
    assert torch.equal(low.expanded(), 2 * high.expanded())
    assert {match.expert for match in lora.report.matched} == {"high", "low"}
    with pytest.raises(CheckpointError, match="two noise experts; this model has one"):
        lora.adapter()


@pytest.mark.parametrize(
    ("high", "low"), [("transformer.", "transformer_2."), ("high.", "low."), ("high_noise_model.", "low_noise_model.")]
)
def test_prefixes_tell_experts_apart(high, low, shapes, factors):
    """diffusers' second transformer is the low-noise expert."""
    doubled = {path: (down, 2 * up) for path, (down, up) in factors.items()}
    lora = translate({**peft(factors, prefix=high), **peft(doubled, prefix=low)}, shapes, TABLE)
    lora.report.check()
    assert set(lora.adapters) == {"high", "low"} == {match.expert for match in lora.report.matched}
    name = "blocks.0.self_attn.k.weight"
    assert torch.equal(lora.adapter("low").deltas[name].expanded(), 2 * lora.adapter("high").deltas[name].expanded())


def test_a_file_for_the_low_expert_leaves_the_high_one_alone(shapes, factors):
    lora = translate(peft(factors, prefix="transformer_2."), shapes, TABLE)
    assert lora.adapter("high") is None and stacked([(lora, Strength())], "high") == []
    assert len(lora.adapter("low").deltas) == len(LINEARS)


def test_keys_for_any_expert_beside_keys_for_one_are_not_dropped_in_silence(shapes, factors):
    tensors = {**native(factors, OUTER), **peft(factors, prefix="high.")}
    refused(
        tensors, shapes, "duplicate: keys for any expert lie beside keys for the high-noise expert", allow_ignored=True
    )


def test_two_single_files_become_one(shapes, factors):
    lora = translate(native(factors), shapes, TABLE)
    both = pair(lora, translate(peft(factors), shapes, TABLE))
    assert set(both.adapters) == {"high", "low"} and len(both.report.matched) == 2 * len(LINEARS)


# Refusals


def refused(tensors, shapes, words, **allowed):
    with pytest.raises(CheckpointError, match=words):
        translate(tensors, shapes, TABLE).report.check(**allowed)


def test_unknown_keys_are_listed_with_the_nearest_parameter_unless_allowed(shapes, factors):
    strange = {
        "diffusion_model.blocks.1.self_attn.qq.lora_down.weight": torch.zeros(4, 24),
        "diffusion_model.blocks.0.cross_attn.k_img.lora_up.weight": torch.zeros(24, 4),
        "lora_te_text_model_encoder.lora_down.weight": torch.zeros(4, 24),
        "diffusion_model.blocks.1.self_attn.q.bias_thing": torch.zeros(24),
    }
    tensors = {**native(factors), **strange}
    report = translate(tensors, shapes, TABLE).report
    assert {one.key for one in report.ignored} == set(strange)
    nearest = {one.key: one.nearest for one in report.ignored}
    assert nearest["diffusion_model.blocks.1.self_attn.qq.lora_down.weight"] == "blocks.1.self_attn.q.weight"
    assert nearest["diffusion_model.blocks.0.cross_attn.k_img.lora_up.weight"] == "blocks.0.cross_attn.k.weight"
    refused(tensors, shapes, r"qq\S* names nothing here \(nearest: blocks\.1\.self_attn\.q\.weight\)")
    report.check(allow_ignored=True)


def test_every_key_is_matched_ignored_or_at_fault(shapes, factors):
    tensors = {
        **native(factors),
        "diffusion_model.blocks.0.ffn.1.lora_down.weight": torch.zeros(4, 24),
        "diffusion_model.blocks.0.norm3.diff": torch.zeros(25),
        "diffusion_model.head.head.lora_down.weight": torch.zeros(4, 24),
        "diffusion_model.patch_embedding.alpha": torch.tensor(1.0),
    }
    report = translate(tensors, shapes, TABLE).report
    told = [key for match in report.matched for key in match.keys]
    told += [one.key for one in report.ignored] + [key for fault in report.faults for key in fault.keys]
    assert sorted(told) == sorted(tensors)


def test_layers_beyond_the_model_are_unknown(shapes, factors):
    tensors = {
        f"diffusion_model.blocks.7.ffn.0.lora_{end}.weight": t for end, t in zip("AB", factors["blocks.0.ffn.0"])
    }
    refused(tensors, shapes, r"blocks\.7\.ffn\.0.*nearest: blocks\.\d\.ffn\.0\.weight")


def test_a_lora_for_a_wider_expert_names_each_misshapen_parameter(shapes):
    wide = shapes_of(DiT(DiTConfig(**{**vars(CONFIG), "width": 48})))
    down, up = torch.zeros(4, 48), torch.zeros(48, 4)
    tensors = {
        "diffusion_model.blocks.0.self_attn.q.lora_down.weight": down,
        "diffusion_model.blocks.0.self_attn.q.lora_up.weight": up,
    }
    assert len(translate(tensors, wide, TABLE).adapter().deltas) == 1
    words = r"self_attn\.q\.weight: lora_down \[4, 48\], lora_up \[48, 4\] makes \[48, 48\], should be \[24, 24\]"
    refused(tensors, shapes, words, allow_ignored=True)
    report = translate(tensors, shapes, TABLE).report
    assert [fault.kind for fault in report.misshapen] == ["misshapen"] and not report.ignored


MISSHAPEN = {
    "ranks differ": {"lora_down.weight": (3, 24), "lora_up.weight": (24, 4)},
    "transposed": {"lora_down.weight": (32, 4), "lora_up.weight": (4, 32)},
    "equal count of values": {"lora_down.weight": (4, 12), "lora_up.weight": (48, 4)},
    "no axis": {"lora_down.weight": (), "lora_up.weight": (24, 4)},
    "a difference": {"diff": (24, 25)},
    "a flat difference": {"diff": (576,)},
    "a bias": {"diff_b": (25,)},
    "loha": {"hada_w1_a": (24, 2), "hada_w1_b": (2, 24), "hada_w2_a": (24, 2), "hada_w2_b": (2, 25)},
    "lokr": {"lokr_w1": (4, 4), "lokr_w2": (6, 7)},
}


@pytest.mark.parametrize("name", MISSHAPEN)
def test_factors_that_do_not_make_the_weight_are_misshapen(name, shapes):
    tensors = {
        f"diffusion_model.blocks.0.self_attn.q.{end}": torch.zeros(shape) for end, shape in MISSHAPEN[name].items()
    }
    report = translate(tensors, shapes, TABLE).report
    assert [fault.kind for fault in report.faults] == ["misshapen"] and not report.matched
    assert "blocks.0.self_attn.q" in str(report.faults[0])


FAULTS = {
    "no up": ("incomplete", ["lora_down.weight"]),
    "no second": ("incomplete", ["hada_w1_a", "hada_w1_b"]),
    "half a pair": ("incomplete", ["lokr_w1", "lokr_w2_a"]),
    "alpha alone": ("incomplete", ["alpha"]),
    "two kinds": ("duplicate", ["lora_down.weight", "lora_up.weight", "diff"]),
    "both spellings": ("duplicate", ["lora_down.weight", "lora_A.weight", "lora_up.weight"]),
    "two biases": ("duplicate", ["lora_A.weight", "lora_B.weight", "lora_B.bias", "diff_b"]),
    "whole and factored": ("duplicate", ["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2"]),
    "DoRA": ("unsupported", ["lora_down.weight", "lora_up.weight", "dora_scale"]),
    "PEFT's DoRA": ("unsupported", ["lora_A.weight", "lora_B.weight", "lora_magnitude_vector.default.weight"]),
    "OFT": ("unsupported", ["oft_blocks"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_one_delta_is_a_fault_by_name(name, shapes):
    kind, ends = FAULTS[name]
    tensors = {f"diffusion_model.blocks.0.self_attn.q.{end}": torch.zeros(24, 24) for end in ends}
    report = translate(tensors, shapes, TABLE).report
    assert kind in [fault.kind for fault in report.faults]
    refused(tensors, shapes, kind, allow_ignored=True)


def test_two_dialects_are_told_and_may_not_meet(shapes, factors):
    half = len(LINEARS) // 2
    apart = {**native(factors, LINEARS[:half]), **kohya(factors, LINEARS[half:]), **peft(factors, OUTER)}
    report = translate(apart, shapes, TABLE).report
    report.check()
    assert report.dialects == ["native", "kohya", "diffusers"]
    refused(
        {**native(factors), **kohya(factors, LINEARS[:1])}, shapes, r"duplicate: two keys say lora_down for blocks\.0"
    )


def test_values_that_are_no_floats_and_alphas_that_are_no_number(shapes):
    stem = "diffusion_model.blocks.0.self_attn.q"
    pair_of = {f"{stem}.lora_down.weight": torch.zeros(4, 24), f"{stem}.lora_up.weight": torch.zeros(24, 4)}
    refused({key: tensor.to(torch.int8) for key, tensor in pair_of.items()}, shapes, "holds torch.int8, not floats")
    refused({**pair_of, f"{stem}.alpha": torch.tensor([1.0, 2.0])}, shapes, "alpha should be one finite number")
    refused({**pair_of, f"{stem}.alpha": torch.tensor(float("nan"))}, shapes, "alpha should be one finite number")
    translate({**pair_of, f"{stem}.alpha": torch.tensor([2.0])}, shapes, TABLE).report.check()


def test_files_that_are_no_adapters(shapes, model, tmp_path):
    words = r"m\.safetensors holds no adapter for this.*blocks\.0\S+ does not end as an adapter's keys do"
    for allowed in (False, True):
        with pytest.raises(CheckpointError, match=words):
            read_lora(written(tmp_path / "m.safetensors", model.state_dict()), shapes, TABLE, allow_ignored=allowed)
    with pytest.raises(CheckpointError, match=r"none\.safetensors is missing"):
        read_lora(tmp_path / "none.safetensors", shapes, TABLE)
    written(tmp_path / "n.safetensors", model.state_dict())
    with pytest.raises(CheckpointError, match=r"m\.safetensors, n\.safetensors; it should hold one"):
        examine(tmp_path, shapes, TABLE)
    (tmp_path / "m.safetensors").write_bytes(b"not safetensors at all")
    with pytest.raises(CheckpointError, match="truncated or damaged"):
        read_lora(tmp_path / "m.safetensors", shapes, TABLE)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "IA3"}, "peft_type is 'IA3'; LORA, LOHA, LOKR can be merged"),
        ({"r": 4, "lora_alpha": "8"}, "lora_alpha '8' and .* should hold numbers"),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"a": None, "b": "c"}}, "should hold numbers"),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"(": 1}}, r"'\(', which is not a regular expression"),
        ({"r": 0, "lora_alpha": 8}, "r is 0; it must be positive"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(config, words, shapes, factors, tmp_path):
    written(tmp_path / "adapter_model.safetensors", peft(factors))
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=words):
        read_lora(tmp_path, shapes, TABLE)


def test_reading_changes_no_tensor(shapes, factors):
    tensors = native(factors)
    before = {key: tensor.clone() for key, tensor in tensors.items()}
    translate(tensors, shapes, TABLE)
    assert_same(tensors, before)


# Export


def test_an_exported_adapter_means_the_same_to_diffusers_and_here(model, shapes, two, wan, tmp_path):
    """LoRA with alpha, biases, a LoHa and a whole difference, of mixed ranks, in one file."""
    made = torch.Generator().manual_seed(10)
    stem = "diffusion_model."
    tensors = {
        f"{stem}blocks.0.self_attn.q.lora_down.weight": torch.randn(5, 24, generator=made),
        f"{stem}blocks.0.self_attn.q.lora_up.weight": torch.randn(24, 5, generator=made),
        f"{stem}blocks.0.self_attn.q.alpha": torch.tensor(3.0),
        f"{stem}blocks.1.self_attn.q.diff_b": torch.randn(24, generator=made),
        f"{stem}blocks.1.ffn.2.diff": torch.randn(24, 32, generator=made),
        f"{stem}blocks.0.cross_attn.k.lokr_w1": torch.randn(4, 4, generator=made),
        f"{stem}blocks.0.cross_attn.k.lokr_w2_a": torch.randn(6, 2, generator=made),
        f"{stem}blocks.0.cross_attn.k.lokr_w2_b": torch.randn(2, 6, generator=made),
        f"{stem}patch_embedding.lora_down.weight": torch.randn(2, 16, 1, 2, 2, generator=made),
        f"{stem}patch_embedding.lora_up.weight": torch.randn(24, 2, 1, 1, 1, generator=made),
        f"{stem}text_embedding.0.lora_down.weight": torch.randn(3, 20, generator=made),
        f"{stem}text_embedding.0.lora_up.weight": torch.randn(24, 3, generator=made),
        f"{stem}time_projection.1.lora_down.weight": torch.randn(3, 24, generator=made),
        f"{stem}time_projection.1.lora_up.weight": torch.randn(144, 3, generator=made),
    }
    lora = translate(tensors, shapes, TABLE)
    lora.report.check()
    both = {**lora.adapter().deltas, **two[1].deltas}
    adapter = type(two[1])(both, "mixed")
    assert save_diffusers(adapter, tmp_path / "out.safetensors", shapes, TABLE) == []
    assert [file.name for file in tmp_path.iterdir()] == ["out.safetensors"]
    wanted = merged(model, (adapter, 1.0))
    again = read_lora(tmp_path / "out.safetensors", shapes, TABLE)
    assert again.report.dialects == ["diffusers"]
    assert_close(merged(model, (again.adapter(), 1.0)), wanted, atol=1e-5)
    assert_close(by_diffusers(wan, str(tmp_path), weight_name="out.safetensors"), wanted, atol=1e-5)


def test_exporting_loses_no_bit_where_the_scale_is_a_power_of_two(shapes, factors, tmp_path):
    half = {key: tensor.half() for key, tensor in native(factors).items()}
    adapter = translate(half, shapes, TABLE).adapter()
    save_diffusers(adapter, tmp_path / "out.safetensors", shapes, TABLE)
    again = read_lora(tmp_path / "out.safetensors", shapes, TABLE).adapter()
    assert again.deltas.keys() == adapter.deltas.keys()
    for name, delta in adapter.deltas.items():
        assert torch.equal(again.deltas[name].expanded(), delta.expanded() * delta.scale)
        assert again.deltas[name].factors["lora_up"].dtype == torch.float16


def test_exporting_what_diffusers_cannot_say_is_an_error_unless_allowed(shapes, two, tmp_path):
    file = tmp_path / "out.safetensors"
    with pytest.raises(CheckpointError, match=r"cannot say blocks\.1\.modulation"):
        save_diffusers(two[0], file, shapes, TABLE)
    assert not file.exists()
    assert save_diffusers(two[0], file, shapes, TABLE, allow_ignored=True) == ["blocks.1.modulation"]
    assert len(read_lora(file, shapes, TABLE).adapter().deltas) == 2 * len(LINEARS)


# mini


def test_mini_takes_adapters_under_the_same_names(factors):
    config = DiTConfig(
        in_channels=4,
        width=24,
        num_layers=2,
        num_heads=2,
        mlp_width=32,
        text_width=20,
        moe=MoE(experts=2, hidden=8),
        control_channels=3,
        step_embedding=True,
    )
    mini = DiT(config).requires_grad_(False)
    made = torch.Generator().manual_seed(11)
    tensors = {
        **native(factors, [path for path in LINEARS if not path.startswith("blocks.1.ffn")]),
        "diffusion_model.blocks.1.ffn.gate.lora_A.weight": torch.randn(2, 24, generator=made),
        "diffusion_model.blocks.1.ffn.gate.lora_B.weight": torch.randn(2, 2, generator=made),
        "diffusion_model.blocks.1.ffn.experts.down.diff": torch.randn(2, 8, 24, generator=made),
        "diffusion_model.residual_head.linear.diff_b": torch.randn(4, generator=made),
        "lora_unet_time_embedding_step_0.lora_down.weight": torch.randn(2, 256, generator=made),
        "lora_unet_time_embedding_step_0.lora_up.weight": torch.randn(24, 2, generator=made),
    }
    lora = translate(tensors, shapes_of(mini), TABLE)
    lora.report.check()
    found = merged(mini, (lora.adapter(), 1.0))
    touched = {"blocks.1.ffn.gate.weight", "blocks.1.ffn.experts.down", "residual_head.linear.bias"}
    assert touched | {"time_embedding.step.0.weight"} <= changed(found, mini)
    assert len(changed(found, mini)) == len(lora.report.matched)
