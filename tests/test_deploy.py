"""What deploy/ holds fits its schemas, our own command line, and itself."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
import typer

import filmloom
from filmloom.cli.main import app

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(DEPLOY.iterdir()) if path.is_file()}
IMAGE = f"filmloom:{filmloom.__version__}"
# Names that our programs read: core/env.py's; libpq's (PostgreSQL's manual, "Environment Variables"); Ray's own.
OURS = set(re.findall(r'environ\.get\("(\w+)"\)', (ROOT / "src/filmloom/core/env.py").read_text(encoding="utf-8")))
LIBPQ = {"PGHOST", "PGUSER", "PGDATABASE", "PGPASSWORD"}
RAYS = {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED"}


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("deploy_check", DEPLOY / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cluster(check):
    """Name → object."""
    return {check.named(one): one for one in check.objects()}


def parsed(words):
    """What our command line makes of a command, which does not run: (command, its values)."""
    assert words[0] == "filmloom"
    command, rest = typer.main.get_command(app), list(words[1:])
    while hasattr(command, "commands"):
        command, rest = command.commands[rest[0]], rest[1:]
    with command.make_context(command.name, rest) as context:
        return command.name, context.params


def pods(cluster):
    """Every pod's spec in the manifest: (object, spec, its labels)."""
    for one in cluster.values():
        spec = one.get("spec", {})
        if one["kind"] == "RayCluster":
            for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
                yield one, group["template"]["spec"], {"ray.io/cluster": one["metadata"]["name"]}
        elif "template" in spec:
            yield one, spec["template"]["spec"], spec["template"]["metadata"]["labels"]


def containers(cluster):
    return [(spec, container) for _, spec, _ in pods(cluster) for container in spec["containers"]]


def commands(cluster):
    """Every command of ours in the folder, as words: containers', services', the image's and those told to a reader."""
    found = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    found += [json.loads(line) for line in re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.M)]
    for _, container in containers(cluster):
        command = container.get("command", [])
        in_a_shell = command[:2] == ["sh", "-ec"]
        found += (
            [shlex.split(line.removeprefix("exec ")) for line in command[2].splitlines()] if in_a_shell else [command]
        )
    guide = (ROOT / "docs/guides/deploy.md").read_text(encoding="utf-8")
    for text in (guide, *(text for name, text in TEXTS.items() if name != "check.py")):
        found += [
            shlex.split(line) for line in re.findall(r"\bfilmloom (?:keys|serve|worker) [-\w :/.@,]+$", text, re.M)
        ]
    return [words for words in found if words and words[0] == "filmloom"]


def test_compose_fits_its_schema_and_a_wrong_word_does_not(check):
    assert check.compose_faults(COMPOSE) == []
    wrong = copy.deepcopy(COMPOSE)
    wrong["services"]["server"]["comand"] = ["filmloom"]
    assert "comand" in str(check.compose_faults(wrong))


def test_every_command_is_one_that_our_command_line_takes(cluster):
    found = [parsed(words) for words in commands(cluster)]
    names = [name for name, _ in found]
    assert {"serve", "worker", "create"} <= set(names) and len(found) >= 8
    assert all(values["table"].startswith("postgresql://") for _, values in found if values["table"])


def test_the_table_s_address_leaves_all_to_the_environment():
    from psycopg.conninfo import conninfo_to_dict

    assert conninfo_to_dict("postgresql:///") == {}


def test_every_variable_is_one_that_a_program_reads(cluster):
    ours = COMPOSE["x-filmloom"]["environment"].keys() | cluster["ConfigMap filmloom"]["data"].keys()
    ours |= set(re.findall(r"\b([A-Z_]+)=", re.search(r"^ENV (.*)$", DOCKERFILE, re.M)[1])) - {"PYTHONUNBUFFERED"}
    for _, container in containers(cluster):
        ours |= {one["name"] for one in container.get("env", []) if container["image"] == IMAGE}
    assert {"FILMLOOM_HOME"} == OURS
    assert ours == OURS | LIBPQ | RAYS
    for where in (COMPOSE["x-filmloom"]["environment"], cluster["ConfigMap filmloom"]["data"]):
        assert where["FILMLOOM_HOME"] == re.search(r"FILMLOOM_HOME=(\S+)", DOCKERFILE)[1] == "/films"


def test_one_image_one_port_one_folder(cluster):
    used = {service["image"] for service in COMPOSE["services"].values()}
    used |= {container["image"] for _, container in containers(cluster)}
    assert used == {IMAGE, "postgres:17"}
    assert COMPOSE["services"]["database"]["image"] in used
    port = int(re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)[1])
    assert [one.split(":") for one in COMPOSE["services"]["server"]["ports"]] == [["127.0.0.1", "8000", str(port)]]
    assert cluster["Deployment filmloom-server"]["spec"]["template"]["spec"]["containers"][0]["ports"] == [
        {"name": "http", "containerPort": port}
    ]
    assert re.search(r"^VOLUME (\S+)$", DOCKERFILE, re.M)[1] == "/films"
    for _, container in containers(cluster):
        needs_films = container["image"] == IMAGE and container["name"] != "ray-head"
        assert ("/films" in [one["mountPath"] for one in container.get("volumeMounts", [])]) == needs_films
    for name in ("server", "worker"):
        assert COMPOSE["services"][name]["volumes"] == ["films:/films"]


