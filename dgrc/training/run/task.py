"""What the driver gives every training worker: the students to make, in order, and where progress goes."""

from dataclasses import dataclass, field
from typing import Any

from dgrc.config.training import TrainingConfig
from dgrc.training.data.stages import Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """One student: `corpus` and `validation` are Ray object references, `output` where it goes, `card` what its model
    card says. A stage named s is validated on the examples `looks[s]` of `validation`."""

    name: str
    corpus: Any
    stages: tuple[Stage, ...]
    output: str
    card: dict[str, str]
    validation: Any = None
    looks: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Optimizer steps of all stages."""
        return sum(len(stage.steps) for stage in self.stages)


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """What one worker needs: the students to train in order, and `board`, the actor that gathers progress.

    `base_model` is as the user named it; on an object store it is fetched where a worker runs.
    """

    config: TrainingConfig
    base_model: str
    plans: tuple[Plan, ...]
    seed: int
    board: Any
    work_dir: str
