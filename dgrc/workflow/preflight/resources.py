"""GPUs, CPUs and a cluster's own resources: what a job reserves of Ray, held against what there is or may come.

Only what cannot come is a finding: something that no machine has, or more at once than all machines have together.
What others use just now comes free, and is waited for.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dgrc.config import Config, EngineConfig, TrainingConfig
from dgrc.errors import NotReadyError
from dgrc.runtime.extras import engines_of
from dgrc.runtime.session import DATA_CPUS
from dgrc.workflow.preflight.findings import Finding

if TYPE_CHECKING:
    from dgrc.runtime.cluster import Places

SETTINGS = {"GPU": ("gpus", "gpus_per_worker"), "CPU": ("cpus", "cpus_per_worker")}
"""Which setting of an engine, and of training, asks for a resource."""


@dataclass(frozen=True, slots=True)
class Demand:
    """So many equal bundles of resources that a role needs at once; what it is in the words of a user."""

    role: str
    what: str
    bundle: Mapping[str, float]
    count: int

    def setting(self, resource: str) -> str:
        """The setting that asks for a resource."""
        names = SETTINGS.get(resource, ("resources", "resources_per_worker"))
        return f"{self.role}.{names[self.role == 'training']}"


def resources_are_there(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """What these parts of a job reserve and cannot get."""
    if not _asks_for_more_than_cpus(config, parts):
        return
    from dgrc.runtime.cluster import places

    stages = list(stages_of(config, parts))
    try:
        there = places(config.ray.address)
    except NotReadyError as e:
        yield Finding.of("ray.address", e)
        return
    if not there.machines:
        yield Finding("ray.address", "no machine of the cluster is up. Look at `ray status`, and start it again.")
        return
    lacking = set[str]()
    for _, demands in stages:
        for demand in demands:
            lack = _lack(demand, there)
            if lack is not None and demand.role not in lacking:
                lacking.add(demand.role)
                yield lack
    together = set[str]()
    for name, demands in stages:
        if not lacking & {demand.role for demand in demands}:
            for finding in _too_much(name, demands, there):
                if finding.setting not in together:  # later passes would say the same again
                    together.add(finding.setting)
                    yield finding


def _asks_for_more_than_cpus(config: Config, parts: Collection[str]) -> bool:
    """Whether a cluster is joined, or something is asked for that a session started here may not have. CPUs it has: it
    is told of as many as are needed."""
    ray = sys.modules.get("ray")
    if config.ray.address is not None or (ray is not None and ray.is_initialized()):
        return bool(parts)
    asked = [dict(engine.resources, GPU=engine.gpus) for engine in engines_of(config, parts).values()]
    if "train" in parts:
        asked.append(dict(config.training.resources_per_worker, GPU=config.training.gpus_per_worker))
    return any(amount for each in asked for amount in each.values())


def stages_of(config: Config, parts: Collection[str]) -> Iterator[tuple[str, list[Demand]]]:
    """The stages of a job, each with what it reserves at once."""
    from dgrc.pipeline.passes import PASSES

    if "questions" in parts:
        yield "writing questions", [*engine_demands("teacher", config.teacher)]
    if "curate" in parts:
        for number, pass_ in enumerate(PASSES):
            later = {role for each in PASSES[number:] for role in each.roles(config)}
            begun = {role for each in PASSES[: number + 1] for role in each.roles(config)}
            roles = [role for role in ("teacher", "student", "auditor", "verifier") if role in later & begun]
            demands = [demand for role in roles for demand in engine_demands(role, getattr(config, role))]
            yield f"the pass `{pass_.name}`", [*demands, _data()]
        if config.embedder is not None and config.method.near_duplicate_cosine is not None:
            yield "comparing atoms", [*engine_demands("embedder", config.embedder)]
    if "train" in parts:
        yield "training", [training_demand(config.training)]
    if "evaluate" in parts:
        teacher = engine_demands("teacher", config.teacher) if config.evaluation.teacher else ()
        yield "evaluation", [*engine_demands("student", config.student), *teacher]


def engine_demands(role: str, engine: EngineConfig) -> Iterator[Demand]:
    """What a role's engine reserves, of as many replicas as work begins with."""
    from dgrc.engines.placement import bundles

    for bundle, count in bundles(engine):
        yield Demand(role, "replica", bundle, count * engine.fewest_replicas)


