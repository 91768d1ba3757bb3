"""What stands behind a measure and belongs to it: how often, by which way, for how long, of what.

Tokens flow in; each tail flows out in one spelling, that the same grammar reads again, with the place after it.
"""

from collections.abc import Sequence

from dgrc.method.quantities.numerals import ONES, TENS, figures, in_words
from dgrc.method.quantities.units import named, unit
from dgrc.method.quantities.units.nouns import NOUNS
from dgrc.method.quantities.values import Quantity

_FIXED_TAILS = {
    "1 times a day": "daily|once daily|qd|od|q d|every day|each day|once every day|1 daily",
    "2 times a day": "bid|bd|twice daily|twice each day", "3 times a day": "tid|tds|thrice daily",
    "4 times a day": "qid|qds", "1 times a week": "weekly|once weekly|qwk|qw|every week|each week|q week",
    "1 times a month": "monthly|once monthly|every month|each month|qmonth",
    "1 times a year": "yearly|annually|once yearly|once annually|every year|each year",
    "1 times a hour": "hourly|every hour|qh", "2 times a week": "twice weekly|biw",
    "3 times a week": "thrice weekly|tiw",
    "every 2 day": "every other day|every second day|on alternate days|alternate days|qod|eod|qad",
    "every 14 day": "every other week|every second week|qow",
    "as needed": "as needed|prn|when needed|when required|as required|if needed",
    "at bedtime": "at bedtime|qhs|hs|before bed|before bedtime",
    "at night": "at night|nightly|every night|nocte|each night",
    "every morning": "in the morning|qam|every morning|each morning|mane",
    "every evening": "in the evening|qpm|every evening|each evening", "with meals": "with meals|with food",
    "before meals": "before meals|ac", "after meals": "after meals|pc", "immediately": "immediately|stat",
    "once": "once|as a single dose|single dose|in a single dose|one time|once only|x 1|\u00d7 1",
    "as divided doses": "in divided doses|divided",
    "intravenously": "iv|intravenously|intravenous|by iv|via iv|by intravenous injection",
    "as intravenous bolus": "as intravenous bolus|iv bolus|iv push|ivp|intravenous bolus|bolus iv",
    "as intravenous infusion": "as intravenous infusion|iv infusion|intravenous infusion|iv drip|"
    "by intravenous infusion",
    "intramuscularly": "im|intramuscularly|intramuscular|by intramuscular injection",
    "subcutaneously": "sc|sq|subq|subcut|subcutaneously|subcutaneous|sub - q|by subcutaneous injection|sub q",
    "orally": "po|orally|oral|by mouth|per os|per oral", "sublingually": "sl|sublingually|sublingual|under the tongue",
    "rectally": "pr|rectally|rectal|per rectum", "topically": "topically|topical",
    "inhaled": "inhaled|by inhalation|inh|via inhalation",
    "intranasally": "intranasally|intranasal", "intrathecally": "intrathecally|intrathecal",
    "transdermally": "transdermally|transdermal", "buccally": "buccally|buccal",
    "intradermally": "intradermally|intradermal",
    "intraosseously": "io|intraosseously|intraosseous", "vaginally": "vaginally|vaginal|pv",
    "by nasogastric tube": "by nasogastric tube|via ng tube|via nasogastric tube|ng",
    "nebulized": "nebulized|nebulised|by nebulizer|via nebulizer",
}  # fmt: skip
FIXED = {spelling: name for name, spellings in _FIXED_TAILS.items() for spelling in (name, *spellings.split("|"))}
_MANY = {"once": "1", "twice": "2", "thrice": "3"}
_PERIODS = {
    "day": "day", "d": "day", "daily": "day", "week": "week", "wk": "week", "weekly": "week", "month": "month",
    "mo": "month", "monthly": "month", "year": "year", "yearly": "year", "annually": "year", "annum": "year",
    "hour": "hour", "h": "hour", "hourly": "hour", "minute": "minute", "min": "minute",
}  # fmt: skip
_SPANS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_FIRST = frozenset(
    {spelling.split()[0] for spelling in (*FIXED, *NOUNS)}
    | {*_MANY, *"every q each for over x times as in".split()}
)
_LONGEST = 4


