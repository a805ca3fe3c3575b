"""Holds this folder's manifests against public schemas, unknown fields refused.

    python deploy/check.py --crds KUBERAY/ray-operator/config/crd/bases

Compose's schema comes with the package check-jsonschema. Kubernetes' comes with kubernetes-validate, which is too large
for every test run; without it those objects are named as not checked. KubeRay's is in its own repository: `--crds` is
the folder of its CRDs.
"""

from __future__ import annotations

import argparse
import importlib.resources
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent
OWN_GROUPS = ("v1", "apps/v1", "networking.k8s.io/v1")  # Kubernetes' own


def objects(folder: Path = FOLDER) -> list[dict]:
    """Every Kubernetes object of the manifests."""
    files = (folder / "secret.yaml", folder / "kuberay.yaml")
    return [one for file in files for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def named(one: dict) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def compose_faults(compose: dict) -> list[str]:
    vendored = importlib.resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads((vendored / "compose-spec.json").read_text(encoding="utf-8"))
    return _faults(Draft202012Validator(schema), compose)


def kubernetes_faults(one: dict) -> list[str]:
    import kubernetes_validate

    try:
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    return []


def crd_faults(one: dict, crds: Path) -> list[str]:
    """Against the schema of its kind and version, as the API server would, and stricter: it prunes unknown fields."""
    for file in sorted(crds.glob("*.yaml")):
        crd = yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["spec"]
        for version in crd["versions"]:
            if (crd["names"]["kind"], f"{crd['group']}/{version['name']}") == (one["kind"], one["apiVersion"]):
                return _faults(Draft202012Validator(closed(version["schema"]["openAPIV3Schema"])), one)
    return [f"no CRD in {crds} is of {one['apiVersion']} {one['kind']}"]


def closed(schema: Any, *, root: bool = True) -> Any:
    """An OpenAPI v3 structural schema as JSON Schema: fields that it does not know are faults, save in `metadata`."""
    if not isinstance(schema, dict):
        return schema
    made = {name: value for name, value in schema.items() if not name.startswith("x-") and name != "nullable"}
    if "properties" in made:
        made["properties"] = {name: closed(value, root=False) for name, value in made["properties"].items()}
        if root:
            made["properties"]["metadata"] = {"type": "object"}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made["additionalProperties"] = False
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = closed(made[name], root=False)
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def _faults(validator: Any, document: dict) -> list[str]:
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(document)]


def results(crds: Path | None) -> Iterator[tuple[str, list[str] | None]]:
    """(what, its faults; None: not checked)."""
    yield "compose.yaml", compose_faults(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")))
    has_kubernetes = importlib.util.find_spec("kubernetes_validate") is not None
    for one in objects():
        if one["apiVersion"] in OWN_GROUPS:
            yield named(one), kubernetes_faults(one) if has_kubernetes else None
        else:
            yield named(one), crd_faults(one, crds) if crds else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crds", type=Path, help="KubeRay's folder of CRDs, ray-operator/config/crd/bases")
    found = list(results(parser.parse_args().crds))
    for what, faults in found:
        print(f"{what}: {'not checked' if faults is None else '; '.join(faults) or 'valid'}")
    sys.exit(any(faults for _, faults in found))


if __name__ == "__main__":
    main()
