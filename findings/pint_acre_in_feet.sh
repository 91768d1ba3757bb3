#!/bin/sh
# pint 0.25.3: an acre is 43,560.17 square feet, for it is made of survey feet, which the United States gave up in 2023.
#
# An acre is 43,560 square feet; since NIST and NGS retired the survey foot there is one foot to take them in (Federal
# Register 85 FR 62698, "Deprecation of the United States (U.S.) Survey Foot"). pint makes the acre of survey chains, so
# that an acre and 43,560 square feet compare as unequal, and so do a rod and 16.5 feet, a chain and 66 feet. Its mile is
# of international feet, 5,280 of them, and so not 80 of its chains. Right: 43,560, or a name that says survey.
# Output: square feet in an acre: 43560.174; feet in a chain: 66.000132; feet in a mile: 5280; chains in a mile: 79.99984.
# Source: pint/default_en.txt (groups USCSLengthInternational and USCSLengthSurvey; `acre = 10 * chain ** 2`). Seen
# 2026-11-29.
. "$(dirname "$0")/common"
install pint==0.25.3
try_it <<'END'
from fractions import Fraction

import pint

registry = pint.UnitRegistry(cache_folder=None, non_int_type=Fraction)

def how_many(small, large):
    return registry.Quantity(Fraction(1), large).to(small).magnitude

acre, chain = how_many("foot ** 2", "acre"), how_many("foot", "chain")
mile, chains = how_many("foot", "mile"), how_many("chain", "mile")
print(f"square feet in an acre: {float(acre):.3f}; feet in a chain: {float(chain):.6f}; "
      f"feet in a mile: {float(mile):g}; chains in a mile: {float(chains):.5f}")
assert acre > Fraction("43560.17") and chain > Fraction("66.0001") and mile == 5280 and chains < 80
END
