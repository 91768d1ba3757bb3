"""The settings of one model's engine."""

import datetime
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dgrc.config.engines.api import ApiConfig, Price
from dgrc.config.passed_on.vllm import checked_arguments, data_parallel_problem, data_parallel_size, deciding
from dgrc.config.section import Section

MACHINERY = (
    "replicas", "tensor_parallel", "pipeline_parallel", "gpus", "cpus", "resources", "max_num_seqs",
    "max_num_batched_tokens", "kv_cache_gib", "gpu_memory_utilization", "max_lora_rank", "enforce_eager",
    "price_per_million", "api", "hung_after_s",
)  # fmt: skip
"""Settings of an engine that may change while a run is under way: they do not decide what it says."""


def decides(setting: str) -> bool:
    """Whether an engine's setting, by its dotted name within the section, may not change while a run is under way."""
    head, _, rest = setting.partition(".")
    if head == "engine_args":
        return bool(deciding({rest.partition(".")[0]: None}))
    return head not in MACHINERY or setting == "api.base_url"


LATER_SETTINGS = {
    "thinking": "auto", "reasoning_parser": "auto", "grammar_backend": "auto", "grammar_whitespace": True,
}  # fmt: skip
"""Settings of an engine that identities leave out where they hold this value: runs begun before there were such had it.
"""


