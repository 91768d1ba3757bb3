"""What stands where an answer is to stand and is none: a prompt's own placeholder, a refusal, `it depends`.

A piece of a reply flows in; whether it is no answer flows out.
"""

import re

from dgrc.method.reading import european
from dgrc.method.reading.options import bare
from dgrc.method.text.markup import unwrap
from dgrc.method.text.normalize import normalize

_PLACEHOLDERS = european.PLACEHOLDERS | frozenset(
    ("letter", "letters", "answer", "option", "choice", "the letter", "the answer", "your answer", "the letter alone",
     "the answer alone", "final answer", "option letter", "letter alone", "answer alone", "the letters", "", "result",
     "n/a", "i don't know", "i do not know", "not sure", "i'm not sure", "i am not sure", "不知道",
     "字母", "选项", "答案", "选项字母", "最终答案", "正确答案", "你的答案", "字母组合")
)  # fmt: skip
"""What a prompt puts where the answer is to stand, which comes back as it is, and words for having no answer."""
_REFUSES = re.compile(
    r"(?:(?:unfortunately|sorry|i(?:'m| am) (?:very |really |so )?sorry|i apologi[sz]e)\b"
    r"[,.;:!\u2014 -]{0,3}(?:but )?)?"
    r"(?:as an? (?:ai|(?:large )?language model|artificial intelligence)\b"
    r"|i (?:cannot|can not|can't|could not|couldn't|will not|won't|am (?:unable|not able)\b|don't (?:know|have)\b"
    r"|do not (?:know|have)\b|(?:would |will )?need (?:more|further|additional)\b)|i'm (?:unable|not able)\b"
    r"|(?:there is |there's )?(?:not enough|insufficient) (?:information|data|context)\b"
    r"|(?:the answer|it|this) (?:cannot|can't|can not|could not) be (?:determined|answered|known|inferred)\b"
    r"|[^.;\n]{1,60}(?:cannot|can't|can not) be (?:determined|answered|inferred|calculated) (?:from|with|based on) the"
    r" (?:facts|information|question|text|context|passage|data)\b"
    r"|(?:the answer|it|this|that)(?: all| really| largely)? depends\b|depends on\b)"
    r"|sorry(?:[,.!]* (?:but|i|we)\b|[,.!]*$)|i(?:'m| am) (?:very |really |so )?sorry\b|i apologi[sz]e\b"
    r"|(?:很?抱歉|对不起|不好意思|很遗憾)(?![人的罪])|作为(?:一个|一名)?(?:ai|人工智能|(?:大型?)?语言模型)"
    r"|我(?:无法|不能|不便)|答案?取决于|这取决于"
    r"|(?:não|non) posso\b|infelizmente\b|mi dispiace\b|desculpe\b|ich kann (?:\w{2,9} ){0,3}keine?\b"
    r"|ik kan (?:\w{2,9} ){0,3}geen\b|helaas kan ik\b"
    r"|lo siento\b|no puedo\b|(?:la respuesta |esto |eso )?depende (?:de|del)\b"
    r"|je (?:suis )?d[ée]sol[ée]e?\b|d[ée]sol[ée]\b"
    r"|je ne (?:peux|sais|suis) pas\b|(?:la réponse|cela|ça) dépend\b|(?:es )?tut mir leid\b|leider kann ich\b"
    r"|(?:es|das) (?:kommt|hängt) (?:ganz )?(?:darauf|davon|auf|von|vom)\b|die antwort hängt\b",
    re.IGNORECASE,
)


def is_placeholder(said: str) -> bool:
    """Whether a piece is what a prompt shows in an answer's place."""
    return normalize(bare(unwrap(said))).strip("[]{}()<>.\u2026 ") in _PLACEHOLDERS


def refuses(said: str) -> bool:
    """Whether a piece, in answer to a question without options, says that no answer is given, or which facts it
    hangs on."""
    return _REFUSES.match(bare(said).replace("\u2019", "'")) is not None
