"""Adapters for a transformer: LoRA, LoHa, LoKr and plain differences, read from every dialect they are published in.

    lora = read_lora(file, shapes_of(model), TABLE)     strict: a key that is unknown or does not fit is an error
    merge(model, [(lora.adapter("high"), 0.8)])         see `checkpoints/lora_merge.py`

What is read is a set of differences in our parameter names, still factored: a file of 600 MB stays a mapped file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor, nn

from filmloom.checkpoints.lora_deltas import Delta
from filmloom.checkpoints.lora_dialects import Names, beyond, parse, spell
from filmloom.checkpoints.lora_report import Fault, Ignored, Match, Report
from filmloom.checkpoints.lora_scale import UNSCALED, Scaling, read_scaling
from filmloom.checkpoints.rename import Table
from filmloom.checkpoints.source import Source, open_safetensors
from filmloom.core.errors import CheckpointError

EXPERT_FILES = {"high": "high_noise_model.safetensors", "low": "low_noise_model.safetensors"}

KINDS = {"lora": "lora", "hada": "loha", "lokr": "lokr", "diff": "full"}  # by a role's first word
BIAS_ROLES = ("diff_b", "lora_up_bias")
NEEDED = {  # one of each
    "lora": (("lora_down",), ("lora_up",)),
    "loha": (("hada_w1_a",), ("hada_w1_b",), ("hada_w2_a",), ("hada_w2_b",)),
    "lokr": (("lokr_w1", "lokr_w1_a"), ("lokr_w2", "lokr_w2_a")),
    "full": (("diff",),),
}
TOGETHER = (("lokr_w1_a", "lokr_w1_b"), ("lokr_w2_a", "lokr_w2_b"), ("hada_t1", "hada_t2"))
RANKED = ("lora_down", "hada_w1_b", "lokr_w2_b", "lokr_w1_b")  # their first axis is the rank
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Adapter:
    """What one transformer's parameters gain: {our name: Delta}. `where` is the file, for messages."""

    deltas: Mapping[str, Delta]
    where: str


@dataclass(frozen=True)
class Strength:
    """How strongly an adapter acts on each noise expert. A model with one transformer takes `high`."""

    high: float = 1.0
    low: float = 1.0

    def of(self, expert: str | None) -> float:
        return self.low if expert == "low" else self.high


@dataclass(frozen=True)
class Lora:
    """The adapters of a file: under None one for any transformer, or `high` and `low` where it tells them apart."""

    adapters: Mapping[str | None, Adapter]
    report: Report

    def adapter(self, expert: str | None = None) -> Adapter | None:
        """For `high`, `low` or (None) a model's only transformer; None where the file has nothing for that expert."""
        if expert is None and None not in self.adapters:
            raise CheckpointError(f"{self.report.where} is for two noise experts; this model has one transformer.")
        return self.adapters.get(expert, self.adapters.get(None))


def stacked(loras: Iterable[tuple[Lora, Strength]], expert: str | None = None) -> list[tuple[Adapter, float]]:
    """One expert's adapters with their strengths, in order."""
    found = ((lora.adapter(expert), strength.of(expert)) for lora, strength in loras)
    return [(adapter, strength) for adapter, strength in found if adapter is not None]


def pair(high: Lora, low: Lora) -> Lora:
    """Two files, one for each noise expert, as one."""
    halves = {"high": high, "low": low}
    adapters = {expert: lora.adapter(expert) for expert, lora in halves.items()}
    report = Report(" and ".join(lora.report.where for lora in halves.values()))
    for expert, lora in halves.items():
        report.matched += [replace(match, expert=expert) for match in lora.report.matched]
        report.ignored += lora.report.ignored
        report.faults += lora.report.faults
    return Lora({expert: adapter for expert, adapter in adapters.items() if adapter is not None}, report)


def shapes_of(model: nn.Module | Source) -> dict[str, tuple[int, ...]]:
    """{our name: shape} of a transformer, or of a source in our names."""
    if isinstance(model, nn.Module):
        return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    return {name: tuple(model.shape(name)) for name in model.names()}


