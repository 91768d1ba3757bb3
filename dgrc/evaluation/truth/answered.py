"""Whether an atom's answer says what is true. An answer, the truth and the question flow in; a boolean flows out.

The product's own comparison comes first. It takes an answer as a whole, and small models answer in sentences:
`12 * 25 = 300 mg`, `12 times 25 is 300.`. So what a sentence concludes with is held against the truth as well: its one
quantity that the question does not name, or the one behind its last `is` or `=`.
"""

from dgrc.evaluation.truth.asking import named, unit_asked
from dgrc.evaluation.truth.signs import Token, lines
from dgrc.method import meaning

_OF_EACH = ("/dose", "/patient", "/person")


def says(answer: str, truth: str, question: str) -> bool:
    """Whether an answer to the question says what is true."""
    if meaning.same(answer, truth, question=question):
        return True
    right = named(truth)
    if right.days:
        days = named(answer).days
        return (days - named(question).days or days) == right.days
    if len(right.tokens) != 1:
        return False
    said = _concluded(answer, question)
    return said is not None and _same(said, right.tokens[0], question)


def _concluded(answer: str, question: str) -> Token | None:
    """The quantity that an answer comes to; None if that cannot be told."""
    known = {(token.value, token.unit) for token in named(question).tokens}  # 20 g is new where 20000 mg are asked
    said = [token for line in lines(answer) for token in line if token.kind in ("number", "relation", "-")]
    numbers = [token for token in said if token.kind == "number"]
    fresh = {_amount(token): token for token in numbers if (token.value, token.unit) not in known}
    if len(fresh) == 1 and not any(token.kind == "-" for token in said):
        return next(iter(fresh.values()))
    last = max((at for at, token in enumerate(said) if token.kind == "relation"), default=len(said))
    behind = said[last + 1 :]
    return behind[0] if len(behind) == 1 and behind[0].kind == "number" else None


def _amount(token: Token) -> tuple[object, object]:
    return token.value * token.unit.factor, token.unit.base


def _same(said: Token, right: Token, question: str) -> bool:
    """By value and unit; a number alone stands for one with the unit that the question leaves open."""
    if said.unit.name.endswith(_OF_EACH) and said.unit.name.rpartition("/")[0] == right.unit.name:
        return said.value == right.value
    if not said.unit.name or not right.unit.name:
        asked = unit_asked(question)
        factor = asked.factor if asked is not None and right.unit.name and asked.base == right.unit.base else None
        return said.value == right.value if factor is None else said.value * factor == right.value * right.unit.factor
    return _amount(said) == _amount(right)
