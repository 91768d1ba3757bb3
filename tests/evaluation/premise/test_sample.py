"""Which questions a premise is measured on: those whose truth is known, whatever it is; and all that can be wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import EvaluationError, QuestionFileError
from dgrc.evaluation.premise.sample import choose, truths_of, unlabeled


def rows(file: Path, *found: dict[str, Any]) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in found))
    return str(file)


def config(questions: list[str], held_out: list[str] | None = None, **settings: Any) -> Any:
    return make_config({"questions": {"files": questions, **settings}, "evaluation": {"files": held_out or []}})


def numbered(count: int, shift: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"q{i}", "question": f"How many mg is dose {i}?", "label": f"{i + shift} mg"} for i in range(count)]


def problem(text: str, answer: Any = "5 mg", **more: Any) -> dict[str, Any]:
    steps = [{"question": "2 + 3 mg?", "answer": "5 mg"}]
    return {"id": text[:9], "text": text, "answer": answer, "steps": steps, **more}


def test_labels_of_the_questions_themselves_come_first(tmp_path: Path) -> None:
    mixed = [*numbered(5), {"id": "bare", "question": "What is not labeled?"}]
    held_out = rows(tmp_path / "held.jsonl", {"question": "Which one?", "label": "30 days"})
    found = choose(config([rows(tmp_path / "q.jsonl", *mixed)], [held_out]), 3, None)
    assert (len(found.questions), found.there, found.notes) == (3, 5, ())
    assert "bare" not in {q.source_id for q in choose(config([str(tmp_path / "q.jsonl")]), 9, None).questions}


def test_held_out_questions_are_taken_where_the_others_have_no_label(tmp_path: Path) -> None:
    bare = rows(tmp_path / "q.jsonl", {"question": "What is not labeled?"})
    held_out = rows(tmp_path / "held.jsonl", {"question": "Which one?", "label": "30 days"})
    found = choose(config([bare], [held_out]), 1, None)
    assert [q.text for q in found.questions] == ["Which one?"] and found.files == (held_out,)


def test_what_the_labels_say_decides_nothing_about_the_sample(tmp_path: Path) -> None:
    """Nor does the order of rows; and what curation is given of it has no label."""
    first = choose(config([rows(tmp_path / "a.jsonl", *numbered(50))]), 10, None).questions
    second = choose(config([rows(tmp_path / "b.jsonl", *reversed(numbered(50, shift=7)))]), 10, None).questions
    assert unlabeled(first) == unlabeled(second)
    assert [q.label for q in first] != [q.label for q in second]
    assert all(set(row) == {"id", "question"} for row in unlabeled(first))
    larger = choose(config([str(tmp_path / "a.jsonl")]), 20, None).questions
    assert larger[:10] == first, "more questions are others beside these"
    assert len(choose(config([str(tmp_path / "a.jsonl")], limit=15), 50, None).questions) == 15


def test_options_go_along(tmp_path: Path) -> None:
    row = {"id": "x", "question": "Which?", "choices": ["crown", "mill"], "label": "AB", "several": True}
    found = choose(config([rows(tmp_path / "q.jsonl", row)]), 1, None).questions
    assert unlabeled(found) == [{"id": "x", "question": "Which?", "choices": ["crown", "mill"], "several": True}]


def test_more_than_there_are_and_labels_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    bad = {"id": "bad", "question": "Which?", "choices": ["crown", "mill"], "label": "7"}
    found = choose(config([rows(tmp_path / "q.jsonl", *numbered(3), bad)]), 400, None)
    assert len(found.questions) == 3
    assert "400 questions were asked for (--questions), but the truth of 3 is known" in found.notes[0]
    assert "1 questions are left out" in found.notes[1] and "q.jsonl:4" in found.notes[1]


def test_questions_in_the_truth_file_need_no_labels(tmp_path: Path) -> None:
    questions = rows(tmp_path / "q.jsonl", {"question": "How  much\nin all?"}, {"question": "Not in there?"})
    truth = Path(rows(tmp_path / "truth.jsonl", problem("How much in all?"), problem("And another?")))
    found = choose(config([questions]), 5, truth)
    assert [q.text for q in found.questions] == ["How  much\nin all?"], "white space does not part them"


WRONG_TRUTHS = [
    ([], "has no problem"),
    ([{"id": "1", "text": "t"}], "Line 1 of .* is no problem with its truth"),
    ([problem("How much?", answer=300)], "Problem 1 of .*an answer that is empty or no text"),
    ([problem("How much?", steps=[{"question": " ", "answer": "5"}])], "Problem 1 of .*empty or no text"),
    ([problem("How much?"), problem("How  much?", answer="6 mg")], "Problem 2 of .*'6 mg', not '5 mg'"),
    ([problem("Which dose?")], "None of the 1 questions .*q.jsonl:3: it has options"),
    ([problem("Some other text?")], "has the text of no question in .*q.jsonl"),
]


@pytest.mark.parametrize(("found", "says"), WRONG_TRUTHS)
def test_truth_files_that_cannot_be_used(tmp_path: Path, found: list[dict[str, Any]], says: str) -> None:
    truth = Path(rows(tmp_path / "truth.jsonl", *found))
    with_options = {"question": "Which dose?", "choices": ["1", "2"]}
    with pytest.raises(EvaluationError, match=says):
        choose(config([rows(tmp_path / "q.jsonl", *numbered(2), with_options)]), 5, truth)
    with pytest.raises(EvaluationError, match=r"no truth file .*none\.jsonl"):
        truths_of(tmp_path / "none.jsonl")


def test_without_any_truth_it_is_said_where_labels_were_looked_for(tmp_path: Path) -> None:
    bare = rows(tmp_path / "q.jsonl", {"question": "What?", "gold": "x"})
    with pytest.raises(EvaluationError, match=r"No question in .*q.jsonl has a label \(column 'label'\).*--truth"):
        choose(config([bare]), 5, None)
    with pytest.raises(EvaluationError, match="no question files"):
        choose(config([]), 5, None)
    with pytest.raises(EvaluationError, match="proving world"):
        choose(config(["proving:unlabeled"]), 5, None)
    bad = {"question": "Which?", "choices": ["crown", "mill"], "label": "7"}
    with pytest.raises(EvaluationError, match=r"None of the 1 questions .*label '7'"):
        choose(config([rows(tmp_path / "bad.jsonl", bad)]), 5, None)


def test_a_file_that_cannot_be_read_stops_or_is_passed_over_as_in_curation(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    files = [str(tmp_path / "broken.parquet"), rows(tmp_path / "q.jsonl", *numbered(2))]
    with pytest.raises(QuestionFileError, match=r"broken\.parquet cannot be read"):
        choose(config(files), 2, None)
    assert len(choose(config(files, broken_files="quarantine"), 2, None).questions) == 2
