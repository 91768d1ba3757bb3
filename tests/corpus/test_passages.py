"""Documents are cut where their authors cut them, and nothing of a passage is invented."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.corpus.headings import fences, is_heading, opens_article
from dgrc.corpus.passages import split, words

LAW = """CHAPTER I
General rules

Section 1. Notice

A lease ends by notice. The notice must be given in writing and reach the other party. It must name the day on which
the lease ends.

A notice that names no day takes effect at the end of the following month.

Section 2. Repairs

The landlord keeps the house in repair. The tenant tells the landlord of defects without delay.
"""


def pieces(text: str, most: int, least: int) -> list[str]:
    return [text[slice(*span)] for span in split(text, most, least)]


def test_a_passage_does_not_cross_a_heading_and_keeps_it() -> None:
    found = pieces(LAW, 200, 5)
    assert len(found) == 2
    assert found[0].startswith("CHAPTER I") and "end of the following month." in found[0]
    assert found[1].startswith("Section 2. Repairs") and "Notice" not in found[1]


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    found = pieces(LAW, 35, 5)
    assert "A notice that names no day takes effect at the end of the following month." in found
    assert all(words(piece) <= 35 for piece in found)


def test_a_paragraph_that_is_too_long_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence {n} has exactly six words." for n in range(20))
    found = pieces(text, 13, 3)
    assert all(piece.endswith("words.") and piece.startswith("Sentence") for piece in found)
    assert " ".join(found) == text


def test_what_is_too_short_to_ask_about_is_left_out() -> None:
    assert pieces("Contents\n\nSee below.", 100, 10) == []


def test_headings_are_told_from_items_and_sentences() -> None:
    headings = ("# Scope", "   ## Scope", "§ 12 Duties", "Article 5 Remedies", "PART TWO", "IV. Damages", "3.2 Limits")
    for line in headings:
        assert is_heading(line), line
    long = "Section 5 of the Act, which was passed in 1925 and has since been amended many times, applies."
    for line in ("    # Scope", "\t# Scope", "  \t# Scope", "    # 适用范围", "#scope"):
        assert not is_heading(line), line
    for line in ("The tenant pays.", "1. The tenant pays the rent.", "", long):
        assert not is_heading(line), line


@given(st.text(alphabet="aB1.# \n§", max_size=400), st.integers(3, 40), st.integers(1, 10))
def test_ranges_are_in_order_apart_and_bounded(text: str, most: int, least: int) -> None:
    spans = split(text, most, least)
    assert all(a < b for a, b in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    for start, end in spans:
        piece = text[start:end]
        assert least <= words(piece) <= most and piece == piece.strip()


@given(st.lists(st.sampled_from(["word", "other.", "Third?"]), min_size=1, max_size=120))
def test_no_word_is_lost_where_none_is_too_short(tokens: list[str]) -> None:
    text = " ".join(tokens)
    assert " ".join(" ".join(pieces(text, 7, 1)).split()) == text


STATUTE = """第三章　合同的履行

