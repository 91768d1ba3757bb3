"""A causal language model in, the same out with a forward that gives a loss where it is given `targets`.

What a model does between its last hidden state and its logits is its own affair: Gemma caps them, Cohere and Granite
scale them, an adapter may sit on the head. So none of it is written down here. The model's own forward runs, and only
where it calls its head, the loss is made instead of logits (`loss.chunked_loss`). What it does to logits after the head
is found out once, by handing it logits that remember what is done to them, and is held against its own logits; a model
that does what cannot be done to a few positions alone keeps whole logits, and says so.

The head is called as the module that it is, so DeepSpeed's hooks gather its weights under ZeRO 3, and once for a
micro-batch, so they are gathered once.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from dgrc.training.data.packing import IGNORED
from dgrc.training.model.loss import Head, Map, chunked_loss

LEARNS = "dgrc_learns"
"""The attribute of a model whose forward takes `targets`."""
ELEMENTWISE = {"mul", "__mul__", "__rmul__", "multiply", "div", "divide", "true_divide", "__truediv__", "tanh", "float",
               "to", "contiguous"}  # fmt: skip
"""What may be done to logits: by numbers, to each alone."""
POSITIONS = 3
"""Of the hidden states that a model's own logits are compared on."""


def causal_model(model: Any) -> Any:
    """The language model inside an engine of DeepSpeed, DistributedDataParallel or PEFT."""
    while hasattr(model, "module") and isinstance(model.module, torch.nn.Module):
        model = model.module
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def learns_in_chunks(model: Any) -> bool:
    """Whether the model's forward takes `targets` and gives their loss."""
    return hasattr(causal_model(model), LEARNS)


def give_loss(model: Any) -> str | None:
    """Makes the model's forward give a loss where it is given `targets` [R, L] (and `scale`, see `chunked_loss`).

    It must be whole by now, adapters included, and not be wrapped by DeepSpeed yet.

    Returns:
        Why the model keeps whole logits; None if it does not.
    """
    if why := why_whole(model, weights=True):
        return why
    causal = causal_model(model)
    name, head = _head(causal)
    after = _after(causal, name)
    if list(head.children()):
        head._z3_leaf = True  # ZeRO 3 gathers what is in the head, an adapter's matrices say, together and once
    original = causal.forward
    head.forward = _learning(head, after, head.forward)

    def forward(*args: Any, targets: torch.Tensor | None = None, scale: float = 1.0, **options: Any) -> Any:
        if targets is None:
            return original(*args, **options)
        said: list[torch.Tensor] = []

        def in_its_place(hidden: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
            where = (targets != IGNORED).flatten().nonzero().squeeze(1)
            if len(where) == 0:
                where = where.new_zeros(1)  # padding alone has no loss, but a graph
            said.append(head(hidden.flatten(0, 1)[where], targets.flatten()[where], scale))
            return said[-1]

        with _instead(causal, name, in_its_place):
            original(*args, **options)
        return said[0]

    causal.forward = forward
    setattr(causal, LEARNS, True)
    return None


def why_whole(model: Any, weights: bool = False) -> str | None:
    """Why a model needs logits of all positions at once; None if it does not. If it has `weights`, they are tried."""
    try:
        causal = causal_model(model)
        name, _ = _head(causal)
        after = _after(causal, name)
        if weights and not _same(causal, name, after):
            return "its logits are not made from each position alone"
    except _OtherError as e:
        return str(e)
    except Exception as e:  # noqa: BLE001 - a forward of its own kind fails in its own way, and whole logits are right
        return f"its forward could not be tried without its body ({type(e).__name__}: {e})"
    return None


def _head(causal: Any) -> tuple[str, Any]:
    head = causal.get_output_embeddings()
    for name, child in causal.named_children():
        if child is head:
            return name, head
    raise _OtherError("its head is no part of its own")


def _learning(head: Any, after: Map | None, original: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """The head's forward, which gives a loss where it is given labels."""

    def forward(hidden: torch.Tensor, labels: torch.Tensor | None = None, scale: float = 1.0) -> torch.Tensor:
        if labels is None:
            return original(hidden)
        plain = type(head) is torch.nn.Linear
        vocabulary = head.weight.shape[0] if plain else int(head.out_features)
        trained = tuple(p for p in head.parameters() if p.requires_grad)
        matrix = {"weight": head.weight, "bias": head.bias} if plain else {}
        return chunked_loss(Head(vocabulary, original, after, trained, **matrix), hidden, labels, scale)

    return forward


class _OtherError(Exception):
    """The model does something to its logits that is not known to be done to each alone."""


class _Remembering(torch.Tensor):
    """Logits that remember what is done to them: `done` has the functions and what else they were given."""

    done: tuple[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]], ...] = ()

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = super().__torch_function__(func, types, args, kwargs)
        if not isinstance(result, torch.Tensor):
            return result
        others = [*args[1:], *kwargs.values()]
        alone = not any(isinstance(other, torch.Tensor | torch.device | str) for other in others)
        if func.__name__ not in ELEMENTWISE or not alone or not isinstance(args[0], cls):
            raise _OtherError(f"it does more to its logits than scale or cap them ({func.__name__})")
        result.done = (*args[0].done, (func, args[1:], kwargs))
        return result


