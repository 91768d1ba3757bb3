"""Benchmarks scored as their authors do: rules of LegalBench by hand-made answers, and where the figures stand."""

import json
from pathlib import Path

import pytest

from dgrc.config import BenchmarkConfig, EvaluationConfig, MethodConfig
from dgrc.errors import EvaluationError
from dgrc.evaluation.benchmarks import HeldOut, load_held_out
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.published_metrics import figures, right
from dgrc.evaluation.report import full_report, lines, score
from dgrc.records import Chain, Question


def ruled(scored: str, answer: str | None, label: str) -> bool:
    return right(answer, label, (), "auto", 0.0, json.dumps({"task": "t", "scored": scored}))


@pytest.mark.parametrize(
    ("scored", "answer", "label", "good"),
    [
        ("contained", "phillips v. awh corp., 415 f.3d 1303 (fed. cir. 2005)", "Phillips v. AWH Corp.", True),
        ("contained", "phillips v. acme corp.", "Phillips v. AWH Corp.", False),
        ("any_stem", "authorize", "authorize,authorized", True),
        ("any_stem", "the word, authorizes", "authorized", True),
        ("any_stem", "author of it", "authorize", False),
        ("within_tenth", "$27,500", "$27181", True),
        ("within_tenth", "27181.43", "$27181", True),
        ("within_tenth", "$29,900", "$27181", False),
        ("within_tenth", "$29,890", "$27181", True),
        ("within_tenth", "$24,400", "$27181", False),
        ("within_tenth", "271.81", "$27181", False),
        ("within_tenth", "$27,000 is what alice owes for 2017", "$27181", True),
        ("within_tenth", "2017: $27,000", "$27181", False),
        ("within_tenth", "$0", "$0", True),
        ("within_tenth", "nothing", "$0", False),
        ("names", "Ann Lee, Bo Lu", "['Bo Lu', 'Ann Lee']", True),
        ("names", "dr. ann lee and others, bo lu", "Ann Lee,Bo Lu", True),
        ("names", "ann lee", "Ann Lee,Bo Lu", False),
        ("names", "ann lee, bo lu, cy po", "Ann Lee,Bo Lu", False),
        ("by_hand", "a rule", "A rule.", True),
        ("balanced", "-5", "5", False),
        ("contained", None, "x", False),
    ],
)
def test_rules(scored: str, answer: str | None, label: str, good: bool) -> None:
    assert ruled(scored, answer, label) is good


def asked(task: str, scored: str, label: str, place: int = 0) -> Question:
    return Question(place, "", f"q {place}", (), label, "", json.dumps({"task": task, "scored": scored}))


def test_balanced_accuracy_is_the_mean_over_classes() -> None:
    questions = [asked("t", "balanced", label) for label in "AAAAB"]
    # Of A 3 of 4 are right, of B none: (0.75 + 0) / 2, where plain accuracy is 0.6.
    found = figures(questions, list("AAABA"), [True, True, True, False, False])
    assert found == {"metric": "balanced_accuracy", "value": 0.375}


def test_f1_of_names_counts_each_wrong_one_once_and_says_what_the_authors_code_gives() -> None:
    perfect = figures([asked("t", "names", "a b,c d,e f,g h")], ["a b, c d, e f, g h"], [True])
    # Their loop adds what is left after each name: 3 + 2 + 1 + 0 wrong ones, so 8 / (8 + 6).
    assert perfect == {"metric": "f1", "value": 1.0, "f1_as_coded": round(8 / 14, 4)}
    questions = [asked("t", "names", "a b,c d"), asked("t", "names", "x y")]
    # Two hits, one miss (the second question's), one wrong (z): 4 / (4 + 1 + 1).
    assert figures(questions, ["a b, c d, z", None], [False, False])["value"] == round(4 / 6, 4)  # type: ignore[index]


def test_f1_of_several_options_is_over_letters() -> None:
    questions = [asked("t", "exceptions", "BC"), asked("t", "exceptions", "A")]
    # Hits B and A; C is missing, D is wrong: 4 / (4 + 1 + 1).
    assert figures(questions, ["BD", "A"], [False, True]) == {"metric": "f1", "value": round(4 / 6, 4)}


def test_several_tasks_have_the_mean_of_their_figures_and_what_is_judged_by_hand_has_none() -> None:
    questions = [asked("one", "balanced", "A"), asked("two", "contained", "x"), asked("three", "by_hand", "y")]
    found = figures(questions, ["A", "z", "y"], [True, False, True])
    assert found is not None and found["value"] == 0.5 and found["metric"] == "mean_of_tasks"
    assert found["tasks"]["three"] == {"metric": "by_hand", "value": None}
    plain = Question(1, "", "q", (), "A", "", "{}")
    assert figures([*questions, plain], ["A"] * 4, [True] * 4) is None


def test_reports_have_the_authors_figure_beside_accuracy() -> None:
    questions = [asked("hearsay", "balanced", label, place) for place, label in enumerate("AAAB")]
    questions += [Question(9, "", "own", (), "x", "", "{}")]
    said = {"dgrc": [Prediction(q.id, Chain("", a, "stop", 1), None) for q, a in zip(questions, "AAAAx", strict=True)]}
    held_out = HeldOut(questions, {"LegalBench": [0, 1, 2, 3], "own": [4]}, ["rule_qa: nothing is asked"])
    method = MethodConfig()
    report = full_report(held_out, said, score(questions, said, method), EvaluationConfig(), method, "dgrc")
    share = report["tasks"]["LegalBench"]["models"]["dgrc"]
    assert (share["accuracy"], share["published"]) == (0.75, {"metric": "balanced_accuracy", "value": 0.5})
    assert "published" not in report["models"]["dgrc"] | report["tasks"]["own"]["models"]["dgrc"]
    assert any("balanced accuracy 0.500" in line for line in lines(report))
    assert lines(report)[-1] == "  ! rule_qa: nothing is asked"


def test_a_file_with_a_header_alone_is_a_note_and_a_benchmark_of_nothing_else_an_error(tmp_path: Path) -> None:
    for task, rows in (("rule_qa", ""), ("hearsay", "0\tHe said.\tYes\n")):
        (tmp_path / task).mkdir()
        (tmp_path / task / "base_prompt.txt").write_text("Q: {{text}}\nA:")
        (tmp_path / task / "train.tsv").write_text("index\ttext\tanswer\n" + rows)
    files = f"{tmp_path}/*/train.tsv", f"{tmp_path}/rule_qa/train.tsv"
    held_out = load_held_out(EvaluationConfig(benchmarks=(BenchmarkConfig(form="legalbench", files=files[:1]),)))
    assert [question.text for question in held_out.questions] == ["Q: He said."]
    assert len(held_out.notes) == 1 and "rule_qa/train.tsv: it has a header and no rows" in held_out.notes[0]
    with pytest.raises(EvaluationError, match=r"has no rows: of .*rule_qa/train\.tsv each has a header alone"):
        load_held_out(EvaluationConfig(benchmarks=(BenchmarkConfig(form="legalbench", files=files[1:]),)))
