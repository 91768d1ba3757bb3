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


def with_engines(rows: int = 5000, max_num_seqs: int = 512, **load: float) -> dict[str, Any]:
    """A report whose teacher says of itself what is given, and nothing of which it has none."""
    usual = {"waiting": 0.0, "kv_cache_usage": 0.2, "kv_cache_peak": 0.3, "preemptions": 0, "prefix_cache_queries": 9,
             "prefix_cache_hits": 3, "max_num_seqs": max_num_seqs}  # fmt: skip
    found = report(500.0, rows=rows)
    for part in found.values():
        part["engines"] = {"teacher": usual | load, "student": usual | {"running": 1.0}}
    return found


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ({"running": 100}, ["gather: the engines are not full (the fullest, teacher, 20%) and no requests wait at them",
                            "fed too slowly", "raise `pipeline.rows_per_block` or `pipeline.workers`"]),
        ({"running": 100, "waiting": 5}, ["fed too slowly"]),
        ({"running": 100, "rows": 200}, ["too few questions"]),
        ({"running": 500}, ["the teacher's engines are full (98% of", "or a larger `max_num_seqs`: their", "30% full"]),
        ({"running": 500, "kv_cache_peak": 0.8}, ["full (98% of their sequences under way); give it more replicas"]),
        ({"running": 500, "waiting": 700}, ["are full (98%", "larger `max_num_seqs`", "; 700 requests wait"]),
        ({"running": 60, "waiting": 700, "kv_cache_usage": 0.97, "kv_cache_peak": 1.0, "preemptions": 1234},
         ["memory: 700 requests wait", "KV cache is full (97% on average, 100% at most",
          "1,234 sequences were put out", "`gpu_memory_utilization`", "kv_cache_dtype"]),
        ({"running": 60, "waiting": 700, "kv_cache_usage": 0.93, "kv_cache_peak": 0.95}, ["memory:", "95% at most);"]),
        ({"running": 6, "waiting": 70, "kv_cache_usage": 0.7, "kv_cache_peak": 0.99, "preemptions": 3},
         ["memory:", "3 sequences were put out"]),
        ({"running": 60, "waiting": 40}, ["40 requests wait", "12% of their sequences", "20% full",
                                          "reading prompts", "raise `max_num_batched_tokens`"]),
    ],
)  # fmt: skip
def test_engines_say_themselves_what_holds_a_pass_back(load: dict[str, Any], words: list[str]) -> None:
    said = measure(with_engines(**load), config(max_num_seqs=None))["bottleneck"]
    assert [word for word in words if word not in said] == [], said
    for word in ("larger `max_num_seqs`", "memory:", "too slowly", "put out"):
        assert (word in said) == any(word in wanted for wanted in words), said


def test_a_queue_at_any_role_counts() -> None:
    found = with_engines(running=500)
    for part in found.values():
        part["engines"]["student"] |= {"running": 5.0, "waiting": 50.0}
    assert "50 requests wait at the student's engines" in measure(found, config())["bottleneck"]


def test_how_full_engines_are_is_known_by_what_they_say_or_are_told() -> None:
    def full(found: dict[str, Any], **settings: Any) -> float | None:
        return measure(found, config(**settings))["passes"]["gather"]["fullness"]["teacher"]

    assert full(report(128.0)) == 0.25  # of two replicas with 256 sequences each
    assert full(report(128.0), max_num_seqs=None) is None  # as vLLM takes it: nobody here knows
    assert full(with_engines(running=128), max_num_seqs=None) == 0.25
    short = with_engines()  # over before anybody looked
    assert full(short, max_num_seqs=None) == round(500 / 512, 3)
    assert "are full" in measure(short, config())["bottleneck"]


def test_sequences_in_flight_are_time_at_the_engine_over_time() -> None:
    counts = {"sequence_ms/teacher": 400_000, "sequence_ms/student": 10_000, "peak_in_flight": 70, "rows": 3}
    assert in_flight(counts, 20.0) == {
        "peak_in_flight": 70, "sequences_in_flight": {"student": 0.5, "teacher": 20.0},
    }  # fmt: skip
