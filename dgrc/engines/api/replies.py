"""What a server's HTTP answer to a chat completion means: a reply with its bill, an error of this request alone, a
passing failure, or the end of all requests. A line of a batch's file is judged alike, and so is an error that comes
inside an answer that says it is well, as gateways send them.
"""

import errno
import json
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from dgrc.engines.api.content import complaint, encodable, samples_of
from dgrc.engines.api.ledger import Bill
from dgrc.engines.api.usage import bill_of
from dgrc.engines.base import Sample

PASSING = {
    408, 409, 420, 423, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 598, 599,
}  # fmt: skip
"""HTTP states of a server that may do better the next time."""
OVERTAXED = {420, 429, 503, 529}
LIMITED = {420, 429, 529}
"""States that say of the client, or of all clients, that it is too much; never that this prompt is at fault."""
LONGEST_WAIT = 3600.0
"""Seconds; a server that asks for more (or for ever) is asked again after so many."""
STOPPING = {401: "the key is not accepted", 402: "the account is empty"}
TOO_LARGE = ("request too large", "must be reduced")
"""What servers say of one request that is larger than what they take in a minute: it never passes, even as HTTP 429."""
TOO_LONG = (
    "context length", "context_length", "context size", "context_size", "maximum context", "too long", "max_model_len",
    "longer than", "maximum number of tokens", "too many tokens", "reduce the length", "`max_new_tokens` must be",
    *TOO_LARGE,
)  # fmt: skip
CUT_OFF = "cut_off"
"""How the error of a request begins whose reply had no room after its thoughts, where a server makes that an error."""
NO_ROOM = ("could not finish the message", "output limit was reached")
FLAGGED = (
    "content_filter", "content filter", "content_policy", "content policy", "content management policy", "moderation",
    "flagged", "invalid_prompt", "safety",
)  # fmt: skip
"""What servers say of prompts that they do not like."""
CODES = (
    (("insufficient_quota", "billing"), 402),
    (("rate_limit", "ratelimit", "too_many_requests", "overloaded", "resource_exhausted"), 429),
    (("content_filter", "content_policy", "moderation", "flagged", "safety"), 403),
    (("invalid_api_key", "authentication"), 401),
    (("invalid_request", "invalid_prompt", "badrequest", "bad_request", "context_length"), 400),
    (("notfound", "not_found"), 404),
)
"""HTTP states that errors inside other answers stand for, by words of their code."""
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: exactly one of the first three, or (all None) a passing failure that `says` what.

    A failure may have a `bill` too. It is `limited` if it says nothing of the prompt: there are too many requests.
    `about` is the parameter that a refusal names in a field of its own; `of_prompt` says that it blames the prompt.
    """

    reply: dict[str, Any] | None = None
    refused: str | None = None
    stopping: str | None = None
    says: str = ""
    retry_after: float = 0.0
    overtaxed: bool = False
    limited: bool = False
    about: str = ""
    of_prompt: bool = False
    bill: Bill | None = None


def unanswered(error: BaseException, seconds: float | None) -> str:
    """Why there is no answer, of which so many seconds were waited for: nobody listens, or there is none yet."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"no host is known by the name {error.host!r}"
    if isinstance(error, aiohttp.ClientConnectorError) and f"[Errno {errno.ECONNREFUSED}]" in str(error.os_error):
        return f"nobody listens at {error.host}:{error.port} (connection refused)"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"nobody takes the connection ({error})"
    if isinstance(error, TimeoutError) and seconds is not None:
        return f"no answer yet: it took the connection, and has not answered within {seconds:g} s"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def judge(status: int, headers: Any, text: str, completion: bool = True) -> Answer:
    """What an HTTP answer means; the reply of a `completion` can be read by `read`, of others it is any JSON object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
        data = None
    if status != 200:
        return _judge_error(status, headers, data, text)
    if not isinstance(data, dict):
        return Answer(says="an answer that is no whole JSON object")
    return _judge_completion(data, headers, text) if completion else Answer(reply=data)


def _judge_completion(data: dict[str, Any], headers: Any, text: str) -> Answer:
    """Every answer that says what it took is paid for, whatever else it says, and is not asked for again unless it is
    an error that may pass."""
    usage = data.get("usage")
    bill = bill_of(usage)
    choices = whole_choices(data)
    if not choices:
        billed = bill if usage else None
        if error := _error_inside(data):
            return replace(_judge_error(_status_of(error), headers, {"error": error}, text), bill=billed)
        if bill.completion_tokens:
            return Answer(refused="unreadable: the answer was paid for and has no choice with a message", bill=billed)
        return Answer(says=f"an answer without choices: {text[:LONGEST_WORDS]}", bill=billed)
    refused = complaint(choices)
    return Answer(refused=refused, bill=bill) if refused else Answer(reply=data, bill=bill)


def _error_inside(data: dict[str, Any]) -> Any:
    """The error that an answer holds where a reply should be."""
    if data.get("error") or data.get("object") == "error":
        return data.get("error") or data
    for choice in _list(data.get("choices")):
        if isinstance(choice, dict) and (choice.get("error") or choice.get("finish_reason") == "error"):
            return choice.get("error") or "the reply ended in an error"
    return None


def whole_choices(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices of a reply that hold a message and no error in its place."""
    return [
        choice
        for choice in _list(data.get("choices"))
        if isinstance(choice, dict)
        and isinstance(choice.get("message"), dict)
        and not choice.get("error")
        and choice.get("finish_reason") != "error"
    ]


