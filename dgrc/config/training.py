"""The settings of fine-tuning: a part of `config.Config` that has a file of its own for its size."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator

from dgrc.config.section import Section

Kind = Literal["atoms_first", "chains_first", "mixed"]


class StageConfig(Section):
    """One stage of fine-tuning."""

    visits: int = Field(0, ge=0, description="Training examples visited, with repetition; 0 means `epochs` passes.")
    epochs: float = Field(2.0, gt=0, description="Passes over the stage's examples when `visits` is 0.")
    batch_tokens: int = Field(
        0, ge=0, description="About so many tokens in an optimizer step; 0 means `batch_examples` visits."
    )
    learning_rate: float = Field(1e-5, gt=0, description="Peak learning rate.")
    warmup: float = Field(0.03, ge=0, lt=1, description="Share of the steps that warm up.")
    schedule: Literal["linear", "cosine", "constant"] = Field("cosine", description="What follows the warm-up.")


class AdapterConfig(Section):
    """Low-rank adaptation by PEFT: the base model stays as it is, and the student is an adapter."""

    rank: int = Field(16, ge=1, description="Rank of the update of each matrix.")
    alpha: float = Field(32, gt=0, description="Scale: the update is multiplied by alpha / rank (rsLoRA: its root).")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout before the adapter.")
    targets: str | tuple[str, ...] = Field(
        "all-linear", description="Names of the modules to adapt, or `all-linear`: all linear ones but the head."
    )
    variant: Literal["lora", "rslora", "dora"] = Field("lora", description="LoRA, rank-stabilized LoRA or DoRA.")
    quantize: Literal["none", "nf4"] = Field(
        "none", description="`nf4` keeps the base model in 4 bits (QLoRA): needs a GPU, bitsandbytes and ZeRO 0 to 2."
    )


class CheckpointsConfig(Section):
    """What is kept while a stage is under way."""

    every_steps: int = Field(200, ge=0, description="Steps between checkpoints; 0: only where a stage ends.")
    keep: int = Field(2, ge=1, description="So many of the newest are kept until the training ends.")
    storage: str | None = Field(
        None, description="Where they go: a shared folder or a URL such as s3://bucket/folder; null: the run's folder."
    )


class ValidationConfig(Section):
    """Examples that are not trained on, to see when to stop."""

    share: float = Field(0.0, ge=0, lt=1, description="Share of the examples set apart, drawn by `seed`; 0 is off.")
    every_steps: int = Field(50, ge=1, description="Steps between two looks; a stage's end is one too.")
    patience: int = Field(
        0, ge=0, description="Looks without a better loss after which a stage stops; 0 never stops it early."
    )
    keep_best: bool = Field(True, description="End each stage with the weights that had the best loss.")


class ReplayConfig(Section):
    """What a student has learned already and visits again, against forgetting. A number in place of the section is
    `earlier`.
    """

    earlier: float = Field(
        0.2, ge=0, lt=1, description="Share of the second stage's visits that replay the first stage."
    )
    files: tuple[str, ...] = Field(
        (),
        description="JSONL, JSON or Parquet files of your own chat examples, or globs: rows with `messages`, or "
        "`prompt` and `completion`. They are mixed into every stage.",
    )
    share: float = Field(0.1, gt=0, lt=1, description="Share of every stage's visits that are examples of `files`.")
    license: str | None = Field(
        None,
        description="License of `files`, for the student's card; null: what the README.md of their dataset says.",
    )

    def objections(self) -> Iterator[str]:
        if not self.files and self.model_fields_set & {"share", "license"}:
            yield "`share` and `license` speak of `files`, of which none is named"
        if self.files and self.earlier + self.share >= 1:
            yield (
                f"`earlier` {self.earlier} and `share` {self.share} together leave the second stage no visit of its own"
            )


class TrainingConfig(Section):
    """Fine-tuning with Ray Train and DeepSpeed."""

    workers: int | tuple[int, int] = Field(
        2, description="Data-parallel training workers; two numbers are the least and most of an elastic training."
    )
    resources_per_worker: dict[str, float] = Field(
        {}, description="Ray's own resources that each worker reserves besides, `{trainer: 1}` say: where it may run."
    )
    gpus_per_worker: float = Field(0, ge=0, description="0 trains on the CPU with gloo, else NCCL.")
    cpus_per_worker: float = Field(1, gt=0, description="CPU cores each worker reserves and uses.")
    zero_stage: Literal[0, 1, 2, 3] = Field(2, description="DeepSpeed ZeRO stage.")
    offload: Literal["none", "optimizer", "all"] = Field(
        "none", description="Keep in the CPU's memory: the optimizer's state, or (ZeRO 3) the parameters as well."
    )
    deepspeed: str | None = Field(
        None, description="JSON file of DeepSpeed's own settings, as in `configs/deepspeed`; decides ZeRO and offload."
    )
    adapter: AdapterConfig | None = Field(None, description="Train a LoRA adapter; null trains all weights.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's decay of matrices; biases and norms have none.")
    betas: tuple[float, float] = Field((0.9, 0.95), description="AdamW's decay rates.")
    max_grad_norm: float = Field(1.0, ge=0, description="Gradient clipping; 0 is off.")
    precision: Literal["bf16", "fp32"] = Field("bf16", description="Arithmetic of forward and backward.")
    attention: str = Field(
        "auto",
        pattern=r"^(auto|sdpa|eager|flex_attention|flash_attention_[0-9]+|\w[\w.-]*/\w[\w.-]*(@[\w.-]+)?(:[\w.-]+)?)$",
        description="transformers' name of an attention: `flash_attention_2` and its successors, `flex_attention`, "
        "`sdpa`, `eager`, or a kernel such as `kernels-community/flash-attn3` (package `kernels`); `auto` takes flash "
        "attention on a GPU that has it, else what the model prefers.",
    )
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
    thoughts: Literal["drop", "keep"] = Field(
        "drop",
        description="What the student learns of the thoughts that a thinking teacher wrote before its chains: nothing, "
        "or all of them, in the form of its own chat template.",
    )
    order: Kind = Field("atoms_first", description="Order of the curriculum.")
    replay: float | ReplayConfig = Field(
        0.2, description="Share of the second stage's visits that replay the first, or a section of what is replayed."
    )
    atoms: StageConfig = Field(StageConfig(), description="The stage of atomic QAs.")
    chains: StageConfig = Field(StageConfig(), description="The stage of verified chains.")
    validation: ValidationConfig = Field(ValidationConfig(), description="Validation loss, early stop, best weights.")
    checkpoints: CheckpointsConfig = Field(CheckpointsConfig(), description="Checkpoints within a stage.")
    report_to: tuple[Literal["tensorboard", "wandb", "mlflow"], ...] = Field(
        (), description="Where each step's figures go beside the terminal; what is named must be installed."
    )
    max_failures: int = Field(1, ge=0, description="How often Ray Train starts the workers again after a failure.")

    @property
    def most_workers(self) -> int:
        """Workers that take part, or at most may."""
        return self.workers if isinstance(self.workers, int) else self.workers[1]

    @property
    def replayed(self) -> ReplayConfig:
        """What is visited again, in whichever form it was said."""
        return self.replay if isinstance(self.replay, ReplayConfig) else ReplayConfig(earlier=self.replay)

    def decisive(self) -> dict[str, Any]:
        """The settings that decide what a student learns, but for rounding; the others say how it is computed.

        Of replayed files not their names: what they hold decides, which whoever reads them adds.
        """
        settings = self.model_dump(mode="json", exclude=set(MACHINERY))
        replayed = self.replayed
        settings["replay"] = {"earlier": replayed.earlier, "share": replayed.share} if replayed.files else (
            replayed.earlier
        )
        if self.thoughts == "drop":  # as before there was such a setting
            del settings["thoughts"]
        return settings

    @field_validator("replay")
    @classmethod
    def _is_a_share(cls, replay: float | ReplayConfig) -> float | ReplayConfig:
        if isinstance(replay, float) and not 0 <= replay < 1:
            raise ValueError(f"`replay` is {replay}; wanted is a share, at least 0 and less than 1")
        return replay

    def objections(self) -> Iterator[str]:
        least, most = (self.workers, self.workers) if isinstance(self.workers, int) else self.workers
        if not 1 <= least <= most:
            yield f"`workers` is {self.workers}; wanted is 1 or more, and the least not above the most"
        if self.deepspeed is not None and (self.zero_stage != 2 or self.offload != "none"):
            yield "`deepspeed` names a file, which decides: leave `zero_stage` and `offload` out"
        elif self.offload == "all" and self.zero_stage != 3:
            yield f"`offload: all` moves parameters, as ZeRO 3 alone can; `zero_stage` is {self.zero_stage}"
        elif self.offload != "none" and self.zero_stage == 0:
            yield "`offload` needs `zero_stage` 1, 2 or 3: ZeRO 0 has no optimizer state of its own to move"
        if self.adapter is not None and self.adapter.quantize != "none":
            if self.gpus_per_worker == 0:
                yield "`adapter.quantize: nf4` runs on GPUs alone: set `gpus_per_worker`, or leave it out"
            if self.zero_stage == 3:
                yield "`adapter.quantize: nf4` has 4-bit weights, which ZeRO 3 cannot partition: use ZeRO 2"


MACHINERY = (
    "workers", "gpus_per_worker", "cpus_per_worker", "resources_per_worker", "zero_stage", "offload", "deepspeed",
    "attention", "gradient_checkpointing", "micro_batch_rows", "checkpoints", "report_to", "max_failures",
)
"""Settings under which a training that was broken off may go on though they have changed."""
