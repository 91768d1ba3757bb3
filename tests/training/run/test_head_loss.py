"""The loss without whole logits under DeepSpeed, where the head is more than a matrix: capped, scaled or adapted."""

from typing import Any

import pytest
import torch

from benchmarks.train.architectures import make
from dgrc.config.training import AdapterConfig
from dgrc.training.model import loss
from tests.training.run.test_state import RELATIVE, config, plain_torch, trained, validated
from tests.training.run.workers import each_on_workers

pytestmark = pytest.mark.stack

ON_HEAD = AdapterConfig(rank=4, alpha=8, targets=("q_proj", "lm_head"))
WAYS: list[tuple[str, dict[str, Any]]] = [
    ("gemma2", {"zero_stage": 3}),
    ("granite", {"zero_stage": 2}),
    ("llama", {"zero_stage": 2, "adapter": ON_HEAD}),
    ("llama", {"zero_stage": 3, "adapter": ON_HEAD, "gradient_checkpointing": True}),
    ("lfm2", {"zero_stage": 2}),
]
"""gemma2's head is tied, and its logits are capped; granite's are scaled; llama's is its own; lfm2 is not packed."""


def in_chunks(base: str, settings: dict[str, Any]) -> tuple[list[float], dict[str, torch.Tensor], float, set[int]]:
    """Losses, weights and validation loss of a training, with so small chunks that every step has several; and how many
    positions went through the head at once."""
    seen: set[int] = set()
    original = loss._loss

    def watched(logits: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.add(len(logits))
        return original(logits, *rest)

    before, loss.chunk_size, loss._loss = loss.chunk_size, lambda *_: 4, watched
    try:
        return *trained(base, config(**settings)), validated(base, config(**settings)), seen
    finally:
        loss.chunk_size, loss._loss = before, original


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bases")
    for name, _ in WAYS:
        make(name).save_pretrained(folder / name)
    return {name: str(folder / name) for name, _ in WAYS}


def test_training_is_that_of_whole_logits_in_plain_torch(bases: dict[str, str]) -> None:
    answers = each_on_workers(2, in_chunks, [(bases[name], settings) for name, settings in WAYS])
    for (name, settings), of_workers in zip(WAYS, answers, strict=True):
        expected, weights = plain_torch(bases[name], config(**settings))
        for losses, found, looked, seen in of_workers:
            assert losses == pytest.approx(expected, rel=RELATIVE), (name, settings)
            assert looked > 0 and max(seen) == 4
            for key, weight in weights.items():
                torch.testing.assert_close(found[key], weight, atol=2e-4, rtol=0)
