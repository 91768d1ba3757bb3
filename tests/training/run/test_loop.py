import math

import pytest

from dgrc.config import StageConfig
from dgrc.training.data.packing import collate
from dgrc.training.run.loop import batch_loss, learning_rate_factor
from tests.training.builders import make_corpus, make_model


def factors(steps: int, warmup: float, schedule: str) -> list[float]:
    settings = StageConfig.model_validate({"warmup": warmup, "schedule": schedule})
    return [learning_rate_factor(step, steps, settings) for step in range(steps)]


def test_schedules_warm_up_then_decay() -> None:
    assert factors(4, 0, "constant") == [1, 1, 1, 1]
    assert factors(4, 0, "linear") == [1, 0.75, 0.5, 0.25]
    assert factors(4, 0, "cosine") == pytest.approx([1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2])
    assert factors(6, 0.5, "linear") == pytest.approx([0.25, 0.5, 0.75, 1, 2 / 3, 1 / 3])


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_no_step_is_wasted_at_a_rate_of_zero(schedule: str) -> None:
    assert all(0 < factor <= 1 for steps in (1, 2, 33) for factor in factors(steps, 0.1, schedule))


def test_loss_is_the_sum_over_examples_however_they_are_packed() -> None:
    corpus, model = make_corpus([5, 9, 7, 4]), make_model()
    alone = sum(batch_loss(model, collate(corpus, [[example]])).item() for example in range(4))
    for rows in ([[0, 1, 2, 3]], [[3, 0], [2, 1]], [[1], [2], [0, 3]]):
        assert batch_loss(model, collate(corpus, rows)).item() == pytest.approx(alone, rel=1e-5)


def test_padding_has_no_loss_but_a_graph() -> None:
    loss = batch_loss(make_model(), collate(make_corpus([5]), []))
    assert loss.item() == 0 and loss.requires_grad