def _judge_error(status: int, headers: Any, data: Any, text: str) -> Answer:
    code, said, about = _error(data, text)
    if "insufficient_quota" in code:
        return Answer(stopping=f"the account is empty ({said})")
    if status in STOPPING:
        return Answer(stopping=f"{STOPPING[status]} (HTTP {status}: {said})")
    too_large = status == 413 or any(words in said.lower() for words in TOO_LARGE)
    if status in PASSING and not (status in LIMITED and too_large):
        return Answer(
            says=f"HTTP {status}: {said}", retry_after=_retry_after(headers), overtaxed=status in OVERTAXED,
            limited=status in LIMITED,
        )  # fmt: skip
    signs = ((CUT_OFF, NO_ROOM), ("too_long", TOO_LONG))
    otherwise = "too_long" if too_large else "refused"
    kind = next((kind for kind, words in signs if any(each in said.lower() for each in words)), otherwise)
    of_prompt = kind != "refused" or any(words in f"{code} {said}".lower() for words in FLAGGED)
    return Answer(refused=f"{kind}: HTTP {status}: {said}", about=about, of_prompt=of_prompt)


def _status_of(error: Any) -> int:
    """The HTTP state that an error stands for which came inside another answer; 500 if it does not say."""
    fields = error if isinstance(error, dict) else {}
    codes = [fields.get("status"), fields.get("code"), fields.get("type")]
    for code in codes:
        if isinstance(code, int | str) and str(code).isdecimal() and 400 <= int(str(code)[:4]) < 600:
            return int(code)
    words = " ".join(str(code).lower() for code in codes if isinstance(code, str)).replace("-", "_")
    return next((status for names, status in CODES if any(name in words for name in names)), 500)


def _error(data: Any, text: str) -> tuple[str, str, str]:
    """Code and words of an answer that is none, and the parameter that it names."""
    if isinstance(data, list) and len(data) == 1:  # [{"error": {...}}]
        data = data[0]
    error = data.get("error") or data if isinstance(data, dict) else None
    code, about = "", ""
    try:
        if isinstance(error, dict):
            said = str(error.get("message") or error.get("detail") or error)
            code, about = str(error.get("code") or error.get("type") or ""), str(error.get("param") or "")
        else:
            said = str(error or text)
    except RecursionError:  # what could just be parsed can be too deep to be written
        code, said, about = "", text, ""
    return code, encodable(said[:LONGEST_WORDS].strip()), about[:LONGEST_WORDS]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


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
    """Samples and bill of a reply that `judge` passed as a completion's."""
    bill = bill_of(reply.get("usage"))
    return samples_of(whole_choices(reply), bill.completion_tokens), bill
