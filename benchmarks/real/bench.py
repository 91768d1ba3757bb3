"""What all points share: settings, points that are done, the run's folders, Ray, and questions with their truth."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real.points import Points, Say
from benchmarks.real.settings import SPLITS, Settings
from dgrc.config import Config, EngineConfig, Sampling
from dgrc.engines.pool import Pool
from dgrc.errors import ConfigError
from dgrc.evaluation.benchmarks import HeldOut, load_held_out
from dgrc.proving.natural.files import TRUTH, held_out_file, read_truth
from dgrc.proving.natural.problem import Problem
from dgrc.records import Question, content_id
from dgrc.runtime.session import ray_session
from dgrc.storage.run_dir import RunDir

RECIPES = ("dgrc", "distill", "teacher_majority", "many_chains", "unverified", "self_train")
BASELINES = ("distill", "teacher_majority", "many_chains", "self_train")
"""What the same models give without the method, at no more teacher tokens than DGRC spent."""
REPLAYED = "dgrc_replay"
"""DGRC's own curriculum with the chats of `--replay` among its visits, against forgetting; there if any are given."""
AT_EQUAL_TOKENS = ("teacher_majority", "many_chains")
"""Recipes over the chains of the run beside, with as many teacher tokens as DGRC spent."""


@dataclass
class Bench:
    """One experiment under way."""

    settings: Settings
    points: Points
    say: Say

    @property
    def recipes(self) -> tuple[str, ...]:
        """Those that students are trained by."""
        return recipes(self.settings)

    @property
    def run(self) -> RunDir:
        """DGRC's own run."""
        return RunDir.of(self.settings.config())

    @contextmanager
    def ray(self, config: Config) -> Iterator[None]:
        """A Ray session for engines or training alone."""
        with ray_session(config, RunDir(self.settings.out / "engines")):
            yield

    @contextmanager
    def pool(self, role: str, engine: EngineConfig, seed: int) -> Iterator[Pool]:
        """One engine, ready."""
        with Pool.start(role, engine, seed) as pool:
            yield pool.wait()

    def problems(self) -> dict[str, Problem]:
        """The domain's problems with their truth, by id."""
        return {problem.id: problem for problem in read_truth(self.settings.domain / TRUTH)}

    def held_out(self) -> dict[str, HeldOut]:
        """The labelled questions of each held-out split."""
        evaluation = self.settings.config().evaluation
        files = {split: str(self.settings.domain / held_out_file(split)) for split in SPLITS}
        return {
            split: load_held_out(evaluation.model_copy(update={"files": (file,), "benchmarks": ()}))
            for split, file in files.items()
        }

    def student(self, recipe: str, seed: int) -> Path:
        """Where a student goes."""
        return self.settings.out / "students" / f"{recipe}-{seed}"

    def replies(self, name: str) -> Path:
        """Where the replies of a model are, with their scores."""
        return self.settings.out / "replies" / f"{name}.jsonl"


def recipes(settings: Settings) -> tuple[str, ...]:
    """The recipes of an experiment."""
    return (*RECIPES, REPLAYED) if settings.replay else RECIPES


def asked(problems: Sequence[Problem]) -> list[Question]:
    """Problems as questions of an evaluation."""
    return [
        Question(content_id(problem.text, ()), problem.id, problem.text, (), problem.answer, "", "")
        for problem in problems
    ]


def served(config: Config) -> EngineConfig:
    """The student's engine, with room for adapters where adapters are trained."""
    adapter = config.training.adapter
    if adapter is None or adapter.variant == "dora":
        return config.student
    return config.student.model_copy(update={"max_lora_rank": max(adapter.rank, config.student.max_lora_rank)})


def spent(report: dict[str, Any], passes: Sequence[str] = ("gather", "answer", "verify")) -> int:
    """Tokens that the teacher generated in these passes of a curation."""
    return sum(
        usage["completion_tokens"]
        for name in passes
        for who, usage in report.get(name, {}).get("usage", {}).items()
        if who.startswith("teacher/")
    )


def sampling_of(name: str, config: Config) -> Sampling:
    """How the teacher or the student samples chains."""
    found = {"teacher": config.method.teacher_sampling, "student": config.method.student_sampling}.get(name)
    if found is None:
        raise ConfigError(f"{name!r} samples no chains; wanted is `teacher` or `student`.")
    return found
