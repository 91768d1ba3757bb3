"""What each step makes of its items under one wording: requests flow out to `Ask`, replies flow in, counts flow out.

Requests, grammars and readers are the product's own. Every share is given with its items (`Share.to_dict`), intervals
clustered by problem.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from statistics import fmean, pstdev
from typing import Any

from benchmarks.packs.items import Checked, Judged, Pair
from dgrc.config import Sampling
from dgrc.engines.base import Completion, Request, Sample, drawn_by
from dgrc.evaluation.truth.intervals import clustered
from dgrc.evaluation.truth.items import Judge
from dgrc.method import answer, diagnose, judge, meaning, reading, sample, screen, verify
from dgrc.method.echo import ECHO
from dgrc.method.prompts import Pack
from dgrc.method.replies import json_object
from dgrc.method.verify import Fact, extract
from dgrc.pipeline.counters import REFUSALS
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import Chain, Message

Ask = Callable[[Sequence[Request]], list[Completion]]
"""Serves requests, in their order."""
Result = dict[str, Any]
GREEDY = Sampling(temperature=0)
KEPT = 0.6
"""Agreement from which the product keeps an atom by default."""


def request(messages: Sequence[Message], sampling: Sampling, n: int = 1, schema: str | None = None) -> Request:
    """A request as the product's steps make it."""
    return drawn_by(sampling, messages, n=n, schema=schema)


def sampled(
    ask: Ask, pack: Pack, problems: Sequence[Problem], truth: Judge, sampling: Sampling, n: int
) -> tuple[Result, list[list[Chain]]]:
    """Chains of every problem: how many of those that stopped are read, by which tier, and how many are right."""
    asked = [request(sample.build_messages(pack, problem.text, ()), sampling, n) for problem in problems]
    completions = ask(asked)
    chains = [
        [
            sample.to_chain(
                s.text, s.finish_reason, s.tokens, (), "auto", s.thoughts, pack.reply == "tagged", question=problem.text
            )
            for s in completion.samples
        ]
        for problem, completion in zip(problems, completions, strict=True)
    ]
    pairs = [(problem, chain) for problem, of in zip(problems, chains, strict=True) for chain in of]
    stopped = [(p, c) for p, c in pairs if c.finish_reason == "stop"]
    read = [(p, c) for p, c in pairs if c.answer is not None]
    result = {
        "stopped": _share((p.id, c.finish_reason == "stop") for p, c in pairs),
        "read_of_stopped": _share((p.id, c.answer is not None) for p, c in stopped),
        "tiers": dict(Counter(c.read_by or "" for _, c in read)),
        "right": _share((p.id, truth.chain(p.text, c).right) for p, c in pairs),
        "right_of_read": _share((p.id, truth.chain(p.text, c).right) for p, c in read),
    }
    return result | _spent(completions), chains


def diagnosed(ask: Ask, pack: Pack, pairs: Sequence[Pair], truth: Judge, sampling: Sampling) -> Result:
    """Diagnoses of pairs: read, and what becomes of the atoms that they ask."""
    completions = ask(diagnoses(pack, pairs, sampling))
    read: list[tuple[str, bool]] = []
    atoms: list[tuple[Pair, str]] = []
    refused: Counter[str] = Counter()
    for pair, reply in _replies(pairs, completions):
        text = reply.text if reply is not None and reply.finish_reason == "stop" else ""
        kept, dropped, error = diagnose.parse_reply(pack, text, about_of(pair))
        refused.update(refusal.reason for refusal in dropped)
        atoms += [(pair, atom) for atom in kept]
        read.append((pair.problem.id, error is None or bool(dropped)))  # what is all refused was read
    targets = [(p.problem.id, truth.on_target(p.problem.text, atom, p.one, p.other)) for p, atom in atoms]
    asked = len(atoms) + sum(refused.values())
    return {
        "made_pairs": sum(pair.made for pair in pairs),
        "parsed": _share(read),
        "atoms_asked": asked,
        "refused": {reason: refused[reason] for reason in REFUSALS},
        "kept": len(atoms),
        "kept_share": len(atoms) / asked if asked else None,
        "distinct": len({(pair.problem.id, screen.atom_key(atom)) for pair, atom in atoms}),
        "on_target": _share((id_, hit) for id_, hit in targets if hit is not None),
        "whole": _share((p.problem.id, truth.atom(atom, (p.problem.text,)) is not None) for p, atom in atoms),
    } | _spent(completions)  # fmt: skip


