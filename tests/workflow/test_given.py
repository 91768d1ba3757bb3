"""Questions from Python's memory: every form reads like the same rows in a file, and nothing that is wrong is lost."""

import datetime
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.errors import ConfigError, PromptPackError, QuestionFileError, RunDirError
from dgrc.questions.columns import RawRow, find_files, read_rows
from dgrc.questions.published import rows_of_form
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.given import ROWS_PER_FILE, with_given

SCRIPTED = {"engine": "scripted", "script": "tests.scripts:teacher"}
ROWS = [
    {"id": "a", "question": "Which court?", "choices": ["crown", "mill"], "label": "A"},
    {"id": "b", "question": "Wie heißt es, 何?", "choices": None, "label": None},
    {"id": "c", "question": "line one\nline two", "choices": ["x", "y", "z"], "label": "C"},
]  # fmt: skip


def config_for(folder: Path, fields: dict[str, Any] | None = None, **method: Any) -> Config:
    questions = {"fields": fields or {}, "files": ["of_the_configuration.jsonl"]}
    engines = {"teacher": SCRIPTED, "student": SCRIPTED}
    return make_config({"runs_dir": str(folder), "questions": questions, **engines, "method": method})


def read(config: Config) -> list[RawRow]:
    """The rows as `ingest` will find them."""
    files = find_files(config.questions.files)
    return [row for file in files for row in read_rows(file, config.questions.fields)]


def content(rows: list[RawRow]) -> list[tuple[Any, ...]]:
    return [(row.source_id, row.text, row.choices, row.label, row.error) for row in rows]


WANTED = [(r["id"], r["question"], tuple(r["choices"] or ()), r["label"], None) for r in ROWS]


