"""Medicine in Chinese: doses, drips and courses whose rules stand in the question, as exam papers put them.

A random number generator flows in; drafts of problems flow out. The medicines have no names and the doses no source:
nothing here is advice.
"""

import random
from fractions import Fraction

from dgrc.proving.natural.problem import Draft, Step
from dgrc.proving.natural.templates.chinese import clock, decimal, single, step, template

_DRIPS = tuple(
    (volume, minutes, drops)
    for volume in range(50, 501, 10)
    for minutes in range(20, 241, 10)
    for drops in (10, 15, 20)
    if volume * drops % minutes == 0 and 20 <= volume * drops // minutes <= 100
)
"""Millilitres, minutes, and drops a millilitre, whose rate is a whole number of drops a minute."""
_RUNS = tuple(
    (volume, drops, rate)
    for volume in range(100, 501, 50)
    for drops in (15, 20)
    for rate in (30, 40, 50, 60, 75, 80)
    if volume * drops % (rate * 5) == 0
)
"""Millilitres, drops a millilitre, and drops a minute, whose time is a multiple of five minutes."""
_SPLITS = tuple((tenths, parts) for tenths in range(2, 91) for parts in (2, 3, 4, 6) if tenths * 100 % parts == 0)
"""Tenths of a gram, and into how many doses of whole milligrams they are parted."""


def _dose_by_weight(rng: random.Random) -> Draft:
    weight, rate = rng.randrange(10, 91, 2), rng.choice((2, 3, 4, 5, 6, 8, 10, 15, 20))
    return single(
        "multiply",
        f"甲药按体重给药，每次用量为每千克体重{rate}毫克。患者体重{weight}千克，每次应给甲药多少毫克？",
        f"{weight * rate}毫克",
        f"每千克体重{rate}毫克",
        f"{weight}千克",
    )


def _daily_total(rng: random.Random) -> Draft:
    dose, times = rng.randrange(20, 621, 10), rng.choice((2, 3, 4, 6))
    return single(
        "multiply",
        f"患者服用乙药，每次{dose}毫克，每日{times}次。患者全天共服乙药多少毫克？",
        f"{dose * times}毫克",
        f"{dose}毫克",
        f"{times}次",
    )


def _volume(rng: random.Random) -> Draft:
    strength, volume = rng.choice((2, 4, 5, 10, 20, 25, 40, 50)), rng.randrange(2, 41)
    return single(
        "divide",
        f"丙药注射液每毫升含丙药{strength}毫克。现需丙药{strength * volume}毫克，应抽取该注射液多少毫升？",
        f"{volume}毫升",
        f"{strength * volume}毫克",
        f"每毫升含丙药{strength}毫克",
    )


def _drip_rate(rng: random.Random) -> Draft:
    volume, minutes, drops = rng.choice(_DRIPS)
    total, ask = volume * drops, "滴速应为多少滴/分？"
    return Draft(
        f"给患者静脉滴注药液{volume}毫升，要求{minutes}分钟匀速滴完，所用输液器每毫升为{drops}滴。{ask}",
        (
            step(
                "multiply",
                f"某输液器每毫升为{drops}滴。用它滴注药液{volume}毫升，共需滴多少滴？",
                f"{total}滴",
                f"{volume}毫升",
                f"每毫升为{drops}滴",
            ),
            step(
                "divide",
                f"一份药液共{total}滴，要求{minutes}分钟匀速滴完。{ask}",
                f"{total // minutes}滴/分",
                f"{total}滴",
                f"{minutes}分钟",
            ),
        ),
    )


def _course_tablets(rng: random.Random) -> Draft:
    dose, times, days = rng.choice((2, 3, 4)), rng.choice((2, 3, 4)), rng.randrange(3, 31)
    daily = dose * times
    return Draft(
        f"患者服用丁药，每次{dose}片，每日{times}次，连服{days}天。整个疗程共需丁药多少片？",
        (
            step(
                "multiply",
                f"丁药每次服{dose}片，每日服{times}次。一天共服多少片？",
                f"{daily}片",
                f"{dose}片",
                f"{times}次",
            ),
            step(
                "multiply",
                f"丁药一天共服{daily}片，连服{days}天。一共需要多少片？",
                f"{daily * days}片",
                f"{daily}片",
                f"{days}天",
            ),
        ),
    )


