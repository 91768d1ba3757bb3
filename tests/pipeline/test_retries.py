"""A pass under which a part of the cluster is lost is taken up again, a bounded number of times."""

from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import ActorUnavailableError, NodeDiedError, OutOfMemoryError, RayTaskError

from dgrc.config import PipelineConfig
from dgrc.errors import EngineError, PassError
from dgrc.pipeline import graph, retries
from dgrc.pipeline.retries import Lives
from dgrc.runtime.unwrap import is_of_cluster
from tests.pipeline.conftest import curate_here, scripted_config, write_questions

GONE = ActorUnavailableError("connection refused", None)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSE_S", 0)


def test_a_pass_goes_on_after_a_loss_with_the_engines_that_it_has(
    tmp_path: Path, ray_here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, begun = graph._live, list[str]()

    def interrupted(pass_: Any, *rest: Any) -> dict[str, Any]:
        begun.append(pass_.name)
        if begun.count(pass_.name) < 3:
            raise GONE
        return whole(pass_, *rest)

    monkeypatch.setattr(graph, "_live", interrupted)
    _, reports, said = curate_here(scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 20)))
    assert begun == ["gather"] * 3 + ["answer"] * 3 + ["verify"] * 3
    assert reports["verify"]["rows"] == 20
    assert sum("engines" in line for line in said) == 1, "none was started again"
    assert "lost a part of the cluster" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GONE, r"gather stopped.*connection refused.*safe"),
        (OutOfMemoryError("a worker was ended"), r"gather.*want of memory.*fewer `pipeline.workers`.*safe"),
    ],
)
def test_a_pass_that_is_always_lost_stops_and_can_be_resumed(
    tmp_path: Path, ray_here: None, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    begun: list[str] = []

    def lost(pass_: Any, *rest: Any) -> dict[str, Any]:
        begun.append(pass_.name)
        raise error

    monkeypatch.setattr(graph, "_live", lost)
    with pytest.raises(PassError, match=said):
        curate_here(scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 5)))
    assert len(begun) == 1 + PipelineConfig().max_retries


def test_lives_that_come_further_do_not_count() -> None:
    pipeline = PipelineConfig(workers=2, rows_per_block=8, max_retries=2)
    some = Lives("gather", pipeline)
    assert [some.another(GONE, rows) for rows in (0, 16, 0, 15)] == [True, True, True, False]


def test_what_a_row_or_an_engine_did_is_not_the_clusters() -> None:
    assert is_of_cluster(GONE)
    assert is_of_cluster(RayTaskError("f", "no trace of ours", NodeDiedError("node 3 is gone")))
    assert is_of_cluster(OutOfMemoryError("a worker was ended"))
    assert not is_of_cluster(ValueError("a bad row"))
    assert not is_of_cluster(EngineError("it is broken"))
    ours = "Traceback\ndgrc.errors.EngineError: the key is refused"
    assert not is_of_cluster(RayTaskError("f", ours, NodeDiedError("and the node went too")))
