"""Cards are web pages on a hub: what they are made of can neither end its place nor become markup."""

import re

import pytest
import yaml

from dgrc.storage.cards import front_matter, harmless, row
from dgrc.training.export import add_to_card, model_card

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[click](javascript:alert(1))", "![x](http://t.test/p)",
    "a | b |\n| c | d", "x\n---\nlicense: mit\n---\n", "# Heading", "`code` *bold* _it_ ~~no~~", "&lt;b&gt;", "http://t.test",
    "\x1b[2J\u202e\u2028x", "$$x$$", "\\[x](y)", "a\\|b",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_card_is_markup(text: str) -> None:
    shown = harmless(text)
    assert "\n" not in shown and shown.isprintable() and not re.search(r"<|>|://", shown)
    bare = re.sub(r"\\\\|\\[`*_\[\]!|#~$]", "", shown)
    assert not re.search(r"[`*_\[\]!|#~$\\]", bare.replace("&#47;", "")), "every sign of Markdown is escaped"
    assert row(text, text).count("\n") == 0


def test_ordinary_facts_are_readable() -> None:
    assert harmless("3 atoms; 2 chains, bf16 (ZeRO-2)") == "3 atoms; 2 chains, bf16 (ZeRO-2)"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_front_matter_says_what_it_is_given_and_no_more(text: str) -> None:
    card = model_card(f"/models/{text.replace('/', '')}", {"name": text, "seed": text})
    front, _, body = card.removeprefix("---\n").partition("\n---\n")
    facts = yaml.safe_load(front)
    assert set(facts) == {"library_name", "pipeline_tag", "base_model", "tags"}
    assert facts["base_model"] == text.replace("/", "")
    assert "<script" not in body and "<img" not in body and "\n---" not in body
    assert front_matter({"a": text}).count("\n---\n") == 1


def test_facts_are_replaced_by_their_key(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "README.md").write_text(model_card("/m/base", {"name": "x", "held_out": "1"}))
    for value in ("2", "3 | 4"):
        add_to_card(tmp_path, {"held_out": value})
    lines = (tmp_path / "README.md").read_text().splitlines()
    assert [line for line in lines if "out |" in line] == ["| held\\_out | 3 \\| 4 |"]
