"""Engines that stay up from round to round: where there is room, and only there; what comes of a run is the same.

Rounds on scripted engines with a stand-in for the training, as in test_rounds.py; one test has the student on vLLM.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
import ray

from dgrc.config import Config, EngineConfig, RoundsConfig
from dgrc.config.file import make_config
from dgrc.engines.by_role import Engines
from dgrc.engines.pool import Pool
from dgrc.runtime.cluster import Machines, Places
from dgrc.storage.run_dir import RunDir
from dgrc.workflow import keeping, rounds
from dgrc.workflow.preflight.room import GIB
from dgrc.workflow.rounds import run_rounds
from tests.pipeline.conftest import scripted_config, write_questions
from tests.tiny import write_model
from tests.workflow.test_rounds import LEARNED, Taught, job_for

on_ray = pytest.mark.usefixtures("ray_here")


@pytest.fixture(autouse=True)
def _unlearned() -> Iterator[None]:
    LEARNED.unlink(missing_ok=True)
    yield
    LEARNED.unlink(missing_ok=True)


def on_gpus(training: int, teacher: float = 2, student: float = 1, **more: Any) -> Config:
    """A run whose engines and training reserve so many GPUs."""
    return make_config(
        {
            "teacher": {"model": "/t", "gpus": teacher, "tensor_parallel": max(1, int(teacher))},
            "student": {"model": "/s", "gpus": student, **more},
            "training": {"workers": training, "gpus_per_worker": 1},
            "rounds": {"count": 2},
        }
    )


@pytest.fixture
def eight_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Places((Machines({"CPU": 64, "GPU": 8}),))
    monkeypatch.setattr("dgrc.runtime.cluster.places", lambda address: there)


@pytest.mark.usefixtures("eight_gpus")
@pytest.mark.parametrize(
    ("training", "kept"), [(5, ["student", "teacher"]), (6, ["student"]), (7, ["student"]), (8, [])]
)
def test_engines_stay_up_where_the_training_has_gpus_of_its_own(training: int, kept: list[str]) -> None:
    roles, reasons = keeping.keepable(on_gpus(training))
    assert roles == kept and len(reasons) == 2 - len(kept)
    if not kept:
        assert reasons[0] == (
            "the student's engine ends with each curation: training needs 9 GPU with it, and there are 8"
        )


@pytest.mark.usefixtures("eight_gpus")
def test_an_engine_that_grows_or_has_a_part_of_a_gpu_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (grows,) = keeping.keepable(on_gpus(2, replicas=[1, 4]))
    _, (part,) = keeping.keepable(on_gpus(2, student=0.5))
    assert "may grow" in grows and "a part of a GPU" in part


@pytest.mark.usefixtures("eight_gpus")
def test_a_later_pass_that_starts_an_engine_needs_room_too() -> None:
    config = on_gpus(1)
    verifier = config.teacher.model_copy(update={"gpus": 6, "tensor_parallel": 6})
    roles, (reason,) = keeping.keepable(config.model_copy(update={"verifier": verifier}))
    assert roles == ["student"], "6 and 1 fit; with the teacher's 2, which is through by then, they would not"
    assert "the teacher's" in reason and "the pass `verify` needs 9 GPU with it" in reason


class Up:
    """Engines that are said to be up."""

    def __init__(self, *roles: str, can_turn: bool = True):
        self.roles, self._can_turn = list(roles), can_turn

    def up(self, role: str) -> bool:
        return role in self.roles

    def stop(self, role: str) -> None:
        self.roles = [other for other in self.roles if other != role]

    def student_can_turn(self) -> bool:
        return self._can_turn


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine of 16 GiB on which `free` GiB and room for `bundles` workers are left; a training takes 4 GiB."""
    here = SimpleNamespace(free=8.0, bundles=2.0, nodes=1)
    monkeypatch.setattr(keeping, "SETTLES_S", 0.0)
    monkeypatch.setattr(keeping, "_free_bundles", lambda demand: here.bundles)
    monkeypatch.setattr(keeping, "training_bytes", lambda config: 4.0 * GIB)
    monkeypatch.setattr(keeping, "free_here", lambda: here.free * GIB)
    monkeypatch.setattr(keeping, "of_this_machine", lambda: 16 * GIB)
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": True}] * here.nodes)
    return here


BOTH = {"student", "teacher"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "student and teacher stay up while it trains"),
        ({"free": 4.9}, "is planned with 4.0 GiB of memory, and 3.9 GiB are to spare"),
        ({"bundles": 1.0}, "of its 2 workers with 2 CPU each, 1 find room"),
        ({"nodes": 2}, "what memory the machines of the cluster have free is not known"),
    ],
)
def test_before_a_training_what_is_free_decides(room: SimpleNamespace, changes: dict[str, Any], says: str) -> None:
    room.__dict__.update(changes)
    engines: Any = Up("student", "teacher")
    config = make_config({"training": {"workers": 2, "cpus_per_worker": 2}})
    (line,) = keeping.make_room(engines, config, BOTH)
    assert says in line
    assert engines.roles == ([] if changes else ["student", "teacher"])


def test_what_nobody_asks_again_ends_and_so_does_a_student_that_cannot_tell_what_it_serves(
    room: SimpleNamespace,
) -> None:
    config = make_config({"training": {"workers": 2}})
    engines: Any = Up("student", "teacher")
    assert keeping.make_room(engines, config, {"student"}) == ["  engines  student stays up while it trains"]
    assert engines.roles == ["student"] and keeping.make_room(engines, config, set()) == [] == engines.roles
    engines = Up("student", "teacher", can_turn=False)
    first, second = keeping.make_room(engines, config, BOTH)
    assert "cannot be held against its files" in first and "teacher stays up" in second
    assert engines.roles == ["teacher"]


