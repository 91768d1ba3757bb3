"""How the parts of `benchmarks.inference --real` go from one end to the other, with contenders and a pool of stand-ins:
the passes run in this process, without Ray and without an engine."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.inference.real import bench, passes
from benchmarks.inference.real.recorded import RecordedPool, recorded
from benchmarks.inference.real.turns import Contender
from benchmarks.inference.real.work import N, Settings
from dgrc.config import Config, EngineConfig
from dgrc.engines.base import Completion, Order, Request, Sample
from dgrc.pipeline.graph import summarize
from dgrc.pipeline.worker import Worker
from dgrc.questions.recorded import write_chains
from dgrc.records import Chain, Question, content_id
from dgrc.storage.run_dir import RunDir
from tests.benchmarks.inference.test_real import settings

HITS, LOOKED_FOR = 60, 100


class Pool:
    """Answers at once: in words, or what each step's schema wants."""

    price, model, role = None, "m", "teacher"

    def client(self, max_retries: int = 3) -> "Pool":
        return self

    async def owed(self) -> dict[Order, int]:
        return {}

    async def generate(self, request: Request, *how: Any) -> Completion:
        texts = [f"Sample {number}: 2 * 2.5 mg = 5 mg. <answer>5 mg</answer>" for number in range(request.n)]
        if request.schema is not None:
            texts = ["not what was asked for"]
        return Completion(tuple(Sample(text, "stop", 9) for text in texts), 100, 40)


def in_place(pass_: Any, config: Config, pool: Any, folder: Path) -> tuple[dict[str, Any], Any]:
    """`one_pass` by a worker in this process."""
    run, client = RunDir.of(config), RecordedPool(pool, folder).client()
    worker = Worker(
        pass_.name, config.method, None, {"teacher": client}, str(folder / "journal"),  # type: ignore[dict-item]
        str(run.dataset("facts")) if pass_.name == "verify" else None,
        {role: str(place) for role, place in run.recorded_chains().items()}, str(run.known_verdicts()), None,
    )  # fmt: skip
    rows = pa.concat_tables(pq.read_table(f, columns=list(pass_.columns)) for f in _files(run.dataset(pass_.reads[0])))
    run.dataset(pass_.writes[0]).mkdir(parents=True, exist_ok=True)
    pq.write_table(asyncio.run(worker(rows)), run.dataset(pass_.writes[0]) / "part.parquet")
    report = summarize(pass_, run.dataset(pass_.writes[0]), config)
    load = {"prefix_cache_hits": HITS, "prefix_cache_queries": LOOKED_FOR}
    return report | {"engines": {"teacher": load}}, recorded(folder)


def ingested(config: Config) -> Config:
    """Questions and the student's recorded chains as `ingest` writes them."""
    lines = Path(config.questions.files[0]).read_text().splitlines()
    run, texts = RunDir.of(config), [json.loads(line)["question"] for line in lines]
    questions = [Question(content_id(text, ()), "", text, (), None, "", "") for text in texts]
    passes._write(run.dataset("questions"), Question, questions)
    if config.questions.student_chains:
        said = ((question.id, [Chain("By law.", "30 days", "stop", 0)]) for question in questions)
        write_chains(said, run.recorded("student"))
    return config


def _files(dataset: Path) -> list[Path]:
    return sorted(dataset.glob("*.parquet"))


@pytest.fixture
def without_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(own: Settings, **more: Any) -> EngineConfig:
        return EngineConfig(engine="scripted", script="a:b", cpus=0)

    def words(model: str) -> Any:
        return lambda messages: [hash(word) for message in messages for word in message["content"].split()]

    @contextmanager
    def served(config: Config, folder: Path) -> Iterator[Pool]:
        yield Pool()

    monkeypatch.setattr(passes, "one_pass", in_place)
    monkeypatch.setattr(passes, "ingested", ingested)
    monkeypatch.setattr(passes, "served", served)
    monkeypatch.setattr(passes, "_encoder", words)
    monkeypatch.setattr(Settings, "engine", engine)