def training_demand(training: TrainingConfig, workers: int | None = None) -> Demand:
    """What a training reserves, with as many workers as it begins with or as are given."""
    bundle = {"CPU": training.cpus_per_worker, **training.resources_per_worker}
    bundle |= {"GPU": training.gpus_per_worker} if training.gpus_per_worker else {}
    least = training.workers if isinstance(training.workers, int) else training.workers[0]
    return Demand("training", "worker", bundle, workers or least)


def _data() -> Demand:
    return Demand("pipeline", "task of Ray Data", {"CPU": 1.0}, DATA_CPUS)


def _lack(demand: Demand, there: "Places") -> Finding | None:
    """What a demand by itself cannot get."""
    if demand.role == "pipeline":
        return None
    for name, wanted in demand.bundle.items():
        most = there.most(name)
        if wanted > most:
            alone = sum(machines.count for machines in there.machines) == 1
            has = "none" if not most else f"{most:g}" if alone else f"at most {most:g} on one"
            words = f"each {demand.what} reserves {wanted:g} {name}, and {_of(there)} {has}"
            return _finding(demand, name, words, there)
    held = there.hold(demand.bundle)
    if held < demand.count:
        named = [name for name, amount in demand.bundle.items() if amount]
        scarce = min(named, key=lambda name: there.total(name) / demand.bundle[name])
        words = f"{demand.count} times {_said(demand.bundle)} is reserved at once, and {_of(there)} room for {held:g}"
        return _finding(demand, scarce, words, there)
    return None


def _too_much(name: str, demands: list[Demand], there: "Places") -> Iterator[Finding]:
    """What demands cannot get together."""
    for resource in dict.fromkeys(resource for demand in demands for resource in demand.bundle):
        wanted: dict[str, float] = {}
        for demand in demands:
            wanted[_who(demand)] = wanted.get(_who(demand), 0) + demand.count * demand.bundle.get(resource, 0)
        if (total := sum(wanted.values())) > there.total(resource):
            parts = [f"{who} {amount:g}" for who, amount in wanted.items() if amount]
            words = f"{name} reserves {total:g} {resource} at once ({', '.join(parts)}), and {_of(there)} "
            yield _finding(demands[0], resource, f"{words}{there.total(resource):g}", there)
            return


def _who(demand: Demand) -> str:
    return "Ray Data" if demand.role == "pipeline" else demand.role


def _of(there: "Places") -> str:
    if there.here:
        return "this machine has"
    up = sum(machines.count for machines in there.machines if machines.kind == "up")
    types = [machines.kind for machines in there.machines if machines.kind != "up"]
    more = f" and its autoscaler's node types {', '.join(types)}" if types else ""
    if up == 1 and not types:
        return "the one machine of the cluster has"
    return f"the {up:g} machine{'s' if up != 1 else ''} of the cluster{more} have"


def _said(bundle: Mapping[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" for name, amount in bundle.items() if amount)


def _finding(demand: Demand, resource: str, words: str, there: "Places") -> Finding:
    setting = demand.setting(resource)
    if there.here and resource == "GPU":
        advice = f"Set `{setting}: 0` to run on CPUs, or `ray.address` to join a cluster that has GPUs."
    elif there.here:
        advice = "A cluster's own resources are there only where one is joined: set `ray.address`, or leave them out."
    elif there.unknown:
        advice = "Its autoscaler does not tell what machines it may add: it is waited for, and said what is missing."
    else:
        own = " (`ray.init(num_cpus=...)` where you started Ray yourself)" if resource == "CPU" else ""
        advice = f"It would be waited for in vain: ask for less, or add machines{own}."
    return Finding(setting, f"{words}. {advice}", stops=not there.unknown)
