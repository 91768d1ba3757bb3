"""The settings of one model's engine, and of a server's API behind it."""

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from dgrc.config.explain import WANTED
from dgrc.config.passed_on.servers import checked_fields, checked_headers, deciding_fields
from dgrc.config.passed_on.vllm import checked_arguments, data_parallel_size, deciding
from dgrc.config.section import Section


class Price(Section):
    """What tokens cost, in any currency."""

    prompt: float = Field(0, ge=0, description="A million prompt tokens.")
    cached: float | None = Field(None, ge=0, description="A million of those that were cached; null: as the others.")
    completion: float = Field(0, ge=0, description="A million generated tokens.")

    def of(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float:
        """What so many tokens cost; cached ones are among those of the prompts."""
        cached = self.prompt if self.cached is None else self.cached
        fresh = prompt_tokens - cached_tokens
        return (fresh * self.prompt + cached_tokens * cached + completion_tokens * self.completion) / 1e6


class ApiConfig(Section):
    """An OpenAI-compatible server and what may be asked of it, all replicas together."""

    base_url: str = Field("", description="Where it is, up to `/v1`: https://api.example.com/v1.")
    key_env: str = Field(
        "OPENAI_API_KEY", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="Environment variable of the key, on the nodes that run replicas; empty: no key.",
        json_schema_extra={WANTED: "letters, digits and `_`, no digit first"},
    )  # fmt: skip
    requests_per_minute: float | None = Field(None, gt=0, description="Rate limit; null is none.")
    tokens_per_minute: float | None = Field(None, gt=0, description="Rate limit, prompts and replies; null is none.")
    max_concurrency: int = Field(256, ge=1, description="Most requests of a replica at once; fewer if it balks.")
    timeout_s: float = Field(300, gt=0, description="Longest wait for one attempt's answer.")
    deadline_s: float = Field(
        1800, gt=0, description="So long a request is tried again while the server fails; then the pass stops."
    )
    mode: Literal["requests", "batches"] = Field(
        "requests",
        description="`batches` uses the server's offline batch endpoints: answers within a day, at the batch price "
        "(write that one into `price_per_million`). A pass has workers x rows_per_block questions under way; raise "
        "them to make batches large.",
    )
    batch_requests: int = Field(4000, ge=1, description="Most requests of a batch, for each replica.")
    batch_wait_s: float = Field(60, ge=0, description="So long requests gather for a batch.")
    batch_poll_s: float = Field(30, gt=0, description="Time between looks at a batch.")
    token_budget: int | None = Field(None, ge=1, description="Most tokens of the whole run; null is no cap.")
    budget: float | None = Field(
        None, gt=0, description="Most money of the whole run, by `price_per_million`; null is no cap."
    )
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="What the server calls the longest reply."
    )
    reasoning_effort: str | None = Field(
        None, description="How much a model is to think, in the server's own words (`low`, `high`); null: not sent."
    )
    structured_output: Literal["json_schema", "json_object", "none"] = Field(
        "json_schema",
        description="How replies of steps with a JSON schema are held to it: by the schema, to some JSON object, or by "
        "the prompt alone, for servers that refuse the others.",
    )
    omit: tuple[
        Literal[
            "n", "seed", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty", "stop",
            "logit_bias",
        ], ...
    ] = Field(
        (), description="Parameters that are not sent, because the server refuses them; it then samples by its own."
    )  # fmt: skip
    extra_body: Annotated[dict[str, Any], AfterValidator(checked_fields)] = Field(
        {},
        description="Further fields of each request's body, in the server's words, `{provider: {sort: price}}` say. "
        "They are written beside the run, so no secrets.",
    )
    extra_headers: Annotated[dict[str, str], AfterValidator(checked_headers)] = Field(
        {},
        description="Further headers, each with the environment variable that holds its value on the nodes that run "
        "replicas: `{X-Org: $ORG_ID}`. Values are never written.",
    )

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, url: str) -> str:
        if "@" in url or "?" in url:
            raise ValueError("an address with a password or a query would be written beside the run; use `key_env`")
        return url


