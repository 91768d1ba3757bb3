"""Which engines stay up from round to round: settings and what machines have free in, roles and words out.

An engine's start is mostly imports, and each round would start the student's and the teacher's anew. One that is kept
turns to the weights of the next student in place (`dgrc/engines/vllm/in_place.py`), which it must be able to prove. It
is kept only where everything else finds room beside it: whatever a later pass starts, and the training, for which free
resources and free memory are looked at when it is about to begin. Otherwise it ends as it would without rounds.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable

from dgrc.config import Config, EngineConfig
from dgrc.engines.by_role import Engines
from dgrc.errors import DgrcError
from dgrc.runtime.memory import free_here, of_this_machine
from dgrc.workflow.preflight.resources import Demand, engine_demands, stages_of, training_demand
from dgrc.workflow.preflight.room import GIB, engine_bytes

ROLES = ("student", "teacher")
"""Who answers in every round. The student's engine is turned to other weights, the teacher's stays as it is."""
PARTS = ("curate", "train", "evaluate")
RESERVE = 0.06
"""Share of a machine's memory that is left free: Ray ends processes when 95 % are taken."""
SETTLES_S = 10.0
"""So long what a pass has used may take to come free."""


def keepable(config: Config) -> tuple[list[str], list[str]]:
    """Roles whose engines may stay up over all of a run's rounds, and for each other one why it may not.

    Call within the run's Ray session.
    """
    roles, reasons = list[str](), list[str]()
    for role in ROLES:
        reason = _in_the_way(config, [*roles, role])
        if reason is None:
            roles.append(role)
        else:
            reasons.append(f"the {role}'s engine ends with each curation: {reason}")
    return roles, reasons


def make_room(engines: Engines, config: Config, wanted: Collection[str]) -> list[str]:
    """Ends the engines beside which a training cannot run, and those that nothing will ask again.

    Args:
        engines: Those that are up.
        config: The configuration.
        wanted: Roles that will be asked after the training.

    Returns:
        Lines for the user; none if no engine is up.
    """
    for role in ROLES:
        if role not in wanted:
            engines.stop(role)
    up = [role for role in ROLES if engines.up(role)]
    lines = []
    if "student" in up and not engines.student_can_turn():
        up.remove("student")
        engines.stop("student")
        lines.append("  engines  the student's ends for the training: what it serves cannot be held against its files")
    if up and (reason := _no_room_now(config)):
        for role in up:
            engines.stop(role)
        return [*lines, f"  engines  {_named(up)} for the training: {reason}"]
    stay = f"  engines  {' and '.join(up)} stay{'s' if len(up) == 1 else ''} up while it trains"
    return [*lines, stay] if up else lines


def _named(roles: Iterable[str]) -> str:
    names = [f"the {role}'s" for role in roles]
    return f"{' and '.join(names)} end{'s' if len(names) == 1 else ''}"


def _in_the_way(config: Config, kept: list[str]) -> str | None:
    """What keeps these engines from staying up, by the settings and what the machines have in all."""
    from dgrc.runtime.cluster import places

    sections: dict[str, EngineConfig] = {role: getattr(config, role) for role in kept}
    for engine in sections.values():
        if engine.fewest_replicas != engine.most_replicas:
            return "its replicas may grow into what the training needs"
        if 0 < engine.gpus < 1 and config.training.gpus_per_worker:
            return "it has a part of a GPU, which the training may need whole"
    there = places(None)
    for name, demands in stages_of(config, PARTS):
        held = {demand.role for demand in demands}
        staying = [demand for role in kept if role not in held for demand in engine_demands(role, sections[role])]
        if lack := _lack([*demands, *staying], there.total):
            return f"{name} needs {lack}"
        if (lacking := _memory(config, {*kept, *held}) - of_this_machine()) > 0 and config.ray.address is None:
            return f"{name} needs {lacking / GIB:,.1f} GiB more memory than there is"
    return None


def _lack(demands: Iterable[Demand], total: Callable[[str], float]) -> str | None:
    """Which resource demands cannot have together; GPUs are taken for whole ones."""
    wanted: dict[str, float] = {}
    for demand in demands:
        for resource, amount in demand.bundle.items():
            each = math.ceil(amount) if resource == "GPU" else amount
            wanted[resource] = wanted.get(resource, 0) + demand.count * each
    for resource, amount in wanted.items():
        if amount > (there := total(resource)):
            return f"{amount:g} {resource} with it, and there are {there:g}"
    return None


def _memory(config: Config, roles: Iterable[str]) -> float:
    """Bytes that engines on CPUs are sure to take."""
    engines = [engine for role in roles if isinstance(engine := getattr(config, role, None), EngineConfig)]
    return sum(e.fewest_replicas * engine_bytes(e) for e in engines if e.engine == "vllm" and not e.gpus)


def _no_room_now(config: Config) -> str | None:
    """Why a training cannot begin beside the engines that are up; None if it can."""
    demand = training_demand(config.training, config.training.most_workers)
    deadline = time.monotonic() + SETTLES_S
    while (held := _free_bundles(demand)) < demand.count:
        if time.monotonic() > deadline:
            each = " and ".join(f"{amount:g} {name}" for name, amount in demand.bundle.items() if amount)
            return f"of its {demand.count} workers with {each} each, {held:g} find room"
        time.sleep(0.1)
    return _memory_lacks(config)


def _free_bundles(demand: Demand) -> float:
    import ray

    from dgrc.runtime.cluster import Machines

    free = ray._private.state.available_resources_per_node().values()
    return sum(Machines(resources).hold(demand.bundle) for resources in free)


def _memory_lacks(config: Config) -> str | None:
    """Whether a training finds the memory it is planned with, on this machine; others' is not known."""
    import ray

    on_cpu = not config.training.gpus_per_worker
    if len([node for node in ray.nodes() if node["Alive"]]) > 1:
        return "what memory the machines of the cluster have free is not known here" if on_cpu else None
    try:
        needed = training_bytes(config)
    except (DgrcError, OSError, ValueError, KeyError) as e:
        return f"what memory it takes is not known ({type(e).__name__})"
    free = free_here() - RESERVE * of_this_machine()
    if needed > free:
        return f"it is planned with {needed / GIB:,.1f} GiB of memory, and {max(free, 0) / GIB:,.1f} GiB are to spare"
    return None


def training_bytes(config: Config) -> float:
    """Bytes of this machine's memory that a training takes by its plan (`dgrc plan`)."""
    from dgrc.training.plan.memory import PROCESS, total
    from dgrc.training.plan.planner import model_shape, setup_of

    shape, workers = model_shape(config, None), config.training.most_workers
    device, host = total(shape, setup_of(config, shape, workers))
    return float(workers * (host + PROCESS["cpu"] if config.training.gpus_per_worker else device))