def diagnoses(pack: Pack, pairs: Sequence[Pair], sampling: Sampling) -> list[Request]:
    """The requests for diagnoses; every other pair is shown the other way round."""
    schema = pack.schema("diagnose")
    return [
        request(
            diagnose.build_messages(pack, pair.problem.text, (), pair.one, pair.other, swap=number % 2 == 1),
            sampling, schema=schema,
        )
        for number, pair in enumerate(pairs)
    ]  # fmt: skip


def about_of(pair: Pair) -> list[str]:
    """The texts that a diagnosis is about, as the product gives them to the reader."""
    return [pair.problem.text, pair.one.text, pair.other.text]


def answered(ask: Ask, pack: Pack, steps: Sequence[tuple[Problem, Step]], sampling: Sampling, m: int) -> Result:
    """Answers to the problems' own step questions, m each: read, echoes, agreement, and right by computed truth."""
    schema = pack.schema("answer")
    completions = ask([request(answer.build_messages(pack, step.question), sampling, m, schema) for _, step in steps])
    counts: Counter[str] = Counter()
    parsed: list[tuple[str, bool]] = []
    single: list[tuple[str, bool]] = []
    most: list[tuple[str, bool]] = []
    agreements: list[tuple[float, bool]] = []
    for (problem, step), completion in zip(steps, completions, strict=True):
        said: list[str | None] = []
        for reply in completion.samples:
            whole = reply.finish_reason == "stop" and _has_texts(pack, reply.text, step.question)
            text, _, problem_of = answer.parse_reply(pack, reply.text, step.question) if whole else (None, "", None)
            parsed.append((problem.id, whole))
            counts["echo"] += problem_of == ECHO
            counts["unknown"] += whole and text is None and problem_of is None
            said.append(text)
            single.append((problem.id, _right(text, step)))
        best, agreement = meaning.agreement(said, meaning.group([a for a in said if a], "auto", 0.0, step.question))
        right = best is not None and _right(said[best], step)
        agreements.append((agreement, right))
        most.append((problem.id, right))
    kept = [right for agreement, right in agreements if agreement >= KEPT - 1e-9]
    return {
        "parsed": _share(parsed),
        "echo": counts["echo"],
        "unknown": counts["unknown"],
        "agreement": round(fmean(a for a, _ in agreements), 4) if agreements else None,
        "kept_by_agreement": len(kept),
        "right": _share(single),
        "right_of_majority": _share(most),
        "right_of_kept": round(fmean(kept), 4) if kept else None,
    } | _spent(completions)


def verified(ask: Ask, pack: Pack, items: Sequence[Checked], sampling: Sampling) -> Result:
    """Verdicts on chains of which the truth is known, held against every step's true answer."""
    facts = [facts_of(item.problem) for item in items]
    completions = ask(
        [
            request(
                verify.build_messages(pack, item.problem.text, (), item.chain, known), sampling,
                schema=verify.schema(pack, known),
            )
            for item, known in zip(items, facts, strict=True)
        ]
    )  # fmt: skip
    parsed: list[tuple[str, bool]] = []
    numbered: list[tuple[str, bool]] = []
    verdicts: list[tuple[Checked, bool | None]] = []
    counts: Counter[str] = Counter()
    for (item, reply), known in zip(_replies(items, completions), facts, strict=True):
        text = reply.text if reply is not None and reply.finish_reason == "stop" else ""
        value = json_object(text) or {}
        consistent, _, error = verify.parse_reply(pack, text, known)
        parsed.append((item.problem.id, pack.reply == "tagged" or bool(value)))
        numbered.append((item.problem.id, consistent is not None or _numbers(value) == [*range(1, len(known) + 1)]))
        counts["echo"] += error is not None and error.startswith(ECHO)
        verdicts.append((item, consistent))
    return {
        "right_chains": sum(item.right for item in items),
        "made_chains": sum(item.made for item in items),
        "parsed": _share(parsed),
        "every_fact_numbered": _share(numbered),
        "echo": counts["echo"],
    } | _verdicts(verdicts) | _spent(completions)