第五百零九条　当事人应当按照约定全面履行自己的义务。
　　当事人应当遵循诚信原则，根据合同的性质、目的和交易习惯履行通知、协助、保密等义务。
　　当事人在履行合同过程中，应当避免浪费资源、污染环境和破坏生态。
第五百一十条　合同生效后，当事人就质量、价款或者报酬、履行地点等内容没有约定的，可以协议补充。
第五百一十一条　当事人就有关合同内容约定不明确，依据前条规定仍不能确定的，适用下列规定：
（一）质量要求不明确的，按照强制性国家标准履行；没有强制性国家标准的，按照推荐性国家标准履行；
（二）价款或者报酬不明确的，按照订立合同时履行地的市场价格履行；
第五百一十条规定的补充协议，应当采用书面形式，并由双方签字或者盖章。
"""


def test_each_article_of_a_chinese_statute_is_a_passage_and_its_items_stay_with_it() -> None:
    found = pieces(STATUTE, 350, 20)
    numbers = ["第三章　合同的履行\n\n第五百零九", "第五百一十", "第五百一十一"]
    assert [piece.partition("条")[0] for piece in found] == numbers
    assert found[0].endswith("破坏生态。") and "（一）质量" in found[2], "items and references are no headings"
    assert found[2].endswith("盖章。")


def test_a_long_chinese_article_is_cut_between_sentences() -> None:
    sentence = "当事人一方不履行合同义务的，应当承担继续履行、采取补救措施或者赔偿损失等违约责任。"
    text = "第一条　" + sentence * 40
    found = pieces(text, 100, 20)
    assert "".join(found) == text
    assert all(piece.endswith("责任。") and 20 <= words(piece) <= 100 for piece in found)
    halfwidth = pieces(text.replace("。", "."), 100, 20)
    assert len(halfwidth) == len(found) and all(piece.endswith("责任.") for piece in halfwidth)


def test_a_statute_of_ninety_thousand_characters_has_its_articles() -> None:
    body = "民事主体的人身权利、财产权利以及其他合法权益受法律保护，任何组织或者个人不得侵犯。" * 2
    digits = "〇一二三四五六七八九"
    articles = ["第" + "".join(digits[int(digit)] for digit in str(n)) + f"条　{body}" for n in range(1, 1061)]
    text = "\n".join(articles)
    assert len(text) > 90_000
    assert pieces(text, 350, 40) == articles


def test_articles_are_found_in_a_text_without_lines() -> None:
    body = "民事主体的人身权利、财产权利以及其他合法权益受法律保护，任何组织或者个人不得侵犯。" * 2
    articles = [f"第{number}条　{body}" for number in ("一", "二", "三", "十", "一百二十")]
    assert pieces("".join(articles), 350, 40) == articles
    chapters = f"第一章 总则 {articles[0]}第二章 合同的订立 {articles[1]}{articles[2]}"
    assert pieces(chapters, 350, 40) == [f"第一章 总则 {articles[0]}", f"第二章 合同的订立 {articles[1]}", articles[2]]
    assert len(pieces(f"根据第三条的规定，{body}依照 第四条规定，{body}", 350, 40)) == 1


def test_a_sentence_without_end_is_cut_between_clauses_or_characters() -> None:
    clauses = pieces("甲应当履行义务，" * 100, 20, 5)
    assert all(piece.endswith("，") and words(piece) <= 20 for piece in clauses)
    bare = pieces("甲" * 1000, 20, 5)
    assert "".join(bare) == "甲" * 1000 and {len(piece) for piece in bare[:-1]} == {32}
    thai = pieces("ผู้เช่าต้องชำระค่าเช่า " * 100, 20, 5)
    assert all(words(piece) <= 20 and piece.endswith("เช่า") for piece in thai)


@pytest.mark.parametrize(
    "line",
    [
        "第一编　总则", "第十二章 法律责任", "第１２条", "第三节　合同的效力", "第一百二十条之一", "一、适用范围",
        "（一）基本原则",
        "1．概述", "1.概述", "3.2 术语和定义", "【裁判要旨】", "附则", "目　录".replace("　", ""), "# 什么是合同？",
        "第二部分 药理",
        "第1条（目的）", "（目的）", "หมวด ๑ บททั่วไป", "มาตรา 5", "Article 5 总则",
    ],
)  # fmt: skip
def test_headings_of_scripts_without_spaces(line: str) -> None:
    assert is_heading(line), line


@pytest.mark.parametrize(
    "line",
    [
        "（一）质量要求不明确的，按照国家标准履行；", "一、被告于本判决生效之日起十日内支付原告货款。",
        "1．阿司匹林，每日一次，",
        "CT检查", "甲方应当履行义务", "30日内有效", "2020年5月28日", "第三者责任险", "合同", "十分重要",
        "第三条　民事主体的人身权利、财产权利以及其他合法权益受法律保护，任何组织或者个人不得侵犯上述权利",
    ],
)  # fmt: skip
def test_sentences_and_items_of_scripts_without_spaces_are_no_headings(line: str) -> None:
    assert not is_heading(line), line


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("第三条　民事主体的权利受法律保护。", True), ("第一条为了规范合同，制定本法。", True),
        ("第1条　この法律は、契約を定める。", True),
        ("第一百二十条之一　资助恐怖活动组织的，处五年以下有期徒刑。", True),
        ("【裁判要旨】合同无效的，应当返还财产。", True),
        ("มาตรา ๕ ผู้เช่าต้องชำระค่าเช่า", True),
        ("第三条规定的情形消失后，应当履行。", False), ("第三条、第四条同样适用。", False),
        ("第三条第二款不适用。", False),
        ("根据第三条　应当履行。", False), ("Article 3 applies.", False),
    ],
)  # fmt: skip
def test_articles_open_with_their_number_and_references_do_not(line: str, opens: bool) -> None:
    assert opens_article(line) is opens


CODE = "entry = book.first(day=today)\n\n# Write it down\nSECTION 2\n# 第一章 写下来\nbook.write(entry)\n"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("```python", "```"), ("~~~", "~~~~"), ("````", "`````"), ("   ```", "   ```"), ("- ```sh", "  ```"),
        ("1. ~~~", "   ~~~"), ("```", "```   "),
    ],
)  # fmt: skip
def test_a_block_of_code_has_no_headings_and_is_not_cut(opening: str, closing: str) -> None:
    before = "# Keeping the book\n\nThe book takes entries in the order in which they arrive on the day.\n\n"
    after = "\nAfter this the clerk signs it with the date and with his own name.\n"
    text = f"{before}{opening}\n{CODE}{closing}\n{after}"
    for most in (300, 40, 25):
        found = [piece for piece in pieces(text, most, 5) if "Write it down" in piece]
        assert len(found) == 1 and opening.strip() in found[0] and found[0].count("book.write") == 1
        assert closing.strip() in found[0].partition("book.write")[2]


def test_fences_open_and_close_as_in_commonmark() -> None:
    def fenced(text: str) -> list[str]:
        return [text[slice(*span)] for span in fences(text)]

    assert fenced("a\n````\n```\nb\n````\nc") == ["````\n```\nb\n````\n"], "fewer signs do not close it"
    assert fenced("```\n~~~\n# x\n```\n") == ["```\n~~~\n# x\n```\n"], "nor do others"
    assert fenced("```a\nb\n``` c\n# d") == ["```a\nb\n``` c\n# d"], "nor with text; unclosed, it reaches to the end"
    assert fenced("```b``` is code\n# c") == [], "that is code in a line"
    assert fenced("> ```\n> # a\n\n# b") == ["> ```\n> # a\n"], "it ends with the quotation it stands in"
    assert fenced("``\n# a\n``") == []


def test_only_code_that_is_too_long_is_cut_and_between_its_lines() -> None:
    lines = [f"value_{n} = first_{n} + second_{n} # note {n}" for n in range(60)]
    text = "```\n" + "\n\n".join(lines) + "\n```\n"
    found = pieces(text, 50, 5)
    assert len(found) > 5 and all(words(piece) <= 50 for piece in found)
    kept = [line for piece in found for line in piece.splitlines() if line and not line.startswith("```")]
    assert kept == lines


HAN = st.text(alphabet="合同法第一条、，。；\n 　aB1.#`~【】（）", max_size=400)


@given(HAN, st.integers(3, 40), st.integers(1, 10))
def test_ranges_of_mixed_text_are_in_order_apart_and_bounded(text: str, most: int, least: int) -> None:
    spans = split(text, most, least)
    assert all(a < b for a, b in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    for start, end in spans:
        assert words(text[start:end]) <= most and text[start:end] == text[start:end].strip()


@given(st.lists(st.sampled_from(["合同", "无效。", "甲，", "第一条　目的\n", "\n"]), min_size=1, max_size=120))
def test_no_character_is_lost_where_none_is_too_short(tokens: list[str]) -> None:
    text = "".join(tokens)
    assert "".join("".join(pieces(text, 7, 1)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["甲" * 200_000, "。" * 200_000, "`" * 200_000, "- " * 100_000, "> " * 100_000, "…" * 200_000, "（" * 200_000,
     "第一条\n" * 40_000, "```\n" * 40_001, "第" + "一" * 200_000, "1." * 100_000 + "甲",
     "．" * 100_000, " " * 200_000 + "甲"],
    ids=range(13),
)  # fmt: skip
def test_hostile_documents_are_cut_at_once(text: str) -> None:
    assert all(start < end for start, end in split(text, 350, 40))
