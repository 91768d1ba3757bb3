"""vLLM as an engine: one `AsyncLLM` an instance, n samples a request, JSON schemas enforced.

Runs inside a Ray actor (`pool.py`). vLLM's engine core is a child process of it; `runtime/processes.py` sees to
it that the child cannot outlive the actor. The same code drives `vllm` on GPUs and its CPU build.
"""

import itertools
import math
import os
from collections.abc import Sequence
from typing import Any

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request, Sample, failed, request_seed
from dgrc.engines.load import Figures
from dgrc.engines.vllm.adapters import largest_rank, request_of
from dgrc.engines.vllm.figures import figures_of
from dgrc.engines.vllm.in_place import WeightsInPlace, first_line
from dgrc.engines.vllm.thinking import Asked, Parsers, grammar_of
from dgrc.engines.vllm.tokens import PromptEncoder
from dgrc.errors import EngineError
from dgrc.runtime.cpu import has_bfloat16
from dgrc.runtime.processes import bind_children
from dgrc.storage.objectstore.models import local_copy

CPU_KV_CACHE_GIB = 0.5
LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM has kernels for; an adapter takes the next larger one."""


class VllmEngine:
    """One model under vLLM.

    Args:
        config: The engine's section of the configuration.
        seed: Seeds vLLM's sampler. Replies still depend on what else is in the batch.
    """

    def __init__(self, config: EngineConfig, seed: int):
        self.config = config
        self.seed = seed
        self._ids = itertools.count()
        self._adapter: Any = None
        self._stops: list[int] = []

    async def start(self) -> None:
        """Loads weights and starts the engine core."""
        self.config = here(self.config)
        self._encoder = PromptEncoder.of(self.config)
        # An adapter, or weights that were loaded in place, may know them though the model's own settings do not.
        self._stops = self._encoder.stops()
        self._parsers = Parsers(self.config, self._encoder.template)
        if self.config.adapter:
            self._adapter = request_of(self.config.adapter, self.config, next(self._ids) + 1)
        try:
            args = engine_args(self.config, self.seed) | {"reasoning_parser": self._parsers.name}
            self._llm = started(args)
        except Exception as e:  # vLLM raises whatever its parts raise; all of it means: no engine
            raise EngineError(
                f"vLLM could not start {self.config.model}: {type(e).__name__}: {first_line(e)} Its log is among the "
                "worker logs of the Ray session. Lower max_model_len, max_num_seqs or kv_cache_gib if memory is short"
                f"{', and try without ' + ', '.join(self.config.engine_args) if self.config.engine_args else ''}."
            ) from e
        self._reaper = bind_children()
        self._weights = WeightsInPlace(self.config, self._llm, self._ids)
        await self.generate(Request(({"role": "user", "content": "."},), max_tokens=1))  # the first one is slow

    async def generate(self, request: Request) -> Completion:
        """Serves one request. A prompt that does not fit the context is an error of that request alone."""
        try:
            prompt, turn, asked = self._asked(request)
        except EngineError as e:  # the template refuses these messages; others it may take
            return failed(f"refused: {e}")
        room = self.config.max_model_len - len(prompt)
        if room < 1:
            return failed(f"too_long: the prompt has {len(prompt)} tokens, the context {self.config.max_model_len}")
        from vllm.exceptions import VLLMClientError

        wanted = [self._encoder.single_token(text) for text in request.logprobs_of]
        if request.logprobs_of and not any(token is not None for token in wanted):
            return failed(f"refused: none of {', '.join(map(repr, request.logprobs_of))} is one token of this model")
        final = None
        try:
            stream = self._llm.generate(
                {"prompt_token_ids": prompt},
                self._sampling(request, asked, room, wanted),
                request_id=f"{os.getpid()}-{next(self._ids)}",
                priority=request.priority,
                lora_request=self._adapter,
                **asked.arguments,
            )
            async for output in stream:
                final = output
        except (ValueError, VLLMClientError) as e:  # how vLLM refuses a single request: bad schema, bad parameters
            return failed(f"refused: {first_line(e)}")
        assert final is not None and final.finished, "vLLM ended a stream without its final output"
        if request.score:
            return Completion((), len(prompt), 0, logprobs=_logprobs(final.prompt_logprobs, prompt, len(turn)))
        if wanted:
            first = final.outputs[0].logprobs[0]
            logprobs = tuple(-math.inf if token is None else first[token].logprob for token in wanted)
            return Completion((), len(prompt), final.num_cached_tokens or 0, logprobs=logprobs)
        samples = tuple(_sample(output, asked) for output in final.outputs)
        return Completion(samples, len(prompt), final.num_cached_tokens or 0)

    def _asked(self, request: Request) -> tuple[list[int], list[int], Asked]:
        """The tokens of a request's prompt, those at its end that are scored, and what else vLLM is told."""
        if request.score:
            head, turn = self._encoder.encode_scored(request.messages)
            return head + turn, turn, Asked()
        text = self._encoder.template.render(request.messages, prompt=True, think=request.think)
        prompt = self._encoder.ids(text)
        return prompt, [], self._parsers.asked(text, prompt, request.think, grammar_of(request.schema))

    async def load(self, model: str) -> None:
        """Replaces the weights in place (`in_place.py`): seconds less than a new engine, whose start is mostly imports.

        An adapter is served over the base model, beside it, without merging.
        """
        self._adapter = await self._weights.load(local_copy(model))

    async def says_what_it_serves(self) -> bool:
        """Whether weights that it loads in place are held against their files."""
        return await self._weights.can_be_told()

    def figures(self) -> Figures | None:
        """vLLM's own figures; None with `engine_args: {disable_log_stats: true}`."""
        return figures_of(self._llm)

    def stop(self) -> None:
        """Shuts the engine core down and waits for it."""
        self._llm.shutdown()

    def _sampling(self, request: Request, asked: Asked, room: int, wanted: Sequence[int | None]) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        bent = {} if request.score or wanted else {
            "min_p": request.min_p, "repetition_penalty": request.repetition_penalty,
            "presence_penalty": request.presence_penalty, "stop": list(request.stop) or None,
            "logit_bias": dict(request.logit_bias) or None,
        }  # fmt: skip
        return SamplingParams(
            n=request.n,  # with a seed, vLLM gives each its own
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            **bent,
            max_tokens=1 if request.score or wanted else min(request.max_tokens, room),
            stop_token_ids=self._stops,
            structured_outputs=asked.structured,
            skip_special_tokens=not asked.keeps_special_tokens,
            output_kind=RequestOutputKind.FINAL_ONLY,
            seed=self._seed_of(request),
            prompt_logprobs=0 if request.score else None,  # 0: of the prompt's own tokens, and of no others
            logprob_token_ids=[token for token in wanted if token is not None] or None,
        )

    def _seed_of(self, request: Request) -> int | None:
        """What vLLM is to seed a request by. By its own seed all replicas draw alike."""
        if request.seed is not None and not request.score:
            return request_seed(0, request)
        return request_seed(self.seed, request) if self.config.request_seeds else None


