"""What a finished pass says of itself beside rows and tokens: a row in, the names of what is to be counted in it out.

Each function takes a row as Arrow gives it. Names become keys of the pass's report, counts their values.
"""

from collections.abc import Iterator
from typing import Any

from dgrc.method import diagnose
from dgrc.method.echo import ECHO
from dgrc.method.verify import UNCHECKED

ROLES = ("teacher", "student", "auditor")
"""Whose chains a case holds."""
REFUSALS = (
    ECHO, diagnose.NO_QUESTION, diagnose.LEANS_ON_OPTIONS, diagnose.POINTS_ELSEWHERE, diagnose.GIVES_ANSWER,
    diagnose.OFF_TOPIC,
)  # fmt: skip
"""Why atoms are refused."""
INERT_FROM = 20
"""A judge that let everything or nothing pass, of so many and more, filters nothing and is said to be inert."""

Row = dict[str, Any]


def of_case(row: Row) -> Iterator[str]:
    """Chains by role, how each ended and by which tier it was read; atoms that were refused; questions of which no two
    answers could be compared; diagnoses and gradings that could not be read."""
    for role in ROLES:
        for chain in row[role]:
            yield f"{role}_chains"
            yield from (f"{role}_{what}" for what in _of_chain(chain))
    if row["status"] in ("divergent", "agreeing"):
        yield "compared"
    for diagnosis in row["diagnoses"]:
        yield "diagnoses"
        if diagnosis["error"] is not None:
            yield "diagnoses_unread"
        for refused in diagnosis["refused"]:
            yield f"atoms_{refused['reason']}"
    if (row["error"] or "").startswith("grading:"):
        yield "gradings_unread"


def _of_chain(chain: Row) -> Iterator[str]:
    ended = chain["finish_reason"]
    if chain["answer"] is None:
        yield "unread"
    elif chain["read_by"] is not None:
        yield f"read_by_{chain['read_by']}"
    if ended == "stop":
        yield "stopped"
        if chain["answer"] is None:
            yield "stopped_unread"
    else:
        yield "cut_off" if ended == "length" else "refused"


def of_atom(row: Row) -> Iterator[str]:
    """Self-answers and gradings that could not be read, why atoms were dropped, and what the judge let pass."""
    if (row["error"] or "").startswith("grading:"):
        yield "gradings_unread"
    if row["dropped_because"] is not None:
        yield f"dropped_{row['dropped_because'].split(':', 1)[0].replace(' ', '_')[:40]}"
    for answer in row["answers"]:
        yield "answers"
        if not answer:
            yield "answers_unread"
    if row["judge"] is not None:
        yield "judged"
        if row["dropped_because"] != "judge":
            yield "judge_passed"


def of_verdicts(row: Row) -> Iterator[str]:
    """Chains by their verdict; chains without one by why, and questions that were audited by what was found."""
    for verdict in row["verdicts"]:
        yield {True: "chains_passed", False: "chains_rejected", None: "chains_without_verdict"}[verdict["consistent"]]
        if verdict["consistent"] is None and verdict["facts"] and verdict["reason"] != UNCHECKED:
            yield "verdicts_unread"
            if (verdict["reason"] or "").startswith(ECHO):
                yield "verdicts_echo"
    if row["audit"] is not None:
        yield "audited"
        if row["audit"] == "disputed":
            yield "disputed"


def of_written(row: Row) -> Iterator[str]:
    """Written questions, and those that are not used by why."""
    for question in row["questions"]:
        yield "written"
        if question["dropped_because"] is not None:
            yield str(question["dropped_because"])


def inert_judge(counts: dict[str, int]) -> str | None:
    """A warning in words if the judge filtered nothing, or let nothing pass."""
    judged, passed = counts.get("judged", 0), counts.get("judge_passed", 0)
    if judged < INERT_FROM or 0 < passed < judged:
        return None
    what = "passed every one" if passed else "passed none"
    return f"the judge {what} of {judged:,} atoms, so it filters nothing of worth: look at its scores, or do without it"