def extracted(ask: Ask, pack: Pack, items: Sequence[Checked], sampling: Sampling) -> Result:
    """Verdicts by what is read off the same chains, as far as words decide them (no verifier is asked)."""
    facts = [facts_of(item.problem) for item in items]
    completions = ask(
        [
            request(
                extract.build_messages(pack, item.problem.text, (), item.chain, known), sampling,
                schema=extract.schema(pack, known),
            )
            for item, known in zip(items, facts, strict=True)
        ]
    )  # fmt: skip
    parsed: list[tuple[str, bool]] = []
    decided: list[tuple[str, bool]] = []
    verdicts: list[tuple[Checked, bool | None]] = []
    for (item, reply), known in zip(_replies(items, completions), facts, strict=True):
        text = reply.text if reply is not None and reply.finish_reason == "stop" else ""
        said = extract.parse_reply(pack, text, len(known))
        pairs = zip(known, said, strict=True) if said is not None else [(fact, None) for fact in known]
        relations = [extract.relation(fact, words, item.chain.text) for fact, words in pairs]
        parsed.append((item.problem.id, said is not None))
        decided += [(item.problem.id, said is not None and relation is not None) for relation in relations]
        passed = verify.SUPPORTS in relations and None not in relations
        verdicts.append((item, False if verify.CONTRADICTS in relations else passed or None))
    counted = {
        "right_chains": sum(item.right for item in items),
        "made_chains": sum(item.made for item in items),
        "parsed": _share(parsed),
        "decided": _share(decided),
    }
    return counted | _verdicts(verdicts) | _spent(completions)


def _verdicts(verdicts: Sequence[tuple[Checked, bool | None]]) -> Result:
    """How verdicts stand to the truth; None is no verdict."""
    return {
        "verdict_given": _share((item.problem.id, said is not None) for item, said in verdicts),
        "verdict_right": _share((i.problem.id, said == i.right) for i, said in verdicts if said is not None),
        "right_of_passed": _share((item.problem.id, item.right) for item, said in verdicts if said),
        "passed_of_right": _share((item.problem.id, said is True) for item, said in verdicts if item.right),
        "passed_of_wrong": _share((item.problem.id, said is True) for item, said in verdicts if not item.right),
    }


def judged(ask: Ask, pack: Pack, items: Sequence[Judged], sampling: Sampling) -> Result:
    """Marks out of 14 of answered steps, of which every other one is answered wrongly."""
    schema = pack.schema("judge")
    completions = ask(
        [
            request(judge.build_messages(pack, i.question, i.rationale, i.answer), sampling, schema=schema)
            for i in items
        ]
    )
    read: list[tuple[str, bool]] = []
    marks: list[tuple[int, bool]] = []
    for item, reply in _replies(items, completions):
        mark = None
        if reply is not None and reply.finish_reason == "stop":
            mark, _ = judge.parse_reply(pack, reply.text)
        read.append((item.problem.id, mark is not None))
        marks += [(mark, item.right)] if mark is not None else []
    said = [mark for mark, _ in marks]
    return {
        "parsed": _share(read),
        "marks": {str(mark): count for mark, count in sorted(Counter(said).items())},
        "mean": round(fmean(said), 3) if said else None,
        "deviation": round(pstdev(said), 3) if said else None,
        "mean_of_right": _mean(mark for mark, right in marks if right),
        "mean_of_wrong": _mean(mark for mark, right in marks if not right),
    } | _spent(completions)


def facts_of(problem: Problem) -> tuple[Fact, ...]:
    """Every step of a problem as a fact, in the order in which verification shows facts."""
    return verify.sort_facts(Fact(n, s.question, s.answer) for n, s in enumerate(problem.steps))


def _replies(items: Sequence[Any], completions: Sequence[Completion]) -> Iterable[tuple[Any, Sample | None]]:
    """Each item with its one reply; None where the request failed."""
    for item, completion in zip(items, completions, strict=True):
        yield item, completion.samples[0] if completion.samples else None


def _spent(completions: Sequence[Completion]) -> Result:
    replies = [s for completion in completions for s in completion.samples]
    return {
        "replies": len(replies),
        "failed": sum(completion.error is not None for completion in completions),
        "cut": sum(s.finish_reason != "stop" for s in replies),
        "tokens_a_reply": round(fmean(s.tokens for s in replies), 1) if replies else None,
    }


def _has_texts(pack: Pack, reply: str, atom: str) -> bool:
    if pack.schema("answer") is None:
        return pack.reply == "tagged" or reading.read(reply, (), question=atom)[0] is not None
    value = json_object(reply) or {}
    return all(isinstance(value.get(name), str) for name in ("answer", "reasoning"))


def _numbers(value: dict[str, Any]) -> list[Any]:
    entries = value.get("facts")
    entries = entries if isinstance(entries, list) else []
    return sorted(e["fact"] for e in entries if isinstance(e, dict) and type(e.get("fact")) is int)


def _right(said: str | None, step: Step) -> bool:
    return said is not None and meaning.same(said, step.answer, question=step.question)


def _share(items: Iterable[tuple[Hashable, bool]]) -> Result:
    return clustered(items).to_dict()


def _mean(marks: Iterable[int]) -> float | None:
    found = [*marks]
    return round(fmean(found), 3) if found else None
