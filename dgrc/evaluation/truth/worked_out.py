"""Questions of arithmetic and of units, answered. A question flows in; its answer with its unit flows out, or None.

Only what is a calculation from end to end is answered: signs or words between numbers, a measure in another unit, two
measures held against each other, a rate and an amount of which it is one. In doubt there is no answer.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from dgrc.evaluation.truth import arithmetic
from dgrc.evaluation.truth.arithmetic import READINGS, Number, Operation, Tree
from dgrc.evaluation.truth.asking import cues, named, spans, unit_asked, written
from dgrc.evaluation.truth.equations import equations
from dgrc.evaluation.truth.signs import Token, lines, unit_of
from dgrc.method.quantities.values import NO_UNIT, PERCENT, Unit

_END = re.compile(r"[\s?.？。=]+\Z|[\s？?=]*(?:equal(?: to)?|is what|等于|是|等于多少|"
                  r"是多少|的结果是多少|得多少)[\s?.？。=]*\Z", re.IGNORECASE)  # fmt: skip
_LEAD = re.compile(
    r"\A(?:what(?: is|'s|\u2019s| does| do| are)|calculate|compute|find|evaluate|solve(?: for)?|"
    r"how much (?:is|are|does)|how many (?:is|are)|please calculate|work out|计算|请计算|求)"
    r"(?: the (?:result|value|answer|total)(?: of| when| if)?)?(?: the (?=sum|product|difference|quotient))?:? ?",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"how many ([A-Za-z\u00b5\u03bc/]{1,20}(?: per [A-Za-z]{1,12})?) (?:is|are) (?=[$0-9(])", re.IGNORECASE
)
_U = r"([A-Za-z\u00b5\u03bc/ ]{1,30}?)"
_Q = r"((?:an?|one|[0-9][0-9.,]*) ?[A-Za-z\u00b5\u03bc/ ]{1,24}?)"
_ZH_Q = r"([0-9][0-9.,]* ?[A-Za-z\u4e00-\u9fff]{1,4}?)"
_ZH_U = r"([A-Za-z\u4e00-\u9fff]{1,4})"
_CONVERSIONS = tuple((re.compile(pattern, re.IGNORECASE), unit_first) for pattern, unit_first in (
    (rf"how many {_U} (?:are there in|are in|is in|are equal to|is equal to|is|are|equals?|make up|make) {_Q}", True),
    (rf"how many {_U} (?:does|do) {_Q} (?:equal|have|contain)", True),
    (rf"(?:please )?(?:convert|change|express) {_Q} (?:in)?to {_U}", False),
    (rf"express {_Q} in {_U}", False),
    (rf"(?:what is|how much is|what's) {_Q} (?:in|converted to|expressed in|in terms of) {_U}", False),
    (rf"{_ZH_Q}(?:等于|是|合|有|换算成|=)(?:多少|几){_ZH_U}", False),
    (rf"(?:将|把)?{_ZH_Q}(?:换算|转换)(?:成|为){_ZH_U}(?:是多少)?", False),
))  # fmt: skip
_MORE = r"(greater|more|larger|bigger|higher|longer|heavier|later|less|smaller|lower|fewer|shorter)"
_THAN = re.compile(rf"(?:is|are) (.{{1,40}}) {_MORE} than (.{{1,40}})", re.IGNORECASE)
_WHICH = re.compile(
    rf"(?:which|what) (?:one |amount |value |number )?is (?:the )?{_MORE}[,:]? (.{{1,40}}?),? or (.{{1,40}})",
    re.IGNORECASE,
)
_EQUAL = re.compile(r"(?:is|does|do) (.{3,80}) (?:equal(?: to)?|=) (.{1,40})", re.IGNORECASE)
_LESS = frozenset("less smaller lower fewer shorter".split())


def answer(question: str) -> str | None:
    """The answer to a question that is a calculation, None if it is none for sure."""
    said = " ".join(question.split())
    stripped = re.sub(r"[\s?.？。]+\Z", "", said)
    return converted(stripped) or compared(stripped) or calculated(said) or by_units(said)


def calculated(question: str) -> str | None:
    """`What is 12 times 25?`, `2.5 % of $12,000 = ?`."""
    asked_for = _MANY.match(question)
    said = question[asked_for.end() :] if asked_for else _LEAD.sub("", question)
    for _ in range(3):
        said = _END.sub("", said)
    tree = _tree(said)
    if tree is None or _mixes_shares(tree):
        return None
    unit = unit_of(asked_for.group(1)) if asked_for else None
    if asked_for is None or unit is None or not unit.name:
        return None if asked_for else _in_units(tree)
    amount = arithmetic.amount(tree)
    return None if amount is None or amount[1] != unit.base else written(amount[0] / unit.factor, unit)


def _mixes_shares(tree: Tree) -> bool:
    """`$7,800 - 30 %`: of what, is not said."""
    if isinstance(tree, Number):
        return False
    shares = [isinstance(side, Number) and side.token.unit == PERCENT for side in (tree.left, tree.right)]
    whole = isinstance(tree.left, Number) and tree.left.token.value == 1
    mixed = tree.sign in "+-" and any(shares) and not all(shares) and not whole
    return mixed or _mixes_shares(tree.left) or _mixes_shares(tree.right)


def _tree(said: str) -> Operation | None:
    """The one calculation that a text is as a whole; None if `/` can be read two ways that differ."""
    found = lines(said)
    if len(found) != 1:
        return None
    trees = [parsed[0] for reading in READINGS if (parsed := arithmetic.parse(found[0], 0, reading)) is not None
             and parsed[1] == len(found[0])]  # fmt: skip
    if len({arithmetic.plain(tree) for tree in trees}) != 1 or not isinstance(trees[0], Operation):
        return None
    return None if _is_span(found[0]) else trees[0]


def _is_span(tokens: Sequence[Token]) -> bool:
    return len(tokens) == 3 and tokens[1].kind == "-" and tokens[1].tight and tokens[0].value < tokens[2].value


def _in_units(tree: Operation) -> str | None:
    """The value with the unit that it must have; a bare number where none is named."""
    plain = arithmetic.plain(tree)
    if plain is None:
        return None
    named_units = arithmetic.units(tree)
    if not named_units:
        shares = [n.token.unit == PERCENT for n in arithmetic.numbers(tree)]
        return written(plain) if not any(shares) or tree.sign == "*" else None
    amount = arithmetic.amount(tree)
    if amount is None:
        return _counted(tree, plain, named_units)
    for unit in sorted(_candidates(named_units), key=lambda unit: unit.name):
        if unit.base == amount[1] and plain * unit.factor == amount[0]:
            return written(plain, unit)
    return written(plain) if not amount[1] and plain == amount[0] else None


def _counted(tree: Operation, plain: Fraction, named_units: set[Unit]) -> str | None:
    """`300 mg + 50`: who leaves out the unit of a part means the same one."""
    return written(plain, next(iter(named_units))) if len(named_units) == 1 and tree.sign in "+-" else None


def _candidates(named_units: set[Unit]) -> set[Unit]:
    parts = {part for unit in named_units for name in unit.name.split("/") if (part := unit_of(name.replace("_", " ")))}
    return named_units | parts


def converted(said: str) -> str | None:
    """`How many mg are in 0.5 g?`, `Convert 3 L to mL`; None between units whose sizes do not divide."""
    for pattern, unit_first in _CONVERSIONS:
        match = pattern.fullmatch(said)
        if match is not None:
            unit, measure = match.groups() if unit_first else match.groups()[::-1]
            one, to = _measure(measure), unit_of(unit)
            if one is not None and to is not None and one.unit.base == to.base and to.base:
                if not (one.unit.zero or to.zero):
                    return written(one.value * one.unit.factor / to.factor, to)
    return None


def _measure(said: str) -> Token | None:
    """The one measure that a text is as a whole."""
    found = lines(re.sub(r"\A(?:an?|one) ", "1 ", said.strip(), flags=re.IGNORECASE))
    if len(found) != 1 or len(found[0]) != 1 or found[0][0].kind != "number" or not found[0][0].unit.name:
        return None
    return found[0][0]


def compared(said: str) -> str | None:
    """`Is $300 greater than $150?`, `Which is larger, 1 g or 900 mg?`, `Is 12 times 25 equal to 300?`."""
    if (match := _THAN.fullmatch(said)) is not None:
        one, more, other = match.groups()
        held = _held(one, other)
        return None if held is None else ("yes" if held == (-1 if more.lower() in _LESS else 1) else "no")
    if (match := _WHICH.fullmatch(said)) is not None:
        more, one, other = match.groups()
        held = _held(one, other)
        return None if not held else ((one if held == (-1 if more.lower() in _LESS else 1) else other).strip())
    if (match := _EQUAL.fullmatch(said)) is not None and _tree(match.group(1)) is not None:
        claims = equations(f"{match.group(1)} = {match.group(2)}")
        return ("yes" if claims[0].right else "no") if len(claims) == 1 else None
    return None


def _held(one: str, other: str) -> int | None:
    """-1, 0 or 1 as one is less than, as much as or more than the other; None if they are not of one kind."""
    values = []
    for said in (one, other):
        found = lines(said)
        parsed = arithmetic.parse(found[0], 0, "left") if len(found) == 1 else None
        amount = arithmetic.amount(parsed[0]) if parsed is not None and parsed[1] == len(found[0]) else None
        if amount is None:
            return None
        values.append(amount)
    if values[0][1] != values[1][1]:
        return None
    return (values[0][0] > values[1][0]) - (values[0][0] < values[1][0])


def by_units(question: str) -> str | None:
    """Two measures of which only one of product and quotient is of the kind that is asked: a rate and an amount, an
    amount and a time. Whatever hints at more than that leaves it without an answer."""
    wanted, said = unit_asked(question), named(question)
    if wanted is None or not wanted.name or len(said.tokens) != 2 or said.days or cues(question) - {"if"}:
        return None
    one, other = said.tokens
    if not (one.unit.name and other.unit.name) or PERCENT in (one.unit, other.unit) or one.unit.base == other.unit.base:
        return None
    in_units = spans(" ".join((one.text, other.text, wanted.name)))
    if spans(question) - in_units:
        return None
    if () in (one.unit.base, other.unit.base):  # mg/kg: neither its product with kg nor its quotient is of another kind
        return _by_names(one, other, wanted) or _by_names(other, one, wanted)
    left, right = Number(one), Number(other)
    found = {
        value[0]
        for tree in (Operation("*", left, right), Operation("/", left, right), Operation("/", right, left))
        if (value := _kind(tree, wanted)) is not None
    }
    return written(next(iter(found)) / wanted.factor, wanted) if len(found) == 1 else None


def _by_names(rate: Token, amount: Token, wanted: Unit) -> str | None:
    """A rate of one mass to another, and an amount that is named as one of the two."""
    above, _, below = rate.unit.name.partition("/")
    if not below or "/" in below or rate.unit.base or above == below:
        return None
    per = arithmetic.plain(Operation("/", Number(amount), Number(rate)))
    if (amount.unit.name, wanted.name) == (above, below) and per is not None:
        return written(per, wanted)
    if amount.unit.name == below and wanted.name != below and wanted.base == amount.unit.base:
        return written(amount.value * amount.unit.factor * rate.value * rate.unit.factor / wanted.factor, wanted)
    return None


def _kind(tree: Tree, wanted: Unit) -> arithmetic.Amount | None:
    value = arithmetic.amount(tree)
    return value if value is not None and value[1] == wanted.base and wanted.base and wanted != NO_UNIT else None
