"""One student's course: curricula and settings in, encoded examples and planned steps out; and what came of it."""

from dataclasses import dataclass
from typing import Any

from dgrc.config.engines import EngineConfig
from dgrc.config.training import TrainingConfig
from dgrc.training.data.encode import Corpus, encode_corpus
from dgrc.training.data.inputs import read_examples, set_apart, write_quarantine
from dgrc.training.data.stages import Budget, Stage, plan_stages


@dataclass(frozen=True, slots=True)
class Course:
    """One student to train: the curricula it learns from, where it goes, and the facts of its model card.

    `atoms` and `chains` are directories of Parquet files of `records.Example`; None leaves a kind out. `order` and
    `replay` take the place of the configuration's where they are given.
    """

    name: str
    atoms: str | None
    chains: str | None
    output: str
    card: dict[str, str]
    order: str | None = None
    replay: float | None = None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was done for one student: `losses` has the mean loss of each step in nats a token, `tokens` counts all
    visited.

    `set_aside` examples were too long and lie in `quarantine`, a Parquet file beside the output (None if
    there were none). `validation` has the looks at the examples set apart: (stage, step in it, loss).
    """

    output: str
    steps: int
    visits: int
    tokens: int
    set_aside: int
    quarantine: str | None
    losses: tuple[float, ...]
    validation: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A course with its examples as tokens and every step laid down; `set_aside` examples are in `quarantine`."""

    course: Course
    corpus: Corpus
    validation: Corpus | None
    stages: tuple[Stage, ...]
    set_aside: int
    quarantine: str | None

    def looks(self) -> dict[str, tuple[int, ...]]:
        """The validation examples of each stage: those of its kind, or all if there are none of it."""
        if self.validation is None:
            return {}
        every = range(len(self.validation))
        kinds = {"atoms": every[: self.validation.atoms], "chains": every[self.validation.atoms :]}
        return {stage.name: tuple(kinds.get(stage.name) or every) for stage in self.stages}

    def card(self, config: TrainingConfig) -> dict[str, str]:
        """What the model card says of data and method."""
        adapter = config.adapter
        how = f"{adapter.variant} adapter of rank {adapter.rank}" if adapter else "all weights"
        kinds = f"{self.corpus.atoms:,} atomic QAs and {len(self.corpus) - self.corpus.atoms:,} verified chains"
        stages = "; ".join(f"{s.name}: {s.visits:,} visits in {len(s.steps):,} steps" for s in self.stages)
        return {**self.course.card, "curriculum": kinds, "trained": f"{how}, {config.precision}; {stages}"}

    def result(self, losses: list[list[float]], looks: list[list[tuple[int, float]]]) -> TrainResult:
        """What came of it, given the losses of the steps that were done in each stage."""
        done = [
            step for stage, of_stage in zip(self.stages, losses, strict=True) for step in stage.steps[: len(of_stage)]
        ]
        seen = zip(self.stages, looks, strict=False)
        return TrainResult(
            output=self.course.output,
            steps=len(done),
            visits=sum(map(len, done)),
            tokens=sum(self.corpus.length(v) for step in done for v in step),
            set_aside=self.set_aside,
            quarantine=self.quarantine,
            losses=tuple(loss for of_stage in losses for loss in of_stage),
            validation=tuple((stage.name, step, loss) for stage, of_stage in seen for step, loss in of_stage),
        )


def plan_course(
    config: TrainingConfig,
    course: Course,
    tokenizer: Any,
    seed: int,
    budget: Budget | None,
    student: EngineConfig | None = None,
) -> Planned:
    """Reads and encodes a course's examples and plans its steps."""
    own = {name: value for name in ("order", "replay") if (value := getattr(course, name)) is not None}
    config = config.model_copy(update=own)
    examples = read_examples(course.atoms), read_examples(course.chains)
    learned, apart = set_apart(examples, config.validation.share, seed)
    corpus, aside = encode_corpus(tokenizer, *learned, config.max_length, student)
    validation, more = encode_corpus(tokenizer, *apart, config.max_length, student) if any(apart) else (None, [])
    stages = plan_stages(corpus.atoms, len(corpus) - corpus.atoms, config, seed, budget, corpus.length)
    aside += more
    return Planned(course, corpus, validation, stages, len(aside), write_quarantine(aside, course.output))
