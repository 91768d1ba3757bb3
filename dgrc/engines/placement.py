"""Where a replica runs: its section of the configuration in, what its actor reserves of Ray out."""

from typing import Any

import ray

from dgrc.config import EngineConfig


def bundles(config: EngineConfig) -> list[tuple[dict[str, float], int]]:
    """What one replica reserves: bundles that each lie on one machine, with how many of them."""
    if not config.spans_nodes:
        return [({"CPU": config.cpus, "GPU": config.gpus, **config.resources}, 1)]
    worker = {"CPU": 1.0, "GPU": 1.0, **config.resources}
    first = {**worker, "CPU": 1.0 + config.cpus}
    workers = config.tensor_parallel * config.pipeline_parallel
    return [(first, 1), (worker, workers - 1)]


def placement_group(config: EngineConfig) -> Any | None:
    """Room for a replica that spans several GPUs, on as few nodes as can be: a bundle for each worker of vLLM's."""
    if not config.spans_nodes:
        return None
    each = [dict(bundle) for bundle, count in bundles(config) for _ in range(count)]
    return ray.util.placement_group(each, strategy="PACK")


def placement(config: EngineConfig, group: Any | None) -> dict[str, Any]:
    """What a replica's actor reserves: its share of a node, or a place in the group that its workers fill."""
    if group is None:
        return {"num_cpus": config.cpus, "num_gpus": config.gpus, "resources": config.resources}
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    place = PlacementGroupSchedulingStrategy(group, 0, placement_group_capture_child_tasks=True)
    return {"num_cpus": config.cpus, "num_gpus": 0, "scheduling_strategy": place}
