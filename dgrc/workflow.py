"""The main job as four calls: prepare, curate, train, evaluate. The command line and Ray jobs call these.

Each takes a configuration and does what is left to do of its part of the run; finished parts are found
by their fingerprints and skipped, so any of them can be killed and called again.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import EvaluationError, TrainingError
from dgrc.records import hash64
from dgrc.storage.run_dir import RunDir, write_json

Say = Callable[[str], None]
PROVING_FILES = {"proving:unlabeled": 0, "proving:held_out": 1}


class Job:
    """One run of one configuration, with the wall time of its phases.

    Args:
        config: As read; `proving:` models and files are made and resolved by `open`.
        say: Takes one line for the user at a time.
    """

    def __init__(self, config: Config, say: Say):
        self.config = config
        self.run = RunDir.of(config)
        self.say = say
        self.seconds: dict[str, float] = {}
        self.reports: dict[str, Any] = {}

    @contextmanager
    def open(self) -> Iterator["Job"]:
        """Holds the run's lock and a Ray session; models and questions of the proving world exist inside."""
        from dgrc.engines.tokens import check_model_path
        from dgrc.session import ray_session

        for engine in (self.config.teacher, self.config.student):  # said now, not after Ray has started
            if engine.engine == "vllm" and not engine.model.startswith("proving:"):
                check_model_path(engine.model)
        with self.run.lock():
            self.run.claim(self.config)
            with self.phase("models"):
                self.config = resolve_proving(self.config, self.run, self.say)
            with ray_session(self.config, self.run):
                yield self

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Adds the wall time inside to a phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 1)

    def curate(self) -> dict[str, Any]:
        """Questions to curricula."""
        from dgrc.pipeline.curate import curate

        self.say("curate")
        with self.phase("curate"):
            self.reports["curate"] = curate(self.run, self.config, self.say)
        return dict(self.reports["curate"])

    def train(self) -> None:
        """The student, and the students of the baselines at the same number of visits and steps."""
        from dgrc.pipeline.curate import make_baseline
        from dgrc.training.stages import Budget

        self.say("train")
        with self.phase("train"):
            report = self._train("dgrc", None)
            for recipe in self.config.evaluation.baselines:
                make_baseline(self.run, self.config, recipe)
                self._train(recipe, Budget(report["visits"], report["steps"]))

    def evaluate(self) -> dict[str, Any]:
        """Student before and after, teacher and baselines on the held-out questions.

        Raises:
            EvaluationError: no evaluation files are configured, or a student is not trained yet.
        """
        from dgrc.evaluation.benchmarks import load_questions
        from dgrc.evaluation.predict import predict_all
        from dgrc.evaluation.report import make_report

        if not self.config.evaluation.files:
            raise EvaluationError(
                "There is nothing to evaluate on. List labeled question files under `evaluation.files`."
            )
        self.say("evaluate")
        with self.phase("evaluate"):
            evaluation = self.config.evaluation
            questions = load_questions(evaluation)
            predictions = predict_all(
                self._models(), questions, self.config.method, evaluation.sampling, self.config.seed, self.say
            )
            report = make_report(questions, predictions, evaluation.confidence, "dgrc")
            write_json(self.run.evaluation(), report)
            self.reports["evaluate"] = report
        for name, score in report["models"].items():
            self.say(f"  {name:<18} {score['accuracy']:.3f}  [{score['low']:.3f}, {score['high']:.3f}]")
        return report

    def seal(self) -> None:
        """Writes the manifest: the run is complete."""
        from dgrc.storage.manifest import write_manifest

        write_manifest(self.run, reports=self.reports, seconds=self.seconds)

    def _models(self) -> dict[str, Any]:
        student = self.config.student
        models = {"base": student}
        if self.config.evaluation.teacher:
            models["teacher"] = self.config.teacher
        for recipe in ("dgrc", *self.config.evaluation.baselines):
            folder = self.run.student(recipe)
            if not (folder / "config.json").is_file():
                raise EvaluationError(
                    f"The student {folder} does not exist yet. Run `dgrc train` with this configuration first."
                )
            models[recipe] = student.model_copy(update={"model": str(folder)})
        return models

    def _train(self, recipe: str, budget: Any) -> dict[str, Any]:
        from dgrc.training.launch import train

        curriculum = self.run.curriculum(recipe)
        if not (curriculum / "cot").is_dir():
            raise TrainingError(
                f"There is no curriculum in {curriculum} yet. Run `dgrc curate` with this configuration first."
            )
        fingerprint = self._training_fingerprint(curriculum, budget)
        step = f"train-{recipe}"
        done = self.run.done(step, fingerprint)
        if done is not None and (self.run.student(recipe) / "config.json").is_file():
            self.say(f"  {recipe:<18} already trained: {done['visits']:,} visits, {done['steps']} steps")
            self.reports[step] = done
            return done
        atoms = curriculum / "atomic"
        result = train(
            self.config.training,
            base_model=self.config.student.model,
            atoms=str(atoms) if atoms.is_dir() else None,
            chains=str(curriculum / "cot"),
            output=str(self.run.student(recipe)),
            seed=self.config.seed,
            work_dir=str(self.run.state(step)),
            card={"recipe": recipe, "run": self.config.name, "teacher": self.config.teacher.model},
            on_progress=TrainingLine(recipe, self.say),
            budget=budget,
        )
        report = {
            "visits": result.visits, "steps": result.steps, "tokens": result.tokens, "set_aside": result.set_aside,
            "first_loss": round(result.losses[0], 4), "last_loss": round(result.losses[-1], 4),
            "seconds": round(result.seconds, 1),
        }
        self.run.mark_done(step, fingerprint, report)
        self.say(
            f"  {recipe:<18} {result.visits:,} visits, {result.steps} steps, loss {result.losses[0]:.3f} -> "
            f"{result.losses[-1]:.3f}, in {result.seconds:.0f} s"
        )
        self.reports[step] = report
        return report

    def _training_fingerprint(self, curriculum: Path, budget: Any) -> str:
        texts = [p.read_text(encoding="utf-8") for p in sorted(curriculum.glob("*/train.jsonl"))]
        settings = json.dumps(self.config.training.model_dump(mode="json"), sort_keys=True)
        return f"{hash64(*texts, settings, self.config.student.model, str(self.config.seed), str(budget)):x}"


