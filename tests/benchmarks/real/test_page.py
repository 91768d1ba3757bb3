"""The page and the card of `benchmarks.real`: all that was measured stands there, and what was not is said."""

import json
from pathlib import Path
from typing import Any

from benchmarks.real.__main__ import command, names_of, result_of
from benchmarks.real.bench import Bench
from benchmarks.real.cases import Told, pick
from benchmarks.real.evaluation import write_rows
from benchmarks.real.points import Points
from benchmarks.real.report import PAGE, newest, render, write_card
from benchmarks.real.settings import Settings
from tests.benchmarks.real.test_points import made, row

SHARE = {"hits": 3, "n": 6, "clusters": 4, "share": 0.5, "low": 0.2, "high": 0.8}


def whole(bench: Bench) -> dict[str, Any]:
    """All points of an experiment done, with figures as the points give them."""
    model = {"folder": "one", "sha256": {"model.safetensors": "ab" * 32}, "licence": "apache-2.0", "vocabulary": 9}
    levels = {"1": {"n": 6, "read": 1.0, "right": 0.5, "lenient": 0.6}}
    part = {"by_level": levels, "by_template": levels, "tokens": 9, "tokens_a_chain": 9.0, "tokens_per_second": 3.0}
    choice = {"levels": [1], "templates": ["t"], "accuracy": 0.5, "by": "levels"}
    names = (
        "teacher_chain_accuracy", "teacher_chains_right_in_every_step", "student_chain_accuracy", "atom_accuracy",
        "atom_accuracy_kept", "on_target", "verifier_precision", "verifier_recall", "step_accuracy",
    )  # fmt: skip
    figures = {**dict.fromkeys(names, SHARE), "shared_errors": None, "verdict": "cannot_tell", "reasons": ["Few."]}
    tale = {
        "question": "How many mg?", "truth": "5 mg", "template": "t", "steps": [], "status": "divergent",
        "teacher": [{"text": "It is 5 mg.", "answer": "5 mg", "right": True}],
        "student": [{"text": "", "answer": None, "right": False}],
        "atoms": [{"question": "1 | 2?", "answer": None, "agreement": 0.3, "kept": False, "dropped_because": "few"}],
        "verdicts": [{"chain": 0, "passed": None, "reason": "no_facts", "facts": 0, "contradicted_by": 0}],
    }  # fmt: skip
    told = [Told(1, "passed right", False, 1, tale), Told(2, "passed wrong", True, 0, {**tale, "verdicts": []})]
    trained = {"trained": True, "visits": 80, "steps": 10}
    found: dict[str, dict[str, Any]] = {
        "check": {"models": {"teacher": model, "student": model}, "equal_vocabularies": True},
        "difficulty": {"problems": 12, "teacher": part, "student": part, "choice": choice},
        "domain": {
            "questions": 4, "held_out": {"numbers": 2, "templates": 2}, "levels": [1], "seed": 0,
            "templates": {"train": ["t"], "numbers": ["t"], "templates": ["u"]},
        },
        "curate": {"questions": 4, "examples": {"atomic": 3, "cot": 1}, "tokens_a_question": 800.0},
        "premise": {"figures": {**figures, "expected_lead": [0.1, 0.2]}, "read_share_of_stopped": 0.9},
        "tokens": {"chains": 8, "of_dgrc": 1.02},
        "cases": {"rule": "The best: one.", "cases": pick(told)},
    }  # fmt: skip
    for name in names_of(bench.settings):
        if not name.startswith("evaluate"):
            bench.points.write(name, found.get(name, trained), 60.0)
    return record_of(bench)


def test_the_page_says_what_replayed_chats_do(tmp_path: Path) -> None:
    assert "Replayed chats" not in render(json.loads(json.dumps(whole(made(tmp_path / "without")))))
    bench = made(tmp_path / "with", replay=("chats.jsonl",))
    record = whole(bench)
    record["points"]["train-dgrc_replay-0"] |= {"visits": 80, "replayed_visits": 8, "replayed_examples": 5}
    page = render(json.loads(json.dumps(record)))
    assert "## Replayed chats" in page and "of which 8 of 80 go to\n5 chats" in page
    assert "| on the domain, as read | -0.500 [" in page and "| on the benchmarks beside | 0.333 [" in page
    assert "| dgrc_replay | 0.667 [" in page, "beside the domain, in the table of harm"
    assert "--replay chats.jsonl --replay-share 0.1" in command(bench.settings)


def record_of(bench: Bench) -> dict[str, Any]:
    """As the command records it."""
    made_with = {"dgrc": "1", "cores": 2, "cpu": "a CPU"}
    result = result_of(bench, names_of(bench.settings))
    return {"command": "python -m benchmarks.real", "date": "2026-11-29", "made_with": made_with, **result}


def test_page_and_card_tell_all_that_was_measured(tmp_path: Path) -> None:
    bench = made(tmp_path)
    record = json.loads(json.dumps(whole(bench)))
    assert record["left"] == [] and record["seconds"] == 60.0 * 19 + 14
    page = render(record)
    assert "| dgrc | 0.750 [" in page and "best baseline, `distill`: 0.250 [" in page
    assert "(by seed: 0.250, 0.250)" in page
    assert "a lead over the best baseline of 0.10 to 0.20" in page and "What training then gave: 0.250 [" in page
    assert "### The best: passed right" in page and "    It is 5 mg." in page
    assert "| 1 / 2? | none | 0.30 | few |" in page
    assert "mmlu (3 questions)" in page and "not checked by hand" in page and "Nothing has been measured" not in page
    assert "- level 1: `" not in page, "nobody is ahead on level 1"
    write_card(bench, record)
    card = (tmp_path / "card.md").read_text()
    assert "ab" * 32 in card and "80 visits in 10 steps" in card and "| dgrc | 0.750 [" in card
    assert "Not finished" not in card


def test_losses_stand_on_the_page(tmp_path: Path) -> None:
    bench = made(tmp_path)
    write_rows(bench.replies("many_chains-0"), [row(n, "numbers" if n < 2 else "templates", True) for n in range(4)])
    write_rows(bench.replies("many_chains-1"), [row(n, "numbers" if n < 2 else "templates", True) for n in range(4)])
    page = render(record_of(bench))
    assert "- all: `many_chains` is ahead, -0.250 [" in page and "Students" in page
    assert "| not done | check, difficulty" in page


def test_a_card_of_an_experiment_that_has_only_begun_says_so(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "t", "s", 4, 2, 2, (0,), overrides=("seed=3",))
    bench = Bench(settings, Points(tmp_path), lambda line: None)
    write_card(bench, record_of(bench))
    card = (tmp_path / "card.md").read_text()
    assert "**Not finished**: check," in card and "not measured yet" in card and "with seed=3" in card


def test_the_page_is_the_rendering_of_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(newest())


def test_the_page_without_a_record_says_that_nothing_was_measured() -> None:
    assert "Nothing has been measured yet" in render(None)
