"""One student's course: curricula and settings in, encoded examples and planned steps out; and what came of it."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dgrc.config.engines import EngineConfig
from dgrc.config.training import TrainingConfig
from dgrc.errors import TrainingError
from dgrc.records import Example
from dgrc.training.data.encode import Corpus, SetAside, encode_corpus
from dgrc.training.data.inputs import draw, read_examples, set_apart, write_quarantine
from dgrc.training.data.stages import Budget, Stage, most_replayed, plan_stages


@dataclass(frozen=True, slots=True)
class Course:
    """One student to train: the curricula it learns from, where it goes, and the facts of its model card.

    `atoms` and `chains` are directories of Parquet files of `records.Example`; None leaves a kind out. `order` and
    `replay` take the place of the configuration's `order` and `replay.earlier` where they are given.
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
    there were none). `validation` has the looks at the examples set apart: (stage, step in it, loss). `replayed` of the
    visits were of the user's own examples, of which `own_examples` were learned from. `stages` are names and steps.
    """

    output: str
    steps: int
    visits: int
    tokens: int
    set_aside: int
    quarantine: str | None
    losses: tuple[float, ...]
    validation: tuple[tuple[str, int, float], ...] = ()
    replayed: int = 0
    own_examples: int = 0
    stages: tuple[tuple[str, int], ...] = ()

    def figures(self) -> dict[str, Any]:
        """What a run's report says of it."""
        figures: dict[str, Any] = {
            "visits": self.visits, "steps": self.steps, "tokens": self.tokens, "set_aside": self.set_aside,
            "first_loss": round(self.losses[0], 4), "last_loss": round(self.losses[-1], 4),
        }  # fmt: skip
        if self.own_examples:
            figures |= {"replayed_examples": self.own_examples, "replayed_visits": self.replayed}
        return figures | ({"last_validation": round(self.validation[-1][2], 4)} if self.validation else {})

    def curve(self) -> dict[str, Any]:
        """The loss of every step, what the looks at validation found, and the stages, as JSON holds them."""
        losses = [round(loss, 5) for loss in self.losses]
        return {"losses": losses, "validation": self.validation, "stages": self.stages}


@dataclass(frozen=True, slots=True)
class Planned:
    """A course with its examples as tokens and every step laid down; `set_aside` examples are in `quarantine`.

    `own_examples` is how many the user's files hold; those that are visited are in the corpus.
    """

    course: Course
    corpus: Corpus
    validation: Corpus | None
    stages: tuple[Stage, ...]
    set_aside: int
    quarantine: str | None
    own_examples: int = 0

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
        kinds = f"{self.corpus.atoms:,} atomic QAs and {self.corpus.chains:,} verified chains"
        if self.corpus.replayed:
            share = f"{config.replayed.share:.1%} of the visits"
            kinds += f"; replayed: {self.corpus.replayed:,} of {self.own_examples:,} chats, {share}"
        stages = "; ".join(f"{s.name}: {s.visits:,} visits in {len(s.steps):,} steps" for s in self.stages)
        return {**self.course.card, "curriculum": kinds, "trained": f"{how}, {config.precision}; {stages}"}

    def result(self, losses: list[list[float]], looks: list[list[tuple[int, float]]]) -> TrainResult:
        """What came of it, given the losses of the steps that were done in each stage."""
        done = [
            step for stage, of_stage in zip(self.stages, losses, strict=True) for step in stage.steps[: len(of_stage)]
        ]
        seen = zip(self.stages, looks, strict=False)
        own = len(self.corpus) - self.corpus.replayed
        return TrainResult(
            output=self.course.output,
            steps=len(done),
            visits=sum(map(len, done)),
            tokens=sum(self.corpus.length(v) for step in done for v in step),
            set_aside=self.set_aside,
            quarantine=self.quarantine,
            losses=tuple(loss for of_stage in losses for loss in of_stage),
            validation=tuple((stage.name, step, loss) for stage, of_stage in seen for step, loss in of_stage),
            replayed=sum(visit >= own for step in done for visit in step),
            own_examples=self.corpus.replayed,
            stages=tuple((stage.name, len(of_stage)) for stage, of_stage in zip(self.stages, losses, strict=True)),
        )


def plan_course(
    config: TrainingConfig,
    course: Course,
    tokenizer: Any,
    seed: int,
    budget: Budget | None,
    student: EngineConfig | None = None,
    replayed: Iterable[Example] = (),
) -> Planned:
    """Lays a course down and writes what is too long for it to its quarantine."""
    planned, aside = lay_down(config, course, tokenizer, seed, budget, student, replayed)
    return dataclasses.replace(planned, quarantine=write_quarantine(aside, course.output))


def lay_down(
    config: TrainingConfig,
    course: Course,
    tokenizer: Any,
    seed: int,
    budget: Budget | None = None,
    student: EngineConfig | None = None,
    replayed: Iterable[Example] = (),
) -> tuple[Planned, list[SetAside]]:
    """Reads and encodes a course's examples, draws what it needs of the user's own, and plans its steps.

    Raises:
        TrainingError: there is nothing to train on, an example cannot be encoded, or the budget is too small.
    """
    config = config.model_copy(update={"order": course.order or config.order})
    if course.replay is not None:
        own = config.replayed.model_copy(update={"earlier": course.replay})
        config = config.model_copy(update={"replay": own})
    examples = read_examples(course.atoms), read_examples(course.chains)
    learned, apart = set_apart(examples, config.validation.share, seed)
    most = most_replayed(len(learned[0]), len(learned[1]), config, budget)
    drawn, of = draw(replayed, most, seed)
    corpus, aside = encode_corpus(tokenizer, *learned, config.max_length, student, drawn)
    if most and not corpus.replayed:
        raise TrainingError(
            f"`training.replay.files` hold {of:,} examples, of which none that was drawn fits `training.max_length` = "
            f"{config.max_length}. Raise it, or give shorter ones."
        )
    validation, more = encode_corpus(tokenizer, *apart, config.max_length, student) if any(apart) else (None, [])
    stages = plan_stages(corpus.atoms, corpus.chains, config, seed, budget, corpus.length, corpus.replayed)
    return Planned(course, corpus, validation, stages, len(aside + more), None, of), aside + more
