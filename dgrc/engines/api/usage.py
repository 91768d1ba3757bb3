"""What a server says that an answer took, as a bill that is never too small.

Servers count the tokens of thoughts in three ways: within `completion_tokens`, beside them with a figure of their own,
or in `total_tokens` alone. Figures that are none (negative, words, lists) count as not given.
"""

from dataclasses import dataclass
from typing import Any

from dgrc.engines.api.ledger import Bill

PROMPT, COMPLETION = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")
CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
REASONING = ("reasoning_tokens",)
MOST = 2**53


@dataclass(frozen=True, slots=True)
class _Counts:
    """A section of a usage, and the section of details inside it."""

    sections: tuple[dict[str, Any], ...]

    def first(self, names: tuple[str, ...]) -> int | None:
        """The first of these counts that is given."""
        for section in self.sections:
            for name in names:
                value = section.get(name)
                if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST:
                    return int(value)
        return None


def bill_of(usage: Any) -> Bill:
    """The bill of one answer; all zero where the server says nothing that can be read."""
    found = usage if isinstance(usage, dict) else {}
    asked = _Counts((found, *_details(found, "prompt_tokens_details", "input_tokens_details")))
    said = _Counts((found, *_details(found, "completion_tokens_details", "output_tokens_details")))
    prompt, completion = asked.first(PROMPT), said.first(COMPLETION) or 0
    reasoning, total = said.first(REASONING) or 0, asked.first(("total_tokens",)) or 0
    if reasoning > completion:  # then they cannot be among them
        completion += reasoning
    if prompt is None:
        prompt = max(0, total - completion)
    completion = max(completion, total - prompt)
    return Bill(prompt, min(prompt, asked.first(CACHED) or 0), completion)


def _details(usage: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    return [usage[name] for name in names if isinstance(usage.get(name), dict)]
