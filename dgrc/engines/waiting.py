"""What a pool that is not up yet waits for, in a line: its actors in, words out. Asked of Ray's head alone."""

from collections.abc import Callable, Mapping
from typing import Any

from dgrc.config import EngineConfig
from dgrc.engines.placement import bundles
from dgrc.runtime.cluster import Machines

OnWait = Callable[[str], None]
FIRST_S, AGAIN_S = 5.0, 60.0
"""Want of room is said after so long and whenever it changes; anything else so often."""


class Waiting:
    """Says what a pool waits for, as often as a user wants to know.

    Args:
        role: Who the engine speaks for.
        config: Its section.
        on_wait: Takes a line.
    """

    def __init__(self, role: str, config: EngineConfig, on_wait: OnWait | None):
        self._role, self._config, self._on_wait = role, config, on_wait
        self._looked = self._told = 0.0
        self._last = ""

    def look(self, waited: float, up: int, pending: list[Any]) -> None:
        """Says how it stands if that is due.

        Args:
            waited: Seconds since the pool began to wait.
            up: Replicas that answer.
            pending: The actors of those that do not.
        """
        if self._on_wait is None or waited - self._looked < FIRST_S:
            return
        self._looked = waited
        room = self._room(pending)
        if (room and room != self._last) or waited - self._told >= AGAIN_S:
            self._told, self._last = waited, room
            ready = f"{up} of {self._config.fewest_replicas} replicas are up after {waited:.0f} s"
            self._on_wait(f"  waiting for the {self._role}: {ready}; {room or 'the others start and load the model'}")

    def _room(self, pending: list[Any]) -> str:
        """What is missing for actors that Ray could not place so far; empty if it has placed all."""
        import ray

        unplaced = sum(not _placed(actor) for actor in pending)
        if not unplaced:
            return ""
        free = [Machines(found) for found in ray._private.state.available_resources_per_node().values()]
        total = ray.cluster_resources()
        for bundle, _ in bundles(self._config):
            if sum(machine.hold(bundle) for machine in free) < 1:
                said = ", ".join(_of(name, free, total) for name, amount in bundle.items() if amount)
                each = " and ".join(f"{amount:g} {name}" for name, amount in bundle.items() if amount)
                return f"{unplaced} wait for room, {each} each, and free just now are {said}"
        return ""


def _placed(actor: Any) -> bool:
    """Whether Ray has found a place for an actor; its process may be starting yet."""
    import ray

    # Ray's public way to an actor's state asks the dashboard, which a cluster may not have.
    return ray._private.state.state.actor_table(actor._actor_id.hex()).get("State") not in (
        "DEPENDENCIES_UNREADY", "PENDING_CREATION", "RESTARTING", None,
    )  # fmt: skip


def _of(name: str, free: list[Machines], total: Mapping[str, float]) -> str:
    there = sum(machine.resources.get(name, 0) for machine in free)
    return f"{there:g} of {total.get(name, 0):g} {name}"
