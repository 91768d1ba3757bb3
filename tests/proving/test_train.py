from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from dgrc.proving.train import IGNORED, Recipe, build_model, make_optimizers, pad_batch, save, schedule

TINY = Recipe(width=64, layers=1, heads=2, feed_forward=64, steps=100)


def test_labels_cover_the_assistant_only() -> None:
    inputs, labels = pad_batch([([5, 6, 7, 8], 2), ([5, 9], 1)], pad=0)
    assert inputs.tolist() == [[5, 6, 7, 8], [5, 9, 0, 0]]
    assert labels.tolist() == [[IGNORED, IGNORED, 7, 8], [IGNORED, 9, IGNORED, IGNORED]]


def test_the_rate_warms_up_stays_and_falls() -> None:
    rates = [schedule(step, TINY) for step in range(100)]
    assert rates[0] == 1 / 20
    assert set(rates[20:50]) == {1.0}
    assert rates[50:] == sorted(rates[50:], reverse=True) and 0 < rates[-1] < 0.05


def test_every_weight_has_one_optimizer_and_muon_has_no_embedding() -> None:
    model = build_model(TINY, 50, end=1, pad=0)
    muon, adam = make_optimizers(model, TINY)
    ids = [id(p) for optimizer in (muon, adam) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())
    assert id(model.get_input_embeddings().weight) in {id(p) for group in adam.param_groups for p in group["params"]}


def test_a_saved_model_loads_as_it_was(tmp_path: Path) -> None:
    model = build_model(TINY, 50, end=1, pad=0)
    save(model, str(tmp_path))
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    tokens = torch.arange(10)[None]
    assert torch.equal(model(tokens).logits, loaded(tokens).logits)
    assert loaded.generation_config.eos_token_id == 1
