"""Whether a pack asks in the script that the questions are written in. A pack and texts flow in; shares of scripts and
a warning flow out.

Atoms and chains come in the language that asks for them. So a pack in another script than the questions' costs as much
as the right one and gives a curriculum in two languages, or none: no atom is then found to be about its case.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from dgrc.method.prompts import Pack, built_in, load_pack
from dgrc.method.text.segment import script

LOOKED_AT = 2000
"""Of so many questions the script is looked at."""
SOME = 0.1
"""Share of the questions in another script from which something is said: some quote foreign words alone."""
_LATIN = "af ca cs cy da de en eo es et eu fi fr ga hr hu id is it la lt lv ms nl no pl pt ro sk sl sq sv sw tl tr vi"
SCRIPTS = dict.fromkeys(_LATIN.split(), frozenset(("Latin",))) | {
    "zh": frozenset(("Han",)), "ja": frozenset(("Kana", "Han")), "ko": frozenset(("Hangul", "Han")),
    "ru": frozenset(("Cyrillic",)), "uk": frozenset(("Cyrillic",)), "bg": frozenset(("Cyrillic",)),
    "el": frozenset(("Greek",)), "he": frozenset(("Hebrew",)), "ar": frozenset(("Arabic",)),
    "fa": frozenset(("Arabic",)), "ur": frozenset(("Arabic",)), "hi": frozenset(("Devanagari",)),
    "mr": frozenset(("Devanagari",)), "bn": frozenset(("Bengali",)), "ta": frozenset(("Tamil",)),
    "te": frozenset(("Telugu",)), "th": frozenset(("Thai",)), "ka": frozenset(("Georgian",)),
    "hy": frozenset(("Armenian",)), "am": frozenset(("Ethiopic",)), "km": frozenset(("Khmer",)),
}  # fmt: skip
"""The scripts of languages by their ISO 639 code. Of others nothing can be said."""
_NAMES = {"en": "English", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "de": "German", "fr": "French"}


def shares(texts: Iterable[str]) -> dict[str, float]:
    """The share of the texts in each script, the most common first; texts without letters do not count."""
    counts = Counter(found for text in texts if (found := script(text)))
    return {name: round(count / counts.total(), 4) for name, count in counts.most_common()}


def mismatch(pack: Pack, written: Mapping[str, float], what: str = "questions") -> str | None:
    """That a pack asks in another script than so many texts (of which kind says `what`) are `written` in, and what to
    do; None if it does not, or does not say its language."""
    own = _scripts(pack)
    others = {name: share for name, share in written.items() if name not in own}
    if not own or sum(others.values()) < SOME:
        return None
    most = max(others, key=others.__getitem__)
    language = _NAMES.get(pack.language.partition("-")[0], f"`{pack.language}`")
    return (
        f"{sum(others.values()):.0%} of the {what} are written in {' and '.join(others)}, the pack `{pack.name}` asks "
        f"in {language} and is answered in it: {_remedy(pack, most)}"
    )


def _remedy(pack: Pack, wanted: str) -> str:
    fitting = [name for name in built_in() if wanted in _scripts(load_pack(name))]
    subject = pack.name.partition("_")[0]
    chosen = [name for name in fitting if name.partition("_")[0] == subject] or fitting
    own = "a pack of your own that declares its `language`"
    return f"set `method.prompts` to {' or '.join([*(f'`{name}`' for name in chosen), own])}"


def _scripts(pack: Pack) -> frozenset[str]:
    return SCRIPTS.get(pack.language.partition("-")[0], frozenset())
