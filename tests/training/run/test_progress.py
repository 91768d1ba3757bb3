"""How training goes, told to whoever listens."""

from typing import Any

import pytest

from dgrc.training.run.progress import Board, TrainProgress, following


def test_a_listener_that_fails_costs_its_curve_only(ray_here: None, capsys: pytest.CaptureFixture[str]) -> None:
    import ray

    board: Any = ray.remote(num_cpus=0)(Board).remote()
    told: list[int] = []

    def fails(progress: TrainProgress) -> None:
        told.append(progress.step)
        raise OSError("the tracker's server is away")

    seen: list[int] = []
    figures = (1.0, 10, 5.0, 1e-3, 0.1, 0.5, None, None)
    steps = [TrainProgress("student", "chains", step, 3, *figures) for step in (1, 2, 3)]
    with following(board, [fails, lambda progress: seen.append(progress.step)]):
        for step in steps:
            ray.get(board.push.remote(step))
    assert seen == [1, 2, 3] and told == [1]
    assert "the tracker's server is away" in capsys.readouterr().err
