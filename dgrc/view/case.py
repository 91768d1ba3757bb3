"""One case, one atom: an index and an id in; the whole story as plain data out.

Ids are 64 bits and JavaScript's numbers are not, so they leave as text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dgrc.config import MethodConfig
from dgrc.errors import RunDirError
from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.method.reading.options import lettered
from dgrc.method.screen import atom_id, content_words
from dgrc.method.text.thoughts import learned
from dgrc.method.verify import COMPARISON, CONTRADICTS, SUPPORTS, UNCHECKED, UNRELATED
from dgrc.records import Chain, Message, hash64
from dgrc.view.index.streams import Row, how_read
from dgrc.view.parting import parting
from dgrc.view.store import Store

MOST_CASES, MOST_WORDS = 50, 40
RELATIONS = {CONTRADICTS: "contradicts", SUPPORTS: "supports", UNRELATED: "is not touched by"}
"""How a fact stands to a chain, in the words of pages and terminal."""
NO_CHECKS, UNTOUCHED, UNREAD = "does not contradict", "was not compared with", "could not be compared with"
"""The same without a check: of an earlier version; where another fact settled the verdict; where nothing could."""
IN_ORDER = (RELATIONS[CONTRADICTS], RELATIONS[SUPPORTS], RELATIONS[UNRELATED], NO_CHECKS, UNTOUCHED, UNREAD)
Told = dict[str, Any]


def tell_case(store: Store, id_: int, method: MethodConfig | None) -> Told | None:
    """A question with its chains, what was asked where they part, and why each chain was kept or dropped; None if the
    run has no such question. `method` is None where the run's settings cannot be read."""
    case, question, verified = (row_of(store, name, id_) for name in ("cases", "questions", "verdicts"))
    if case is None:
        return None
    teacher = (verified or {}).get("teacher") or case["teacher"]  # those that were sampled anew follow the first ones
    roles = {"teacher": teacher, "student": case["student"], "auditor": case.get("auditor") or []}
    verdicts = {verdict["chain"]: verdict for verdict in (verified or {}).get("verdicts") or ()}
    examples, assembled = kept_replies(store, id_), bool(len(store.tables["cot"]))
    chains = {
        # Only the teacher's are taken, though another may have written the very same.
        role: [_chain(chain, examples if role == "teacher" else set()) for chain in chains if chain is not None]
        for role, chains in roles.items()
    }
    for number, chain in enumerate(chains["teacher"]):
        verdict = verdicts.get(number)
        chain["verdict"] = None if verdict is None else _verdict(verdict)
        chain["why"] = why(chain, verdict, case["status"], verified is not None, method if assembled else None)
    pairs = _pairs(case, chains)
    return {
        "id": str(id_), "text": case["text"], "options": lettered(case["choices"]), "status": case["status"],
        "several": bool(case.get("several")), "error": case["error"], "question": question, "chains": chains,
        "pairs": pairs, "partings": [_parting(chains, *pair) for pair in pairs],
        "diagnoses": [_diagnosis(diagnosis) for diagnosis in case.get("diagnoses") or ()],
        "atoms": _atoms(store, case, list(verdicts.values())),
        "audit": (verified or {}).get("audit"), "verified": verified is not None,
        "usage": case.get("usage") or [],
    }  # fmt: skip


def tell_atom(store: Store, id_: int) -> Told | None:
    """An atomic question with its answers, who asked it and whose chains it contradicts; None if there is none."""
    atom = row_of(store, "atoms", id_)
    if atom is None:
        return None
    pairs = store.tables["verdicts"].pairs
    against = [int(case) for case in dict.fromkeys(pairs[pairs[:, 1] == id_, 0].tolist())]
    alike = atom.get("cluster")
    return {
        **_atom(atom), "variants": atom["variants"], "usage": atom.get("usage") or [],
        "asked_by": _cases(store, atom["asked_by"]), "asked_by_count": len(atom["asked_by"]),
        "contradicts": _cases(store, against), "contradicts_count": len(against),
        "cluster": None if alike is None or alike == id_ else str(alike),
    }  # fmt: skip


