"""The calculations that a text states, and whether each holds. A chain's text flows in; equations flow out.

Small models write arithmetic in many ways, and a false alarm spoils a figure more than a miss. So an equation is wrong
only if no reading of it holds: with units or without, `/` grouped either way, rounded or cut to the digits shown,
worked out from what was rounded before. What depends on a reading that cannot be told is not counted at all.
"""

import functools
import itertools
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dgrc.evaluation.truth import arithmetic, calendar
from dgrc.evaluation.truth.arithmetic import READINGS, Number, Operation, Tree, plain
from dgrc.evaluation.truth.signs import Token, lines
from dgrc.method.quantities import units as known_units
from dgrc.method.quantities.values import NO_UNIT, PERCENT, Unit

_FUNCTIONS = frozenset("sqrt log ln exp min max round ceil floor int abs sin cos tan mod root".split())
_COMPARED = frozenset("more less fewer times higher lower greater smaller larger percent of longer remainder r".split())
_BEFORE_SUM = frozenset(("and", "plus", "和", "加"))
_LOOSE = Fraction(5, 100)
_CLOSE = Fraction(1, 100)
_SYSTEMS = frozenset("pound ounce inch foot yard mile teaspoon tablespoon cup pint quart gallon fluid_ounce".split())


@dataclass(frozen=True)
class Equation:
    """A claim as it stands in the text; `inputs` are the numbers that go in, `result` what is claimed."""

    text: str
    right: bool
    inputs: tuple[Fraction, ...]
    result: Token
    exact: Fraction | None = None


_Found = Generator[Equation, None, int]


@functools.lru_cache(maxsize=2048)  # a chain is looked at for each atom that was asked about it
def equations(text: str) -> tuple[Equation, ...]:
    """The distinct equations of a text whose truth can be told, in order."""
    found: dict[str, Equation] = {}
    rounded: dict[Fraction, Fraction] = {}
    for tokens in lines(text):
        for equation in _in_line(tokens, rounded):
            found.setdefault(equation.text, equation)
            if equation.right and equation.exact is not None and equation.exact != equation.result.value:
                rounded[equation.result.value] = equation.exact
    return tuple(found.values())


def _in_line(tokens: Sequence[Token], rounded: dict[Fraction, Fraction]) -> Iterator[Equation]:
    at = 0
    while at < len(tokens):
        chain = calendar.claim(tokens, at) if tokens[at].kind == "date" else None
        if chain is not None:
            right, result, at = chain
            inside = tuple(t.value for t in result[:-1] if t.kind == "number")
            yield Equation(" ".join(t.text for t in result), right, inside, result[-1])
            continue
        at = yield from _from(tokens, at, rounded)


def _from(tokens: Sequence[Token], at: int, rounded: dict[Fraction, Fraction]) -> _Found:
    """The equations that begin at a place; the place to go on at is returned."""
    if not _may_begin(tokens, at):
        return at + 1
    parsed = arithmetic.parse(tokens, at, "left")
    if parsed is None:
        return at + 1
    start, end, first = at, parsed[1], True
    while _is_relation(tokens, end):
        right = arithmetic.parse(tokens, end + 1, "left")
        if right is None or not _may_end(tokens, right[1]):
            return end + 1
        if _says_more(tokens[end], right[0]):  # 30 % of $7,800, which is 0.3 * 7800 = 2340: the second is the first
            return end + 1
        claim = _Claim(tokens, (start, end), (end + 1, right[1]), tokens[end], rounded, first)
        if (truth := claim.holds()) is not None:
            yield claim.equation(truth)
        start, end, first = end + 1, right[1], False
    return max(end, at + 1)


