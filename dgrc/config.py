"""Every setting of a run, typed, documented and checked before anything heavy is imported.

`config_file` reads a YAML file into a `Config`. `docs/configuration.md` is generated from the field
descriptions below.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldMap(Section):
    """Where a question's parts are in a user's rows."""

    text: str = Field("question", description="Column or key that holds the question.")
    choices: str | None = Field("choices", description="Column with a list of options, if there is one.")
    label: str | None = Field("label", description="Column with the right answer; evaluation alone reads it.")
    source_id: str | None = Field("id", description="Column with the user's own id.")


class QuestionsConfig(Section):
    """The unlabeled questions."""

    files: tuple[str, ...] = Field((), description="JSONL, JSON, Parquet or CSV files, globs allowed.")
    fields: FieldMap = Field(FieldMap(), description="Column names; the id/conversations form needs none.")
    limit: int | None = Field(None, ge=1, description="Take only the first so many good questions.")
    teacher_chains: tuple[str, ...] = Field(
        (), description="JSONL files of teacher chains made elsewhere; their questions are not sampled again."
    )
    student_chains: tuple[str, ...] = Field((), description="The same for the student.")


class EngineConfig(Section):
    """One model and the replicas that serve it."""

    engine: Literal["vllm", "scripted"] = Field(
        "vllm", description="`vllm` runs the model here; `scripted` calls a Python function, for unit tests only."
    )
    model: str = Field(
        "",
        description="Hugging Face directory or name; `proving:teacher`, `proving:student`, `proving:noise` are made "
        "here.",
    )
    script: str = Field("", description="`module:function` of a scripted engine.")
    replicas: int = Field(1, ge=1, description="Engine actors; requests go to the less busy of two.")
    tensor_parallel: int = Field(1, ge=1, description="GPUs a replica.")
    gpus: float = Field(0, ge=0, description="GPUs each replica reserves in Ray; 0 runs vLLM's CPU build.")
    cpus: float = Field(1, ge=0, description="CPU cores each replica reserves in Ray.")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field("auto", description="Weights and activations.")
    max_model_len: int = Field(4096, ge=32, description="Context in tokens, prompt and reply together.")
    max_num_seqs: int = Field(256, ge=1, description="Sequences decoded at once by a replica.")
    kv_cache_gib: float = Field(
        0, ge=0, description="KV cache in GiB; 0 leaves it to vLLM on a GPU and takes 0.5 on a CPU."
    )
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1, description="Share of GPU memory vLLM may take.")
    enforce_eager: bool | None = Field(None, description="Skip compilation; null means yes on a CPU, no on a GPU.")

    @model_validator(mode="after")
    def _names_a_model(self) -> "EngineConfig":
        if self.engine == "scripted" and ":" not in self.script:
            raise ValueError("engine `scripted` needs `script: module:function`")
        return self


class Sampling(Section):
    """How replies are drawn."""

    temperature: float = Field(0.6, ge=0, description="0 is greedy.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus share.")
    top_k: int = Field(0, ge=0, description="0 is off.")
    max_tokens: int = Field(2048, ge=1, description="Longest reply in tokens.")


class MethodConfig(Section):
    """The switches of the method (`dgrc.method`)."""

    prompts: str = Field("general", description="Prompt pack: `general`, `legal`, `medical`, `proving`, or a folder.")
    teacher_chains: int = Field(3, ge=1, description="K: teacher chains a question.")
    student_chains: int = Field(3, ge=1, description="J: student chains a question.")
    teacher_sampling: Sampling = Field(Sampling(), description="How the teacher samples chains.")
    student_sampling: Sampling = Field(Sampling(temperature=1.0, top_p=0.95), description="How the student does.")
    diagnose_sampling: Sampling = Field(Sampling(temperature=0), description="How divergences are diagnosed.")
    answer_sampling: Sampling = Field(Sampling(), description="How atomic questions are answered.")
    verify_sampling: Sampling = Field(Sampling(temperature=0), description="How chains are verified.")
    pairs: Literal["per_answer", "all", "majority"] = Field(
        "per_answer",
        description="Pairs to diagnose: one for each distinct differing student answer, all (as published), or "
        "majority against majority.",
    )
    max_pairs: int = Field(4, ge=0, description="Most pairs diagnosed for one question; 0 asks nothing, for baselines.")
    answers_per_atom: int = Field(5, ge=1, description="m: fresh answers to each distinct atomic question.")
    shared_answers: bool = Field(
        True,
        description="An atom is answered once, wherever in the corpus it is asked; false answers it anew for every "
        "pair that asks (as published).",
    )
    min_agreement: float = Field(0.6, ge=0, le=1, description="Atoms whose answers agree less are dropped.")
    near_duplicate: float = Field(
        1.0, ge=0, le=1,
        description="Within a question, atoms whose content words overlap by this share (Jaccard) count as one; "
        "1 merges only equal wording.",
    )
    near_duplicate_corpus: float = Field(
        1.0, gt=0, le=1,
        description="The same across the corpus, after the answers: of near-duplicates that answer alike one is kept "
        "for the curriculum; those that contradict each other are resolved by agreement or dropped. 1 is off; 0.8 "
        "suits real text.",
    )
    ifd: tuple[float, float] | None = Field(
        None,
        description="Keep atoms whose instruction-following difficulty, loss(answer | question) / loss(answer) under "
        "the student, is within this range; published: [0.35, 1.0]. null asks nothing.",
    )
    judge: int | None = Field(
        None, ge=1, le=14, description="Keep atoms that the teacher as a judge scores so high, of 14; published: 13."
    )
    corpus_facts: int = Field(
        8,
        ge=0,
        description="A chain is checked against the atoms that speak to what it says: its question's own, and so many "
        "from elsewhere in the corpus. 0 checks it against all of its question's own atoms alone (as published).",
    )
    fact_coverage: float = Field(
        0.5,
        gt=0,
        le=1,
        description="An atom speaks to a chain if this share of its content words stands in the question or the chain.",
    )
    resample: int = Field(
        0, ge=0, description="How often the teacher samples anew where facts reject every chain of a question."
    )
    accept_unchecked: bool = Field(
        False, description="Keep chains that no fact speaks to (as published); else they are dropped."
    )
    agreeing: Literal["drop", "keep", "corpus", "audit"] = Field(
        "drop",
        description="Chains of questions where all answers agree: dropped; kept unverified (as published); kept if "
        "atoms from elsewhere in the corpus speak to them and none contradicts; or kept unless an audit by a third "
        "model refutes them, with an estimate of how many are wrong.",
    )
    audit_share: float = Field(
        0.0, ge=0, le=1, description="Share of the agreeing questions that the `auditor` answers too; 0 is no audit."
    )
    auditor_chains: int = Field(3, ge=1, description="Chains the auditor samples for a question it looks at.")
    chains_per_question: int = Field(3, ge=1, description="Most verified chains a question gives to the curriculum.")

    @model_validator(mode="after")
    def _agreeing_has_what_it_needs(self) -> "MethodConfig":
        if self.agreeing == "audit" and not self.audit_share:
            raise ValueError("`agreeing: audit` keeps what an audit does not refute, so set `audit_share` above 0")
        if self.agreeing == "corpus" and not self.corpus_facts:
            raise ValueError("`agreeing: corpus` checks against corpus facts, so `corpus_facts` must be more than 0")
        return self


class RoundsConfig(Section):
    """Rounds: the trained student samples again, the teacher's chains stay, and what newly diverges is asked."""

    count: int = Field(1, ge=1, description="Most rounds.")
    min_gain: float = Field(
        0.005,
        description="Stop when the share of verified questions on which the student's majority answer is the verified "
        "one has grown by less than this since the round before (no label is used).",
    )
    teacher_tokens: int | None = Field(
        None, ge=1, description="No further round once the teacher has generated so many tokens in all."
    )


