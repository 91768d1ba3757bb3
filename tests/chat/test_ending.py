"""How turns end, read off what a template writes; and marks that overlap are all broken up."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from dgrc.chat.control import Control
from dgrc.chat.ending import find_end


def tokenizer(eos: str | None) -> Any:
    """As much of one as is looked at: `<|user|>` begins a user's turn."""
    tokens = ["<|user|>", "</s>", "<s>"]
    added = {number: SimpleNamespace(content=token, special=True) for number, token in enumerate(tokens)}
    return SimpleNamespace(
        added_tokens_decoder=added, all_special_tokens=tokens, bos_token="<s>", eos_token=eos,
        convert_tokens_to_ids=tokens.index,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("last", "followed", "eos", "mark"),
    [
        ("\n", "\n<|user|>\nand then?", "</s>", "<|user|>"),
        ("\n", "\nNext:\n<|user|>\nand then?", "</s>", "</s>"),
        ("\nOver.", "\n<|user|>\nand then?", "</s>", "</s>"),
        ("\n", "\n<s><|user|>", "</s>", "</s>"),
        (" </s>\n", "", None, "</s>"),
        ("\n", "\nNext:\n<|user|>", None, None),
    ],
)
def test_the_token_that_begins_the_next_turn_ends_one_only_if_nothing_is_said_before_it(
    last: str, followed: str, eos: str | None, mark: str | None
) -> None:
    found = find_end(tokenizer(eos), last, followed)
    assert (found.mark if found else None) == mark


def test_marks_that_overlap_are_all_broken_up() -> None:
    mark = re.compile(re.escape("##s##"))
    said = Control(mark, frozenset()).broken_up("a ##s##s## b", None)
    assert mark.search(said) is None and said.replace(" ", "") == "a##s##s##b"
