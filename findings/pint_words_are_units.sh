#!/bin/sh
# pint 0.25.3: words and ordinals that are no units are read as units with a prefix, and measured.
#
# The parser takes any prefix before any unit, and a plural s after it. So `units` is u + nit + s, a micronit, which is a
# luminance; `2nd` is two nanodays, `3rd` three rods, `4th` four thou, `cats` are centi- technical atmospheres (c + at + s)
# and `pinches` picoinches. `7.4 pH` is an inductance, and `10 U` of insulin a catalytic activity, which its definitions
# say. Two answers, "3rd" and "49.5 feet", then compare as equal. Right: an error, as for `tablets` or `votes`; whoever
# reads text should look words up in a table of their own and hand pint the names.
# Output: the unit of each text, as below; `10 tablets` is an error.
# Source: pint/facets/plain/registry.py (`_yield_unit_triplets`); pint/default_en.txt (nit, at, rod, thou). Seen
# 2026-11-29.
. "$(dirname "$0")/common"
install pint==0.25.3
try_it <<'END'
import pint

registry = pint.UnitRegistry(cache_folder=None)
texts = ("10 units", "2nd", "3rd", "4th", "3 cats", "2 pinches", "7.4 pH", "10 U")
found = {text: str(registry(text).units) for text in texts}
for text, unit in found.items():
    print(f"{text:10} is read as {registry(text).magnitude:g} {unit}")
equal = registry("3rd").to("foot").magnitude
print(f"3rd is {equal:.4f} feet")
try:
    registry("10 tablets")
    tablets = "read"
except pint.UndefinedUnitError:
    tablets = "an error"
print(f"10 tablets: {tablets}")
assert found == {
    "10 units": "micronit", "2nd": "nanoday", "3rd": "rod", "4th": "thou", "3 cats": "centitechnical_atmosphere",
    "2 pinches": "picoinch", "7.4 pH": "picohenry", "10 U": "enzyme_unit",
}
assert tablets == "an error" and abs(equal - 49.5) < 0.001
END