def read_lora(path: Path, shapes: Shapes, table: Table, *, allow_ignored: bool = False) -> Lora:
    """The adapters in a `.safetensors` file, or in a folder as published, strictly: see `Report.check`.

    `shapes` are those of one transformer (`shapes_of`), `table` is its rename table. A folder holds either one file,
    or `high_noise_model.safetensors` and `low_noise_model.safetensors`.
    """
    lora = examine(path, shapes, table)
    lora.report.check(allow_ignored=allow_ignored)
    return lora


def examine(path: Path, shapes: Shapes, table: Table) -> Lora:
    """`read_lora` without refusing: its report says what was left out."""
    path = Path(path)
    if not path.is_dir():
        return _examine_file(path, shapes, table)
    experts = {expert: path / name for expert, name in EXPERT_FILES.items()}
    if all(file.is_file() for file in experts.values()):
        return pair(**{expert: _examine_file(file, shapes, table) for expert, file in experts.items()})
    files = sorted(path.glob("*.safetensors"))
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        wanted = " and ".join(EXPERT_FILES.values())
        raise CheckpointError(f"{path} holds {names}; it should hold one .safetensors file, or {wanted}.")
    return _examine_file(files[0], shapes, table)


def _examine_file(file: Path, shapes: Shapes, table: Table) -> Lora:
    source = open_safetensors(file)
    tensors = {key: source.read(key) for key in source.names()}
    return translate(tensors, shapes, table, where=str(file), scaling=read_scaling(file))


def translate(
    tensors: Mapping[str, Tensor],
    shapes: Shapes,
    table: Table,
    *,
    where: str = "this adapter",
    scaling: Mapping[str | None, Scaling] = UNSCALED,
) -> Lora:
    """Adapters from a file's tensors, and what became of each key. The tensors are neither copied nor changed."""
    report, names = Report(where), spell(shapes, table)
    deltas: dict[str | None, dict[str, Delta]] = {}
    for group in _gathered(tensors, names, report).values():
        factors = {role: tensors[key] for role, key in group.roles.items()}
        scale = scaling.get(group.expert, scaling[None])
        for match in _matches(group, factors, scale, names, report):
            deltas.setdefault(group.expert, {})[match.parameter] = match.delta
            report.matched.append(match)
    _settle_experts(deltas, report)
    return Lora({expert: Adapter(found, where) for expert, found in deltas.items()}, report)


def _settle_experts(deltas: dict[str | None, dict[str, Delta]], report: Report) -> None:
    """diffusers' pair: where `transformer_2` is the low-noise expert, `transformer` is the high-noise one."""
    if None not in deltas or len(deltas) == 1:
        return
    if "high" in deltas:
        keys = tuple(key for match in report.matched if match.expert is None for key in match.keys)
        report.faults.append(Fault("duplicate", keys, "keys for any expert lie beside keys for the high-noise expert"))
        return
    deltas["high"] = deltas.pop(None)
    report.matched = [replace(match, expert=match.expert or "high") for match in report.matched]


@dataclass
class Group:
    """All keys of one module of one expert: {role: key}. `bare` is the module's name in the file."""

    expert: str | None
    path: str
    bare: str
    dialect: str
    roles: dict[str, str] = field(default_factory=dict)

    def keys(self, roles: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.roles[role] for role in roles)


def _gathered(tensors: Iterable[str], names: Names, report: Report) -> dict[tuple[str | None, str], Group]:
    """Keys by module; what has no place goes to the report."""
    groups: dict[tuple[str | None, str], Group] = {}
    for name in tensors:
        if (kind := beyond(name)) is not None:
            report.faults.append(Fault("unsupported", (name,), f"{kind} is not a difference that can be added"))
            continue
        key = parse(name)
        target = names.find(key.bare, key.role) if key else None
        if target is None or names.parameter(target.path, bias=key.role in BIAS_ROLES) is None:
            report.ignored.append(Ignored(name, names.nearest(key.bare if key else name), key is not None))
            continue
        dialect = "kohya" if key.underscored else target.dialect
        group = groups.setdefault((key.expert, target.path), Group(key.expert, target.path, key.bare, dialect))
        role = "diff" if key.role == "diff_m" else key.role
        if role in group.roles:
            reason = f"two keys say {role} for {target.path}"
            report.faults.append(Fault("duplicate", (group.roles[role], name), reason))
        group.roles[role] = name
    return groups


