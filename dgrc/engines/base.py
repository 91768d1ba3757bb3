"""The contract between the pipeline and any inference engine.

A `Request` goes in: chat messages, how many samples, how to draw them. A `Completion` comes out:
the samples with why each ended, and what was spent. A request that cannot be served by itself (too
long, refused) is a `Completion` with an `error`, never an exception: one bad prompt fails alone. An
exception from `generate` means that the engine itself is broken.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from dgrc.config import Sampling
from dgrc.records import Message, hash64


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt and how to sample replies to it.

    `schema` is a JSON schema text that replies must match; of two waiting requests the one with the
    smaller `priority` goes first; `top_k` and `min_p` 0 are off; `temperature` 0 is greedy. `attempt` changes nothing
    but the identity: the same request asked again, for other samples. With `score` nothing is sampled: the last message
    is an assistant's turn, and its log-probabilities are wanted. Without `think` a model that can answer at once does.
    With `logprobs_of` nothing is sampled either: the log-probability of each of these texts, which are to be tokens
    of the model, as the reply's first token is wanted. With a `seed` the samples are
    drawn by a seed that is made of it and the request (`request_seed`).
    """

    messages: tuple[Message, ...]
    n: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 2048
    priority: int = 0
    schema: str | None = None
    attempt: int = 0
    score: bool = False
    think: bool = True
    logprobs_of: tuple[str, ...] = ()
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    logit_bias: tuple[tuple[int, float], ...] = ()
    seed: int | None = None


def drawn_by(sampling: Sampling, messages: Sequence[Message], **more: Any) -> Request:
    """A request whose replies are drawn by a configuration's settings, all of them; `more` are its other fields."""
    return Request(tuple(messages), **sampling.drawn(), **more)


LATER_FIELDS: dict[str, Any] = {
    "think": True, "logprobs_of": (), "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "stop": (),
    "logit_bias": (), "seed": None,
}  # fmt: skip
"""Fields of requests that keys leave out where they hold the value that all requests had before there were such."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a request is asked for: the row and the request's key (`request_key`), and the folder of the journal into
    which the completion goes before anybody has it."""

    owner: int
    key: int
    journal: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One reply: its text, `stop` or `length` as the reason it ended, and its length in tokens.

    `thoughts` is what a thinking model wrote before the text, without the marks around it; `tokens` counts both.
    """

    text: str
    finish_reason: str
    tokens: int
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """All replies to a request, or the `error` that kept it from being served.

    `logprobs` answers a request with `score`: natural logarithms, one for each token of the assistant's turn and one
    for the token that ends it. Of a request with `logprobs_of` they are one for each text, minus infinity for one that
    is not a single token. `embedding`, of length 1, is the answer of an embedding engine.
    """

    samples: tuple[Sample, ...]
    prompt_tokens: int
    cached_tokens: int
    error: str | None = None
    logprobs: tuple[float, ...] = ()
    embedding: tuple[float, ...] = ()


class Engine(Protocol):
    """What every engine does. One instance serves many concurrent `generate` calls."""

    async def start(self) -> None:
        """Loads the model. Raises `EngineError` if that fails."""

    async def generate(self, request: Request) -> Completion:
        """Serves one request; raises only if the engine itself is broken."""

    async def load(self, model: str) -> None:
        """Replaces the weights by those of another directory of the same architecture and tokenizer.

        Call while nothing is in flight. Raises `EngineError` if that fails.
        """

    def stop(self) -> None:
        """Ends all processes of the engine."""


@runtime_checkable
class Telling(Protocol):
    """An engine that can say what weights it serves, or cannot; of one that has none there is nothing to say."""

    async def says_what_it_serves(self) -> bool:
        """Whether what `load` loads is held against its files."""


ENGINE_DIED = "engine_died"
"""How the error of a request begins that kills the engines that serve it."""


def failed(error: str) -> Completion:
    """The completion of a request that could not be served."""
    return Completion((), 0, 0, error)


def request_key(model: str, request: Request) -> int:
    """64-bit identity of a request to a model. Priority is left out: it does not change the reply."""
    fields = {name: getattr(request, name) for name in Request.__dataclass_fields__ if name != "priority"}
    for name, value in LATER_FIELDS.items():
        if fields[name] == value:
            del fields[name]
    return hash64(model, json.dumps(fields, sort_keys=True))


def request_seed(seed: int, request: Request) -> int:
    """A sampler's seed, below 2**31, of a request's own: requests that differ in anything have different ones, and so
    has the same asked again."""
    return request_key(str(seed), request) & 0x7FFFFFFF


def completion_to_json(completion: Completion) -> dict[str, Any]:
    """Plain form of a completion."""
    samples = [{name: getattr(s, name) for name in Sample.__dataclass_fields__} for s in completion.samples]
    return {name: getattr(completion, name) for name in Completion.__dataclass_fields__} | {"samples": samples}


def completion_from_json(data: dict[str, Any]) -> Completion:
    """Inverse of `completion_to_json`."""
    vectors = {name: tuple(data.get(name, ())) for name in ("logprobs", "embedding")}
    return Completion(**{**data, **vectors, "samples": tuple(Sample(**s) for s in data["samples"])})
