"""Several models on several engines: every model answers every question, in order."""

import asyncio

import pytest

from dgrc.config import EngineConfig, EvaluationConfig, MethodConfig
from dgrc.engines.base import Completion, Sample
from dgrc.errors import EvaluationError
from dgrc.evaluation.likelihood import best_option
from dgrc.evaluation.predict import predict, predict_all
from dgrc.records import Question

pytestmark = pytest.mark.usefixtures("ray_here")


def scripted(function: str) -> EngineConfig:
    return EngineConfig(engine="scripted", script=f"tests.scripts:{function}", cpus=0)


def test_models_share_engines_and_keep_the_order_of_the_questions() -> None:
    questions = [Question(n, "", f"case {n} . which court ?", (), None, "", "{}") for n in (4, 3, 7, 8)]
    said: list[str] = []
    engines = [
        (scripted("refusing"), {"base": "before", "dgrc": "after"}),
        (scripted("teacher"), {"teacher": "tests.scripts:teacher"}),
    ]
    method = MethodConfig(prompts="proving")
    predictions = predict_all(engines, questions, method, EvaluationConfig(), 0, said.append)
    assert set(predictions) == {"base", "dgrc", "teacher"}
    for replies in predictions.values():
        assert [p.id for p in replies] == [4, 3, 7, 8]
    assert [p.chain.answer for p in predictions["dgrc"]] == ["4", "4", None, "3"], "odd questions are its mistakes"
    assert predictions["base"][2].error == "refused: not this one"
    assert [p.chain.answer for p in predictions["teacher"]] == ["4", "4", "2", "3"], "multiples of 3 are its slips"
    assert sum("4 questions answered" in line for line in said) == 3
    assert sum("left out: no question has from 2 to 26 options" in line for line in said) == 2, "once an engine"
    assert len(said) == 5
    assert {p.majority for replies in predictions.values() for p in replies} == {None}


def test_a_majority_is_drawn_beside_the_single_reply() -> None:
    questions = [Question(n, "", f"case {n} . which court ?", (), None, "", "{}") for n in (3, 4)]
    engines = [(scripted("teacher"), {"teacher": "tests.scripts:teacher"})]
    evaluation = EvaluationConfig(majority_of=3)
    predictions = predict_all(engines, questions, MethodConfig(prompts="proving"), evaluation, 0, lambda line: None)
    (three, four) = predictions["teacher"]
    assert (three.chain.answer, three.majority) == ("4", "3"), "only its first reply slips"
    assert (four.chain.answer, four.majority) == ("4", "4")


def test_options_are_scored_beside_the_replies_where_that_is_asked_for() -> None:
    """A scripted model that always says A at length and likes the option `mill` when asked for a letter."""
    questions = [Question(n, "", f"case {n} . which court ?", ("crown", "mill"), None, "", "{}") for n in (1, 2)]
    engines = [(scripted("option_lover"), {"base": "tests.scripts:option_lover"})]
    said: list[str] = []
    evaluation = EvaluationConfig(option_likelihood="on")
    (base,) = predict_all(engines, questions, MethodConfig(prompts="general"), evaluation, 0, said.append).values()
    for prediction, question in zip(base, questions, strict=True):
        assert prediction.chain.answer == "A"
        assert prediction.options is not None and best_option(prediction.options, question) == "B"
    assert len(said) == 1 and "likelihoods of options in" in said[0]
    method = MethodConfig(prompts="general")
    (base,) = predict_all(engines, questions, method, EvaluationConfig(), 0, said.append).values()
    assert [prediction.options for prediction in base] == [None, None] and "scripted engine" in said[1]


def test_a_pack_that_asks_for_one_letter_is_refused_where_several_may_be_right() -> None:
    questions = [Question(1, "", "which courts ?", ("crown", "mill"), "AB", "", "{}", several=True)]
    engines = [(scripted("teacher"), {"teacher": "tests.scripts:teacher"})]
    with pytest.raises(EvaluationError, match="does not use `several`"):
        predict_all(engines, questions, MethodConfig(prompts="proving"), EvaluationConfig(), 0, print)


def test_an_open_reply_is_read_by_what_its_question_asks_for() -> None:
    class Client:
        async def generate(self, request: object, sibling: int) -> Completion:
            return Completion((Sample("One km has 1000 m.\nSo the way to the court is 5000 m.", "stop", 9),), 3, 9)

    questions = [Question(n, "", text, (), None, "", "{}") for n, text in enumerate(("How many km?", "How?"))]
    told = asyncio.run(predict(Client(), questions, MethodConfig(), EvaluationConfig()))  # type: ignore[arg-type]
    assert [one.chain.answer for one in told] == ["5000 meter", None]
