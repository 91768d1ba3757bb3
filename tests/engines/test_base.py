"""Requests have an identity that covers everything that changes the reply, and nothing else."""

import dataclasses

import pytest

from dgrc.config import Sampling
from dgrc.engines.base import (
    Completion,
    Request,
    Sample,
    completion_from_json,
    completion_to_json,
    drawn_by,
    request_key,
    request_seed,
)

REQUEST = Request(({"role": "user", "content": "hello"},))


@pytest.mark.parametrize(
    "change",
    [
        {"messages": ({"role": "user", "content": "hallo"},)}, {"n": 2}, {"temperature": 0.5}, {"top_p": 0.9},
        {"top_k": 3}, {"max_tokens": 9}, {"schema": "{}"}, {"logprobs_of": ("A", "B")},
        {"min_p": 0.1}, {"repetition_penalty": 1.1}, {"presence_penalty": 0.5}, {"stop": ("x",)},
        {"logit_bias": ((5, 1.0),)}, {"seed": 0}, {"seed": 7},
    ],
)
def test_what_changes_the_reply_changes_the_key(change: dict) -> None:
    assert request_key("m", dataclasses.replace(REQUEST, **change)) != request_key("m", REQUEST)


def test_a_request_of_earlier_runs_has_the_key_that_it_had() -> None:
    """Fields that came later are no part of it where they hold their usual value; journals would be bought anew."""
    assert request_key("m", REQUEST) == -3370485671960564563


def test_a_request_holds_all_that_says_how_replies_are_drawn() -> None:
    """Every setting of a sampling section, whichever there will be."""
    unusual = {
        "temperature": 0.7, "top_p": 0.5, "top_k": 3, "max_tokens": 9, "min_p": 0.1, "repetition_penalty": 1.2,
        "presence_penalty": 0.5, "stop": ("end",), "logit_bias": {5: -1.0}, "seed": 7,
    }  # fmt: skip
    assert unusual.keys() == Sampling.model_fields.keys()
    request = drawn_by(Sampling(**unusual), REQUEST.messages, n=2, schema="{}")
    assert request == Request(REQUEST.messages, n=2, schema="{}", **unusual | {"logit_bias": ((5, -1.0),)})


def test_seeds_differ_with_the_request_and_with_its_own_seed() -> None:
    seeded = [dataclasses.replace(REQUEST, seed=seed) for seed in (0, 1)]
    others = [dataclasses.replace(seeded[0], **change) for change in ({"attempt": 1}, {"n": 9}, {"max_tokens": 9})]
    assert len({request_seed(0, request) for request in (*seeded, *others)}) == 5
    assert request_seed(0, seeded[0]) == request_seed(0, dataclasses.replace(seeded[0], priority=5))


def test_model_counts_and_priority_does_not() -> None:
    assert request_key("m", REQUEST) != request_key("n", REQUEST)
    assert request_key("m", dataclasses.replace(REQUEST, priority=5)) == request_key("m", REQUEST)


def test_completions_go_through_json() -> None:
    completion = Completion((Sample("é", "length", 4), Sample("", "stop", 0)), 3, 1, None)
    assert completion_from_json(completion_to_json(completion)) == completion
