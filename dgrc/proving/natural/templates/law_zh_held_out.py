"""Law in Chinese, held out: kinds of problems on which nothing is trained.

A random number generator flows in; drafts of problems flow out.
"""

import random
from datetime import date, timedelta

from dgrc.proving.natural.problem import Draft, Step
from dgrc.proving.natural.templates.chinese import AS_DATE, day, single, step, template

_PRICES = tuple(
    (price, paid, parts)
    for price in range(20000, 200001, 10000)
    for paid in range(5000, price, 5000)
    for parts in (3, 4, 5, 6, 8, 10, 12)
    if (price - paid) % (parts * 100) == 0 and paid * 2 <= price
)
"""Yuan, yuan paid at once, and into how many equal parts of whole hundreds the rest goes."""

_CHANGES = tuple((up, down) for up in range(5, 41, 5) for down in range(5, 51, 5) if up != down)
"""Percent more and percent less, which do not cancel out."""


def _appeal(rng: random.Random) -> Draft:
    served = date(rng.randrange(2016, 2027), rng.choice((1, 2, 2, 4, 6, 9, 12)), rng.randrange(10, 29))
    days = rng.choice((10, 15, 20, 30))
    return single(
        "date",
        f"一审判决书于{day(served)}送达当事人，上诉期为{days}天，送达当天不算在内，从第二天开始数，"
        f"遇休息日不顺延。当事人最晚可以在哪一天上诉？{AS_DATE}",
        day(served + timedelta(days=days)),
        day(served),
        f"{days}天",
    )


def _installments(rng: random.Random) -> Draft:
    price, paid, parts = rng.choice(_PRICES)
    rest = price - paid
    return Draft(
        f"丙向丁购买一批设备，总价{price}元，签约时先付{paid}元，剩余价款分{parts}期支付，各期金额相等，不计利息。"
        "丙每期应付多少元？",
        (
            step(
                "subtract",
                f"设备总价{price}元，已付{paid}元，剩余价款是多少元？",
                f"{rest}元",
                f"{price}元",
                f"{paid}元",
            ),
            step(
                "divide",
                f"剩余价款{rest}元分{parts}期支付，各期金额相等，不计利息。每期应付多少元？",
                f"{rest // parts}元",
                f"{rest}元",
                f"{parts}期",
            ),
        ),
    )


def _sentencing(rng: random.Random) -> Draft:
    years, (up, down) = rng.choice((5, 10)), rng.choice(_CHANGES)
    months = years * 12
    more, less = months * up // 100, months * down // 100
    return Draft(
        f"量刑规则：先确定基准刑，再按量刑情节增减，增减的比例都以基准刑为基数。被告人丁的基准刑为有期徒刑{years}年；"
        f"丁系累犯，增加{up}%；丁有自首情节，减少{down}%。对丁应判处有期徒刑多少个月？",
        (
            step("convert", f"有期徒刑{years}年合多少个月？", f"{months}个月", f"{years}年"),
            _part("因累犯增加", months, up, more),
            _part("因自首减少", months, down, less),
            step(
                "add",
                f"基准刑为有期徒刑{months}个月，因累犯增加{more}个月。增加后的刑期是多少个月？",
                f"{months + more}个月",
                f"{months}个月",
                f"{more}个月",
            ),
            step(
                "subtract",
                f"有期徒刑{months + more}个月，因自首减少{less}个月。减少后的刑期是多少个月？",
                f"{months + more - less}个月",
                f"{months + more}个月",
                f"{less}个月",
            ),
        ),
    )


def _part(why: str, months: int, percent: int, answer: int) -> Step:
    return step(
        "multiply",
        f"基准刑为有期徒刑{months}个月，{why}基准刑的{percent}%。{why}的是多少个月？",
        f"{answer}个月",
        f"{months}个月",
        f"{percent}%",
    )


TEMPLATES = (
    template("law/zh/appeal", _appeal, held_out=True),
    template("law/zh/installments", _installments, held_out=True),
    template("law/zh/sentencing", _sentencing, held_out=True),
)
"""Those of law in Chinese that are held out."""
