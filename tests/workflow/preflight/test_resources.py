"""What is reserved of Ray and cannot come is said before anything starts; what may come is not refused."""

from typing import Any

import pytest

from dgrc.errors import NotReadyError
from dgrc.runtime import cluster
from dgrc.runtime.cluster import HERE, Machines, Places
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.resources import resources_are_there, stages_of
from tests.workflow.preflight.builders import SCRIPTED, config

NO_GPU = Places((Machines({"CPU": 16}),))
WHOLE = ("curate", "train", "evaluate")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_(*machines: Machines, unknown: bool = False) -> None:
        monkeypatch.setattr(cluster, "places", lambda address: Places(machines, unknown))

    return set_


def found(parts: tuple[str, ...] = WHOLE, address: str | None = "auto", **settings: Any) -> list[Finding]:
    return list(resources_are_there(config(ray={"address": address}, **settings), parts))


def engine(**settings: Any) -> dict[str, Any]:
    return {**SCRIPTED, **settings}


def test_what_fits_is_no_finding(there: Any) -> None:
    there(Machines({"CPU": 16, "GPU": 2}))
    assert found(teacher=engine(gpus=1), student=engine(gpus=1), training={"gpus_per_worker": 1}) == []
    assert found(teacher=engine(gpus=1), evaluation={"teacher": False}, student=engine(gpus=1)) == []


@pytest.mark.parametrize("part", ["curate", "evaluate", "questions"])
def test_a_gpu_that_no_machine_has_stops_each_part_that_wants_it(there: Any, part: str) -> None:
    there(Machines({"CPU": 16}))
    (one,) = found((part,), teacher=engine(gpus=1))
    assert one.stops and one.setting == "teacher.gpus" and "each replica reserves 1 GPU" in one.words
    assert "the one machine of the cluster has none" in one.words
    assert found(("train",), teacher=engine(gpus=1)) == []


def test_this_machine_is_told_otherwise_than_a_cluster(there: Any) -> None:
    there(Machines({"CPU": float("inf")}, 1, HERE))
    (one,) = found(("curate",), None, teacher=engine(gpus=1, cpus=64))
    assert "this machine has none. Set `teacher.gpus: 0` to run on CPUs, or `ray.address`" in one.words
    (one,) = found(("curate",), None, student=engine(resources={"rack": 1}))
    assert one.setting == "student.resources" and "`ray.address`" in one.words


def test_replicas_and_workers_that_do_not_fit_on_machines_are_counted(there: Any) -> None:
    there(Machines({"CPU": 8, "GPU": 4}, 3))
    four = engine(gpus=3, tensor_parallel=3)
    assert found(("curate",), teacher={**four, "replicas": 3}) == []
    (one,) = found(("curate",), teacher={**four, "replicas": 4})
    assert one.setting == "teacher.gpus" and "4 times 1 CPU and 3 GPU" in one.words and "room for 3" in one.words
    assert found(("curate",), teacher={**four, "replicas": [3, 9]}) == [], "the least is enough to begin with"
    (one,) = found(("train",), training={"workers": 13, "gpus_per_worker": 1})
    assert one.setting == "training.gpus_per_worker" and "room for 12" in one.words
    assert found(("train",), training={"workers": [12, 99], "gpus_per_worker": 1}) == []
    (one,) = found(("train",), training={"workers": 2, "resources_per_worker": {"trainer": 1}})
    assert one.setting == "training.resources_per_worker"


def test_engines_of_a_pass_must_fit_together(there: Any) -> None:
    there(Machines({"CPU": 16, "GPU": 1}))
    (one,) = found(("curate",), teacher=engine(gpus=1), student=engine(gpus=1))
    assert "the pass `gather` reserves 2 GPU at once (teacher 1, student 1)" in one.words and one.stops
    assert found(("evaluate",), student=engine(gpus=1), teacher=engine(gpus=1))[0].words.startswith(
        "evaluation reserves"
    )
    assert found(("evaluate",), student=engine(gpus=1), teacher=engine(gpus=1), evaluation={"teacher": False}) == []


def test_ray_data_needs_cpus_beside_the_engines(there: Any) -> None:
    there(Machines({"CPU": 5}))
    (one,) = found(("curate",))
    assert "reserves 6 CPU at once (teacher 1, student 1, Ray Data 4)" in one.words and one.setting == "teacher.cpus"
    there(Machines({"CPU": 6}))
    assert found(("curate",)) == []


def test_an_engine_that_spans_machines_takes_a_bundle_a_gpu(there: Any) -> None:
    wide = engine(engine="vllm", model="m", gpus=4, tensor_parallel=2, pipeline_parallel=2)
    there(Machines({"CPU": 8, "GPU": 1}, 4))
    assert found(("curate",), teacher=wide) == []
    there(Machines({"CPU": 8, "GPU": 1}, 3))
    (one,) = found(("curate",), teacher=wide)
    assert one.setting == "teacher.gpus" and "reserves 4 GPU at once (teacher 4)" in one.words


def test_what_an_autoscaler_may_add_is_waited_for(there: Any) -> None:
    there(Machines({"CPU": 16}), Machines({"CPU": 16, "GPU": 1}, 2, "gpu-node"))
    assert found(("curate",), teacher=engine(gpus=1)) == []
    (one,) = found(("curate",), teacher=engine(gpus=2, tensor_parallel=2))
    assert one.stops and "autoscaler's node types gpu-node have at most 1 on one" in one.words
    there(Machines({"CPU": 16}), unknown=True)
    (one,) = found(("curate",), teacher=engine(gpus=1))
    assert not one.stops and "it is waited for" in one.words


def test_a_cluster_that_is_not_there_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(address: str | None) -> Places:
        raise NotReadyError("there is no Ray cluster")

    monkeypatch.setattr(cluster, "places", away)
    (one,) = found(("curate",))
    assert (one.setting, one.stops) == ("ray.address", True)


def test_a_cluster_of_which_nothing_is_up_is_one_finding(there: Any) -> None:
    there()
    (one,) = found()
    assert one.setting == "ray.address" and "no machine of the cluster is up" in one.words


def test_nobody_is_asked_where_a_session_started_here_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray takes a second to import."""
    monkeypatch.delattr(cluster, "places")
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    assert found(address=None, training={"workers": 4}) == []


def test_engines_are_counted_from_the_pass_that_starts_them_to_the_last_that_asks_them() -> None:
    settings = config(verifier=SCRIPTED, auditor=SCRIPTED, method={"audit_share": 0.5})
    roles = {name: [demand.role for demand in demands] for name, demands in stages_of(settings, ("curate",))}
    assert "auditor" in roles["the pass `gather`"] and "verifier" not in roles["the pass `gather`"]
    assert "student" not in roles["the pass `answer`"] and "verifier" in roles["the pass `verify`"]
