"""Texts to try parsers with: a seed of a number flows in; well-formed replies, changed a little or a lot, flow out."""

import json
import random

from dgrc.method import judge as judging

_SCORES = json.dumps(dict.fromkeys(judging.ASPECTS, 1))
_BODY = json.dumps({
    "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
})  # fmt: skip
_PARTS = json.dumps({
    "choices": [
        {"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}, {"text": "yes"}]}},
        {"message": {"content": "no", "reasoning": [{"summary": "so"}], "refusal": None}, "error": {"code": 502}},
    ],
    "usage": {"total_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 4}},
})  # fmt: skip
SEEDS = (
    "", "<think> because . </think> <answer> B </answer>", "<answer>about 1,000.50 km/h</answer>",
    '{"reasoning": "so", "answer": "the senate"}', '{"questions": ["Which court ?", "What limit ?"]}',
    '{"facts": [{"fact": 1, "finding": "", "relation": "supports"}, {"fact": 2, "relation": "contradicts"}], '
    '"consistent": true}',
    "they differ : which court ? differ : which limit ? done",
    "court is the senate same . limit is 5 km differ . verdict inconsistent", _SCORES,
    '{"answers": [{"question": 1, "answer": "The Senate."}, {"question": 2, "answer": "5,000 m"}]}',
    '{"groups": [[1, 3], [2], [4]]}', '{"self_contained": true, "one_right_answer": false}',
    '{"questions": [{"question": "Which court hears the case at dusk ?", "options": ["a", "b", "c", "d"]}]}',
    "Which court?\nA. crown\nB. mill\nC. senate\nAnswer with the letter.", "(A) The answer is B: 1/3 mg",
    "1 GENERAL\n\nThe court sits. It hears.\n\n\u00a7 2 Limits\nArticle IV. The limit is 5.\n- one\n- two\n" * 3,
    _BODY, _PARTS, '{"error": {"message": "context length", "code": "insufficient_quota"}}', "7",
    "Thu, 01 Jan 2026 00:00:00 GMT",
    '{"custom_id": "a-1", "response": {"status_code": 200, "body": ' + _BODY + '}}\n{"custom_id": "b", "error": {}}',
    "name: x\nseed: 3\nteacher:\n  model: m\n  replicas: [1, 2]\nmethod: {ifd: [0.1, 0.9], max_pairs: 2}\n",
    "method.max_pairs=2", "$1.5 million", "10 mg/kg/day IV q8h", "120/80 mmHg", "at least 2-4 weeks", "6'2\"",
    "98.6 \u00b0F", "4.5 x 10^9/L", "5 years' imprisonment", "March 3, 2021", "\u4e09\u4e07\u5143",
    "How many mg in total?", "\u4e24\u5e74\u534a", "twenty-one business days",
)  # fmt: skip
WORDS = (
    "<answer>", "</answer>", "<think>", "</think>", "differ :", "done", "?", " . ", "verdict", "same", "unused", "[",
    "]",
    "{", "}", '"', "\\", "\\u0000", "\\ud800", "null", "true", "NaN", "1e999", "-0", "9" * 40, ",", ":", ": ", "\n",
    "\r",
    "\r\n", "\t", " ", "\u2028", "\x85", "\x00", "\x1b[2J", "\x1b]8;;x\x07", "\u202e", "\u0301", "\u0327", "\uff9e",
    "\ufdfa",
    "\ud800", "\ufeff", "A.", "(B)", "\\boxed{", "1,000", ",111", ".5", "$", "km/h", "not", "n't", "'s", "\u00b2", "#",
    "\u00a7 1",
    "&a ", "*a", "!!python/name:os.system", "!!timestamp ", "? ", "- ", "---", "chain :", "first :", "<|im_end|>",
    "{{ 7 }}",
    " mg", "/day", " x 10^", " to ", "at least ", "\u00bd", "\u4e07", "\u767e\u5206\u4e4b", " twice daily",
    "1:", "per ", "^-1",
)  # fmt: skip


HINTS = {
    "answer": ("<think>", '"answer"'), "chain": ("<answer>", "(A)"), "diagnose": ("questions", "differ :"),
    "verify": ("facts", "verdict"), "extract": ("answers",), "judge": ("clarity",), "grade": ("groups",),
    "write": ("options", "self_contained"),
    "question": ("Which court?\n",), "passages": ("GENERAL",), "server": ("choices", "error", "GMT"),
    "batch": ("custom_id",), "config": ("seed:", "method."), "forms": ("<answer>about", "mg"),
    "quantities": ("$1.5", "mg", "weeks", "6'2", "98.6", "10^9", "March", "years", "\u5143", "\u5e74", "days"),
}  # fmt: skip
"""What stands in the seeds that are a target's own."""


def make(rng: random.Random, target: str) -> str:
    """A text: a well-formed reply, mostly of the target's own kind, changed a little or a lot, at times very long."""
    own = [seed for seed in SEEDS if any(hint in seed for hint in HINTS.get(target.partition(":")[0], ()))]
    made = rng.choice(own if own and rng.random() < 0.6 else SEEDS)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 8))):
        made = _changed(made, rng)
    return made[:200_000]


def _changed(said: str, rng: random.Random) -> str:
    a, b = sorted((rng.randint(0, len(said)), rng.randint(0, len(said))))
    kind = rng.randrange(9)
    if kind == 0:
        return said[:a] + said[b:]
    if kind == 1:
        return said[:a]
    if kind == 2:
        return said[:b] + said[a:]
    if kind == 3:
        return said[:a] + rng.choice(SEEDS) + said[a:]
    if kind == 4:
        return (
            said[:a] + chr(rng.choice((rng.randrange(32), rng.randrange(0x3000), rng.randrange(0x110000)))) + said[b:]
        )
    if kind == 5:  # what backtracking, recursion and quadratic loops feed on
        times = int(10 ** rng.uniform(0, 4.5))
        piece = (
            said[a:b][:40] if rng.random() < 0.3 else "".join(rng.choices(WORDS, k=rng.choice((1, 1, 2, 3))))
        ) or " "
        return said[:a] + (piece * times)[:100_000] + said[a:]
    return said[:a] + "".join(rng.choices(WORDS, k=rng.choice((1, 1, 2, 4)))) + said[(b if kind == 6 else a) :]
