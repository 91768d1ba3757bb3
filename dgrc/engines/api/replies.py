"""What a server's HTTP answer to a chat completion means: a reply with its bill, an error of this request alone, a
passing failure, or the end of all requests. A line of a batch's file is judged alike.
"""

import itertools
import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from dgrc.engines.api.ledger import Bill
from dgrc.engines.base import Sample

PASSING = {408, 409, 423, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
"""HTTP states of a server that may do better the next time."""
LONGEST_WAIT = 3600.0
"""Seconds; a server that asks for more (or for ever) is asked again after so many."""
STOPPING = {401: "the key is not accepted", 402: "the account is empty", 403: "the key may not do this"}
TOO_LONG = ("context length", "context_length", "maximum context", "too long", "max_model_len", "longer than")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: exactly one of the first three, or (all None) a passing failure that `says` what."""

    reply: dict[str, Any] | None = None
    refused: str | None = None
    stopping: str | None = None
    says: str = ""
    retry_after: float = 0.0
    overtaxed: bool = False


def judge(status: int, headers: Any, text: str, completion: bool = True) -> Answer:
    """What an HTTP answer means; the reply of a `completion` can be read by `read`, of others it is any JSON object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
        data = None
    if status == 200:
        if isinstance(data, dict) and (not completion or _is_whole(data)):
            return Answer(reply=data)
        return Answer(says="an answer that is no whole JSON object")
    code, said = _error(data, text)
    if "insufficient_quota" in code:
        return Answer(stopping=f"the account is empty ({said})")
    if status in STOPPING:
        return Answer(stopping=f"{STOPPING[status]} (HTTP {status}: {said})")
    if status in PASSING:
        overtaxed = status in (429, 503, 529)
        return Answer(says=f"HTTP {status}: {said}", retry_after=_retry_after(headers), overtaxed=overtaxed)
    kind = "too_long" if any(words in said.lower() for words in TOO_LONG) else "refused"
    return Answer(refused=f"{kind}: HTTP {status}: {said}")


def _error(data: Any, text: str) -> tuple[str, str]:
    """Code and words of an answer that is none."""
    error = data.get("error", data) if isinstance(data, dict) else None
    try:
        said = str(error.get("message", error) if isinstance(error, dict) else error or text)
        code = str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
    except RecursionError:  # what could just be parsed can be too deep to be written
        code, said = "", text
    return code, said[:300].strip()


def _is_whole(data: dict[str, Any]) -> bool:
    choices, usage = data.get("choices"), data.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {} if isinstance(usage, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(usage, dict) or not isinstance(details, dict):
        return False
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens"), details.get("cached_tokens")]
    return all(_is_count(count) for count in counts) and all(
        isinstance(choice, dict)
        and isinstance(choice.get("message"), dict)
        and isinstance(choice["message"].get("content"), str | None)
        and isinstance(choice.get("finish_reason"), str | None)
        for choice in choices
    )


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and 0 <= value < 2**53)


def _retry_after(headers: Any) -> float:
    """Seconds that a server asks to wait, 0 if it does not say or says it as a date that is past."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError, OSError):  # a date that no calendar or clock holds
            return 0.0
    return min(seconds, LONGEST_WAIT) if seconds > 0 else 0.0  # not for NaN either


def read(reply: dict[str, Any]) -> tuple[list[Sample], Bill]:
    """Samples and bill of a reply that `judge` passed as a completion's.

    A server counts the tokens of all samples together; each gets its share by length.
    """
    usage = reply.get("usage") or {}
    total = int(usage.get("completion_tokens") or 0)
    texts = [_encodable(choice["message"].get("content") or "") for choice in reply["choices"]]
    ends = [choice.get("finish_reason") or "abort" for choice in reply["choices"]]
    lengths = [len(text) + 1 for text in texts]
    edges = [total * part // sum(lengths) for part in itertools.accumulate(lengths, initial=0)]
    shares = [after - before for before, after in itertools.pairwise(edges)]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    bill = Bill(int(usage.get("prompt_tokens") or 0), int(cached), total)
    return [Sample(*parts) for parts in zip(texts, ends, shares, strict=True)], bill


def _encodable(text: str) -> str:
    """JSON escapes can smuggle half characters in, which neither the journal nor Arrow can hold; they become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")
