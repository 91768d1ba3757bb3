"""What must live as long as the driver, and no longer: actors that keep counts for it."""

from typing import Any


def beside_driver() -> dict[str, Any]:
    """Options of an actor on the driver's own node, if it can be: elsewhere a lost node would take it along."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    return {"num_cpus": 0, "scheduling_strategy": here}
