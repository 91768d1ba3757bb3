"""Answers by their form: numbers with units, yes or no, plain text. A text flows in; one spelling of it flows out.

Two notions live here and nowhere else: how an answer is written once its form is known (`canonical`), and when two such
answers are the same (`same`). Letters of options are `sample`'s matter: they are equal or not.
"""

import functools
import math
import re
from dataclasses import dataclass
from typing import Any

from dgrc.method.reading.verdicts import verdict
from dgrc.method.text.normalize import fold, normalize

FORMS = ("auto", "text", "number", "yes_no", "yes_no_maybe")
_CURRENCIES = {"$": "dollar", "\u20ac": "euro", "\u00a3": "pound_sterling", "\u00a5": "yen"}
_ABOUT = re.compile(r"^(?:about|approximately|approx\.?|around|roughly|circa|ca\.?|=|~|\u2248)\s*", re.IGNORECASE)
_NUMBER = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?"
# What is matched is never given back (`*+`, `(?>`): a reply of many spaces or digits would be tried in every division.
_QUANTITY = re.compile(rf"([$\u20ac\u00a3\u00a5]?)\s*+((?>{_NUMBER}))(?:\s*+/\s*+([0-9]++))?\s*+(\S.*+)?")
_ANY_NUMBER = re.compile(r"[0-9][0-9,.]*")
_UNIT = re.compile(r"[A-Za-z_\u00b5\u03bc\u00b0%]+(?:\^?[23])?(?:/[A-Za-z_\u00b5\u03bc%]+(?:\^?[23])?)?")


@dataclass(frozen=True)
class Quantity:
    """A number as written, with its unit's full name (None without one), and both in base units."""

    value: float
    unit: str | None
    base_value: float
    base_unit: str | None


def canonical(answer: str, form: str) -> str | None:
    """The one spelling of an answer of that form; None if it is not of the form, or empty.

    `number` gives the number with its unit's full name (`5 kilometer`), or alone where what follows it is no unit; an
    answer with several numbers is no number. `yes_no` gives `yes` or `no`, `yes_no_maybe` also `maybe` (`verdicts`).
    The others give normalized text.
    """
    if form == "number":
        found = quantity(answer)
        return None if found is None else _spelled(found)
    if form in ("yes_no", "yes_no_maybe"):
        return verdict(answer, maybe=form == "yes_no_maybe")
    return normalize(answer) or None


def same(a: str, b: str, form: str, tolerance: float) -> bool:
    """Whether two canonical answers are the same.

    Numbers of different units are compared in base units (5 km is 5000 m), bare numbers in the other's unit (5 is 5 %),
    within a relative `tolerance`. `auto` compares as numbers, or as yes, no and maybe, what is nothing else on both
    sides.
    """
    if a == b:
        return True
    if form in ("number", "auto"):
        one, two = quantity(a), quantity(b)
        if one is not None and two is not None and (form == "number" or (_is_plain(a) and _is_plain(b))):
            return _same_quantity(one, two, tolerance)
    if form == "auto" and a.isalpha() and b.isalpha():
        said = verdict(a, maybe=True), verdict(b, maybe=True)
        return None not in said and said[0] == said[1]
    return False


@functools.lru_cache(maxsize=4096)
def quantity(text: str) -> Quantity | None:
    """The one number that a text states, with its unit if it has one that is known; None if there is not just one."""
    said = _ABOUT.sub("", fold(text).strip().strip("\"'`*")).rstrip(".;: ")
    match = _QUANTITY.fullmatch(said)
    if match is None or not any(map(str.isdigit, match.group(2).lower().partition("e")[0])):
        return None
    currency, number, divisor, tail = match.groups()
    if tail and _ANY_NUMBER.search(tail) and not _UNIT.fullmatch(tail):
        return None
    value = float(number.replace(",", ""))
    if divisor:
        below = float(divisor)
        if not 0 < below < math.inf:
            return None
        value /= below
    if not math.isfinite(value):
        return None
    return _with_unit(value, _CURRENCIES.get(currency) or (tail or ""))


def _is_plain(text: str) -> bool:
    """Whether a text is a number with at most a known unit, not prose that begins with one."""
    found = quantity(text)
    match = _QUANTITY.fullmatch(_ABOUT.sub("", fold(text).strip()))
    return found is not None and match is not None and (found.unit is not None or not match.group(4))


def _same_quantity(a: Quantity, b: Quantity, tolerance: float) -> bool:
    if a.unit is None or b.unit is None:
        return _close(a.value, b.value, tolerance)
    return a.base_unit == b.base_unit and _close(a.base_value, b.base_value, tolerance)


def _close(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=max(tolerance, 1e-9), abs_tol=1e-12)


def _with_unit(value: float, unit: str) -> Quantity:
    if _UNIT.fullmatch(unit) and len(unit) <= 32:
        try:
            units = _registry()
            found = units.Quantity(value, unit)
            base = found.to_base_units()
            return Quantity(value, str(found.units), float(base.magnitude), str(base.units))
        except Exception:  # noqa: BLE001 - pint raises many kinds of errors at what is no unit; all mean just that
            pass
    return Quantity(value, None, value, None)


def _spelled(found: Quantity) -> str:
    number = normalize(f"{found.value:.12g}")
    return f"{number} {found.unit.replace(' ** ', '^').replace(' ', '')}" if found.unit else number


@functools.cache
def _registry() -> Any:
    """Units of measure; loaded when the first number with a unit is met."""
    import pint

    units: Any = pint.UnitRegistry(cache_folder=None)
    for currency in _CURRENCIES.values():
        units.define(f"{currency} = [{currency}]")
    return units