def test_a_plans_memory_is_that_of_all_workers(tmp_path: Path) -> None:
    model = str(write_model(tmp_path / "model", max_length=64))
    one, two = (
        keeping.training_bytes(make_config({"student": {"model": model}, "training": {"workers": n, "max_length": 64}}))
        for n in (1, 2)
    )
    assert 0.6 * GIB < one < 1.2 * GIB < two < 2 * one


@on_ray
def test_a_pool_turns_to_other_weights_of_its_model_and_ends_if_anything_else_changes(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 2))

    def student(**changes: Any) -> Config:
        return config.model_copy(update={"student": config.student.model_copy(update=changes)})

    def actor(pools: dict[str, Pool]) -> Any:
        return pools["student"]._replicas[0]._actor_id

    with Engines(lambda line: None, ["student"]) as engines:
        begun = actor(engines.ready(config.engines(), config))
        engines.release({"teacher"})
        assert engines.up("student") and engines.up("teacher"), "the one is kept, the other needed"
        other = student(model="/other")
        turned = engines.ready({"student": other.student}, other)
        assert list(turned) == ["student"] and actor(turned) == begun
        assert turned["student"].client().model == turned["student"].weights == "/other"
        longer = student(model="/other", max_model_len=99)
        assert actor(engines.ready({"student": longer.student}, longer)) != begun
        engines.release(set())
        assert engines.up("student") and engines.up("teacher") is None
    assert engines.up("student") is None


class Looked(Taught):
    """Notes the actors that are up after each curation, and what is said."""

    def curate(self) -> dict[str, Any]:
        found = super().curate()
        assert self.engines is not None
        pools = {role: self.engines.up(role) for role in ("student", "teacher")}
        self.seen.append({role: pool._replicas[0]._actor_id for role, pool in pools.items() if pool})
        return found


def looked(folder: Path) -> Looked:
    folder.mkdir()
    made = job_for(folder, write_questions(folder / "q.jsonl", 24), count=2)
    said: list[str] = []
    job = Looked(made.config, said.append)
    job.said, job.seen = said, []  # type: ignore[attr-defined]
    return job


def rows(run: RunDir) -> dict[str, Any]:
    found = {}
    for number in (1, 2):
        for name in ("cases", "answers", "atoms", "verdicts"):
            files = sorted(run.in_round(number).dataset(name).glob("*.parquet"))
            table = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
            found[f"{number} {name}"] = sorted(table, key=lambda row: row["id"])
    return found


def never(config: Config) -> tuple[list[str], list[str]]:
    return [], ["it is not wanted"]


@on_ray
def test_rounds_with_engines_kept_and_started_anew_come_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "training_bytes", lambda config: 0.0)
    kept = looked(tmp_path / "kept")
    figures = run_rounds(kept)
    first, second = kept.seen
    assert first == second and set(first) == BOTH
    assert any("student turned to" in line for line in kept.said) and kept.engines is None
    LEARNED.unlink()
    monkeypatch.setattr(rounds, "keepable", never)
    anew = looked(tmp_path / "anew")
    assert [strip(each) for each in run_rounds(anew)] == [strip(each) for each in figures]
    assert anew.seen == [{}, {}] and "  engines  it is not wanted" in anew.said
    assert rows(anew.run) == rows(kept.run)


def strip(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in figures.items() if key != "student"}


@pytest.mark.slow
@on_ray
def test_a_student_on_vllm_turns_to_the_next_weights_and_says_what_a_new_engine_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_model(tmp_path / "base", max_length=512)

    class OnVllm(Looked):
        def train(self) -> None:
            write_model(self.run.student(), max_length=512, seed=1)
            self.run.mark_done("train-dgrc", f"trained in round {self.run.number}", {})

    def went(folder: Path) -> OnVllm:
        made = looked(folder)
        student = EngineConfig(model=str(base), max_model_len=512, kv_cache_gib=0.1, max_num_seqs=8, dtype="float32")
        greedy = {"temperature": 0.0, "max_tokens": 24}
        sampling = made.config.method.student_sampling.model_copy(update=greedy)
        method = made.config.method.model_copy(update={"student_sampling": sampling, "student_chains": 1})
        rules = RoundsConfig(count=2, min_gain=-1)
        job = OnVllm(made.config.model_copy(update={"student": student, "method": method, "rounds": rules}),
                     made.said.append, allow_empty=True)  # fmt: skip
        job.said, job.seen = made.said, []  # type: ignore[attr-defined]
        RunDir.of(job.config).config_file.unlink(missing_ok=True)
        job.run.claim(job.config)
        run_rounds(job)
        return job

    kept = went(tmp_path / "kept")
    assert kept.seen[0] == kept.seen[1] and set(kept.seen[0]) == BOTH, kept.said
    monkeypatch.setattr(rounds, "keepable", never)
    anew = went(tmp_path / "anew")
    assert anew.seen == [{}, {}] and rows(anew.run) == rows(kept.run)
    said = rows(kept.run)
    assert all(row["error"] is None and row["student"] for row in said["1 cases"]), "the student was asked"
    assert [row["student"] for row in said["1 cases"]] != [row["student"] for row in said["2 cases"]]
