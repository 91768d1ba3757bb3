"""Bills are never too small, however a server counts the tokens of thoughts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.engines.api.ledger import Bill
from dgrc.engines.api.usage import bill_of

REASONING = {"completion_tokens_details": {"reasoning_tokens": 90}}


@pytest.mark.parametrize(
    ("usage", "bill"),
    [
        (None, Bill(0, 0, 0)),
        ([1], Bill(0, 0, 0)),
        ({"prompt_tokens": 20, "completion_tokens": 10}, Bill(20, 0, 10)),
        ({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}, Bill(20, 0, 10)),
        # Thoughts among the completion's tokens, beside them, and in the total alone.
        ({"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120, **REASONING}, Bill(20, 0, 100)),
        ({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 120, **REASONING}, Bill(20, 0, 100)),
        ({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 120}, Bill(20, 0, 100)),
        # No total: what cannot be part of the completion's tokens is beside them.
        ({"prompt_tokens": 20, "completion_tokens": 100, **REASONING}, Bill(20, 0, 100)),
        ({"prompt_tokens": 20, "completion_tokens": 10, **REASONING}, Bill(20, 0, 100)),
        ({"prompt_tokens": 20, "completion_tokens": 0, **REASONING}, Bill(20, 0, 90)),
        ({"prompt_tokens": 20, "completion_tokens": 10, "reasoning_tokens": 90}, Bill(20, 0, 100)),
        # Other names, and figures that are missing or none.
        ({"input_tokens": 20, "output_tokens": 10}, Bill(20, 0, 10)),
        ({"total_tokens": 30, "completion_tokens": 10}, Bill(20, 0, 10)),
        ({"total_tokens": 30}, Bill(30, 0, 0)),
        ({"prompt_tokens": 20, "total_tokens": 30}, Bill(20, 0, 10)),
        ({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 5}, Bill(20, 0, 10)),
        ({"prompt_tokens": 20, "completion_tokens": "2", "total_tokens": -1}, Bill(20, 0, 0)),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, Bill(0, 0, 0)),
        # What was cached.
        ({"prompt_tokens": 20, "prompt_tokens_details": {"cached_tokens": 16}}, Bill(20, 16, 0)),
        ({"prompt_tokens": 20, "prompt_cache_hit_tokens": 16}, Bill(20, 16, 0)),
        ({"prompt_tokens": 20, "prompt_tokens_details": {"cached_tokens": 99}}, Bill(20, 20, 0)),
        ({"prompt_tokens": 20, "prompt_tokens_details": [1]}, Bill(20, 0, 0)),
    ],
)
def test_a_bill_is_what_the_server_counts_at_the_most(usage: Any, bill: Bill) -> None:
    assert bill_of(usage) == bill


COUNT = st.one_of(st.none(), st.integers(-5, 500), st.floats(), st.text(max_size=3), st.booleans(), st.just([1]))


@given(COUNT, COUNT, COUNT, COUNT)
def test_no_bill_is_below_the_total_or_below_its_parts(prompt: Any, completion: Any, total: Any, thought: Any) -> None:
    usage = {
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }  # fmt: skip
    bill = bill_of(usage)
    for given_, counted in ((total, bill.prompt_tokens + bill.completion_tokens), (prompt, bill.prompt_tokens),
                            (completion, bill.completion_tokens), (thought, bill.completion_tokens)):  # fmt: skip
        if isinstance(given_, int) and not isinstance(given_, bool) and given_ >= 0:
            assert counted >= given_
