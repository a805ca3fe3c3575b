"""How adapter files spell their keys: a prefix, a module's name in one of three layouts, an ending that says the role.

    diffusion_model.blocks.0.self_attn.q.lora_down.weight          native, ComfyUI, LightX2V
    transformer.blocks.0.attn1.to_q.lora_A.weight                  diffusers, PEFT
    lora_unet_blocks_0_self_attn_q.lora_down.weight                kohya, musubi, LyCORIS

Names are not guessed from patterns: every name the model has is spelt in every layout, with dots and with underscores,
and a file's name is looked up among them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from filmloom.checkpoints.rename import LAYOUTS, Table, rename

# The file's prefix, and the noise expert it means. diffusers' second transformer is the low-noise one.
PREFIXES = {
    "base_model.model.": None,
    "model.diffusion_model.": None,
    "diffusion_model.": None,
    "transformer.": None,
    "transformer_2.": "low",
    "high_noise_model.": "high",
    "low_noise_model.": "low",
    "high.": "high",
    "low.": "low",
    "module.": None,
    "model.": None,
    "unet.": None,
    "lora_unet_": None,
    "lora_transformer_2_": "low",
    "lora_transformer_": None,
    "lycoris_": None,
}

# role: how its key ends. The first that matches counts.
ROLES = {
    "lora_up_bias": r"\.lora_B(?:\.\w+)?\.bias",
    "lora_down": r"\.lora_A(?:\.(?!bias$)\w+)?|\.lora_A\.\w+\.weight|\.lora_down(?:\.weight)?",
    "lora_up": r"\.lora_B(?:\.(?!bias$)\w+)?|\.lora_B\.\w+\.weight|\.lora_up(?:\.weight)?",
    "lora_mid": r"\.lora_mid(?:\.weight)?",
    "old_down": r"(?:_lora|\.lora|\.lora_linear_layer)\.down\.weight",
    "old_up": r"(?:_lora|\.lora|\.lora_linear_layer)\.up\.weight",
    **{f"hada_{part}": rf"\.hada_{part}" for part in ("w1_a", "w1_b", "w2_a", "w2_b", "t1", "t2")},
    **{f"lokr_{part}": rf"\.lokr_{part}" for part in ("w1", "w1_a", "w1_b", "w2", "w2_a", "w2_b", "t2")},
    "alpha": r"\.alpha",
    "diff": r"\.diff|\.w_norm",
    "diff_b": r"\.diff_b|\.b_norm",
    "diff_m": r"[._]diff_m",
}
SAME_ROLE = {"old_down": "lora_down", "old_up": "lora_up"}
ENDINGS = [(SAME_ROLE.get(role, role), re.compile(f"(?:{ending})$")) for role, ending in ROLES.items()]

# Endings of adapters that change a weight in a way no sum of differences can say. Leaving them out would be wrong.
BEYOND = {
    "DoRA": r"\.dora_scale|\.lora_magnitude_vector(?:\.\w+)*",
    "OFT or BOFT": r"\.(?:oft_blocks|oft_diag|rescale)(?:\.\w+)*",
    "GLoRA": r"\.(?:a1|a2|b1|b2|bm)\.weight",
    "T-LoRA": r"\.lambda_layer|\.[qp]_layer\.weight",
    "a replaced weight": r"\.(?:set_weight|reshape_weight)",
}
BEYOND_ENDINGS = [(kind, re.compile(f"(?:{ending})$")) for kind, ending in BEYOND.items()]
BLOCK = re.compile(r"blocks?[._]\d+")
SPELLINGS = {"original": "native", "diffusers": "diffusers", "ours": "filmloom"}


class Key(NamedTuple):
    """A key taken apart: the expert that its prefix means, the module's bare name in the file, and its role."""

    expert: str | None
    bare: str
    role: str
    underscored: bool


class Target(NamedTuple):
    """A module or parameter in our names, and the dialect that spelt it."""

    path: str
    dialect: str