def _split_dose(rng: random.Random) -> Draft:
    tenths, parts = rng.choice(_SPLITS)
    grams, milligrams = f"{decimal(Fraction(tenths, 10))}克", f"{tenths * 100}毫克"
    return Draft(
        f"医嘱规定患者全天服用戊药{grams}，平均分{parts}次服用。每次应服多少毫克？",
        (
            step("convert", f"{grams}等于多少毫克？", milligrams, grams),
            step(
                "divide",
                f"患者全天服用戊药{milligrams}，平均分{parts}次服用。每次应服多少毫克？",
                f"{tenths * 100 // parts}毫克",
                milligrams,
                f"{parts}次",
            ),
        ),
    )


def _infusion_end(rng: random.Random) -> Draft:
    (volume, drops, rate), start = rng.choice(_RUNS), rng.randrange(10 * 60, 16 * 60, 10)
    total, minutes = volume * drops, volume * drops // rate  # from 10:00 on, so that no hour is written 9 or 09
    ask = "何时输完？（按24小时制，写作“时:分”）"
    return Draft(
        f"护士于{clock(start)}开始给患者输液，药液共{volume}毫升，输液器每毫升为{drops}滴，"
        f"滴速始终为每分钟{rate}滴。药液{ask}",
        (
            step(
                "multiply",
                f"输液器每毫升为{drops}滴，药液共{volume}毫升。这些药液共有多少滴？",
                f"{total}滴",
                f"{volume}毫升",
                f"每毫升为{drops}滴",
            ),
            step(
                "divide",
                f"药液共{total}滴，滴速始终为每分钟{rate}滴。输完需要多少分钟？",
                f"{minutes}分钟",
                f"{total}滴",
                f"每分钟{rate}滴",
            ),
            step(
                "add",
                f"输液于{clock(start)}开始，需要{minutes}分钟输完。{ask}",
                clock(start + minutes),
                clock(start),
                f"{minutes}分钟",
            ),
        ),
    )


def _taper(rng: random.Random) -> Draft:
    less, days = rng.choice((5, 10, 15, 20)), rng.choice((3, 4, 5, 6, 7, 10, 14))
    first = less * rng.randrange(3, 13)
    second, third = first - less, first - 2 * less
    daily = first + second + third
    return Draft(
        f"患者服用己药，分3个阶段减量：第一阶段每日{first}毫克；从第二阶段起，每日用量都比前一阶段少{less}毫克；"
        f"每个阶段{days}天。3个阶段共服己药多少毫克？",
        (
            _less("第一", "第二", first, less),
            _less("第二", "第三", second, less),
            step(
                "add",
                f"己药第一、第二、第三阶段的每日用量依次为{first}毫克、{second}毫克、{third}毫克。"
                "这3个用量之和是多少毫克？",
                f"{daily}毫克",
                *(f"{dose}毫克" for dose in (first, second, third)),
            ),
            step(
                "multiply",
                f"己药分3个阶段服用，每个阶段都是{days}天，3个阶段的每日用量之和为{daily}毫克。"
                "3个阶段共服己药多少毫克？",
                f"{daily * days}毫克",
                f"{daily}毫克",
                f"{days}天",
            ),
        ),
    )


def _less(before: str, after: str, dose: int, less: int) -> Step:
    return step(
        "subtract",
        f"己药{before}阶段每日用{dose}毫克，{after}阶段每日用量比{before}阶段少{less}毫克。{after}阶段每日用多少毫克？",
        f"{dose - less}毫克",
        f"{dose}毫克",
        f"{less}毫克",
    )


TEMPLATES = (
    template("medicine/zh/dose_by_weight", _dose_by_weight),
    template("medicine/zh/daily_total", _daily_total),
    template("medicine/zh/volume", _volume),
    template("medicine/zh/drip_rate", _drip_rate),
    template("medicine/zh/course_tablets", _course_tablets),
    template("medicine/zh/split_dose", _split_dose),
    template("medicine/zh/infusion_end", _infusion_end),
    template("medicine/zh/taper", _taper),
)
"""Those of medicine in Chinese that are trained on."""