def why(chain: Told, verdict: Row | None, status: str, verified: bool, method: MethodConfig | None) -> str:
    """Why a teacher's chain was kept or dropped, in a line; `method` is given where there is a curriculum."""
    if verdict is None:
        if chain["kept"]:
            return "In the curriculum, not held against facts."
        if chain["answer"] is None:
            return "Dropped: its answer could not be read."
        if not verified:
            return "Not verified yet."
        agreeing = "teacher and student agree, so it was not held against facts"
        return f"Not used: {agreeing if status == 'agreeing' else f'the question is {status}'}."
    facts = len(verdict["facts"])
    held = f"held against {facts} fact{'' if facts == 1 else 's'}"
    if verdict["consistent"] is False:
        against = len(verdict["contradicted_by"])
        said = f"contradicted by {against} of them" if against else "the verifier found it inconsistent"
        return f"Dropped: {held}, {said}."
    if verdict["consistent"] is None:
        if chain["kept"]:
            return f"In the curriculum unchecked: {verdict['reason']}."
        return f"Dropped: it could not be checked ({verdict['reason'] or UNCHECKED})."
    if chain["kept"]:
        return f"In the curriculum: {held}, none contradicts it."
    if method is None:
        return f"Passed: {held}, none contradicts it."
    most = f"at most {method.chains_per_question} chains a question, each text once"
    return f"Passed, not in the curriculum, which takes {most}: {held}, none contradicts it."