def _is_relation(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind == "relation"


def _says_more(relation: Token, right: Tree) -> bool:
    """Whether `is` leads to another calculation rather than to a result."""
    return not relation.strong and isinstance(right, Operation)


def _may_begin(tokens: Sequence[Token], at: int) -> bool:
    """Whether a calculation can begin here, with nothing before it that belongs to it."""
    if tokens[at].kind not in ("number", "(", "-"):
        return False
    before = tokens[at - 1] if at else None
    if tokens[at].kind == "(" and tokens[at].tight:
        return False
    if before is None or before.kind in ("relation", "("):
        return True
    return before.kind == "stop" and before.text.lower() not in _FUNCTIONS


def _may_end(tokens: Sequence[Token], at: int) -> bool:
    """Whether what follows a result leaves it as it is: no sign without a number, no second number beside it."""
    if at >= len(tokens):
        return True
    after = tokens[at]
    if after.kind in ("+", "*", "/", "^", "number", "date", "of"):
        return False
    if after.kind == "stop" and after.text.lower() == "and" and at + 1 < len(tokens):
        return not tokens[at + 1].unit.base or tokens[at + 1].unit.base != tokens[at - 1].unit.base
    return after.kind != "stop" or (after.text.lower() not in _COMPARED and after.text != "余")


@dataclass(frozen=True)
class _Claim:
    """One relation with what stands left and right of it, as places in a line; `first`: nothing stands before it."""

    tokens: Sequence[Token]
    left: tuple[int, int]
    right: tuple[int, int]
    relation: Token
    rounded: dict[Fraction, Fraction]
    first: bool

    def equation(self, truth: bool) -> Equation:
        said = self.tokens[self.left[0] : self.right[1]]
        inside = [t for t in self.tokens[slice(*self.left)] if t.kind == "number"]
        result = next(t for t in self.tokens[slice(*self.right)] if t.kind == "number")
        left = arithmetic.parse(self.tokens, self.left[0], "left")
        exact = plain(left[0]) if left else None
        return Equation(" ".join(t.text for t in said), truth, tuple(t.value for t in inside), result, exact)

    def holds(self) -> bool | None:
        """Whether the claim is true; None where it claims nothing that can be told."""
        pairs = list(self._readings())
        left, right = pairs[0]
        if not isinstance(left, Operation):
            return self._restated(left, right)
        if _is_range(self.tokens[slice(*self.left)]) or left == right:
            return None
        if any(self._true(*pair) for pair in pairs) or self._labelled() or self._runs_on(left):
            return True
        return None if self._may_convert(left, right) else False

    def _readings(self) -> Iterator[tuple[Tree, Tree]]:
        for one, other in itertools.product(READINGS, READINGS):
            left = arithmetic.parse(self.tokens[: self.left[1]], self.left[0], one)
            right = arithmetic.parse(self.tokens[: self.right[1]], self.right[0], other)
            if left is not None and right is not None and (left[1], right[1]) == (self.left[1], self.right[1]):
                yield left[0], right[0]

    def _true(self, left: Tree, right: Tree) -> bool:
        for known in (None, self.rounded):
            value, claimed = plain(left, known), plain(right, known if isinstance(right, Operation) else None)
            if value is not None and claimed is not None and self._equal(value, claimed, right):
                return True
        return self._with_percent(left, right) or self._with_units(left, right)

    def _equal(self, value: Fraction, claimed: Fraction, right: Tree) -> bool:
        if isinstance(right, Operation):
            return abs(value - claimed) <= _slack(right, self.relation.about) * abs(claimed)
        percent = right.token.unit == PERCENT
        return shown(value * 100, right.token, self.relation.about) if percent else shown(
            value, right.token, self.relation.about
        )

    def _with_percent(self, left: Tree, right: Tree) -> bool:
        """`3 / 4 * 100 = 75 %`, `20 % + 5 % = 25`, `100 + 20 % = 120`, `30 / 40 = 75`."""
        if not isinstance(right, Number) or not isinstance(left, Operation):
            return False
        value, about = plain(left), self.relation.about
        if value is None:
            return False
        if right.token.unit == PERCENT and any(n.token.value == 100 for n in arithmetic.numbers(left)):
            return shown(value, right.token, about)
        shares = [n.token.unit == PERCENT for n in arithmetic.numbers(left)]
        if all(shares) and left.sign in "+-":
            return shown(value * 100, right.token, about)
        base = plain(left.left)
        if left.sign in "+-" and shares[-1] and not any(shares[:-1]) and isinstance(left.right, Number) and base:
            part = base * left.right.token.value / 100
            return shown(base + part if left.sign == "+" else base - part, right.token, about)
        return False

    def _with_units(self, left: Tree, right: Tree) -> bool:
        one, other = arithmetic.amount(left), arithmetic.amount(right)
        if one is None or other is None or one[1] != other[1] or not isinstance(right, Number):
            return one is not None and one == other
        return shown(one[0] / right.token.unit.factor, right.token, self.relation.about)

    def _restated(self, left: Number, right: Tree) -> bool | None:
        """A number that is said again: in another unit of its kind, or rounded."""
        one = left.token
        if not isinstance(right, Number) or not self.relation.strong:
            return None
        other = right.token
        if one.unit.name and other.unit.name and one.unit.name != other.unit.name:
            return self._converted(one, other)
        alike = one.unit == other.unit or NO_UNIT in (one.unit, other.unit)
        if not alike or (self.first and not self.relation.about) or one.value == other.value:
            return None
        if shown(one.value, other, self.relation.about):
            return True
        return False if one.unit == other.unit else None

    def _converted(self, one: Token, other: Token) -> bool | None:
        if one.unit.base != other.unit.base or not one.unit.base or one.unit.zero or other.unit.zero:
            return None
        if self.first and not _stands_alone(self.tokens, self.left[0]):
            return None
        value = one.value * one.unit.factor / other.unit.factor
        systems = any(name in unit.name for unit in (one.unit, other.unit) for name in _SYSTEMS)
        near = systems and abs(value - other.value) <= _LOOSE * abs(value)
        return near or shown(value, other, self.relation.about)

    def _may_convert(self, left: Tree, right: Tree) -> bool:
        """Whether a claim is off by what some of its units differ by: a factor was worked in without being written."""
        value = plain(left)
        if not value or not isinstance(right, Number):
            return value is None
        parts = {part for unit in arithmetic.units(left) | arithmetic.units(right) for part in _parts(unit)}
        ratios = {a.factor / b.factor for a in parts for b in parts if a.factor != b.factor and a.base == b.base}
        factors = ratios | {one * other for one in ratios for other in ratios}
        return any(shown(value * factor, right.token, self.relation.about) for factor in factors - {Fraction(1)})

    def _labelled(self) -> bool:
        """`Day 1 - 5 * 20 = 100`: a number before a dash that only names what follows."""
        first, end = self.left
        if first + 2 >= end or self.tokens[first + 1].kind != "-" or self.tokens[first].unit.name:
            return False
        if not first or self.tokens[first - 1].kind != "stop" or not self.tokens[first - 1].text.isalpha():
            return False
        claim = _Claim(self.tokens, (first + 2, end), self.right, self.relation, self.rounded, True)
        return any(isinstance(left, Operation) and claim._true(left, right) for left, right in claim._readings())

    def _runs_on(self, left: Tree) -> bool:
        """`5 * 20 = 100 * 2 = 200`: the result is taken on in the same line, as on a calculator."""
        result = Number(self.tokens[self.right[0]])
        return result.token.kind == "number" and self.right[1] > self.right[0] + 1 and self._true(left, result)


def _is_range(tokens: Sequence[Token]) -> bool:
    """`2-3 tablets`."""
    first = [t.kind for t in tokens[:3]] == ["number", "-", "number"]
    return first and tokens[1].tight and tokens[0].value < tokens[2].value


def _stands_alone(tokens: Sequence[Token], at: int) -> bool:
    """Whether a measure is no last part of a longer one: `2 hours and 30 minutes`."""
    before = tokens[at - 1] if at else None
    if before is None or before.kind == "relation":
        return True
    return before.kind == "stop" and before.text.lower() not in _BEFORE_SUM


def shown(value: Fraction, claimed: Token, about: bool) -> bool:
    """Whether a number is an exact value, rounded or cut to the digits that it shows."""
    off = abs(value - claimed.value)
    unit = Fraction(1, 10**claimed.decimals)
    if not off:
        return True
    if not claimed.value:
        return False
    if about:
        while not claimed.decimals and claimed.value % (unit * 10) == 0 and unit * 100 <= abs(claimed.value):
            unit *= 10
        return off < unit or off <= _CLOSE * abs(value)
    return off <= unit / 2 or (claimed.decimals > 0 and off < unit)


def _slack(tree: Tree, about: bool) -> Fraction:
    """How far a calculation may be off because its numbers are rounded, as a share."""
    of = (n.token for n in arithmetic.numbers(tree) if n.token.decimals and n.token.value)
    return sum((Fraction(1, 10**t.decimals) / abs(t.value) for t in of), _CLOSE if about else Fraction(0))


def _parts(unit: Unit) -> Iterator[Unit]:
    for name in re.split(r"[/*]", unit.name):
        if name and re.fullmatch("[a-z_]+", name):
            yield known_units.unit(name)
