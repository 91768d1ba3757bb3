"""Law in Chinese: periods, fines and fees whose rules stand in the question, as exam papers put them.

A random number generator flows in; drafts of problems flow out. The rules are those of the question, whatever a
country's law says.
"""

import random
from datetime import date, timedelta

from dgrc.proving.natural.problem import Draft, Step
from dgrc.proving.natural.templates.chinese import AS_DATE, day, single, step, template, weekday, years_later

_NUMERALS = {2: "二", 3: "三", 4: "四", 5: "五", 6: "六", 8: "八"}
_WEEKEND = "星期六、星期日不是工作日"


def _daily_fine(rng: random.Random) -> Draft:
    days, rate = rng.randrange(3, 61), rng.choice((50, 100, 200, 300, 500))
    return single(
        "multiply",
        f"行政处罚决定书载明：当事人逾期缴纳罚款的，每逾期1日，加处罚款{rate}元。某公司逾期{days}日，应加处罚款多少元？",
        f"{days * rate}元",
        f"{rate}元",
        f"{days}日",
    )


def _liability_share(rng: random.Random) -> Draft:
    loss, share = rng.randrange(1000, 20001, 500), rng.choice((10, 20, 30, 40, 60, 70, 80, 90))
    return single(
        "multiply",
        f"乙致甲受伤，甲的损失共计{loss}元。法院认定乙承担{share}%的责任，其余由甲自行承担。乙应赔偿甲多少元？",
        f"{loss * share // 100}元",
        f"{loss}元",
        f"{share}%",
    )


def _limitation(rng: random.Random) -> Draft:
    start, years = _from_when(rng), rng.choice((2, 3, 4, 5))
    return single(
        "date",
        f"某项请求权的诉讼时效期间为{years}年，自{day(start)}起算。规则：{_by_years(years)}"
        f"该诉讼时效期间的届满日是哪一天？{AS_DATE}",
        day(years_later(start, years)),
        day(start),
        f"{years}年",
    )


def _by_years(years: int) -> str:
    return f"届满日为{years}年后与起算日同月同日的那一天；那一年没有这一天的，为当月最后一日。"


def _from_when(rng: random.Random) -> date:
    """Any day; one in eight is a leap day, and none needs luck to be one."""
    if rng.randrange(8) == 0:
        return date(rng.choice((2008, 2012, 2016, 2020, 2024)), 2, 29)
    return date(2008, 1, 1) + timedelta(days=rng.randrange(6500))


def _business_days(rng: random.Random) -> Draft:
    received = date(rng.randrange(2018, 2026), rng.choice((3, 7, 8, 11)), rng.randrange(1, 29))
    received -= timedelta(days=max(received.weekday() - 4, 0))
    period = rng.choice((3, 5, 7, 8, 10, 15))
    days = _workdays(received, period + 1)
    holiday, last, postponed = rng.choice(days[:-1]), days[-2], days[-1]
    ask = f"是哪一天？{AS_DATE}"
    got = f"{day(received)}（{weekday(received)}）"
    return Draft(
        f"当事人于{got}收到补正通知，应在{period}个工作日内补正，自收到通知的次日起算。{_WEEKEND}；"
        f"{day(holiday)}（{weekday(holiday)}）放假，也不是工作日；此外没有其他假日。补正期限的最后一日{ask}",
        (
            step(
                "date",
                f"某期限为{period}个工作日，自{got}的次日起算。{_WEEKEND}，此外没有其他假日。期限的最后一日{ask}",
                day(last),
                day(received),
                f"{period}个工作日",
            ),
            step(
                "date",
                f"某期限的最后一日原为{day(last)}（{weekday(last)}）。因期限内的{day(holiday)}放假，最后一日顺延到"
                f"{day(last)}之后的第一个工作日。{_WEEKEND}，此外没有其他假日。顺延后的最后一日{ask}",
                day(postponed),
                day(last),
                day(holiday),
            ),
        ),
    )


def _workdays(after: date, count: int) -> list[date]:
    """So many days from Monday to Friday behind a day."""
    days = (after + timedelta(days=number) for number in range(1, 2 * count + 3))
    return [when for when in days if when.weekday() < 5][:count]


def _late_penalty(rng: random.Random) -> Draft:
    owed, rate, days = rng.randrange(1, 41), rng.choice(tuple(_NUMERALS)), rng.choice(range(10, 91, 5))
    daily, share = owed * rate, f"万分之{_NUMERALS[rate]}"
    return Draft(
        f"买卖合同约定：买方逾期付款的，每逾期1日，按欠款额的{share}支付违约金。买方欠款{owed}万元，逾期{days}日。"
        "买方应付违约金多少元？",
        (
            step(
                "multiply",
                f"违约金每日按欠款额的{share}计算，欠款额为{owed}万元。每日的违约金是多少元？",
                f"{daily}元",
                f"{owed}万元",
                share,
            ),
            step(
                "multiply",
                f"违约金每日{daily}元，逾期{days}日。违约金一共多少元？",
                f"{daily * days}元",
                f"{daily}元",
                f"{days}日",
            ),
        ),
    )