class PipelineConfig(Section):
    """How the passes run on Ray Data."""

    rows_per_block: int = Field(64, ge=1, description="Rows that become durable together.")
    workers: int = Field(4, ge=1, description="Async worker actors a pass; each drives one block at a time.")
    max_retries: int = Field(3, ge=0, description="How often a dead worker, task or request is tried again.")


class StageConfig(Section):
    """One stage of fine-tuning."""

    visits: int = Field(0, ge=0, description="Training examples visited, with repetition; 0 means `epochs` passes.")
    epochs: float = Field(2.0, gt=0, description="Passes over the stage's examples when `visits` is 0.")
    learning_rate: float = Field(1e-5, gt=0, description="Peak learning rate.")
    warmup: float = Field(0.03, ge=0, lt=1, description="Share of the steps that warm up.")
    schedule: Literal["linear", "cosine", "constant"] = Field("cosine", description="What follows the warm-up.")


class TrainingConfig(Section):
    """Fine-tuning with Ray Train and DeepSpeed."""

    workers: int = Field(2, ge=1, description="Data-parallel training workers.")
    gpus_per_worker: float = Field(0, ge=0, description="0 trains on the CPU with gloo, else NCCL.")
    cpus_per_worker: float = Field(1, gt=0, description="CPU cores each worker reserves and uses.")
    zero_stage: Literal[0, 1, 2, 3] = Field(2, description="DeepSpeed ZeRO stage.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's decoupled weight decay.")
    betas: tuple[float, float] = Field((0.9, 0.95), description="AdamW's decay rates.")
    max_grad_norm: float = Field(1.0, ge=0, description="Gradient clipping; 0 is off.")
    precision: Literal["bf16", "fp32"] = Field("bf16", description="Arithmetic of forward and backward.")
    gradient_checkpointing: bool = Field(False, description="Recompute activations to save memory.")
    max_length: int = Field(
        4096, ge=16, description="Most tokens in an example; longer ones are set aside, none is cut."
    )
    batch_examples: int = Field(
        64, ge=1, description="Visits in one optimizer step, all workers together; equal visits are then equal steps."
    )
    micro_batch_rows: int = Field(
        1,
        ge=1,
        description="Packed rows of `max_length` tokens a worker computes at once; of shorter rows, so many more.",
    )
    order: Literal["atoms_first", "chains_first", "mixed"] = Field(
        "atoms_first", description="Order of the curriculum."
    )
    replay: float = Field(
        0.2, ge=0, lt=1, description="Share of the second stage's visits that replay the first stage."
    )
    atoms: StageConfig = Field(StageConfig(), description="The stage of atomic QAs.")
    chains: StageConfig = Field(StageConfig(), description="The stage of verified chains.")
    max_failures: int = Field(1, ge=0, description="How often Ray Train starts the workers again after a failure.")


