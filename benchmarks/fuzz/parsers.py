"""Parsers of what models, servers and users write, as targets: a text in, and what the contract demands of the result.

A target returns nothing if the contract holds. It raises AssertionError for a result of another type than promised,
and whatever the parser raised itself; only a typed failure that the parser may raise is caught, by name.
"""

import functools
import itertools
import tempfile
from collections.abc import Callable
from typing import Any

from dgrc.config.file import load_config, make_config
from dgrc.corpus import passages
from dgrc.engines.api.batches import _lines
from dgrc.engines.api.replies import judge, read
from dgrc.errors import ConfigError
from dgrc.method import answer, audit, compare, diagnose, grade, meaning, quantities, replies, sample, screen, verify
from dgrc.method import judge as judging
from dgrc.method import write as writing
from dgrc.method.prompts import Pack, load_pack
from dgrc.method.reading import answer_forms
from dgrc.method.reading.choices import split_choices
from dgrc.method.text import normalize
from dgrc.method.verify import extract
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
    found, rationale, problem = answer.parse_reply(pack, said, said[:200])
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
    consistent, checks, error = verify.parse_reply(pack, said, FACTS)
    assert (consistent is None) == (error is not None) and not (consistent and verify.contradicted(checks))
    assert isinstance(consistent, bool | None)
    assert [check.fact for check in checks] == ([] if error is not None else [fact.id for fact in FACTS])
    written(error, *(check.finding for check in checks))


def _extract(said: str) -> None:
    found = extract.parse_reply(load_pack("general"), said, len(FACTS))
    assert found is None or len(found) == len(FACTS)
    for fact, words in zip(FACTS, found or (said[:2000], said[-2000:]), strict=True):
        assert words != "" or found is None
        known = (verify.SUPPORTS, verify.CONTRADICTS, verify.UNRELATED, None)
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