def in_ray(rows: list[dict[str, Any]], blocks: int = 1) -> Any:
    import ray.data

    table = pa.Table.from_pylist(rows)
    size = -(-len(rows) // blocks)
    return ray.data.from_arrow([table.slice(start, size) for start in range(0, len(rows), size)])


def shuffled_back(rows: list[dict[str, Any]]) -> datasets.Dataset:
    """With indices over its table, as a shuffled or filtered dataset has them."""
    dataset = datasets.Dataset.from_list(rows[::-1]).add_column("image", list(range(len(rows))))
    return dataset.select(range(len(rows))[::-1])


def with_arrays(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """As pandas reads lists from Parquet."""
    choices = [row["choices"] and np.array(row["choices"]) for row in rows]
    return pd.DataFrame({**pd.DataFrame(rows), "choices": choices})


@pytest.mark.usefixtures("ray_here")
@pytest.mark.parametrize(
    "form",
    [list, tuple, pd.DataFrame, with_arrays, pa.Table.from_pylist, shuffled_back, in_ray],
    ids=["list", "tuple", "pandas", "pandas with arrays", "pyarrow", "datasets", "ray"],
)
def test_every_form_reads_as_its_rows_do_and_has_the_same_name(tmp_path: Path, form: Callable[[Any], Any]) -> None:
    first = with_given(config_for(tmp_path / "first"), ROWS)
    taken = with_given(config_for(tmp_path / "second"), form(ROWS))
    assert content(read(taken)) == content(read(first)) == WANTED
    folders = [Path(config.questions.files[0]).parent for config in (first, taken)]
    assert folders[0].name == folders[1].name, "a run goes on with the same questions in whatever form"
    assert RunDir.of(taken).given_questions == folders[1].parent and len(list(folders[1].parent.iterdir())) == 1


def test_paths_are_taken_for_the_configurations_own(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps(ROWS[0]) + "\n")
    for given in (file, str(file), [file], [str(file)]):
        assert with_given(config_for(tmp_path), given).questions.files == (str(file),)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("ray_here")
def test_a_ray_dataset_keeps_its_order_and_does_not_pass_through_here(tmp_path: Path) -> None:
    def ask(batch: pa.Table) -> pa.Table:
        numbers = batch["n"].to_pylist()
        until = time.monotonic() + 5
        while numbers[0] == 167 and time.monotonic() < until and not (tmp_path / "ready-334").exists():
            time.sleep(0.05)  # the second block is ready only after the third
        (tmp_path / f"ready-{numbers[0]}").touch()
        return pa.table({"question": [f"case {n} . which ?" for n in numbers], "id": [str(n) for n in numbers]})

    numbers = in_ray([{"n": n} for n in range(1000)], blocks=6)
    dataset = numbers.map_batches(ask, batch_format="pyarrow", batch_size=None, num_cpus=0.5)  # no task with the write
    config = with_given(config_for(tmp_path), dataset)
    assert [row.source_id for row in read(config)] == [str(n) for n in range(1000)]
    assert dataset.context.execution_options.preserve_order is False, "it is the caller's"
    rows = [{"question": f"case {n} . which ?", "id": str(n)} for n in range(1000)]
    assert with_given(config_for(tmp_path), rows) == config
    with pytest.raises(ConfigError, match="have no column 'question', but 'n'"):
        with_given(config_for(tmp_path / "other"), numbers)

    def breaks(batch: pa.Table) -> pa.Table:
        raise ValueError("not today")

    broken = numbers.map_batches(breaks, batch_format="pyarrow")
    with pytest.raises(QuestionFileError, match="could not be made and written: ValueError: not today See"):
        with_given(config_for(tmp_path / "broken"), broken)


def test_many_rows_lie_in_several_files_in_order(tmp_path: Path) -> None:
    frame = pd.DataFrame({"question": [f"q {n}" for n in range(ROWS_PER_FILE + 5)]})
    for name, form in (("rows", frame), ("table", pa.Table.from_pandas(frame))):
        config = with_given(config_for(tmp_path / name), form)
        assert len(find_files(config.questions.files)) == 2
        assert [row.text for row in read(config)] == frame["question"].tolist()


def test_what_is_wrong_with_a_row_is_said_of_that_row(tmp_path: Path) -> None:
    loop: list[Any] = []
    loop.append(loop)
    rows: list[dict[Any, Any]] = [
        {"question": "good", "id": uuid.UUID(int=7), "label": np.int64(3), "note": object(), 5: 6},
        {"q": "no question", "a": object()},
        {"question": 5},
        {"question": datetime.date(2026, 1, 2)},
        {"question": float("nan")},
        {"question": pd.NA, "id": pd.NaT},
        {"question": "half \ud800"},
        {"question": "with a loop", "choices": loop},
        {"question": "with a list", "choices": [1, [2]]},
        {"question": "of arrays", "choices": np.array(["x", "y"]), "label": np.nan},
        {"conversations": [{"from": "human", "value": "asked in turns"}], "id": 9},
    ]
    found = read(with_given(config_for(tmp_path), rows))
    good = {0: ("good", (), "3", str(uuid.UUID(int=7))), 9: ("of arrays", ("x", "y"), None, ""),
            10: ("asked in turns", (), None, "9")}  # fmt: skip
    assert len(found) == len(rows)
    assert {n: (r.text, r.choices, r.label, r.source_id) for n, r in enumerate(found) if r.error is None} == good
    said = [row.error for row in found if row.error is not None]
    wanted = ["no field 'question'; the row has 'q', 'a'", "is a int", "is a dict", "is null", "is null",
              "half of a character", "is a dict", "its option 2 is a list"]  # fmt: skip
    assert all(part in error for part, error in zip(wanted, said, strict=True)), said


def test_options_may_stand_in_columns_and_others_are_not_copied(tmp_path: Path) -> None:
    table = pa.table({"ask": ["which?"], "A": ["x"], "B": ["y"], "key": [4], "embedding": [[0.5] * 9]})
    fields = {"text": "ask", "choices": ["A", "B"], "source_id": "key"}
    config = with_given(config_for(tmp_path, fields), table)
    assert content(read(config)) == [("4", "which?", ("x", "y"), None, None)]
    (file,) = find_files(config.questions.files)
    assert set(pa.parquet.read_schema(file).names) == {"ask", "A", "B", "key"}


@pytest.mark.parametrize(
    ("questions", "says"),
    [
        (3, "`questions` is a int; wanted is a path or a list of paths, a list of dicts, a pandas DataFrame"),
        (ROWS[0], "`questions` is a dict; wanted is"),
        ((row for row in ROWS), r"`questions` is a generator; wanted is .* Give a list: `list\(\.\.\.\)`\."),
        (["What is 1 + 2?"], r"holds .What is 1 \+ 2\?., and texts in a list are paths of files\. Give each question"),
        (pd.DataFrame([["What is 1 + 2?"]]), r"no column 'question', but 0 \(no text\)"),
        (pd.Series(["a"]), r"is a pandas Series; .*series\.to_frame\('question'\)"),
        (datasets.DatasetDict({"train": datasets.Dataset.from_list(ROWS)}), "datasets DatasetDict; .* its splits"),
        ([ROWS[0], "q.jsonl"], r"`questions\[1\]` is a str, where a list holds dicts alone or paths alone"),
        ([ROWS[0], None], r"`questions\[1\]` is a NoneType"),
        ([], "`questions` is an empty list"),
        (pd.DataFrame({"question": []}), "have not a single row"),
        (pd.DataFrame({"ask": ["a"], 5: ["b"]}), r"have no column 'question', but 'ask', 5 \(no text\)\. Rename"),
        (pd.DataFrame([["a", "b"]], columns=["question", "question"]), "more than one column 'question'"),
    ],
)
def test_questions_of_a_wrong_type_are_one_paragraph(tmp_path: Path, questions: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as e:
        with_given(config_for(tmp_path), questions)
    assert "\n" not in str(e.value)
    assert not list(tmp_path.rglob("questions-*"))


def test_what_cannot_work_is_said_before_questions_are_written(tmp_path: Path) -> None:
    with pytest.raises(PromptPackError, match="There is no prompt pack `nowhere`"):
        with_given(config_for(tmp_path, prompts="nowhere"), ROWS)
    assert not (tmp_path / "run").exists()


def test_a_run_keeps_the_files_that_it_began_with_unless_they_are_damaged(tmp_path: Path) -> None:
    config = with_given(config_for(tmp_path), ROWS)
    (file,) = map(Path, find_files(config.questions.files))
    written = file.read_bytes()
    spaced = b"".join(json.dumps(json.loads(line), indent=None).encode() + b" \n" for line in written.splitlines())
    file.write_bytes(spaced)
    assert with_given(config_for(tmp_path), ROWS) == config
    assert file.read_bytes() == spaced, "the same questions in other bytes are the run's"
    file.write_bytes(written[:40])
    (file.parent.parent / ".incoming").mkdir()  # of a call that was killed
    assert with_given(config_for(tmp_path), ROWS) == config
    assert file.read_bytes() == written
    RunDir.of(config).mark_done("gather", "f", {})  # a run that has kept nothing may be begun with others
    with pytest.raises(RunDirError, match=r"`questions\.files` was"):
        with_given(config_for(tmp_path), ROWS[:2])
    assert [path.name for path in file.parent.parent.iterdir()] == [file.parent.name]


@pytest.mark.parametrize("form", [list, pd.DataFrame, pa.Table.from_pylist, datasets.Dataset.from_list])
def test_options_in_columns_that_no_setting_names_are_not_lost_on_the_way(
    tmp_path: Path, form: Callable[[Any], Any]
) -> None:
    row = {"opa": "w", "opb": "x", "opc": "y", "image": "no"}
    rows = [{**row, "question": "q ?", "opd": None, "cop": 0, "id": "m"},
            {**row, "question": "r ?", "opd": "z", "cop": 3, "id": "n"}]  # fmt: skip
    refused = read(with_given(config_for(tmp_path / "plain"), form(rows)))
    assert all("`questions.form: medmcqa`" in (row.error or "") for row in refused) and len(refused) == 2
    config = config_for(tmp_path / "form")
    config = config.model_copy(update={"questions": config.questions.model_copy(update={"form": "medmcqa"})})
    taken = with_given(config, form(rows))
    found = [row for file in find_files(taken.questions.files) for row in rows_of_form("medmcqa", file)]
    assert content(found) == [("m", "q ?", ("w", "x", "y"), "A", None), ("n", "r ?", ("w", "x", "y", "z"), "D", None)]


def test_chat_messages_are_taken_whole(tmp_path: Path) -> None:
    said = ("system", "Rule 7."), ("user", "q ?"), ("assistant", "A")
    turns = [{"role": role, "content": content} for role, content in said]
    for number, form in enumerate((list, pa.Table.from_pylist)):
        found = read(with_given(config_for(tmp_path / str(number)), form([{"messages": turns, "id": "m"}])))
        assert content(found) == [("m", "Rule 7.\n\nq ?", (), "A", None)]


FORMS = [list, pd.DataFrame, pa.Table.from_pylist, datasets.Dataset.from_list]


@pytest.mark.parametrize("form", FORMS)
def test_what_stands_beside_the_turns_is_not_lost_on_the_way(tmp_path: Path, form: Callable[[Any], Any]) -> None:
    asked = {"conversations": [{"from": "human", "value": "q ?"}]}
    told = read(with_given(config_for(tmp_path / "system"), form([{**asked, "system": "Rule 7."}])))
    assert content(told) == [("", "Rule 7.\n\nq ?", (), None, None)]
    for column in ("tools", "images"):
        (row,) = read(with_given(config_for(tmp_path / column), form([{**asked, column: ["x"]}])))
        assert f"in '{column}', text alone is wanted" in str(row.error)


@pytest.mark.parametrize("form", FORMS)
def test_contexts_of_pubmedqa_are_not_lost_on_the_way(tmp_path: Path, form: Callable[[Any], Any]) -> None:
    row = {"pubid": 1, "question": "Does it help ?", "context": {"contexts": ["one"]}, "final_decision": "yes"}
    (found,) = read(with_given(config_for(tmp_path), form([row])))
    assert "`questions.form: pubmedqa`" in str(found.error)


def test_ids_that_pandas_made_floats_are_whole_numbers(tmp_path: Path) -> None:
    rows = [{"question": "q ?", "id": 7}, {"question": "r ?", "id": None}]
    for number, form in enumerate((list, pd.DataFrame)):
        found = read(with_given(config_for(tmp_path / str(number)), form(rows)))
        assert [row.source_id for row in found] == ["7", ""]