def parse(key: str) -> Key | None:
    """None where the ending is none that adapters use."""
    for role, ending in ENDINGS:
        if found := ending.search(key):
            prefixes, bare = _without_prefixes(key[: found.start()])
            expert = next((PREFIXES[prefix] for prefix in prefixes if PREFIXES[prefix]), None)
            return Key(expert, bare, role, any(prefix.endswith("_") for prefix in prefixes))
    return None


def beyond(key: str) -> str | None:
    """The kind of adapter that `key` belongs to, if it is one that cannot be merged as a difference."""
    return next((kind for kind, ending in BEYOND_ENDINGS if ending.search(key)), None)


def _without_prefixes(name: str) -> tuple[list[str], str]:
    """PEFT's prefix may stand before diffusers', so all of them go."""
    taken = []
    while prefix := next((p for p in sorted(PREFIXES, key=len, reverse=True) if name.startswith(p)), None):
        taken.append(prefix)
        name = name.removeprefix(prefix)
    return taken, name


@dataclass(frozen=True)
class Names:
    """Every spelling of a model's modules and parameters."""

    shapes: Mapping[str, tuple[int, ...]]
    spellings: Mapping[str, Target | None]  # None: two modules share the spelling

    def find(self, bare: str, role: str) -> Target | None:
        """What a file's bare name means. Old diffusers files say `.processor` and leave `to_out`'s number out."""
        plain = re.sub(r"(?<=\.to_out)$", ".0", bare.replace(".processor", ""))
        tails = (".modulation", "_modulation") if role == "diff_m" else ("",)
        return next((found for tail in tails if (found := self.spellings.get(plain + tail))), None)

    def parameter(self, path: str, *, bias: bool = False) -> str | None:
        """The parameter a module's weight or bias is; the path itself where it is one."""
        wanted = (f"{path}.bias",) if bias else (f"{path}.weight", path)
        return next((name for name in wanted if name in self.shapes), None)

    def nearest(self, bare: str) -> str | None:
        """The parameter whose spelling is most like `bare`, in the same block where there is one."""
        kind = _first_block(bare)
        if kind not in self._close:
            self._close[kind] = next(iter(difflib.get_close_matches(kind, self._kinds, n=1, cutoff=0.4)), None)
        if (close := self._close[kind]) is None:
            return None
        block = BLOCK.search(bare)
        same_block = BLOCK.sub(block.group(), close) if block else close
        target = self.spellings.get(same_block) or self.spellings[self._kinds[close]]
        return self.parameter(target.path) or self.parameter(target.path, bias=True)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """One spelling for all blocks: a wrong file asks for thousands of nearest ones."""
        return {_first_block(spelling): spelling for spelling, target in self.spellings.items() if target}

    @cached_property
    def _close(self) -> dict[str, str | None]:
        return {}


def spell(shapes: Mapping[str, tuple[int, ...]], table: Table) -> Names:
    """Every name of `shapes` (ours) in every layout of `table`, with dots and with underscores."""
    spellings: dict[str, Target | None] = {}
    for name in shapes:
        path = re.sub(r"\.(?:weight|bias)$", "", name)
        for spelling, dialect in _spellings_of(path, table):
            known = spellings.setdefault(spelling, Target(path, dialect))
            if known is not None and known.path != path:
                spellings[spelling] = None
    return Names(shapes, spellings)


def _spellings_of(path: str, table: Table) -> Iterator[tuple[str, str]]:
    dotted = {layout: rename(path, table, source="ours", target=layout) for layout in LAYOUTS if layout != "ours"}
    dotted = {**{layout: name for layout, name in dotted.items() if name is not None}, "ours": path}
    shared = dotted.get("original") == dotted.get("diffusers")  # names that say nothing about the layout
    yield from ((name, "any" if shared and layout != "ours" else SPELLINGS[layout]) for layout, name in dotted.items())
    yield from ((name.replace(".", "_"), "kohya") for name in dotted.values() if "." in name)


def _first_block(name: str) -> str:
    return BLOCK.sub(lambda found: re.sub(r"\d+", "0", found.group()), name)
