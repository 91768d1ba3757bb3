"""That a pack asks in another script is said of questions read, of passages to write about, of held-out questions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.predict import predict_all
from dgrc.method.prompts.languages import LOOKED_AT
from dgrc.questions.language import other_script
from dgrc.records import Question
from dgrc.records.corpus import Passage
from dgrc.storage.arrow import arrow_schema, to_row

HAN, LATIN = "租赁期限最长为多少年？", "How long may a lease be?"


def question(text: str, choices: tuple[str, ...] = ()) -> Question:
    return Question(1, "", text, choices, None, "q.csv:1", "{}")


def written(folder: Path, records: Sequence[Any]) -> Path:
    """A dataset of these records."""
    folder.mkdir(parents=True)
    table = pa.Table.from_pylist([to_row(record) for record in records], schema=arrow_schema(type(records[0])))
    pq.write_table(table, folder / "part-00000.parquet")
    return folder


def test_questions_count_with_their_options(tmp_path: Path) -> None:
    mixed = [question(HAN), question("CASE 3 ?", ("合同有效并且应当继续履行", "合同无效")), question(LATIN)]
    folder = written(tmp_path / "questions", mixed)
    assert (other_script(folder, "legal") or "").startswith("67% of the questions are written in Han")
    assert (other_script(folder, "legal_zh") or "").startswith("33% of the questions are written in Latin")
    assert other_script(folder, "proving") is None


def test_only_the_first_are_looked_at(tmp_path: Path) -> None:
    folder = written(tmp_path / "questions", [question(HAN)] * LOOKED_AT + [question(LATIN)] * LOOKED_AT)
    assert other_script(folder, "legal_zh") is None


def test_passages_are_named_as_such_and_none_is_no_reason_to_speak(tmp_path: Path) -> None:
    text = "第一条 为了保护民事主体的合法权益，制定本法。"
    folder = written(tmp_path / "passages", [Passage(1, "d", "d.txt", "", 0, len(text), text)])
    assert (other_script(folder, "general") or "").startswith("100% of the passages are written in Han")
    assert other_script(tmp_path / "nothing", "general") is None


def test_held_out_questions_are_named_as_such() -> None:
    said: list[str] = []
    held_out = [question(HAN), question(LATIN)]
    predict_all([], held_out, MethodConfig(prompts="medical"), EvaluationConfig(), 0, said.append)
    assert len(said) == 1 and "! 50% of the held-out questions are written in Han" in said[0]
    assert "`medical_zh`" in said[0]
    predict_all([], held_out[1:], MethodConfig(prompts="medical"), EvaluationConfig(), 0, said.append)
    assert len(said) == 1
