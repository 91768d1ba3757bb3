"""The main job as four calls: prepare, curate, train, evaluate. The command line and Ray jobs call these.

Each takes a configuration and does what is left to do of its part of the run; finished parts are found
by their fingerprints and skipped, so any of them can be killed and called again.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dgrc.config import Config, EngineConfig
from dgrc.errors import TrainingError
from dgrc.questions.chats import ChatFiles
from dgrc.records import hash64
from dgrc.storage.atomic import write_json
from dgrc.storage.contents import NOTES
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import is_student
from dgrc.storage.underway import Notes
from dgrc.workflow import standing
from dgrc.workflow.curated import refuse_empty, warn, warn_again, with_trusted_readers
from dgrc.workflow.models import dated, is_merged, merged_student, ready_for_adapters, resolve_proving, served
from dgrc.workflow.standing import SUBJECT

if TYPE_CHECKING:
    from dgrc.engines.by_role import Engines
    from dgrc.method.curriculum import Recipe
    from dgrc.training.run.progress import TrainProgress

Say = Callable[[str], None]


class Job:
    """One run of one configuration, with the wall time of its phases.

    Args:
        config: As read; `proving:` models and files are made and resolved by `open`.
        say: Takes one line for the user at a time.
        allow_empty: Go on with a curriculum that is empty, or train on one without chains.
        checked: The caller has looked whether it can begin.
    """

    def __init__(self, config: Config, say: Say, allow_empty: bool = False, checked: bool = False):
        self.config, self.checked = config, checked
        self.allow_empty = allow_empty
        self.run = RunDir.of(config)
        self.say = say
        self.seconds: dict[str, float] = {}
        self.reports: dict[str, Any] = {}
        self.rounds: dict[int, dict[str, Any]] = {1: self.reports}
        self.engines: Engines | None = None
        """Those that outlive a curation; set by whoever keeps them (`rounds.py`)."""

    @contextmanager
    def open(self, *parts: str) -> Iterator[Self]:
        """Holds the run's lock and a Ray session; models and questions of the proving world exist inside.

        Args:
            parts: Which of `questions`, `curate`, `train`, `evaluate` will be done: what they need is looked for before
                anything starts.
        """
        from dgrc.pipeline.method_version import check_method
        from dgrc.runtime.session import ray_session
        from dgrc.workflow.preflight import check

        if not self.checked:
            check(self.config, parts, self.say)
        with self.run.lock():
            if "curate" in parts:
                check_method(self.run)
            self.run.claim(self.config)
            with self.phase("models"):
                self.config = dated(resolve_proving(self.config, self.run, self.say), self.run)
            with ray_session(self.config, self.run):
                yield self

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Adds the wall time inside to a phase, and notes it for whoever asks how the run stands."""
        if self.run.root.is_dir():
            Notes(self.run)(name)
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 1)

    def enter_round(self, number: int) -> None:
        """Goes on in another round of the run; its reports are kept apart."""
        self.run = self.run.in_round(number)
        self.reports = self.rounds.setdefault(number, {})

    def write_questions(self) -> dict[str, Any]:
        """Has the teacher write questions about the documents of `corpus`, unless it has; returns the report."""
        from dgrc.workflow.questions import write_questions

        self.say("questions")
        with self.phase("questions"):
            self.reports["questions"] = write_questions(self.run, self.config, self.say)
        return dict(self.reports["questions"])

    def with_questions(self) -> Config:
        """The configuration with questions to curate: those that the teacher writes, where only documents are named."""
        config = self.config
        if config.corpus is None or config.questions.files:
            return config
        files = (self.write_questions()["questions"],)
        return config.model_copy(update={"questions": config.questions.model_copy(update={"files": files})})

    def curate(self, marks: Path | None = None) -> dict[str, Any]:
        """Questions to curricula; in a later round by the student that the round before trained. `marks` is a file of
        what people found right and wrong."""
        from dgrc.pipeline.curate import curate

        self.config = self.with_questions()
        self.say("curate")
        config, upstream = self.config, ""
        if self.run.number > 1:
            before = self.run.in_round(self.run.number - 1)
            if not is_student(before.student()):
                raise TrainingError(
                    f"Round {self.run.number} needs the student of the one before, but there is no {before.student()}. "
                    "Run `dgrc run` with this configuration: it goes through the rounds in order."
                )
            config = config.model_copy(update={"student": served(config, before)})
            upstream = before.mark(f"train-{SUBJECT}")
        elif self.engines is not None and self.engines.keeps("student"):
            config = config.model_copy(update={"student": ready_for_adapters(config)})
        config = with_trusted_readers(config, self.run, self.say)
        with self.phase("curate"):
            self.reports["curate"] = curate(self.run, config, self.say, upstream, shared=self.engines, marks=marks)
        warn(self.reports["curate"], self.run, config.method, self.say)
        refuse_empty(self.run, ("atomic", "cot"), self.allow_empty)
        return dict(self.reports["curate"])

    def train(self) -> None:
        """The student, and the students of the baselines at the same number of visits and steps."""
        from dgrc.training.data.stages import Budget

        self.say("train")
        with self.phase("train"):
            recipes = self.recipes()
            standing.needs_curriculum(self.run)
            if "curate" not in self.reports:
                warn_again(self.run, self.say)
            refuse_empty(self.run, ("cot",), self.allow_empty)
            for recipe in recipes[1:]:
                self.make_curriculum(recipe)
            fingerprints = {recipe: self._training_fingerprint(recipe) for recipe in recipes}
            done: dict[str, dict[str, Any]] = {}
            for recipe in recipes:
                if report := self._already_trained(recipe, fingerprints[recipe]):
                    done[recipe] = report
            budget = Budget(done[SUBJECT]["visits"], done[SUBJECT]["steps"]) if SUBJECT in done else None
            if pending := [recipe for recipe in recipes if recipe not in done]:
                done |= self._train(pending, budget)
            for recipe in recipes:
                self.run.mark_done(f"train-{recipe}", fingerprints[recipe], done[recipe])
                self.reports[f"train-{recipe}"] = done[recipe]

    def evaluate(self) -> dict[str, Any]:
        """Student before and after, teacher and baselines on the held-out questions.

        Raises:
            EvaluationError: no evaluation files are configured, or a student is not trained yet.
        """
        from dgrc.evaluation.benchmarks import load_held_out
        from dgrc.evaluation.harness import write_harness
        from dgrc.evaluation.predict import predict_all
        from dgrc.evaluation.report import card_entries, full_report, lines, score, write_predictions
        from dgrc.training.export import add_to_card

        standing.needs_held_out(self.config)
        standing.needs_students(self.run, self.recipes())
        self.say("evaluate")
        with self.phase("evaluate"):
            evaluation, method, seed = self.config.evaluation, self.config.method, self.config.seed
            held_out, engines = load_held_out(evaluation), self._engines()
            questions, models = held_out.questions, sum(len(weights) for _, weights in engines)
            answered = Notes(self.run).counting("evaluate", len(questions) * models, "replies")
            up = [self.engines.up(role) for role in ("student", "teacher")] if self.engines else []
            predictions = predict_all(engines, questions, method, evaluation, seed, self.say, answered, up)
            right = score(questions, predictions, method)
            write_predictions(questions, predictions, right, self.run.predictions())
            report = full_report(held_out, predictions, right, evaluation, method, SUBJECT)
            write_json(self.run.evaluation(), report)
            write_harness(held_out, report, evaluation, method, self.run.harness())
            self.reports["evaluate"] = report
            for recipe in self.recipes():
                add_to_card(self.run.student(recipe), card_entries(report, recipe, "base"))
        for line in lines(report):
            self.say(line)
        return report

    def recipes(self) -> tuple[str, ...]:
        """What students are trained by, the subject first; baselines know no rounds."""
        return standing.recipes_of(self.run, self.config)

    def make_curriculum(self, recipe: str) -> None:
        """Writes the curriculum of a recipe other than the subject, which `curate` writes."""
        from dgrc.pipeline.assemble.step import make_baseline

        make_baseline(self.run, self.config, recipe)

    def parts(self, recipe: str) -> "Recipe":
        """What a recipe is made of."""
        from dgrc.method.curriculum import RECIPES

        return RECIPES[recipe]

    def seal(self) -> None:
        """Writes the manifest: the run is complete. Then its results go where `publish` says."""
        from dgrc.storage.manifest import write_manifest
        from dgrc.storage.publish import publish

        reports = {f"round-{number}": reports for number, reports in self.rounds.items()}
        write_manifest(self.run, reports=reports, seconds=self.seconds)
        if self.config.publish is not None:
            where, files = publish(self.run, self.config.publish)
            self.say(f"published {files:,} files: {where}")

    def _engines(self) -> list[tuple[EngineConfig, dict[str, str]]]:
        """The engines to evaluate with and whose weights they serve in turn: a student before and after is one."""
        students = {"base": self.config.student.weights}
        for recipe in self.recipes():
            folder = merged_student(self.run, recipe) if is_merged(self.config) else self.run.student(recipe)
            students[recipe] = str(folder)
        engines = [(ready_for_adapters(self.config), students)]
        if self.config.evaluation.teacher:
            engines.append((self.config.teacher, {"teacher": self.config.teacher.weights}))
        return engines

    def _already_trained(self, recipe: str, fingerprint: str) -> dict[str, Any] | None:
        report = self.run.done(f"train-{recipe}", fingerprint)
        if report is None or not is_student(self.run.student(recipe)):
            return None
        self.say(f"  {recipe:<18} already trained: {report['visits']:,} visits, {report['steps']} steps")
        return report

    def _train(self, recipes: list[str], budget: Any) -> dict[str, dict[str, Any]]:
        """Trains the students of these recipes and returns the report of each."""
        from dgrc.method.prompts import load_pack
        from dgrc.storage.cards import made_with
        from dgrc.training.run.course import Course
        from dgrc.training.run.launch import train
        from dgrc.training.run.progress import TrainingLine

        courses, chats = [], ChatFiles.of(self.config)
        facts = made_with(self.run, self.config, load_pack(self.config.method.prompts).called())
        for recipe in recipes:
            folders = [self.run.curriculum(recipe) / kind for kind in ("atomic", "cot")]
            atoms, chains = (str(folder) if folder.is_dir() else None for folder in folders)
            files = ", ".join(Path(name).name for name in self.config.questions.files)
            card = {"name": f"{self.config.name}: {recipe}", "recipe": recipe, **facts, "unlabeled questions": files}
            card |= chats.card()
            output, parts = str(self.run.student(recipe)), self.parts(recipe)
            courses.append(Course(recipe, atoms, chains, output, card, parts.order, parts.replay))
        line, notes = TrainingLine(self.say), Notes(self.run)

        def tell(progress: "TrainProgress") -> None:
            line(progress)
            rate = progress.tokens_per_second / max(progress.tokens, 1)
            notes(f"train-{progress.plan}", progress.step, progress.steps, "steps", rate)

        results = train(
            self.config.training,
            courses,
            base_model=self.config.student.model,
            seed=self.config.seed,
            work_dir=str(self.run.state("train")),
            on_progress=tell,
            budget=budget,
            student=self.config.student,
            hashes=self.run.root / NOTES,
            replayed=chats,
        )
        reports = {}
        for recipe, result in results.items():
            reports[recipe] = result.figures() | {
                "tokens_per_second": round(line.rate(recipe), 1), "memory_gib": round(line.memory_gib, 2)
            }  # fmt: skip
            write_json(self.run.losses(recipe), result.curve())
            first, last = result.losses[0], result.losses[-1]
            self.say(f"  {recipe:<18} {result.visits:,} visits, {result.steps} steps, loss {first:.3f} -> {last:.3f}")
        return reports

    def _training_fingerprint(self, recipe: str) -> str:
        """All that decides a student. A baseline takes as many visits and steps as the subject, so its too."""
        texts = [
            path.read_text(encoding="utf-8")
            for name in dict.fromkeys((SUBJECT, recipe))
            for path in sorted(self.run.curriculum(name).glob("*/train.jsonl"))
        ]
        asked = self.config.student.model_dump(include={"thinking", "chat_template_kwargs"}, exclude_defaults=True)
        settings = json.dumps(self.config.training.decisive() | asked, sort_keys=True)
        replayed = ChatFiles.of(self.config).hashes()
        return f"{hash64(recipe, *texts, settings, self.config.student.model, str(self.config.seed), *replayed):x}"
