"""Currencies by code, sign and name: each is a dimension of its own, for no rate holds for long.

A dollar sign alone is the US dollar's, \uffe5 (full width) the yuan's, \u00a5 the yen's. Names of several countries'
money (`peso`, `krona`) are no currency without the country; `pounds` are a weight, `pounds sterling` money.
"""

from fractions import Fraction

_ONE, _HUNDREDTH = Fraction(1), Fraction(1, 100)
YUAN_SIGN = "CN\u00a5"
"""What the full-width sign is written as before full width is folded."""
_NAMES = {
    "dollar": "$|US$|USD|US dollar|US dollars|American dollars|bucks",
    "euro": "\u20ac|EUR", "pound_sterling": "\u00a3|GBP|pounds sterling|British pounds",
    "yen": "\u00a5|JPY|yen|JP\u00a5|Japanese yen",
    "yuan": "CN\u00a5|RMB\u00a5|CNY|RMB|renminbi|Chinese yuan|yuan renminbi",
    "canadian_dollar": "CA$|C$|CAN$|CAD", "australian_dollar": "A$|AU$|AUD", "hong_kong_dollar": "HK$|HKD",
    "singapore_dollar": "S$|SG$|SGD", "new_zealand_dollar": "NZ$|NZD", "taiwan_dollar": "NT$|TWD|NTD",
    "swiss_franc": "CHF", "indian_rupee": "\u20b9|INR|Rs|rupee|rupees|Indian rupees", "won": "\u20a9|KRW",
    "ruble": "\u20bd|RUB|rouble|roubles",
    "real": "R$|BRL|reais", "mexican_peso": "MX$|MXN", "rand": "ZAR", "swedish_krona": "SEK", "norwegian_krone": "NOK",
    "danish_krone": "DKK", "zloty": "PLN", "lira": "TRY", "shekel": "\u20aa|ILS", "baht": "\u0e3f|THB",
    "ringgit": "MYR",
    "dirham": "AED", "riyal": "SAR",
}  # fmt: skip
CURRENCIES: dict[str, tuple[Fraction, str, tuple[str, ...]]] = {
    **{name: (_ONE, "", tuple(spellings.split("|"))) for name, spellings in _NAMES.items()},
    "cent": (_HUNDREDTH, "dollar", ("\u00a2", "US cents")),
}
"""Full names: so many of another currency (none: of its own), and spellings."""
MONEY = frozenset(CURRENCIES)
SIGNS = frozenset(
    spelling for name, (_, _, spellings) in CURRENCIES.items() for spelling in spellings if " " not in spelling
) - {"bucks", "yen", "renminbi", "rouble", "roubles", "reais", "rupee", "rupees", "\u00a2"}
"""What may stand before the number."""
