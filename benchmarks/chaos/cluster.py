"""A few Ray nodes on this machine that can be killed and replaced, for `benchmarks.chaos`."""

import contextlib
import os
import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.chaos.faults import MARK

CPUS = 6
STORE_BYTES = 100 * 2**20
NODES = 2
NOTICE_S = 2.0


class Cluster:
    """A head and nodes beside it, engines on the latter. Its processes carry `mark`."""

    def __init__(self, environment: Mapping[str, str]):
        from dgrc.runtime.session import ENVIRONMENT

        self.mark = uuid.uuid4().hex
        os.environ.update({**ENVIRONMENT, **environment, MARK: self.mark})
        self._cluster: Any = None
        self._start()

    @property
    def address(self) -> str:
        """Where drivers find it."""
        return str(self._cluster.address)

    def _start(self) -> None:
        from ray.cluster_utils import Cluster as Nodes

        head = {"num_cpus": CPUS, "object_store_memory": STORE_BYTES, "include_dashboard": False}
        self._cluster = Nodes(True, head_node_args=head)
        for _ in range(NODES):
            self._add()

    def _add(self) -> None:
        self._cluster.add_node(num_cpus=CPUS, object_store_memory=STORE_BYTES, resources={"engines": 4})

    def _nodes(self) -> list[Any]:
        """All but the head, in an order that does not change."""
        return sorted(self._cluster.worker_nodes, key=lambda node: str(node.unique_id))

    def replace_a_node(self, chance: random.Random) -> None:
        """Kills one, that is not the head, with all that runs on it; another joins."""
        self._cluster.remove_node(chance.choice(self._nodes()), allow_graceful=False)
        self._add()

    def take_a_node_away(self, chance: random.Random) -> None:
        """As a cloud does with a spot instance: notice, then the end, with another that joins in between."""
        node = chance.choice(self._nodes())
        give_notice(self.address, node, NOTICE_S)
        self._add()
        time.sleep(NOTICE_S)
        self._cluster.remove_node(node, allow_graceful=False)

    def restart(self) -> None:
        """Another cluster in the place of one whose head is gone."""
        self._end()
        self._start()

    def _end(self) -> None:
        with contextlib.suppress(Exception):  # parts of it are gone already
            self._cluster.shutdown()

    def close(self) -> None:
        """Ends all nodes."""
        self._end()
        os.environ.pop(MARK, None)


def give_notice(address: str, node: Any, seconds: float) -> None:
    """Tells a cluster what a cloud's notice makes an autoscaler tell it: the node goes in so many seconds."""
    from ray._raylet import GcsClient  # type: ignore[attr-defined]  # its stub leaves it out
    from ray.core.generated import autoscaler_pb2

    deadline_ms = int((time.time() + seconds) * 1000)
    accepted, why = GcsClient(address=address).drain_node(
        node.node_id, autoscaler_pb2.DRAIN_NODE_REASON_PREEMPTION, "to be taken away", deadline_ms
    )
    if not accepted:
        raise SystemExit(f"a node cannot be taken away: {why}")


@contextmanager
def cluster(environment: Mapping[str, str]) -> Iterator[Cluster]:
    """Nodes for a run, whose processes get this environment."""
    made = Cluster(environment)
    try:
        yield made
    finally:
        made.close()
