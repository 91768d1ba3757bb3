"""The parts of `benchmarks.inference --real` that run passes, each as `python -m benchmarks.inference.real.passes PART
FOLDER` in a process of its own. The last line of output is a JSON object."""

import dataclasses
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.inference.real.figures import Sent, cost, prefix_could, shares, tail
from benchmarks.inference.real.recorded import RecordedPool, recorded, window
from benchmarks.inference.real.work import PACK, PIPELINE, N, Row, Settings, answered, rows_of, run_of
from dgrc.config import Config
from dgrc.engines.pool import Pool
from dgrc.records import Atom, Case, Diagnosis, Message
from dgrc.storage.arrow import arrow_schema, from_row, to_row
from dgrc.storage.run_dir import RunDir

Requests = list[dict[str, Any]]
IDLE_SECONDS = 15
LOOK_EVERY_S = 0.25
PAIRS = 2
"""Divergences of a question that are diagnosed: the teacher's first chain against so many others."""


def main() -> None:
    """Runs the part that is named."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    part, folder = sys.argv[1], Path(sys.argv[2])
    settings = Settings.load(folder)
    place = folder / part
    place.mkdir()
    said = {"cpu": cpu, "prefix": prefix, "tail": tails}[part](settings, place)
    sys.stdout.write(json.dumps(said) + "\n")


def ingested(config: Config) -> Config:
    """A run whose questions are as the pass reads them."""
    from dgrc.questions.ingest import ingest

    ingest(RunDir.of(config), config)
    return config


def gather(config: Config, pool: Any, folder: Path) -> tuple[dict[str, Any], Requests]:
    """The pass over a run's ingested questions: its report, and its requests as they were sent."""
    from dgrc.pipeline.passes import GATHER

    return one_pass(GATHER, config, pool, folder)


def one_pass(pass_: Any, config: Config, pool: Any, folder: Path) -> tuple[dict[str, Any], Requests]:
    """A pass of which everything upstream is there."""
    from dgrc.pipeline.graph import run_pass

    report = run_pass(pass_, RunDir.of(config), config, {"teacher": RecordedPool(pool, folder)}, "benchmark")  # type: ignore[dict-item]
    return report, recorded(folder)


@contextmanager
def served(config: Config, folder: Path) -> Iterator[Pool]:
    """A session with the teacher up."""
    from dgrc.runtime.session import ray_session

    with ray_session(config, RunDir(folder / "session")), Pool.start("teacher", config.teacher, 0) as pool:
        yield pool.wait()


def cpu(settings: Settings, folder: Path) -> dict[str, Any]:
    """What a further request costs outside the engine: two rates of a simulated engine, and nobody asking."""
    from benchmarks.shared.simulated import RATES
    from benchmarks.shared.watch import Watch

    seen, rates = {}, {}
    for script, rate in RATES.items():
        rows = rows_of(settings, round(rate * settings.cpu_seconds))
        config = run_of(settings, folder, f"{script}-run", rows)
        engine = config.teacher.model_copy(
            update={"engine": "scripted", "script": f"benchmarks.shared.simulated:{script}"}
        )
        config = config.model_copy(update={"teacher": engine})
        with served(config, folder / script) as pool:
            with Watch(pool._pids) as idle:
                time.sleep(IDLE_SECONDS)
            with _times() as rate_of, Watch(pool._pids) as watch:
                _plain_gather(config, pool)
            rates[script] = rate_of()
            seen[script] = watch.steady()
    return _costs(rates, seen, idle.steady())


