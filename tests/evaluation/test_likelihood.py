"""Options by their likelihood: over all cyclic orders a liking for a letter is worth nothing, knowledge all."""

import asyncio
import math
import random
from dataclasses import replace

import pytest

from dgrc.config import ApiConfig, EngineConfig, EvaluationConfig
from dgrc.engines.base import Completion, Request, failed
from dgrc.evaluation.likelihood import (
    MOST_ORDERS,
    SPELLINGS,
    average,
    best_option,
    build_requests,
    cyclic_orders,
    left_out,
    option_likelihoods,
)
from dgrc.method.prompts import load_pack
from dgrc.method.reading.options import letter
from dgrc.records import Question

GENERAL = load_pack("general")


def question(number: int, options: int = 4) -> Question:
    choices = tuple(f"option {number} {place}" for place in range(options))
    return Question(number, "", f"case {number} ?", choices, None, "", "{}")


class Model:
    """Letters are as probable as the option that stands beside them is liked, and as their place is."""

    def __init__(self, knows: dict[str, float], letters: dict[str, float], spelling: str = ""):
        self.knows, self.letters, self.spelling = knows, letters, spelling

    async def generate(self, request: Request, sibling: int = 0) -> Completion:
        beside = dict(line.split(". ", 1) for line in request.messages[0]["content"].splitlines() if ". " in line[:4])
        logits = {name: self.knows.get(text, 0.0) + self.letters.get(name, 0.0) for name, text in beside.items()}
        norm = math.log(sum(map(math.exp, logits.values())))
        logprobs = [
            logits[text.strip()] - norm if text == self.spelling + text.strip() else -math.inf
            for text in request.logprobs_of
        ]
        return Completion((), 0, 0, logprobs=tuple(logprobs))


def chosen(model: object, questions: list[Question]) -> list[str]:
    found = asyncio.run(option_likelihoods(model, questions, 8))  # type: ignore[arg-type]
    assert all(f is not None and f.error is None for f in found), found
    return [best_option(f, q) for f, q in zip(found, questions, strict=True) if f is not None]


@pytest.mark.parametrize("options", [2, 3, 4, 5, 10])
def test_every_option_stands_once_at_every_place(options: int) -> None:
    orders = cyclic_orders(options)
    assert len(orders) == options and orders[0] == tuple(range(options))
    for place in range(options):
        assert sorted(order[place] for order in orders) == list(range(options))


def test_many_options_are_asked_in_a_few_orders_evenly_spaced() -> None:
    orders = cyclic_orders(26)
    assert len(orders) == MOST_ORDERS
    starts = [order[0] for order in orders]
    gaps = {after - before for before, after in zip(starts, [*starts[1:], 26], strict=True)}
    assert gaps <= {2, 3} and all(sorted(order) == list(range(26)) for order in orders)


@pytest.mark.parametrize("options", [2, 4, 5])
def test_a_model_that_always_prefers_a_is_at_chance(options: int) -> None:
    questions = [question(number, options) for number in range(400)]
    letters = chosen(Model({}, {"A": 9.0}), questions)
    shares = [letters.count(letter(place)) / len(letters) for place in range(options)]
    assert all(abs(share - 1 / options) < 0.12 for share in shares), shares


def test_a_model_that_knows_is_right_whatever_letter_it_likes() -> None:
    rng = random.Random(0)
    questions = [question(number) for number in range(50)]
    wanted = [rng.randrange(4) for _ in questions]
    knows = {q.choices[place]: 0.5 for q, place in zip(questions, wanted, strict=True)}
    for liked in ({}, {"A": 6.0}, {"B": 3.0, "D": -4.0}):
        assert chosen(Model(knows, liked), questions) == [letter(place) for place in wanted]


