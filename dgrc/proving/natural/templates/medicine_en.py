"""Medicine in English, trained on: doses, whose rules stand in the question. Names of medicines are invented."""

import random
from fractions import Fraction

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import MEDICINES, decimal, family, many, one_of, step


def _single_dose(rng: random.Random) -> Draft:
    rate, weight = rng.randrange(2, 13), rng.randrange(4, 51)
    name = one_of(MEDICINES, rate, weight)
    text = (
        f"{name} is given at {rate} mg per kg of body weight. A child weighs {weight} kg. How many mg of {name} is one "
        "dose for this child?"
    )
    return Draft(text, (step("multiply", text, f"{rate * weight} mg", f"{rate} mg per kg", f"{weight} kg"),))


def _syrup_volume(rng: random.Random) -> Draft:
    strength, volume = rng.randrange(2, 26), rng.randrange(2, 21)
    name = one_of(MEDICINES, strength, volume)
    text = (
        f"Each mL of a syrup contains {strength} mg of {name}. How many mL of the syrup contain "
        f"{strength * volume} mg of {name}?"
    )
    return Draft(text, (step("divide", text, f"{volume} mL", f"{strength * volume} mg", f"{strength} mg"),))


def _powder_in_mg(rng: random.Random) -> Draft:
    mass = Fraction(rng.randrange(1, 1000), rng.choice((10, 100)))
    text = f"A pharmacist weighs out {decimal(mass)} g of a powder. How many mg is that?"
    return Draft(text, (step("convert", text, f"{decimal(mass * 1000)} mg", f"{decimal(mass)} g"),))