def _costs(rates: dict[str, float], seen: dict[str, dict[str, float]], idle: dict[str, float]) -> dict[str, Any]:
    """Milliseconds a request and a second, of each kind of process and of all but the engine's own."""
    slow, fast = rates
    kinds = ("driver", "workers", "ray", "replicas")
    each = {
        kind: cost((rates[slow], seen[slow][kind]), (rates[fast], seen[fast][kind]), idle[kind]) for kind in kinds
    }
    outside = [kind for kind in kinds if kind != "replicas"]
    return {
        "cpu_ms_a_request": round(sum(each[kind]["a_request"] for kind in outside), 3),
        "cpu_ms_a_second": round(sum(each[kind]["a_second"] for kind in outside), 1),
        "cpu_ms_a_request_of": {kind: found["a_request"] for kind, found in each.items()},
        "cpu_ms_a_second_of": {kind: found["a_second"] for kind, found in each.items()},
        "idle_cpu_ms_a_second": round(1000 * sum(idle[kind] for kind in outside), 1),
        "requests_per_second": {script: round(rate, 2) for script, rate in rates.items()},
        "pipeline": PIPELINE,
    }


@contextmanager
def _times() -> Iterator[Any]:
    """While entered, simulated replicas note when they reply; gives the rate of the middle of that."""
    import shutil

    from benchmarks.scale.parts import steady_rate
    from benchmarks.shared.simulated import TIMES

    shutil.rmtree(TIMES, ignore_errors=True)
    TIMES.mkdir()
    yield steady_rate


def _plain_gather(config: Config, pool: Pool) -> None:
    from dgrc.pipeline.graph import run_pass
    from dgrc.pipeline.passes import GATHER

    ingested(config)
    run_pass(GATHER, RunDir.of(config), config, {"teacher": pool}, "benchmark")


def prefix(settings: Settings, folder: Path) -> dict[str, Any]:
    """Which prompt tokens the prefix cache gave in each step, and which it could have given."""
    from dgrc.engines.vllm.engine import engine_args

    rows = rows_of(settings, settings.prefix_questions)
    config = run_of(settings, folder, "sample", rows)
    config = config.model_copy(update={"teacher": config.teacher.model_copy(update={"replicas": settings.replicas})})
    with served(config, folder) as pool:
        done = [gather(ingested(config), pool, folder / "sample-requests")]
        own = _diagnosed(settings, folder, config, rows)
        done.append(gather(own, pool, folder / "diagnose-requests"))
        done += _checked(own, pool, folder, rows)
    encode, systems = _encoder(settings.model), _systems()
    sent = [
        Sent(systems.get(r["messages"][0]["content"], "sample"), encode(tuple(r["messages"])), r["n"])
        for _, requests in done
        for r in requests
    ]
    block = engine_args(config.teacher, 0)["block_size"]
    found = shares(prefix_could(sent, block), _got([report for report, _ in done]))
    return {"prefix_share": found, "block": block, "replicas": settings.replicas, "requests": len(sent)}


def _encoder(model: str) -> Callable[[tuple[Message, ...]], list[int]]:
    from dgrc.engines.vllm.tokens import PromptEncoder

    return PromptEncoder(model).encode


def _systems() -> dict[str, str]:
    """Steps by their system messages; sampling has none."""
    from dgrc.method.prompts import _system, load_pack

    return {_system(load_pack(PACK), step): step for step in ("diagnose", "answer", "extract", "verify")}