def test_nobody_is_root_and_the_image_looks_after_itself(cluster):
    user, group = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.M).groups()
    assert f"--uid {user}" in DOCKERFILE and "/livez" in re.search(r"(?s)HEALTHCHECK.*?CMD (\[.*?\])", DOCKERFILE)[1]
    for spec, container in containers(cluster):
        person = spec["securityContext"]
        assert person["runAsNonRoot"] and person["runAsUser"] == (
            999 if "postgres" in container["image"] else int(user)
        )
        assert not spec["automountServiceAccountToken"]
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]
    assert group == user


def test_whatever_a_pod_names_is_there(cluster):
    claims = {one["metadata"]["name"] for one in cluster.values() if one["kind"] == "PersistentVolumeClaim"}
    secrets = cluster["Secret filmloom"]["stringData"]
    for one, spec, _ in pods(cluster):
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        assert {
            v["persistentVolumeClaim"]["claimName"] for v in spec.get("volumes", []) if "persistentVolumeClaim" in v
        } <= claims
        for container in spec["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    wanted = variable["valueFrom"]["secretKeyRef"]
                    assert wanted["name"] == "filmloom" and wanted["key"] in secrets
            assert {name["configMapRef"]["name"] for name in container.get("envFrom", [])} <= {"filmloom"}
            ports = {port["name"] for port in container.get("ports", [])}
            probes = [container[name] for name in container if name.endswith("Probe")]
            assert {probe["httpGet"]["port"] for probe in probes if "httpGet" in probe} <= ports
    assert set(secrets.values()) == {""}, "no password of ours in a file that everybody has"
    assert secrets.keys() >= {"auth_token"}, "KubeRay looks for this key"
    assert COMPOSE["services"]["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database_password"
    assert COMPOSE["services"]["database"]["secrets"] == list(COMPOSE["secrets"])


def test_selectors_find_their_pods_and_services_their_ports(cluster):
    found = list(pods(cluster))
    for one in cluster.values():
        spec = one.get("spec", {})
        if one["kind"] in ("Deployment", "StatefulSet"):
            labels = spec["template"]["metadata"]["labels"]
            assert spec["selector"]["matchLabels"].items() <= labels.items()
        if one["kind"] == "Service":
            [target] = [pod for _, pod, labels in found if spec["selector"].items() <= labels.items()]
            names = {port["name"] for container in target["containers"] for port in container["ports"]}
            assert {port["targetPort"] for port in spec["ports"]} <= names
    settings = cluster["ConfigMap filmloom"]["data"]
    assert (
        f"Service {settings['PGHOST']}" in cluster
        and COMPOSE["x-filmloom"]["environment"]["PGHOST"] in COMPOSE["services"]
    )
    policy = cluster["NetworkPolicy filmloom-ray"]["spec"]
    for selector in (policy["podSelector"], *(one["podSelector"] for one in policy["ingress"][0]["from"])):
        assert any(selector["matchLabels"].items() <= labels.items() for _, _, labels in found), selector


def test_ray_s_cluster_has_room_for_what_the_executor_asks(cluster):
    ray, executor = cluster["RayCluster filmloom"]["spec"], cluster["Deployment filmloom-executor"]["spec"]
    start, work = executor["template"]["spec"]["containers"][0]["command"][2].strip().splitlines()
    assert f"--address={cluster['RayCluster filmloom']['metadata']['name']}-head-svc:6379 --num-cpus=0" in start
    _, values = parsed(shlex.split(work.removeprefix("exec ")))
    assert (values["executor"], values["ray_address"]) == ("ray", "")
    [group] = ray["workerGroupSpecs"]
    [worker] = group["template"]["spec"]["containers"]
    actors_per_pod = int(worker["resources"]["limits"]["cpu"]) // values["threads"]
    assert len(values["devices"].split(",")) == actors_per_pod * group["replicas"] >= 1
    assert ray["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    pinned = re.search(r"^ray==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    assert pinned is None or pinned[1] == ray["rayVersion"]
    assert ray["authOptions"] == {"mode": "token", "secretName": "filmloom"}


def test_the_schema_checker_refuses_what_it_does_not_know(check, tmp_path):
    """Here on a small CRD of the same form; KubeRay's own is in its repository."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    inner = {"type": "object", "properties": {"size": {"type": "integer", "nullable": True}, "any": anything}}
    text = {"type": "string"}
    schema = {"type": "object", "properties": {"apiVersion": text, "kind": text, "metadata": {}, "spec": inner}}
    version = {"name": "v1", "schema": {"openAPIV3Schema": schema}}
    crd = {"spec": {"group": "a.b", "names": {"kind": "Thing"}, "versions": [version]}}
    (tmp_path / "crd.yaml").write_text(yaml.safe_dump(crd))
    thing = {"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {"name": "x", "labels": {}}}
    assert check.crd_faults({**thing, "spec": {"size": None, "any": {"at": "all"}}}, tmp_path) == []
    assert "sise" in str(check.crd_faults({**thing, "spec": {"sise": 1}}, tmp_path))
    assert "spec.size" in str(check.crd_faults({**thing, "spec": {"size": "1"}}, tmp_path))
    assert "no CRD" in str(check.crd_faults({**thing, "kind": "Other"}, tmp_path))
