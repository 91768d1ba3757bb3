"""Medicine in Chinese, held out: kinds of problems on which nothing is trained.

A random number generator flows in; drafts of problems flow out.
"""

import random
from fractions import Fraction

from dgrc.proving.natural.problem import Draft, Step
from dgrc.proving.natural.templates.chinese import decimal, single, step, template

_AREAS = tuple(
    (tenths, rate, strength)
    for tenths in range(11, 21)
    for rate in (25, 50, 60, 75, 80, 100, 150, 200)
    for strength in (2, 4, 5, 10, 20, 25)
    if tenths * rate % 10 == 0 and tenths * rate % strength == 0
)
"""Tenths of a square metre, milligrams for each, and milligrams a millilitre; the volume has one decimal at most."""


def _pump_rate(rng: random.Random) -> Draft:
    hours, rate = rng.randrange(2, 13), rng.randrange(20, 151, 5)
    return single(
        "divide",
        f"现用输液泵匀速泵入庚药溶液，总量{hours * rate}毫升，须在{hours}小时内恰好泵完。泵速应设为多少毫升/小时？",
        f"{rate}毫升/小时",
        f"{hours * rate}毫升",
        f"{hours}小时",
    )


def _surface_area(rng: random.Random) -> Draft:
    tenths, rate, strength = rng.choice(_AREAS)
    area, dose = f"{decimal(Fraction(tenths, 10))}平方米", tenths * rate // 10
    return Draft(
        f"辛药按体表面积计算用量，每平方米体表面积{rate}毫克。某人体表面积为{area}，"
        f"药液的浓度为{strength}毫克/毫升。一次应注射药液多少毫升？",
        (
            step(
                "multiply",
                f"辛药的用量为每平方米体表面积{rate}毫克。某人体表面积为{area}，其用量是多少毫克？",
                f"{dose}毫克",
                area,
                f"每平方米体表面积{rate}毫克",
            ),
            step(
                "divide",
                f"辛药药液的浓度为{strength}毫克/毫升。要得到辛药{dose}毫克，需注射药液多少毫升？",
                f"{decimal(Fraction(dose, strength))}毫升",
                f"{dose}毫克",
                f"{strength}毫克/毫升",
            ),
        ),
    )


def _fluids(rng: random.Random) -> Draft:
    weight = rng.randrange(22, 41)
    first, second, third = rng.choice((80, 90, 100)), rng.choice((40, 50, 60)), rng.choice((10, 15, 20, 25))
    amounts = [10 * first, 10 * second, (weight - 20) * third]
    return Draft(
        f"假定儿童一天的液体总量按体重分段累计：不超过10千克的部分，每千克{first}毫升；超过10千克至20千克的部分，"
        f"每千克{second}毫升；超过20千克的部分，每千克{third}毫升。某儿童重{weight}千克，一天的液体总量是多少毫升？",
        (
            _share("10千克", first, amounts[0]),
            _share("10千克", second, amounts[1]),
            step(
                "subtract",
                f"某儿童重{weight}千克，其中超过20千克的部分是多少千克？",
                f"{weight - 20}千克",
                f"{weight}千克",
                "20千克",
            ),
            _share(f"{weight - 20}千克", third, amounts[2]),
            step(
                "add",
                f"某儿童一天的液体量分三部分：{amounts[0]}毫升、{amounts[1]}毫升、{amounts[2]}毫升。合计多少毫升？",
                f"{sum(amounts)}毫升",
                *(f"{amount}毫升" for amount in amounts),
            ),
        ),
    )


def _share(weight: str, rate: int, amount: int) -> Step:
    return step(
        "multiply",
        f"体重中的{weight}按每千克{rate}毫升计算液体量。这一部分的液体量是多少毫升？",
        f"{amount}毫升",
        weight,
        f"每千克{rate}毫升",
    )


TEMPLATES = (
    template("medicine/zh/pump_rate", _pump_rate, held_out=True),
    template("medicine/zh/surface_area", _surface_area, held_out=True),
    template("medicine/zh/fluids", _fluids, held_out=True),
)
"""Those of medicine in Chinese that are held out."""
