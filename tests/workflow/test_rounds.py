"""Rounds: the trained student samples again, what is known is not asked again, and each stop rule stops.

Curation is the real one on scripted engines; training is a stand-in that leaves a folder and teaches the scripted
student by a file, because what is tested here is what goes round.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import Config, MethodConfig, RoundsConfig
from dgrc.engines.base import Request
from dgrc.errors import TrainingError
from dgrc.records import Case, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import Job
from dgrc.workflow.rounds import _agreement, run_rounds
from tests import scripts
from tests.method import builders
from tests.pipeline.conftest import scripted_config, write_questions

on_ray = pytest.mark.usefixtures("ray_here")

LEARNED = Path("/tmp") / f"dgrc-test-{Path(__file__).stat().st_ino}-learned"  # engines run in other processes


def pupil(request: Request) -> list[str]:
    """The scripted student; once it has learned, it is wrong on every fourth question only, and in a new way."""
    if not LEARNED.exists():
        return scripts.student(request)
    n = scripts._number(request.messages[-1]["content"])
    return [scripts._chain(n, (n + (2 if n % 4 == 1 else 0)) % 5)] * request.n


class Taught(Job):
    """A job whose training takes no time; `lessons` says whether it teaches anything."""

    lessons = True

    def train(self) -> None:
        assert (self.run.curriculum() / "cot" / "train.jsonl").is_file()
        self.run.student().mkdir(parents=True, exist_ok=True)
        (self.run.student() / "config.json").write_text("{}")
        self.run.mark_done("train-dgrc", f"trained in round {self.run.number}", {})
        if self.lessons:
            LEARNED.touch()


@pytest.fixture(autouse=True)
def _unlearned() -> Iterator[None]:
    LEARNED.unlink(missing_ok=True)
    yield
    LEARNED.unlink(missing_ok=True)


def job_for(folder: Path, questions: Path, **rounds: Any) -> Taught:
    config: Config = scripted_config(folder, questions)
    student = config.student.model_copy(update={"script": f"{__name__}:pupil"})
    job = Taught(config.model_copy(update={"student": student, "rounds": RoundsConfig(**rounds)}), lambda line: None)
    job.run.claim(job.config)
    return job


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> tuple[Taught, list[dict[str, Any]]]:
    """A job whose budget its first round used up, and its figures; copies of its run go on from there."""
    LEARNED.unlink(missing_ok=True)
    folder = tmp_path_factory.mktemp("rounds")
    job = job_for(folder, write_questions(folder / "q.jsonl", 24), count=5, teacher_tokens=10)
    return job, run_rounds(job)


def gone_on(begun: tuple[Taught, list[dict[str, Any]]], folder: Path, **rounds: Any) -> Taught:
    """A job of other rules on a copy of what was begun."""
    before = begun[0].run.root
    shutil.copytree(before, folder / before.name)
    LEARNED.unlink(missing_ok=True)
    return job_for(folder, Path(begun[0].config.questions.files[0]), **rounds)


@pytest.fixture(scope="module")
def through(
    begun: tuple[Taught, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Taught, list[dict[str, Any]]]:
    """A job that went through two rounds, and their figures."""
    job = gone_on(begun, tmp_path_factory.mktemp("through"), count=2)
    return job, run_rounds(job)


@on_ray
def test_the_student_that_learned_samples_again_and_known_atoms_are_not_answered_again(
    through: tuple[Taught, list[dict[str, Any]]],
) -> None:
    job, (first, second) = through
    assert (first["round"], second["round"], second["stopped_by"]) == (1, 2, "count")
    assert second["divergent"] < first["divergent"]
    assert second["agreement"] > first["agreement"] and second["gain"] > 0.1
    assert second["chains"] >= first["chains"], "what the student has learned by now stays in the curriculum"
    assert first["reused_atoms"] == 0 and second["reused_atoms"] > 0
    assert second["teacher_calls"] < first["teacher_calls"], "no chain is sampled and no known atom answered again"
    gathered = json.loads((job.run.state("gather") / "done.json").read_text())["report"]["usage"]
    assert gathered["teacher/sample"]["calls"] == 0 < gathered["student/sample"]["calls"]
    atoms = [pq.ParquetDataset(job.run.in_round(n).dataset("atoms")).read()["id"].to_pylist() for n in (1, 2)]
    assert set(atoms[0]) <= set(atoms[1]) and len(set(atoms[1])) == len(atoms[1]), "the curriculum keeps all atoms"
    assert json.loads((job.run.root / "rounds.json").read_text()) == [first, second]


@on_ray
def test_no_gain_ends_it_and_the_student_before_stands(
    through: tuple[Taught, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Less than is asked for is none; nothing of the two rounds is curated again to find that."""
    job = gone_on(through, tmp_path, count=5, min_gain=0.99)
    rounds = run_rounds(job)
    assert [figures.get("stopped_by") for figures in rounds] == [None, "no_gain"]
    assert rounds[1]["gain"] == through[1][1]["gain"]
    assert job.run.number == 1 and "student" not in rounds[1] and rounds[0]["student"] == str(job.run.student())