def _after(causal: Any, name: str) -> Map | None:
    """What a model does to what its head says; None if nothing."""
    given = _Remembering(torch.ones(1, 1, 2))
    asked: list[Any] = []

    def remembered(*_: Any, **__: Any) -> torch.Tensor:
        asked.append(_)
        return given

    logits = _forward(causal, name, torch.ones(1, 1, _width(causal)), remembered)
    if len(asked) != 1:
        raise _OtherError(f"it asks its head {len(asked)} times")
    if not isinstance(logits, _Remembering):
        raise _OtherError("what it gives is not what its head says")
    done = logits.done
    if not done:
        return None

    def after(said: torch.Tensor) -> torch.Tensor:
        for function, others, options in done:
            said = function(said, *others, **options)
        return said

    return after


def _same(causal: Any, name: str, after: Map | None) -> bool:
    """Whether the model's own logits of a few hidden states are those of its head, one by one, and what comes after."""
    head = getattr(causal, name)
    with _gathered(head), torch.no_grad():
        parameter = next(head.parameters())
        hidden = torch.randn(1, POSITIONS, _width(causal), generator=torch.Generator().manual_seed(0))
        hidden = hidden.to(parameter.device, parameter.dtype if parameter.is_floating_point() else None)
        whole = _forward(causal, name, hidden)[0]
        alone = torch.cat([head(hidden[0, at : at + 1]) for at in range(POSITIONS)])
        alone = alone if after is None else after(alone)
        exact = whole.dtype == torch.float32
        return whole.shape == alone.shape and torch.allclose(whole, alone, *((1e-5, 1e-5) if exact else (0.02, 0.02)))


def _width(causal: Any) -> int:
    return int(causal.config.get_text_config().hidden_size)


class _Body:
    """What a model's body would give: a last hidden state, and nothing else."""

    def __init__(self, hidden: torch.Tensor):
        self.last_hidden_state = hidden

    def __getitem__(self, at: int) -> torch.Tensor:
        return self.last_hidden_state

    def __getattr__(self, name: str) -> None:
        return None


def _forward(causal: Any, name: str, hidden: torch.Tensor, head: Any = None) -> torch.Tensor:
    """The logits that a model's own forward makes of a last hidden state, if wanted with another head."""
    body = causal.base_model
    if body is causal:
        raise _OtherError("its body is no module of its own")
    ids = torch.zeros(hidden.shape[:2], dtype=torch.int64, device=hidden.device)
    with contextlib.ExitStack() as changed:
        changed.enter_context(_instead(body, "forward", lambda *_, **__: _Body(hidden)))
        if head is not None:
            changed.enter_context(_instead(causal, name, head))
        logits: torch.Tensor = causal.forward(input_ids=ids, use_cache=False).logits
    return logits


@contextlib.contextmanager
def _instead(module: Any, name: str, value: Any) -> Iterator[None]:
    """Something of a module is another while entered."""
    own = vars(module)
    before = {name: own[name]} if name in own else {}
    own[name] = value
    try:
        yield
    finally:
        del own[name]
        own.update(before)


def _gathered(head: Any) -> contextlib.AbstractContextManager[object]:
    """While entered, a head that ZeRO 3 has partitioned is whole in every worker."""
    if not any(hasattr(p, "ds_id") for p in head.parameters()):
        return contextlib.nullcontext()
    import deepspeed

    gathered: contextlib.AbstractContextManager[object] = deepspeed.zero.GatheredParameters(list(head.parameters()))
    return gathered
