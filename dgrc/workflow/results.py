"""A run on disk as Python objects: a folder flows in; datasets, settings, reports and figures flow out, when asked.

Datasets are pyarrow's, so a corpus of any size is scanned in batches, with the columns and rows that are wanted, and
need not fit into memory. Nothing here needs Ray.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.dataset as pads

from dgrc.config import Config
from dgrc.errors import RunDirError
from dgrc.evaluation.score import Accuracy
from dgrc.records import Atom, Case, Example, Quarantined, Question, VerifiedCase
from dgrc.storage.arrow import arrow_schema
from dgrc.storage.standing import opened, own_settings
from dgrc.workflow.job import SUBJECT


class Rows(pads.FileSystemDataset):
    """Rows of a run: a `pyarrow.dataset.Dataset` (`to_table`, `to_batches`, `count_rows`, `head`) with `to_pandas`."""

    @classmethod
    def of(cls, files: Iterable[Path], schema: pa.Schema) -> Self:
        """The rows of Parquet files; columns that an older file lacks are null."""
        found = pads.dataset([str(file) for file in files], format="parquet", schema=schema)
        return cls(list(found.get_fragments()), schema, found.format, found.filesystem)

    def to_pandas(self, **scan: Any) -> Any:
        """The rows as a `pandas.DataFrame`; all of them unless `columns` and `filter` of `to_table` are given."""
        return self.to_table(**scan).to_pandas()


class Curriculum(Rows):
    """All examples of a curriculum, atomic ones first; `atomic` and `cot` (verified chains) are its two parts."""

    atomic: Rows
    cot: Rows


@dataclass(frozen=True)
class PairedTest:
    """The trained student and another model on the same questions: those that one alone has right, and McNemar's p."""

    only_student_right: int
    only_other_right: int
    p_value: float


@dataclass(frozen=True)
class Evaluation:
    """What the held-out questions say.

    `models` has `base` (the student before), `dgrc` (after), each baseline and perhaps `teacher`; `against` holds
    `dgrc` against each other one. `report` is all of evaluation.json, tasks and majorities too.
    """

    run: Path
    questions: int
    confidence: float
    models: dict[str, Accuracy]
    against: dict[str, PairedTest]
    report: dict[str, Any]

    @classmethod
    def of(cls, run: Path, report: dict[str, Any]) -> "Evaluation":
        """From the report in evaluation.json."""
        names = [field.name for field in fields(Accuracy)]  # a later dgrc may have written more
        models = {model: Accuracy(**{name: said[name] for name in names}) for model, said in report["models"].items()}
        against = {
            name: PairedTest(test[f"only_{SUBJECT}_right"], test[f"only_{name}_right"], test["p_value"])
            for name, test in report["against"].items()
        }
        return cls(run, report["questions"], report["confidence"], models, against, report)


@dataclass(frozen=True)
class Training:
    """The students that were trained: Hugging Face directories by recipe, `dgrc` first, and what each training did."""

    run: Path
    students: dict[str, Path]
    reports: dict[str, dict[str, Any]]

    @property
    def student(self) -> Path:
        """The directory of the student, the baselines' left out."""
        return self.students[SUBJECT]


class Run:
    """A run that is there, in one of its rounds.

    Each dataset raises `RunDirError` if the run has not come so far. Rows have no order: sort them by `id`.

    Args:
        folder: The run's folder.
        round: Of this round, from 1.

    Raises:
        RunDirError: there is no run in that folder, or it has no such round.
    """

    def __init__(self, folder: Path, round: int = 1):
        self._dir = opened(folder, round)
        self.run: Path = self._dir.root
        self.round = round

    def __repr__(self) -> str:
        return f"<dgrc.Run {self.run}{f', round {self.round}' if self.round > 1 else ''}>"

    @property
    def config(self) -> Config:
        """The run's settings, with its name and folder as they are now."""
        return own_settings(self._dir)

    @property
    def questions(self) -> Rows:
        """The questions that were taken in (`dgrc.records.Question`)."""
        return self._rows("questions", self._dir.dataset("questions"), Question)

    @property
    def quarantine(self) -> Rows:
        """The rows that were refused: where each stood, why, and its text (`dgrc.records.Quarantined`)."""
        return self._rows("quarantine", self._dir.quarantine, Quarantined)

    @property
    def cases(self) -> Rows:
        """A row a question: both models' chains, and what the teacher asked where they part (`dgrc.records.Case`)."""
        return self._rows("cases", self._dir.dataset("cases"), Case)

    @property
    def atoms(self) -> Rows:
        """A row a distinct atomic question, with its answer and what became of it (`dgrc.records.Atom`)."""
        return self._rows("atoms", self._dir.dataset("atoms"), Atom)

    @property
    def verdicts(self) -> Rows:
        """A row a question: the teacher's chains and the verdict on each (`dgrc.records.VerifiedCase`)."""
        return self._rows("verdicts", self._dir.dataset("verdicts"), VerifiedCase)

    @property
    def curriculum(self) -> Curriculum:
        """The training examples (`dgrc.records.Example`): all, or `.atomic` and `.cot` alone."""
        parts = {name: self._files(f"{name} curriculum", self._dir.curriculum() / name) for name in ("atomic", "cot")}
        schema = arrow_schema(Example)
        whole = Curriculum.of([file for files in parts.values() for file in files], schema)
        whole.atomic, whole.cot = (Rows.of(files, schema) for files in parts.values())
        return whole

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        """What each finished step reported: rows, counts, usage by role, seconds."""
        return self._dir.reports()

    @property
    def evaluation(self) -> Evaluation:
        """The figures of evaluation.json.

        Raises:
            RunDirError: the run has not been evaluated.
        """
        file = self._dir.evaluation()
        if not file.is_file():
            raise RunDirError(f"The run {self.run} has not been evaluated: there is no {file}. Call `dgrc.evaluate`.")
        return Evaluation.of(self.run, json.loads(file.read_text(encoding="utf-8")))

    def _rows(self, name: str, folder: Path, record: type[Any]) -> Rows:
        return Rows.of(self._files(name, folder), arrow_schema(record))

    def _files(self, name: str, folder: Path) -> list[Path]:
        files = sorted(folder.glob("*.parquet"))
        if not files:
            raise RunDirError(
                f"The run {self.run} has no {name} yet: there are no Parquet files in {folder}. Curate it again with "
                "the same settings and questions: it goes on where it stopped."
            )
        return files