@on_ray
@pytest.mark.slow
def test_a_student_that_learned_nothing_gains_nothing(
    begun: tuple[Taught, list[dict[str, Any]]], tmp_path: Path
) -> None:
    job = gone_on(begun, tmp_path, count=5)
    job.lessons = False
    rounds = run_rounds(job)
    assert [figures.get("stopped_by") for figures in rounds] == [None, "no_gain"]
    assert rounds[1]["gain"] == 0.0
    assert job.run.number == 1 and "student" not in rounds[1] and rounds[0]["student"] == str(job.run.student())


@on_ray
def test_the_budget_ends_it(begun: tuple[Taught, list[dict[str, Any]]]) -> None:
    (only,) = begun[1]
    assert only["stopped_by"] == "teacher_tokens" and only["teacher_tokens"] > 10


@on_ray
def test_a_run_that_was_through_does_nothing_again(through: tuple[Taught, list[dict[str, Any]]]) -> None:
    before_job, before = through
    said: list[str] = []
    job = job_for(before_job.run.root.parent, Path(before_job.config.questions.files[0]), count=2)
    job.say = said.append
    assert run_rounds(job) == before
    steps = [line for line in said if line.startswith("  ") and not line.startswith("  round")]
    assert steps and all("already done" in line for line in steps)


@on_ray
def test_a_round_without_the_student_before_it_is_refused(tmp_path: Path) -> None:
    job = job_for(tmp_path, write_questions(tmp_path / "q.jsonl", 2))
    job.enter_round(2)
    with pytest.raises(TrainingError, match="Round 2 needs the student of the one before"):
        job.curate()


@pytest.mark.parametrize(
    ("said", "question", "choices", "share"),
    [
        ("500 mcg", "Which dose?", (), 1.0), ("500 mg", "Which dose?", (), 0.0), ("0.5", "Which dose?", (), 0.0),
        ("0.5", "Which dose in mg?", (), 1.0), (None, "Which dose?", (), 0.0), ("0.5 mg", "Which?", ("a", "b"), 1.0),
        ("500 mcg", "Which?", ("a", "b"), 0.0),
    ],
)  # fmt: skip
def test_the_student_agrees_if_it_means_the_same(
    tmp_path: Path, said: str | None, question: str, choices: tuple[str, ...], share: float
) -> None:
    run = RunDir(tmp_path)
    case = Case(11, question, choices, "divergent", (), builders.chains(said), (), (), None)
    verdict = builders.verified(builders.chains("0.5 mg"), [True])
    verified = VerifiedCase(11, question, choices, "divergent", verdict.teacher, verdict.verdicts, (), None)
    for name, row in (("cases", case), ("verdicts", verified)):
        run.dataset(name).mkdir(parents=True)
        table = pa.Table.from_pylist([to_row(row)], schema=arrow_schema(type(row)))
        pq.write_table(table, run.dataset(name) / "part-0.parquet")
    assert _agreement(run, run, MethodConfig()) == share
