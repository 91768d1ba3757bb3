"""Which spellings are units: the table. Spelling flows in, the unit's full name out (`EXACT`, `FOLDED`).

Spellings are case-sensitive (`mg`, `Mg`; `mW`, `MW`). A line of `_UNITS` is `full name = definition : spellings`; a
definition that is left out is pint's own of that name, `*` makes a dimension of its own, and `3 x` or `a/b` builds on
other full names. Full names themselves, their plurals, and those with spaces for underscores are spellings too.
"""

from fractions import Fraction

from dgrc.method.quantities.units.currencies import CURRENCIES
from dgrc.method.quantities.units.nouns import COUNTED

_PREFIXES = {
    "f": "femto", "p": "pico", "n": "nano", "\u03bc": "micro", "m": "milli", "c": "centi", "d": "deci", "h": "hecto",
    "k": "kilo", "M": "mega", "G": "giga", "T": "tera",
}  # fmt: skip
_PREFIXED = """
gram g f p n \u03bc m c d k M
meter m p n \u03bc m c d k
liter L f p n \u03bc m c d h
liter l m d c \u03bc
second s p n \u03bc m
watt W \u03bc m k M G T
watt_hour Wh k M G T
volt V \u03bc m k M
ampere A p n \u03bc m k
ohm \u03a9 m k M
hertz Hz m k M G T
pascal Pa m h k M G
joule J m k M G T
electron_volt eV m k M G
newton N m k M
tesla T \u03bc m
farad F- p n \u03bc m
siemens S \u03bc m
gray Gy \u03bc m c
sievert Sv \u03bc m
becquerel Bq k M G T
curie Ci n \u03bc m
mole mol f p n \u03bc m k
molar M p n \u03bc m
osmole Osm m
osmole osm m
osmole osmol m
osmole Osmol m
equivalent Eq \u03bc m
equivalent eq \u03bc m
unit U n \u03bc m k
international_unit IU n \u03bc m k
calorie cal k
byte B k M G T
dalton Da k M
bar bar m
katal kat n \u03bc
"""
_UNITS = """
kelvin : K
degree_celsius : \u00b0C, \u00b0 C, C, deg C, degC, degree C, degrees C, degrees celsius, celsius, centigrade
degree_fahrenheit : \u00b0F, \u00b0 F, F, deg F, degF, degree F, degrees F, degrees fahrenheit, fahrenheit
degree_rankine : \u00b0R, degrees rankine
degree : \u00b0, deg
radian : rad
arcminute : arcmin
tonne = metric_ton : t, metric ton, metric tons
ton = 2000 pound : short ton, short tons
pound : lb, lbs, lbm
ounce : oz
grain : gr
stone
carat : ct
inch : in, ", inches
foot : ft, ', feet
yard : yd, yds
mile : mi
nautical_mile : nmi
angstrom : \u00c5
acre = 43560 foot^2
hectare : ha
mu_land = 2000/3 meter^2 : mu
cubic_centimeter = milliliter : cc, ccs, ccm
gallon : gal
pint : pt, pts
quart : qt
fluid_ounce : fl oz, fl. oz, floz, fluid ounces
teaspoon : tsp, tsps
tablespoon : tbsp, tbsps
cup
minute : min, mins
hour : h, hr, hrs
day : d, calendar day, calendar days
week : wk, wks, w, calendar week, calendar weeks
fortnight
gram : gm, gms
kilogram : kgs
milligram : mgs
microgram : mcgs
milliliter : mls
milliequivalent : mEqs, meqs
month = * : mo, mos, mth, mths, calendar month, calendar months
year = 12 month : y, yr, yrs, annum
quarter_year = 3 month : calendar quarter, calendar quarters
decade = 120 month
century = 1200 month : centuries
business_day = * : working day, working days, workday, workdays, bd
court_day = * : court days
trading_day = *
millimeter_hg = torr : mmHg, mm Hg, mmhg, millimeters of mercury, millimetres of mercury, millimeter of mercury
millimeter_hg : mm of mercury, torr, Torr
centimeter_water = centimeter_H2O : cmH2O, centimeters of water
standard_atmosphere : atm, atmosphere, atmospheres
psi : PSI, pounds per square inch
horsepower : hp
british_thermal_unit : BTU, Btu
mph = mile/hour : miles per hour
kilometer_per_hour = kilometer/hour : kph, kmh, km/h
knot : kn, kt, kts
lumen : lm
lux : lx
candela : cd
rpm = revolution/minute
revolution = * : rev
decibel = * : dB
ph = * : pH
pka = * : pKa
percent = 1/100 : %, per cent, pct, percentage
per_mille = 1/1000 : \u2030, permille, per mille
ppm = 1/1000000 : parts per million
ppb = 1/1000000000 : parts per billion
percentage_point = * : pp, ppt, percent points
basis_point = 1/100 percentage_point : bps
gram_percent = 10 gram/liter : g %
milligram_percent = 10 milligram/liter : mg %
colony_forming_unit = * : CFU, cfu, colony forming units
plaque_forming_unit = * : PFU, pfu
cell = *
copy = * : copies
beat = *
breath = *
bpm = beat/minute
drop = * : gtt, gtts
kilocalorie : Cal
pack_year = * : pack year, pack years, pack-year
met = * : MET, METs
french = * : Fr
gauge = *
diopter = * : dioptre, dioptres
fold = * : times as much, folds
bit
usp_unit = * : USP units, USP unit
jin = 500 gram
"""
_OTHER_WORDS = {"gram": "gramme", "meter": "metre", "liter": "litre"}
_UNCHANGED = frozenset(("hertz", "siemens", "lux"))
PINT = {"degree_celsius": "delta_degC", "degree_fahrenheit": "delta_degF", "degree_rankine": "degree_Rankine"}
"""What pint calls a unit that has another name here; of temperatures, their differences."""
OWN: dict[str, tuple[Fraction, tuple[tuple[str, int], ...]]] = {}
"""Units that are defined here: so many of a product of others; what is one of itself is a dimension of its own."""
EXACT: dict[str, str] = {}
"""Spellings to full names."""
FOLDED: dict[str, str | None] = {}
"""Spellings in lower case; None where case tells two units apart."""


