"""The files for lm-evaluation-harness: what they hold, and that the tool comes to our figures with them.

Where lm_eval is installed it reads the files itself and is given replies whose answers and labels are numbers with
signs and points, text, yes and no, letters; without it the function that it would call is asked.
"""

import importlib.util
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.figures import make_report
from dgrc.evaluation.harness import write_harness
from dgrc.evaluation.harness_scoring import process_results
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.report import score
from dgrc.method import sample
from dgrc.records import Question

TASK = "dgrc_held_out"
NUMBERS = ("1.5", "15", "-5", "5", "12.10", "1210", "0.5", ".50", "1,000", "1000", "10-20", "1020", "+3", "3 kg")
TEXTS = ("Roe v. Wade", "roe v wade", "12(b)(6)", "12b6", "§ 1983", "1983", "yes", "No", "no.", "a b", "a-b")
MEASURES = ("$1.5 million", "$1,500,000", "$1.5 billion", "5 mW", "5 MW", "20 kPa", "20000 Pa", "5 %", "0.05", "120/80")
DATES = ("2021-03-04", "2021-03-05", "04.03.2021")
LETTERS = ("A", "b", "(C)", "B. the mill", "the crown", "D", "A and B")
SETS = ("AB", "B, A", "A and D", "D", "the crown; 35 mg", "ABCD", "A, E")
OPTIONS = ("the crown", "the mill", "3.5 mg", "35 mg")
HERE = importlib.util.find_spec("lm_eval") is not None


def pairs() -> list[tuple[str, Question]]:
    """Replies, each with a question of its own."""
    open_ones = [pair for group in (NUMBERS, TEXTS, MEASURES, DATES) for pair in itertools.product(group, group)]
    lettered = list(itertools.product(LETTERS, "ABCD"))
    found = [(said, label, ()) for said, label in open_ones] + [(said, label, OPTIONS) for said, label in lettered]
    tagged = [(f"It follows. <answer>{said}</answer>", label, choices) for said, label, choices in found]
    loose = [("I cannot tell.", "A", OPTIONS), ("The answer is B.", "B", OPTIONS), ("<think>A</think> C", "C", OPTIONS)]
    ones = [
        (said, Question(place, f"q{place}", f"case {place} ?", choices, label, "", "{}"))
        for place, (said, label, choices) in enumerate([*tagged, *loose])
    ]
    sets = [
        (f"<answer>{said}</answer>", Question(place, f"q{place}", f"case {place} ?", OPTIONS, label, "", "{}", True))
        for place, (said, label) in enumerate(itertools.product(SETS, ("AB", "AD", "D")), len(ones))
    ]
    asked = Question(-1, "q", "How many mg are given ?", (), "5 mg", "", "{}")
    concludes = "A tablet has 5 mg of it.\nSo the patient is given 5 mg in all, by mouth."
    return [*ones, *sets, ("<answer>5</answer>", asked), (concludes, replace(asked, id=-2))]


def predictions(replies: list[str], questions: list[Question], method: MethodConfig) -> list[Prediction]:
    return [
        Prediction(
            q.id, sample.to_chain(said, "stop", 1, q.choices, method.answers, several=q.several, question=q.text), None
        )
        for said, q in zip(replies, questions, strict=True)
    ]


def write(folder: Path, replies: list[str], questions: list[Question], method: MethodConfig) -> list[bool]:
    """The files of one task of these questions, answered so; which of the replies we say are right."""
    ours = {"dgrc": predictions(replies, questions, method)}
    right = score(questions, ours, method)
    report = make_report(ours, right, 0.95, "dgrc")
    held_out = HeldOut(questions, {"held out": list(range(len(questions)))})
    write_harness(held_out, report | {"tasks": {"held out": report}}, EvaluationConfig(), method, folder)
    return right["dgrc"]


def documents(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{TASK}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("form", ["auto", "text", "number"])
def test_the_function_beside_a_task_says_of_each_reply_what_we_say(tmp_path: Path, form: str) -> None:
    method = MethodConfig.model_validate({"answers": form})
    fit = [pair for pair in pairs() if form != "number" or pair[1].label in ("1.5", "15", "-5", "5", "12.10", "1210")]
    replies, questions = map(list, zip(*fit, strict=True))
    ours = write(tmp_path / "h", replies, questions, method)
    theirs = [process_results(doc, [said]) for doc, said in zip(documents(tmp_path / "h"), replies, strict=True)]
    assert [bool(found["exact_match"]) for found in theirs] == ours
    assert 0 < sum(ours) < len(ours)


def test_points_and_signs_of_numbers_decide() -> None:
    by = {"form": "auto", "tolerance": 0.0, "choices": [], "meta": "{}", "several": False, "question": ""}
    for said, label, right in (
        ("1.5", "15", 0), ("-5", "5", 0), ("12.10", "1210", 0), ("10-20", "1020", 0), ("1,000", "1000", 1),
        ("Yes.", "yes", 1),
    ):  # fmt: skip
        doc = {"scoring": json.dumps({**by, "label": label})}
        assert process_results(doc, [f"<answer>{said}</answer>"]) == {"exact_match": right}


def test_a_task_file_names_the_function_and_nothing_that_alters_answers(tmp_path: Path) -> None:
    replies, questions = map(list, zip(*pairs(), strict=True))
    write(tmp_path / "h", replies, questions, MethodConfig())
    text = (tmp_path / "h" / f"{TASK}.yaml").read_text()
    assert "process_results: !function 'dgrc_scoring.process_results'\n" in text
    task = yaml.safe_load(text.replace("!function ", ""))
    assert task["metric_list"] == [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}]
    assert [step["function"] for step in task["filter_list"][0]["filter"]] == ["take_first"]
    beside: dict[str, Any] = {}
    exec((tmp_path / "h" / "dgrc_scoring.py").read_text(), beside)
    assert beside["process_results"] is process_results
    rows = documents(tmp_path / "h")
    assert [beside["target"](row) for row in rows] == [row["answer"] for row in rows]


@pytest.mark.skipif(not HERE, reason="lm_eval is not installed; `pip install lm_eval==0.4.13` in an environment apart")
@pytest.mark.parametrize("labels", ["of every kind", "dates alone"])
def test_lm_eval_itself_comes_to_our_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: str) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder, method = tmp_path / "h", MethodConfig()
    asked = [pair for pair in pairs() if labels == "of every kind" or pair[1].label in DATES[:2]]
    replies, questions = map(list, zip(*asked, strict=True))
    right = write(folder, replies, questions, method)
    tasks = TaskManager(include_path=str(folder), include_defaults=False)
    model = scripted({doc["prompt"]: said for doc, said in zip(documents(folder), replies, strict=True)})
    found = simple_evaluate(model, tasks=[TASK], task_manager=tasks, log_samples=True)
    said = {sample["arguments"][0][0]: sample["exact_match"] for sample in found["samples"][TASK]}
    assert said == {doc["prompt"]: good for doc, good in zip(documents(folder), right, strict=True)}
    recorded = json.loads((folder / "results_dgrc.json").read_text())["results"][TASK]
    for key in ("exact_match,answer", "exact_match_stderr,answer"):
        assert found["results"][TASK][key] == pytest.approx(recorded[key])
    assert 0 < sum(right) < len(right) and (len(right) > 300 or labels == "dates alone")


def scripted(replies: dict[str, str]) -> Any:
    """A model for lm_eval that gives these replies to these prompts."""
    from lm_eval.api.model import LM

    class Scripted(LM):
        def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
            return [replies[request.args[0]] for request in requests]

        def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[Any]:
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    return Scripted()
