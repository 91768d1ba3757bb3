"""What can be known of the cluster files without a cloud: KubeRay's schema, Ray's names, and that they agree."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray
import yaml

from dgrc.config.file import load_config
from tests.paths import ROOT

KUBERAY = sorted((ROOT / "cluster" / "kuberay").glob("*.yaml"))
CLOUDS = [ROOT / "cluster" / "aws.yaml", ROOT / "cluster" / "gcp.yaml"]
RAY_RESOURCES = {"CPU", "GPU", "memory", "object_store_memory", "TPU"}
CONFIG = load_config(ROOT / "configs" / "legal" / "casehold_cluster.yaml")


def closed(schema: Any) -> Any:
    """The schema with unknown keys refused: a Kubernetes server drops them without a word."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema and "additionalProperties" not in schema:
        result["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    return result


SCHEMA = closed(json.loads((Path(__file__).parent / "rayjob_v1.json").read_text()))
CLUSTER_SCHEMA = {"$defs": SCHEMA["$defs"], **SCHEMA["properties"]["rayClusterSpec"]}


def manifest(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def cluster_of(path: Path) -> dict[str, Any]:
    spec = manifest(path)["spec"]
    return dict(spec.get("rayClusterSpec", spec))


def groups(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield cluster["headGroupSpec"]
    yield from cluster["workerGroupSpecs"]


@pytest.mark.parametrize("path", KUBERAY, ids=lambda p: p.name)
def test_manifests_follow_kuberays_schema(path: Path) -> None:
    document = manifest(path)
    jsonschema.validate(document["spec"], SCHEMA if document["kind"] == "RayJob" else CLUSTER_SCHEMA)


def test_the_schema_refuses_what_a_server_would_drop() -> None:
    good = cluster_of(KUBERAY[0])
    for spoil in (
        {"workerGroupSpecs": [{**good["workerGroupSpecs"][0], "minReplica": 1}]},
        {"headGroupSpec": {**good["headGroupSpec"], "template": {"spec": {"container": []}}}},
        {"authOptions": {"mode": "password"}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, **spoil}, CLUSTER_SCHEMA)


@pytest.mark.parametrize("path", KUBERAY, ids=lambda p: p.name)
def test_nodes_are_what_ray_and_the_configuration_expect(path: Path) -> None:
    cluster = cluster_of(path)
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["rayVersion"] == ray.__version__ == pinned("ray")
    offered: dict[str, float] = {}
    for group in groups(cluster):
        (container,) = group["template"]["spec"]["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert group["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
        assert {"name": "shared", "mountPath": "/mnt/shared"} in container["volumeMounts"]
        volumes = {volume["name"] for volume in group["template"]["spec"]["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        own = json.loads(json.loads(group["rayStartParams"].get("resources", '"{}"')))
        gpus = float(container["resources"]["limits"].get("nvidia.com/gpu", 0))
        for name, amount in own.items():
            assert amount == gpus, f"{group['groupName']}: one {name} a GPU"
            offered[name] = offered.get(name, 0) + amount * group["maxReplicas"]
    for group in cluster["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for engine in (CONFIG.teacher, CONFIG.student):
        for name, amount in engine.resources.items():
            assert engine.most_replicas * amount <= offered[name]


@pytest.mark.parametrize("path", CLOUDS, ids=lambda p: p.name)
def test_cloud_files_follow_rays_schema_and_name_the_same_resources(path: Path) -> None:
    document = manifest(path)
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["head_node_type"] in document["available_node_types"]
    own = {name for kind in document["available_node_types"].values() for name in kind["resources"]}
    assert {*CONFIG.teacher.resources, *CONFIG.student.resources} <= own - RAY_RESOURCES
    assert all("127.0.0.1" in command for command in document["head_start_ray_commands"] if "--head" in command)


def test_the_slurm_script_is_sound_and_refuses_to_run_without_a_configuration() -> None:
    script = ROOT / "cluster" / "slurm.sh"
    subprocess.run(["bash", "-n", str(script)], check=True)
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "usage: sbatch" in done.stderr


def test_the_image_copies_what_there_is_and_does_not_run_as_root() -> None:
    lines = (ROOT / "cluster" / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = line.split()[1:]
            for source in sources:
                assert (ROOT / source).exists(), source
    assert [line for line in lines if line.startswith("USER ")] == ["USER ray"]
    assert len([line for line in lines if line.startswith("FROM ")]) >= 3


def test_no_secret_is_written_in_a_cluster_file() -> None:
    for path in (ROOT / "cluster").rglob("*"):
        if path.is_file():
            assert not re.search(r"(hf_|sk-|AKIA)[A-Za-z0-9]{16,}", path.read_text()), path


def pinned(package: str) -> str:
    pins = (ROOT / "requirements" / "cpu.txt").read_text()
    found = re.search(rf"^{package}(?:\[[^]]*\])?==(\S+)", pins, re.MULTILINE)
    assert found
    return found.group(1)