def started(args: dict[str, Any]) -> Any:
    """An `AsyncLLM` of vLLM's arguments. Those left open are what `vllm.LLM` would take on this device: the class is
    made for servers, which take smaller batches so that nobody waits long, and here nobody waits."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.async_llm import AsyncLLM

    return AsyncLLM.from_engine_args(AsyncEngineArgs(**args), usage_context=UsageContext.LLM_CLASS)


def here(config: EngineConfig) -> EngineConfig:
    """The section with directories of this node in the place of models on an object store, which are fetched."""
    return config.model_copy(
        update={"model": local_copy(config.model), "adapter": config.adapter and local_copy(config.adapter)}
    )


def _sample(output: Any, asked: Asked) -> Sample:
    thoughts, text = asked.split(output.text, tuple(output.token_ids))
    return Sample(text, output.finish_reason or "abort", len(output.token_ids), thoughts)


def _logprobs(of_prompt: Any, prompt: list[int], last: int) -> tuple[float, ...]:
    """Log-probabilities of the prompt's last tokens; vLLM gives one dictionary a position, None for the first."""
    first = len(prompt) - last
    return tuple(of_prompt[position][prompt[position]].logprob for position in range(first, len(prompt)))


def _dtype_on_cpu() -> str:
    return "bfloat16" if has_bfloat16() else "float32"


def engine_args(config: EngineConfig, seed: int) -> dict[str, Any]:
    """vLLM's arguments for a section of ours, with those it passes on; on a CPU small and eager, on a GPU as vLLM
    decides."""
    on_cpu = config.gpus == 0
    eager = on_cpu if config.enforce_eager is None else config.enforce_eager
    kv_gib = config.kv_cache_gib or (CPU_KV_CACHE_GIB if on_cpu else 0)
    args: dict[str, Any] = dict(
        model=config.model,
        dtype=_dtype_on_cpu() if on_cpu and config.dtype == "auto" else config.dtype,
        max_model_len=config.max_model_len,
        max_num_seqs=config.max_num_seqs,
        max_num_batched_tokens=config.max_num_batched_tokens,
        tensor_parallel_size=config.tensor_parallel,
        pipeline_parallel_size=config.pipeline_parallel,
        enforce_eager=eager,
        scheduling_policy="priority",
        seed=seed,
        trust_remote_code=False,
        load_format="safetensors",
        generation_config="vllm",
        worker_extension_cls="dgrc.engines.vllm.weights.WeightsExtension",
    )
    if config.grammar_backend != "auto":
        from vllm.config import StructuredOutputsConfig

        compact = not config.grammar_whitespace
        args["structured_outputs_config"] = StructuredOutputsConfig(config.grammar_backend, compact)
    if rank := largest_rank(config):
        args |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": next(r for r in LORA_RANKS if r >= rank)}
    if on_cpu:
        # vLLM's 128 there leaves prompts that are shorter, and the last 127 tokens of others, out of the prefix cache.
        args["block_size"] = 32
    if on_cpu and config.request_seeds:
        # A prompt in chunks takes a seeded generator back a step, which torch's CPU generators cannot: vLLM 0.32 dies.
        args["enable_chunked_prefill"] = False
    if kv_gib:
        args["kv_cache_memory_bytes"] = int(kv_gib * 2**30)
    if config.spans_nodes:
        args["distributed_executor_backend"] = "ray"  # its workers go where the replica's placement group is
    if not on_cpu:
        args["gpu_memory_utilization"] = config.gpu_memory_utilization
    return args | config.engine_args


def environment(config: EngineConfig) -> dict[str, str]:
    """Environment variables of the process that will hold the engine."""
    env = {
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_DO_NOT_TRACK": "1",
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    }
    if config.gpus == 0:
        # Replicas on one machine would all bind to the same first cores if vLLM chose them.
        env |= {
            "OMP_NUM_THREADS": str(max(1, int(config.cpus))),
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "VLLM_CPU_KVCACHE_SPACE": "1",
        }
        if config.tensor_parallel * config.pipeline_parallel == 1:
            # The engine core computes by itself, without a worker process: vLLM wants one on CPUs to set OpenMP's
            # threads, which is done above, and its imports are a third of an engine's start.
            env["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    return env
