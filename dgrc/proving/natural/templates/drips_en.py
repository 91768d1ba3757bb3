"""Medicine in English, trained on: drips, fluids and stock, whose rules stand in the question."""

import random
from fractions import Fraction

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import MEDICINES, clock, decimal, family, many, one_of, step


def _steady_drip(rng: random.Random) -> Draft:
    rate, hours = rng.randrange(10, 401, 10), rng.randrange(2, 13)
    text = (
        f"A bag of {rate * hours} mL is to run into a vein evenly over {hours} hours. At how many mL per hour must the "
        "pump be set?"
    )
    step_ = step("divide", text, f"{rate} mL per hour", f"{rate * hours} mL", f"{hours} hours")
    return Draft(text, (step_,))


def _percent_solution(rng: random.Random) -> Draft:
    percent, volume = rng.randrange(1, 21), rng.randrange(50, 1001, 50)
    grams = Fraction(percent * volume, 100)
    rule = f"a {percent}% solution has {percent} g of glucose in every 100 mL"
    return Draft(
        f"A drip holds {volume} mL of {percent}% glucose; {rule}. How many mg of glucose does the drip hold?",
        (
            step(
                "multiply", f"{rule[0].upper()}{rule[1:]}. How many g of glucose are in {volume} mL?",
                f"{decimal(grams)} g", f"{percent}%", f"{volume} mL",
            ),
            step(
                "convert", f"How many mg are {decimal(grams)} g of glucose?", f"{decimal(grams * 1000)} mg",
                f"{decimal(grams)} g",
            ),
        ),
    )  # fmt: skip


def _still_to_drink(rng: random.Random) -> Draft | None:
    goal, drunk = rng.randrange(1000, 3001, 100), rng.randrange(200, 2501, 50)
    litres = decimal(Fraction(goal, 1000))
    if drunk >= goal:
        return None
    return Draft(
        f"A patient with kidney stones is told to drink {litres} L a day and has drunk {drunk} mL by the evening. How "
        "many mL are left to drink?",
        (
            step("convert", f"How many mL are {litres} L?", f"{goal} mL", f"{litres} L"),
            step(
                "subtract", f"A patient is to drink {goal} mL and has drunk {drunk} mL. How many mL are left to drink?",
                f"{goal - drunk} mL", f"{goal} mL", f"{drunk} mL",
            ),
        ),
    )  # fmt: skip


def _end_of_a_drip(rng: random.Random) -> Draft:
    rate, hours, start = rng.randrange(50, 151, 10), rng.randrange(2, 10), rng.randrange(0, 14 * 60, 5)
    return Draft(
        f"An infusion of {rate * hours} mL is started at {clock(start)} and runs at {rate} mL per hour. At what time "
        "is it finished? Give the time as HH:MM on a 24-hour clock.",
        (
            step(
                "divide", f"How many hours does an infusion of {rate * hours} mL take at {rate} mL per hour?",
                f"{hours} hours", f"{rate * hours} mL", f"{rate} mL per hour",
            ),
            step(
                "date", f"An infusion starts at {clock(start)} and takes {hours} hours. At what time does it end? Give "
                "the time as HH:MM on a 24-hour clock.", clock(start + hours * 60), clock(start), f"{hours} hours",
            ),
        ),
    )  # fmt: skip


def _drops_a_minute(rng: random.Random) -> Draft:
    drops, hours, per_minute = rng.choice((10, 15, 20, 60)), rng.randrange(2, 13), rng.randrange(5, 51)
    flow = per_minute * 60 // drops  # mL an hour
    return Draft(
        f"{flow * hours} mL of saline are to be given over {hours} hours with a set that gives {drops} drops per mL. "
        "How many drops per minute must fall?",
        (
            step(
                "divide", f"{flow * hours} mL of saline are given evenly over {hours} hours. How many mL per hour is "
                "that?", f"{flow} mL per hour", f"{flow * hours} mL", f"{hours} hours",
            ),
            step(
                "multiply", f"Saline runs at {flow} mL per hour through a set that gives {drops} drops per mL. How "
                "many drops per hour fall?", f"{flow * drops} drops per hour", f"{flow} mL per hour",
                f"{drops} drops per mL",
            ),
            step(
                "convert", f"How many drops per minute are {flow * drops} drops per hour?",
                many(per_minute, "drop per minute"), f"{flow * drops} drops per hour",
            ),
        ),
    )  # fmt: skip