def _matches(
    group: Group, factors: Mapping[str, Tensor], scaling: Scaling, names: Names, report: Report
) -> Iterator[Match]:
    """The deltas of one module's weight and bias, where they fit."""
    if fault := _group_fault(group, factors):
        report.faults.append(fault)
        return
    for name, delta, roles in _deltas(group, factors, scaling, names):
        if misfit := delta.misfit():
            report.faults.append(Fault("misshapen", group.keys(roles), f"{name}: {misfit}"))
        else:
            yield Match(name, group.keys(roles), group.dialect, delta, group.expert)


def _deltas(
    group: Group, factors: Mapping[str, Tensor], scaling: Scaling, names: Names
) -> Iterator[tuple[str, Delta, list[str]]]:
    """(parameter, delta, the roles it was made of): the weight's, then the bias's."""
    weight = _weight_delta(group, factors, scaling, names)
    if weight is not None:
        yield names.parameter(group.path), weight, [role for role in factors if role not in BIAS_ROLES]
    for role in BIAS_ROLES:
        if role in factors:
            # PEFT adds its bias inside the scaled branch.
            scale = weight.scale if role == "lora_up_bias" and weight is not None else 1.0
            name = names.parameter(group.path, bias=True)
            yield name, Delta("full", {"diff": factors[role]}, names.shapes[name], scale), [role]


def _weight_delta(group: Group, factors: Mapping[str, Tensor], scaling: Scaling, names: Names) -> Delta | None:
    own = {role: tensor for role, tensor in factors.items() if role not in (*BIAS_ROLES, "alpha")}
    if not own:
        return None
    kind, shape = KINDS[next(iter(own)).split("_")[0]], names.shapes[names.parameter(group.path)]
    rank = next((own[role].shape[0] for role in RANKED if role in own and own[role].ndim), None)
    if kind == "full":
        return Delta(kind, own, shape)
    if "alpha" not in factors:
        alpha, scale = scaling.of(group.bare, rank)
    else:
        alpha = float(factors["alpha"])
        scale = alpha / rank if rank else 1.0  # LyCORIS: two whole matrices are not scaled
    return Delta(kind, own, shape, scale, rank, alpha)


def _group_fault(group: Group, factors: Mapping[str, Tensor]) -> Fault | None:
    """Why a module's keys do not make one delta; None where they do."""
    own = [role for role in factors if role not in (*BIAS_ROLES, "alpha")]
    kinds = list(dict.fromkeys(KINDS[role.split("_")[0]] for role in own))
    keys = group.keys(factors)
    if len(kinds) > 1 or all(role in factors for role in BIAS_ROLES):
        return Fault("duplicate", keys, f"{group.path} is changed twice, by {' and '.join(kinds) or 'its bias'}")
    if not kinds and "alpha" in factors:
        return Fault("incomplete", keys, f"{group.path} has an alpha and nothing to scale")
    for choices in NEEDED[kinds[0]] if kinds else ():
        if not (found := [role for role in choices if role in factors]):
            return Fault("incomplete", keys, f"{group.path} has no {' or '.join(choices)}")
        if len(found) > 1:
            return Fault("duplicate", keys, f"{group.path} has both {' and '.join(found)}")
    for one, other in TOGETHER:
        if (one in factors) != (other in factors):
            return Fault("incomplete", keys, f"{group.path} has only one of {one} and {other}")
    return _value_fault(group, factors)


def _value_fault(group: Group, factors: Mapping[str, Tensor]) -> Fault | None:
    if odd := [role for role, tensor in factors.items() if role != "alpha" and not tensor.is_floating_point()]:
        return Fault("misshapen", group.keys(odd), f"{group.path}: {odd[0]} holds {factors[odd[0]].dtype}, not floats")
    alpha = factors.get("alpha")
    if alpha is not None and (alpha.numel() != 1 or not math.isfinite(float(alpha))):
        return Fault("misshapen", group.keys(["alpha"]), f"{group.path}: alpha should be one finite number")
    return None