class TrainingLine:
    """Says how training goes, every few seconds."""

    def __init__(self, recipe: str, say: Say, every_s: float = 5.0):
        self._recipe, self._say, self._every = recipe, say, every_s
        self._last = time.monotonic()

    def __call__(self, progress: Any) -> None:
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        self._say(
            f"  {self._recipe:<18} {progress.stage} step {progress.step}/{progress.steps}  loss {progress.loss:.3f}  "
            f"lr {progress.learning_rate:.1e}  {progress.tokens_per_second:,.0f} tokens/s"
        )


def resolve_proving(config: Config, run: RunDir, say: Say) -> Config:
    """Makes the proving world's models and question files that the configuration names, and puts paths in."""
    from dgrc.proving.models import resolve
    from dgrc.proving.world import World

    updates: dict[str, Any] = {}
    for role in ("teacher", "student"):
        engine = getattr(config, role)
        if engine.engine == "vllm":
            model = resolve(engine.model, config.proving, lambda line: say(f"  {line}"))
            updates[role] = engine.model_copy(update={"model": model})
    for section in ("questions", "evaluation"):
        part = getattr(config, section)
        if any(f in PROVING_FILES for f in part.files):
            paths = World.from_config(config.proving).write_questions(config.proving, run.root / "proving")
            files = tuple(str(paths[PROVING_FILES[f]]) if f in PROVING_FILES else f for f in part.files)
            updates[section] = part.model_copy(update={"files": files})
    return config.model_copy(update=updates)
