"""What `benchmarks.inference --real` makes of what it is told and of what its parts see; no engine is started."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.inference import __main__ as command
from benchmarks.inference.real import bench, passes
from benchmarks.inference.real.ngram import requests_of
from benchmarks.inference.real.recorded import RecordedPool, recorded, window
from benchmarks.inference.real.turns import _served
from benchmarks.inference.real.work import Row, Settings, rows_of
from dgrc.engines.base import Completion, Request, Sample
from dgrc.errors import ConfigError


def settings(**more: Any) -> Settings:
    usual: dict[str, Any] = {option.name: option.default for option in command.main.params}
    told = {name: usual[name] for name in Settings.__dataclass_fields__ if name not in ("model", "parts", "tail")}
    return Settings(**{"model": "m", "parts": ("cpu",), "tail": (100,), **told, **more})


def test_settings_reach_another_process(tmp_path: Path) -> None:
    settings(tail=(100, 1000)).save(tmp_path)
    assert Settings.load(tmp_path) == settings(tail=(100, 1000))


def test_the_command_of_the_record_names_what_is_not_usual_and_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(bench, "measure", lambda settings, command, write: seen.update(s=settings, c=command) or {})
    usual = {option.name: option.default for option in command.main.params}
    told = {name: usual[name] for name in Settings.__dataclass_fields__ if name != "model"}
    command.measure_real("/a/model-x", True, **{**told, "questions": "/b/q.jsonl", "tail": "100,1000"})
    assert seen["c"] == "inference --real model-x --questions q.jsonl --tail 100,1000"
    assert seen["s"].tail == (100, 1000) and seen["s"].model == "/a/model-x"


def test_unknown_parts_and_folders_without_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no part 'speed'"):
        bench.measure(settings(parts=("speed",)), "c", False)
    with pytest.raises(ConfigError, match=r"has no config\.json"):
        bench.measure(settings(model=str(tmp_path)), "c", False)


def test_the_last_line_has_all_keys_whatever_parts_there_are() -> None:
    assert bench.summary({}) == dict.fromkeys(bench.KEYS)
    said = bench.summary({
        "ratio": {"ratio": 0.98, "low": 0.96, "high": 1.0, "turns": 6}, "tail": {"tail_share": {"100": 0.2}},
        "prefix": {"prefix_share": {"sample": {"got": 0.5, "could": 0.6, "of": 0.83, "tokens": 9}}},
        "cpu": {"cpu_ms_a_request": 2.0, "cpu_ms_a_second": 9.0, "pipeline": {}}, "ngram": {"ratio": 0.7, "same": 1.0},
    })  # fmt: skip
    assert said == {
        "ratio_to_vllm": 0.98, "ratio_low": 0.96, "ratio_high": 1.0, "turns": 6, "cpu_ms_a_request": 2.0,
        "cpu_ms_a_second": 9.0, "prefix_share": {"sample": {"got": 0.5, "could": 0.6}}, "ngram_ratio": 0.7,
        "ngram_same_replies": 1.0, "tail_share": {"100": 0.2},
    }  # fmt: skip


def test_questions_are_those_of_the_file_over_again_or_written(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    step = {"question": "1 + 1?", "answer": "2"}
    file.write_text(json.dumps({"question": "a"}) + "\n\n" + json.dumps({"text": "b", "steps": [step]}) + "\n")
    rows = rows_of(settings(questions=str(file)), 3)
    assert rows == [Row("a", (("a", "unknown"),)), Row("b", (("1 + 1?", "2"),)), Row("a", (("a", "unknown"),))]
    written = rows_of(settings(), 40)
    assert len({row.text for row in written}) == 40 and all(row.steps for row in written)
    file.write_text('{"id": 1}')
    with pytest.raises(ConfigError, match=r"Line 1 of .* is no question"):
        rows_of(settings(questions=str(file)), 1)
    file.write_text("")
    with pytest.raises(ConfigError, match="holds no questions"):
        rows_of(settings(questions=str(file)), 1)


def test_what_is_asked_of_a_pool_is_written_down_in_the_order_sent(tmp_path: Path) -> None:
    class Pool:
        price, model, role = None, "m", "teacher"

        def client(self, max_retries: int = 3) -> "Pool":
            return self

        async def generate(self, request: Request, *how: Any) -> Completion:
            await asyncio.sleep(0.02 if request.messages[0]["content"] == "first" else 0)
            return Completion((Sample("x", "stop", 3),) * request.n, 1, 0)

    async def two() -> None:
        client = RecordedPool(Pool(), tmp_path / "asked").client()  # type: ignore[arg-type]
        asked = (client.generate(Request(({"role": "user", "content": text},), n=2)) for text in ("first", "second"))
        await asyncio.gather(*asked)

    asyncio.run(two())
    requests = recorded(tmp_path / "asked")
    assert [r["messages"][0]["content"] for r in requests] == ["first", "second"]
    assert [r["tokens"] for r in requests] == [6, 6]
    assert window(requests) == (requests[0]["sent"], requests[0]["answered"])  # the first was answered last


def test_costs_leave_the_replicas_out_and_idle_time_off() -> None:
    kinds = ("driver", "workers", "ray", "replicas")
    seen = {"slow": dict.fromkeys(kinds, 0.10), "fast": dict.fromkeys(kinds, 0.17)}
    found = passes._costs({"slow": 5.0, "fast": 40.0}, seen, dict.fromkeys(kinds, 0.02))
    assert found["cpu_ms_a_request"] == pytest.approx(6.0) and found["cpu_ms_a_second"] == pytest.approx(210.0)
    assert found["cpu_ms_a_request_of"]["replicas"] == pytest.approx(2.0)


def test_costs_of_turns_are_means_with_the_interval_of_what_a_request_costs() -> None:
    turns = [
        {"cpu_ms_a_request": ms, "cpu_ms_a_request_of": {"driver": ms / 2}, "pipeline": {}, "loop_ms": 50 * ms}
        for ms in (2.0, 3.0)
    ]
    assert bench.mean_costs(turns) == {
        "loop_ms": 125.0, "loops_ms": [100.0, 150.0],
        "cpu_ms_a_request": 2.5, "cpu_ms_a_request_of": {"driver": 1.25}, "pipeline": {}, "turns": [2.0, 3.0],
        "cpu_ms_low": -3.853, "cpu_ms_high": 8.853,
    }  # fmt: skip


@pytest.mark.parametrize(("parts", "name"), [(("cpu",), "inference_cpu"), (("cpu", "tail"), "inference_real")])
def test_the_cpu_alone_has_a_record_of_its_own(
    parts: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    turn = {"cpu_ms_a_request": 2.0, "cpu_ms_a_second": 9.0, "tail_share": {}, "pipeline": {}}
    recorded_as: list[str] = []
    monkeypatch.setattr(bench, "_in_a_process", lambda part: lambda settings, folder: turn)
    monkeypatch.setattr(bench, "record", lambda name, *what, **how: recorded_as.append(name))
    assert bench.measure(settings(model=str(tmp_path), parts=parts), "c", True)["cpu_ms_a_request"] == 2.0
    assert recorded_as == [name]


def test_hits_are_the_engines_count_where_a_step_has_a_pass_for_itself() -> None:
    load = {"teacher": {"prefix_cache_hits": 30, "prefix_cache_queries": 40}}
    of = {"calls": 2, "prompt_tokens": 20, "cached_tokens": 5}
    one = {"usage": {"teacher/sample": of, "student/sample": {**of, "calls": 0}}, "engines": load}
    two = {"usage": {"teacher/extract": of, "teacher/verify": {**of, "cached_tokens": 15}}, "engines": load}
    assert passes._got([one, two]) == {"sample": (30, 40), "extract": (5, 20), "verify": (15, 20)}


def test_steps_are_known_by_their_system_messages() -> None:
    assert sorted(passes._systems().values()) == ["answer", "diagnose", "extract", "verify"]


def test_each_question_is_diagnosed_and_a_chain_of_it_verified() -> None:
    rows = [Row("Is it 5 mg?", (("5 mg and 5 mg?", "10 mg"), ("Half of it?", "5 mg")))]
    (diagnosis, _), (verdict, schema) = requests_of(rows, [["chain one", "chain two"]])
    assert "chain one" in diagnosis[-1]["content"] and "chain two" in diagnosis[-1]["content"]
    assert "Half of it? - 5 mg" in verdict[-1]["content"] and "chain one" in verdict[-1]["content"]
    assert schema is not None and json.loads(schema)["properties"]["facts"]["maxItems"] == 2


def test_a_contender_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ImportError("numba is missing\nand more")
        yield

    def sound() -> Any:
        yield lambda numbers: {"tokens": sum(numbers)}

    assert list(_served(broken())) == [{"error": "ImportError: numba is missing"}]
    monkeypatch.setattr("sys.stdin", ["[1, 2]\n", "[3]\n"])
    assert list(_served(sound())) == [{"ready": True}, {"tokens": 3}, {"tokens": 3}]
