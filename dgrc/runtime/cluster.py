"""What machines a job can get, asked of Ray without joining a cluster: an address in, machines out.

The machines that are up are known to the cluster's head, and so are the node types that its autoscaler may add
(`ClusterConfig` in the head's store, as `ray status` and Ray Train read it). Where no cluster is joined it is this
machine, as Ray would count its GPUs.
"""

import json
import math
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dgrc.errors import NotReadyError
from dgrc.runtime.session import native_noise_to

HERE = "this machine"
CONNECT_S = 2.0
"""Longest wait for a head that may not be there."""
BOOTSTRAP = "~/ray_bootstrap_config.yaml"
"""What `ray up` leaves on the head."""
TINY = 1e-4
"""Ray counts resources in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines of one kind.

    Attributes:
        resources: What each has, by Ray's names: CPU, GPU, and a cluster's own.
        count: How many there are or may be; infinite where nothing says.
        kind: What they are called: `this machine`, `up`, or the name of a node type.
    """

    resources: Mapping[str, float]
    count: float = 1
    kind: str = "up"

    def hold(self, bundle: Mapping[str, float]) -> float:
        """How many such bundles they hold."""
        shares = (self.resources.get(name, 0) / wanted for name, wanted in bundle.items() if wanted)
        each = min((share if math.isinf(share) else math.floor(share + TINY) for share in shares), default=math.inf)
        return each * self.count if each and self.count else 0


@dataclass(frozen=True, slots=True)
class Places:
    """All machines that a job can get.

    Attributes:
        machines: Those that are up, and those that an autoscaler may add.
        unknown: Whether an autoscaler may add others that nobody tells of.
    """

    machines: Sequence[Machines] = ()
    unknown: bool = False

    @property
    def here(self) -> bool:
        """Whether it is this machine alone, on which a session of ours would begin."""
        return any(machines.kind == HERE for machines in self.machines)

    def hold(self, bundle: Mapping[str, float]) -> float:
        """How many such bundles all machines hold, each on one of them."""
        return sum(machines.hold(bundle) for machines in self.machines)

    def total(self, name: str) -> float:
        """What there is of a resource in all."""
        return sum(m.resources.get(name, 0) * m.count for m in self.machines if m.resources.get(name))

    def most(self, name: str) -> float:
        """What the machine with the most of a resource has of it."""
        return max((m.resources.get(name, 0) for m in self.machines), default=0)


def places(address: str | None) -> Places:
    """The machines of the session that this process is in, of the cluster at an address, or (None) of this machine.

    Raises:
        NotReadyError: there is no cluster at that address.
    """
    import ray

    if ray.is_initialized():
        return _of_cluster(ray._private.state.state)
    if address is None:
        return Places((Machines(_of_this_machine(), 1, HERE),))
    from ray._private.state import GlobalState
    from ray._raylet import GcsClientOptions  # type: ignore[attr-defined]

    state = GlobalState()
    head = _head(address)
    try:
        with native_noise_to(Path(os.devnull)):
            state._initialize_global_state(GcsClientOptions.create(head, None, True, False))
            return _of_cluster(state)
    except Exception as e:  # Ray raises what its parts raise; each means: no cluster that answers us
        raise NotReadyError(
            f"something listens at {address!r}, but does not let this process in as a Ray cluster would "
            f"({_first(e)}). If the cluster wants its token, as one by `ray start` does, set RAY_AUTH_MODE=token and "
            "put the token into RAY_AUTH_TOKEN or ~/.ray/auth_token. If it is no cluster, name the address of its head."
        ) from e
    finally:
        state.disconnect()


def _head(address: str) -> str:
    """Where a cluster's head listens; refused if nobody does."""
    from ray._private.services import canonicalize_bootstrap_address_or_die

    try:
        head = str(canonicalize_bootstrap_address_or_die(address))
        host, _, port = head.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, ValueError) as e:
        raise NotReadyError(
            f"there is no Ray cluster at {address!r} ({_first(e)}). Start one (`ray start --head`), name the address "
            "of its head, or leave `ray.address` out: then one is started here."
        ) from e
    return head


def _first(error: Exception) -> str:
    """The first line of an error."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _of_cluster(state: Any) -> Places:
    nodes = [Machines(node["Resources"]) for node in state.node_table() if node["Alive"]]
    types = list(_node_types(state))
    return Places((*nodes, *types), not types and _is_autoscaled(state))


def _node_types(state: Any) -> Iterator[Machines]:
    """The types of nodes that the head knows its autoscaler may add, or else the head's own file of `ray up`."""
    config = state.get_cluster_config()
    if config is not None and config.node_group_configs:
        for group in config.node_group_configs:
            most = math.inf if group.max_count < 0 else group.max_count
            yield Machines(_counted(group.resources), most, group.name)
        return
    file = Path(BOOTSTRAP).expanduser()
    if _is_autoscaled(state) and file.is_file():
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, kind in (found.get("available_node_types") or {}).items():
            if kind.get("resources"):  # of machines in a cloud Ray fills them in when it starts the cluster
                yield Machines(_counted(kind["resources"]), kind.get("max_workers", found.get("max_workers", 0)), name)


def _counted(resources: Mapping[str, Any]) -> dict[str, float]:
    """Resources in numbers; less than none says that nobody counts them."""
    return {name: math.inf if float(count) < 0 else float(count) for name, count in resources.items()}


def _is_autoscaled(state: Any) -> bool:
    """Whether an autoscaler adds nodes to the cluster. One that only looks calls each node's type after the node."""
    kept = state._connect_and_get_accessor()
    if kept.get_internal_kv(b"__autoscaler", b"__autoscaler_v2_enabled") == b"1":
        return True
    try:
        told = json.loads(kept.get_internal_kv(b"", b"__autoscaling_status") or b"{}").get("autoscaler_report") or {}
    except ValueError:
        return False
    return any(not str(name).startswith("node_") for name in told.get("active_nodes") or {})


def _of_this_machine() -> dict[str, float]:
    """What Ray would find here. CPUs are logical, and a session of ours is told as many as are needed."""
    from ray._private.resource_and_label_spec import ResourceAndLabelSpec

    found = ResourceAndLabelSpec(object_store_memory=0).resolve(is_head=True).to_resource_dict()
    return {**found, "CPU": math.inf}