def marks(told: Told) -> dict[tuple[str, int], tuple[int, int]]:
    """The span, in its text, of the sentence at which each chain parts from the first one it is held against, by role
    and number; of chains that part."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for (ours, role, theirs), parted in zip(told["pairs"], told["partings"], strict=True):
        for place, span in ((("teacher", ours), parted["teacher"]), ((role, theirs), parted["other"])):
            if span is not None:
                found.setdefault(place, span)
    return found


def prompt_of(store: Store, id_: int, method: MethodConfig | None) -> list[Message]:
    """What both models were asked: it is not kept, but made again from the settings, as it was made then.

    Raises:
        RunDirError: the question or the settings are not there, or cannot be read.
    """
    case = row_of(store, "cases", id_)
    if case is None or method is None:
        raise RunDirError(
            "The question or the run's settings cannot be read, so the prompt cannot be made again. Put the run's "
            "config.yaml back."
        )
    return sample.build_messages(load_pack(method.prompts), case["text"], case["choices"], bool(case.get("several")))


def kept_replies(store: Store, id_: int) -> set[str]:
    """Hashes of the replies that the curriculum has of a question."""
    numbers = np.flatnonzero(store.tables["cot"].ids == id_).tolist()
    return {line["reply"] for line in store.lines("cot", numbers)}


def learned_hashes(chain: Row) -> set[str]:
    """What `kept_replies` has of a chain that is in the curriculum, with its thoughts or without."""
    return {str(hash64(learned(_record(chain), thoughts).strip())) for thoughts in ("keep", "drop")}


def _record(chain: Row) -> Chain:
    return Chain(chain["text"], chain["answer"], chain["finish_reason"], chain["tokens"], chain.get("thoughts") or "")


def _chain(chain: Row, examples: set[str]) -> Told:
    record = _record(chain)
    return {
        "text": record.text, "thoughts": record.thoughts, "answer": record.answer, "read_by": how_read(chain),
        "finish_reason": record.finish_reason, "tokens": record.tokens, "kept": bool(learned_hashes(chain) & examples),
    }  # fmt: skip


def _verdict(verdict: Row) -> Told:
    return {
        "consistent": verdict["consistent"], "facts": [str(fact) for fact in verdict["facts"]],
        "contradicted_by": [str(fact) for fact in verdict["contradicted_by"]], "reason": verdict["reason"],
    }  # fmt: skip


def _pairs(case: Row, chains: Mapping[str, list[Told]]) -> list[tuple[int, str, int]]:
    """The pairs of chains that were diagnosed; else the first two whose answers differ."""
    diagnosed = [(d["teacher"], d.get("against") or "student", d.get("other", d.get("student", 0)))
                 for d in case.get("diagnoses") or ()]  # fmt: skip
    there = [
        (ours, role, theirs) for ours, role, theirs in dict.fromkeys(diagnosed)
        if ours < len(chains["teacher"]) and role in chains and theirs < len(chains[role])
    ]  # fmt: skip
    if there:
        return there
    return [
        (ours, "student", theirs)
        for ours, one in enumerate(chains["teacher"]) for theirs, other in enumerate(chains["student"])
        if one["answer"] is not None and other["answer"] is not None and one["answer"] != other["answer"]
    ][:1]  # fmt: skip


def _parting(chains: Mapping[str, list[Told]], ours: int, role: str, theirs: int) -> Told:
    """The spans, in their texts, of the sentences at which two chains part."""
    one, other = chains["teacher"][ours], chains[role][theirs]
    return {
        "teacher": parting(one["text"], f"{other['thoughts']}\n{other['text']}"),
        "other": parting(other["text"], f"{one['thoughts']}\n{one['text']}"),
    }


def _diagnosis(diagnosis: Row) -> Told:
    return {
        "teacher": diagnosis["teacher"], "against": diagnosis.get("against") or "student",
        "other": diagnosis.get("other", diagnosis.get("student", 0)), "error": diagnosis["error"],
        "raw": diagnosis["raw"], "refused": diagnosis.get("refused") or [],
        "atoms": [str(atom_id(atom)) for atom in diagnosis["atoms"]],
    }  # fmt: skip


def _atoms(store: Store, case: Row, verdicts: list[Row]) -> list[Told]:
    """The atoms that the case asked, in order, and after them the facts that other questions brought up."""
    wordings = {atom_id(atom): atom for d in case.get("diagnoses") or () for atom in d["atoms"]}
    facts = dict.fromkeys(fact for verdict in verdicts for fact in verdict["facts"])
    told = []
    for id_ in dict.fromkeys([*wordings, *facts]):
        atom = row_of(store, "atoms", id_)
        one = _atom(atom) if atom is not None else {"id": str(id_), "question": wordings.get(id_), "answer": None}
        held = [_relation(id_, verdict) for verdict in verdicts if id_ in verdict["facts"]]
        own = {
            "asked_here": id_ in wordings, "answered": atom is not None, "chains": held, "relations": _grouped(held),
        }  # fmt: skip
        told.append({**one, **own, "words": words_to_light(f"{one['question'] or ''} {one['answer'] or ''}")})
    return told


def _relation(fact: int, verdict: Row) -> Told:
    """How a fact stands to a chain that was held against it, and who found what; earlier versions kept no checks."""
    checks = verdict.get("checks") or ()
    check = next((check for check in checks if check["fact"] == fact), None)
    number = verdict["chain"]
    if check is not None:
        who = f"teacher {number} says" if check["by"] == COMPARISON else f"the verifier on teacher {number}"
        relation = RELATIONS.get(check["relation"], check["relation"])  # a damaged file may say anything
        return {"chain": number, "relation": relation, "who": who, "finding": check["finding"]}
    if fact in verdict["contradicted_by"]:
        relation = RELATIONS[CONTRADICTS]
    elif verdict["consistent"] is None:
        relation = UNREAD
    else:
        relation = UNTOUCHED if checks else NO_CHECKS
    return {"chain": number, "relation": relation, "who": "", "finding": ""}


def _grouped(held: Sequence[Told]) -> list[Told]:
    """Each relation with the numbers of its chains, the worst first."""
    names = dict.fromkeys((*IN_ORDER, *(one["relation"] for one in held)))
    chains = {name: [one["chain"] for one in held if one["relation"] == name] for name in names}
    return [{"relation": name, "chains": numbers} for name, numbers in chains.items() if numbers]


def words_to_light(atom: str) -> list[str]:
    """The words of an atom that are lit in the chains, each once. A sign alone (`+`) is none: it is everywhere."""
    words = (word for word in content_words(atom) if any(map(str.isalnum, word)))
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _atom(atom: Row) -> Told:
    return {
        "id": str(atom["id"]), "question": atom["question"], "answer": atom["answer"], "rationale": atom["rationale"],
        "agreement": atom["agreement"], "answers": atom["answers"], "kept": atom["kept"],
        "dropped_because": atom["dropped_because"], "ifd": atom.get("ifd"), "judge": atom.get("judge"),
        "asked": len(atom["asked_by"]), "error": atom["error"], "unread": atom.get("unread") or [],
    }  # fmt: skip


def _cases(store: Store, ids: list[int]) -> list[Told]:
    """The lines of the first of these cases."""
    places = store.tables["cases"].places(np.array(ids[:MOST_CASES], np.int64)).tolist()
    there = [(id_, at) for id_, at in zip(ids, places, strict=False) if at >= 0]
    lines = store.lines("cases", [at for _, at in there])
    return [{"id": str(id_), **line} for (id_, _), line in zip(there, lines, strict=True)]


def row_of(store: Store, stream: str, id_: int) -> Told | None:
    """All that the index keeps of a row; None if there is none."""
    at = store.tables[stream].place(id_)
    return None if at is None else store.detail(stream, at)
