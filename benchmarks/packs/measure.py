"""All parts in their order: chains first, then every other step on items of its own, then the grammar backends.

The plan (what is asked of which models under which wordings) flows in; one dictionary of results by part flows out.
An engine is started only where a part that it has to answer is missing.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.packs import backends, items, steps
from benchmarks.packs.items import Pair
from benchmarks.packs.parts import Parts
from benchmarks.packs.steps import GREEDY, Ask, Result
from benchmarks.packs.wordings import SHIPPED, Wording
from dgrc.config import Config, EngineConfig, Sampling
from dgrc.evaluation.truth.items import Judge
from dgrc.method.compare import diverging_pairs
from dgrc.proving.natural.problem import Problem
from dgrc.records import Chain

Starter = Callable[[str, EngineConfig], contextlib.AbstractContextManager[Ask]]
ROLES = ("student", "teacher")
LIMITS = {"sample": 400, "diagnose": 500, "answer": 300, "extract": 400, "verify": 600, "judge": 300}
"""Most tokens of a reply, as the shipped configurations for small models have them (`real/medical`)."""
SAMPLING = {"student": Sampling(temperature=1.0, top_p=0.95), "teacher": Sampling(temperature=0.6)}
ANSWERING = Sampling(temperature=0.6)


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        config: The two engines.
        wordings: Of all packs, each pack's shipped one first.
        problems: By pack.
        truth: What is true of the problems.
        steps: Those that are measured; `sample` of the shipped wordings always is, for its chains.
        backends: Grammar backends to compare, by vLLM's names.
        chains: Chains a role samples of a problem.
        answers: m, answers to a step's question.
        diagnoses: Diagnoses for each backend.
        seed: Of the engines and the items.
    """

    config: Config
    wordings: Sequence[Wording]
    problems: dict[str, list[Problem]]
    truth: Judge
    steps: Sequence[str]
    backends: Sequence[str]
    chains: int = 1
    answers: int = 3
    diagnoses: int = 25
    seed: int = 0


class Measurement:
    """A plan under way.

    Args:
        plan: What is measured.
        parts: Where parts are kept.
        start: Starts an engine for a role.
    """

    def __init__(self, plan: Plan, parts: Parts, start: Starter):
        self._plan, self._parts, self._start = plan, parts, start
        self._chains: dict[tuple[str, str], list[list[Chain]]] = {}

    def run(self) -> dict[str, Result]:
        """Everything, by the part's name: `step/role/pack/wording`, `backends/name`."""
        found: dict[str, Result] = {}
        for role in ROLES:
            with self._engine(role) as ask:
                for wording in self._plan.wordings:
                    if wording.name == SHIPPED or ("sample" in self._plan.steps and "sample" in wording.steps):
                        found[_name("sample", role, wording)] = self._sample(ask, role, wording)
        for name, blanks in backends.variants(self._plan.backends):
            found[f"backends/{name}{'' if blanks else ' compact'}"] = self._backend(name, blanks)
        with self._engine("teacher") as ask:
            for wording in self._plan.wordings:
                for step in [s for s in wording.steps if s in self._plan.steps and s != "sample"]:
                    found[_name(step, "teacher", wording)] = self._step(ask, step, wording)
        return found

    def _sample(self, ask: Ask, role: str, wording: Wording) -> Result:
        plan, problems = self._plan, self._plan.problems[wording.pack_name]
        sampling = _limited(SAMPLING[role], "sample")

        def measure() -> dict[str, Any]:
            result, chains = steps.sampled(ask, wording.pack, problems, plan.truth, sampling, plan.chains)
            return {"result": result, "chains": [[dataclasses.asdict(c) for c in of] for of in chains]}

        decided = {"pack": wording.pack.digest(), "sampling": sampling.model_dump(mode="json"), "chains": plan.chains}
        part = self._parts.get(_name("sample", role, wording), self._with_problems(wording, decided), measure)
        if wording.name == SHIPPED:
            self._chains[role, wording.pack_name] = [[Chain(**c) for c in of] for of in part["chains"]]
        result: Result = part["result"]
        return result

    def _step(self, ask: Ask, step: str, wording: Wording) -> Result:
        plan, pack, pack_name = self._plan, wording.pack, wording.pack_name
        problems = plan.problems[pack_name]
        count = len(problems)
        greedy = _limited(GREEDY, step)

        def measure() -> Result:
            match step:
                case "diagnose":
                    return steps.diagnosed(ask, pack, self._pairs(pack_name, count), plan.truth, greedy)
                case "answer":
                    asked = [(problem, problem.steps[n % len(problem.steps)]) for n, problem in enumerate(problems)]
                    return steps.answered(ask, pack, asked, _limited(ANSWERING, step), plan.answers)
                case "verify" | "extract":
                    chains = [
                        (problem.id, chain)
                        for role in ROLES
                        for problem, of in zip(problems, self._chains[role, pack_name], strict=True)
                        for chain in of
                    ]
                    checked = items.to_verify(problems, chains, plan.truth, count, plan.seed)
                    return (steps.verified if step == "verify" else steps.extracted)(ask, pack, checked, greedy)
            return steps.judged(ask, pack, items.to_judge(problems, count, plan.seed), greedy)

        decided = {"pack": pack.digest(), "limit": LIMITS[step], "chains": plan.chains, "answers": plan.answers}
        return self._parts.get(_name(step, "teacher", wording), self._with_problems(wording, decided), measure)

    def _backend(self, name: str, blanks: bool) -> Result:
        plan, wording = self._plan, self._plan.wordings[0]

        def measure() -> Result:
            # The first one warms the engine up and is not counted.
            chosen = self._pairs(wording.pack_name, plan.diagnoses + 1)
            return backends.measured(
                lambda engine: self._start("teacher", engine), plan.config.teacher, name, blanks, wording.pack, chosen,
                LIMITS["diagnose"],
            )  # fmt: skip

        decided = {"pack": wording.pack.digest(), "limit": LIMITS["diagnose"], "diagnoses": plan.diagnoses}
        part = f"backends/{name}{'' if blanks else ' compact'}"
        return self._parts.get(part, self._with_problems(wording, decided), measure)

    def _pairs(self, pack_name: str, count: int) -> list[Pair]:
        """Pairs of what the two models sampled, and written ones where too few differ."""
        problems = self._plan.problems[pack_name]
        found = []
        for problem, ours, theirs in zip(
            problems, self._chains["teacher", pack_name], self._chains["student", pack_name], strict=True
        ):
            for pair in diverging_pairs(ours, theirs, "per_answer", 1):
                found.append((problem.id, ours[pair.teacher], theirs[pair.student]))
        return items.pairs(problems, found, count, self._plan.seed)

    def _with_problems(self, wording: Wording, decided: dict[str, Any]) -> dict[str, Any]:
        return {**decided, "problems": [problem.id for problem in self._plan.problems[wording.pack_name]]}

    @contextlib.contextmanager
    def _engine(self, role: str) -> Iterator[Ask]:
        """An engine that starts when it is first asked."""
        config: EngineConfig = getattr(self._plan.config, role)
        with contextlib.ExitStack() as stack:
            started: list[Ask] = []

            def ask(requests: Sequence[Any]) -> list[Any]:
                if not started:
                    started.append(stack.enter_context(self._start(role, config)))
                return started[0](requests)

            yield ask


def _name(step: str, role: str, wording: Wording) -> str:
    return f"{step}/{role}/{wording.pack_name}/{wording.name}"


def _limited(sampling: Sampling, step: str) -> Sampling:
    return sampling.model_copy(update={"max_tokens": LIMITS[step]})
