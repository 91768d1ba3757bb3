"""Parsers of what models, servers and users write, as targets: a text in, and what the contract demands of the result.

A target returns nothing if the contract holds. It raises AssertionError for a result of another type than promised,
and whatever the parser raised itself; only a typed failure that the parser may raise is caught, by name.
"""

import functools
import itertools
import json
import random
import tempfile
from collections.abc import Callable
from typing import Any

from dgrc.config.file import load_config, make_config
from dgrc.corpus import passages
from dgrc.engines.api.batches import _lines
from dgrc.engines.api.replies import judge, read
from dgrc.errors import ConfigError
from dgrc.method import (
    answer,
    audit,
    compare,
    diagnose,
    extract,
    grade,
    meaning,
    quantities,
    replies,
    sample,
    screen,
    verify,
)  # fmt: skip
from dgrc.method import judge as judging
from dgrc.method import write as writing
from dgrc.method.prompts import Pack, load_pack
from dgrc.method.reading import answer_forms
from dgrc.method.reading.choices import split_choices
from dgrc.method.text import normalize
from dgrc.records import content_id

PACKS = ("general", "legal", "legal_zh", "medical", "medical_zh", "proving")
FACTS = (verify.Fact(1, "which court ?", "the senate"), verify.Fact(-2, "which limit ?", "5 km"))
CHOICES = ("the crown", "the mill", "A. the senate", "5 km")


def written(*values: Any) -> None:
    """All of them are text that can be stored, or none."""
    for value in values:
        assert value is None or isinstance(value, str), f"{type(value)} where text is wanted"
        (value or "").encode()


def _replies(said: str) -> None:
    assert replies.between(said, "answer") is None or isinstance(replies.between(said, "answer"), str)
    assert isinstance(replies.json_object(said), dict | None)
    written(replies.one_line(said), replies.encodable(said))


def _answer(pack: Pack, said: str) -> None:
    found, rationale, problem = answer.parse_reply(pack, said)
    written(found, rationale, problem)
    assert found is None or problem is None
    assert isinstance(rationale, str) and found != ""


def _diagnose(pack: Pack, said: str) -> None:
    atoms, refused, error = diagnose.parse_reply(pack, said, ("Which court hears it?", said[:2000]))
    written(*atoms, *(refusal.text for refusal in refused), error)
    assert not {refusal.text for refusal in refused} & {*atoms}
    for atom in screen.distinct(atoms[:8], 0.8):
        assert isinstance(screen.atom_id(atom), int)


def _verify(pack: Pack, said: str) -> None:
    consistent, against, error = verify.parse_reply(pack, said, FACTS)
    assert (consistent is None) == (error is not None) and not (consistent and against)
    assert isinstance(consistent, bool | None) and set(against) <= {fact.id for fact in FACTS}
    written(error)


def _extract(said: str) -> None:
    found = extract.parse_reply(load_pack("general"), said, len(FACTS))
    assert found is None or len(found) == len(FACTS)
    for fact, words in zip(FACTS, found or (said[:2000], said[-2000:]), strict=True):
        assert words != "" or found is None
        known = (extract.SUPPORTS, extract.CONTRADICTS, extract.UNRELATED, None)
        assert extract.relation(fact, words, said[:5000], 0.01) in known


def _judge(said: str) -> None:
    score, error = judging.parse_reply(load_pack("general"), said)
    assert (score is None) == (error is not None) and (score is None or 0 <= score <= judging.MOST)


def _grade(said: str) -> None:
    groups, error = grade.parse_reply(said, CHOICES)
    assert (groups is None) == (error is not None)
    assert groups is None or sorted(itertools.chain(*groups)) == sorted(CHOICES)


def _write(said: str) -> None:
    for form in writing.FORMS:
        found, error = writing.parse_reply(said, form)
        written(error)
        for question, choices in found[:8]:
            written(question, *choices, writing.problem(question, choices, form))
    fit, error = writing.parse_check(said)
    assert (fit is None) == (error is not None)


def _chain(said: str) -> None:
    for choices in ((), CHOICES):
        for form in answer_forms.FORMS:
            chain = sample.to_chain(said, "stop", 1, choices, form)
            written(chain.text, chain.answer)
            assert not choices or chain.answer in (None, "A", "B", "C", "D")