def test_one_order_alone_would_show_the_letter_that_the_model_likes() -> None:
    """What the averaging is for: the first order by itself says A, though the model knows better."""
    asked = question(0)
    model = Model({asked.choices[2]: 0.5}, {"A": 6.0})
    first = asyncio.run(model.generate(build_requests(asked)[0])).logprobs
    assert max(range(4), key=first.__getitem__) == 0
    assert chosen(model, [asked]) == ["C"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_letters_count_however_the_model_spells_them(spelling: str) -> None:
    asked = question(0)
    (found,) = asyncio.run(option_likelihoods(Model({asked.choices[1]: 2.0}, {}, spelling), [asked], 1))  # type: ignore[arg-type]
    assert found is not None and best_option(found, asked) == "B"
    assert found.letter_probability == pytest.approx(1.0), "this model says nothing but letters"


def test_the_average_is_of_each_option_not_of_each_place() -> None:
    by_order = [[*map(math.log, said), -math.inf, -math.inf] for said in ((0.2, 0.1), (0.4, 0.3))]
    found = average(by_order, 2)  # the second order begins with the second option
    assert found.logprobs == pytest.approx((math.log(0.2 * 0.3) / 2, math.log(0.1 * 0.4) / 2))
    assert found.letter_probability == pytest.approx((0.3 + 0.7) / 2)


def test_what_cannot_be_scored_says_why() -> None:
    class Refuses:
        async def generate(self, request: Request, sibling: int = 0) -> Completion:
            return failed("too_long: 9 tokens")

    open_question = Question(1, "", "why ?", (), None, "", "{}")
    found = asyncio.run(option_likelihoods(Refuses(), [question(0), open_question, question(2, 27)], 2))  # type: ignore[arg-type]
    assert found[0] is not None and found[0].error == "too_long: 9 tokens"
    assert found[1:] == [None, None]
    assert average([[0.0] * 3], 2).error == "the engine did not give 4 log-probabilities"
    assert "more than one token" in (average([[-1.0, -math.inf] * 2] * 2, 2).error or "")


def test_requests_share_the_question_and_ask_for_no_thoughts() -> None:
    asked = question(7)
    requests = build_requests(asked)
    assert len(requests) == 4 and not any(request.think for request in requests)
    assert all(request.messages[0]["content"].startswith("case 7 ?\n\nA. option 7 ") for request in requests)
    assert "\nA. option 7 1\n" in requests[1].messages[0]["content"], "the second order begins with the second option"
    for language, end in (("zh", "只回复它的字母。"), ("zh-Hant", "字母。"), ("en", "alone."), ("", "alone.")):
        said = [request.messages[0]["content"] for request in build_requests(asked, language)]
        assert all(text.endswith(end) for text in said) and len({*said}) == 4


@pytest.mark.parametrize(
    ("engine", "pack", "setting", "options", "says"),
    [
        ({"model": "m"}, "general", "auto", 4, ""),
        ({"model": "m"}, "general", "off", 4, "is off"),
        ({"model": "m"}, "general", "auto", 0, "no question has"),
        ({"model": "m"}, "proving", "auto", 4, "pack `proving`"),
        ({"model": "m"}, "proving", "on", 4, ""),
        ({"engine": "scripted", "script": "a:b"}, "general", "auto", 4, "scripted"),
        ({"engine": "scripted", "script": "a:b"}, "general", "on", 4, ""),
        ({"engine": "openai_api", "model": "m", "api": ApiConfig(base_url="http://127.0.0.1:1/v1")},
         "general", "on", 4, "API does not"),
    ],
)  # fmt: skip
def test_where_likelihoods_are_left_out_it_is_said(
    engine: dict, pack: str, setting: str, options: int, says: str
) -> None:
    evaluation = EvaluationConfig(option_likelihood=setting)  # type: ignore[arg-type]
    reason = left_out(EngineConfig(**engine), load_pack(pack), evaluation, [question(0, options)])
    assert (says in reason) if says else reason == ""


def test_where_several_options_may_be_right_no_first_letter_is_scored() -> None:
    several = replace(question(1), several=True)
    model = Model({}, {})
    found = asyncio.run(option_likelihoods(model, [question(0), several], 1))  # type: ignore[arg-type]
    assert found[0] is not None and found[1] is None
    evaluation = EvaluationConfig(option_likelihood="on")
    engine = EngineConfig(engine="scripted", script="tests.scripts:teacher")
    assert "of which one is right" in left_out(engine, GENERAL, evaluation, [several])
    assert left_out(engine, GENERAL, evaluation, [several, question(0)]) == ""


def test_the_spellings_of_a_letter_are_added_up() -> None:
    """A letter that comes with and without a blank before it is as likely as both together."""
    first = [math.log(p) for p in (0.3, 0.4, 0.25, 0.05)]  # A, B, and both after a blank; the options as they stand
    second = [math.log(p) for p in (0.4, 0.3, 0.05, 0.25)]  # and turned round
    found = average([first, second], 2)
    assert found.logprobs == pytest.approx((math.log(0.55), math.log(0.45)))
    assert found.letter_probability == pytest.approx(1)
