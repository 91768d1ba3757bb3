"""Whether teacher and student have one vocabulary. Two model folders flow in; what to know of them flows out, in words.

Models of this method pass texts to each other, never tokens or probabilities, so two vocabularies are no hindrance. It
is said because other ways of distilling cannot do without one.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from dgrc.config import Config

DIFFERENT = (
    "teacher and student have different vocabularies ({one:,} and {other:,} tokens): that is no hindrance, for they "
    "pass texts to each other, and a text is encoded anew for whoever reads it or learns it; only counts of tokens "
    "cannot be compared between them{ifd}"
)
OF_IFD = ", and `method.ifd` is the student's difficulty with the atom's text, by its own tokens"


def different(config: Config) -> str | None:
    """What to know where both models lie here and have different vocabularies."""
    models = [engine.model for engine in (config.teacher, config.student) if engine.engine == "vllm"]
    found = [_tokens(Path(model).expanduser() / "tokenizer.json") for model in models]
    if len(found) < 2 or found[0] is None or found[1] is None or found[0] == found[1]:
        return None
    of_ifd = OF_IFD if config.method.ifd is not None else ""
    return DIFFERENT.format(one=len(found[0]), other=len(found[1]), ifd=of_ifd)


def _tokens(file: Path) -> frozenset[str] | None:
    """The tokens of a tokenizer's file; None if there is none that can be read."""
    try:
        vocabulary: Any = json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    listed: Collection[Any] = vocabulary
    return frozenset(one if isinstance(one, str) else str(one[0]) for one in listed)