def _spell(name: str, spellings: list[str]) -> None:
    words = name.replace("_", " ")
    end = "es" if words.endswith(("s", "x", "ch", "sh")) else "s"
    plural = [] if name in _UNCHANGED else [words + end, name + "s"]
    for spelling in (name, words, *plural, *spellings):
        EXACT.setdefault(spelling.strip(), name)


def _prefixed() -> None:
    for line in _PREFIXED.strip().splitlines():
        base, symbol, *prefixes = line.split()
        alone, symbol = not symbol.endswith("-"), symbol.removesuffix("-")
        for prefix in ("", *prefixes):
            name = _PREFIXES.get(prefix, "") + base
            other = [name.replace(base, _OTHER_WORDS[base]) + end for end in ("", "s")] if base in _OTHER_WORDS else []
            written = [prefix] if prefix != "\u03bc" else ["\u03bc", "u", *(("mc",) if symbol in "gLl" else ())]
            _spell(name, [*other, *(each + symbol for each in written if each or alone)])
            if base in ("osmole", "equivalent", "unit", "international_unit"):
                _own_prefixed(name, base, prefix)


def _own_prefixed(name: str, base: str, prefix: str) -> None:
    power = {"n": -9, "\u03bc": -6, "m": -3, "k": 3}.get(prefix, 0)
    OWN[name] = (Fraction(10) ** power, ((base, 1),))


def _itself(name: str) -> tuple[Fraction, tuple[tuple[str, int], ...]]:
    return Fraction(1), ((name, 1),)


def _define(name: str, definition: str) -> None:
    """`*`, `3 month`, `1/100`, `2000/3 meter^2`, `beat/minute`, or pint's name."""
    if not definition:
        return
    if definition == "*":
        OWN[name] = _itself(name)
        return
    first, _, rest = definition.partition(" ")
    count, of = (Fraction(first), rest) if first[0].isdigit() else (Fraction(1), definition)
    over, *under = of.split("/") if of else [""]
    powers = [(over, 1)] if over else []
    powers = [(each.partition("^")[0], int(each.partition("^")[2] or 1)) for each, _ in powers]
    if count == 1 and not under and powers and powers[0][1] == 1:
        PINT[name] = of
    else:
        OWN[name] = (count, (*powers, *((each, -1) for each in under)))


def _fill() -> None:
    for line in _UNITS.strip().splitlines():
        left, _, spellings = line.partition(" : ")
        name, _, definition = left.partition(" = ")
        _define(name.strip(), definition.strip())
        _spell(name.strip(), [spelling for spelling in spellings.split(", ") if spelling])
    for name, (count, of, signs) in CURRENCIES.items():
        OWN[name] = (count, ((of, 1),)) if of else _itself(name)
        _spell(name, list(signs))
    _prefixed()
    for name, plurals in COUNTED.items():
        OWN[name] = _itself(name)
        _spell(name, list(plurals))
    for spelling, name in EXACT.items():
        folded = spelling.casefold()
        told_apart = name.endswith("byte") and len(spelling) == 2  # Gb is no GB
        FOLDED[folded] = name if FOLDED.get(folded, name) == name and not told_apart else None


_fill()
FIRST_WORDS = frozenset(spelling.split()[0].casefold() for spelling in EXACT if " " in spelling)
"""First words of spellings of several words."""
