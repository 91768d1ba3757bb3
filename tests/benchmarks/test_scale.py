"""What `benchmarks.scale` and `benchmarks.roles` make of what they measure; and a plane of a few thousand questions."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from benchmarks.roles.__main__ import ClientAStep
from benchmarks.scale import __main__ as scale
from benchmarks.scale import parts
from benchmarks.shared import simulated
from dgrc.engines.base import Completion, Request, Sample
from dgrc.pipeline.steps.toolbox import PRIORITY


def weak(replicas: int, efficiency: float) -> dict[str, Any]:
    cpu = {"driver": 0.1, "workers": 1.0, "replicas": 2.0}
    return {"replicas": replicas, "efficiency": efficiency, "cpu_ms_per_question": cpu}


def plane(questions: int, rate: float, driver: float, worker: float) -> dict[str, Any]:
    return {
        "questions": questions, "questions_per_second": rate, "peak_mb": {"driver": driver, "workers": 100.0},
        "resumed_peak_mb": {"driver": driver, "workers": worker},
        "cpu_ms_per_question": {"driver": 0.02}, "bytes_written_per_question": 400.0,
    }  # fmt: skip


def test_the_summary_finds_where_efficiency_falls_and_what_a_question_weighs() -> None:
    points = [weak(1, 1.0), weak(16, 0.95), weak(64, 0.85)]
    planes = [plane(1_000_000, 2000.0, 300.0, 100.0), plane(10_000_000, 1900.0, 1000.0, 1200.0)]
    assert scale.summarize(points, planes) == {
        "weak_scaling_64": 0.85, "below_0.9_at": 64, "bytes_per_question": 200.0, "questions_per_second": 1900.0,
        "time_ratio_10m_to_1m": 1.053,
    }  # fmt: skip
    empty = scale.summarize([], [])
    assert set(empty.values()) == {None}


def test_a_thousand_replicas_on_paper() -> None:
    paper = scale.on_paper([weak(64, 0.95)], [plane(1_000_000, 2000.0, 1.0, 1.0)])
    assert paper["cores_of_workers"] == 5  # 5,000 questions a second of 1 ms each
    assert paper["share_of_the_driver"] == pytest.approx(0.1)
    assert paper["share_of_a_replica_for_python"] == pytest.approx(0.01)


def test_a_simulated_replica_serves_ten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0

    async def work(seconds: float) -> None:
        nonlocal under_way, most
        assert 0.5 * simulated.LATENCY_S <= seconds <= 1.5 * simulated.LATENCY_S
        under_way += 1
        most = max(most, under_way)
        for _ in range(3):
            await pause(0)
        under_way -= 1

    async def twenty() -> list[list[str]]:
        return list(await asyncio.gather(*(simulated.five_a_second(Request((), n=2)) for _ in range(20))))

    pause = asyncio.sleep
    monkeypatch.setattr(simulated.asyncio, "sleep", work)
    monkeypatch.setattr(simulated, "_SLOTS", [])
    assert asyncio.run(twenty()) == [[simulated.TEXT] * 2] * 20
    assert most == simulated.AT_ONCE == 10


def test_the_steady_rate_leaves_start_and_end_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "TIMES", tmp_path / "times")
    parts.TIMES.mkdir()
    slow = [0.0, *(10 + n / 5 for n in range(98)), 100.0]  # five a second, but for a late start and a straggler
    for name, part in (("1", slow[::2]), ("2", slow[1::2])):
        (parts.TIMES / name).write_text("".join(f"{moment}\n" for moment in part))
    assert parts.steady_rate() == pytest.approx(5.0)


def test_each_step_has_its_pool() -> None:
    class Pool:
        price, model, role = None, "m", "teacher"

        def __init__(self, name: str):
            self.name = name

        async def generate(self, request: Request, *how: Any) -> Completion:
            return Completion((Sample(self.name, "stop", 1),), 1, 0)

    client = ClientAStep(Pool("sampling"), Pool("later"))  # type: ignore[arg-type]
    for step, who in (("sample", "sampling"), ("diagnose", "later"), ("grade", "later")):
        completion = asyncio.run(client.generate(Request((), priority=PRIORITY[step])))
        assert completion.samples[0].text == who


@pytest.mark.slow
def test_the_data_plane_of_a_few_questions(tmp_path: Path) -> None:
    said = scale._part("plane", tmp_path, 12_000)
    assert said["questions"] == 12_000
    assert said["questions_per_second"] > 0
    assert said["peak_mb"]["driver"] > 0