@pytest.mark.usefixtures("without_engines")
def test_each_step_is_asked_and_its_share_of_the_cache_counted(tmp_path: Path) -> None:
    (tmp_path / "prefix").mkdir()
    found = passes.prefix(settings(prefix_questions=8, max_tokens=16), tmp_path / "prefix")
    shares = found["prefix_share"]
    assert set(shares) == {"sample", "diagnose", "answer", "extract", "verify"}
    assert shares["sample"]["got"] == shares["diagnose"]["got"] == shares["answer"]["got"] == HITS / LOOKED_FOR
    assert shares["extract"]["got"] == shares["verify"]["got"] == 0.4  # of what each request said
    asked = {step: len(recorded(tmp_path / "prefix" / f"{step}-requests")) for step in ("sample", "diagnose")}
    assert asked == {"sample": 8, "diagnose": 8 * passes.PAIRS}
    # Diagnoses share their instructions, chains of a question all but their ends, and samples their own prompt.
    assert shares["diagnose"]["could"] > 0.5 and shares["sample"]["could"] > 0.4
    checked = recorded(tmp_path / "prefix" / "verify-requests")
    assert len([r for r in checked if "You check reasoning" in r["messages"][0]["content"]]) <= 8 * N


@pytest.mark.usefixtures("without_engines")
def test_the_tail_is_of_the_time_from_the_first_request_to_the_last_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Looks:
        seen = ((0.0, 64),)

        def __init__(self, pool: Any):
            pass

        def __enter__(self) -> "Looks":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(passes, "Looks", Looks)
    found = passes.tails(settings(tail=(3, 6)), tmp_path)
    assert found["tail_share"] == {"3": 0.0, "6": 0.0}
    assert found["tails"]["6"]["tokens_a_sample"] == 9 and found["tails"]["6"]["mean"] == 64


class Turns:
    """A contender of fixed rates that writes its turns down."""

    log: ClassVar[list[tuple[str, int]]] = []
    rates: ClassVar = {"raw_vllm": 100.0, "sampling_pass": 98.0, "plain": 50.0, "ngram": 40.0}
    reason: str | None = None

    def __init__(self, who: str, folder: Path):
        self.who = who

    def __enter__(self) -> "Turns":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def turn(self, numbers: Sequence[int]) -> dict[str, Any]:
        self.log.append((self.who, numbers[0]))
        cold = 0.1 if numbers[0] == 0 else 1.0
        replies = [[number, 0 if self.who == "plain" or number % 2 else 1] for number in numbers]
        return {
            "tokens": self.rates[self.who] * cold, "seconds": 1.0, "whole_seconds": 2.0, "replies": replies,
            "proposed": 8, "accepted": 3,
        }  # fmt: skip


def test_turns_alternate_over_questions_of_their_own_and_end_once_the_ratio_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "Contender", Turns)
    monkeypatch.setattr(Turns, "log", [])
    found = bench.ratio(settings(turn_questions=10), tmp_path)
    assert {name: found[name] for name in ("ratio", "low", "high", "turns")} == {
        "ratio": 0.98, "low": 0.98, "high": 0.98, "turns": 5,
    }  # fmt: skip
    assert found["with_start_and_end"]["ratio"] == 0.49
    pairs = [Turns.log[at : at + 2] for at in range(0, len(Turns.log), 2)]
    assert [pair[0][0] for pair in pairs] == ["sampling_pass", "raw_vllm"] * 3  # the first pair does not count
    assert [[first for _, first in pair] for pair in pairs] == [[10 * n, 10 * n] for n in range(6)]


def test_speculation_is_held_against_none_by_rate_and_by_reply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "Contender", Turns)
    monkeypatch.setattr(Turns, "log", [])
    found = bench.ngrams(settings(ngram_requests=4), tmp_path)
    assert (found["ratio"], found["same"], found["same_alone"]) == (0.8, 0.5, 1.0)
    assert (found["proposed"], found["accepted"]) == (40, 15)


def test_speculation_that_vllm_cannot_do_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(Turns):
        def __enter__(self) -> "Turns":
            self.reason = "ImportError: numba" if self.who == "ngram" else None
            return self

    monkeypatch.setattr(bench, "Contender", Missing)
    assert bench.ngrams(settings(), tmp_path)["error"] == "ImportError: numba"


def test_a_contender_that_dies_ends_the_benchmark_with_its_log(tmp_path: Path) -> None:
    settings().save(tmp_path)
    with pytest.raises(SystemExit, match="KeyError: 'nobody'"), Contender("nobody", tmp_path):
        pass


def test_settings_are_written_as_json(tmp_path: Path) -> None:
    settings().save(tmp_path)
    assert json.loads((tmp_path / "settings.json").read_text())["model"] == "m"
