"""An adapter's alpha where its tensors do not say it: PEFT's `adapter_config.json`, or the metadata of diffusers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import safe_open

from filmloom.checkpoints.source import read_json
from filmloom.core.errors import CheckpointError

METADATA = "lora_adapter_metadata"  # diffusers': {"transformer.r": ..., "transformer.lora_alpha": ..., ...} as JSON
CONFIG, CONFIGURED = "adapter_config.json", "adapter_model.safetensors"  # PEFT writes these two names, side by side
TYPES = ("LORA", "LOHA", "LOKR")


@dataclass(frozen=True)
class Scaling:
    """scale = alpha / rank, or alpha / sqrt(rank) for rank-stabilised LoRA; 1 where no alpha is known."""

    alpha: float | None = None
    rank: int | None = None
    alpha_pattern: Mapping[str, float] = field(default_factory=dict)
    rank_stabilised: bool = False

    def of(self, bare: str, rank: int | None) -> tuple[float | None, float]:
        """(alpha, scale) for the module that the file calls `bare`. `rank` is None where no factor shows it."""
        alpha = next((value for key, value in self.alpha_pattern.items() if _ends(key, bare)), self.alpha)
        rank = rank or self.rank
        if alpha is None or rank is None:
            return None, 1.0
        return alpha, alpha / (math.sqrt(rank) if self.rank_stabilised else rank)


UNSCALED: Mapping[str | None, Scaling] = {None: Scaling()}


def read_scaling(file: Path) -> Mapping[str | None, Scaling]:
    """{expert: Scaling} for a file of adapters; None stands for every expert not listed."""
    with safe_open(file, framework="pt") as opened:
        metadata = (opened.metadata() or {}).get(METADATA)
    if metadata is not None:
        return _by_transformer(_object(metadata, file), file)
    if file.name == CONFIGURED and (config := file.with_name(CONFIG)).is_file():
        return {None: _scaling(read_json(config), config)}
    return UNSCALED


def _by_transformer(metadata: dict, file: Path) -> dict[str | None, Scaling]:
    found = {}
    for expert, prefix in ((None, "transformer."), ("low", "transformer_2.")):
        config = {key.removeprefix(prefix): value for key, value in metadata.items() if key.startswith(prefix)}
        if config:
            found[expert] = _scaling(config, file)
    return {None: Scaling(), **found}


def _scaling(config: dict, where: Path) -> Scaling:
    kind = config.get("peft_type") or "LORA"
    if kind not in TYPES:
        raise CheckpointError(f"{where}: peft_type is {kind!r}; {', '.join(TYPES)} can be merged.")
    alpha, rank = config.get("lora_alpha", config.get("alpha")), config.get("r")
    pattern = config.get("alpha_pattern") or {}
    patterns = list(pattern.values()) if isinstance(pattern, dict) else [pattern]
    if not all(value is None or _is_number(value) for value in (alpha, rank)) or not all(map(_is_number, patterns)):
        raise CheckpointError(f"{where}: lora_alpha {alpha!r} and alpha_pattern {pattern!r} should hold numbers.")
    if rank is not None and not rank > 0:
        raise CheckpointError(f"{where}: r is {rank!r}; it must be positive.")
    return Scaling(alpha, rank, pattern, bool(config.get("use_rslora")))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _ends(key: str, bare: str) -> bool:
    """PEFT's rule: a pattern is a regular expression for the end of the name, from a dot on."""
    try:
        return re.match(rf"(.*\.)?({key})$", bare) is not None
    except re.error as error:
        raise CheckpointError(f"alpha_pattern holds {key!r}, which is not a regular expression ({error}).") from None


def _object(text: str, file: Path) -> dict:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"{file}: its {METADATA} is not JSON ({error}).") from None
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: its {METADATA} should be an object.")
    return found
