"""Times of day: which are one time, which are another, and which are none."""

import pytest

from dgrc.method import meaning, quantities
from dgrc.method.quantities import Clock

ASKS = "At what time does the drip end? Give the time as HH:MM."
HAN = "输液几点结束？"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("14:30", 52200), ("2:30 PM", 52200), ("2:30pm", 52200), ("02:30 p.m.", 52200), ("at 14:30", 52200),
        ("14:30:00", 52200), ("1430 hours", 52200), ("14时30分", 52200), ("14点30分", 52200), ("下午2时30分", 52200),
        ("下午2点半", 52200), ("十四时三十分", 52200), ("下午2:30", 52200), ("12:05 AM", 300), ("00:05", 300),
        ("12:05 PM", 43500), ("noon", 43200), ("12 noon", 43200), ("midnight", 0), ("9 AM", 32400),
        ("9 o'clock", 32400), ("上午9点整", 32400), ("9时", 32400), ("3:20", 12000), ("03:20", 12000), ("01:20", 4800),
        ("中午12点", 43200), ("14:30:05", 52205),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read(text: str, seconds: int) -> None:
    found = quantities.parse(text)
    assert isinstance(found, Clock)
    assert found.seconds == seconds
    assert quantities.parse(quantities.spell(found)) == found


@pytest.mark.parametrize(
    "text",
    ["25:00", "13:60", "13 PM", "14:3", "0:30 AM", "1:4", "3 hours", "1430", "14:30 to 15:30", "9时间", "时", "点"],
)
def test_what_is_no_time_of_day(text: str) -> None:
    assert not isinstance(quantities.parse(text), Clock)


@pytest.mark.parametrize(
    ("one", "other", "question", "alike"),
    [
        ("14:30", "2:30 PM", "", True), ("14:30", "2:30 AM", "", False), ("03:20", "3:20", "", True),
        ("01:20", "1:20", ASKS, True), ("01:20", "1:20", "", False), ("12:30", "2:05", ASKS, False),
        ("02:20", "02:20 the next day", ASKS, False), ("02:20 next day", "2:20 AM, the following day", ASKS, True),
        ("14:30", "14时30分", HAN, True), ("次日2时20分", "2时20分", HAN, False), ("14:30", "14:30", "", True),
        ("1:20", "2:40", "", False), ("1:20", "2:40", ASKS, False),
    ],
)  # fmt: skip
def test_when_two_times_are_the_same(one: str, other: str, question: str, alike: bool) -> None:
    assert meaning.same(one, other, question=question) is alike
    assert meaning.same(other, one, question=question) is alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("37万元", "37 万元", True), ("370000元", "37 万元", True), ("3亿元", "3 亿元", True),
        ("37 千克", "37 kg", True),
        ("50滴/分", "每分钟50滴", True), ("100毫升/小时", "每小时100毫升", True), ("100毫升/小时", "100 毫升/时", True),
        ("50滴/分", "每小时50滴", False), ("300毫克", "共300毫克", True), ("300毫克", "需要300毫克", True),
        ("300毫克", "答：300毫克", True), ("300毫克", "共需300毫克", True), ("300毫克", "共同300毫克", False),
        ("3片", "每日3片", False),
    ],
)  # fmt: skip
def test_how_chinese_measures_are_led(one: str, other: str, alike: bool) -> None:
    assert meaning.same(one, other) is alike
    assert meaning.same(other, one) is alike


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("A drip starts at 14:30 on a 24-hour clock. How many mL per hour does it run?", "60", "60 mL/hour"),
        ("What time limit, in days, applies to an appeal?", "30", "30 days"),
        ("Times are HH:MM. How many minutes does it last?", "90", "90 minutes"),
    ],
)
def test_a_time_that_is_spoken_of_takes_no_unit_away(question: str, one: str, other: str) -> None:
    assert meaning.same(one, other, question=question)
    assert not meaning.same(one, other)