def _got(reports: Sequence[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Hits and tokens looked for of each step: vLLM's own count where a step has a pass for itself, else what it said
    of each request (of several samples it tells one)."""
    found = {}
    for report in reports:
        steps = [who.partition("/")[2] for who, spent in report["usage"].items() if spent["calls"]]
        if len(steps) == 1:
            load = report["engines"]["teacher"]
            found[steps[0]] = (load["prefix_cache_hits"], load["prefix_cache_queries"])
        else:
            spent = {who.partition("/")[2]: usage for who, usage in report["usage"].items()}
            found |= {step: (spent[step]["cached_tokens"], spent[step]["prompt_tokens"]) for step in steps}
    return found


def _diagnosed(settings: Settings, folder: Path, sampled: Config, rows: Sequence[Row]) -> Config:
    """A run whose chains are those that were sampled, with answers that differ, so that each question diverges."""
    from dgrc.questions.recorded import write_chains

    config = run_of(settings, folder, "diagnose", rows, max_pairs=PAIRS, student_chains=N - 1)
    config = config.model_copy(update={"questions": config.questions.model_copy(update={"student_chains": ()})})
    cases = [from_row(Case, row) for row in _read(RunDir.of(sampled).dataset("cases"))]
    said = {case.id: [answered(chain.text, n) for n, chain in enumerate(case.teacher)] for case in cases}
    run = RunDir.of(ingested(config))
    for role, place in (("teacher", slice(0, 1)), ("student", slice(1, N))):
        write_chains(((id_, chains[place]) for id_, chains in said.items()), run.recorded(role))
    return config


def _checked(config: Config, pool: Pool, folder: Path, rows: Sequence[Row]) -> list[tuple[dict[str, Any], Requests]]:
    """The steps of each question answered as atoms, and all its chains held against them."""
    from dgrc.pipeline.collect import collect
    from dgrc.pipeline.index import build_index
    from dgrc.pipeline.passes import ANSWER, VERIFY

    run, steps = RunDir.of(config), {row.text: row.steps for row in rows}
    cases = [from_row(Case, row) for row in _read(run.dataset("cases"))]
    cases = [
        dataclasses.replace(
            case, status="divergent", teacher=(*case.teacher, *case.student),
            diagnoses=(Diagnosis(0, 0, tuple(question for question, _ in steps[case.text]), None, ""),),
        )
        for case in cases
    ]  # fmt: skip
    _write(run.dataset("cases"), Case, cases)
    collect(run.dataset("cases"), run.dataset("atom_questions"), config.method)
    answers = one_pass(ANSWER, config, pool, folder / "answer-requests")
    truth = {question: answer for row in rows for question, answer in row.steps}
    atoms = [from_row(Atom, row) for row in _read(run.dataset("answers"))]
    kept = [
        dataclasses.replace(atom, answer=truth.get(atom.question, "unknown"), kept=True, dropped_because=None)
        for atom in atoms
    ]
    _write(run.dataset("atoms"), Atom, kept)
    build_index(run.dataset("atoms"), run.dataset("facts"))
    return [answers, one_pass(VERIFY, config, pool, folder / "verify-requests")]


def _read(dataset: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(dataset.glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def _write(dataset: Path, kind: type[Any], rows: Sequence[Any]) -> None:
    from dgrc.storage.atomic import fresh_folder

    table = pa.Table.from_pylist([to_row(row) for row in rows], schema=arrow_schema(kind))
    pq.write_table(table, fresh_folder(dataset) / "part-00000.parquet")


def tails(settings: Settings, folder: Path) -> dict[str, Any]:
    """How long the engine is less than half full in passes over so many questions."""
    found = {}
    for count in settings.tail:
        rows = rows_of(settings, count)
        drawn = {"temperature": 1.0, "max_tokens": settings.tail_tokens}
        config = run_of(settings, folder, f"tail-{count}", rows, teacher_sampling=drawn)
        with served(config, folder / str(count)) as pool, Looks(pool) as looks:
            began = time.time()
            report, requests = gather(ingested(config), pool, folder / f"{count}-requests")
            whole = time.time() - began
        first, last = window(requests)
        spent = report["usage"]["teacher/sample"]
        found[str(count)] = {
            **tail(looks.seen, settings.sequences, first, last), "seconds": round(last - first, 1),
            "whole_seconds": round(whole, 1), "tokens_a_sample": round(spent["completion_tokens"] / spent["calls"], 1),
        }  # fmt: skip
    return {"tail_share": {count: one["share"] for count, one in found.items()}, "tails": found}


class Looks:
    """What a pool's first replica runs, looked at several times a second while it is entered."""

    def __init__(self, pool: Pool):
        (self._replica,) = pool._replicas
        self.seen: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Looks":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        import ray

        while not self._ended.wait(LOOK_EVERY_S):
            running = ray.get(self._replica.__ray_call__.remote(_running))
            self.seen.append((time.time(), running))


def _running(replica: Any) -> int:
    """Sequences that are decoded now, as the engine says."""
    return int(replica._engine.figures().running)


if __name__ == "__main__":
    main()
