"""One case as text for a terminal: a story (`stories.stories`) flows in, renderables in the words of pages flow out.

Nothing is cut: long text is folded, whether it has spaces or not. What is marked by colour is said in words too, for
whoever reads it in a file.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.padding import Padding

from dgrc.report.said import Said
from dgrc.view.show.boxes import Beside, Box
from dgrc.view.stories import name_of

Told = dict[str, Any]
KNOWN_WAYS = ("tag", "read")
"""Ways to read an answer that need no words: by its tag, and, of an earlier version, in some way."""
PARTING, AGAINST, FINE, CARE = "bold yellow", "red", "green", "yellow"


def told_case(told: Told) -> list[Any]:
    """One question from its text to its verdicts."""
    parts: list[Any] = [_question(told)]
    if told["marks"]:
        parts.append(Said("[they part here] is the first sentence of each that says what the other does not.", "dim"))
    teacher = [_chain(told, "teacher", n) for n in range(len(told["chains"]["teacher"]))]
    others = [_chain(told, role, n) for role in ("student", "auditor") for n in range(len(told["chains"][role]))]
    parts.append(Beside(teacher, others))
    if told["error"]:
        parts.append(Said(f"This question failed: {told['error']}", style=AGAINST))
    if told["audit"]:
        parts.append(Said(f"A third model audited this question: {told['audit']}."))
    return parts + list(_asked(told)) + list(_elsewhere(told))


def raw_replies(told: Told, prompt: Sequence[dict[str, str]] | None) -> list[Any]:
    """The prompt of the chains, all that atoms were answered, and what the teacher replied, as it came."""
    parts: list[Any] = []
    if prompt is not None:
        parts.append(Said("\nThe prompt of the chains, made again from the run's settings:", style="bold"))
        parts += [Box(turn["role"], Said(turn["content"])) for turn in prompt]
    for one in told["diagnoses"]:
        if one["raw"]:
            parts.append(Said(f"\nThe teacher's reply on {_pair(one)}, as it came:", style="bold"))
            parts.append(Box("", Said(one["raw"])))
    for atom in told["atoms"]:
        if atom["answered"]:
            parts.append(Said(f"\nAll answers to: {atom['question']}", style="bold"))
            parts += [Said(f"  -> {answer or 'not read'}") for answer in atom["answers"]]
            parts += [Box(f"not read: {one['reason'].replace('_', ' ')}", Said(one["text"])) for one in atom["unread"]]
            parts += [Said(f"  {atom['rationale']}", style="dim")] if atom["rationale"] else []
    return parts


def _question(told: Told) -> Box:
    question = told["question"] or {}
    body = Said("\n".join([told["text"], *told["options"]]))
    about = [question.get("source"), f"id {told['id']}", "several options may be right" if told["several"] else None]
    if question.get("label"):
        about.append(f"label of the file, which curation never reads: {question['label']}")
    body.append("\n" + " · ".join(filter(None, about)), "dim")
    outcome = f", {in_words(told['outcome'])}" if told["outcome"] else ""
    return Box(f"question {name_of(told)}", body, subtitle=f"{told['status']}{outcome}")


def _chain(told: Told, role: str, number: int) -> Box:
    chain = told["chains"][role][number]
    body = Said()
    if chain["thoughts"]:
        body.append(f"(thoughts)\n{chain['thoughts']}\n(end of thoughts)\n", style="dim")
    start, end = told["marks"].get((role, number), (0, 0))
    text = chain["text"]
    body.append(text[:start])
    if end:
        body.append("[they part here] ", "dim").append(text[start:end], PARTING)
    body.append(text[end:])
    read_by = chain["read_by"]
    answer = "(none)" if chain["answer"] is None else chain["answer"]
    how = f", read by {read_by}" if chain["answer"] is not None else f", {read_by}"
    tokens = f"{chain['tokens']:,} token{'' if chain['tokens'] == 1 else 's'}"
    body.append(f"\nanswer: {answer}", "bold").append(f"  {tokens}{'' if read_by in KNOWN_WAYS else how}", "dim")
    verdict = chain.get("verdict") or {}
    consistent = verdict.get("consistent")
    style = AGAINST if consistent is False else FINE if chain["kept"] or consistent else CARE if verdict else "dim"
    if chain.get("why"):
        body.append(f"\n{chain['why']}", style)
    facts = {atom["id"]: atom for atom in told["atoms"]}
    for id_ in verdict.get("contradicted_by", ()):
        fact = facts.get(id_, {})
        answered = f" -> {fact['answer']}" if fact.get("answer") else ""
        body.append(f"\ncontradicted by: {fact.get('question') or id_}{answered}", AGAINST)
    return Box(f"{role} {number}", body, style)


def _asked(told: Told) -> Iterator[Any]:
    """What was asked where each pair parts, with what became of it."""
    if not told["diagnoses"]:
        agree = told["status"] == "agreeing"
        why = "Both models agree, so the teacher" if agree else "No two answers could be compared, so the teacher"
        yield Said(f"{why} was asked nothing.")
        return
    facts = {atom["id"]: atom for atom in told["atoms"]}
    yield Said("\nWhere they part, and what the teacher asked itself:", style="bold")
    for one in told["diagnoses"]:
        yield Said(f"  {_pair(one)}")
        if one["error"]:
            yield _inset(Said(f"no usable reply: {one['error']}", style=AGAINST))
        for refused in one["refused"]:
            said = f"x {refused['text']}  refused: {refused['reason'].replace('_', ' ')}"
            yield _inset(Said(said, style=CARE))
        for id_ in one["atoms"]:
            yield from _fact(facts[id_])


def _elsewhere(told: Told) -> Iterator[Any]:
    facts = [atom for atom in told["atoms"] if not atom["asked_here"]]
    if facts:
        yield Said("\nFacts that other questions brought up:", style="bold")
    for fact in facts:
        yield from _fact(fact)


def _fact(fact: Told) -> Iterator[Padding]:
    """An atomic question, and under it its answer and what it says of the chains."""
    asked = fact["question"] or fact["id"]
    yield _inset(Said(f"? {asked}{'' if fact['answered'] else '  (not answered yet)'}"))
    if not fact["answered"]:
        return
    line = Said(f"-> {fact['answer'] or '(no answer could be read)'}  ")
    asked_by = f"asked by {fact['asked']:,} question{'' if fact['asked'] == 1 else 's'}"
    line.append(f"{fact['agreement']:.0%} of {len(fact['answers'])} answers agree, {asked_by}", "dim")
    if fact["judge"] is not None:
        line.append(f", judge {fact['judge']}", "dim")
    if not fact["kept"]:
        line.append(f"  dropped: {(fact['dropped_because'] or '').replace('_', ' ')}", CARE)
    for held in fact["relations"]:
        style = AGAINST if held["relation"] == "contradicts" else "dim"
        line.append(f"  {held['relation']} teacher {', '.join(map(str, held['chains']))}", style)
    yield _inset(line, 6)
    for one in fact["chains"]:
        if one["finding"]:
            yield _inset(Said(f"{one['who']}: {one['finding']}", style="dim"), 6)


def _inset(text: Said, by: int = 4) -> Padding:
    """Text that stands in as a whole, where it is folded too."""
    return Padding(text, (0, 0, 0, by))


def in_words(outcome: str) -> str:
    """How a question's chains fared, as the lists of the pages say it."""
    return "some chains passed" if outcome == "mixed" else outcome


def _pair(diagnosis: Told) -> str:
    return f"teacher {diagnosis['teacher']} against {diagnosis['against']} {diagnosis['other']}"