def _compare(said: str) -> None:
    parts = [part[:2000] for part in replies.encodable(said).split("\n")[:6]]
    chains = [sample.to_chain(f"<answer>{part}</answer>", "stop", 1, ()) for part in parts]
    for form in ("auto", "number"):
        unified = compare.unify(chains, meaning.group(compare.wordings(chains), form, 0.01))
        assert len(unified) == len(chains)
        assert compare.status(unified, unified[:1]) in ("divergent", "agreeing", "unparsed")
    for mode in ("per_answer", "all", "majority"):
        assert all(pair.teacher < len(chains) for pair in compare.diverging_pairs(chains, chains, mode, 9))
    assert audit.finding(chains, chains[:2]) in (audit.AGREED, audit.DISPUTED, None)


def _forms(said: str) -> None:
    for form in answer_forms.FORMS:
        spelled = answer_forms.canonical(said, form)
        assert spelled is None or (isinstance(spelled, str) and answer_forms.same(spelled, spelled, form, 0.0))


def _quantities(said: str) -> None:
    for text in (said, *said.splitlines()[:4]):
        value = quantities.parse(text)
        if value is None:
            continue
        spelled = quantities.spell(value)
        again = quantities.parse(spelled)
        assert again is not None and quantities.same(value, again) and quantities.spell(again) == spelled
        assert quantities.groups([value, again, quantities.resolved(value, said)], 0.01)
        spelled.encode()
    half = quantities.parse("0.5")
    assert half is not None and quantities.resolved(half, said) is not None


def _screen(said: str) -> None:
    assert all(isinstance(word, str) and word for word in screen.content_words(said))
    assert isinstance(screen.atom_id(said), int) and isinstance(normalize.fold(said), str)
    assert normalize.normalize(normalize.normalize(said)) is not None


def _question(said: str) -> None:
    stem, choices = split_choices(replies.encodable(said))
    written(stem, *choices)
    assert isinstance(content_id(stem, choices), int) and len(choices) <= 26


def _passages(said: str) -> None:
    spans = passages.split(said, 30, 5)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert all(0 <= start < end <= len(said) for start, end in spans)


def _prompts(pack: Pack, said: str) -> None:
    foreign = sample.to_chain(said, "stop", 1, ())
    turns = [
        sample.build_messages(pack, said, (said, "x")),
        diagnose.build_messages(pack, said, (), foreign, foreign, False),
        answer.build_messages(pack, said),
        verify.build_messages(pack, said, (), foreign, FACTS),
    ]
    assert all(isinstance(message["content"], str) for messages in turns for message in messages)


def _server(said: str) -> None:
    for status in (200, 400, 401, 404, 429, 500):
        found = judge(status, {"Retry-After": said[:80]}, said)
        assert 0 <= found.retry_after <= 3600
        kinds = [kind for kind in (found.reply, found.refused, found.stopping) if kind is not None]
        assert len(kinds) == 1 or (not kinds and found.says)
        written(found.refused, found.stopping)
        if found.reply is not None:
            samples, bill = read(found.reply)
            written(*(getattr(sample, name) for sample in samples for name in ("text", "thoughts", "finish_reason")))
            assert bill.prompt_tokens >= 0 and sum(sample.tokens for sample in samples) == bill.completion_tokens
        judge(status, {}, said, completion=False)


def _batch(said: str) -> None:
    for name, found in _lines(said).items():
        written(name)
        if found.reply is not None:
            read(found.reply)


def _config(said: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8", errors="surrogatepass") as file:
        file.write(said)
        file.flush()
        for attempt in (lambda: load_config(file.name), lambda: make_config({}, (said,))):
            try:
                attempt()
            except ConfigError as e:
                if len(str(e)) > 20_000:
                    raise AssertionError("an error of book length") from e


TARGETS: dict[str, Callable[[str], None]] = {
    "replies": _replies, "extract": _extract, "judge": _judge, "grade": _grade, "write": _write, "chain": _chain,
    "compare": _compare, "forms": _forms, "quantities": _quantities, "screen": _screen, "question": _question,
    "passages": _passages, "server": _server, "batch": _batch, "config": _config,
    **{f"{step.__name__[1:]}:{pack}": functools.partial(
        lambda step, pack, said: step(load_pack(pack), said), step, pack
    ) for step in (_answer, _diagnose, _verify, _prompts) for pack in PACKS},
}  # fmt: skip

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