def tail(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """The tail that stands at a place, and the place after it; None if what stands there is none."""
    word = tokens[at].lower()
    if word not in _FIRST and word not in ONES and word not in TENS and not word[:1].isdigit():
        return None
    for size in range(_LONGEST, 0, -1):
        said = " ".join(tokens[at : at + size]).lower()
        fixed = FIXED.get(said) or NOUNS.get(said)
        if fixed is not None and not (fixed == "once" and _how_often(tokens, at)):
            return fixed, at + size
    return next((found for read in (_how_often, _every, _lasting, _divided) if (found := read(tokens, at))), None)


def of_what(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """The noun at a place, for where it stands before the measure."""
    if tokens[at].lower() not in _FIRST:
        return None
    for size in range(_LONGEST, 0, -1):
        said = " ".join(tokens[at : at + size]).lower()
        if (found := NOUNS.get(said)) is not None and found.startswith(("of ", "in ")):
            return found, at + size
    return None


def _how_often(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """`3 times a day`, `twice weekly`, `2 x / week`, `daily 3 times`."""
    if tokens[at].lower() in ("daily", "weekly", "monthly") and (times := _times(tokens, at + 1)):
        return f"{times[0]} times a {_PERIODS[tokens[at].lower()]}", times[1]
    times = _times(tokens, at)
    if times is None:
        return None
    count, at = times
    if tokens[at].lower() in ("a", "an", "per", "/", "each", "every", "in"):
        at += 1 + (tokens[at + 1] in ("a", "1", "one"))
    period = _PERIODS.get(tokens[at].lower())
    return None if period is None else (f"{count} times a {period}", at + 1)


def _times(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    word = tokens[at].lower()
    if word in _MANY:
        return _MANY[word], at + 1
    counted = _counted(tokens, at)
    if counted is not None and tokens[counted[1]].lower() in ("times", "time", "x", "\u00d7"):
        return counted[0], counted[1] + 1
    return None


def _counted(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """A whole number in figures or words."""
    if tokens[at].isdecimal() and len(tokens[at]) < 5:
        return str(int(tokens[at])), at + 1
    word = in_words(tokens, at) if tokens[at] in ONES or tokens[at] in TENS else None
    return None if word is None or word[0].denominator > 1 else (str(word[0]), word[1])


def _every(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """`every 8 hours`, `q8h`, `every 4 to 6 hours`, `q4-6h`."""
    if tokens[at].lower() not in ("every", "q", "each"):
        return None
    low = _number(tokens, at + 1)
    if low is None:
        return None
    high = _number(tokens, low[1] + 1) if tokens[low[1]] in ("-", "to", "~", "or") else None
    past = (high or low)[1]
    past += tokens[past] == "-"
    span = _span([each[0] for each in (low, high) if each], tokens[past])
    return None if span is None else (f"every {span}", past + 1)


def _lasting(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """`for 7 days`, `x 7 days`, `over 30 minutes`."""
    word = tokens[at].lower()
    if word not in ("for", "x", "\u00d7", "over"):
        return None
    count = ("1", at + 2) if tokens[at + 1] in ("a", "an", "one") else _number(tokens, at + 1)
    if count is None:
        return None
    past = count[1] + (tokens[count[1]] == "-")
    span = _span([count[0]], tokens[past])
    return None if span is None else (f"{'over' if word == 'over' else 'for'} {span}", past + 1)


def _divided(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    if tokens[at] in ("in", "as") and (count := _counted(tokens, at + 1)):
        if tuple(tokens[count[1] : count[1] + 2]) == ("divided", "doses"):
            return f"as {count[0]} divided doses", count[1] + 2
    return None


def _number(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    if tokens[at][:1].isdigit() and figures(tokens[at]) is not None:
        return tokens[at], at + 1
    return _counted(tokens, at)


def _span(counts: Sequence[str], word: str) -> str | None:
    """Lengths of time in one spelling: `1 week` is `7 day`, `4 to 6 h` is `4 to 6 hour`."""
    name = named(word)
    values = [value for count in counts if (value := figures(count)) is not None]
    if name is None or len(values) < len(counts) or word in ("m", "M"):
        return None
    amounts = [Quantity(value, unit(name)).amount for value in values]
    if unit(name).base == (("month", 1),):
        size, name = 1, "month"
    elif unit(name).base == (("second", 1),):
        whole = (each for each in _SPANS if all(amount % each[0] == 0 for amount in amounts))
        size, name = next(whole, (1, "second"))
    else:
        return None
    return f"{' to '.join(f'{float(amount / size):.10g}' for amount in amounts)} {name}"
