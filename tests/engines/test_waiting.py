"""What a pool waits for is said: want of room at once and when it changes, loading now and then."""

from typing import Any

import pytest

from dgrc.engines import waiting
from dgrc.engines.waiting import AGAIN_S, FIRST_S, Waiting
from tests.engines.test_replica import scripted


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Ray says: whether actors are placed, what is free on each machine, and what there is."""
    said: dict[str, Any] = {"placed": set(), "free": {"a": {"CPU": 3.0, "GPU": 0.0}}, "total": {"CPU": 8.0, "GPU": 4.0}}
    monkeypatch.setattr(waiting, "_placed", lambda actor: actor in said["placed"])
    monkeypatch.setattr("ray._private.state.available_resources_per_node", lambda: said["free"])
    monkeypatch.setattr("ray.cluster_resources", lambda: said["total"])
    return said


def test_want_of_room_is_said_with_what_is_free_and_again_when_it_changes(cluster: dict[str, Any]) -> None:
    lines: list[str] = []
    waits = Waiting("teacher", scripted("echo", cpus=1, gpus=1, replicas=2), lines.append)
    waits.look(FIRST_S - 0.1, 0, ["x", "y"])
    assert lines == [], "an engine may be placed in a moment"
    waits.look(FIRST_S, 0, ["x", "y"])
    assert lines == [
        "  waiting for the teacher: 0 of 2 replicas are up after 5 s; 2 wait for room, 1 CPU and 1 GPU each, and free "
        "just now are 3 of 8 CPU, 0 of 4 GPU"
    ]
    waits.look(2 * FIRST_S, 0, ["x", "y"])
    assert len(lines) == 1, "nothing has changed"
    cluster["placed"].add("x")
    waits.look(3 * FIRST_S, 1, ["y"])
    assert len(lines) == 2 and "1 of 2 replicas are up after 15 s; 1 wait for room" in lines[1]
    waits.look(3 * FIRST_S + AGAIN_S, 1, ["y"])
    assert len(lines) == 3, "it is said again after a while"


def test_loading_is_said_now_and_then(cluster: dict[str, Any]) -> None:
    lines: list[str] = []
    waits = Waiting("student", scripted("echo", cpus=1), lines.append)
    cluster["placed"].add("x")
    for seconds in range(0, int(2 * AGAIN_S) + 1, 5):
        waits.look(seconds, 0, ["x"])
    assert [line.rpartition("after ")[2] for line in lines] == [
        f"{seconds:.0f} s; the others start and load the model" for seconds in (AGAIN_S, 2 * AGAIN_S)
    ]


def test_an_actor_that_is_being_placed_where_there_is_room_waits_for_none(cluster: dict[str, Any]) -> None:
    lines: list[str] = []
    Waiting("student", scripted("echo", cpus=1), lines.append).look(FIRST_S, 0, ["x"])
    assert lines == []
    cluster["free"] = {"a": {"CPU": 0.5}, "b": {"CPU": 0.5}}
    Waiting("student", scripted("echo", cpus=1), lines.append).look(FIRST_S, 0, ["x"])
    assert len(lines) == 1 and "1 CPU each, and free just now are 1 of 8 CPU" in lines[0]


def test_nobody_listens_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_placed", None)
    Waiting("student", scripted("echo", cpus=1), None).look(FIRST_S, 0, ["x"])
