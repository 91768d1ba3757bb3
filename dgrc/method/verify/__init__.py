"""Verifying a chain. A question, one of its chains and answered atoms (facts) flow in; a verdict flows out.

The facts are the question's own atoms and, because a wrong step that this question's divergence did not touch
would pass, atoms from elsewhere in the corpus that speak to the chain. The verifier sees every fact with its
question, in a fixed order, and must say of each how the chain stands to it before it judges the chain. The
strictest reading counts: one contradicted fact rejects the chain.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dgrc.method.echo import ECHO, is_echo
from dgrc.method.prompts import Pack
from dgrc.method.reading.options import lettered
from dgrc.method.replies import json_object
from dgrc.method.screen import content_words
from dgrc.method.text.segment import known
from dgrc.method.text.thoughts import reasons, shown
from dgrc.records import Chain, FactCheck, Message, Verdict

Judged = tuple[bool | None, tuple[FactCheck, ...], str | None]
"""(consistent, a check of each fact, error); consistent is None exactly if there is an error, and then no check."""

SUPPORTS, CONTRADICTS, UNRELATED = "supports", "contradicts", "unrelated"
COMPARISON, VERIFIER = "comparison", "verifier"
"""`FactCheck.by`."""

UNCHECKED = "no fact speaks to it"
"""Why a chain has no verdict where there is nothing to hold it against."""
_RELATIONS = {"same": SUPPORTS, "differ": CONTRADICTS, "unused": UNRELATED}
"""What the last word of a clause says in the packs with a language of their own."""
BARE = "it gives an answer and no reasoning"
"""Why a chain has no verdict of which no step could be checked or learned."""


@dataclass(frozen=True)
class Fact:
    """An answered atom, as the verifier sees it."""

    id: int
    question: str
    answer: str


def sort_facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts in the order in which they are shown: by question text, whatever order they were found in."""
    return tuple(sorted(facts, key=lambda fact: (fact.question, fact.answer, fact.id)))


def speaks_to(fact: Fact, said: Collection[str], coverage: float) -> bool:
    """Whether an atom is about a chain: `coverage` of the content words of its question are among the words `said` in
    the chain and the question it answers."""
    words = content_words(fact.question)
    return bool(words) and len(known(words, said)) >= coverage * len({*words}) - 1e-9


def is_bare(pack: Pack, chain: Chain, thoughts: str = "visible") -> bool:
    """Whether a chain is an answer alone, as small models give it whatever they are asked for. Packs with a language
    of their own (`tagged`) are not judged."""
    return pack.reply == "json" and chain.answer is not None and not reasons(shown(chain, thoughts))


def build_messages(
    pack: Pack, text: str, choices: Sequence[str], chain: Chain, facts: Sequence[Fact], thoughts: str = "visible"
) -> list[Message]:
    """The messages that ask for a verdict; the chain comes last, so that a question's chains share a prefix. `thoughts`
    says what of the chain is shown (`thoughts.shown`)."""
    said = shown(chain, thoughts)
    return pack.messages("verify", text=text, options=lettered(choices), facts=tuple(facts), chain=said)


def schema(pack: Pack, facts: Sequence[Fact]) -> str | None:
    """The JSON schema of the reply, held to one entry for each fact."""
    return bounded(pack.schema("verify"), "facts", len(facts))


def bounded(schema: str | None, name: str, count: int) -> str | None:
    """A JSON schema whose list of that name has so many entries: small models number on until they are cut off."""
    whole = json.loads(schema) if schema is not None else {}
    entries = whole.get("properties", {}).get(name)
    if not isinstance(entries, dict) or entries.get("type") != "array":
        return schema
    entries |= {"minItems": count, "maxItems": count}
    return json.dumps(whole)


def contradicted(checks: Iterable[FactCheck]) -> tuple[int, ...]:
    """The facts that a chain contradicts."""
    return tuple(check.fact for check in checks if check.relation == CONTRADICTS)


