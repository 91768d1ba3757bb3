"""Law in English, trained on: fines, fees, damages and other money, whose rules stand in the question."""

import random
from fractions import Fraction

from dgrc.proving.natural.problem import Draft
from dgrc.proving.natural.templates.english import PERSONS, decimal, family, one_of, step


def _daily_fine(rng: random.Random) -> Draft:
    fine, days = rng.randrange(5, 101, 5), rng.randrange(2, 26)
    text = (
        f"A company pays a fine of {fine} dollars for every day on which its report is late. The report comes {days} "
        "days late. How many dollars is the fine?"
    )
    return Draft(text, (step("multiply", text, f"{fine * days} dollars", f"{fine} dollars", f"{days} days"),))


def _lost_wages(rng: random.Random) -> Draft:
    wage, days = rng.randrange(50, 401, 10), rng.randrange(2, 13)
    name = one_of(PERSONS, wage // 10, days)
    text = (
        f"{name} earns {wage} dollars on a working day and misses {days} working days because of an accident. How many "
        "dollars of lost wages can be claimed?"
    )
    return Draft(text, (step("multiply", text, f"{wage * days} dollars", f"{wage} dollars", f"{days} working days"),))


def _shared_settlement(rng: random.Random) -> Draft:
    people, each = rng.randrange(2, 13), rng.randrange(50, 2001, 50)
    text = (
        f"A settlement of {people * each} dollars is divided equally among {people} claimants. How many dollars does "
        "each of them receive?"
    )
    return Draft(
        text, (step("divide", text, f"{each} dollars", f"{people * each} dollars", f"{people} claimants"),)
    )


def _own_fault(rng: random.Random) -> Draft:
    damages, percent = rng.randrange(200, 10001, 200), rng.randrange(10, 100, 10)
    name, part = one_of(PERSONS, damages // 200, percent // 10), damages * percent // 100
    return Draft(
        f"{name} suffers damage of {damages} dollars in a crash and is {percent}% at fault. Compensation is reduced by "
        f"the claimant's own share of fault. How many dollars does {name} get?",
        (
            step(
                "multiply", f"How many dollars are {percent}% of {damages} dollars?",
                f"{part} dollars", f"{percent}%", f"{damages} dollars",
            ),
            step(
                "subtract", f"Compensation of {damages} dollars is reduced by {part} dollars for the claimant's own "
                "fault. How many dollars are left?", f"{damages - part} dollars", f"{damages} dollars",
                f"{part} dollars",
            ),
        ),
    )  # fmt: skip


def _simple_interest(rng: random.Random) -> Draft:
    debt, percent, years = rng.randrange(200, 5001, 100), rng.randrange(2, 11), rng.randrange(2, 10)
    a_year = debt * percent // 100
    return Draft(
        f"A court orders simple interest of {percent}% a year on a debt of {debt} dollars. How many dollars of "
        f"interest are due after {years} years?",
        (
            step(
                "multiply", f"Simple interest is {percent}% a year on {debt} dollars. How many dollars is the interest "
                "of one year?", f"{a_year} dollars", f"{percent}%", f"{debt} dollars",
            ),
            step(
                "multiply", f"Simple interest comes to {a_year} dollars a year. How many dollars is it for {years} "
                "years?", f"{a_year * years} dollars", f"{a_year} dollars", f"{years} years",
            ),
        ),
    )  # fmt: skip


def _copies_of_a_file(rng: random.Random) -> Draft:
    base, a_page, pages = rng.randrange(10, 101, 10), rng.randrange(2, 7), rng.randrange(5, 61, 5)
    copies = a_page * pages
    return Draft(
        f"For copies of a file a court registry charges {base} dollars, and {a_page} dollars for each page in "
        f"addition. How many dollars are charged for a file of {pages} pages?",
        (
            step(
                "multiply", f"Each page costs {a_page} dollars. How many dollars do {pages} pages cost?",
                f"{copies} dollars", f"{a_page} dollars", f"{pages} pages",
            ),
            step(
                "add", f"A registry charges {base} dollars, and {copies} dollars for pages in addition. How many "
                "dollars is that in all?", f"{base + copies} dollars", f"{base} dollars", f"{copies} dollars",
            ),
        ),
    )  # fmt: skip


def _instalments(rng: random.Random) -> Draft:
    months, each = rng.choice((2, 3, 4, 5, 6, 8, 10, 12)), rng.randrange(50, 401, 10)
    down = rng.randrange(100, 1001, 100)
    rest, name = months * each, one_of(PERSONS, months, each // 10, down // 100)
    return Draft(
        f"{name} owes {rest + down} dollars under a judgment, pays {down} dollars at once, and pays the rest in "
        f"{months} equal monthly instalments without interest. How many dollars is one instalment?",
        (
            step(
                "subtract", f"Of a debt of {rest + down} dollars, {down} dollars are paid at once. How many dollars "
                "are still owed?", f"{rest} dollars", f"{rest + down} dollars", f"{down} dollars",
            ),
            step(
                "divide", f"A rest of {rest} dollars is paid in {months} equal instalments. How many dollars is one "
                "instalment?", f"{each} dollars", f"{rest} dollars", f"{months} equal instalments",
            ),
        ),
    )  # fmt: skip


def _child_support(rng: random.Random) -> Draft:
    income, children, months = rng.randrange(1000, 6001, 200), rng.randrange(1, 4), rng.randrange(2, 9)
    shares = {1: 15, 2: 20, 3: 25}
    a_month = income * shares[children] // 100
    rule = "15% of monthly income for one child, 20% for two children and 25% for three"
    brood = ("one child", "two children", "three children")[children - 1]
    return Draft(
        f"By a statute, child support is {rule}. A parent of {brood} earns {income} dollars a month and has paid "
        f"nothing for {months} months. How many dollars of support are owed?",
        (
            step(
                "look_up", f"Child support is {rule}. How many dollars a month does a parent of {brood} owe who earns "
                f"{income} dollars a month?", f"{a_month} dollars", f"{shares[children]}%", f"{income} dollars",
            ),
            step(
                "multiply", f"Child support of {a_month} dollars a month was not paid for {months} months. How many "
                "dollars are owed?", f"{a_month * months} dollars", f"{a_month} dollars", f"{months} months",
            ),
        ),
    )  # fmt: skip


def _filing_fee(rng: random.Random) -> Draft:
    limit, excess = rng.randrange(1000, 5001, 500), rng.randrange(200, 4001, 200)
    percent, base = rng.randrange(2, 11), rng.randrange(50, 301, 50)
    part = Fraction(excess * percent, 100)
    return Draft(
        f"The fee for filing a claim is {base} dollars, plus {percent}% of the amount above {limit} dollars. How many "
        f"dollars is the fee for a claim of {limit + excess} dollars?",
        (
            step(
                "subtract", f"By how many dollars is a claim of {limit + excess} dollars above {limit} dollars?",
                f"{excess} dollars", f"{limit + excess} dollars", f"{limit} dollars",
            ),
            step(
                "multiply", f"How many dollars are {percent}% of {excess} dollars?", f"{decimal(part)} dollars",
                f"{percent}%", f"{excess} dollars",
            ),
            step(
                "add", f"A fee is {base} dollars plus {decimal(part)} dollars. How many dollars is it in all?",
                f"{decimal(base + part)} dollars", f"{base} dollars", f"{decimal(part)} dollars",
            ),
        ),
    )  # fmt: skip


def _deposit(rng: random.Random) -> Draft:
    rent, months = rng.randrange(400, 1201, 50), rng.choice((2, 3))
    repair, cleaning = rng.randrange(50, 401, 50), rng.randrange(20, 201, 20)
    paid, off = rent * months, repair + cleaning
    return Draft(
        f"A tenant paid a deposit of {months} monthly rents of {rent} dollars. The landlord may keep {repair} dollars "
        f"for repairs and {cleaning} dollars for cleaning. How many dollars must go back to the tenant?",
        (
            step(
                "multiply", f"A deposit is {months} monthly rents of {rent} dollars. How many dollars is it?",
                f"{paid} dollars", f"{months} monthly rents", f"{rent} dollars",
            ),
            step(
                "add", f"A landlord may keep {repair} dollars for repairs and {cleaning} dollars for cleaning. How "
                "many dollars is that together?", f"{off} dollars", f"{repair} dollars", f"{cleaning} dollars",
            ),
            step(
                "subtract", f"A landlord may keep {off} dollars of a deposit of {paid} dollars. How many dollars must "
                "go back to the tenant?", f"{paid - off} dollars", f"{paid} dollars", f"{off} dollars",
            ),
        ),
    )  # fmt: skip


def _injury_claim(rng: random.Random) -> Draft | None:
    days, wage, bill = rng.randrange(5, 31, 5), rng.randrange(80, 201, 20), rng.randrange(200, 3001, 100)
    percent = rng.choice((10, 20, 25, 40, 50))
    wages = days * wage
    total = wages + bill
    if total * percent % 100:
        return None
    part = total * percent // 100
    name = one_of(PERSONS, days, wage // 20, bill // 100, percent)
    return Draft(
        f"After a fall {name} could not work for {days} days, at {wage} dollars a day, and paid a hospital bill of "
        f"{bill} dollars. {name} is {percent}% to blame, and damages are cut by that share. How many dollars of "
        "damages are awarded?",
        (
            step(
                "multiply", f"A person who earns {wage} dollars a day could not work for {days} days. How many dollars "
                "were lost?", f"{wages} dollars", f"{wage} dollars", f"{days} days",
            ),
            step(
                "add", f"A person lost {wages} dollars of wages and paid a hospital bill of {bill} dollars. How many "
                "dollars is the whole damage?", f"{total} dollars", f"{wages} dollars", f"{bill} dollars",
            ),
            step(
                "multiply", f"How many dollars are {percent}% of a damage of {total} dollars?",
                f"{part} dollars", f"{percent}%", f"{total} dollars",
            ),
            step(
                "subtract", f"A damage of {total} dollars is cut by {part} dollars because of the claimant's own "
                "fault. How many dollars are awarded?", f"{total - part} dollars", f"{total} dollars",
                f"{part} dollars",
            ),
        ),
    )  # fmt: skip


def _late_tax(rng: random.Random) -> Draft:
    tax, percent, months = rng.randrange(400, 4001, 200), rng.randrange(1, 6), rng.randrange(2, 10)
    a_month = tax * percent // 100
    penalty = a_month * months
    paid = rng.randrange(100, tax, 100)
    return Draft(
        f"A penalty of {percent}% of the unpaid tax is added for every month of delay, always of the first amount. "
        f"Tax of {tax} dollars is {months} months late, and {paid} dollars are paid now. How many dollars of tax and "
        "penalty are still owed?",
        (
            step(
                "multiply", f"The penalty for a month of delay is {percent}% of {tax} dollars of tax. How many dollars "
                "is that?", f"{a_month} dollars", f"{percent}%", f"{tax} dollars",
            ),
            step(
                "multiply", f"A penalty is {a_month} dollars for every month of delay. How many dollars is it for "
                f"{months} months?", f"{penalty} dollars", f"{a_month} dollars", f"{months} months",
            ),
            step(
                "add", f"How many dollars are {tax} dollars of tax and {penalty} dollars of penalty together?",
                f"{tax + penalty} dollars", f"{tax} dollars", f"{penalty} dollars",
            ),
            step(
                "subtract", f"Of {tax + penalty} dollars of tax and penalty, {paid} dollars are paid. How many dollars "
                "are still owed?", f"{tax + penalty - paid} dollars", f"{tax + penalty} dollars", f"{paid} dollars",
            ),
        ),
    )  # fmt: skip


TEMPLATES = family(
    "law",
    (
        _daily_fine, _lost_wages, _shared_settlement, _own_fault, _simple_interest, _copies_of_a_file, _instalments,
        _child_support, _filing_fee, _deposit, _injury_claim, _late_tax,
    ),
)  # fmt: skip
"""Money."""
