"""A whole run: `Config`, and the sections that say where and how it works."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from dgrc.config.corpus import CorpusConfig
from dgrc.config.engines import EngineConfig
from dgrc.config.evaluation import EvaluationConfig
from dgrc.config.explain import WANTED
from dgrc.config.method import MethodConfig, RoundsConfig
from dgrc.config.questions import QuestionsConfig
from dgrc.config.section import Sampling, Section
from dgrc.config.training import TrainingConfig


class PipelineConfig(Section):
    """How the passes run on Ray Data."""

    rows_per_block: int = Field(64, ge=1, description="Rows that become durable together.")
    workers: int = Field(4, ge=1, description="Async worker actors a pass; each drives one block at a time.")
    max_retries: int = Field(3, ge=0, description="How often a dead worker, task or request is tried again.")


class ProvingConfig(Section):
    """The fictional world that `proving:` models and questions come from."""

    size: Literal["standard", "small"] = Field("standard", description="`small` trains in seconds, for tests.")
    seed: int = Field(0, ge=0, description="Makes the world, its questions and its models.")
    questions: int = Field(1500, ge=1, description="Unlabeled questions written for the run.")
    held_out: int = Field(600, ge=1, description="Held-out questions written for evaluation.")
    slip: float = Field(0.18, ge=0, le=1, description="Chance that the teacher slips on a fact inside a chain.")
    misconceptions: float = Field(
        1.0, ge=0, description="Factor on the number of facts that the teacher always gets wrong inside chains."
    )
    atomic_errors: float = Field(
        0.0, ge=0, le=1, description="Share of the facts that the teacher gets wrong even when asked alone."
    )
    blind_spots: float = Field(
        0.0, ge=0, le=1, description="Share of the teacher's misconceptions that the student was taught as well."
    )
    covered: float = Field(
        1.0, gt=0, le=1, description="Share of the provinces that unlabeled questions speak of; held-out ones: all."
    )
    wording: Literal["same", "other"] = Field(
        "same", description="`other` words atomic questions and answers unlike the steps of chains."
    )
    cache: str = Field("~/.cache/dgrc", description="Where made models are kept, by content hash.")


class RayConfig(Section):
    """The cluster to run on."""

    address: str | None = Field(None, description="`auto` or an address joins a cluster; null starts one here.")
    num_cpus: int | None = Field(None, ge=1, description="Logical CPUs of a cluster started here; null: as needed.")
    object_store_gib: float = Field(0.5, gt=0, description="Object store of a cluster started here.")


class Config(Section):
    """A whole run."""

    name: str = Field(
        "run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Name of the run's folder.",
        json_schema_extra={WANTED: "letters, digits, `.`, `_` and `-`, a letter or digit first"},
    )  # fmt: skip
    runs_dir: str = Field("runs", description="Folder that holds the runs.")
    seed: int = Field(0, ge=0, description="Seeds sampling order, training order and engines.")
    questions: QuestionsConfig = Field(QuestionsConfig(), description="The unlabeled questions.")
    corpus: CorpusConfig | None = Field(None, description="Documents to write questions about.")
    teacher: EngineConfig = Field(EngineConfig(), description="The fallible teacher.")
    student: EngineConfig = Field(EngineConfig(), description="The student to adapt.")
    auditor: EngineConfig | None = Field(
        None, description="A third model, independent of the other two, that audits agreeing questions."
    )
    verifier: EngineConfig | None = Field(None, description="Verifies chains; null leaves it to the teacher.")
    embedder: EngineConfig | None = Field(
        None, description="A sentence-embedding model (`engine: embedding`), for `method.near_duplicate_cosine`."
    )
    method: MethodConfig = Field(MethodConfig(), description="The method's switches.")
    rounds: RoundsConfig = Field(RoundsConfig(), description="How often to go round.")
    pipeline: PipelineConfig = Field(PipelineConfig(), description="The passes.")
    training: TrainingConfig = Field(TrainingConfig(), description="Fine-tuning.")
    evaluation: EvaluationConfig = Field(EvaluationConfig(), description="Held-out evaluation.")
    proving: ProvingConfig = Field(ProvingConfig(), description="The proving world.")
    publish: str | None = Field(
        None,
        description="URL such as s3://bucket/folder to which a complete run's curricula, students and evaluations are "
        "copied, in a folder of its name.",
    )
    ray: RayConfig = Field(RayConfig(), description="The cluster.")

    def engines(self) -> dict[str, EngineConfig]:
        """The engines that are configured, by role."""
        sections = {role: getattr(self, role) for role in ("teacher", "student", "auditor", "verifier")}
        return {role: engine for role, engine in sections.items() if engine is not None}

    def samplings(self, role: str) -> dict[str, Sampling]:
        """By which settings the engine of a role samples, by their dotted names."""
        steps = {
            "teacher": ["teacher", "diagnose", "answer", "judge", *(["verify"] if self.verifier is None else [])],
            "student": ["student"], "auditor": ["teacher"], "verifier": ["verify"],
        }  # fmt: skip
        found = {f"method.{step}_sampling": getattr(self.method, f"{step}_sampling") for step in steps[role]}
        if role in ("teacher", "student"):
            one, several = self.evaluation.sampling, self.evaluation.majority_sampling
            found |= {"evaluation.sampling": one, "evaluation.majority_sampling": several}
        if role == "teacher" and self.corpus is not None:
            found["corpus.sampling"] = self.corpus.sampling
        return found

    def objections(self) -> Iterator[str]:
        yield from self._seeds_that_cannot_be_used()
        yield from self._engines_that_are_not_named()

    def _seeds_that_cannot_be_used(self) -> Iterator[str]:
        for role, engine in self.engines().items():
            drawn = {name: each for name, each in self.samplings(role).items() if each.temperature > 0}
            seeded = [name for name, sampling in drawn.items() if sampling.seed is not None]
            if seeded and not engine.takes_seeds:
                yield (
                    f"`{seeded[0]}.seed` seeds requests to `{role}`, which runs on a CPU and reads prompts in chunks: "
                    f"vLLM dies of the two together; set `{role}.engine_args: {{enable_chunked_prefill: false}}` too"
                )

    def _engines_that_are_not_named(self) -> Iterator[str]:
        if self.method.near_duplicate_cosine is not None and self.embedder is None:
            yield "`method.near_duplicate_cosine` compares embeddings, so `embedder` must name a model"
        if self.embedder is not None and self.embedder.engine == "vllm":
            yield "`embedder.engine` is `vllm`, which writes text; wanted is `embedding`"
        if self.method.ifd is not None and self.student.engine == "openai_api":
            yield "`method.ifd` needs log-probabilities, which `student.engine: openai_api` does not give"
        if self.method.audit_share and self.auditor is None:
            yield "`method.audit_share` asks a third model, so the section `auditor` must name one"
