"""Requests have an identity that covers everything that changes the reply, and nothing else."""

import dataclasses

import pytest

from dgrc.engines.base import Completion, Request, Sample, completion_from_json, completion_to_json, request_key

REQUEST = Request(({"role": "user", "content": "hello"},))


@pytest.mark.parametrize(
    "change",
    [
        {"messages": ({"role": "user", "content": "hallo"},)}, {"n": 2}, {"temperature": 0.5}, {"top_p": 0.9},
        {"top_k": 3}, {"max_tokens": 9}, {"schema": "{}"}, {"logprobs_of": ("A", "B")},
        {"min_p": 0.1}, {"repetition_penalty": 1.1}, {"presence_penalty": 0.5}, {"stop": ("x",)},
        {"logit_bias": ((5, 1.0),)},
    ],
)
def test_what_changes_the_reply_changes_the_key(change: dict) -> None:
    assert request_key("m", dataclasses.replace(REQUEST, **change)) != request_key("m", REQUEST)


def test_a_request_of_earlier_runs_has_the_key_that_it_had() -> None:
    """Fields that came later are no part of it where they hold their usual value; journals would be bought anew."""
    assert request_key("m", REQUEST) == -3370485671960564563


def test_model_counts_and_priority_does_not() -> None:
    assert request_key("m", REQUEST) != request_key("n", REQUEST)
    assert request_key("m", dataclasses.replace(REQUEST, priority=5)) == request_key("m", REQUEST)


def test_completions_go_through_json() -> None:
    completion = Completion((Sample("é", "length", 4), Sample("", "stop", 0)), 3, 1, None)
    assert completion_from_json(completion_to_json(completion)) == completion
