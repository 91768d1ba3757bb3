"""Whether a student agrees with what is verified: answers are held against each other by what they mean."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import MethodConfig
from dgrc.records import Case, VerifiedCase
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.rounds import _agreement
from tests.method import builders


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
