"""What a cluster has and may get, as its head tells it, and what that holds."""

import json
import math
import socket
from pathlib import Path
from typing import Any

import pytest
import ray

from dgrc.errors import NotReadyError
from dgrc.runtime import cluster
from dgrc.runtime.cluster import Machines, Places, places

READ_ONLY = {"autoscaler_report": {"active_nodes": {"node_46ce17": 1}}}
OF_A_CLOUD = {"autoscaler_report": {"active_nodes": {"ray.head.default": 1}}}


class Head:
    """What is asked of Ray's state."""

    def __init__(
        self, nodes: list[dict[str, float]], kept: dict[bytes, Any], groups: list[tuple[dict[str, float], int, str]]
    ):
        self._nodes, self._kept, self._groups = nodes, kept, groups

    def node_table(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": node} for node in self._nodes] + [
            {"Alive": False, "Resources": {"GPU": 8}}
        ]

    def get_cluster_config(self) -> Any:
        from ray.core.generated.autoscaler_pb2 import ClusterConfig

        config = ClusterConfig()
        for resources, most, name in self._groups:
            group = config.node_group_configs.add(max_count=most, name=name)
            for key, value in resources.items():
                group.resources[key] = int(value)
        return config if self._groups else None

    def _connect_and_get_accessor(self) -> "Head":
        return self

    def get_internal_kv(self, namespace: bytes, key: bytes) -> bytes | None:
        value = self._kept.get(key)
        return value if value is None or isinstance(value, bytes) else json.dumps(value).encode()


def of(*nodes: dict[str, float], groups: Any = (), **kept: Any) -> Places:
    named = {f"__autoscal{name}".encode(): value for name, value in kept.items()}
    return cluster._of_cluster(Head(list(nodes), named, list(groups)))


@pytest.fixture(autouse=True)
def nobody_ran_ray_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(cluster, "BOOTSTRAP", str(tmp_path / "bootstrap.yaml"))
    return tmp_path / "bootstrap.yaml"


def test_machines_hold_whole_bundles_each_on_one_of_them() -> None:
    there = Places((Machines({"CPU": 8, "GPU": 4}, 2), Machines({"CPU": 2})))
    assert [there.hold({"CPU": 1, "GPU": 3}), there.hold({"GPU": 4}), there.hold({"GPU": 5})] == [2, 2, 0]
    assert [there.hold({"CPU": 2}), there.hold({"GPU": 0.1}), there.hold({"tag": 1}), there.hold({})] == [
        9,
        80,
        0,
        math.inf,
    ]
    assert [there.total("CPU"), there.most("CPU"), there.most("tag")] == [18, 8, 0]


def test_nodes_that_are_up_and_node_types_are_counted() -> None:
    there = of({"CPU": 4}, {"CPU": 4, "GPU": 1}, groups=[({"CPU": 8, "GPU": 2}, 3, "gpu"), ({"CPU": 1}, -1, "small")])
    assert there.hold({"GPU": 1}) == 1 + 6 and there.total("CPU") == math.inf and not there.unknown
    assert [machines.kind for machines in there.machines] == ["up", "up", "gpu", "small"]


@pytest.mark.parametrize(
    ("kept", "unknown"),
    [
        ({}, False),
        ({"ing_status": READ_ONLY}, False),
        ({"ing_status": OF_A_CLOUD}, True),
        ({"er_v2_enabled": b"1"}, True),
        ({"er_v2_enabled": b"0", "ing_status": READ_ONLY}, False),
        ({"ing_status": b"no JSON"}, False),
    ],
)
def test_an_autoscaler_that_does_not_tell_its_types_is_known_to_be_there(kept: dict[str, Any], unknown: bool) -> None:
    """One that only looks on, as `ray start` starts it, calls each node's type after the node."""
    assert of({"CPU": 4}, **kept).unknown is unknown


def test_the_file_of_ray_up_tells_the_types_that_an_autoscaler_may_add(nobody_ran_ray_up: Path) -> None:
    types = {"gpu": {"resources": {"CPU": 8, "GPU": 8}, "max_workers": 2}, "head": {"max_workers": 0}}
    nobody_ran_ray_up.write_text(json.dumps({"max_workers": 5, "available_node_types": types}))
    assert of({"CPU": 4}, ing_status=OF_A_CLOUD).hold({"GPU": 8}) == 2
    assert of({"CPU": 4}, ing_status=READ_ONLY).hold({"GPU": 8}) == 0, "of another cluster"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "127.0.0.1:x"])
def test_a_cluster_that_is_not_there_is_one_sentence(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)  # another test's session may be up in this process
    with pytest.raises(NotReadyError, match=f"there is no Ray cluster at '{address}'"):
        places(address)


def test_a_head_that_lets_nobody_in_is_told_apart_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `ray start` begins wants a token by default; without one Ray only says that it failed to connect."""

    def refuse(*_: object) -> None:
        raise RuntimeError("System error: Failed to connect to GCS.\nstack")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr("ray._private.state.GlobalState._initialize_global_state", refuse)
    with socket.create_server(("", 0)) as head, pytest.raises(NotReadyError) as e:
        places(f"127.0.0.1:{head.getsockname()[1]}")
    said = str(e.value)
    assert "something listens at '127.0.0.1:" in said and "(System error: Failed to connect to GCS)" in said
    assert "set RAY_AUTH_MODE=token" in said and "there is no Ray cluster" not in said


def test_this_machine_has_as_many_cpus_as_are_wanted_and_no_others_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    there = places(None)
    assert there.here and there.hold({"CPU": 1000}) == math.inf and there.hold({"tag": 1}) == 0
