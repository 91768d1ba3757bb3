"""Medicine in English, held out: situations that no template has that is trained on."""

import random
from datetime import timedelta
from fractions import Fraction

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import MEDICINES, any_day, clock, decimal, family, one_of, step


def _oxygen_bottle(rng: random.Random) -> Draft:
    flow, minutes = rng.randrange(2, 16), rng.randrange(20, 121, 5)
    text = (
        f"An oxygen bottle in an ambulance still holds {flow * minutes} L. The mask uses {flow} L per minute. For how "
        "many minutes will the oxygen last?"
    )
    return Draft(text, (step("divide", text, f"{minutes} minutes", f"{flow * minutes} L", f"{flow} L per minute"),))


def _tapering(rng: random.Random) -> Draft:
    cut, times, left = rng.choice((2, 3, 4, 5, 6, 8, 10)), rng.randrange(3, 10), rng.randrange(5, 61, 5)
    down = cut * times
    first, name = down + left, one_of(MEDICINES, cut, times, left // 5)
    return Draft(
        f"Treatment with {name} starts with {first} mg a day and is tapered off: the daily dose is lowered by {cut} mg "
        f"each time. How many mg a day are taken after it was lowered {times} times?",
        (
            step(
                "multiply", f"A daily dose is lowered {times} times, by {cut} mg each time. By how many mg is it "
                "lowered altogether?", f"{down} mg", f"{times} times", f"{cut} mg",
            ),
            step(
                "subtract", f"A daily dose of {first} mg is lowered by {down} mg. How many mg a day is it then?",
                f"{left} mg", f"{first} mg", f"{down} mg",
            ),
        ),
    )  # fmt: skip


def _thinned_ampoule(rng: random.Random) -> Draft | None:
    volume, strength, made_up = rng.randrange(2, 21), rng.choice((5, 10, 20, 25, 40, 50)), rng.choice((20, 25, 50, 100))
    amount = volume * strength
    thin = Fraction(amount, made_up)
    if made_up <= volume or (thin * 10).denominator > 1:
        return None
    return Draft(
        f"A nurse draws {volume} mL of a drug of {strength} mg per mL into a syringe and fills it up with saline to "
        f"{made_up} mL. How many mg of the drug are in each mL of the mixture?",
        (
            step(
                "multiply", f"How many mg of a drug are in {volume} mL at {strength} mg per mL?",
                f"{amount} mg", f"{volume} mL", f"{strength} mg per mL",
            ),
            step(
                "divide", f"A syringe of {made_up} mL contains {amount} mg of a drug, evenly mixed. How many mg are in "
                "each mL?", f"{decimal(thin)} mg", f"{amount} mg", f"{made_up} mL",
            ),
        ),
    )  # fmt: skip


def _empty_bottle(rng: random.Random) -> Draft:
    a_day, days, first = rng.randrange(2, 7), rng.randrange(5, 31), any_day(rng)
    last = first + timedelta(days=days - 1)
    return Draft(
        f"From {first} on a woman takes {a_day} capsules every day out of a full jar of {a_day * days} capsules. On "
        "which date does she take the last ones? Give the date as YYYY-MM-DD.",
        (
            step(
                "divide", f"For how many days does a jar of {a_day * days} capsules last at {a_day} capsules a day?",
                f"{days} days", f"{a_day * days} capsules", f"{a_day} capsules a day",
            ),
            step(
                "date", f"A jar of capsules lasts for {days} days, and {first} is the first of them. Which date is the "
                "last of them? Give the date as YYYY-MM-DD.", str(last), f"{days} days", str(first),
            ),
        ),
    )  # fmt: skip


def _next_injection(rng: random.Random) -> Draft | None:
    gap, number, start = rng.choice((3, 4, 6, 8)), rng.randrange(3, 8), rng.randrange(0, 1440, 15)
    waits = number - 1
    hours = waits * gap
    ordinal = ("third", "fourth", "fifth", "sixth", "seventh")[number - 3]
    if not hours % 24:
        return None
    return Draft(
        f"Injections are given every {gap} hours, the first of them at {clock(start)}. At what time of day is the "
        f"{ordinal} injection due? Give the time as HH:MM on a 24-hour clock.",
        (
            step(
                "subtract", f"Injections are given at equal intervals. How many intervals lie between the first and "
                f"the {ordinal} injection?", f"{waits} intervals", f"the {ordinal} injection",
            ),
            step(
                "multiply", f"How many hours are {waits} intervals of {gap} hours?", f"{hours} hours",
                f"{waits} intervals", f"{gap} hours",
            ),
            step(
                "date", f"What time of day is it {hours} hours after {clock(start)}? Give the time as HH:MM on a "
                "24-hour clock.", clock(start + hours * 60), f"{hours} hours", clock(start),
            ),
        ),
    )  # fmt: skip


def _burn(rng: random.Random) -> Draft:
    factor, weight, percent = rng.choice((2, 3, 4)), rng.randrange(20, 101, 10), rng.randrange(8, 49, 4)
    each, total = factor * weight, factor * weight * percent
    half = total // 2
    return Draft(
        f"By a rule of a clinic, a burned patient gets {factor} mL of fluid per kg for each percent of burned skin, "
        f"half of it in the first 8 hours. A patient weighs {weight} kg and {percent} percent of the skin is burned. "
        "At how many mL per hour does the fluid run in the first 8 hours?",
        (
            step(
                "multiply", f"A rule gives {factor} mL of fluid per kg for each percent of burned skin. How many mL is "
                f"that for each percent at {weight} kg?", f"{each} mL", f"{factor} mL", f"{weight} kg",
            ),
            step(
                "multiply", f"A patient gets {each} mL of fluid for each percent of burned skin. How many mL is it for "
                f"{percent} percent?", f"{total} mL", f"{each} mL", f"{percent} percent",
            ),
            step("divide", f"How many mL is half of {total} mL?", f"{half} mL", f"{total} mL"),
            step(
                "divide", f"{half} mL of fluid run evenly in over 8 hours. How many mL per hour is that?",
                f"{decimal(Fraction(half, 8))} mL per hour", f"{half} mL", "8 hours",
            ),
        ),
    )  # fmt: skip


def _units_before_a_meal(rng: random.Random) -> Draft:
    goal, step_size, ratio = rng.choice((100, 120, 150)), rng.choice((20, 25, 40, 50)), rng.choice((5, 8, 10, 12, 15))
    high, meal = rng.randrange(2, 7), rng.randrange(2, 10)
    over, carbs, name = high * step_size, meal * ratio, one_of(MEDICINES, goal, step_size, ratio, high, meal)
    sugar = goal + over
    return Draft(
        f"Before a meal a patient injects 1 unit of {name} for every {ratio} g of carbohydrate and 1 unit more for "
        f"every {step_size} mg/dL of blood sugar above {goal} mg/dL. Blood sugar is {sugar} mg/dL and the meal has "
        f"{carbs} g of carbohydrate. How many units are injected?",
        (
            step(
                "divide", f"One unit of {name} is injected for every {ratio} g of carbohydrate. How many units is that "
                f"for {carbs} g?", f"{meal} units", f"{carbs} g", f"{ratio} g",
            ),
            step(
                "subtract", f"By how many mg/dL is a blood sugar of {sugar} mg/dL above {goal} mg/dL?",
                f"{over} mg/dL", f"{sugar} mg/dL", f"{goal} mg/dL",
            ),
            step(
                "divide", f"One unit of {name} is injected for every {step_size} mg/dL of excess blood sugar. How many "
                f"units is that for {over} mg/dL?", f"{high} units", f"{over} mg/dL", f"{step_size} mg/dL",
            ),
            step(
                "add", f"How many units are {meal} units and {high} units together?", f"{meal + high} units",
                f"{meal} units", f"{high} units",
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "medicine",
    (
        _oxygen_bottle, _tapering, _thinned_ampoule, _empty_bottle, _next_injection, _burn, _units_before_a_meal,
    ),
    held_out=True,
)  # fmt: skip
"""Never trained on."""
