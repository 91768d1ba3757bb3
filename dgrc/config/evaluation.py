"""Held-out questions, and what is compared on them."""

from typing import Literal

from pydantic import Field

from dgrc.config.questions import FieldMap, Form
from dgrc.config.section import Sampling, Section


class BenchmarkConfig(Section):
    """A published benchmark on disk, in the form in which its authors or the Hub give it out."""

    name: str = Field("", description="What its rows are called in reports; by default its form.")
    form: Form = Field("medmcqa", description="Whose files these are; docs/evaluation.md lists what is read.")
    files: tuple[str, ...] = Field(
        (), description="Its JSONL, JSON, Parquet, CSV or TSV files, packed or not, globs allowed."
    )
    answers: tuple[str, ...] = Field(
        (),
        description="Files with the right answers where these are apart from the questions (CMB's test set): rows with "
        "`id` and `answer`, joined by `id`.",
    )


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
    option_likelihood: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Score the options of questions by their log-likelihoods too: what a model knows without the form "
        "of its replies. `auto` does where the engine gives them and the pack's models know other prompts; an API "
        "gives none.",
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
