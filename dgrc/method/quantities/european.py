"""Measures in German, French, Spanish, Italian, Portuguese and Dutch. A text flows in; the same in English flows out.

Only what is a number, or a range of two, and one noun of these tables is put into English; any other text stays as it
is (`two weeks of work` in no language is taken apart). Decimal commas are decimal points where they can be nothing
else: `1,5 mg`, `0,125 mg`, `1.200,50`; so are the points of thousands beside the euro (`1.200 €`).
"""

import re

_NUMBERS = {
    "1": "ein eine einen einer une un una uno uma um een", "2": "zwei deux dos due dois duas twee",
    "3": "drei trois tres tre três drie", "4": "vier quatre cuatro quattro quatro", "5": "fünf cinq cinco cinque vijf",
    "6": "sechs six seis sei zes", "7": "sieben sept siete sette sete zeven", "8": "acht huit ocho otto oito",
    "9": "neun neuf nueve nove negen", "10": "zehn dix diez dieci dez tien", "11": "elf onze once undici",
    "12": "zwölf douze doce dodici doze twaalf", "13": "dreizehn treize trece tredici treze dertien",
    "14": "vierzehn quatorze catorce quattordici catorze veertien", "15": "fünfzehn quinze quince quindici vijftien",
    "18": "achtzehn dieciocho diciotto dezoito achttien", "20": "zwanzig vingt veinte venti vinte twintig",
    "21": "einundzwanzig veintiuno ventuno eenentwintig", "24": "vierundzwanzig veinticuatro ventiquattro",
    "28": "achtundzwanzig veintiocho ventotto", "30": "dreißig dreissig trente treinta trenta trinta dertig",
    "40": "vierzig quarante cuarenta quaranta quarenta veertig",
    "48": "achtundvierzig quarantotto", "50": "fünfzig cinquante cincuenta cinquanta cinquenta vijftig",
    "60": "sechzig soixante sesenta sessanta sessenta zestig", "72": "zweiundsiebzig settantadue",
    "90": "neunzig noventa novanta negentig", "100": "hundert cent cien cento cem honderd",
    "1.5": "anderthalb eineinhalb anderhalve",
}  # fmt: skip
_NOUNS = {
    "day": "tag tage tagen jour jours día días dia dias giorno giorni dag dagen",
    "week": "woche wochen semaine semaines semana semanas settimana settimane weken",
    "month": "monat monate monaten mois mes meses mese mesi mês maand maanden",
    "year": "jahr jahre jahren an ans année années año años anno anni ano anos jaar jaren",
    "hour": "stunde stunden heure heures hora horas ora ore uren",
    "minute": "minuten minuto minutos minuti minuut",
    "tablet": "tablette tabletten comprimé comprimés comprimido comprimidos compressa compresse",
    "milligram": "milligramm milligramme milligrammes miligramo miligramos miligrama miligramas milligrammi",
    "euro": "euro euros",
}  # fmt: skip
_VALUE = {word: number for number, words in _NUMBERS.items() for word in words.split()}
_NOUN = {word: name for name, words in _NOUNS.items() for word in words.split()}
_HALF = r"(?:ein(?:e|en)? )?halbe[ns]?|(?:une )?demi-?|medi[oa]|mezz[oa]|mei[oa]|(?:een )?halve"
_ONE = rf"[0-9]+(?:\.[0-9]+)?|{'|'.join(sorted(_VALUE, key=len, reverse=True))}"
_MEASURE = re.compile(
    rf"({_ONE}|{_HALF})(?: ?[-\u2013] ?| (?:bis|à|a|tot) )?((?<=[-\u2013]|[ ])(?:{_ONE}))? ?(?<=[ \d-])"
    rf"({'|'.join(sorted(_NOUN, key=len, reverse=True))})\.?",
    re.IGNORECASE,
)
_LONGEST = 60
_GROUPED = re.compile(r"(?<![\w.,])([1-9][0-9]{0,2}(?:\.[0-9]{3})+),([0-9]{1,2})(?![\w.,])")
_DECIMAL = re.compile(
    r"(?<![\w.,])(?:(0),([0-9]{1,6})|([1-9][0-9]*),([0-9]{1,2}))(?= ?[a-z\u00b5\u03bc%\u00b0\u20ac])",
    re.IGNORECASE,
)
_EURO = re.compile(
    r"(?<![\w.,])([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?= ?(?:\u20ac|eur\b|euros?\b)(?! ?(?:/|per|pro|par|por|al|le)))"
    r"|(?<=\u20ac)( ?[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?![\w.,/])",
    re.IGNORECASE,
)


def english(said: str) -> str:
    """The text as it is read; as it is where it is no such measure."""
    if "," in said:
        said = _GROUPED.sub(lambda match: f"{match[1].replace('.', '')}.{match[2]}", said)
        said = _DECIMAL.sub(lambda match: f"{match[1] or match[3]}.{match[2] or match[4]}", said)
    if "." in said:
        said = _EURO.sub(lambda match: match.group().replace(".", ""), said)
    match = _MEASURE.fullmatch(said) if len(said) <= _LONGEST else None
    if match is None:
        return said
    numbers = [_VALUE.get(each.lower(), each if each[0].isdecimal() else "0.5") for each in match.groups()[:2] if each]
    return f"{' to '.join(numbers)} {_NOUN[match[3].lower()]}"
