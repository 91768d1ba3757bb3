"""One segmenter for all scripts: words where there are spaces, bigrams where there are none."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.text.normalize import nfkc
from dgrc.method.text.segment import (
    COMPLEX,
    IDEOGRAPHIC,
    WEIGHT,
    count,
    script,
    segments,
    spaceless,
    weight,
    windows,
    word_weight,
)

SPACED = "abC1 .,-%\n\t\u00e9\u0438\u0416\u03b1علאक\u093fह합의\u00a7"
MIXED = SPACED + "合同法不々〇がガｶ\uff9eーกำ\u0e49。，\uff21\uff11𠮷豈\u3000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("合同无效", ["合同", "同无", "无效"]),
        ("甲", ["甲"]),
        ("阿司匹林100mg", ["阿司", "司匹", "匹林", "100mg"]),
        ("COVID-19患者", ["COVID-19", "患者"]),
        ("\uff23\uff2f\uff36\uff29\uff24\uff0d\uff11\uff19患者", ["COVID-19", "患者"]),
        ("甲，乙。a", ["甲", "乙", "a"]),
        ("血压<7 %", ["血压", "<7", "%"]),
        ("コーヒー", ["コー", "ーヒ", "ヒー"]),
        ("食べる", ["食べ", "べる"]),
        ("ｶ\uff9eｽ", ["ガス"]),
        ("𠮷野", ["𠮷野"]),
        ("葛\U000e0100城", ["葛城"]),
        ("คน 5", ["คน", "5"]),
        ("ខ\u17d2ម", ["ខ\u17d2", "\u17d2ម"]),
        ("합의는 유효", ["합의는", "유효"]),
        ("བ\u0f7cད\u0f0bཡ\u0f72ག", ["བ\u0f7cད", "ཡ\u0f72ག"]),
        ("The lease, it ends - now.", ["The", "lease,", "it", "ends", "-", "now."]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert segments(text) == words


@given(st.text(alphabet=MIXED))
def test_normal_forms_have_the_same_words(text: str) -> None:
    assert segments(unicodedata.normalize("NFKC", text)) == segments(text)


@given(st.text(alphabet=SPACED))
def test_scripts_with_spaces_are_split_at_spaces_alone(text: str) -> None:
    assert not spaceless(text)
    assert segments(text) == nfkc(text).split()
    assert count(text) == len(text.split())


@given(st.text(alphabet=MIXED), st.text(alphabet=MIXED))
def test_what_stands_apart_is_counted_apart(a: str, b: str) -> None:
    a, b = f"{a}合", f"{b}合"
    assert segments(f"{a}\n{b}") == segments(a) + segments(b)
    assert weight(f"{a}\n{b}") == weight(a) + weight(b)
    assert weight(a + b) <= weight(a) + weight(b)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("一二三四五六七八", 5),
        ("一二三四，五六七八。", 5),
        ("甲", 1),
        ("阿司匹林100mg，每日2次。", 7),
        ("กขฃคกขฃค", 2),
        ("one two - three.", 4),
        ("", 0),
    ],
)
def test_a_clause_counts_as_the_words_it_would_have(text: str, words: int) -> None:
    assert count(text) == words


WORDS = st.lists(st.sampled_from(["a", "bb", "合同", "同法", "กข"]), max_size=30)


@given(WORDS, st.integers(1, 5))
def test_windows_are_the_shortest_of_their_weight(words: list[str], n: int) -> None:
    ranges = list(windows(words, n))
    for start, end in ranges:
        weights = list(map(word_weight, words[start:end]))
        assert sum(weights) >= n * WEIGHT > sum(weights[:-1])
    assert [start for start, _ in ranges] == list(range(len(ranges)))
    assert sum(map(word_weight, words[len(ranges) :])) < n * WEIGHT
    spaced = [word for word in words if word.isascii()]
    assert list(windows(spaced, n)) == [(at, at + n) for at in range(len(spaced) - n + 1)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("患者服用阿司匹林 (aspirin) ，症状好转", "Han"),
        ("Aspirin (阿司匹林) is given twice daily to adults.", "Latin"),
        ("薬を飲む", "Kana"),
        ("ｶ\uff9eｽ", "Kana"),
        ("합의는 유효하다", "Hangul"),
        ("ผ\u0e39\u0e49ป\u0e48วย", "Thai"),
        ("\u0434\u043e\u0433\u043e\u0432\u043e\u0440", "Cyrillic"),
        ("12 % ?", ""),
    ],
)
def test_the_script_of_a_text(text: str, name: str) -> None:
    assert script(text) == name


def test_a_megabyte_of_han_or_of_its_marks_is_done_at_once() -> None:
    for text in ("合同法当事人，" * 50_000, "。" * 50_000, "合" * 50_000, "合\ufe00" * 30_000):
        assert len(segments(text)) <= len(text)
        assert weight(text) <= WEIGHT * len(text)


def test_every_character_of_these_scripts_is_seen() -> None:
    """What is looked for first, in bytes, must not hide any."""
    every = re.findall(f"[{IDEOGRAPHIC}{COMPLEX}]", "".join(map(chr, range(0x110000))))
    assert len(every) > 90_000
    assert all(map(spaceless, every[::7]))
    assert not any(map(spaceless, "aéß§“”—…€ءб한"))
