"""Calculations as trees, worked out exactly. Tokens flow in; a tree and its value flow out.

One line can be read in more than one way: `a / b * c` may be a fraction with `b * c` below the line, `300 mg / 250
mg/5 mL` groups what is written tight. Who checks a claim tries every reading, and calls it wrong if none holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dgrc.evaluation.truth.signs import Token
from dgrc.method.quantities.values import NO_UNIT, PERCENT, Powers, Unit

READINGS = ("left", "tight", "below")
"""How `/` binds: from left to right; tighter where no space is around it; everything multiplied behind it below it."""
_LARGEST_POWER, _MOST_BITS, _DEEPEST = 12, 1000, 20


@dataclass(frozen=True)
class Number:
    """A number as it was written."""

    token: Token


@dataclass(frozen=True)
class Operation:
    """Two trees with a sign between them."""

    sign: str
    left: "Tree"
    right: "Tree"


Tree = Number | Operation


def parse(tokens: Sequence[Token], at: int, reading: str) -> tuple[Tree, int] | None:
    """The longest calculation from a place on, and the place after it; None if there is none."""
    return _Parser(tokens, reading).sum(at, 0)


class _Parser:
    def __init__(self, tokens: Sequence[Token], reading: str):
        self.tokens = tokens
        self.reading = reading

    def kind(self, at: int) -> str:
        return self.tokens[at].kind if at < len(self.tokens) else "stop"

    def sum(self, at: int, depth: int) -> tuple[Tree, int] | None:
        found = self.product(at, depth)
        while found is not None and (sign := self.kind(found[1])) in ("+", "-"):
            right = self.product(found[1] + 1, depth)
            if right is None:
                break
            found = Operation(sign, found[0], right[0]), right[1]
        return found

    def product(self, at: int, depth: int) -> tuple[Tree, int] | None:
        found = self.tied(at, depth)
        while found is not None:
            tree, at = found
            sign = self.kind(at)
            if sign == "(" and self.tokens[at].tight:
                sign, at = "*", at - 1  # 60(1 - 1/3)
            if sign not in ("*", "/", "of") or (sign == "of" and not _is_share(tree)):
                break
            below = sign == "/" and self.reading == "below"
            right = self.factors(at + 1, depth) if below else self.tied(at + 1, depth)
            if right is None:
                break
            found = Operation("*" if sign == "of" else sign, tree, right[0]), right[1]
        return found

    def factors(self, at: int, depth: int) -> tuple[Tree, int] | None:
        """Everything that is multiplied, for what stands below the line."""
        found = self.tied(at, depth)
        while found is not None and self.kind(found[1]) == "*" and (right := self.tied(found[1] + 1, depth)):
            found = Operation("*", found[0], right[0]), right[1]
        return found

    def tied(self, at: int, depth: int) -> tuple[Tree, int] | None:
        found = self.power(at, depth)
        while found is not None and self.reading == "tight" and self.kind(found[1]) == "/":
            if not self.tokens[found[1]].tight or (right := self.power(found[1] + 1, depth)) is None:
                break
            found = Operation("/", found[0], right[0]), right[1]
        return found

    def power(self, at: int, depth: int) -> tuple[Tree, int] | None:
        found = self.one(at, depth)
        if found is not None and self.kind(found[1]) == "^" and (right := self.one(found[1] + 1, depth)):
            return Operation("^", found[0], right[0]), right[1]
        return found

    def one(self, at: int, depth: int) -> tuple[Tree, int] | None:
        kind = self.kind(at)
        if kind == "number":
            return Number(self.tokens[at]), at + 1
        if depth > _DEEPEST:
            return None
        if kind == "-" and self.tokens[at].led and not self.tokens[at].text.isalpha():
            inside = self.one(at + 1, depth + 1)
            return None if inside is None else (Operation("-", _whole(0), inside[0]), inside[1])
        if kind == "(" and (inside := self.sum(at + 1, depth + 1)) and self.kind(inside[1]) == ")":
            tree, end = inside
            close = self.tokens[end]
            if close.value:
                tree = Operation("^", tree, _whole(int(close.value)))
            if close.unit.name and not any(number.token.unit.name for number in numbers(tree)):
                tree = Operation("*", tree, Number(Token("number", "1", Fraction(1), unit=close.unit)))
            return tree, end + 1
        return None


def _whole(value: int) -> Number:
    return Number(Token("number", str(value), Fraction(value)))


def _is_share(tree: Tree) -> bool:
    """Whether `of` behind it multiplies: 25 %, 2/3, a half."""
    if isinstance(tree, Number):
        return tree.token.unit == PERCENT or (tree.token.value < 1 and not tree.token.unit.name)
    return tree.sign == "/" and isinstance(tree.left, Number) and isinstance(tree.right, Number)


def numbers(tree: Tree) -> Iterator[Number]:
    """The numbers of a tree, from left to right."""
    if isinstance(tree, Number):
        yield tree
    else:
        yield from numbers(tree.left)
        yield from numbers(tree.right)


def plain(tree: Tree, known: dict[Fraction, Fraction] | None = None) -> Fraction | None:
    """The value without units, a percentage as a share; None where there is none.

    `known` gives for a rounded number what it was rounded from.
    """
    if isinstance(tree, Number):
        token = tree.token
        value = (known or {}).get(token.value, token.value)
        return value / 100 if token.unit == PERCENT else value
    left, right = plain(tree.left, known), plain(tree.right, known)
    return None if left is None or right is None else _worked_out(tree.sign, left, right)


def _worked_out(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    if sign in "+-":
        value = left + right if sign == "+" else left - right
    elif sign == "*":
        value = left * right
    elif sign == "/":
        if not right:
            return None
        value = left / right
    elif right.denominator > 1 or abs(right) > _LARGEST_POWER or (not left and right < 0):
        return None
    else:
        value = left ** int(right)
    return None if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS else value


Amount = tuple[Fraction, Powers]
"""A number in base units, and their powers."""


def amount(tree: Tree) -> Amount | None:
    """The value with its units, in base units; None where units do not fit together, or a scale has its own zero."""
    if isinstance(tree, Number):
        unit = tree.token.unit
        return None if unit.zero else (tree.token.value * unit.factor, unit.base)
    left, right = amount(tree.left), amount(tree.right)
    if left is None or right is None:
        return None
    powers = _powers(tree, left, right)
    value = _worked_out(tree.sign, left[0], right[0])
    return None if powers is None or value is None else (value, powers)


def _powers(tree: Operation, left: Amount, right: Amount) -> Powers | None:
    if tree.sign in "+-":
        zero = isinstance(tree.left, Number) and not tree.left.token.value
        return right[1] if zero else (left[1] if left[1] == right[1] else None)
    if tree.sign == "^":
        exponent = int(right[0]) if not right[1] and right[0].denominator == 1 else None
        return None if exponent is None else tuple((base, power * exponent) for base, power in left[1] if exponent)
    summed = dict(left[1])
    for base, power in right[1]:
        summed[base] = summed.get(base, 0) + (power if tree.sign == "*" else -power)
    return tuple(sorted((base, power) for base, power in summed.items() if power))


def units(tree: Tree) -> set[Unit]:
    """The units that a tree names."""
    return {number.token.unit for number in numbers(tree)} - {NO_UNIT, PERCENT}
