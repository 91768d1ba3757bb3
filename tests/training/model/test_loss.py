"""The loss in chunks against cross-entropy of whole logits: its value, every gradient, and what it holds."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dgrc.training.data.packing import IGNORED
from dgrc.training.model import loss as loss_module
from dgrc.training.model.loss import Head, chunk_size, chunked_loss

POSITIONS, WIDTH, VOCABULARY = 37, 8, 50


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_module, "CHUNK_BYTES", 16 * VOCABULARY * 4)


def capped(logits: torch.Tensor) -> torch.Tensor:
    return 3 * torch.tanh(logits * 0.7 / 3)


def problem(bias: bool = True, dtype: torch.dtype = torch.float32) -> tuple[Any, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    module = torch.nn.Linear(WIDTH, VOCABULARY, bias=bias, dtype=dtype)
    hidden = torch.randn(POSITIONS, WIDTH, dtype=dtype).mul_(3).requires_grad_()
    labels = torch.randint(0, VOCABULARY, (POSITIONS,))
    labels[::5] = IGNORED
    return module, hidden, labels


def head_of(module: Any, plain: bool, after: Callable[[torch.Tensor], torch.Tensor] | None) -> Head:
    trained = tuple(p for p in module.parameters() if p.requires_grad)
    matrix = {"weight": module.weight, "bias": module.bias} if plain else {}
    return Head(VOCABULARY, module.forward, after, trained, **matrix)


def whole(module: Any, hidden: torch.Tensor, labels: torch.Tensor, after: Any, scale: float) -> torch.Tensor:
    logits = module(hidden) if after is None else after(module(hidden))
    return torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum") * scale


def gradients(loss: torch.Tensor, module: Any, hidden: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, [hidden, *(p for p in module.parameters() if p.requires_grad)]))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("after", [None, capped])
def test_loss_and_every_gradient_are_those_of_whole_logits(bias: bool, plain: bool, after: Any) -> None:
    module, hidden, labels = problem(bias)
    size = chunk_size(VOCABULARY, 4)
    assert 2 * size < POSITIONS < 3 * size
    expected = whole(module, hidden, labels, after, 0.3)
    found = chunked_loss(head_of(module, plain, after), hidden, labels, 0.3)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    for mine, theirs in zip(gradients(found, module, hidden), gradients(expected, module, hidden), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("plain", [True, False])
def test_a_factor_put_on_afterwards_reaches_every_gradient(plain: bool) -> None:
    module, hidden, labels = problem()
    expected = gradients(whole(module, hidden, labels, None, 1.0) * 0.3, module, hidden)
    found = gradients(chunked_loss(head_of(module, plain, None), hidden, labels) * 0.3, module, hidden)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("plain", [True, False])
def test_a_frozen_head_hands_its_gradient_on_and_keeps_none(plain: bool) -> None:
    module, hidden, labels = problem()
    module.requires_grad_(False)
    expected = torch.autograd.grad(whole(module, hidden, labels, None, 1.0), hidden)[0]
    chunked_loss(head_of(module, plain, None), hidden, labels).backward()
    assert hidden.grad is not None and module.weight.grad is None
    torch.testing.assert_close(hidden.grad, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("after", [None, capped])
def test_a_look_without_learning_makes_no_gradient(plain: bool, after: Any) -> None:
    module, hidden, labels = problem()
    with torch.no_grad():
        found = chunked_loss(head_of(module, plain, after), hidden, labels)
    assert found.item() == pytest.approx(whole(module, hidden, labels, after, 1.0).item(), rel=1e-6)
    assert not found.requires_grad


def test_in_half_precision_it_is_as_near_as_whole_logits_are() -> None:
    module, hidden, labels = problem(dtype=torch.bfloat16)
    scale = 1 / POSITIONS
    expected = whole(module, hidden, labels, None, scale)
    found = chunked_loss(head_of(module, True, None), hidden, labels, scale)
    assert found.dtype == torch.float32 and found.item() == pytest.approx(expected.item(), rel=1e-4)
    exact = [t.double() for t in gradients(expected, module, hidden)]
    for mine, theirs in zip(gradients(found, module, hidden), exact, strict=True):
        assert float((mine.double() - theirs).norm() / theirs.norm()) < 0.01  # bf16 has 8 bits


@pytest.mark.parametrize("plain", [True, False])
def test_logits_of_all_positions_are_never_there(plain: bool) -> None:
    largest = 0

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            nonlocal largest
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor) and result.dim() == 2 and result.shape[1] == VOCABULARY:
                largest = max(largest, len(result))
            return result

    module, hidden, labels = problem()
    with Watching():
        chunked_loss(head_of(module, plain, None), hidden, labels).backward()
    assert largest == chunk_size(VOCABULARY, 4) == 16


def test_positions_without_loss_alone_give_zeros() -> None:
    module, hidden, _ = problem()
    loss = chunked_loss(head_of(module, True, None), hidden[:1], torch.tensor([IGNORED]))
    assert loss.item() == 0
    assert not any(g.any() for g in gradients(loss, module, hidden))


def test_a_chunk_is_a_few_hundred_positions_whatever_the_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert chunk_size(151_936, 2) == 552 and chunk_size(151_936, 4) == 276
    assert chunk_size(10**9, 4) == 16