def _pump_in_mg(rng: random.Random) -> Draft:
    weight, rate = rng.randrange(10, 101, 5), rng.randrange(2, 21)
    a_minute, name = weight * rate, one_of(MEDICINES, weight, rate)
    milligrams = decimal(Fraction(a_minute * 60, 1000))
    return Draft(
        f"{name} runs from a pump at {rate} mcg per kg per minute into a patient of {weight} kg. How many mg per hour "
        "does the pump deliver?",
        (
            step(
                "multiply", f"A pump gives {rate} mcg of {name} per kg per minute. How many mcg per minute does a "
                f"patient of {weight} kg get?", f"{a_minute} mcg per minute", f"{rate} mcg", f"{weight} kg",
            ),
            step(
                "convert", f"A pump delivers {a_minute} mcg per minute. How many mcg per hour is that?",
                f"{a_minute * 60} mcg per hour", f"{a_minute} mcg per minute",
            ),
            step(
                "convert", f"A pump delivers {a_minute * 60} mcg per hour. How many mg per hour is that?",
                f"{milligrams} mg per hour", f"{a_minute * 60} mcg per hour",
            ),
        ),
    )  # fmt: skip


def _fluid_balance(rng: random.Random) -> Draft | None:
    drunk, dripped = rng.randrange(300, 1501, 100), rng.randrange(500, 2001, 100)
    urine, drain = rng.randrange(300, 1201, 100), rng.randrange(50, 401, 50)
    taken, lost = drunk + dripped, urine + drain
    if taken <= lost:
        return None
    return Draft(
        f"In one day a patient drinks {drunk} mL and gets {dripped} mL by drip; {urine} mL of urine and {drain} mL "
        "from a drain are measured. The fluid balance is what went in minus what came out. How many mL is it?",
        (
            step(
                "add", f"A patient drinks {drunk} mL and gets {dripped} mL by drip. How many mL went in together?",
                f"{taken} mL", f"{drunk} mL", f"{dripped} mL",
            ),
            step(
                "add", f"A patient passed {urine} mL of urine and lost {drain} mL from a drain. How many mL came out "
                "together?", f"{lost} mL", f"{urine} mL", f"{drain} mL",
            ),
            step(
                "subtract", f"The fluid balance is what went in minus what came out. {taken} mL went in and {lost} mL "
                "came out. How many mL is the balance?", f"{taken - lost} mL", f"{taken} mL", f"{lost} mL",
            ),
        ),
    )  # fmt: skip


def _vials_for_a_ward(rng: random.Random) -> Draft:
    patients, each, days, size = rng.randrange(3, 13), rng.randrange(2, 6), rng.randrange(2, 8), rng.choice((5, 10, 12))
    a_day = patients * each
    total = a_day * days
    return Draft(
        f"On a ward {patients} patients use {each} vials of an antibiotic each per day. Vials come in boxes of {size}, "
        f"and boxes are not split. How many boxes must be ordered for {days} days?",
        (
            step(
                "multiply", f"{patients} patients use {each} vials each per day. How many vials is that per day?",
                f"{a_day} vials", f"{patients} patients", f"{each} vials",
            ),
            step(
                "multiply", f"A ward uses {a_day} vials per day. How many vials does it use in {days} days?",
                f"{total} vials", f"{a_day} vials", f"{days} days",
            ),
            step(
                "divide", f"Vials come in boxes of {size}, and boxes are not split. How many boxes must be ordered to "
                f"have at least {total} vials?", many(-(-total // size), "box"), f"{total} vials", f"boxes of {size}",
            ),
        ),
    )  # fmt: skip


def _cost_of_a_syrup(rng: random.Random) -> Draft:
    volume, times, days = rng.choice((5, 10, 15, 20)), rng.choice((2, 3, 4)), rng.randrange(5, 22)
    bottle, price = rng.choice((100, 150, 200)), rng.randrange(3, 13)
    a_day = volume * times
    total = a_day * days
    bottles = -(-total // bottle)
    return Draft(
        f"A patient takes {volume} mL of a syrup {times} times a day for {days} days. A bottle holds {bottle} mL and "
        f"costs {price} dollars; only whole bottles are sold. What do the bottles that are needed cost, in dollars?",
        (
            step(
                "multiply", f"A patient takes {volume} mL of a syrup {times} times a day. How many mL is that a day?",
                f"{a_day} mL", f"{volume} mL", f"{times} times a day",
            ),
            step(
                "multiply", f"A patient takes {a_day} mL of a syrup a day. How many mL is that in {days} days?",
                f"{total} mL", f"{a_day} mL", f"{days} days",
            ),
            step(
                "divide", f"A bottle of syrup holds {bottle} mL and only whole bottles are sold. How many bottles must "
                f"be bought to have {total} mL?", many(bottles, "bottle"), f"{total} mL", f"{bottle} mL",
            ),
            step(
                "multiply", f"A bottle of syrup costs {price} dollars. How many dollars do {many(bottles, 'bottle')} "
                "cost?", f"{bottles * price} dollars", f"{price} dollars", many(bottles, "bottle"),
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "medicine",
    (
        _steady_drip, _percent_solution, _still_to_drink, _end_of_a_drip, _drops_a_minute, _pump_in_mg,
        _fluid_balance, _vials_for_a_ward, _cost_of_a_syrup,
    ),
)  # fmt: skip
"""Drips, fluids and stock."""