def settled(chain: int, facts: tuple[int, ...], checks: tuple[FactCheck, ...]) -> Verdict:
    """The verdict on a chain that contradicts one of these facts, or has a check of each: it passes if one
    supports it."""
    against = contradicted(checks)
    consistent = False if against else any(check.relation == SUPPORTS for check in checks) or None
    return Verdict(chain, consistent, facts, against, UNCHECKED if consistent is None else None, checks)


def parse_reply(pack: Pack, reply: str, facts: Sequence[Fact]) -> Judged:
    """What is said of a chain, given the facts in the order shown. Every fact must be judged exactly once."""
    return _parse_tagged(reply, facts) if pack.reply == "tagged" else _parse_json(pack, reply, facts)


def _parse_json(pack: Pack, reply: str, facts: Sequence[Fact]) -> Judged:
    value = json_object(reply)
    if value is None:
        return None, (), "the verdict is not one JSON object"
    clauses, consistent = value.get("facts"), value.get("consistent")
    if not isinstance(clauses, list) or not isinstance(consistent, bool):
        return None, (), "the verdict lacks a list `facts` or a true or false `consistent`"
    checks: dict[int, FactCheck] = {}
    for clause in clauses:
        number, relation, finding = _clause(clause)
        if not 1 <= number <= len(facts) or number in checks:
            return None, (), f"the verdict does not number its facts from 1 to {len(facts)}, each once"
        if relation not in (SUPPORTS, CONTRADICTS, UNRELATED):
            return None, (), f"the verdict gives fact {number} no known relation"
        # That a chain does not touch a fact may be said in the words in which it is asked; the other two need content.
        if relation != UNRELATED and is_echo(pack, finding):
            return None, (), f"{ECHO}: what the verdict finds on fact {number} is the prompt's own words"
        checks[number] = FactCheck(facts[number - 1].id, relation, VERIFIER, finding)
    if len(checks) != len(facts):
        return None, (), f"the verdict judges {len(checks)} of {len(facts)} facts"
    in_order = tuple(checks[number] for number in range(1, len(facts) + 1))
    return consistent and not contradicted(in_order), in_order, None


def _clause(clause: Any) -> tuple[int, str, str]:
    if not isinstance(clause, dict):
        return 0, "", ""
    number, relation = clause.get("fact"), clause.get("relation")
    if not isinstance(number, int) or isinstance(number, bool):  # JSON's true is an int to Python
        number = 0
    finding = clause.get("finding")
    return number, relation if isinstance(relation, str) else "", finding if isinstance(finding, str) else ""


def _parse_tagged(reply: str, facts: Sequence[Fact]) -> Judged:
    """One clause a fact, each quoting its answer and ending in `same` or `differ`, or in `unused`; then `verdict
    consistent|inconsistent`."""
    *clauses, last = [clause.split() for clause in " ".join(reply.split()).split(" . ")]
    if last not in (["verdict", "consistent"], ["verdict", "inconsistent"]):
        return None, (), "the verdict does not end in `verdict consistent` or `verdict inconsistent`"
    if len(clauses) != len(facts):
        return None, (), f"the verdict has {len(clauses)} clauses for {len(facts)} facts"
    words = [clause[-1] if clause else "" for clause in clauses]
    if not set(words) <= _RELATIONS.keys():
        return None, (), "a clause of the verdict does not end in `same`, `differ` or `unused`"
    for number, (fact, clause) in enumerate(zip(facts, clauses, strict=True), 1):
        # A verifier that believes the chain more than the fact puts the chain's words into the fact's mouth.
        if clause[-1] != "unused" and not _quotes(clause, fact.answer.split()):
            return None, (), f"the verdict does not quote the answer of fact {number} as it was shown"
    checks = tuple(
        FactCheck(fact.id, _RELATIONS[clause[-1]], VERIFIER, " ".join(clause))
        for fact, clause in zip(facts, clauses, strict=True)
    )
    return last[1] == "consistent" and not contradicted(checks), checks, None


def _quotes(clause: Sequence[str], answer: Sequence[str]) -> bool:
    return not answer or f" {' '.join(answer)} " in f" {' '.join(clause)} "
