"""The number that Chinese numerals name by their units. Numerals in, a whole number out.

One working out serves the words that decide (`unspaced`) and measures (`quantities`).
"""

DIGITS = {digit: value for value, digits in enumerate(
    ("零〇", "一壹", "二两兩贰貳", "三叁", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖"))
    for digit in digits}  # fmt: skip
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8,
         "億": 10**8}  # fmt: skip


def by_units(numerals: str) -> int:
    """The number of numerals such as `三百一十二`, `三万亿`, `一亿二千万`; each must be in `DIGITS` or `UNITS`."""
    total = section = digit = largest = 0
    for numeral in numerals:
        unit = UNITS.get(numeral, 0)
        if not unit:
            digit = DIGITS[numeral]
        elif unit < 10**4:
            section, digit = section + (digit or 1) * unit, 0
        elif unit > largest or (unit == largest and not section + digit):
            # `三万亿`, `一亿亿`: what stands before counts in it
            total, section, digit, largest = (total + section + digit or 1) * unit, 0, 0, unit
        else:  # `一亿二千万`
            total, section, digit = total + (section + digit or 1) * unit, 0, 0
    return total + section + digit
