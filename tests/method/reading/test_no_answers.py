"""What stands in an answer's place and is none, and answers of many words that stand there."""

import pytest

from dgrc.method.reading import in_tags, read

LONG = (
    "the contract is voidable at the option of the minor because he had not reached the age of majority when he "
    "signed it"
)
LABELS = ("ANSWER: ", "**Final Answer:** ", "Final answer: ", "### Final Answer\n", "### Answer\n\n")


@pytest.mark.parametrize(
    "said",
    [
        "As an AI language model, I cannot provide legal advice.", "I'm sorry, but I can't help with that.",
        "I don't have enough information to answer.", "Sorry, I cannot answer this question.", "It depends.",
        "The answer depends on the jurisdiction.", "The date cannot be determined from the facts given.",
        "I would need more information.", "抱歉，我无法回答这个问题。", "Lo siento, no puedo ayudar.",
        "Je ne peux pas répondre.", "Es kommt darauf an.",
    ],
)  # fmt: skip
def test_a_refusal_is_no_answer_wherever_it_stands(said: str) -> None:
    for before in ("", "Answer: ", "<answer>", "The law is clear.\n\n**Final Answer:** "):
        reply = f"{before}{said}" + "</answer>" * (before == "<answer>")
        assert read(reply, ()) == (None, None)


def test_what_begins_alike_is_an_answer() -> None:
    for said in ("As an artificial person, a firm", "insufficient evidence", "dependence", '"Sorry!" by M.'):
        assert read(f"<answer>{said}</answer>", ())[0] is not None
    assert in_tags("<answer>It depends</answer>", ()) == "it depends", "a label says what it says"


@pytest.mark.parametrize("label", LABELS)
def test_an_answer_of_many_words_is_read_behind_a_last_label(label: str) -> None:
    assert read(f"A minor lacks capacity.\n\n{label}{LONG}.", ()) == (LONG, "phrase")


@pytest.mark.parametrize(
    "reply",
    [
        f"Answer: {LONG}.", f"The rule.\n\nAnswer: {LONG}.\n\nBut then he ratified it, and so on.",
        f"The rule.\n\nAnswer: To see whether {LONG}, we look at the code.",
        f"The rule.\n\nAnswer: Let us see whether {LONG}.", f"The rule.\n\nAnswer: {' '.join([LONG] * 4)}.",
        f"The rule.\n\nThe answer is that {LONG}.", f"The rule.\n\nAnswer: {LONG}?",
    ],
)  # fmt: skip
def test_an_explanation_in_its_place_is_not(reply: str) -> None:
    assert read(reply, ()) == (None, None)


def test_a_verdict_of_many_words_is_its_first() -> None:
    reply = f"The rule.\n\nFinal answer: No, for {LONG}."
    assert read(reply, (), "yes_no") == ("no", "phrase")
