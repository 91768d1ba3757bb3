"""The settings of a server's API behind an engine, and what tokens cost."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from dgrc.config.explain import WANTED
from dgrc.config.passed_on.servers import checked_fields, checked_headers, deciding_fields
from dgrc.config.section import Section

DECIDING = {"reasoning_effort": None, "structured_output": "json_schema"}
"""Settings of a server that decide what it says, with the value that identities leave out."""
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "stop", "logit_bias")


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

    def identity(self) -> dict[str, object]:
        """What of a server decides what it says."""
        found: dict[str, object] = {"base_url": self.base_url}
        found |= {name: getattr(self, name) for name, usual in DECIDING.items() if getattr(self, name) != usual}
        omitted = [name for name in SAMPLING if name in self.omit]
        added = deciding_fields(self.extra_body)
        return found | ({"omit": omitted} if omitted else {}) | ({"extra_body": added} if added else {})
