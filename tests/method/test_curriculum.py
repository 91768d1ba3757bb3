"""The curriculum: what becomes an example, and on which prompt."""

import typing
from dataclasses import replace

import pytest

from dgrc.config import EvaluationConfig
from dgrc.method import answer, curriculum, sample
from dgrc.method.prompts import load_pack
from dgrc.records import Case, Example, hash64
from tests.method.builders import atom, case, chain, chains, verified

GENERAL, PROVING = load_pack("general"), load_pack("proving")


def test_tagged_atom_is_the_reply_as_the_model_wrote_it() -> None:
    reply = "<think> scholar grace in corvin is 0 . </think> <answer> 0 </answer>"
    said, why, _ = answer.parse_reply(PROVING, reply, "what is the scholar grace in corvin ?")
    example = curriculum.atom_example(PROVING, atom("what is the scholar grace in corvin ?", said or "", why))
    assert example.messages[-1] == {"role": "assistant", "content": reply}
    assert list(example.messages[:-1]) == answer.build_messages(PROVING, "what is the scholar grace in corvin ?")
    assert (example.kind, example.source) == ("atom", 5)


def test_json_atom_is_plain_text_on_the_user_turn_alone() -> None:
    example = curriculum.atom_example(GENERAL, atom("What is a tort?", "a civil wrong", "By definition."))
    user, assistant = example.messages
    assert user == answer.build_messages(GENERAL, "What is a tort?")[-1]
    assert assistant == {"role": "assistant", "content": "By definition.\n<answer>a civil wrong</answer>"}
    assert "JSON" not in user["content"]


@pytest.mark.parametrize("name", ["general", "legal", "legal_zh", "medical", "medical_zh", "proving"])
def test_chain_is_learned_on_the_prompt_it_was_sampled_with(name: str) -> None:
    pack = load_pack(name)
    example = curriculum.chain_example(pack, "Which?", ("x", "y"), 11, chain("A", " text \n"))
    assert list(example.messages[:-1]) == sample.build_messages(pack, "Which?", ("x", "y"))
    assert example.messages[-1] == {"role": "assistant", "content": "text"}
    assert (example.kind, example.source) == ("chain", 11)


def test_ids_hash_kind_and_turns_but_not_the_source() -> None:
    one = curriculum.chain_example(PROVING, "Which?", (), 1, chain("a", "text"))
    assert one.id == hash64("chain", one.messages[-2]["content"], "text")
    assert one.id == curriculum.chain_example(PROVING, "Which?", (), 2, chain("a", "text")).id
    assert one.id != curriculum.chain_example(PROVING, "Which?", (), 1, chain("a", "other")).id
    assert one.id != curriculum.chain_example(PROVING, "What?", (), 1, chain("a", "text")).id


def test_only_consistent_chains_are_taken_the_majority_answer_first() -> None:
    row = verified(chains("B", "A", "A", "A", "B"), [True, False, True, True, None])
    assert _replies(curriculum.verified_examples(GENERAL, row, 9, "drop")) == [
        "chain 2 says A",
        "chain 3 says A",
        "chain 0 says B",
    ]
    assert _replies(curriculum.verified_examples(GENERAL, row, 1, "drop")) == ["chain 2 says A"]


def test_equal_texts_give_one_example() -> None:
    row = verified((chain("A", "same"), chain("A", "same "), chain("A", "other")), [True, True, True])
    assert _replies(curriculum.verified_examples(GENERAL, row, 2, "drop")) == ["same", "other"]


def test_agreeing_questions_are_kept_only_on_request() -> None:
    teacher = tuple(replace(one, text=f"{one.text}, for 2 + 3 = 5") for one in chains("B", "A", "A"))
    agreeing = verified(teacher, [], "agreeing")
    assert curriculum.verified_examples(GENERAL, agreeing, 3, "drop") == []
    assert _replies(curriculum.verified_examples(GENERAL, agreeing, 3, "keep")) == ["chain 1 says A, for 2 + 3 = 5"]
    assert curriculum.verified_examples(GENERAL, verified(teacher, [], "divergent"), 3, "keep") == []
    assert curriculum.verified_examples(GENERAL, verified(teacher, [], "unparsed"), 3, "keep") == []
    rejected = verified(teacher, [None, False, None], "agreeing")
    assert curriculum.verified_examples(GENERAL, rejected, 3, "keep") == []


FROM_CASES = {name: recipe.chains for name, recipe in curriculum.RECIPES.items() if recipe.chains}


@pytest.mark.parametrize(
    ("recipe", "replies"),
    [
        ("distill", ["chain 1 says B"]),
        ("many_chains", ["chain 1 says B", "chain 2 says A", "chain 3 says a"]),
        ("teacher_majority", ["chain 2 says A"]),
        ("self_train", ["chain 0 says B"]),
    ],
)
def test_baselines_take_these_chains(recipe: str, replies: list[str]) -> None:
    row = case(teacher=chains(None, "B", "A", "a"), student=chains("B", "A", "B"))
    assert _replies(FROM_CASES[recipe](GENERAL, row)) == replies


@pytest.mark.parametrize("recipe", sorted(FROM_CASES))
def test_baselines_take_nothing_where_nothing_was_answered(recipe: str) -> None:
    row: Case = case(teacher=chains(None, None), student=chains(None))
    assert FROM_CASES[recipe](GENERAL, row) == []
    assert FROM_CASES[recipe](GENERAL, case((), ())) == []


def test_every_recipe_that_the_configuration_offers_teaches_something() -> None:
    (offered,) = [a for a in typing.get_args(EvaluationConfig.model_fields["baselines"].annotation) if a is not ...]
    assert {*typing.get_args(offered), "dgrc"} == set(curriculum.RECIPES)
    for recipe in curriculum.RECIPES.values():
        assert recipe.atoms or recipe.verified or recipe.chains
        assert not (recipe.verified and recipe.chains), "chains come from one place"


def test_an_answer_without_reasoning_is_not_learned_though_all_agree() -> None:
    bare = (chain("A", "<answer>A</answer>"), chain("A", "The answer is A."))
    assert curriculum.verified_examples(GENERAL, verified(bare, [], "agreeing"), 3, "keep") == []
    one = chain("A", "The rule of the sea says that a captain owes it, so the answer is A.")
    beside = verified((*bare, one), [], "agreeing")
    assert _replies(curriculum.verified_examples(GENERAL, beside, 3, "keep")) == [one.text]
    kept = curriculum.verified_examples(PROVING, verified(bare, [], "agreeing"), 3, "keep")
    assert len(kept) == 1, "a language of its own"


def _replies(examples: list[Example]) -> list[str]:
    return [example.messages[-1]["content"] for example in examples]


def test_a_question_with_several_right_options_is_learned_on_its_own_prompt() -> None:
    pack = load_pack("general")
    case = replace(verified(chains("AB"), [True]), several=True)
    (example,) = curriculum.verified_examples(pack, case, 1, "drop")
    assert example.messages[:-1] == tuple(sample.build_messages(pack, case.text, case.choices, several=True))
    assert "LETTERS" in example.messages[-2]["content"]
