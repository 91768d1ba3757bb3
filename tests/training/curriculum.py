"""A base model and a curriculum on disk, small enough to be trained on in seconds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgrc.config.training import StageConfig, TrainingConfig
from dgrc.records import Example
from dgrc.training.run.course import Course, TrainResult
from dgrc.training.run.launch import train

CARD = {"name": "Toy", "method": "atoms, then chains"}


@dataclass
class Curriculum:
    """A base model and a curriculum on disk, and the examples in it."""

    folder: Path
    base_model: str
    atoms: list[Example]
    chains: list[Example]

    def course(self, name: str, **directories: Any) -> Course:
        kinds = {"atoms": str(self.folder / "atoms"), "chains": str(self.folder / "chains"), **directories}
        return Course(name, output=str(self.folder / name), card=CARD, **kinds)

    def train_all(self, config: TrainingConfig, courses: list[Course], **settings: Any) -> dict[str, TrainResult]:
        work_dir = str(self.folder / "work")
        return train(config, courses, base_model=self.base_model, seed=5, work_dir=work_dir, **settings)

    def train(self, config: TrainingConfig, name: str = "student", **settings: Any) -> TrainResult:
        kinds = {kind: settings.pop(kind) for kind in ("atoms", "chains") if kind in settings}
        return self.train_all(config, [self.course(name, **kinds)], **settings)[name]


def config(**settings: Any) -> TrainingConfig:
    stage = {"schedule": "linear", "warmup": 0.2}
    return TrainingConfig(
        **{
            "precision": "fp32",
            "max_length": 48,
            "micro_batch_rows": 2,
            "batch_examples": 10,
            "workers": 2,
            "atoms": StageConfig.model_validate({**stage, "visits": 25, "learning_rate": 3e-3}),
            "chains": StageConfig.model_validate({**stage, "visits": 40, "learning_rate": 2e-3}),
            **settings,
        }
    )