class EvaluationConfig(Section):
    """Held-out questions and what is compared on them."""

    files: tuple[str, ...] = Field((), description="Labeled question files; their labels score, nothing else.")
    fields: FieldMap = Field(FieldMap(), description="Column names of these files.")
    limit: int | None = Field(None, ge=1, description="Take only the first so many.")
    sampling: Sampling = Field(Sampling(temperature=0), description="How answers are drawn.")
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
    teacher: EngineConfig = Field(EngineConfig(), description="The fallible teacher.")
    student: EngineConfig = Field(EngineConfig(), description="The student to adapt.")
    auditor: EngineConfig | None = Field(
        None, description="A third model, independent of the other two, that audits agreeing questions."
    )
    verifier: EngineConfig | None = Field(None, description="Verifies chains; null leaves it to the teacher.")
    method: MethodConfig = Field(MethodConfig(), description="The method's switches.")
    rounds: RoundsConfig = Field(RoundsConfig(), description="How often to go round.")
    pipeline: PipelineConfig = Field(PipelineConfig(), description="The passes.")
    training: TrainingConfig = Field(TrainingConfig(), description="Fine-tuning.")
    evaluation: EvaluationConfig = Field(EvaluationConfig(), description="Held-out evaluation.")
    proving: ProvingConfig = Field(ProvingConfig(), description="The proving world.")
    ray: RayConfig = Field(RayConfig(), description="The cluster.")

    def engines(self) -> dict[str, EngineConfig]:
        """The engines that are configured, by role."""
        sections = {role: getattr(self, role) for role in ("teacher", "student", "auditor", "verifier")}
        return {role: engine for role, engine in sections.items() if engine is not None}

    @model_validator(mode="after")
    def _audit_needs_an_auditor(self) -> "Config":
        if self.method.audit_share and self.auditor is None:
            raise ValueError("`method.audit_share` asks a third model, so the section `auditor` must name one")
        return self
