"""A pilot: a sample of the corpus on its own run, its rates, the bill of the whole, and what is worth a warning."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config import Config, Price
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import Job
from dgrc.workflow.pilot import clear_other, measure, pilot_config, project, run_pilot, warnings
from tests.pipeline.conftest import scripted_config, write_questions

SPENT = {"calls": 30, "prompt_tokens": 3000, "completion_tokens": 1000, "cached_tokens": 0}


def report(**counts: int) -> dict[str, Any]:
    """A curation's report on 10 of 200 questions."""
    times = {"seconds": 46.0, "start_seconds": 10.0}
    return {
        "ingest": {"kept": 10, "usable": 200},
        "gather": {
            "rows": 10, "status": {"divergent": 6}, "usage": {"teacher/sample": SPENT, "student/sample": SPENT},
            "counts": {"teacher_chains": 30, "student_chains": 30, "diagnoses": 8, **counts}, **times,
        },
        "collect": {"asked": 12, "distinct": 9},
        "answer": {"usage": {"teacher/answer": SPENT}, "counts": {"answers": 45}, **times},
        "screen": {"kept": 8},
        "verify": {"usage": {}, "counts": {"chains_passed": 12, "chains_rejected": 6}, **times},
        "assemble": {"cot": 7},
    }


def priced(**price: float) -> Config:
    engine = {"engine": "scripted", "script": "a:b"}
    data = {"teacher": {**engine, "price_per_million": price or None}, "student": {**engine, "price_per_million": {}}}
    return Config.model_validate(data)


def test_rates_are_shares_of_what_was_asked() -> None:
    counts = {"teacher_unread": 3, "student_cut_off": 6, "diagnoses_unread": 2}
    figures = measure(report(**counts), [{"answers": ["a"], "agreement": 0.8}])
    assert figures["read"] == {
        "teacher_sample": 0.9, "student_sample": 1.0, "diagnose": 0.75, "answer": 1.0, "verify": 1.0,
    }
    assert figures["cut_off"] == {"teacher": 0.0, "student": 0.2}
    assert (figures["divergent"], figures["agreement"], figures["judge_passed"]) == (0.6, 0.8, None)
    assert figures["verdicts"] == {"passed": 12, "rejected": 6, "without_verdict": 0}


def test_the_bill_is_in_proportion_and_leaves_the_start_of_engines_out() -> None:
    bill = project(report(), priced(prompt=2.0, completion=10.0))
    assert (bill["questions"], bill["calls"]) == (200, 3 * 30 * 20)
    assert (bill["prompt_tokens"], bill["completion_tokens"]) == (180_000, 60_000)
    assert bill["hours"] == pytest.approx(3 * 36 * 20 / 3600, abs=1e-3)
    # Two of the three steps are the teacher's: 120,000 prompt tokens at 2 and 40,000 generated ones at 10 a million.
    assert bill["money"] == pytest.approx(0.24 + 0.4)


def test_without_a_price_there_is_no_money() -> None:
    assert project(report(), priced())["money"] is None
    assert Price().prompt == 0, "a price of nothing is a price"


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"diagnoses_unread": 4}, "only 50% of the replies to `diagnose`"),
        ({"student_cut_off": 3}, "10% of the student's chains are cut off"),
        ({"judged": 9, "judge_passed": 9}, "the judge passes everything"),
    ],
)
def test_what_is_wrong_is_said(counts: dict[str, int], says: str) -> None:
    assert warnings(measure(report(), [])) == []
    (warning,) = warnings(measure(report(**counts), []))
    assert says in warning


def test_the_pilot_has_a_run_of_its_own_and_a_sample_of_the_questions(tmp_path: Path, ray_here: None) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 40), "real")
    job = Job(pilot_config(config, 12), lambda line: None)
    with job.open():
        figures = run_pilot(job)
    assert (figures["questions"], figures["usable_questions"], figures["projected"]["questions"]) == (12, 40, 40)
    assert figures["read"]["diagnose"] == figures["read"]["verify"] == 1.0
    assert job.run.root.name == "real-pilot" and not (tmp_path / "real").exists()
    assert json.loads((job.run.root / "pilot.json").read_text()) == figures
    shown = CliRunner().invoke(main, ["show", str(job.run.root), figures["examples"][0]])
    assert shown.exit_code == 0 and "teacher 0" in shown.stdout


def test_a_pilot_with_other_settings_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first = pilot_config(scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 4), "real"), 2)
    run = RunDir.of(first)
    with run.lock():
        run.claim(first)
        (run.root / "round-1").mkdir()
    clear_other(run, first)
    assert (run.root / "round-1").is_dir() and run.config_file.is_file(), "the same settings go on"
    clear_other(run, first.model_copy(update={"method": first.method.model_copy(update={"max_pairs": 1})}))
    assert [path.name for path in run.root.iterdir()] == [".lock"]