MACHINERY = (
    "replicas", "tensor_parallel", "pipeline_parallel", "gpus", "cpus", "resources", "max_num_seqs", "kv_cache_gib",
    "gpu_memory_utilization", "max_lora_rank", "enforce_eager", "price_per_million", "api", "hung_after_s",
)
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
DECIDING = {"reasoning_effort": None, "structured_output": "json_schema"}
"""Settings of a server that decide what it says, with the value that identities leave out."""
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "stop", "logit_bias")


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
    max_num_seqs: int = Field(256, ge=1, description="Sequences decoded at once by a replica.")
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
        description="Further arguments of vLLM by its own names, `{quantization: fp8, max_num_batched_tokens: 16384}` "
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
        return found | (self._identity_of_server(self.api) if self.api is not None else {})

    @staticmethod
    def _identity_of_server(api: ApiConfig) -> dict[str, object]:
        found: dict[str, object] = {"base_url": api.base_url}
        found |= {name: getattr(api, name) for name, usual in DECIDING.items() if getattr(api, name) != usual}
        omitted = [name for name in SAMPLING if name in api.omit]
        added = deciding_fields(api.extra_body)
        return found | ({"omit": omitted} if omitted else {}) | ({"extra_body": added} if added else {})

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

    @model_validator(mode="after")
    def _can_be_placed(self) -> "EngineConfig":
        if not 1 <= self.fewest_replicas <= self.most_replicas:
            raise ValueError(
                f"`replicas` is {self.replicas}; wanted is 1 or more, and the least not above the most: 2 or [1, 8]"
            )
        if self.engine == "vllm" and self.pipeline_parallel > 1 and not self.gpus:
            raise ValueError("`pipeline_parallel` is for GPUs; vLLM's CPU build dies of it: set `gpus` or leave it")
        data_parallel = data_parallel_size(self.engine_args, self.gpus)
        wanted = self.tensor_parallel * self.pipeline_parallel * data_parallel
        if self.gpus and self.gpus != wanted and (wanted > 1 or self.gpus > 1):
            more = f" x data_parallel_size {data_parallel}" if data_parallel > 1 else ""
            raise ValueError(
                f"`gpus` is {self.gpus:g}, but tensor_parallel {self.tensor_parallel} x pipeline_parallel "
                f"{self.pipeline_parallel}{more} needs {wanted}; set it to {wanted}"
            )
        return self

    @model_validator(mode="after")
    def _passes_on_what_it_may(self) -> "EngineConfig":
        if self.engine_args and self.engine not in ("vllm", "embedding"):
            raise ValueError(f"`engine_args` are vLLM's; engine `{self.engine}` has none (a server: `api.extra_body`)")
        if self.request_seeds and not self.gpus and self.engine_args.get("enable_chunked_prefill"):
            raise ValueError("`request_seeds` on a CPU goes without chunked prefill: vLLM dies of the two together")
        return self

    @model_validator(mode="after")
    def _backend_can_be_compact(self) -> "EngineConfig":
        if not self.grammar_whitespace and self.grammar_backend not in ("xgrammar", "guidance"):
            raise ValueError(
                "`grammar_whitespace: false` needs `grammar_backend: xgrammar` or `guidance`, not "
                f"`{self.grammar_backend}`"
            )
        return self

    @model_validator(mode="after")
    def _names_a_model(self) -> "EngineConfig":
        if self.engine == "scripted" and ":" not in self.script:
            raise ValueError("engine `scripted` needs `script: module:function`")
        if (self.engine == "openai_api") != (self.api is not None):
            raise ValueError("`engine: openai_api` and the section `api` belong together; set both or neither")
        if self.api is not None:
            url = self.api.base_url
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"`api.base_url` is {url!r}; wanted is a URL such as http://127.0.0.1:8000/v1")
            if not self.model:
                raise ValueError("`engine: openai_api` needs `model`, the name that the server has for it")
            if self.api.budget is not None and self.price_per_million is None:
                raise ValueError("`api.budget` is counted by `price_per_million`, which is not set")
        return self
