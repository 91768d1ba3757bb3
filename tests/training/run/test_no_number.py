"""A step whose loss or gradient is no number stops the training, with its examples named."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from dgrc.config.training import StageConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.data.encode import Corpus
from dgrc.training.data.stages import plan_stages
from dgrc.training.run.loop import train_stage
from tests.training.builders import make_corpus, make_model, write_base_model
from tests.training.run.test_state import CORPUS, config
from tests.training.run.workers import each_on_workers, on_workers

pytestmark = pytest.mark.stack


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


def test_weights_that_went_off_are_told_from_an_example_that_is_odd(tmp_path: Path) -> None:
    base = write_base_model(tmp_path)
    own = config(batch_examples=15, chains=StageConfig(visits=150, learning_rate=1e30, schedule="constant", warmup=0))
    for said in on_workers(2, broken, base, own, CORPUS):
        assert said.startswith("Step 2 of 10 of the stage chains came to no number") and "gradient norm inf" in said
        assert f"the step holds the examples {', '.join(map(str, range(15)))} (ids" in said