class EngineConfig(Section):
    """One model and the replicas that serve it."""

    engine: Literal["vllm", "openai_api", "embedding", "scripted"] = Field(
        "vllm",
        description="`vllm` runs the model here, `openai_api` asks a server (`api`), `embedding` runs a "
        "sentence-embedding model in vLLM (for `embedder`); `scripted` calls a Python function, for tests and "
        "examples.",
    )
    model: str = Field(
        "",
        description="Hugging Face directory or name, or a directory on an object store (`s3://bucket/folder`), fetched "
        "once a node to ~/.cache/dgrc or $DGRC_CACHE; `proving:teacher`, `proving:student`, `proving:noise` are made "
        "here.",
    )
    script: str = Field("", description="`module:function` of a scripted engine.")
    replicas: int | tuple[int, int] = Field(
        1,
        description="Engine actors; requests go to the less busy of two. Two numbers are the least that work begins "
        "with and the most that a growing cluster gets.",
    )
    tensor_parallel: int = Field(1, ge=1, description="GPUs that each layer is split over.")
    pipeline_parallel: int = Field(
        1, ge=1, description="Groups of GPUs that the layers are dealt to; more than 1 may span nodes."
    )
    gpus: float = Field(
        0, ge=0,
        description="GPUs each replica reserves in Ray: those of both parallelisms, or a fraction, so that engines "
        "share one (then lower `gpu_memory_utilization` too); 0 runs vLLM's CPU build.",
    )  # fmt: skip
    cpus: float = Field(1, ge=0, description="CPU cores each replica reserves in Ray.")
    resources: dict[str, float] = Field(
        {}, description="Ray's own resources that each replica reserves besides, `{teacher: 1}` say: where it may run."
    )
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        "auto",
        description="Weights and activations; `auto` is the model's own on a GPU, on a CPU bfloat16 where it has "
        "instructions for it, else float32.",
    )
    max_model_len: int = Field(4096, ge=32, description="Context in tokens, prompt and reply together.")
    max_num_seqs: int | None = Field(
        None, ge=1,
        description="Sequences decoded at once by a replica; null: as many as `vllm.LLM` takes on its device.",
    )  # fmt: skip
    max_num_batched_tokens: int | None = Field(
        None, ge=1,
        description="Tokens that one step of a replica takes in, of prompts and replies; null: as many as `vllm.LLM` "
        "takes on its device.",
    )  # fmt: skip
    kv_cache_gib: float = Field(
        0, ge=0, description="KV cache in GiB; 0 leaves it to vLLM on a GPU and takes 0.5 on a CPU."
    )
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1, description="Share of GPU memory vLLM may take.")
    adapter: str = Field("", description="A PEFT adapter directory (LoRA) to serve over `model`, without merging.")
    max_lora_rank: int = Field(
        0, ge=0, description="Largest rank of adapters that may be served; 0: `adapter`'s own, or none at all."
    )
    enforce_eager: bool | None = Field(None, description="Skip compilation; null means yes on a CPU, no on a GPU.")
    request_seeds: bool = Field(
        False,
        description="Seed each request by its own text: replies then depend less on what else is in the batch, and "
        "sampling may be slower (docs/performance.md).",
    )
    thinking: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether a model that can think before it answers does: `on` and `off` set `enable_thinking` for "
        "its chat template; `auto` leaves that to the template.",
    )
    chat_template_kwargs: dict[str, Any] = Field(
        {}, description="Further variables of the chat template, `{thinking_budget: 512}` say; a server is sent them."
    )
    day: datetime.date | None = Field(
        None, description="The date that a chat template which writes one is told; null: the run's first day."
    )
    reasoning_parser: str = Field(
        "auto", description="vLLM's name of what tells thoughts from the answer; `auto`: by the model; empty: none."
    )
    grammar_backend: Literal["auto", "xgrammar", "guidance", "outlines", "lm-format-enforcer"] = Field(
        "auto", description="What holds replies to a JSON schema, by vLLM's names; `auto` is vLLM's own choice."
    )
    grammar_whitespace: bool = Field(
        True,
        description="Whether replies held to a schema may have blanks and line breaks between their parts; false needs "
        "`grammar_backend: xgrammar` or `guidance`.",
    )
    engine_args: Annotated[dict[str, Any], AfterValidator(checked_arguments)] = Field(
        {},
        description="Further arguments of vLLM by its own names, `{quantization: fp8, enable_expert_parallel: true}` "
        "say; those that dgrc sets or relies on are refused (docs/engines.md).",
    )
    hung_after_s: float = Field(
        1800, gt=0,
        description="A replica that has requests and finishes none for so long is restarted and they are asked again: "
        "more than the longest reply takes. So is one that is not up so long after others of its pool. Servers behind "
        "`openai_api` have limits of their own (`api`).",
    )  # fmt: skip
    price_per_million: Price | None = Field(None, description="Prices of tokens, for projections of cost.")
    api: ApiConfig | None = Field(None, description="The server of `engine: openai_api`.")

    @property
    def weights(self) -> str:
        """What the engine serves when it starts: an adapter, a model, or a script."""
        return self.adapter or self.model or self.script

    def identity(self) -> dict[str, object]:
        """What decides what the engine says; how many replicas serve a model does not change what it is."""
        found = self.model_dump(include={"engine", "model", "adapter", "script", "dtype", "max_model_len"})
        later = {name: getattr(self, name) for name in LATER_SETTINGS}
        found |= {name: value for name, value in later.items() if value != LATER_SETTINGS[name]}
        found |= {"chat_template_kwargs": self.chat_template_kwargs} if self.chat_template_kwargs else {}
        found |= {"engine_args": passed_on} if (passed_on := deciding(self.engine_args)) else {}
        return found | (self.api.identity() if self.api is not None else {})

    @property
    def fewest_replicas(self) -> int:
        """Replicas that work begins with."""
        return self.replicas if isinstance(self.replicas, int) else self.replicas[0]

    @property
    def most_replicas(self) -> int:
        """Replicas that are asked for."""
        return self.replicas if isinstance(self.replicas, int) else self.replicas[1]

    @property
    def cpus_of_replica(self) -> float:
        """CPU cores that a replica reserves in all."""
        workers = self.tensor_parallel * self.pipeline_parallel if self.spans_nodes else 0
        return self.cpus + workers

    @property
    def spans_nodes(self) -> bool:
        """Whether a replica's workers are spread by a placement group."""
        return self.gpus > 0 and self.pipeline_parallel > 1

    @property
    def takes_seeds(self) -> bool:
        """Whether requests may be seeded: a prompt in chunks takes a seeded generator back a step, which torch's CPU
        generators cannot."""
        whole = self.request_seeds or self.engine_args.get("enable_chunked_prefill") is False
        return self.engine != "vllm" or self.gpus > 0 or whole

    def objections(self) -> Iterator[str]:
        yield from self._why_it_cannot_be_placed()
        yield from self._why_it_cannot_be_passed_on()
        yield from self._why_it_names_no_model()

    def _why_it_cannot_be_placed(self) -> Iterator[str]:
        if not 1 <= self.fewest_replicas <= self.most_replicas:
            said = self.replicas if isinstance(self.replicas, int) else [*self.replicas]
            yield f"`replicas` is {said}; wanted is 1 or more, and the least not above the most: 2 or [1, 8]"
        if self.engine == "vllm" and self.pipeline_parallel > 1 and not self.gpus:
            yield "`pipeline_parallel` is for GPUs; vLLM's CPU build dies of it: set `gpus` or leave it"
        if problem := data_parallel_problem(self.engine_args, self.gpus):
            yield problem
            return
        data_parallel = data_parallel_size(self.engine_args)
        wanted = self.tensor_parallel * self.pipeline_parallel * data_parallel
        if self.gpus and self.gpus != wanted and (wanted > 1 or self.gpus > 1):
            more = f" x data_parallel_size {data_parallel}" if data_parallel > 1 else ""
            yield (
                f"`gpus` is {self.gpus:g}, but tensor_parallel {self.tensor_parallel} x pipeline_parallel "
                f"{self.pipeline_parallel}{more} needs {wanted}; set it to {wanted}"
            )

    def _why_it_cannot_be_passed_on(self) -> Iterator[str]:
        if self.engine_args and self.engine not in ("vllm", "embedding"):
            yield f"`engine_args` are vLLM's; engine `{self.engine}` has none (a server: `api.extra_body`)"
        if self.max_num_batched_tokens is not None and "max_num_batched_tokens" in self.engine_args:
            yield "`max_num_batched_tokens` stands twice: here and in `engine_args`; leave the latter out"
        if (self.max_num_batched_tokens or self.max_num_seqs or 0) < (self.max_num_seqs or 0):
            yield (
                f"`max_num_batched_tokens` is {self.max_num_batched_tokens}, less than `max_num_seqs`, "
                f"{self.max_num_seqs}: each sequence takes one of them a step"
            )
        if self.request_seeds and not self.gpus and self.engine_args.get("enable_chunked_prefill"):
            yield "`request_seeds` on a CPU goes without chunked prefill: vLLM dies of the two together"
        if not self.grammar_whitespace and self.grammar_backend not in ("xgrammar", "guidance"):
            yield (
                "`grammar_whitespace: false` needs `grammar_backend: xgrammar` or `guidance`, not "
                f"`{self.grammar_backend}`"
            )

    def _why_it_names_no_model(self) -> Iterator[str]:
        if self.engine == "scripted" and ":" not in self.script:
            yield "`engine: scripted` needs `script: module:function`"
        if (self.engine == "openai_api") != (self.api is not None):
            yield "`engine: openai_api` and the section `api` belong together; set both or neither"
        elif self.api is not None:
            url = self.api.base_url
            if not url.startswith(("http://", "https://")):
                yield f"`api.base_url` is {url!r}; wanted is a URL such as http://127.0.0.1:8000/v1"
            if not self.model:
                yield "`engine: openai_api` needs `model`, the name that the server has for it"
            if self.api.budget is not None and self.price_per_million is None:
                yield "`api.budget` is counted by `price_per_million`, which is not set"
