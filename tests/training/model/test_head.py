"""Models with the loss in their forward against their own whole logits: architectures, adapters, and what is none."""

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.train.architectures import ARCHITECTURES, BASE, corpus, make
from dgrc.config.training import AdapterConfig
from dgrc.training.data.packing import collate
from dgrc.training.model import loss as loss_module
from dgrc.training.model.head import give_loss, learns_in_chunks, why_whole
from dgrc.training.model.load import add_adapter
from dgrc.training.plan.shapes import shape_of
from dgrc.training.run.loop import batch_loss
from tests.training.builders import make_corpus, make_model, write_base_model

ROWS = [[0, 2], [1, 3]]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_module, "CHUNK_BYTES", 1)  # 16 positions at a time


def learned(model: Any, examples: Any) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss = batch_loss(model, collate(examples, ROWS), 0.3)
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def compare(model: Any, examples: Any) -> None:
    """Gives the model its loss, and holds it against what it was before."""
    model.train()
    expected, theirs = learned(model, examples)
    assert give_loss(model) is None and learns_in_chunks(model)
    found, mine = learned(model, examples)
    assert found == pytest.approx(expected, rel=1e-6)
    assert mine.keys() == theirs.keys() and mine
    for name, gradient in theirs.items():
        torch.testing.assert_close(mine[name], gradient, atol=2e-6 * max(1.0, float(gradient.abs().max())), rtol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_loss_and_gradients_of_an_architecture_are_those_of_its_whole_logits(name: str) -> None:
    """Heads tied and not, with a bias (phi); logits capped (gemma2), scaled (cohere2, granite, falcon_h1) or not."""
    compare(make(name), corpus())


def test_what_a_model_does_to_its_logits_is_part_of_its_loss() -> None:
    """Or the tests above would say nothing: these models' losses are others without."""
    for name, setting, off in (("gemma2", "final_logit_softcapping", None), ("granite", "logits_scaling", 1.0)):
        model, other = make(name), make(name)
        setattr(other.config, setting, off)
        other.logits_scaling = 1.0
        assert give_loss(model) is None and give_loss(other) is None
        assert abs(learned(model, corpus())[0] / learned(other, corpus())[0] - 1) > 0.01


@pytest.mark.parametrize("targets", ["all-linear", ("q_proj", "lm_head")], ids=["body", "head"])
@pytest.mark.parametrize("variant", ["lora", "dora"])
def test_adapters_on_the_body_and_on_the_head(targets: Any, variant: Any) -> None:
    model = add_adapter(
        LlamaForCausalLM(LlamaConfig(**BASE)), AdapterConfig(rank=4, targets=targets, variant=variant)
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.02)  # it begins with zeros, and then nothing could be told
    compare(model, corpus())
    assert any("lm_head" in name for name in learned(model, corpus())[1]) == ("lm_head" in targets)


@pytest.mark.parametrize("reentrant", [True, False])
def test_gradient_checkpointing_goes_through_it(reentrant: bool) -> None:
    model = make_model()
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    if reentrant:
        model.enable_input_require_grads()
    compare(model, make_corpus([12, 7, 3, 9]))


def test_padding_has_no_loss_but_a_graph() -> None:
    model = make_model()
    assert give_loss(model) is None
    loss = batch_loss(model, collate(make_corpus([5]), []))
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())


def test_without_targets_a_model_is_what_it_was() -> None:
    model, inputs = make_model().eval(), collate(make_corpus([9]), [[0]]).inputs
    before = model(**inputs).logits
    assert give_loss(model) is None
    assert torch.equal(model(**inputs).logits, before)


class Mixing(LlamaForCausalLM):
    """Logits that know of each other."""

    def forward(self, *args: Any, **options: Any) -> Any:
        said = super().forward(*args, **options)
        said.logits = said.logits.cumsum(1)
        return said


class Moody(LlamaForCausalLM):
    """One that looks at its body's output in a way of its own."""

    def forward(self, *args: Any, **options: Any) -> Any:
        said = super().forward(*args, **options)
        return said if len(options["position_ids"]) else None


class Twice(LlamaForCausalLM):
    """One that asks its head more than once."""

    def forward(self, input_ids: Any = None, **options: Any) -> Any:
        said = super().forward(input_ids=input_ids, **options)
        said.logits = self.lm_head(self.model(input_ids=input_ids, **options).last_hidden_state)
        return said


class Normed(torch.nn.Linear):
    """A head that compares positions."""

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return super().forward(hidden - hidden.mean(-2, keepdim=True))


@pytest.mark.parametrize(
    ("kind", "why"),
    [(Mixing, "cumsum"), (Moody, "could not be tried"), (Twice, "2 times"), (None, "each position alone")],
)
def test_a_model_that_does_more_keeps_whole_logits(kind: Any, why: str) -> None:
    model = (kind or LlamaForCausalLM)(LlamaConfig(**BASE))
    if kind is None:
        model.lm_head = Normed(BASE["hidden_size"], BASE["vocab_size"])
    assert why in (give_loss(model) or "") and not learns_in_chunks(model)
    assert learned(model.train(), corpus())[1]


def test_the_plan_knows_who_needs_whole_logits(tmp_path: Any) -> None:
    assert shape_of(write_base_model(tmp_path)).whole_logits == ""
    assert "cumsum" in (why_whole(Mixing(LlamaConfig(**BASE))) or "")

