"""Every setting of a run, typed, documented and checked before anything heavy is imported.

`config_file` reads a YAML file into a `Config`. `docs/configuration.md` is generated from the field
descriptions below.
"""

from typing import Literal

from pydantic import Field, model_validator

from dgrc.engine_config import ApiConfig as ApiConfig
from dgrc.engine_config import EngineConfig
from dgrc.engine_config import Price as Price
from dgrc.method_config import MethodConfig, RoundsConfig, Sampling, Section
from dgrc.training_config import AdapterConfig as AdapterConfig
from dgrc.training_config import StageConfig as StageConfig
from dgrc.training_config import TrainingConfig


class FieldMap(Section):
    """Where a question's parts are in a user's rows."""

    text: str = Field("question", description="Column or key that holds the question.")
    choices: str | None = Field("choices", description="Column with a list of options, if there is one.")
    label: str | None = Field("label", description="Column with the right answer; evaluation alone reads it.")
    source_id: str | None = Field("id", description="Column with the user's own id.")


class LimitsConfig(Section):
    """How much of a file is taken in at once, so that none can fill the memory."""

    row_bytes: int = Field(1 << 24, ge=1024, description="Longest line or row; a longer one is refused alone.")
    file_bytes: int = Field(
        1 << 31, ge=1024,
        description="Largest file that must be read whole: `.json`, and documents that are one text; unpacked size.",
    )  # fmt: skip
    json_depth: int = Field(64, ge=2, le=200, description="Deepest nesting of a row; a deeper one is refused alone.")


class QuestionsConfig(Section):
    """The unlabeled questions."""

    files: tuple[str, ...] = Field((), description="JSONL, JSON, Parquet or CSV files, globs and s3:// allowed.")
    fields: FieldMap = Field(FieldMap(), description="Column names; the id/conversations form needs none.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Of question and chain files.")
    broken_files: Literal["stop", "quarantine"] = Field(
        "stop",
        description="What to do about a file that cannot be read, or not to its end: stop, or put it on record in "
        "`quarantine/`, keep the rows before the damage and go on.",
    )
    limit: int | None = Field(None, ge=1, description="Take only the first so many good questions.")
    sample: int | None = Field(None, ge=1, description="Take a random sample of so many good questions, by `seed`.")
    contamination: Literal["off", "report", "quarantine"] = Field(
        "report",
        description="What to do with questions that share `contamination_ngram` words in a row with one of "
        "`evaluation.files`: count and say, or refuse as well.",
    )
    contamination_ngram: int = Field(13, ge=2, description="Words in a row that make a question contaminated.")
    teacher_chains: tuple[str, ...] = Field(
        (), description="JSONL files of teacher chains made elsewhere; their questions are not sampled again."
    )
    student_chains: tuple[str, ...] = Field((), description="The same for the student.")


class CorpusConfig(Section):
    """Documents that the teacher writes questions about (`dgrc questions`)."""

    files: tuple[str, ...] = Field(
        (),
        description="JSONL, JSON, Parquet, CSV, TXT or MD files; JSONL, TXT and MD also as `.gz` or `.zst`; globs and "
        "s3:// allowed.",
    )
    text: str = Field("text", description="Column with a document's text; a TXT or MD file is one document.")
    title: str | None = Field("title", description="Column with its title, if there is one.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Of these files.")
    id: str | None = Field("id", description="Column with the user's own id; else file and row.")
    form: Literal["multiple_choice", "short_answer", "yes_no"] = Field(
        "multiple_choice", description="The form of the questions."
    )
    questions_a_passage: int = Field(2, ge=1, le=16, description="Questions asked for about each passage.")
    passage_words: int = Field(350, ge=20, description="Most words of a passage.")
    least_words: int = Field(40, ge=5, description="Passages of fewer words are not asked about.")
    near_duplicate: float = Field(
        0.8, ge=0, le=1,
        description="Passages, and written questions, whose words overlap so much count once; 1 switches it off.",
    )  # fmt: skip
    stands_alone: bool = Field(
        True, description="Have the teacher check, without the passage, that a question can be answered by itself."
    )
    limit: int | None = Field(
        None, ge=1, description="Take only the first so many passages, of which repeats are then removed."
    )
    sampling: Sampling = Field(Sampling(temperature=0.7, max_tokens=2048), description="How questions are drawn.")


class PipelineConfig(Section):
    """How the passes run on Ray Data."""

    rows_per_block: int = Field(64, ge=1, description="Rows that become durable together.")
    workers: int = Field(4, ge=1, description="Async worker actors a pass; each drives one block at a time.")
    max_retries: int = Field(3, ge=0, description="How often a dead worker, task or request is tried again.")


class BenchmarkConfig(Section):
    """A published benchmark on disk, in the form in which its authors or the Hub give it out."""

    name: str = Field("", description="What its rows are called in reports; by default its form.")
    form: Literal["medmcqa", "medqa", "mmlu", "casehold", "legalbench"] = Field(
        "medmcqa", description="Whose files these are; docs/evaluation.md lists what is read."
    )
    files: tuple[str, ...] = Field((), description="Its JSONL, JSON, Parquet, CSV or TSV files, globs allowed.")


class EvaluationConfig(Section):
    """Held-out questions and what is compared on them."""

    files: tuple[str, ...] = Field((), description="Labeled question files; their labels score, nothing else.")
    fields: FieldMap = Field(FieldMap(), description="Column names of these files.")
    benchmarks: tuple[BenchmarkConfig, ...] = Field((), description="Published benchmarks, a task each.")
    limit: int | None = Field(None, ge=1, description="Take only the first so many of the files and of each benchmark.")
    sampling: Sampling = Field(Sampling(temperature=0), description="How answers are drawn.")
    majority_of: int | None = Field(
        None, ge=2, description="Draw so many answers as well and score their majority (maj@k); null does not."
    )
    majority_sampling: Sampling = Field(
        Sampling(temperature=0.7, top_p=0.95), description="How the answers of a majority are drawn."
    )
    teacher: bool = Field(True, description="Score the teacher too.")
    baselines: tuple[
        Literal[
            "distill", "many_chains", "teacher_majority", "self_train",
            "atoms_only", "chains_only", "unverified", "no_replay", "chains_first", "mixed",
        ],
        ...,
    ] = Field(
        (),
        description="Students trained from the same cases by other recipes at equal visits and steps: baselines and "
        "ablations, see `RECIPES` in `dgrc/method/curriculum.py`.",
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="Level of the intervals.")

    @property
    def wanted(self) -> bool:
        """Whether there is anything to evaluate on."""
        return bool(self.files or self.benchmarks)


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

    name: str = Field("run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Name of the run's folder.")
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

    @model_validator(mode="after")
    def _every_engine_asked_is_named(self) -> "Config":
        if self.method.near_duplicate_cosine is not None and self.embedder is None:
            raise ValueError("`method.near_duplicate_cosine` compares embeddings, so `embedder` must name a model")
        if self.embedder is not None and self.embedder.engine == "vllm":
            raise ValueError("`embedder.engine` is `vllm`, which writes text; wanted is `embedding`")
        if self.method.ifd is not None and self.student.engine == "openai_api":
            raise ValueError("`method.ifd` needs log-probabilities, which `student.engine: openai_api` does not give")
        if self.method.audit_share and self.auditor is None:
            raise ValueError("`method.audit_share` asks a third model, so the section `auditor` must name one")
        return self
