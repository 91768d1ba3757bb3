"""Echoes: the pack's own words, whichever pack, are no content; the field's terms are."""

import re
import shutil
from pathlib import Path

import pytest

from dgrc.method.echo import is_echo
from dgrc.method.prompts import load_pack
from tests.paths import ROOT

PACKS, CHINESE = ("general", "legal", "medical"), ("legal_zh", "medical_zh")
DESCRIBED = re.compile(r"(?:a text|the list|a list) (?:of|on|with) [^.,`]*")
SENTENCE = re.compile(r"(?<=[.;:] )[A-Za-z][^.;:{}<>`\"]{40,}(?=[.;])")
CLAUSE = re.compile(r"[^\W\d_a-zA-Z]{12,}")
WHOLE = re.compile(r"[^。；：\n{}<>`]*[^\W\d_a-zA-Z][^。；：\n{}<>`]{16,}")


@pytest.mark.parametrize("name", PACKS)
def test_what_a_pack_says_of_its_fields_and_all_its_sentences_are_echoes(name: str) -> None:
    pack = load_pack(name)
    said = [s for source in pack.templates.values() for rule in (DESCRIBED, SENTENCE) for s in rule.findall(source)]
    assert len(said) > 25
    assert [text for text in said if not is_echo(pack, text)] == []
    assert [text for text in said if not is_echo(pack, f"  {text.upper()}!")] == [], "spelling does not hide it"


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize(
    "text",
    [
        "burden of proof", "antiviral drugs", "5 years", "the majority rule", "preponderance of the evidence",
        "unknown",
        "statute of limitations", "a definition", "yes", "", "What is the majority rule on consideration?",
        "Which drug is given first for influenza?", "Who bears the burden of proof in a civil case in Ohio?",
        "The limit is five years, because the code gives written contracts five years.",
    ],
)  # fmt: skip
def test_terms_and_sentences_of_the_field_are_no_echoes(name: str, text: str) -> None:
    assert not is_echo(load_pack(name), text)


@pytest.mark.parametrize("name", CHINESE)
def test_clauses_and_sentences_of_a_chinese_pack_are_echoes(name: str) -> None:
    pack = load_pack(name)
    said = [s for source in pack.templates.values() for rule in (CLAUSE, WHOLE) for s in rule.findall(source)]
    assert len(said) > 100
    assert [text for text in said if not is_echo(pack, text)] == []
    assert [text for text in said if not is_echo(pack, f"“{text}”")] == [], "signs around it do not hide it"
    assert [text for text in said if is_echo(load_pack("legal"), text)] == [], "the words are another pack's"


@pytest.mark.parametrize("name", CHINESE)
@pytest.mark.parametrize(
    "text",
    [
        "举证责任", "现行法律", "诉讼时效期间", "首选药物", "未知", "是", "三年", "B", "构成要件", "不良反应", "",
        "善意取得的构成要件有哪些？", "流感的首选药物是什么？", "民事诉讼中举证责任由谁承担？",
        "阿司匹林的禁忌证是什么？",
        "时效为三年，因为民法典对普通诉讼时效有此规定。", "奥司他韦在症状出现后多少小时内使用有效？",
    ],
)  # fmt: skip
def test_terms_and_sentences_of_the_field_are_no_echoes_in_chinese(name: str, text: str) -> None:
    assert not is_echo(load_pack(name), text)


def test_what_a_chinese_pack_quotes_as_wrong_is_an_echo_however_short() -> None:
    assert is_echo(load_pack("legal_zh"), "本案被告") and is_echo(load_pack("legal_zh"), "「这种情况」")
    assert is_echo(load_pack("medical_zh"), "上述表现") and not is_echo(load_pack("medical_zh"), "上述表现之一")


def test_an_english_echo_is_not_hidden_by_a_chinese_character() -> None:
    pack = load_pack("general")
    assert is_echo(pack, "the list of your atomic questions 好") and not is_echo(pack, "原子问题的列表 of your")


def test_a_pack_of_a_users_own_with_examples_has_them_guarded(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(ROOT / "dgrc" / "method" / "prompts" / "general", folder)
    form = '{"comparison": "the points at which the two part, in a few words", "questions": ["first atomic question"]}'
    system = folder / "system.jinja"
    system.write_text(system.read_text() + f"\nReply like this: {form} or <the answer alone>.\n")
    pack = load_pack(str(folder))
    for text in ("first atomic question", "First atomic question?", "the points at which the two part, in a few words",
                 "the answer alone"):  # fmt: skip
        assert is_echo(pack, text), text
        assert not is_echo(load_pack("general"), "first atomic question")
    assert not is_echo(pack, "atomic bomb") and not is_echo(pack, "second atomic question")


def test_a_few_words_changed_make_no_content_and_a_few_shared_no_echo() -> None:
    pack = load_pack("general")
    assert is_echo(pack, "it has one short answer that an expert or a standard textbook could confirm")
    assert not is_echo(pack, "A standard reference could confirm that the writ lies to the high court in Garth.")


def chinese_pack(folder: Path) -> Path:
    shutil.copytree(ROOT / "dgrc" / "method" / "prompts" / "general", folder)
    for path in folder.glob("*.jinja"):
        path.write_text(path.read_text() + "\n\n请用一个完整的句子提出一个原子问题，例如“举证责任”。\n")
    return folder


def test_a_chinese_packs_own_words_are_echoes_and_terms_are_not(tmp_path: Path) -> None:
    pack = load_pack(str(chinese_pack(tmp_path / "pack")))
    for text in ("请用一个完整的句子提出一个原子问题", "用一个完整的句子提出一个原子问题。", "举证责任"):
        assert is_echo(pack, text), text
    for text in ("原子问题", "一个完整的合同需要具备哪些条款？", "举证责任由谁承担？", "是"):
        assert not is_echo(pack, text), text