def _custody_credit(rng: random.Random) -> Draft:
    sentence, held = rng.choice(range(90, 721, 30)), rng.choice(range(10, 121, 5))
    held = min(held, sentence // 2 - 10)
    rule = "判决执行以前先行羁押的，羁押1日折抵管制刑期2日"
    return Draft(
        f"规则：{rule}。罪犯甲被判处管制{sentence}日，判决执行以前已先行羁押{held}日。折抵后，甲还须执行管制多少日？",
        (
            step(
                "multiply",
                f"规则：{rule}。甲已先行羁押{held}日，可折抵管制刑期多少日？",
                f"{2 * held}日",
                f"羁押{held}日",
                "折抵管制刑期2日",
            ),
            step(
                "subtract",
                f"甲被判处管制{sentence}日，先行羁押可折抵其中的{2 * held}日。甲还须执行管制多少日？",
                f"{sentence - 2 * held}日",
                f"{sentence}日",
                f"{2 * held}日",
            ),
        ),
    )


def _limitation_suspended(rng: random.Random) -> Draft:
    start, years = _from_when(rng), rng.choice((2, 3))
    demand = start + timedelta(days=rng.randrange(100, 365 * years - 100))
    new_end = years_later(demand, years)
    first = new_end - timedelta(days=rng.randrange(75, 176))  # within the last six months, as real suspensions are
    return _suspended(years, start, demand, (first, first + timedelta(days=rng.randrange(9, 70))))


def _suspended(years: int, start: date, demand: date, pause: tuple[date, date]) -> Draft:
    new_end, days = years_later(demand, years), (pause[1] - pause[0]).days + 1
    span = f"中止期间自{day(pause[0])}起至{day(pause[1])}止（首尾两日都计算在内）"
    again, late = _by_years(years), "届满日按中止的天数向后顺延"
    return Draft(
        f"规则：债权人请求履行的，诉讼时效中断，以请求之日为起算日重新计算{years}年；{again}时效中止的，{late}。"
        f"某债权的诉讼时效期间为{years}年，自{day(start)}起算；债权人于{day(demand)}请求债务人履行；"
        f"此后时效因不可抗力中止一次，{span}。诉讼时效期间的届满日是哪一天？{AS_DATE}",
        (
            step(
                "date",
                f"债权人于{day(demand)}请求履行，诉讼时效以这一天为起算日重新计算{years}年。规则：{again}"
                f"重新计算后的届满日是哪一天？{AS_DATE}",
                day(new_end),
                day(demand),
                f"{years}年",
            ),
            step(
                "days",
                f"诉讼时效中止，{span}。一共中止多少天？",
                f"{days}天",
                day(pause[0]),
                day(pause[1]),
            ),
            step(
                "date",
                f"诉讼时效期间原定于{day(new_end)}届满，其间中止{days}天。规则：{late}。"
                f"顺延后的届满日是哪一天？{AS_DATE}",
                day(new_end + timedelta(days=days)),
                day(new_end),
                f"{days}天",
            ),
        ),
    )


def _court_fee(rng: random.Random) -> Draft:
    limit, over = rng.choice((10, 20, 30, 40, 50)), rng.randrange(1, 41)
    low, high = rng.choice(((2, 1), (3, 2), (3, 1), (4, 2), (4, 3), (5, 3)))
    base, extra = limit * low * 100, over * high * 100
    return Draft(
        f"某案件受理费按诉讼请求金额分段累计交纳：不超过{limit}万元的部分，按{low}%交纳；超过{limit}万元的部分，"
        f"按{high}%交纳。原告的诉讼请求金额为{limit + over}万元，应交案件受理费多少元？",
        (
            _share_of(f"{limit}万元", low, base),
            step(
                "subtract",
                f"诉讼请求金额为{limit + over}万元，其中超过{limit}万元的部分是多少万元？",
                f"{over}万元",
                f"{limit + over}万元",
                f"{limit}万元",
            ),
            _share_of(f"{over}万元", high, extra),
            step(
                "add",
                f"案件受理费分两段：第一段{base}元，第二段{extra}元。两段合计多少元？",
                f"{base + extra}元",
                f"{base}元",
                f"{extra}元",
            ),
        ),
    )


def _share_of(amount: str, percent: int, fee: int) -> Step:
    return step(
        "multiply",
        f"诉讼请求金额中的{amount}按{percent}%交纳案件受理费。这一部分应交多少元？",
        f"{fee}元",
        amount,
        f"{percent}%",
    )


TEMPLATES = (
    template("law/zh/daily_fine", _daily_fine),
    template("law/zh/liability_share", _liability_share),
    template("law/zh/limitation", _limitation),
    template("law/zh/business_days", _business_days),
    template("law/zh/late_penalty", _late_penalty),
    template("law/zh/custody_credit", _custody_credit),
    template("law/zh/limitation_suspended", _limitation_suspended),
    template("law/zh/court_fee", _court_fee),
)
"""Those of law in Chinese that are trained on."""
