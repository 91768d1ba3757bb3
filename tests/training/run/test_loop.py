"""Schedules and losses of the loop; and a step whose loss or gradient is no number stops the training, with its
examples named."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from dgrc.config.training import StageConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.data.encode import Corpus
from dgrc.training.data.packing import collate
from dgrc.training.data.stages import plan_stages
from dgrc.training.run.loop import batch_loss, learning_rate_factor, train_stage
from tests.training.builders import make_corpus, make_model, write_base_model
from tests.training.run.test_state import CORPUS, config
from tests.training.run.workers import each_on_workers, on_workers


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


def broken(base: str, config: TrainingConfig, corpus: Corpus) -> str:
    from dgrc.training.run.engine import make_engine

    (stage,) = plan_stages(0, len(corpus), config, seed=1)
    try:
        return str(list(train_stage(make_engine(config, base).engine, corpus, stage, config)))
    except TrainingError as e:
        return str(e)


def with_a_hole(folder: Path, token: int) -> str:
    """A base model that reads one token as no number."""
    model = make_model()
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    model.model.embed_tokens.weight.data[token] = torch.nan
    model.save_pretrained(folder)
    return str(folder)


@pytest.mark.stack
def test_a_loss_that_is_no_number_stops_with_its_examples_named(tmp_path: Path) -> None:
    corpus = make_corpus([7, 12, 5, 9, 20, 3], seed=3)
    corpus.tokens[corpus.offsets[4]] = 44  # nobody else says it
    corpus.ids[:] += 1000
    ways: list[dict[str, Any]] = [{"zero_stage": 0}, {"zero_stage": 2}, {"zero_stage": 3, "precision": "bf16"}]
    chains = StageConfig(visits=12, learning_rate=1e-3)
    base = with_a_hole(tmp_path / "base", 44)
    calls = [(base, config(batch_examples=6, micro_batch_rows=1, chains=chains, **way), corpus) for way in ways]
    answers = each_on_workers(2, broken, calls)
    assert len(answers) == len(ways)
    for said in itertools.chain(*answers):
        assert said.startswith("Step 1 of 2 of the stage chains came to no number: loss nan"), said
        assert "hold the examples 1004 (ids" in said


@pytest.mark.stack
def test_weights_that_went_off_are_told_from_an_example_that_is_odd(tmp_path: Path) -> None:
    base = write_base_model(tmp_path)
    own = config(batch_examples=15, chains=StageConfig(visits=150, learning_rate=1e30, schedule="constant", warmup=0))
    for said in on_workers(2, broken, base, own, CORPUS):
        assert said.startswith("Step 2 of 10 of the stage chains came to no number") and "gradient norm inf" in said
        assert f"the step holds the examples {', '.join(map(str, range(15)))} (ids" in said