def _tablets_at_once(rng: random.Random) -> Draft:
    tablets, strength = rng.randrange(2, 11), rng.randrange(5, 251, 5)
    name = one_of(MEDICINES, tablets, strength // 5)
    text = (
        f"One tablet of {name} contains {strength} mg. How many mg does a patient take who swallows {tablets} tablets "
        "together?"
    )
    return Draft(text, (step("multiply", text, f"{tablets * strength} mg", f"{tablets} tablets", f"{strength} mg"),))


def _dose_by_weight(rng: random.Random) -> Draft:
    weight, rate, times = rng.randrange(10, 91, 5), rng.randrange(2, 11), rng.choice((2, 3, 4))
    dose = weight * rate
    return Draft(
        f"A patient weighs {weight} kg. A medicine is given at {rate} mg per kg of body weight for each dose, "
        f"{times} times a day. How many mg does the patient get in one day?",
        (
            step(
                "multiply",
                f"A medicine is dosed at {rate} mg per kg of body weight. How many mg is one dose for a patient of "
                f"{weight} kg?",
                f"{dose} mg",
                f"{rate} mg per kg",
                f"{weight} kg",
            ),
            step(
                "multiply",
                f"A patient gets {dose} mg of a medicine {times} times a day. How many mg is that in one day?",
                f"{dose * times} mg",
                f"{dose} mg",
                f"{times} times a day",
            ),
        ),
    )


def _weight_in_pounds(rng: random.Random) -> Draft:
    weight, rate = rng.randrange(10, 101, 5), rng.randrange(2, 31)
    pounds, name = decimal(Fraction(weight * 22, 10)), one_of(MEDICINES, weight, rate)
    return Draft(
        f"A man says that he weighs {pounds} lb (2.2 lb are 1 kg). {name} is given at {rate} mcg per kg. "
        "How many mcg does he get?",
        (
            step(
                "convert", f"If 2.2 lb are 1 kg, how many kg are {pounds} lb?", f"{weight} kg", f"{pounds} lb", "2.2 lb"
            ),
            step(
                "multiply", f"{name} is given at {rate} mcg per kg. How many mcg does a man of {weight} kg get?",
                f"{weight * rate} mcg", f"{rate} mcg per kg", f"{weight} kg",
            ),
        ),
    )  # fmt: skip


def _tablets_for_a_course(rng: random.Random) -> Draft:
    each, times, days = rng.randrange(2, 6), rng.randrange(2, 5), rng.randrange(3, 41)
    name = one_of(MEDICINES, each, times, days)
    return Draft(
        f"A course of {name} lasts {days} days: {each} tablets, {times} times a day. How many tablets are needed for "
        "the whole course?",
        (
            step(
                "multiply", f"A patient takes {each} tablets {times} times a day. How many tablets is that a day?",
                f"{each * times} tablets", f"{each} tablets", f"{times} times a day",
            ),
            step(
                "multiply", f"A patient takes {each * times} tablets a day. How many tablets are needed for {days} "
                "days?",
                f"{each * times * days} tablets", f"{each * times} tablets a day", f"{days} days",
            ),
        ),
    )  # fmt: skip


def _tablets_by_weight(rng: random.Random) -> Draft | None:
    strength = rng.choice((20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 200))
    tablets, rate = rng.randrange(2, 9), rng.randrange(2, 21)
    dose = strength * tablets
    if dose % rate or not 8 <= dose // rate <= 110:
        return None
    weight, name = dose // rate, one_of(MEDICINES, tablets, strength, rate)
    return Draft(
        f"The dose of {name} is {rate} mg for every kg of body weight, and it comes in tablets of {strength} mg. "
        f"How many tablets does a patient of {weight} kg take for one dose?",
        (
            step(
                "multiply", f"The dose of {name} is {rate} mg for every kg of body weight. How many mg does a patient "
                f"of {weight} kg take?", f"{dose} mg", f"{rate} mg", f"{weight} kg",
            ),
            step(
                "divide", f"How many tablets of {strength} mg make a dose of {dose} mg?",
                many(tablets, "tablet"), f"{dose} mg", f"{strength} mg",
            ),
        ),
    )  # fmt: skip


def _divided_dose(rng: random.Random) -> Draft | None:
    parts, each, rate = rng.choice((2, 3, 4, 6)), rng.randrange(10, 201, 5), rng.choice((4, 5, 6, 8, 10, 12, 15, 20))
    if each * parts % rate or not 5 <= each * parts // rate <= 100:
        return None
    total, name = each * parts, one_of(MEDICINES, parts, each // 5, rate)
    return Draft(
        f"The daily amount of {name} is {rate} mg per kg, divided into {parts} equal doses. A patient weighs "
        f"{total // rate} kg. How many mg is each dose?",
        (
            step(
                "multiply", f"The daily amount of {name} is {rate} mg per kg. How many mg a day does a patient of "
                f"{total // rate} kg get?", f"{total} mg", f"{rate} mg per kg", f"{total // rate} kg",
            ),
            step(
                "divide", f"A daily amount of {total} mg is divided into {parts} equal doses. How many mg is each "
                "dose?", f"{each} mg", f"{total} mg", f"{parts} equal doses",
            ),
        ),
    )  # fmt: skip


def _weak_kidneys(rng: random.Random) -> Draft:
    weight, rate = rng.randrange(40, 101, 10), rng.choice((2, 3, 4))
    times, days = rng.choice((2, 3)), rng.randrange(3, 8)
    limit, clearance = rng.choice((30, 50)), rng.randrange(10, 75, 5)
    dose, half = weight * rate, clearance < limit
    a_day = dose * times
    rule = f"If kidney clearance is below {limit} mL per minute, half of the usual amount is given"
    return Draft(
        f"The usual dose of a medicine is {rate} mg per kg, {times} times a day. {rule}. A patient weighs {weight} kg "
        f"and has a clearance of {clearance} mL per minute. How many mg does the patient get in {days} days?",
        (
            step(
                "multiply", f"The usual dose of a medicine is {rate} mg per kg. How many mg is it at {weight} kg?",
                f"{dose} mg", f"{rate} mg per kg", f"{weight} kg",
            ),
            step(
                "multiply", f"The usual dose of a medicine is {dose} mg, {times} times a day. How many mg a day is the "
                "usual amount?", f"{a_day} mg", f"{dose} mg", f"{times} times a day",
            ),
            step(
                "compare", f"The usual amount of a medicine is {a_day} mg a day. {rule}. How many mg in all does a "
                f"patient with a clearance of {clearance} mL per minute get in {days} days?",
                f"{a_day * days // (2 if half else 1)} mg", f"{a_day} mg a day", f"{limit} mL per minute",
                f"{clearance} mL per minute", f"{days} days",
            ),
        ),
    )  # fmt: skip


def _highest_dose(rng: random.Random) -> Draft | None:
    weight, rate, most = rng.randrange(30, 121, 10), rng.randrange(5, 16), rng.choice((400, 500, 600, 800, 1000))
    times, days = rng.choice((2, 3, 4)), rng.choice((5, 7, 10, 14))
    dose = weight * rate
    given = min(dose, most) * times
    if given * days % 100:
        return None
    rule = f"no single dose may be more than {most} mg"
    return Draft(
        f"A medicine is given at {rate} mg per kg for each dose, but {rule}; a larger result is cut to that. "
        f"A patient of {weight} kg gets {times} doses a day for {days} days. How many g does the patient get in all?",
        (
            step(
                "multiply", f"At {rate} mg per kg, how many mg are worked out for {weight} kg?",
                f"{dose} mg", f"{rate} mg per kg", f"{weight} kg",
            ),
            step(
                "compare", f"A dose of {dose} mg was worked out, but {rule}; a larger result is cut to that. How many "
                f"mg are given in {times} doses?", f"{given} mg", f"{dose} mg", f"{most} mg", f"{times} doses",
            ),
            step(
                "multiply", f"A patient gets {given} mg of a medicine a day. How many mg is that in {days} days?",
                f"{given * days} mg", f"{given} mg", f"{days} days",
            ),
            step(
                "convert", f"How many g are {given * days} mg?", f"{decimal(Fraction(given * days, 1000))} g",
                f"{given * days} mg",
            ),
        ),
    )  # fmt: skip


def _pounds_to_bottle(rng: random.Random) -> Draft | None:
    weight, rate, strength = rng.randrange(10, 91, 10), rng.randrange(2, 11), rng.choice((5, 10, 20, 25))
    if weight * rate % strength:
        return None
    times, pounds, dose = rng.choice((2, 3, 4)), weight * 22 // 10, weight * rate
    volume = dose // strength
    return Draft(
        f"A patient weighs {pounds} lb, where 2.2 lb are 1 kg. The order is {rate} mg per kg, {times} times a day, of "
        f"a liquid with {strength} mg in each mL. How many mL does the patient get in a day?",
        (
            step("convert", f"2.2 lb are 1 kg. How many kg are {pounds} lb?", f"{weight} kg", f"{pounds} lb", "2.2 lb"),
            step(
                "multiply", f"The order is {rate} mg per kg. How many mg is a dose for {weight} kg?",
                f"{dose} mg", f"{rate} mg per kg", f"{weight} kg",
            ),
            step(
                "divide", f"A liquid has {strength} mg in each mL. How many mL hold a dose of {dose} mg?",
                f"{volume} mL", f"{dose} mg", f"{strength} mg",
            ),
            step(
                "multiply", f"A patient gets {volume} mL of a liquid {times} times a day. How many mL is that a day?",
                f"{volume * times} mL", f"{volume} mL", f"{times} times a day",
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "medicine",
    (
        _single_dose, _syrup_volume, _powder_in_mg, _tablets_at_once, _dose_by_weight, _weight_in_pounds,
        _tablets_for_a_course, _tablets_by_weight, _divided_dose, _weak_kidneys, _highest_dose, _pounds_to_bottle,
    ),
)  # fmt: skip
"""Doses."""
