"""A few Ray nodes on this machine that can be killed and replaced, for `benchmarks.chaos`."""

import contextlib
import os
import random
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.chaos_faults import MARK

CPUS = 6
STORE_BYTES = 100 * 2**20
NODES = 2


class Cluster:
    """A head and nodes beside it, engines on the latter. Its processes carry `mark`."""

    def __init__(self, environment: Mapping[str, str]):
        from dgrc.session import ENVIRONMENT

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

    def replace_a_node(self, chance: random.Random) -> None:
        """Kills one, that is not the head, with all that runs on it; another joins."""
        nodes = sorted(self._cluster.worker_nodes, key=lambda node: str(node.unique_id))
        self._cluster.remove_node(chance.choice(nodes), allow_graceful=False)
        self._add()

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


@contextmanager
def cluster(environment: Mapping[str, str]) -> Iterator[Cluster]:
    """Nodes for a run, whose processes get this environment."""
    made = Cluster(environment)
    try:
        yield made
    finally:
        made.close()
