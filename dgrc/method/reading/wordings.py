"""The usual wordings in which a model says which answer it gives: one table, for all that read replies.

Each pattern ends where the answer begins, but `LETTER_IS`, whose group is the answer. Repetitions are bounded: a reply
may be 100,000 times the same word, and an open end would be looked for from each of them.
"""

import re

_KIND = (
    r"(?:(?:final|correct|right|best|better|proper|true|most (?:likely|appropriate|accurate|suitable|probable)|"
    r"appropriate|likely|legal|medical|only|single|preferred|overall) {1,4}){0,4}"
)
ANSWER_IS = re.compile(
    rf"(?<![\w])(?:(?:the|my|our|your|an?) {{1,4}})?{_KIND}(?:answer|option|choice|letter|response|solution|conclusion"
    r"|(?<=final )(?:decision|verdict|pick|selection))"
    r"(?: {1,4}(?:letter|option|choice|here|then"
    r"|to (?:the|this|your) question:? ?[\"\u201c][^\"\u201c\u201d\n]{1,400}[\"\u201d]"
    r"|(?:to|for|in|of|from|among|that|which)\b[^.:\n]{0,80}?))?[*_ ]{0,8}"
    r"(?:(?:\bis|\bwould be|\bshould be|\bmust be|\bwill be|\bseems to be|\bappears to be|\bremains|\bhas to be|=|:"
    r"|\u2192|->|[\u2013\u2014]|-(?= ))[*_ ]{0,8}:? {0,8}){1,4}"
    r"(?:(?:most |very )?(?:likely|probably|clearly|definitely|certainly|obviously|simply|actually|indeed|therefore|"
    r"thus|hence|then|also|now)(?:,? {1,4}|:[*_ ]{0,8}))?",
    re.IGNORECASE,
)
CORRECT_IS = re.compile(
    r"\b(?:the|a) (?:correct|right|most (?:likely|appropriate|accurate|suitable|probable)) (?:[a-z-]{1,20} ){0,4}"
    r"(?:is|would be|should be|must be)\b[*_ ]{0,4}:?[*_ ]{0,4}",
    re.IGNORECASE,
)
LETTER_IS = re.compile(
    r"(?:(?<=^)|(?<=[\s(*\"]))(?:(?i:option|choice|answer|letter|alternative) {1,4})?[(\[*\"]{0,6}([A-Z]{1,2})"
    r"[)\]*\".:]{0,6}"
    r"(?:[).:] [^.\n]{0,100}?)?(?:,| is|,? which is| would be| appears to be| seems to be){1,3} {1,4}"
    r"(?:therefore |thus |clearly |indeed |also )?"
    r"(?:the |an? )?(?:most |only )?(?:final |correct|right|best|better|appropriate|accurate|likely|suitable|answer)\b"
)
REMAINS = re.compile(
    r"(?:\bonly |(?:^|(?<=[.;:] )|(?<=\n))(?=[(*]{0,3}[A-Z][)*]{0,3} \w+ best))(?:(?:option|choice|answer) )?"
    r"[(*]{0,3}([A-Z])[)*]{0,3} (?:remains|is left|stands|fits|matches|satisfies|applies|explains|works)\b",
    re.IGNORECASE,
)
"""`Only D remains`, `D fits best`."""
TEXT_IS = re.compile(
    r"(?:^|[.,;:\n]|\bso\b|\bthus\b|\btherefore\b)([^.,;:\n]{1,160}?) (?:is|would be) (?:therefore |thus |clearly )?"
    r"(?:the |a )?(?:most )?(?:correct|right|best) (?:answer|option|choice)\b",
    re.IGNORECASE,
)
CHOSEN = re.compile(
    r"(?i:\b(?:choose|select|pick|return|go with|opt for|chose|selected|conclude|it is|it's|settle on|vote for"
    r"|it (?:must|should|would|has to|can only) be|i(?:'d| would|'ll| will)? (?:answer|say)"
    r"|(?:lean|leaning|inclined)(?: slightly)? (?:towards?|to)"
    r"|leaves?(?: us)?(?: only)?(?: with)?|left with(?: only)?|points? to)"
    r"[: ]{1,4}"
    r"(?:that )?(?:the )?(?:(?:option|answer|choice|letter)s? )?)(?=[(\[*\"]{0,6}[A-Z]{1,2}\b)"
    r"|(?i:\b(?:therefore|thus|hence|so|accordingly|consequently)[,:]? {1,4})"
    r"(?=[(\[*\"]{0,6}[A-Z][)\]*\"]{0,6}\.?\s{0,9}(?:\n|$))"
)
LABEL = re.compile(
    r"^[\s*_#>-]*(?:lett(?:er)?|ans|choice|option|answer|result|verdict|conclusion"
    r"|correct(?=\s*\S\s*[(\[*\"]{0,4}[A-Z]\b[^,;/&]{0,99}$))\s*(?:[:=\u2013\u2014]|-(?=\s))\s*"
    r"|^[\s*_#>-]*ans\.\s|^[\s*_#>-]*(?:(?:most )?(?:likely|probably)|(?:i'd|i would) say)[:,]?\s+",
    re.IGNORECASE,
)
VERDICT = re.compile(
    r"(?:^|(?<=[.;]\s)|(?<=\n))[\s*_#>|-]{0,8}(?:(?:option|choice|answer)\s)?[(\[*]{0,4}([A-Z])[)\]*]{0,4}\s{0,2}"
    r"(?:[.:)|\u2013\u2014-]|is\b|(?=[\u4e00-\u9fff]))[^\n;]{0,200}?"
    r"(?:(\u2713|\u2714|\u2705|\bcorrect\b|\bright\b|\btrue\b|(?<![不])正确|(?<![不])符合)"
    r"|\u274c|\u2717|\u2718|\u2716|\bincorrect\b|\bwrong\b|\bfalse\b|\bnot (?:correct|right|true)\b"
    r"|错误|不正确|不符合)",
    re.IGNORECASE,
)
"""What a list says of an option; the second group is there where it is right."""
NOT_BUT = re.compile(r"\s*not (?!only|just|merely|simply)[^.;\n]{1,80}?,? but (?:rather |instead )?", re.IGNORECASE)
"""`not A but` B."""
TAKEN_BACK = re.compile(
    r"\b(?:scratch that|corrected|wait|however|but|on reflection|actually|instead|correction|rather|final|finally"
    r"|therefore|thus|hence|so)\b",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"^[\s.,:;()\u2013\u2014-]*(?:is |it is )?"
    r"(?:(?:not|never)(?: (?:correct|right|true|the|an?|applicable|relevant)\b|$)|(?:incorrect|wrong|false)\b)",
    re.IGNORECASE,
)
DENIED_AFTER = re.compile(r"\b(?:not|n't|never|incorrect|wrong|cannot|false)\b", re.IGNORECASE)
DENIED_BEFORE = re.compile(
    r"(?:(?:\b(?:if|whether|unless|suppose|assume|not|which|what|why|how|because|than|each|no(?! doubt)|incorrect|wrong"
    r"|cannot|some|argue\w*|(?:might|may|could) (?:think|assume|believe|expect|suppose)"
    r"|(?<!no )(?<!without )(?<!without a )doubt\w*|hardly|unlikely|unclear)\b|n't\b)"
    r"[^.,\n;:?!]{0,25}"
    r"|\bsecond[ -]|\b(?:student|user|candidate)(?:'s|s')? )\Z",
    re.IGNORECASE,
)
COUNTERFACTUAL = re.compile(
    r"(?:^|[.;:!?\n*]\s{0,3})(?:(?:but )?(?:if|had|were) "
    r"(?!(?:i|we|you|forced|pressed|asked|it (?:were|was) (?:up to|for))\b)[^.;:!?\n]{0,80}"
    r"(?:\b(?:had|were|was|did)\b|n't\b)|(?:but )?(?:had|were) (?!(?:i|we|you)\b))[^.;:!?\n]{0,120}\Z",
    re.IGNORECASE,
)
"""What stands in a sentence before `the answer would be A` that is no answer: `If she had fever`, `Had he signed`."""
CONDITIONAL = re.compile(r"\b(?:would|ser[íi]a|serait|w(?:ä|ae)re|sarebbe)\b", re.IGNORECASE)
ON_CONDITION = re.compile(
    r"[^.;\n]{0,120}(?<!\beven)(?<!\bas)[ ,]\s?(?:(?:only )?if (?!(?:i|we|you|forced|pressed)\b)"
    r"|had (?:the|he|she|it)\b|si |wenn |falls |se )"
)
"""The same behind it."""
ANSWERS_ARE = re.compile(
    r"\b(?:answers|options|choices|letters)(?: {1,4}(?:to|for|in|of|that|which)\b[^.:\n]{0,60}?)?[*_ ]{0,8}"
    r"(?:(?:\bare|\bwould be|\bshould be|=|:|\binclude)[*_ ]{0,8}:? {0,8}){1,2}",
    re.IGNORECASE,
)
"""As `ANSWER_IS`, where several options may be right."""
LETTERS_ARE = re.compile(
    r"(?<![\w])((?:[(\[*\"]{0,4}[A-Z][)\]*\"]{0,4} {0,2}(?:,|;|/|&|\band\b){1} {0,2}(?:and {1,2})?){1,25}"
    r"[(\[*\"]{0,4}[A-Z])\b[)\]*\"]{0,4} {1,2}(?:are|all|both)(?: {1,2}(?:all|both|each|the|therefore|thus)){0,3} {1,2}"
    r"(?:correct|right|true|appropriate|valid|accurate|suitable)\b"
)
MORE = re.compile(
    r"[\s\"'*)\].,;:\u2013\u2014-]{0,8}[(\[]?\s{0,2}"
    r"(?:(?:(?:(?:and|or|also|plus|possibly|maybe|perhaps|alternatively|as well as|along with|together with|"
    r"(?:but|though) (?:also|maybe|perhaps|possibly|could|may|might))\b|[&+/]|and/or)"
    r"|或者?(?:是|选)?|以及|还有|[和与及](?!其他|其它|其余|别的)|另外|也(?:可能|可以|许)|可能(?:是|选)?|也?许是?)[\s,:]{0,3})"
    r"(?:(?:(?:and|or|also|even|could|might|may|be|it|is|option|options|answer|choice|the|too|probably|possibly|maybe|"
    r"perhaps|equally|both|likely|go|for|with|pick|choose|have|been|well|as|so|acceptable|possible|plausible|correct|right|valid|considered|defensible)\b|也|可能|可以|是|选|选项|还|许|应|该|包括|包含)"
    r"[\s,:]{0,3}){0,6}",
    re.IGNORECASE,
)
"""What leads from an answer to a second one, so that neither is meant beyond doubt."""
ALSO = re.compile(
    r"(?<![\w])[(\[*\"]{0,4}([A-Z])[)\]*\"]{0,4} {1,2}(?:is|was|could|may|might|would|can|seems|looks|works|holds)"
    r"(?: {1,2}be)?(?: {1,2}(?:correct|right|true|valid|acceptable))? {1,2}"
    r"(?:also|equally|just as|as well|too|possible|plausible|acceptable|defensible|likewise|another)\b"
    r"|(?<![A-Za-z0-9])([A-Z])[)\]*\"]{0,4}\s{0,2}(?:也|亦|同样)(?![^.,;\n]{0,6}(?:不|错|没|未|非|无|排除))"
)
"""What says of an option, behind the answer, that it is right as well."""
