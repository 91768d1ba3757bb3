"""What a benchmark of a user's cluster says: rates without the start of engines, cost, and what to change."""

from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.pipeline.graph import in_flight
from dgrc.workflow.throughput import measure

PRICE = {"prompt": 1.0, "completion": 4.0}


def report(sequences: float, rows: int = 5000, money: float | None = 2.0) -> dict[str, Any]:
    usage: dict[str, Any] = {"calls": rows, "completion_tokens": 50_000}
    if money is not None:
        usage["money"] = money
    part = {
        "rows": rows, "seconds": 110.0, "start_seconds": 10.0, "usage": {"teacher/sample": usage},
        "sequences_in_flight": {"teacher": sequences}, "peak_in_flight": 300,
    }  # fmt: skip
    return {"gather": part, "answer": {**part, "seconds": 60.0}, "verify": {**part, "seconds": 60.0}}


def config(**teacher: Any) -> Any:
    return make_config({"teacher": {"model": "m", "max_num_seqs": 256, "replicas": 2, **teacher}})


def test_rates_leave_out_the_start_of_engines() -> None:
    figures = measure(report(500.0), config(gpus=1))
    assert figures["questions_per_second"] == 5000 / 200
    assert figures["tokens_per_second"] == 750.0
    assert figures["tokens_per_second_per_gpu"] == 375.0
    assert figures["cost_per_1000_questions"] == pytest.approx(1000 * 6.0 / 5000)
    assert measure(report(1.0, money=None), config())["cost_per_1000_questions"] is None
    assert measure(report(1.0), config())["tokens_per_second_per_gpu"] is None


def test_what_holds_the_slowest_pass_back_is_named() -> None:
    assert "gather: the teacher's engines are full" in measure(report(500.0), config())["bottleneck"]
    assert "raise `pipeline.rows_per_block`" in measure(report(100.0), config())["bottleneck"]
    assert "too few questions" in measure(report(100.0, rows=200), config())["bottleneck"]
    api = {"engine": "openai_api", "api": {"base_url": "http://x/v1", "max_concurrency": 256}}
    assert "limits of the teacher's API" in measure(report(500.0), config(**api))["bottleneck"]


def test_sequences_in_flight_are_time_at_the_engine_over_time() -> None:
    counts = {"sequence_ms/teacher": 400_000, "sequence_ms/student": 10_000, "peak_in_flight": 70, "rows": 3}
    assert in_flight(counts, 20.0) == {
        "peak_in_flight": 70, "sequences_in_flight": {"student": 0.5, "teacher": 20.0},
    }  # fmt: skip
