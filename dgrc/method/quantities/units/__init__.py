"""Units of measure. A spelling flows in; the unit that it means, exact in base units, flows out.

pint knows what units are and converts them; it is never handed text. What is accepted as a unit stands in
`table`, case and all; a spelling in another case counts only where no two units are told apart by it. pint takes a
second to load, so it is asked at the first unit, once for each. Units that no physics defines (IU, mEq, drops,
currencies, months, people) are dimensions of their own here.
"""

import functools
from fractions import Fraction
from typing import Any

from dgrc.method.quantities.units import table
from dgrc.method.quantities.values import Unit

SCALES = {"degree_celsius": "degC", "degree_fahrenheit": "degF", "kelvin": "kelvin", "degree_rankine": "degR"}
"""Scales of temperature; their base is the Celsius scale, so that a tolerance means what a reader takes it to."""
_SMALL = ("milli", "pico")
"""Prefixes that become another one (mega, peta) with a capital."""
_SYMBOL = 5
"""Longer spellings are words."""
_VOLUME = ("meter", -3)
_COUNTED = frozenset(("cell", "copy"))
"""What is counted in a volume need not be named: 4.5 x 10^9 cells/L is 4.5 x 10^9/L."""


def named(spelling: str) -> str | None:
    """The full name of the unit that a spelling means, None if it is none."""
    exact = table.EXACT.get(spelling)
    if exact is not None or len(spelling) == 1:  # of single letters the case always tells
        return exact
    name = table.FOLDED.get(spelling.casefold())
    if name is None or not name.startswith(_SMALL) or len(spelling) > _SYMBOL:
        return name
    return None if spelling[0].isupper() and not (spelling.isupper() and len(spelling) > 2) else name  # MSv, Ma


@functools.cache
def unit(name: str) -> Unit:
    """The unit of a full name, on its own: temperatures with their zero."""
    if name in SCALES:
        degrees = _registry()
        zero, one = (degrees.Quantity(Fraction(n), SCALES[name]).to("degC").magnitude for n in (0, 1))
        return Unit(name, Fraction(one) - Fraction(zero), (("celsius", 1),), Fraction(zero))
    return part(name)


@functools.cache
def part(name: str) -> Unit:
    """The unit of a full name as a part of a product: of temperatures the difference."""
    if name in table.OWN:
        factor, of = table.OWN[name]
        if of == ((name, 1),):
            return Unit(name, factor, of)
        base = product([(part(each), power) for each, power in of])
        return Unit(name, factor * base.factor, base.base)
    quantity = _registry().Quantity(Fraction(1), table.PINT.get(name, name)).to_root_units()
    powers = tuple(sorted((str(base), int(power)) for base, power in quantity.unit_items()))
    return Unit(name, Fraction(quantity.magnitude), powers)


def product(parts: list[tuple[Unit, int]], name: str = "") -> Unit:
    """Units with their powers multiplied."""
    factor = Fraction(1)
    powers: dict[str, int] = {}
    for each, power in parts:
        factor *= each.factor**power
        for base, exponent in each.base:
            powers[base] = powers.get(base, 0) + exponent * power
    left = tuple(sorted((base, power) for base, power in powers.items() if power))
    if _VOLUME in left:
        left = tuple((base, power) for base, power in left if base not in _COUNTED)
    return Unit(name, factor, left)


@functools.cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None, non_int_type=Fraction)
